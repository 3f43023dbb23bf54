"""What all commands of a site share: their options, how they open the site, and how they end."""

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from publisher.app import Publisher, clock_at
from publisher.cli.decisions import print_decisions
from publisher.cli.progress import show_progress
from publisher.cli.report_output import show_problems, show_report
from publisher.config.config import Config
from publisher.model.progress import Progress, quiet
from publisher.model.reports import RunReport
from publisher.model.schedules import zone_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options that every command of a site has."""

    config: Path
    now: str | None
    """A moment in ISO 8601, as typed. If `None`, the real time is used."""
    is_json: bool
    is_verbose: bool
    is_unwatched: bool = False
    """Whether a program such as cron runs the command regularly, and mails its standard error.

    If so, there is no progress, and problems that the previous run had are not shown again.
    """

    @contextmanager
    def open_site(self) -> Iterator[Publisher]:
        """Open the site for a `with`; progress is shown on standard error."""
        config, now = self._read()
        with self._tell() as progress, Publisher.open(config, now=now, progress=progress) as publisher:
            yield publisher

    def settings(self) -> tuple[Config, datetime]:
        """Return the configuration and the moment of `--now`, for a command that does not open the site."""
        config, now = self._read()
        return config, clock_at(now)()

    def service_site(self) -> tuple[Config, Callable[[Config], AbstractContextManager[Publisher]]]:
        """Return the configuration, and the function that opens the site for the service. The service logs, and shows
        no progress.
        """
        config, now = self._read()
        return config, functools.partial(Publisher.open, now=now)

    @contextmanager
    def open_rehearsal(self) -> Iterator[Publisher]:
        """Open the site as a rehearsal for a `with`: its verbs report what they would do, and change nothing."""
        config, now = self._read()
        with self._tell() as progress, Publisher.rehearse(config, now=now, progress=progress) as publisher:
            yield publisher

    def open_for(self, *, dry_run: bool) -> AbstractContextManager[Publisher]:
        """Open the site, or with `dry_run` a rehearsal of it, for a command that takes `--dry-run`."""
        return self.open_rehearsal() if dry_run else self.open_site()

    @contextmanager
    def _tell(self) -> Iterator[Progress]:
        """Show progress during a `with`, and decisions, too, with `--verbose`."""
        show = nullcontext(quiet) if self.is_unwatched else show_progress()
        with show as progress, print_decisions() if self.is_verbose else nullcontext():
            yield progress

    def _read(self) -> tuple[Config, datetime | None]:
        config = Config.load(self.config)
        return config, None if self.now is None else _instant(self.now, config.site.timezone)


def _instant(text: str, timezone: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not ISO 8601, such as 2026-11-23T08:00", param_hint="--now") from error
    return instant if instant.tzinfo else instant.replace(tzinfo=zone_of(timezone))


def site_command(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that every command of a site has, as a first argument of type `Options`."""

    @click.option(
        "--config",
        envvar="PUBLISHER_CONFIG",
        type=Path,
        default=Path("config.toml"),
        show_default=True,
        help="The site's configuration; also PUBLISHER_CONFIG.",
    )
    @click.option("--now", metavar="ISO-8601", help="Take this moment for the present.")
    @click.option("--json", "is_json", is_flag=True, help="Print the result as JSON, for machines.")
    @click.option("--verbose", "is_verbose", is_flag=True, help="Print on standard error what is decided, and why.")
    @functools.wraps(command)
    def with_options(
        config: Path,
        now: str | None,
        is_json: bool,  # noqa: FBT001
        is_verbose: bool,  # noqa: FBT001
        **rest: Any,  # noqa: ANN401
    ) -> None:
        command(Options(config=config, now=now, is_json=is_json, is_verbose=is_verbose), **rest)

    return with_options


dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")


def finish(report: RunReport, options: Options, publisher: Publisher, *, is_rehearsal: bool = False) -> None:
    """Print the report, and exit with the report's code unless the code is 0."""
    timezone = publisher.config.site.timezone
    show_report(report, is_json=options.is_json, timezone=timezone, is_rehearsal=is_rehearsal)
    show_problems(report.new_problems if options.is_unwatched else report.all_problems)
    if report.exit_code:
        sys.exit(report.exit_code)
