"""The commands of `publisher source`: decide about a source that is held."""

import click

from publisher.cli.group import Commands, Options, finish, site_command
from publisher.collect.rules import OnSuspicion


@click.group(cls=Commands)
def source() -> None:
    """Decide about a source that is held because its listing changed too much at once."""


@source.command()
@site_command
@click.argument("name")
def release(options: Options, name: str) -> None:
    """Accept what the held source NAME lists now: new items are published."""
    _decide(options, name, OnSuspicion.RELEASE)


@source.command()
@site_command
@click.argument("name")
def discard(options: Options, name: str) -> None:
    """Never publish the new items of the held source NAME; items that it no longer lists stay."""
    _decide(options, name, OnSuspicion.DISCARD)


def _decide(options: Options, name: str, decision: OnSuspicion) -> None:
    with options.open_site() as publisher:
        finish(publisher.decide_source(name, decision), options, publisher)
