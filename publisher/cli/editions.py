"""The commands of `publisher edition`: list editions, and decide about held editions."""

import sys
from collections.abc import Callable
from functools import partial

import click

from publisher.admin import review
from publisher.admin.deliveries import delivery_counts
from publisher.admin.office import Office
from publisher.cli.edition_output import show_edition as print_edition
from publisher.cli.edition_output import show_editions
from publisher.cli.group import Commands
from publisher.cli.options import Options, finish, site_command
from publisher.model.arrangement import Move
from publisher.model.reports import ComposeReport
from publisher.model.schedules import parse_interval


@click.group(cls=Commands)
def edition() -> None:
    """List editions, and decide about editions that are held for review."""


@edition.command("list")
@site_command
@click.option(
    "--limit",
    metavar="NUMBER",
    type=click.IntRange(1, 1_000_000),
    default=10,
    show_default=True,
    help="How many, latest first.",
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
    """List the items of the held edition NAME, with the numbers and ids that other commands take."""
    with options.open_rehearsal() as publisher:
        reviewed = review.show(name, publisher.office)
        print_edition(reviewed, is_json=options.is_json, timezone=publisher.config.site.timezone)


@edition.command()
@site_command
@click.argument("name")
def release(options: Options, name: str) -> None:
    """Put the held edition NAME into the outbox now."""
    _decide(options, partial(review.release, name))


@edition.command()
@site_command
@click.argument("name")
@click.argument("delay", required=False)
def postpone(options: Options, name: str, delay: str | None) -> None:
    """Hold the edition NAME for DELAY from now, such as 2h or 1d; without DELAY, hold it until you release it."""
    try:
        interval = parse_interval(delay) if delay else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="DELAY") from error
    _decide(options, partial(review.postpone, name, interval))


@edition.command()
@site_command
@click.argument("name")
@click.argument("item")
@click.option("--until-next", is_flag=True, help="Take it out of this edition only; the next one has it.")
def drop(options: Options, name: str, item: str, until_next: bool) -> None:  # noqa: FBT001
    """Take ITEM out of the held edition NAME. ITEM is the item's number in the text part, its address or its id."""
    _decide(options, partial(review.put_off if until_next else review.drop, name, item))


@edition.command()
@site_command
@click.argument("name")
@click.argument("item")
def include(options: Options, name: str, item: str) -> None:
    """Put ITEM, which is newer than the held edition NAME, into NAME. Without this command it would come in the next
    edition.
    """
    _decide(options, partial(review.include, name, item))


@edition.command()
@site_command
@click.argument("name")
@click.argument("text")
def introduce(options: Options, name: str, text: str) -> None:
    """Put TEXT above the items of the held edition NAME. `-` reads TEXT from standard input; an empty text removes it.

    [words](https://example.org/) is a link.
    """
    written = sys.stdin.read() if text == "-" else text
    _decide(options, partial(review.introduce, name, written))


@edition.command()
@site_command
@click.argument("name")
@click.argument("text")
def subject(options: Options, name: str, text: str) -> None:
    """Give the held edition NAME the subject TEXT; an empty TEXT restores the edition's own subject."""
    _decide(options, partial(review.change_subject, name, text))


@edition.command()
@site_command
@click.argument("name")
@click.argument("items", nargs=-1, required=True)
def order(options: Options, name: str, items: tuple[str, ...]) -> None:
    """Put ITEMS of the held edition NAME first: the first leads the edition, each of the others leads its theme."""
    _decide(options, partial(review.order, name, items))


@edition.command()
@site_command
@click.argument("name")
@click.argument("item")
@click.argument("to", type=click.Choice([each.value for each in Move]))
def move(options: Options, name: str, item: str, to: str) -> None:
    """Move ITEM of the held edition NAME up or down within its theme, or to the very first place."""
    _decide(options, partial(review.move, name, item, Move(to)))


@edition.command()
@site_command
@click.argument("name")
@click.argument("item")
@click.argument("title")
def retitle(options: Options, name: str, item: str, title: str) -> None:
    """Give ITEM another TITLE in the held edition NAME and on its page; an empty TITLE restores the item's own
    title.
    """
    _decide(options, partial(review.retitle, name, item, title))


@edition.command()
@site_command
@click.argument("name")
@click.argument("item", required=False)
def restore(options: Options, name: str, item: str | None) -> None:
    """Undo `drop` of ITEM; without ITEM, undo `discard` of the edition NAME.

    The items are in NAME again if NAME is held; otherwise they come in the next edition.
    """
    _decide(options, partial(review.restore, name, item))


@edition.command()
@site_command
@click.argument("name")
def reopen(options: Options, name: str) -> None:
    """Hold the discarded edition NAME again, as it was, until you decide. This is not possible after a later
    edition.
    """
    _decide(options, partial(review.reopen, name))


@edition.command()
@site_command
@click.argument("name")
def discard(options: Options, name: str) -> None:
    """Discard NAME, an edition that is held or whose audience is gone: its items are never sent to this audience."""
    _decide(options, partial(review.discard, name))


def _decide(options: Options, decision: Callable[[Office], ComposeReport]) -> None:
    with options.open_site() as publisher:
        finish(publisher.decide(decision), options, publisher)
