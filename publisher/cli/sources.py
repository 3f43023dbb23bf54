"""The commands of `publisher source`: decide about a source whose listing is held, because it changed too
much at once.
"""

import click

from publisher.cli.group import Commands
from publisher.cli.options import Options, dry_run_option, finish, site_command
from publisher.collect.rules import OnSuspicion


@click.group(cls=Commands)
def source() -> None:
    """Decide about a source whose listing is held, because it changed too much at once."""


@source.command()
@site_command
@click.argument("name")
@dry_run_option
def release(options: Options, name: str, dry_run: bool) -> None:  # noqa: FBT001
    """Accept what the held source NAME lists now: new items are published."""
    _decide(options, name, OnSuspicion.RELEASE, is_rehearsal=dry_run)


@source.command()
@site_command
@click.argument("name")
@dry_run_option
def discard(options: Options, name: str, dry_run: bool) -> None:  # noqa: FBT001
    """Never publish the new items of the held source NAME. Its older items stay, even if it no longer lists them."""
    _decide(options, name, OnSuspicion.DISCARD, is_rehearsal=dry_run)


def _decide(options: Options, name: str, decision: OnSuspicion, *, is_rehearsal: bool) -> None:
    with options.open_for(dry_run=is_rehearsal) as publisher:
        finish(publisher.decide_source(name, decision), options, publisher, is_rehearsal=is_rehearsal)
