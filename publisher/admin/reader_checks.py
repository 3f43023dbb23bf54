"""Checks what subscribers follow: finds themes without news, and themes or paces that no longer exist. All findings are
hints.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.admin.mail_checks import Finding
from publisher.model.feeds import FeedKind
from publisher.model.problems import counted
from publisher.model.schedules import local_day
from publisher.model.settings import SubscriberSettings
from publisher.model.subscribers import EVERYTHING
from publisher.model.themes import ThemeMap
from publisher.store import Store

QUIET = timedelta(days=180)
"""The time without changes after which a theme is reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderSurvey:
    """What subscribers follow now, in numbers only."""

    by_theme: Mapping[str, int]
    """How many subscribers follow a theme, by the theme's present slug. Subscribers who follow everything are not
    counted.
    """
    by_pace: Mapping[str, int]
    changed_at: Mapping[str, datetime]
    """When something last changed in each theme that has items, in UTC, by slug."""
    stranded: int
    """How many subscribers follow only themes that no longer exist."""


def survey_readers(store: Store, themes: ThemeMap, *, now: datetime) -> ReaderSurvey:
    """Return what subscribers follow, and when an item last changed in each theme."""
    by_theme: dict[str, int] = defaultdict(int)
    slugs: dict[str, set[str]] = defaultdict(set)
    for (theme, _), [readers] in store.people.following.by_theme_and_pace([now]).items():
        if readers and theme != EVERYTHING:
            by_theme[themes.current(theme)] += readers
            slugs[themes.current(theme)].add(theme)
    states = {state.feed.slug: state for state in store.feeds.of_kind(FeedKind.THEME) if state.items}
    gone = {slug for current in by_theme if _is_gone(current, themes, states) for slug in slugs[current]}
    return ReaderSurvey(
        by_theme=by_theme,
        by_pace={pace: readers for pace, readers in store.people.following.people_by_pace(now).items() if readers},
        changed_at={slug: state.changed_at for slug, state in states.items()},
        stranded=store.people.following.people_of_only(gone, now) if gone else 0,
    )


def reader_hints(
    found: ReaderSurvey, themes: ThemeMap, settings: SubscriberSettings, *, timezone: str, now: datetime
) -> Iterator[tuple[str, Finding]]:
    """Yield a hint for each theme or pace (how often mails come) that subscribers follow although it brings them
    nothing.
    """
    for slug, readers in sorted(found.by_theme.items()):
        they = _they_follow(readers)
        changed_at = found.changed_at.get(slug)
        if _is_gone(slug, themes, found.changed_at):
            what = (
                f"{they} it, but there is no such theme any more, so nothing can come; if it has another name now, "
                f'write there: was = ["{slug}"]'
            )
            yield f"theme {slug!r}", Finding(what=what, is_hint=True)
        elif changed_at is None:
            yield f"theme {slug!r}", Finding(what=f"{they} it, and no item belongs to it", is_hint=True)
        elif changed_at < now - QUIET:
            day = local_day(changed_at, timezone)
            yield f"theme {slug!r}", Finding(what=f"{they} it, and nothing is new there since {day}", is_hint=True)
    for pace, readers in sorted(found.by_pace.items()):
        if pace not in settings.pace_names:
            they = _they_follow(readers)
            what = f"{they} something at that pace, which is gone; mails come at {settings.default_pace!r} instead"
            yield f"subscribers.paces.{pace}", Finding(what=what, is_hint=True)
    if found.stranded:
        nothing = "follows nothing" if found.stranded == 1 else "follow nothing"
        what = f"{counted(found.stranded, 'subscriber')} {nothing} but themes that are gone, so no mail can come"
        yield "subscribers", Finding(what=what, is_hint=True)


def _is_gone(slug: str, themes: ThemeMap, with_items: Mapping[str, object]) -> bool:
    configured = {theme.slug for theme in (themes.default, *themes.themes)}
    return slug not in configured and slug not in with_items


def _they_follow(readers: int) -> str:
    return f"{counted(readers, 'subscriber')} {'follows' if readers == 1 else 'follow'}"
