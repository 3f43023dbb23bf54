"""Gives new items what never changes: an id and the address of a page (their names), and an instant of publication.

`draft` says which names the items ask for, `fetch_taken` asks the log which of these names are taken, and `mint`
decides from these values alone. A draft here is a new item that has no names yet, not an item that its source
withholds.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, repeat
from typing import Protocol
from urllib.parse import quote

from publisher.collect.rules import CollectRules
from publisher.model.changes import NewRecord
from publisher.model.contents import digest_of_text
from publisher.model.feeds import Gathered, gather
from publisher.model.items import Item
from publisher.model.schedules import end_of_day, noon
from publisher.model.slugs import Names, slug_of
from publisher.model.titles import title_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A new item with its themes and feeds and the permanent names it asks for."""

    item: Item
    gathered: Gathered
    uid: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenInstants:
    """Instants in the log that new items might also ask for."""

    exact: AbstractSet[datetime]
    """All instants in the log on the days of new items that have an instant of their own."""
    latest: Mapping[date, datetime]
    """The latest instant in the log on each day of new items that have no instant of their own. A day without instants
    in the log is missing.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Names and instants in the log that new items might also ask for."""

    uids: AbstractSet[str]
    paths: AbstractSet[str]
    instants: TakenInstants


class NameLookup(Protocol):
    """The questions that `fetch_taken` asks the log about items of all sources. `store.LogPass` answers these
    questions.
    """

    def taken_uids(self, uids: Collection[str]) -> AbstractSet[str]: ...
    def taken_paths(self, paths: Collection[str]) -> AbstractSet[str]: ...
    def published_on(self, dates: Collection[date]) -> AbstractSet[datetime]: ...
    def last_published(self, ends: Mapping[date, datetime]) -> Mapping[date, datetime]: ...


def order_for_log(items: Sequence[Item]) -> list[Item]:
    """Return new items, given newest first, in the order of the log: oldest first."""
    ordered = list(reversed(items))
    ordered.sort(key=lambda item: (item.date, item.published or _NEVER))
    return ordered


def draft(items: Sequence[Item], *, source: str, rules: CollectRules, names: Names) -> tuple[Draft, ...]:
    """Return a draft (a new item with the names it asks for) of each new item of a source; items come newest first,
    drafts oldest first.
    """
    return tuple(
        Draft(
            item=item,
            gathered=gather(item, rules.gathering, source=source, names=names),
            uid=_uid(item, source, rules.authority),
            path=_path(item),
        )
        for item in order_for_log(items)
    )


def fetch_taken(drafts: Sequence[Draft], log: NameLookup, *, timezone: str) -> Taken:
    """Ask the log what `mint` needs to know; `timezone` is the site's."""
    return Taken(
        uids=_fetch_taken_names([each.uid for each in drafts], log.taken_uids),
        paths=_fetch_taken_names([each.path for each in drafts], log.taken_paths),
        instants=fetch_taken_instants([each.item for each in drafts], log, timezone=timezone),
    )


def fetch_taken_instants(items: Sequence[Item], log: NameLookup, *, timezone: str) -> TakenInstants:
    """Ask the log what `find_instants` needs to know."""
    days = {item.date for item in items if not _begin_of(item)}
    return TakenInstants(
        exact=log.published_on({item.date for item in items if _begin_of(item)}),
        # an item whose embargo ended days after its date must not count: it would give the items of its date later
        # instants
        latest=log.last_published({day: end_of_day(day, timezone) for day in days}),
    )


def mint(drafts: Sequence[Draft], taken: Taken, *, timezone: str, now: datetime) -> tuple[NewRecord, ...]:
    """Return a record for each draft (a new item without permanent names), in order. No other item has the same names,
    nor the same instant on one day.
    """
    uids = _free_names([each.uid for each in drafts], taken.uids)
    paths = _free_names([each.path for each in drafts], taken.paths)
    instants = find_instants([each.item for each in drafts], taken.instants, timezone=timezone, now=now)
    return tuple(
        NewRecord(item=each.item, gathered=each.gathered, uid=uid, path=path, published=instant)
        for each, uid, path, instant in zip(drafts, uids, paths, instants, strict=True)
    )


def _uid(item: Item, source: str, authority: str) -> str:
    """Return a `tag:` URI (RFC 4151). The same listing gets the same URI again in a new store."""
    day = item.date.isoformat()
    identity = json.dumps([source, day, item.native_id or item.link or digest_of_text(item)])
    return f"tag:{authority},{day}:{quote(source, safe='')}/{hashlib.sha256(identity.encode()).hexdigest()[:12]}"


# --- names -----------------------------------------------------------------------------------------------------------


def _path(item: Item) -> str:
    slug = slug_of(title_of(item))
    # the page of all items of a year is called `index`
    return f"items/{item.date.year:04d}/{'index-item' if slug == 'index' else slug}"


def _fetch_taken_names(wanted: Sequence[str], ask: Callable[[Collection[str]], AbstractSet[str]]) -> set[str]:
    """Return the names that are taken, among the wanted names and the numbered forms that `_free_names` may try."""
    taken: set[str] = set()
    lacking = dict(Counter(wanted))
    asked = {*wanted}
    first = 1
    while lacking:
        # Each question covers twice as many forms as the last: a thousand items with one name need ten questions.
        forms = {name: [_form(name, number) for number in range(first, 2 * first)] for name in lacking}
        taken |= ask([form for some in forms.values() for form in some])
        free = {name: sum(_is_free(form, name, asked, taken) for form in some) for name, some in forms.items()}
        lacking = {name: count - free[name] for name, count in lacking.items() if count > free[name]}
        first *= 2
    return taken


def _free_names(wanted: Sequence[str], taken: AbstractSet[str]) -> list[str]:
    """Return a free name for each wanted name: the wanted name itself, or the same with `-2`, `-3` … at its end."""
    asked = {*wanted}
    forms = {name: map(_form, repeat(name), count(1)) for name in asked}
    return [next(form for form in forms[name] if _is_free(form, name, asked, taken)) for name in wanted]


def _is_free(form: str, name: str, asked: AbstractSet[str], taken: AbstractSet[str]) -> bool:
    """Whether `form` (`name` with or without a number) is free. A form that another item asks for as its name goes to
    that item.
    """
    return form not in taken and (form == name or form not in asked)


def _form(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


# --- instants --------------------------------------------------------------------------------------------------------


def find_instants(items: Sequence[Item], taken: TakenInstants, *, timezone: str, now: datetime) -> list[datetime]:
    """Return an instant of publication for each item, oldest first; no two items of one day share an instant."""
    exact = _exact_instants(items, taken.exact, now=now)
    days = [item.date for item, instant in zip(items, exact, strict=True) if instant is None]
    others = _instants_of_days(days, taken.latest, {*exact}, timezone=timezone, now=now)
    return [instant or next(others) for instant in exact]


def _exact_instants(items: Sequence[Item], taken: AbstractSet[datetime], *, now: datetime) -> list[datetime | None]:
    """Return each item's own instant, or the next free second after it; `None` for an item that has no own instant."""
    used = {*taken}
    instants: list[datetime | None] = []
    for item in items:
        begin = _begin_of(item)
        instant = begin and min(begin, now).replace(microsecond=0)
        while instant in used:
            instant += _SECOND
        if instant is not None:
            used.add(instant)
        instants.append(instant)
    return instants


def _begin_of(item: Item) -> datetime | None:
    """Return the instant of an item, or the end of its embargo; return `None` if the item has only a day."""
    begin = item.published or datetime.combine(item.date, time(12), UTC)
    embargo = item.last_embargo
    return embargo if embargo and embargo > begin else item.published


def _instants_of_days(
    days: Sequence[date],
    given: Mapping[date, datetime],
    brought: AbstractSet[datetime | None],
    *,
    timezone: str,
    now: datetime,
) -> Iterator[datetime]:
    """Yield an instant for each day: noon, or `now` if noon is still to come; if that instant is taken, the next free
    second.

    Feeds show whole seconds, and items of one day must differ in them (RFC 4287 section 3.3).
    """
    latest = dict(given)
    latest_early = _NEVER
    for day in days:
        instant = noon(day, timezone)
        is_early = instant > now
        if is_early:
            instant = max(now.replace(microsecond=0), latest_early + _SECOND)
        if day in latest:
            instant = max(instant, latest[day] + _SECOND)
        while instant in brought:
            instant += _SECOND
        latest[day] = instant
        if is_early:
            latest_early = instant
        yield instant


_SECOND = timedelta(seconds=1)


_NEVER = datetime.min.replace(tzinfo=UTC)
