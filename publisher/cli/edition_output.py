"""What the commands of `publisher edition` print."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from publisher.cli.formats import as_json, local_time
from publisher.model.editions import Edition
from publisher.model.problems import counted
from publisher.model.titles import title_of

if TYPE_CHECKING:
    from publisher.store import EditionRow


def show_editions(rows: "Sequence[EditionRow]", *, is_json: bool, timezone: str) -> None:
    """Print the editions on standard output, a line each."""
    if is_json:
        click.echo(as_json([{"name": row.name, **asdict(row)} for row in rows]))
        return
    zone = ZoneInfo(timezone)
    for row in rows:
        composed, items = local_time(row.composed_at, zone), counted(row.items, "item")
        click.echo(f"{row.name} of {composed} with {items}: {_state_of(row, zone)}")
    if not rows:
        click.echo("no edition yet")


def show_edition(edition: Edition, *, is_json: bool, timezone: str) -> None:
    """Print a held edition on standard output, a line for each item."""
    if is_json:
        click.echo(as_json({**edition_values(edition), "introduction": edition.introduction}))
        return
    click.echo(edition_line(edition, ZoneInfo(timezone)))
    if edition.introduction:
        click.echo(edition.introduction)
    for record in edition.records:
        click.echo(f"{record.short_id}  {record.item.date}  {title_of(record.item)}")


def edition_line(edition: Edition, zone: ZoneInfo) -> str:
    """`weekly-1 with 3 items`, and how long it is held."""
    held = f", held until {local_time(edition.held_until, zone)}" if edition.held_until else ""
    return f"{edition.name} with {counted(len(edition.records), 'item')}{held}"


def edition_values(edition: Edition) -> dict[str, object]:
    """The edition as `--json` prints it."""
    return {
        "name": edition.name,
        "audience": edition.audience,
        "number": edition.number,
        "after": edition.after,
        "upto": edition.upto,
        "uids": [record.uid for record in edition.records],
        "held_until": edition.held_until,
    }


def _state_of(row: "EditionRow", zone: ZoneInfo) -> str:
    if row.held_until and not row.written_at:
        return f"held until {local_time(row.held_until, zone)}"
    if row.items:
        return f"in the outbox since {local_time(row.written_at, zone)}" if row.written_at else "not in the outbox yet"
    return "discarded" if row.dropped else "withdrawn"
