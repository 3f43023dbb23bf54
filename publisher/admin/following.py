"""Counts how many people follow what, now and earlier. Only numbers are returned, nothing about a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from publisher.model.schedules import local_day
from publisher.model.subscribers import CONFIRM_WITHIN, EVERYTHING
from publisher.store import Store
from publisher.subscribers.people import People

MONTHS = 12
"""How many months the table of followers covers, the present one included."""
_A_YEAR = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Followers:
    """How many people followed one theme at one pace (how often they get mails), over time."""

    theme: str
    """The title of the theme; empty for everything."""
    pace: str
    counts: tuple[int, ...]
    """The numbers of people at the dates of the table. The last number is for now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowerTable:
    """The table of followers: how many people follow what, over time."""

    days: tuple[date, ...]
    """The dates of the columns: the first of each month, oldest first, and today."""
    people: tuple[int, ...]
    """How many people followed something at each date of the table. The last number is for now."""
    rows: tuple[Followers, ...]
    """The rows: everything first, then the themes in the site's order. For each, there is a row per pace, the most
    frequent pace first.
    """
    pending: int
    """How many people asked to subscribe in the last days and have not confirmed yet."""

    @property
    def since_somebody(self) -> "FollowerTable":
        """Return the table without its first months if nobody followed anything in them. The last month is
        always kept.
        """
        first = next((place for place, number in enumerate(self.people) if number), len(self.people) - 1)
        start = max(first - 1, 0)
        rows = tuple(replace(row, counts=row.counts[start:]) for row in self.rows)
        return replace(self, days=self.days[start:], people=self.people[start:], rows=rows)


def oversee_following(people: People, store: Store) -> FollowerTable:
    """Return the table of how many people follow what, now and at the beginning of each of the last months."""
    days = month_days(local_day(people.now, people.site.timezone))
    moments = [*(datetime(day.year, day.month, 1, tzinfo=UTC) for day in days[:-1]), people.now]
    counts: dict[tuple[str, str], list[int]] = {}
    for (theme, pace), some in store.people.following.by_theme_and_pace(moments).items():
        key = (people.current(theme), pace)
        counts[key] = [a + b for a, b in zip(counts.get(key, [0] * len(moments)), some, strict=True)]
    return FollowerTable(
        days=days,
        people=tuple(store.people.following.people(moments)),
        rows=tuple(_rows(counts, people)),
        pending=store.people.subscribers.count_pending(since=people.now - CONFIRM_WITHIN),
    )


def month_days(today: date, *, months: int = MONTHS) -> tuple[date, ...]:
    """Return the first days of the last months, oldest first, and today."""
    first, days = today.replace(day=1), []
    for back in range(months - 1, -1, -1):
        year, month = divmod(first.year * _A_YEAR + first.month - 1 - back, _A_YEAR)
        days.append(date(year, month + 1, 1))
    return (*(day for day in days if day != today), today)


def _rows(counts: Mapping[tuple[str, str], Sequence[int]], people: People) -> list[Followers]:
    """Return the rows of the table of followers: the themes and paces in config.toml, then others that somebody still
    follows.
    """
    themes = [EVERYTHING, *(theme.slug for theme in people.themes)]
    paces = [*people.settings.pace_names]
    order = sorted(counts, key=lambda key: (_place(key[0], themes), _place(key[1], paces), key))
    return [
        Followers(
            theme="" if theme == EVERYTHING else people.theme_title(theme), pace=pace, counts=tuple(counts[theme, pace])
        )
        for theme, pace in order
        if any(counts[theme, pace])
    ]


def _place(name: str, known: Sequence[str]) -> int:
    return known.index(name) if name in known else len(known)
