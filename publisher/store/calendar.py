"""Which days have live items, for the web pages of years and months. A query costs as much as its answer is large."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import BindParameter, bindparam, func, select

from publisher.store.content import item_of, themes_of
from publisher.store.engine import Database, batches
from publisher.store.schema import IS_LIVE, items, log

_FIRST: BindParameter[date] = bindparam("first")
_LAST: BindParameter[date] = bindparam("last")
_IS_BETWEEN = (IS_LIVE, items.c.date >= _FIRST, items.c.date <= _LAST)
_NUMBERS = select(items.c.number).where(*_IS_BETWEEN).order_by(items.c.date.desc(), items.c.published.desc())
_MOMENTS = select(items.c.published, items.c.themes).where(*_IS_BETWEEN).order_by(items.c.published)
_COUNTS = select(items.c.date, func.count()).where(*_IS_BETWEEN).group_by(items.c.date)
_LATEST_BEFORE = select(items.c.date).where(IS_LIVE, items.c.date < bindparam("day")).order_by(items.c.date.desc())
_LATEST_BEFORE = _LATEST_BEFORE.limit(1)
_TOTAL = select(func.count()).select_from(items).where(*_IS_BETWEEN)
_FIRST_DAY = select(func.min(items.c.date)).where(IS_LIVE)
_END = date.max


class Calendar:
    """Live items by their dates."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def years(self) -> list[int]:
        """Return the years that have items, latest first; one query per year, however many items it has."""
        return list(self._years())

    def months(self, year: int) -> dict[int, int]:
        """Return how many items each month of a year has, latest month first; empty months are missing."""
        counts: dict[int, int] = {}
        with self._database.reading() as connection:
            values = {"first": date(year, 1, 1), "last": date(year, 12, 31)}
            for day, count in connection.execute(_COUNTS, values):
                counts[day.month] = counts.get(day.month, 0) + count
        return dict(sorted(counts.items(), reverse=True))

    def first_day(self) -> date | None:
        """Return the day of the oldest item, or `None` if there is none."""
        with self._database.reading() as connection:
            day: date | None = connection.execute(_FIRST_DAY).scalar()
            return day

    def count(self, first: date, last: date) -> int:
        """Return how many items are dated from `first` to `last`."""
        with self._database.reading() as connection:
            return int(connection.execute(_TOTAL, {"first": first, "last": last}).scalar_one())

    def numbers(self, first: date, last: date) -> list[int]:
        """Return the numbers of the items dated from `first` to `last`, newest first."""
        with self._database.reading() as connection:
            return list(connection.execute(_NUMBERS, {"first": first, "last": last}).scalars())

    def moments(self, first: date, last: date) -> list[tuple[datetime, tuple[str, ...]]]:
        """Return the instants of the items dated from `first` to `last`, with the slugs of their themes, oldest
        first.
        """
        with self._database.reading() as connection:
            rows = connection.execute(_MOMENTS, {"first": first, "last": last})
            return [(row.published, tuple(theme.slug for theme in themes_of(row.themes))) for row in rows]

    def former_dates(self, numbers: Sequence[int], *, upto: int) -> Mapping[int, date]:
        """Return the dates that these items had when the log's last number was `upto`, by item number. Items added
        later are missing.
        """
        found: dict[int, date] = {}
        with self._database.reading() as connection:
            for some in batches(numbers):
                last = select(func.max(log.c.seq)).where(log.c.item.in_(some), log.c.seq <= upto).group_by(log.c.item)
                then = select(log.c.item, log.c.content).where(log.c.seq.in_(last), log.c.content != "")
                found.update((row.item, item_of(row.content).date) for row in connection.execute(then))
        return found

    def _years(self) -> Iterator[int]:
        day: date | None = _END
        with self._database.reading() as connection:
            while (day := connection.execute(_LATEST_BEFORE, {"day": day}).scalar()) is not None:
                yield day.year
                day = date(day.year, 1, 1)
