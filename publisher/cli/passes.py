"""The commands `publisher run`, `collect` and `publish`.

Cron may call them every minute, and usually nothing is new. So this module imports nothing that only other commands
need.
"""

import sys
from dataclasses import replace

import click

from publisher.cli.options import Options, dry_run_option, finish, site_command
from publisher.publish.plan import Scope


@click.command()
@site_command
@dry_run_option
@click.option("--due", is_flag=True, help="Compose only editions that are due by their schedule, as the service does.")
@click.option("--fresh", is_flag=True, help="Begin with an empty store although feeds/ or outbox/ is full.")
def run(options: Options, dry_run: bool, due: bool, fresh: bool) -> None:  # noqa: FBT001
    """Collect, publish, compose and deliver now."""
    options = replace(options, is_unwatched=due and not sys.stderr.isatty())
    with options.open_for(dry_run=dry_run) as publisher:
        if fresh:
            publisher.begin_anew()
        finish(publisher.run_due() if due else publisher.run(), options, publisher, is_rehearsal=dry_run)


@click.command()
@site_command
@dry_run_option
@click.argument("sources", metavar="[SOURCE...]", nargs=-1)
def collect(options: Options, dry_run: bool, sources: tuple[str, ...]) -> None:  # noqa: FBT001
    """Read the sources and record what changed. Sources that you name are read at once, and no others."""
    with options.open_for(dry_run=dry_run) as publisher:
        finish(publisher.collect(sources), options, publisher, is_rehearsal=dry_run)


@click.command()
@site_command
@dry_run_option
@click.option("--all", "extent", flag_value="ALL", help="Render every feed and page, changed or not.")
@click.option(
    "--archives", "extent", flag_value="ARCHIVES", help="Render the archives of feeds, too, without withdrawn items."
)
def publish(options: Options, dry_run: bool, extent: str | None) -> None:  # noqa: FBT001
    """Render the feeds and pages that changed."""
    with options.open_for(dry_run=dry_run) as publisher:
        finish(publisher.publish(Scope[extent or "NEWS"]), options, publisher, is_rehearsal=dry_run)
