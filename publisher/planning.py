"""Decides, and does nothing: which items are new, what they are called, which themes they have, what is due. Pure.

Whether a listed item is one we know is decided in `identity`, which is a part of this.
"""

import hashlib
import json
import re
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

from publisher.identity import Known, Reconciliation, digest_of_content, digest_of_text, reads_as, reconcile
from publisher.model import Edition, Item, Theme, ThemeMap, ThemeRule
from publisher.naming import NO_NAMES, Names
from publisher.periods import Schedule, noon
from publisher.slugs import fold_label, slug_of
from publisher.titles import title_of

__all__ = [
    "CLOCK_ERROR",
    "Known",
    "NewRecord",
    "Reconciliation",
    "assign_themes",
    "carried_over",
    "digest_of_content",
    "digest_of_text",
    "in_log_order",
    "is_due",
    "language_rank",
    "mint",
    "reads_as",
    "reconcile",
    "tick_to_record",
]

# --- themes ----------------------------------------------------------------------------------------------------------


def assign_themes(item: Item, theme_map: ThemeMap, *, source: str, names: Names = NO_NAMES) -> tuple[Theme, ...]:
    """Return the item's themes: those of its labels in their order, then those of rules; the default one without any.

    A label nobody mapped joins the theme of the slug it has in `names`, or becomes a theme of its own.
    """
    themes: dict[str, Theme] = {}
    for label in item.labels:
        if folded := fold_label(label):
            theme = _theme_of(label, folded, theme_map, names)
            themes.setdefault(theme.slug, theme)
    for rule in theme_map.rules:
        if _holds(rule, item, source):
            themes.setdefault(rule.slug, next(theme for theme in theme_map.themes if theme.slug == rule.slug))
    return tuple(themes.values()) or (theme_map.default,)


def _holds(rule: ThemeRule, item: Item, source: str) -> bool:
    return (
        source in rule.sources
        or (bool(rule.keywords) and not {*rule.keywords}.isdisjoint(map(fold_label, item.keywords)))
        or (bool(rule.words) and _has_one(rule.words, fold_label(f"{item.title} {item.text}")))
    )


def _has_one(words: Sequence[str], folded: str) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", folded) for word in words)


def _theme_of(label: str, folded: str, theme_map: ThemeMap, names: Names) -> Theme:
    slug = next((slug for mapped, slug in theme_map.by_label if mapped == folded), None)
    slug = slug or theme_map.current(names.theme_slug(label))
    named = (theme for theme in (theme_map.default, *theme_map.themes) if theme.slug == slug)
    return next(named, Theme(slug=slug, title=" ".join(label.split())))


# --- permanent names -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecord:
    """A new item with what it keeps for ever, and its themes."""

    item: Item
    themes: tuple[Theme, ...]
    uid: str
    path: str
    published: datetime


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

# --- editions --------------------------------------------------------------------------------------------------------


def language_rank(language: str, wanted: Sequence[str]) -> int | None:
    """The place of a language among those wanted, the preferred one first; None: it is not wanted.

    `fr` also means fr-BE (RFC 4647 section 3.3.1), and `*` all that nothing else there means.
    """
    tag = language.lower()
    for place, each in enumerate(wanted):
        if tag == each.lower() or tag.startswith(f"{each.lower()}-"):
            return place
    return wanted.index("*") if "*" in wanted else None


def carried_over(edition: Edition, *, keep: int) -> Edition:
    """The edition with only the `keep` items that have waited longest; the others stay new to its audience.

    Its cursor stops before the first change of those. What it has is never due again, wherever the cursor stands.
    """
    waiting = sorted(edition.records, key=lambda record: record.added_seq)
    kept = {record.number for record in waiting[:keep]}
    upto = min([edition.upto, *(record.seq - 1 for record in waiting[keep:])])
    return replace(edition, records=tuple(record for record in edition.records if record.number in kept), upto=upto)


# --- time ------------------------------------------------------------------------------------------------------------

CLOCK_ERROR = timedelta(days=1)
"""A tick recorded further ahead of now than this was recorded under a clock that was wrong."""


def is_due(schedule: Schedule, *, last: datetime, now: datetime) -> bool:
    """Whether a tick of the schedule lies in (last, now]: one late edition catches up for any number of missed ticks.

    `last` is what `tick_to_record` gave, at first the audience's start. A clock set back repeats no tick. Should `last`
    lie so far ahead that the clock was wrong then, it is disbelieved: the ticks of the last `CLOCK_ERROR` count.
    """
    return schedule.next_after(_believable(last, now)) <= now


def tick_to_record(*, last: datetime, now: datetime) -> datetime:
    """Return up to when ticks are dealt with, once what was due at `now` has been done."""
    return max(_believable(last, now), now)


def _believable(last: datetime, now: datetime) -> datetime:
    return last if last <= now + CLOCK_ERROR else now - CLOCK_ERROR
