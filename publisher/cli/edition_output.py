"""Prints the results of the commands of `publisher edition`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from zoneinfo import ZoneInfo

from publisher.admin.review import Reviewed
from publisher.cli.delivery_output import mails_words
from publisher.cli.formats import edition_line, held_words, local_time
from publisher.cli.output import print_json, print_line, print_lines
from publisher.cli.report_output import edition_values
from publisher.model.deliveries import DeliveryCounts
from publisher.model.editions import TakenOut
from publisher.model.problems import counted
from publisher.model.records import Record
from publisher.model.titles import title_of
from publisher.store import EditionRow

LEFT_OUT = {
    TakenOut.DROPPED: "left out for good",
    TakenOut.PUT_OFF: "left out until the next edition",
    TakenOut.DISCARDED: "discarded with the edition",
    TakenOut.WITHDRAWN: "withdrawn since",
}


def show_editions(
    rows: Sequence[EditionRow], mails: Mapping[str, DeliveryCounts], *, is_json: bool, timezone: str
) -> None:
    """Print the editions on standard output, one line each; `mails` has the counts of their deliveries, by name."""
    if is_json:
        print_json([{"name": row.name, **asdict(row), "mails": _mails_values(row, mails)} for row in rows])
        return
    zone = ZoneInfo(timezone)
    for row in rows:
        composed = local_time(row.composed_at, zone)
        items = f" with {counted(row.items, 'item')}" if row.items else ""
        fares = f"; {mails_words(mails[row.name], zone)}" if row.name in mails else ""
        print_line(f"{row.name} of {composed}{items}: {_state_of(row, zone)}{fares}")
    if not rows:
        print_line("no edition yet")


def show_edition(reviewed: Reviewed, *, is_json: bool, timezone: str) -> None:
    """Print a held edition on standard output: one line per item, with the number that the item has in the mail's text
    part.
    """
    edition = reviewed.edition
    if is_json:
        print_json(_reviewed_values(reviewed))
        return
    print_line(edition_line(edition, ZoneInfo(timezone)))
    print_line(f"subject: {reviewed.subject}")
    if edition.introduction:
        print_lines(edition.introduction.split("\n"))
    changed = {each.record.number for each in edition.followed}
    shown = len(reviewed.items) - reviewed.no_room
    for number, record in enumerate(reviewed.items, start=1):
        notes = ["changed in its source"] * (record.number in changed) + ["no room in the mail"] * (number > shown)
        print_line(f"{number:3}  {_item_line(record)}{''.join(f'  ({note})' for note in notes)}")
    for record in edition.corrections:
        print_line(f"  *  {_item_line(record)}  (corrected since it was sent)")
    for record, why in reviewed.left_out:
        print_line(f"  -  {_item_line(record)}  ({LEFT_OUT[why]})")


def _item_line(record: Record) -> str:
    themes = ", ".join(theme.title for theme in record.themes)
    return f"{record.short_id}  {record.item.date}  {title_of(record.item)}  [{themes}]"


def _reviewed_values(reviewed: Reviewed) -> dict[str, object]:
    edition = reviewed.edition
    return {
        **edition_values(edition),
        "uids": [record.uid for record in reviewed.items],
        "introduction": edition.introduction,
        "subject": reviewed.subject,
        "themes": {record.uid: [theme.slug for theme in record.themes] for record in reviewed.items},
        "no_room": reviewed.no_room,
        "corrections": [record.uid for record in edition.corrections],
        "changed": [each.record.uid for each in edition.followed],
        "left_out": [{"uid": record.uid, "why": why} for record, why in reviewed.left_out],
    }


def _mails_values(row: EditionRow, mails: Mapping[str, DeliveryCounts]) -> dict[str, object] | None:
    return asdict(mails[row.name]) if row.name in mails else None


def _state_of(row: EditionRow, zone: ZoneInfo) -> str:
    if row.held_until and not row.written_at:
        return held_words(row.held_until, zone)
    if row.items:
        return f"in the outbox since {local_time(row.written_at, zone)}" if row.written_at else "not in the outbox yet"
    return f"discarded, with {counted(row.dropped, 'item')}" if row.dropped else "nothing is left in it"
