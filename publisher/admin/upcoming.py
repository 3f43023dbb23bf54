"""The next edition of an audience (a mailing list) as an editor's page shows it: when it is sent, what it contains,
which items are not in it and why, and what it looks like.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from publisher.admin.next_edition import NextEdition, describe, held_of
from publisher.admin.office import Office
from publisher.admin.review import state_of
from publisher.compose import run as compose
from publisher.compose.plan import WhyNot
from publisher.model.arrangement import Move, home_of, moved
from publisher.model.corrections import quote_of
from publisher.model.editions import UNTIL_DECIDED, Audience, Edition, TakenOut
from publisher.model.items import Item
from publisher.model.lateness import late_day_of
from publisher.model.records import Record
from publisher.model.themes import Theme
from publisher.model.titles import title_of

EARLIER = 3
"""How many of the latest editions are searched for items that can be restored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What the source changed in an item after an edition with the item was composed."""

    was: str
    """The item's former title, or else a sentence that was removed; empty if nothing was removed."""
    now: str
    """The source's present text where `was` stood; empty if it is the same as `was`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpcomingItem:
    """An item of the next edition, in its place."""

    record: Record
    title: str
    own_title: str
    """The title from the item's source. It differs from `title` only if an editor gave the item another title."""
    theme: Theme
    """The theme under which the item stands."""
    late_day: date | None
    """The day on which the item was added, if it is dated long before that day; otherwise `None`."""
    moves: frozenset[Move]
    """The places to which the item can be moved."""
    changed: Changed | None
    has_room: bool
    """Whether the item fits into the mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """An earlier edition with items that an editor took out permanently and can restore."""

    number: int
    is_discarded: bool
    """Whether the whole edition was discarded."""
    may_reopen: bool
    """Whether the edition can wait for an editor again as it was."""
    is_passed: bool
    """Whether mails went to subscribers since the edition's items were added. If an item is put back, these mails lack
    it all the same.
    """
    items: tuple[Record, ...]
    """Items that the audience never got."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """The next edition of an audience, or a sample of one."""

    described: NextEdition
    is_held: bool
    goes_out_at: datetime | None
    """When the edition goes out unless an editor decides otherwise, in UTC, or `None` if it goes out only when somebody
    decides.
    """
    items: tuple[UpcomingItem, ...]
    """The edition's items, in the order of the mail."""
    taken_out: tuple[tuple[Record, TakenOut], ...]
    """Items that the editor removed from the edition while it waits for him, each with the reason."""
    waiting: tuple[tuple[Record, WhyNot], ...]
    """New items that are not in this edition, each with the reason."""
    earlier: tuple[Earlier, ...]
    """The latest editions from which an editor removed items, latest first."""
    state: str
    """A text that changes when anything changes that editors can decide about."""

    @property
    def edition(self) -> Edition | None:
        """The edition, or `None` if there are no items at all."""
        return self.described.edition

    @property
    def audience(self) -> Audience:
        return self.described.audience


def upcoming(audience: Audience, office: Office) -> Upcoming:
    """Return the next edition of the audience, or a sample with the latest items if nothing is new.

    Raises:
        TemplateError: a template of digests cannot be used.
    """
    described = describe(audience, office)
    held = described.held
    taken_out = office.store.editions.held.taken_out(audience.name, held.number) if held else {}
    records = [
        each
        for each in office.store.items.by_number(list(taken_out))
        # a withdrawn item that came back is new again
        if taken_out[each.number] is not TakenOut.WITHDRAWN or not each.state.is_live
    ]
    out = {record.number for record in records}
    return Upcoming(
        described=described,
        is_held=held is not None,
        goes_out_at=_goes_out_at(audience, held, now=office.now),
        items=tuple(_items(described, audience, office)),
        taken_out=tuple((record, taken_out[record.number]) for record in records),
        waiting=tuple((record, why) for record, why in described.waiting if record.number not in out),
        earlier=tuple(_earlier(audience, held, office)),
        state=_state_of(audience, held, office),
    )


def state_now(audience: Audience, office: Office) -> str:
    """Return a short text that changes when anything changes that editors can decide about the audience's next
    edition.
    """
    return _state_of(audience, held_of(audience, office), office)


def _state_of(audience: Audience, held: Edition | None, office: Office) -> str:
    if held is not None:
        taken_out = office.store.editions.held.taken_out(audience.name, held.number)
        return f"{held.name}:{state_of(held)}:{_digest(sorted(taken_out.items()))}"
    last = office.store.editions.latest(audience.name, limit=1)
    new = compose.next_edition(audience, store=office.store, site=office.config.site, now=office.now)
    numbers = [(record.number, record.seq) for record in new.records] if new else []
    return f"{last[0].name if last else ''}:{_digest(numbers)}"


def _digest(values: Sequence[object]) -> str:
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


def _earlier(audience: Audience, held: Edition | None, office: Office) -> Iterator[Earlier]:
    last = office.store.people.rounds.last() if office.config.subscribers else None
    for row in office.store.editions.latest(audience.name, limit=EARLIER):
        if held is not None and row.number == held.number:
            continue
        taken_out = office.store.editions.held.taken_out(audience.name, row.number)
        for_good = [number for number, why in taken_out.items() if why in (TakenOut.DROPPED, TakenOut.DISCARDED)]
        if records := [each for each in office.store.items.by_number(for_good) if each.state.is_live]:
            is_discarded = TakenOut.DISCARDED in taken_out.values()
            may_reopen = office.store.editions.held.may_reopen(audience.name, row.number)
            yield Earlier(
                number=row.number,
                is_discarded=is_discarded,
                may_reopen=may_reopen,
                is_passed=last is not None and any(each.added_seq <= last.upto for each in records),
                items=tuple(records),
            )


def _goes_out_at(audience: Audience, held: Edition | None, *, now: datetime) -> datetime | None:
    if held is not None:
        return None if audience.on_silence == "keep" or held.held_until == UNTIL_DECIDED else held.held_until
    return audience.schedule.next_after(now) if audience.schedule else None


def _items(described: NextEdition, audience: Audience, office: Office) -> Iterator[UpcomingItem]:
    edition, digest = described.edition, described.digest
    if edition is None or digest is None:
        return
    by_uid = {record.uid: record for record in edition.records}
    records = [by_uid[item.uid] for item in (*digest.shown, *digest.left_out)]
    read = [(record.number, home_of(record, audience).slug) for record in records]
    changed = {each.record.number: changed_between(each.was, each.now) for each in edition.followed}
    own = {each.number: each.item for each in office.store.items.by_number([record.number for record in records])}
    for place, record in enumerate(records):
        yield UpcomingItem(
            record=record,
            title=title_of(record.item),
            own_title=title_of(own.get(record.number, record.item)),
            theme=home_of(record, audience),
            late_day=late_day_of(record, timezone=office.config.site.timezone),
            moves=frozenset(move for move in Move if moved(read, record.number, move) is not None),
            changed=changed.get(record.number),
            has_room=place < len(digest.shown),
        )


def changed_between(was: Item, now: Item) -> Changed:
    """Return what a source changed in an item, as texts to show."""
    former, present = title_of(was), title_of(now)
    if former != present:
        return Changed(was=former, now=present)
    return Changed(was=quote_of(was, now), now=quote_of(now, was))
