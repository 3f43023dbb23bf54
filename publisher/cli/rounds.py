"""The commands of `publisher round`: show the next mails to subscribers, and decide about them."""

import functools
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from publisher.admin import next_round
from publisher.admin.office import Office
from publisher.app import Publisher
from publisher.cli.digest_output import write_digest
from publisher.cli.formats import held_words, local_time
from publisher.cli.group import Commands
from publisher.cli.options import Options, finish, site_command
from publisher.cli.output import print_json, print_line, print_lines
from publisher.model.arrangement import Move
from publisher.model.problems import counted
from publisher.model.reports import ComposeReport
from publisher.model.schedules import parse_interval, zone_of
from publisher.model.titles import title_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The options that describe a typical subscriber, as typed."""

    theme: str = ""
    pace: str = ""
    language: str = ""


@click.group("round", cls=Commands)
def mail_round() -> None:
    """Show the next mails to subscribers, and decide about them."""


def reader_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that describe a typical subscriber, as a second argument of type `Chosen`."""

    @click.option("--theme", default="", metavar="SLUG", help="What the subscriber follows; by default everything.")
    @click.option("--pace", default="", metavar="NAME", help="The subscriber's pace; by default the default pace.")
    @click.option("--language", default="", metavar="TAG", help="The subscriber's language; by default the site's.")
    @functools.wraps(command)
    def with_reader(options: Options, theme: str, pace: str, language: str, **rest: Any) -> None:  # noqa: ANN401
        command(options, Chosen(theme=theme, pace=pace, language=language), **rest)

    return with_reader


@mail_round.command("show")
@site_command
@reader_options
@click.option("--output", "folder", metavar="FOLDER", type=Path, help="Also write digest.html and digest.txt there.")
def show_round(options: Options, chosen: Chosen, folder: Path | None) -> None:
    """Show when mails go to subscribers, and the items of a typical subscriber's next mail with their numbers and
    ids.
    """
    with options.open_rehearsal() as publisher:
        office, people = publisher.office, publisher.people
        reader = _reader(chosen, publisher)
        shown = next_round.upcoming_round(reader, people, office)
        zone = zone_of(publisher.config.site.timezone)
        held = shown.edit.postponed_until if shown.edit.is_postponed(office.now) else None
    files = write_digest(folder, shown.digest) if folder and shown.digest else []
    if options.is_json:
        print_json({**_values_of(shown), "files": files})
    else:
        print_lines([*_lines_of(shown, zone, postponed_until=held), *files])


def _values_of(shown: next_round.UpcomingRound) -> dict[str, object]:
    return {
        "paces": [{"pace": each.pace, "due_at": each.due_at, "people": each.people} for each in shown.overview.paces],
        "held_by": list(shown.overview.held_by),
        "postponed_until": shown.edit.postponed_until,
        "introduction": shown.edit.introduction,
        "subject": shown.digest.subject if shown.digest else "",
        "is_sample": shown.is_sample,
        "uids": [each.record.uid for each in shown.items],
        "left_out": [each.record.uid for each in shown.left_out],
    }


def _lines_of(shown: next_round.UpcomingRound, zone: ZoneInfo, *, postponed_until: datetime | None) -> Iterator[str]:
    for each in shown.overview.paces:
        yield f"{each.pace}: next {local_time(each.due_at, zone)}, to {counted(each.people, 'person')} at most"
    if shown.overview.held_by:
        yield f"no mail is made while {', '.join(shown.overview.held_by)} waits for its editor"
    if postponed_until:
        yield f"postponed: {held_words(postponed_until, zone)}"
    sample = " (a sample: nothing is new)" if shown.is_sample else ""
    yield f"subject: {shown.digest.subject}{sample}" if shown.digest else "there are no items"
    if shown.edit.introduction:
        yield from shown.edit.introduction.split("\n")
    for number, item in enumerate(shown.items, start=1):
        no_room = "" if item.has_room else "  (no room in the mail)"
        record = item.record
        yield f"{number:3}  {record.short_id}  {record.item.date}  {item.title}  [{item.theme.title}]{no_room}"
    for record in (each.record for each in shown.left_out):
        yield f"  -  {record.short_id}  {record.item.date}  {title_of(record.item)}  (left out)"


@mail_round.command("send")
@site_command
@click.argument("paces", metavar="[PACE...]", nargs=-1)
def send_round(options: Options, paces: tuple[str, ...]) -> None:
    """Send the mails of these PACES now, or of every pace if none is named; later mails come as scheduled."""
    with options.open_site() as publisher:
        chosen = paces or publisher.people.settings.pace_names
        finish(publisher.begin_round(chosen), options, publisher)


@mail_round.command()
@site_command
@click.argument("delay", required=False)
def postpone(options: Options, delay: str | None) -> None:
    """Send no mail to subscribers for DELAY from now, such as 2h or 1d; without DELAY, until `round resume`."""
    try:
        interval = parse_interval(delay) if delay else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="DELAY") from error
    _decide(options, partial(next_round.postpone, interval))


@mail_round.command()
@site_command
def resume(options: Options) -> None:
    """End `postpone`. Mails that were due meanwhile go out with the next run, and later mails as scheduled."""
    _decide(options, next_round.resume)


@mail_round.command("test")
@site_command
@reader_options
@click.argument("address")
def send_test(options: Options, chosen: Chosen, address: str) -> None:
    """Send a typical subscriber's next mail to ADDRESS, marked as a test; nothing is recorded."""
    with options.open_rehearsal() as publisher:
        reader = _reader(chosen, publisher)
        answer = next_round.send_round_test(reader, publisher.people, publisher.office, to=address)
    print_line("there are no items to send" if answer is None else f"sent to {address}: {answer}")


@mail_round.command()
@site_command
@click.argument("text")
def subject(options: Options, text: str) -> None:
    """Give all the next mails the subject TEXT; an empty TEXT restores each mail's own subject."""
    _decide(options, partial(next_round.write_words, text, None))


@mail_round.command()
@site_command
@click.argument("text")
def introduce(options: Options, text: str) -> None:
    """Put TEXT above the items of the next mails. `-` reads TEXT from standard input; an empty text removes it."""
    _decide(options, partial(next_round.write_words, None, sys.stdin.read() if text == "-" else text))


@mail_round.command("move")
@site_command
@click.argument("item")
@click.argument("to", type=click.Choice([each.value for each in Move]))
def move_item(options: Options, item: str, to: str) -> None:
    """Move ITEM up or down within its theme, or to the very first place, in all mails to subscribers."""
    _decide_item(options, lambda reader, office: next_round.move(item, Move(to), reader, office))


@mail_round.command()
@site_command
@click.argument("item")
@click.argument("title")
def retitle(options: Options, item: str, title: str) -> None:
    """Give ITEM another TITLE in all mails to subscribers; an empty TITLE restores the item's own title."""
    _decide_item(options, lambda reader, office: next_round.retitle(item, title, reader, office))


@mail_round.command()
@site_command
@click.argument("item")
def drop(options: Options, item: str) -> None:
    """Leave ITEM out of all mails to subscribers. ITEM is the item's number in `round show`, its address or its id."""
    _decide_item(options, lambda reader, office: next_round.drop(item, reader, office))


@mail_round.command()
@site_command
@click.argument("item")
def restore(options: Options, item: str) -> None:
    """Undo `drop` of ITEM for mails that are not made yet. Subscribers whose mails were made without ITEM do not get
    it.
    """
    _decide(options, partial(next_round.restore, item))


def _reader(chosen: Chosen, publisher: Publisher) -> next_round.TypicalReader:
    return next_round.typical_reader(
        publisher.people, publisher.office, theme=chosen.theme, pace=chosen.pace, language=chosen.language
    )


def _decide(options: Options, decision: Callable[[Office], ComposeReport]) -> None:
    with options.open_site() as publisher:
        finish(publisher.decide(decision), options, publisher)


def _decide_item(options: Options, decision: Callable[[next_round.TypicalReader, Office], ComposeReport]) -> None:
    with options.open_site() as publisher:
        reader = _reader(Chosen(), publisher)
        finish(publisher.decide(lambda office: decision(reader, office)), options, publisher)
