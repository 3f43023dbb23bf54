"""Decides what is due to an audience (a mailing list), when it is due, and why an item is not in the audience's next
edition. Pure.

`publisher/compose/run.py` fetches the facts from the store.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from publisher.model.editions import Audience, Edition
from publisher.model.items import Item
from publisher.model.languages import language_rank
from publisher.model.records import Record
from publisher.model.schedules import is_due, tick_to_record
from publisher.model.site import Site
from publisher.store import AudienceState, ChangedItem


class AudienceFacts(NamedTuple):
    """What the store knows about one audience at a moment."""

    state: AudienceState
    """The audience's position in the log, or its start if it never had an edition."""
    upto: int
    """The last log number that is considered; items collected later are for a later edition."""
    new: tuple[Record, ...]
    """Live items of the audience's themes that it has not had, in the order in which they were added."""
    changed: tuple[ChangedItem, ...] = ()
    """Items of the audience's earlier editions that changed after the audience last got them, in the order of the
    changes.
    """


class WhyNot(StrEnum):
    """Why a new item is not in the audience's next edition."""

    THEME = "theme"
    LANGUAGE = "language"
    FEW = "few"
    """There are fewer items than `min_items`."""
    NEXT = "next"
    """The item waits for the edition after this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What `compose` does for one audience (mailing list): record `edition`, or, without one, record that it is dealt
    with up to `state`.
    """

    audience: Audience
    because: str
    """The reason why there is an edition, or why there is none."""
    edition: Edition | None
    """The edition with all items that are due; `record` removes items that do not fit into its mail. `None` if there is
    no edition.
    """
    state: AudienceState
    """The audience's position in the log: before `edition`, or if there is none, after this plan."""
    tick: datetime | None = None
    """The moment up to which the edition deals with the audience's schedule, in UTC, or `None` if the schedule was not
    consulted.
    """


def plan_edition(audience: Audience, facts: AudienceFacts, *, site: Site, tick: datetime | None, now: datetime) -> Plan:
    """Plan the audience's next edition as of `now`, whether or not its schedule makes one due."""
    state, due = facts.state, due_items(audience, facts, site)
    if due and len(due) >= audience.min_items:
        edition = edition_of(audience, facts, due, now=now)
        later = len(due) - len(edition.records)
        because = f"new to its audience: {len(due)}" + (
            f", of which {later} wait for the next (max_items)" if later else ""
        )
        return Plan(audience=audience, because=because, edition=edition, state=state, tick=tick)
    # with too few items the cursor stays, so that all of them stay new
    cursor = state.cursor if due else max(state.cursor, facts.upto)
    state = replace(state, cursor=cursor, last_tick=tick or state.last_tick)
    few = f"new to its audience: {len(due)}, fewer than {audience.min_items} (min_items)"
    return Plan(audience=audience, because=few if due else "nothing is new to its audience", edition=None, state=state)


def edition_of(audience: Audience, facts: AudienceFacts, items: Sequence[Record], *, now: datetime) -> Edition:
    """Return the audience's next edition with these items, or with fewer if there are more than `max_items`."""
    composed_at = now.astimezone(UTC)  # as the store returns it, so that a repetition gives the same bytes
    corrected = [each for each in facts.changed if is_correction(each)]
    edition = Edition(
        audience=audience.name,
        number=facts.state.last_number + 1,
        after=facts.state.cursor,
        upto=facts.upto,
        composed_at=composed_at,
        records=tuple(sorted(items, key=lambda record: (record.published, record.added_seq), reverse=True)),
        corrections=tuple(each.record for each in corrected),
        formerly=tuple(each.formerly for each in corrected),
        held_until=None if audience.review is None else composed_at + audience.review,
    )
    return edition if audience.max_items is None else carried_over(edition, keep=audience.max_items)


def carried_over(edition: Edition, *, keep: int) -> Edition:
    """Return the edition reduced to the `keep` items that have waited longest; the other items stay due to its
    audience.

    The edition's cursor, the log number up to which items are dealt with, stops before the first change of the other
    items. The items in the edition are never due again, wherever that cursor is.
    """
    waiting = sorted(edition.records, key=lambda record: record.added_seq)
    kept = {record.number for record in waiting[:keep]}
    upto = min([edition.upto, *(record.seq - 1 for record in waiting[keep:])])
    return replace(edition, records=tuple(record for record in edition.records if record.number in kept), upto=upto)


# --- when ------------------------------------------------------------------------------------------------------------


def due_tick(audience: Audience, last_tick: datetime, *, now: datetime) -> datetime | None:
    """Return the moment up to which an edition composed now deals with the audience's schedule, or `None` if the
    schedule has made no edition due since `last_tick`.

    One edition makes up for any number of missed ones.
    """
    if audience.schedule is None or not is_due(audience.schedule, last=last_tick, now=now):
        return None
    return tick_to_record(last=last_tick, now=now)


def is_kept(edition: Edition, audience: Audience, *, now: datetime) -> bool:
    """Whether an edition goes on waiting for its editor: it does until its time for review ends, and after that if the
    audience's setting `on_silence` is `keep`.
    """
    if edition.held_until is None:
        return False
    return now < edition.held_until or audience.on_silence == "keep"


# --- what, and why not -----------------------------------------------------------------------------------------------


def due_items(audience: Audience, facts: AudienceFacts, site: Site) -> list[Record]:
    """Return the audience's new items that are in one of its languages, in the order in which they were added."""
    return [record for record in facts.new if is_read_by(audience, record, site)]


def is_correction(changed: ChangedItem) -> bool:
    """Whether the change of an item is a correction: somebody who read the item would want to read it again. A change
    of date, label or file size is no correction.
    """
    return _words(changed.record.item) != _words(changed.told)


def _words(item: Item) -> tuple[object, ...]:
    return item.title, item.text, item.link, {enclosure.url for enclosure in item.enclosures}


def is_read_by(audience: Audience, record: Record, site: Site) -> bool:
    """Whether the item is in one of the audience's languages."""
    return language_rank(record.item.language or site.language, audience.languages) is not None


def left_out(
    audience: Audience, edition: Edition | None, new: Collection[Record], site: Site
) -> list[tuple[Record, WhyNot]]:
    """Return the items of `new` that are not in the audience's next edition, each with the reason."""
    inside = {record.number for record in edition.records} if edition else set()
    return [
        (record, _why_not(audience, record, site, has_edition=edition is not None))
        for record in new
        if record.number not in inside
    ]


def _why_not(audience: Audience, record: Record, site: Site, *, has_edition: bool) -> WhyNot:
    if not any(audience.themes.follows(theme.slug) for theme in record.themes):
        return WhyNot.THEME
    if not is_read_by(audience, record, site):
        return WhyNot.LANGUAGE
    return WhyNot.NEXT if has_edition else WhyNot.FEW


def words_of(why: WhyNot, audience: Audience, record: Record, site: Site) -> str:
    """Return in words why a new item is not in the audience's next edition."""
    language = record.item.language or site.language
    words = {
        WhyNot.THEME: "none of its themes is among the audience's themes",
        WhyNot.LANGUAGE: f"its language, {language}, is not among the audience's languages",
        WhyNot.FEW: f"waits until there are {audience.min_items} items (min_items)",
        WhyNot.NEXT: "waits for the edition after this one",
    }
    return words[why]
