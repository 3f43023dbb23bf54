"""How many people follow which theme at which pace (how often they get mails), now and earlier. Each question is one
query over the subscriptions.

Erasing a person deletes his subscriptions too. For each month that began while he followed something, an anonymous
count stays.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, or_, select

from publisher.store.columns import UtcDateTime
from publisher.store.engine import Database
from publisher.store.people_schema import past_follows, subscriptions
from publisher.store.upsert import insert_into

_ANYTHING = ("", "")
"""The theme and pace (how often mails come) in `past_follows` that stand for any theme at any pace."""
_MONTHS_BACK = 12
_A_YEAR = 12


class FollowerCounts:
    """Counts of the people who follow themes. A month is counted at its first instant in UTC."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def people(self, moments: Sequence[datetime]) -> list[int]:
        """Return how many people followed something at each of these moments."""
        counts = [func.count(case((_was_active(at), subscriptions.c.subscriber)).distinct()) for at in moments]
        past = self._past(moments).get(_ANYTHING, [0] * len(moments))
        with self._database.reading() as connection:
            row = connection.execute(select(*counts)).one() if counts else ()
            return [int(each) + before for each, before in zip(row, past, strict=True)]

    def people_by_pace(self, moment: datetime) -> dict[str, int]:
        """Return how many people followed something at a moment, by pace (how often they get mails); people erased
        since are not counted.
        """
        pace = subscriptions.c.pace
        count = func.count(case((_was_active(moment), subscriptions.c.subscriber)).distinct())
        with self._database.reading() as connection:
            return {row[0]: int(row[1]) for row in connection.execute(select(pace, count).group_by(pace))}

    def people_of_only(self, themes: Collection[str], moment: datetime) -> int:
        """Return how many people followed only these themes at a moment; `themes` are slugs as stored."""
        active = select(subscriptions.c.subscriber).where(_was_active(moment))
        others = active.where(subscriptions.c.theme.not_in(sorted(themes)))
        alone = active.where(subscriptions.c.subscriber.not_in(others)).distinct().subquery()
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).select_from(alone)).scalar_one()

    def by_theme_and_pace(self, moments: Sequence[datetime]) -> dict[tuple[str, str], list[int]]:
        """Return how many people followed a theme at a pace (how often they get mails), by theme (its slug as stored)
        and pace, at each of these moments.
        """
        theme, pace = subscriptions.c.theme, subscriptions.c.pace
        counts = [func.count(case((_was_active(at), subscriptions.c.subscriber)).distinct()) for at in moments]
        query = select(theme, pace, *counts).group_by(theme, pace).order_by(theme, pace)
        found = {key: numbers for key, numbers in self._past(moments).items() if key != _ANYTHING}
        with self._database.reading() as connection:
            for row in connection.execute(query):
                before = found.get((row[0], row[1]), [0] * len(moments))
                found[row[0], row[1]] = [int(each) + past for each, past in zip(row[2:], before, strict=True)]
        return found

    def _past(self, moments: Sequence[datetime]) -> dict[tuple[str, str], list[int]]:
        """Return the counts of people erased since, at moments that are the beginning of a month."""
        places = {at: place for place, at in enumerate(moments)}
        found: dict[tuple[str, str], list[int]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(select(past_follows)):
                if (place := places.get(row.at)) is not None:
                    found.setdefault((row.theme, row.pace), [0] * len(moments))[place] = row.people
        return found


def month_begins(now: datetime) -> list[datetime]:
    """Return the first instants of this month and the twelve before it, in UTC, latest first."""
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    months = [first.year * _A_YEAR + first.month - 1 - back for back in range(_MONTHS_BACK + 1)]
    return [first.replace(year=month // _A_YEAR, month=month % _A_YEAR + 1) for month in months]


def count_past(connection: Connection, moments: Mapping[int, datetime]) -> None:
    """Count what these subscribers followed at the beginning of each of the last months, and store the counts without
    the people.

    `moments` gives, by subscriber number, the moment up to which he is counted.
    """
    columns = subscriptions.c["subscriber", "theme", "pace", "since", "ended_at"]
    follows: dict[tuple[int, datetime], set[tuple[str, str]]] = defaultdict(set)
    begins = {now: month_begins(now) for now in {*moments.values()}}
    for row in connection.execute(select(*columns).where(subscriptions.c.subscriber.in_(moments))):
        now = moments[row.subscriber]
        for at in begins[now]:
            if row.since <= at < (row.ended_at or now):
                follows[row.subscriber, at] |= {_ANYTHING, (row.theme, row.pace)}
    counted = Counter((at, *each) for (_, at), its in follows.items() for each in its)
    if counted:
        one = insert_into(connection, past_follows)
        more = one.on_conflict_do_update(
            index_elements=[past_follows.c.at, past_follows.c.theme, past_follows.c.pace],
            set_={"people": past_follows.c.people + one.excluded.people},
        )
        rows = [
            {"at": at, "theme": theme, "pace": pace, "people": counted[at, theme, pace]}
            for at, theme, pace in sorted(counted)
        ]
        connection.execute(more, rows)


def _was_active(at: datetime) -> ColumnElement[bool]:
    moment = literal(at, UtcDateTime())
    ended_at = subscriptions.c.ended_at
    return and_(subscriptions.c.since <= moment, or_(ended_at.is_(None), ended_at > moment))
