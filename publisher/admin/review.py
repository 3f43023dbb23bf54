"""Review: an editor's decisions about a held edition, before the edition is sent to its audience (a mailing list).

Each decision is one transaction. Then the folder of the edition is updated, or moved into the outbox. If a crash comes
between the two, the next pass does the second, as for every recorded edition.

An item is named by its number in the text part of the mail, or by its address or id.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from publisher.admin.office import Office
from publisher.compose import run as compose
from publisher.compose.plan import WhyNot
from publisher.compose.put_out import give_up
from publisher.model.arrangement import Move, home_of, moved
from publisher.model.editions import UNTIL_DECIDED, Audience, Edition, TakenOut, parse_name
from publisher.model.errors import FilesError, UsageError
from publisher.model.problems import Problem
from publisher.model.records import Record
from publisher.model.reports import ComposeReport
from publisher.model.site import Site
from publisher.model.titles import title_of
from publisher.rendering.text import one_line, stripped
from publisher.rendering.urls import url_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """An edition that waits for approval, as its editor sees it."""

    edition: Edition
    subject: str
    items: tuple[Record, ...]
    """The edition's items in the order of the digest: the first one is number 1."""
    left_out: tuple[tuple[Record, TakenOut], ...]
    """Items that the editor removed from the edition, each with the reason."""
    no_room: int
    """How many of `items`, counted from the end, do not fit into the mail."""


def held_edition(name: str, office: Office) -> tuple[Edition, Audience]:
    """Return the edition with the name `name`, which waits for its editor, and its audience.

    Raises:
        UsageError: the edition does not wait, or its audience is no longer in config.toml.
    """
    held = compose.held_editions(office.store)
    edition = next((each for each in held if each.name == name), None)
    if edition is None:
        names = ", ".join(each.name for each in held) or "none"
        raise UsageError(f"edition {name!r} is not held; held now: {names}")
    audience = next((each for each in office.config.audiences if each.name == edition.audience), None)
    if audience is None:
        raise UsageError(
            f"edition {name!r}: audience {edition.audience!r} is not in config.toml any more; put it back, or "
            f"`publisher edition discard {name}`"
        )
    return edition, audience


def show(name: str, office: Office) -> Reviewed:
    """Return the edition `name`, which waits for its editor, as he sees it.

    Raises:
        UsageError: see `held_edition`.
        TemplateError: a template of digests cannot be used.
    """
    edition, audience = held_edition(name, office)
    taken_out = office.store.editions.held.taken_out(edition.audience, edition.number)
    records = office.store.items.by_number(list(taken_out))
    digest = office.renderer.render(edition, audience)
    return Reviewed(
        edition=edition,
        subject=digest.subject,
        no_room=len(digest.left_out),
        items=tuple(_in_order(edition, audience, office)),
        left_out=tuple((record, taken_out[record.number]) for record in records),
    )


def state_of(edition: Edition) -> str:
    """Return a short text that changes when anything changes that an editor of the edition sees or has decided."""
    said = [(each.number, each.seq, each.item.title) for each in (*edition.records, *edition.corrections)]
    decided = (edition.subject, edition.introduction, edition.first, edition.held_until)
    seen = repr((edition.name, said, [each.number for each in edition.withdrawn], decided))
    return hashlib.sha256(seen.encode("utf-8", "replace")).hexdigest()[:16]


def held_by_only_item(office: Office) -> dict[int, list[Edition]]:
    """Return, by item number, the editions that wait for an editor and have that item alone. If it is removed, these
    editions are not sent.
    """
    found: dict[int, list[Edition]] = {}
    for edition in compose.held_editions(office.store):
        if len(edition.records) == 1:
            found.setdefault(edition.records[0].number, []).append(edition)
    return found


# --- decisions -------------------------------------------------------------------------------------------------------


def release(name: str, office: Office) -> ComposeReport:
    """Approve the edition `name`, which waits for its editor, so that it is sent now."""
    edition, _ = held_edition(name, office)
    office.store.editions.held.release(edition.audience, edition.number, at=office.now)
    return ComposeReport()


def postpone(name: str, delay: timedelta | None, office: Office) -> ComposeReport:
    """Let an edition wait for its editor for `delay` from now, even if that is shorter than before. If `delay` is
    `None`, let it wait until an editor decides.
    """
    edition, _ = held_edition(name, office)
    until = UNTIL_DECIDED if delay is None else office.now + delay
    office.store.editions.held.postpone(edition.audience, edition.number, until=until)
    return ComposeReport()


def introduce(name: str, text: str, office: Office) -> ComposeReport:
    """Set the introduction above the items of an edition that waits for its editor; a text without visible characters
    removes the introduction.
    """
    edition, _ = held_edition(name, office)
    office.store.editions.held.introduce(edition.audience, edition.number, stripped(text))
    return ComposeReport()


def change_subject(name: str, text: str, office: Office) -> ComposeReport:
    """Give an edition that waits for its editor another subject; an empty one restores the subject of the template."""
    edition, _ = held_edition(name, office)
    office.store.editions.held.subject(edition.audience, edition.number, stripped(text))
    return ComposeReport()


def order(name: str, items: Sequence[str], office: Office) -> ComposeReport:
    """Put these items of an edition that waits for its editor first. The first item becomes the lead, and the others
    come first in their themes.
    """
    edition, audience = held_edition(name, office)
    first = [_named(item, edition, audience, office) for item in items]
    office.store.editions.held.order(edition.audience, edition.number, [record.number for record in first])
    return ComposeReport(decided=tuple(f"first: {_called(record)}" for record in first))


def move(name: str, item: str, to: Move, office: Office) -> ComposeReport:
    """Move an item of an edition that waits for its editor up or down within its theme, or to the very top.

    Raises:
        UsageError: the item cannot move further.
    """
    edition, audience = held_edition(name, office)
    record = _named(item, edition, audience, office)
    read = [(each.number, home_of(each, audience).slug) for each in _in_order(edition, audience, office)]
    numbers = moved(read, record.number, to)
    if numbers is None:
        raise UsageError(f"edition {name!r}: {_called(record)} cannot move {to}: its theme ends there")
    office.store.editions.held.order(edition.audience, edition.number, numbers)
    return ComposeReport(decided=(f"moved {to}: {_called(record)}",))


def retitle(name: str, item: str, title: str, office: Office) -> ComposeReport:
    """Give an item of an edition that waits for its editor another title, in the mail and on the edition's page. An
    empty title restores the source's title.
    """
    edition, audience = held_edition(name, office)
    record = _named(item, edition, audience, office)
    office.store.editions.held.retitle(edition.audience, edition.number, record.number, stripped(title))
    to = f"“{one_line(title)}”" if stripped(title) else "its own title"
    return ComposeReport(decided=(f"retitled: {_called(record)} to {to}",))


def drop(name: str, item: str, office: Office) -> ComposeReport:
    """Remove an item from an edition that waits for its editor, permanently: its audience never gets the item."""
    edition, audience = held_edition(name, office)
    record = _named(item, edition, audience, office)
    office.store.editions.held.drop(edition.audience, edition.number, record.number)
    return ComposeReport(decided=(f"left out for good: {_called(record)}",))


def put_off(name: str, item: str, office: Office) -> ComposeReport:
    """Remove an item from an edition that waits for its editor, so that the item is due for the next one."""
    edition, audience = held_edition(name, office)
    record = _named(item, edition, audience, office)
    office.store.editions.held.put_off(edition.audience, edition.number, record.number)
    return ComposeReport(decided=(f"left out until the next edition: {_called(record)}",))


def include(name: str, item: str, office: Office) -> ComposeReport:
    """Add an item that is due for the next edition to the one that waits for its editor, after its other items.

    Raises:
        UsageError: `item` names no item that is due for the next edition.
    """
    edition, audience = held_edition(name, office)
    store, site = office.store, office.config.site
    waiting = compose.explain_left_out(audience, edition, store=store, site=site)
    due = [record for record, why in waiting if why is WhyNot.NEXT]
    record = next((each for each in due if _is_called(each, item, site)), None)
    if record is None or not store.editions.held.include(edition.audience, edition.number, record.number):
        there = "; ".join(f"{each.short_id} ({each.item.date})" for each in due) or "nothing"
        raise UsageError(f"edition {name!r}: {item} does not wait for the next one; what waits: {there}")
    return ComposeReport(decided=(f"put in: {_called(record)}",))


def discard(name: str, office: Office) -> ComposeReport:
    """Discard an edition that waits for its editor: remove all its items permanently, so that it is never sent.

    An edition whose audience no longer exists can be discarded even if it does not wait.
    """
    stranded = {each.name: each for each in compose.stranded_editions(office.config.audiences, office.store)}
    edition = stranded.get(name) or held_edition(name, office)[0]
    office.store.editions.discard(edition.audience, edition.number)
    problems: list[Problem] = []
    try:
        give_up(edition, store=office.store, outbox=office.outbox, now=office.now)
    except FilesError as error:
        problems = [Problem.of(f"edition {edition.name}", error)]
    return ComposeReport(discarded=(edition.name,), problems=tuple(problems))


def restore(name: str, item: str | None, office: Office) -> ComposeReport:
    """Undo that an item was removed from an edition. Without `item`, undo that the whole edition was discarded.

    The items are in the edition again if it waits for its editor; otherwise they are due for the next edition.

    Raises:
        UsageError: no item of this name was removed from the edition, or the item is in another edition by now.
    """
    parts = parse_name(name)
    if parts is None:
        raise UsageError(f"edition {name!r}: expected a name such as weekly-3; `publisher edition list` names them")
    audience, number = parts
    taken_out = office.store.editions.held.taken_out(audience, number)
    by_editor = [each for each, reason in taken_out.items() if reason is not TakenOut.WITHDRAWN]
    records = office.store.items.by_number(by_editor)
    if item is None:
        chosen = [record for record in records if taken_out[record.number] is TakenOut.DISCARDED]
    else:
        chosen = [record for record in records if _is_called(record, item, office.config.site)]
    if not chosen:
        there = "; ".join(f"{record.short_id} ({record.item.date})" for record in records) or "nothing"
        raise UsageError(f"edition {name!r}: {item or 'a discarded edition'} is not there; taken out: {there}")
    office.store.editions.held.restore(audience, number, [record.number for record in chosen])
    return ComposeReport(
        restored=len(chosen), decided=tuple(f"restored: {_called(record)}" for record in chosen) if item else ()
    )


def reopen(name: str, office: Office) -> ComposeReport:
    """Let a discarded edition wait for an editor again as it was, with its subject, introduction, titles and order,
    until somebody decides.

    Raises:
        UsageError: the edition was not discarded, a later edition was composed, or its audience is no longer in
            config.toml.
    """
    audience, number = parse_name(name) or ("", 0)
    is_known = audience in [each.name for each in office.config.audiences]
    if not is_known or not office.store.editions.held.reopen(audience, number):
        raise UsageError(
            f"edition {name!r} cannot be held again: it is not discarded, or a later edition was composed; "
            f"`publisher edition restore {name}` lets its items come in the next one"
        )
    return ComposeReport(decided=(f"held again until you decide: {name}",))


def _named(item: str, edition: Edition, audience: Audience, office: Office) -> Record:
    records = _in_order(edition, audience, office)
    numbered = {str(number): record for number, record in enumerate(records, start=1)}
    named = (record for record in records if _is_called(record, item, office.config.site))
    found = numbered.get(item) or next(named, None)
    if found is None:
        raise UsageError(
            f"edition {edition.name!r} has no item {item!r}; `publisher edition show {edition.name}` names them"
        )
    return found


def _called(record: Record) -> str:
    """Return how a message to the editor names an item, such as `“A new rule” (a1b2c3d4)`."""
    return f"“{one_line(title_of(record.item))}” ({record.short_id})"


def _is_called(record: Record, item: str, site: Site) -> bool:
    return item in (record.uid, record.short_id, record.path, url_of(record, site))


def _in_order(edition: Edition, audience: Audience, office: Office) -> list[Record]:
    """Return the items of an edition in the order of its digest; items that do not fit into the mail come last."""
    digest = office.renderer.render(edition, audience)
    by_uid = {record.uid: record for record in edition.records}
    return [by_uid[item.uid] for item in (*digest.shown, *digest.left_out)]
