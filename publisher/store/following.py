"""How many people follow what, now and at earlier moments: numbers for a table, in one pass over the subscriptions."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select

from publisher.store.columns import UtcDateTime
from publisher.store.engine import Database
from publisher.store.people_schema import subscriptions


class Following:
    """Counts of people. Who was erased is in none of them, of earlier moments neither."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def people(self, moments: Sequence[datetime]) -> list[int]:
        """How many people followed something at each of these moments."""
        counts = [func.count(case((_was_active(at), subscriptions.c.subscriber)).distinct()) for at in moments]
        with self._database.reading() as connection:
            return [int(each) for each in connection.execute(select(*counts)).one()] if counts else []

    def people_by_pace(self, moment: datetime) -> dict[str, int]:
        """How many people followed something at each pace at a moment."""
        pace = subscriptions.c.pace
        count = func.count(case((_was_active(moment), subscriptions.c.subscriber)).distinct())
        with self._database.reading() as connection:
            return {row[0]: int(row[1]) for row in connection.execute(select(pace, count).group_by(pace))}

    def people_of_only(self, themes: Collection[str], moment: datetime) -> int:
        """How many people followed something at a moment, and nothing but these themes (slugs as they were kept)."""
        active = select(subscriptions.c.subscriber).where(_was_active(moment))
        others = active.where(subscriptions.c.theme.not_in(sorted(themes)))
        alone = active.where(subscriptions.c.subscriber.not_in(others)).distinct().subquery()
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).select_from(alone)).scalar_one()

    def by_theme_and_pace(self, moments: Sequence[datetime]) -> dict[tuple[str, str], list[int]]:
        """How many followed a theme (its slug as it was kept) at a pace at each of these moments."""
        theme, pace = subscriptions.c.theme, subscriptions.c.pace
        counts = [func.count(case((_was_active(at), subscriptions.c.subscriber)).distinct()) for at in moments]
        query = select(theme, pace, *counts).group_by(theme, pace).order_by(theme, pace)
        with self._database.reading() as connection:
            return {(row[0], row[1]): [int(each) for each in row[2:]] for row in connection.execute(query)}


def _was_active(at: datetime) -> ColumnElement[bool]:
    moment = literal(at, UtcDateTime())
    ended_at = subscriptions.c.ended_at
    return and_(subscriptions.c.since <= moment, or_(ended_at.is_(None), ended_at > moment))
