"""Writes the pages of years and months: what was published when.

A publishing pass writes the pages of the years and months in which its changed items are, or were, dated. The page of a
year lists its items while they are few, and otherwise links to its months: a new item then changes one month and a list
of months, however large the archive is.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from publisher.model.records import Record
from publisher.publish.files import PublicFiles
from publisher.publish.item_cache import ItemCache
from publisher.publish.mail_offers import mail_offers
from publisher.publish.page_frame import render_page
from publisher.publish.page_values import SiteLook, show_row
from publisher.rendering import urls
from publisher.store import Store

YEAR_ITEMS = 200
"""The most items that the page of a year lists. If there are more, the page links to its months."""


class CalendarPages:
    """The pages of years and months, as one publishing pass writes them."""

    def __init__(self, *, store: Store, items: ItemCache, files: PublicFiles, look: SiteLook) -> None:
        self._store = store
        self._items = items
        self._files = files
        self._look = look
        self._changed: dict[tuple[int, int], int] = {}
        """How many of the pass's changed items each month has or had, by (year, month)."""

    def note(self, records: Sequence[Record], *, after: int) -> None:
        """Record that these items changed. The pages were up to date with the item log up to number `after`."""
        revised = [record.number for record in records if record.added_seq <= after]
        former = self._store.calendar.former_dates(revised, upto=after) if revised else {}
        for day in (*(record.item.date for record in records), *former.values()):
            month = (day.year, day.month)
            self._changed[month] = self._changed.get(month, 0) + 1

    def render(self) -> None:
        """Write the pages of years and months that the recorded changes affect, and the page that lists the years."""
        years = self._store.calendar.years()
        for year in self._touched_years(years):
            self._render_year(year, years)
        if self._changed:
            self._files.write(urls.YEARS_FILE, years_page(years, look=self._look))

    def _touched_years(self, years: Sequence[int]) -> Sequence[int]:
        """Return the years whose pages must be written: years with changed items, and the years before and after a year
        that has gained its first item or lost its last, because their pages link to it.
        """
        changed = {year for year, _ in self._changed}
        touched = set(changed)
        for year in changed:
            few = sum(count for (of, _), count in self._changed.items() if of == year)
            if sum(self._store.calendar.months(year).values()) <= few:
                touched.update(neighbour for neighbour in _beside(year, years) if neighbour)
        return sorted(touched)

    def _render_year(self, year: int, years: Sequence[int]) -> None:
        months = self._store.calendar.months(year)
        for month in sorted(month for of, month in self._changed if of == year):
            self._render_month(year, month, is_there=month in months)
        if not months:
            self._files.remove(urls.year_file(year))
            return
        is_short = sum(months.values()) <= YEAR_ITEMS
        listed = self._records(date(year, 1, 1), date(year, 12, 31)) if is_short else ()
        older, newer = _beside(year, years)
        page = year_page(year, months, _by_month(listed), older=older, newer=newer, look=self._look)
        self._files.write(urls.year_file(year), page)

    def _render_month(self, year: int, month: int, *, is_there: bool) -> None:
        file = urls.month_file(year, month)
        if not is_there:
            self._files.remove(file)
            return
        first = date(year, month, 1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        self._files.write(file, month_page(first, self._records(first, last), look=self._look))

    def _records(self, first: date, last: date) -> Sequence[Record]:
        """Return the items dated from `first` to `last`, newest first."""
        return self._items.get(self._store.calendar.numbers(first, last))


def _beside(year: int, years: Iterable[int]) -> tuple[int | None, int | None]:
    """Return the nearest years before and after a year that have items; each is `None` if there is none."""
    known = list(years)
    return max((each for each in known if each < year), default=None), min(
        (each for each in known if each > year), default=None
    )


def _by_month(records: Iterable[Record]) -> Mapping[int, Sequence[Record]]:
    found: dict[int, list[Record]] = {}
    for record in records:
        found.setdefault(record.item.date.month, []).append(record)
    return found


# --- one page ---------------------------------------------------------------------------------------------------------


def years_page(years: Iterable[int], *, look: SiteLook) -> bytes:
    """Return the page that lists the years that have items."""
    file = urls.YEARS_FILE
    return render_page(
        "years.html",
        file,
        look=look,
        canonical=f"{look.site.base_url}{file.removesuffix(urls.INDEX_FILE)}",
        feeds=(),
        offers=mail_offers(look),
        years=[(year, urls.relative(urls.year_file(year), start=file)) for year in years],
    )


def year_page(
    year: int,
    months: Mapping[int, int],
    listed: Mapping[int, Sequence[Record]],
    *,
    older: int | None,
    newer: int | None,
    look: SiteLook,
) -> bytes:
    """Return the page of a year: how many items each of its `months` has, and the items of the months in `listed`."""
    file = urls.year_file(year)
    return render_page(
        "year.html",
        file,
        look=look,
        canonical=f"{look.site.base_url}{file.removesuffix(urls.INDEX_FILE)}",
        feeds=(),
        offers=mail_offers(look),
        year=year,
        items=sum(months.values()),
        months=[
            (
                date(year, month, 1),
                urls.relative(urls.month_file(year, month), start=file),
                count,
                [show_row(record, start=file, look=look) for record in listed.get(month, ())],
            )
            for month, count in months.items()
        ],
        older=older and (older, urls.relative(urls.year_file(older), start=file)),
        newer=newer and (newer, urls.relative(urls.year_file(newer), start=file)),
        years=urls.relative(urls.YEARS_FILE, start=file),
    )


def month_page(first: date, records: Sequence[Record], *, look: SiteLook) -> bytes:
    """Return the page of all items of the month that begins with the day `first`."""
    file = urls.month_file(first.year, first.month)
    return render_page(
        "month.html",
        file,
        look=look,
        canonical=f"{look.site.base_url}{file.removesuffix(urls.INDEX_FILE)}",
        feeds=(),
        offers=mail_offers(look),
        first=first,
        listed=[show_row(record, start=file, look=look) for record in records],
        year=(first.year, urls.relative(urls.year_file(first.year), start=file)),
        years=urls.relative(urls.YEARS_FILE, start=file),
    )
