"""The commands of `publisher edition`: list editions, and decide about those that are held."""

import sys
from collections.abc import Callable
from functools import partial

import click

from publisher.admin import review
from publisher.admin.deliveries import delivery_counts
from publisher.admin.office import Office
from publisher.cli.edition_output import show_edition as print_edition
from publisher.cli.edition_output import show_editions
from publisher.cli.group import Commands, Options, finish, site_command
from publisher.model.reports import ComposeReport
from publisher.model.schedules import parse_interval


@click.group(cls=Commands)
def edition() -> None:
    """List editions, and decide about those that are held for review."""


@edition.command("list")
@site_command
@click.option(
    "--limit", metavar="NUMBER", type=click.IntRange(1), default=10, show_default=True, help="How many, latest first."
)
def list_editions(options: Options, limit: int) -> None:
    """List the latest editions."""
    with options.open_rehearsal() as publisher:
        office = publisher.office
        rows = office.store.editions.latest(limit=limit)
        mails = delivery_counts(office.config.smtp, office.store, [row.name for row in rows], now=office.now)
        show_editions(rows, mails, is_json=options.is_json, timezone=publisher.config.site.timezone)


@edition.command("show")
@site_command
@click.argument("name")
def show_edition(options: Options, name: str) -> None:
    """List the items of the held edition NAME, each with the id that `drop` takes."""
    with options.open_rehearsal() as publisher:
        found, _ = review.held_edition(name, publisher.office)
        print_edition(found, is_json=options.is_json, timezone=publisher.config.site.timezone)


@edition.command()
@site_command
@click.argument("name")
def release(options: Options, name: str) -> None:
    """Put the held edition NAME into the outbox now."""
    _decide(options, partial(review.release, name))


@edition.command()
@site_command
@click.argument("name")
@click.argument("delay")
def postpone(options: Options, name: str, delay: str) -> None:
    """Hold the edition NAME until DELAY from now, such as 2h or 1d."""
    try:
        interval = parse_interval(delay)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="DELAY") from error
    _decide(options, partial(review.postpone, name, interval))


@edition.command()
@site_command
@click.argument("name")
@click.argument("item")
@click.option("--until-next", is_flag=True, help="Only until the next edition; without it, for good.")
def drop(options: Options, name: str, item: str, until_next: bool) -> None:  # noqa: FBT001
    """Take ITEM out of the held edition NAME; ITEM is an address, an id, or the end of an id."""
    _decide(options, partial(review.put_off if until_next else review.drop, name, item))


@edition.command()
@site_command
@click.argument("name")
@click.argument("text")
def introduce(options: Options, name: str, text: str) -> None:
    """Put TEXT above the items of the held edition NAME; - reads it from standard input, an empty text removes it."""
    written = sys.stdin.read() if text == "-" else text
    _decide(options, partial(review.introduce, name, written))


@edition.command()
@site_command
@click.argument("name")
def discard(options: Options, name: str) -> None:
    """Discard the edition NAME and its items, so that they are never sent; it is held, or its audience is gone."""
    _decide(options, partial(review.discard, name))


def _decide(options: Options, decision: Callable[[Office], ComposeReport]) -> None:
    with options.open_site() as publisher:
        finish(publisher.decide(decision), options, publisher)
