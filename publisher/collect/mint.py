"""Decides, and does nothing: which items are new, what they are called, which themes they have, what is due. Pure.

Whether a listed item is one we know is decided in `identity`, which is a part of this.
"""

import hashlib
import json
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

from publisher.model.items import Item, digest_of_text
from publisher.model.labels import NO_NAMES, Names, slug_of
from publisher.model.records import NewRecord
from publisher.model.schedules import noon
from publisher.model.themes import ThemeMap, assign_themes
from publisher.model.titles import title_of


def in_log_order(items: Sequence[Item]) -> list[Item]:
    """Return new items, which come newest first, in the order in which the log gets them: oldest first."""
    ordered = list(reversed(items))
    ordered.sort(key=lambda item: (item.date, item.published or _NEVER))
    return ordered


def mint(
    items: Sequence[Item],
    *,
    source: str,
    authority: str,
    theme_map: ThemeMap,
    timezone: str,
    now: datetime,
    taken_uids: Callable[[Collection[str]], AbstractSet[str]],
    taken_paths: Callable[[Collection[str]], AbstractSet[str]],
    last_published: Callable[[Collection[date]], Mapping[date, datetime]],
    published_on: Callable[[Collection[date]], AbstractSet[datetime]],
    names: Names = NO_NAMES,
) -> tuple[NewRecord, ...]:
    """Return `items`, which come newest first, with their permanent names, `in_log_order`.

    `authority` is a host or mail address of the publisher's (RFC 4151 section 2.1). `taken_uids` and `taken_paths` say
    which of some names exist already, `last_published` the latest instant given so far to an item of each of some days,
    and `published_on` every instant given to items of some days; it is asked for items that bring their own.
    """
    if not items:
        return ()
    ordered = in_log_order(items)
    uids = _free_names([_uid(item, source, authority) for item in ordered], taken_uids)
    paths = _free_names([f"items/{item.date.year:04d}/{slug_of(title_of(item))}" for item in ordered], taken_paths)
    exact = _exact_instants(ordered, now=now, published_on=published_on)
    days = [item.date for item, instant in zip(ordered, exact, strict=True) if instant is None]
    others = _instants(days, taken=exact, timezone=timezone, now=now, last_published=last_published)
    instants = [instant or next(others) for instant in exact]
    return tuple(
        NewRecord(
            item=item,
            themes=assign_themes(item, theme_map, source=source, names=names),
            uid=uid,
            path=path,
            published=published,
        )
        for item, uid, path, published in zip(ordered, uids, paths, instants, strict=True)
    )


def _uid(item: Item, source: str, authority: str) -> str:
    """Return a tag: URI (RFC 4151 section 2.1) that a store made anew from the same listing gives again."""
    day = item.date.isoformat()
    identity = json.dumps([source, day, item.native_id or item.link or digest_of_text(item)])
    return f"tag:{authority},{day}:{quote(source, safe='')}/{hashlib.sha256(identity.encode()).hexdigest()[:12]}"


def _free_names(wanted: Sequence[str], taken: Callable[[Collection[str]], AbstractSet[str]]) -> list[str]:
    """Return a free name for each wanted one: itself, or with `-2`, `-3` … behind it."""
    names: dict[int, str] = {}
    used: set[str] = set()
    waiting: dict[str, deque[int]] = defaultdict(deque)
    for index, name in enumerate(wanted):
        waiting[name].append(index)
    first = 1
    while waiting:
        # Each round asks for twice as many: a thousand items of one name need ten questions, not a thousand.
        candidates = {name: [_numbered(name, number) for number in range(first, 2 * first)] for name in waiting}
        used |= taken([candidate for some in candidates.values() for candidate in some])
        for name, some in candidates.items():
            for candidate in some:
                if waiting[name] and candidate not in used:
                    names[waiting[name].popleft()] = candidate
                    used.add(candidate)
        waiting = {name: indexes for name, indexes in waiting.items() if indexes}
        first *= 2
    return [names[index] for index in range(len(wanted))]


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def _exact_instants(
    items: Sequence[Item], *, now: datetime, published_on: Callable[[Collection[date]], AbstractSet[datetime]]
) -> list[datetime | None]:
    """Return the instant each item brings, or the next second that is free on its day; None where it brings none."""
    days = {item.date for item in items if item.published}
    taken = set(published_on(days)) if days else set()
    instants: list[datetime | None] = []
    for item in items:
        instant = item.published and min(item.published, now).replace(microsecond=0)
        while instant in taken:
            instant += _SECOND
        if instant is not None:
            taken.add(instant)
        instants.append(instant)
    return instants


def _instants(
    days: Sequence[date],
    *,
    taken: Collection[datetime | None],
    timezone: str,
    now: datetime,
    last_published: Callable[[Collection[date]], Mapping[date, datetime]],
) -> Iterator[datetime]:
    """Give each day's noon, or now when noon is still to come; a second later where that is given already.

    Whole seconds: feeds tell no smaller ones, and items of one day must differ in them (RFC 4287 section 3.3).
    """
    latest, brought = dict(last_published(set(days))), set(taken)
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
