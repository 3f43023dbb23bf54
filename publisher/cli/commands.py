"""The command line: parse, call, print the report, exit code. Nothing is decided here."""

import functools
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher import __version__
from publisher.app import Publisher
from publisher.cli import output as terminal
from publisher.config.config import Config
from publisher.model.errors import PublisherError
from publisher.model.reports import RunReport
from publisher.model.schedules import parse_interval, zone_of
from publisher.publish.plan import Extent

if TYPE_CHECKING:
    from publisher.admin.review import Review
    from publisher.model.editions import Digest
    from publisher.model.reports import ComposeReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What every command of a site takes."""

    config: Path
    now: str | None
    is_json: bool

    @contextmanager
    def publisher(self) -> Iterator[Publisher]:
        """The site, opened; it says how far long work is."""
        config, now = self._read()
        with terminal.progress() as progress, Publisher.open(config, now=now, progress=progress) as publisher:
            yield publisher

    @contextmanager
    def service(self) -> Iterator[Publisher]:
        """The same, for one that has a log to write."""
        config, now = self._read()
        with Publisher.open(config, now=now) as publisher:
            yield publisher

    @contextmanager
    def rehearsal(self) -> Iterator[Publisher]:
        """The same site, of which nothing changes whatever it is told to do."""
        config, now = self._read()
        with terminal.progress() as progress, Publisher.rehearsing(config, now=now, progress=progress) as publisher:
            yield publisher

    def for_(self, *, dry_run: bool) -> AbstractContextManager[Publisher]:
        """The site of a command that may be told to do nothing."""
        return self.rehearsal() if dry_run else self.publisher()

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
    """Give a command the options of every site command, as an `Options` first argument."""

    @click.option(
        "--config",
        envvar="PUBLISHER_CONFIG",
        type=Path,
        default=Path("config.toml"),
        show_default=True,
        help="The site's configuration; also PUBLISHER_CONFIG.",
    )
    @click.option("--now", metavar="ISO-8601", help="Take this for the present, to travel in time.")
    @click.option("--json", "is_json", is_flag=True, help="Print the result as JSON, for machines.")
    @functools.wraps(command)
    def with_options(config: Path, now: str | None, is_json: bool, **rest: Any) -> None:  # noqa: ANN401, FBT001
        command(Options(config=config, now=now, is_json=is_json), **rest)

    return with_options


dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")


class Commands(click.Group):
    """Commands in the order of this file, each listed with all of what it does: click sorts, and cuts at line ends."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """As they are needed."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.commands[name].help or "") for name in self.list_commands(ctx)])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Per-theme feeds and email digests from dated news items."""


@cli.command()
@click.argument("directory", type=Path, default=Path())
@click.option("--templates", is_flag=True, help="Copy the shipped templates into the site's folder, to edit them.")
def init(directory: Path, templates: bool) -> None:  # noqa: FBT001
    """Make a new site in DIRECTORY: config.toml, sample content, a folder for templates of your own."""
    from publisher.cli.init import copy_templates, make_site

    if templates and (directory / "config.toml").exists():
        click.echo(f"{len(copy_templates(directory))} templates copied; keep those you change, delete the others")
        return
    make_site(directory)
    if templates:
        copy_templates(directory)
    click.echo(f"{directory / 'config.toml'}: edit it to taste, then")
    click.echo(f"publisher run --config {directory / 'config.toml'}")


@cli.command()
@site_command
@dry_run_option
@click.option("--due", is_flag=True, help="Compose only for audiences whose schedule asks for it, as the service does.")
def run(options: Options, dry_run: bool, due: bool) -> None:  # noqa: FBT001
    """One whole pass now: collect, publish, compose."""
    with options.for_(dry_run=dry_run) as publisher:
        _finish(publisher.run_due() if due else publisher.run(), options, publisher, is_rehearsal=dry_run)


@cli.command()
@site_command
@dry_run_option
@click.argument("sources", metavar="[SOURCE...]", nargs=-1)
def collect(options: Options, dry_run: bool, sources: tuple[str, ...]) -> None:  # noqa: FBT001
    """Read the sources and number what changed; those named are read at once, even if they wait for their turn."""
    with options.for_(dry_run=dry_run) as publisher:
        _finish(publisher.collect(sources), options, publisher, is_rehearsal=dry_run)


@cli.command("release")
@site_command
@click.argument("source")
def release_source(options: Options, source: str) -> None:
    """Take for news what SOURCE lists now, although it looks like an accident and is held."""
    with options.publisher() as publisher:
        _finish(publisher.release_source(source), options, publisher)


@cli.command("discard")
@site_command
@click.argument("source")
def discard_source(options: Options, source: str) -> None:
    """Keep from readers for ever what is new in SOURCE, which is held; what is gone from it stays."""
    with options.publisher() as publisher:
        _finish(publisher.discard_source(source), options, publisher)


@cli.command()
@site_command
@dry_run_option
@click.option("--all", "extent", flag_value="ALL", help="Render every feed and page, changed or not.")
@click.option(
    "--archives", "extent", flag_value="ARCHIVES", help="Also the archives of feeds, without what is withdrawn."
)
def publish(options: Options, dry_run: bool, extent: str | None) -> None:  # noqa: FBT001
    """Render the feeds and pages that changed."""
    with options.for_(dry_run=dry_run) as publisher:
        _finish(publisher.publish(Extent[extent or "NEWS"]), options, publisher, is_rehearsal=dry_run)


@cli.command()
@site_command
@dry_run_option
@click.argument("audience", required=False)
@click.option("--test-to", metavar="ADDRESS", help="Write the mail as a test for this address, and record nothing.")
def compose(options: Options, dry_run: bool, audience: str | None, test_to: str | None) -> None:  # noqa: FBT001
    """Compose an edition of what is new to AUDIENCE, or to every one."""
    if test_to is not None:
        if dry_run:
            raise click.UsageError("--test-to writes a mail, and --dry-run nothing; choose one of them")
        _try_out(options, audience, test_to)
        return
    with options.for_(dry_run=dry_run) as publisher:
        _finish(publisher.compose(audience), options, publisher, is_rehearsal=dry_run)


def _try_out(options: Options, audience: str | None, to: str) -> None:
    with options.rehearsal() as publisher:
        mails = [str(folder / "digest.eml") for folder in publisher.try_out(audience, to=to)]
    if options.is_json:
        click.echo(terminal.as_json(mails))
    else:
        click.echo("\n".join(mails) or "nothing new")


@cli.command()
@site_command
def serve(options: Options) -> None:
    """Collect and publish at an interval, compose by schedule, until told to stop."""
    with options.service() as publisher:
        from publisher.serve.scheduler import serve as serve_site  # late: APScheduler and structlog cost 0.16 s

        serve_site(publisher)


@cli.command()
@site_command
def status(options: Options) -> None:
    """What ran, what is due, what waits, what is wrong."""
    with options.rehearsal() as publisher:
        found = publisher.status()
        terminal.show_status(found, is_json=options.is_json, timezone=publisher.config.site.timezone)


@cli.command()
@site_command
@click.option("--source", metavar="NAME", help="Show what this source gives; an address or file: how to make it one.")
def check(options: Options, source: str | None) -> None:
    """Say what must be mended and what could be better, before anybody gets it; nothing is recorded."""
    if source is not None:
        _check_source(options, source)
        return
    with options.rehearsal() as publisher:
        report = publisher.check()
    terminal.show_check(report, is_json=options.is_json)
    if report.exit_code:
        sys.exit(report.exit_code)


def _check_source(options: Options, source: str) -> None:
    with options.rehearsal() as publisher:
        examined = publisher.examine(source)
        terminal.show_examined(examined, is_json=options.is_json, timezone=publisher.config.site.timezone)
    if examined.exit_code:
        sys.exit(examined.exit_code)


@cli.command()
@site_command
@click.argument("audience", required=False)
@click.option("--at", metavar="ISO-8601", help="Show the edition of that moment; the same as --now.")
@click.option("--port", metavar="NUMBER", type=click.IntRange(0, 65535), help="Serve on this port; 0: any free one.")
@click.option("--output", type=Path, help="Write digest.html and digest.txt into this folder instead.")
def preview(options: Options, audience: str | None, at: str | None, port: int | None, output: Path | None) -> None:
    """Show the next edition of AUDIENCE as it would be now, in a browser; nothing is recorded."""
    options = replace(options, now=at or options.now)
    if output is None and not options.is_json and (port is not None or sys.stdout.isatty()):
        _serve_preview(options, audience, port=port or 0)
        return
    with options.rehearsal() as publisher:
        report = publisher.collect()  # a preview shows what is listed by now, too
        found = publisher.preview(audience)
    terminal.show_problems(report)
    if found is None:
        click.echo(terminal.as_json(None) if options.is_json else "nothing new")
        return
    edition, digest = found
    files = _write_preview(output or Path(tempfile.mkdtemp(prefix="publisher-preview-")), digest)
    if options.is_json:
        click.echo(terminal.as_json({"edition": edition.name, "subject": digest.subject, "files": files}))
        return
    click.echo(f"{edition.name}: {digest.subject}")
    click.echo("\n".join(files))


def _serve_preview(options: Options, audience: str | None, *, port: int) -> None:
    from publisher.serve.preview import serve as serve_preview  # late: no pass needs it

    with options.rehearsal() as publisher:
        publisher.audiences(audience)  # a wrong name is told at once, and on the terminal

    def ready(address: str) -> None:
        click.echo(f"{address}  (end with Ctrl-C)")
        if sys.stdout.isatty():
            click.launch(address)

    try:
        serve_preview(options.config, options.rehearsal, audience, port=port, ready=ready)
    except KeyboardInterrupt:
        return


@cli.group(cls=Commands)
def edition() -> None:
    """Look at editions, and decide about those that are held for you."""


@edition.command("list")
@site_command
@click.option(
    "--limit", metavar="NUMBER", type=click.IntRange(1), default=10, show_default=True, help="How many, latest first."
)
def list_editions(options: Options, limit: int) -> None:
    """The editions composed last."""
    with options.rehearsal() as publisher:
        rows = publisher.editions(limit=limit)
        terminal.show_editions(rows, is_json=options.is_json, timezone=publisher.config.site.timezone)


@edition.command("show")
@site_command
@click.argument("name")
def show_edition(options: Options, name: str) -> None:
    """The items of the held edition NAME, each with the name that `drop` takes."""
    with options.rehearsal() as publisher:
        found = publisher.held_edition(name)
        terminal.show_edition(found, is_json=options.is_json, timezone=publisher.config.site.timezone)


@edition.command()
@site_command
@click.argument("name")
def release(options: Options, name: str) -> None:
    """Let the held edition NAME go out now."""
    _decide(options, lambda review: review.release(name))


@edition.command()
@site_command
@click.argument("name")
@click.argument("delay")
def postpone(options: Options, name: str, delay: str) -> None:
    """Hold the edition NAME for DELAY from now, such as 2h or 1d."""
    try:
        interval = parse_interval(delay)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="DELAY") from error
    _decide(options, lambda review: review.postpone(name, interval))


@edition.command()
@site_command
@click.argument("name")
@click.argument("item")
@click.option("--until-next", is_flag=True, help="Only until the next edition; without it, for good.")
def drop(options: Options, name: str, item: str, until_next: bool) -> None:  # noqa: FBT001
    """Take ITEM out of the held edition NAME: its address, its id, or the end of its id."""
    _decide(options, lambda review: review.put_off(name, item) if until_next else review.drop(name, item))


@edition.command()
@site_command
@click.argument("name")
@click.argument("text")
def introduce(options: Options, name: str, text: str) -> None:
    """Put TEXT above the items of the held edition NAME; - reads it from standard input, an empty one takes it away."""
    written = sys.stdin.read() if text == "-" else text
    _decide(options, lambda review: review.introduce(name, written))


@edition.command()
@site_command
@click.argument("name")
def discard(options: Options, name: str) -> None:
    """Give the edition NAME up, which is held or whose audience is gone: nobody gets it nor its items."""
    _decide(options, lambda review: review.discard(name))


def _decide(options: Options, decision: "Callable[[Review], ComposeReport]") -> None:
    with options.publisher() as publisher:
        _finish(publisher.decide(decision), options, publisher)


def _write_preview(folder: Path, digest: "Digest") -> list[str]:
    from publisher.store.files import explained  # late: most commands write no file of their own

    files = {folder / "digest.html": digest.html, folder / "digest.txt": digest.text}
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            path.write_text(text, encoding="utf-8", newline="\n")
    return [str(path) for path in files]


def _finish(report: RunReport, options: Options, publisher: Publisher, *, is_rehearsal: bool = False) -> None:
    timezone = publisher.config.site.timezone
    terminal.show_report(report, is_json=options.is_json, timezone=timezone, is_rehearsal=is_rehearsal)
    if report.exit_code:
        sys.exit(report.exit_code)


def main(arguments: Sequence[str] | None = None) -> None:
    """The `publisher` program; None: with the arguments of the process."""
    try:
        cli(arguments, prog_name="publisher")
    except PublisherError as error:
        for line in str(error).splitlines():
            click.echo(f"publisher: {line}", err=True)
        sys.exit(error.exit_code)
