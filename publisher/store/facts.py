"""The facts that are fetched before a reading of a source is compared with the store: the source's items, items of
other sources, and names that are taken.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    exists,
    func,
    or_,
    select,
)

from publisher.model.changes import Known
from publisher.model.contents import digest_of_text
from publisher.model.items import Item
from publisher.model.links import id_key, link_key
from publisher.model.records import State
from publisher.store import sources
from publisher.store.content import item_of
from publisher.store.engine import batches
from publisher.store.schema import (
    HAS_ID,
    HAS_LINK,
    IS_GONE,
    IS_HIDDEN,
    IS_LISTED,
    IS_LIVE,
    IS_LIVE_REVISION,
    IS_WAITING,
    WAKES,
    copies,
    items,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """An item of another source, with the fields that are compared to find copies of it."""

    number: int
    item: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Heir:
    """Another source that lists an item. It gets the item if the item's own source stops listing it."""

    source: str
    item: Item
    """The item as this other source lists it; its language is not guessed yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An item whose time to appear or to expire has come."""

    number: int
    state: State
    item: Item


class Facts:
    """The facts that are needed to record one reading of a source. The item log is locked, so the facts stay true until
    that is done.
    """

    def __init__(self, connection: Connection, source: str) -> None:
        self._connection = connection
        self._source = source
        self._state = sources.read_state(connection, source)

    def known(self, *, since: date | None, ids: Collection[str] = (), links: Collection[str] = ()) -> list[Known]:
        """Return the source's items to compare with a listing, in the order in which they were added.

        The items are:

        - items dated `since` or later, withdrawn ones included (all items if `since` is `None`);
        - older items that were listed until now, wait for their time, or are hidden;
        - items of any date with one of these native ids or links;
        - items of other sources that this source lists too.
        """
        if since is None:
            return [*self._find_own(_OWN), *self._find_copies()]
        # several queries, because each is answered by one index, and no index answers all
        known = [
            *self._find_own(_OWN_SINCE, since=since),
            *(one for query in _OWN_OLDER for one in self._find_own(query, since=since)),
            *self._find_copies(),
        ]
        found = {one.number: one for one in known}
        # Items with an id of `known` are included: if an older item has the same id, the id identifies neither.
        self._add_named(found, items.c.native_id, HAS_ID, set(map(id_key, ids)))
        self._add_named(found, items.c.link, HAS_LINK, set(map(link_key, links)))
        return [found[number] for number in sorted(found)]

    def elsewhere(self, *, ids: Collection[str] = (), links: Collection[str] = ()) -> list[Other]:
        """Return live and hidden items of other sources that have one of these ids or links. Hidden means that an
        editor hid the item from readers. Items that this source lists too are left out.
        """
        copied = exists().where(copies.c.source == self._source, copies.c.item == items.c.number)
        return self._find_elsewhere(or_(IS_LIVE, IS_HIDDEN), ~copied, ids=ids, links=links)

    def waiting_elsewhere(self, *, ids: Collection[str] = (), links: Collection[str] = ()) -> list[Other]:
        """Return items of other sources that wait for the moment at which they appear and have one of these ids or
        links.
        """
        return self._find_elsewhere(IS_WAITING, ids=ids, links=links)

    def _find_elsewhere(self, *which: ColumnElement[bool], ids: Collection[str], links: Collection[str]) -> list[Other]:
        found: dict[int, Other] = {}
        named = (
            (items.c.native_id, HAS_ID, set(map(id_key, ids))),
            (items.c.link, HAS_LINK, set(map(link_key, links))),
        )
        for column, is_there, wanted in named:
            for some in batches(sorted(wanted - {""})):
                others = (column.in_(some), is_there, items.c.source != self._source, *which)
                for row in self._connection.execute(select(items.c.number, items.c.content).where(*others)):
                    found[row.number] = Other(number=row.number, item=item_of(row.content))
        return [found[number] for number in sorted(found)]

    def orphans(self, texts: Collection[Item], *, among: Collection[str] | None) -> tuple[str, int]:
        """Of the sources outside `among`, return the one with the most live items that have one of these texts, and the
        number of those items.

        `among` names the configured sources; `None` means that all are configured, and nothing is searched.
        """
        gone = set() if among is None else sources.source_names(self._connection) - {*among}
        counts: Counter[str] = Counter()
        for some in batches(sorted(map(digest_of_text, texts))) if gone else ():
            query = select(items.c.source, func.count()).where(items.c.text_digest.in_(some), IS_LIVE)
            for source, count in self._connection.execute(query.group_by(items.c.source)):
                counts[source] += count * (source in gone)
        return max(counts.items(), key=lambda pair: (pair[1], pair[0]), default=("", 0))

    def items(self, numbers: Collection[int]) -> dict[int, Item]:
        """Return what the source last said about these items, by item number."""
        said = {row.number: item_of(row.content) for row in self._rows(numbers)}
        for some in batches(sorted(said)):
            query = select(copies.c.item, copies.c.content).where(copies.c.source == self._source)
            rows = self._connection.execute(query.where(copies.c.item.in_(some)))
            said.update((row.item, item_of(row.content)) for row in rows)
        return said

    def due(self, now: datetime) -> list[Due]:
        """Return the source's items whose time to appear or expire has come by `now`, sorted by that time."""
        query = select(*items.c["number", "state", "content", "wakes"]).where(WAKES, items.c.wakes <= now)
        rows = self._connection.execute(
            query.where(items.c.source == self._source).order_by(items.c.wakes, items.c.number)
        )
        return [Due(number=row.number, state=row.state, item=item_of(row.content)) for row in rows]

    def uids(self, numbers: Collection[int]) -> dict[int, str]:
        """Return the ids of these items, by number."""
        found: dict[int, str] = {}
        for some in batches(sorted(set(numbers))):
            query = select(items.c.number, items.c.uid).where(items.c.number.in_(some)).order_by(items.c.number)
            found |= {row.number: row.uid for row in self._connection.execute(query)}
        return found

    def heirs(self, numbers: Collection[int], *, among: Collection[str] | None = None) -> dict[int, Heir]:
        """Return, for each of these items that another source lists too, that source, by item number.

        If several sources list an item, the first by name counts. `among` names the configured sources; `None` means
        that all are.
        """
        found: dict[int, Heir] = {}
        for some in batches(sorted(set(numbers))):
            query = select(*copies.c["item", "source", "date", "content"]).where(copies.c.item.in_(some))
            for row in self._connection.execute(query.order_by(copies.c.item, copies.c.source)):
                if among is None or row.source in among:
                    item = replace(item_of(row.content), listed_date=row.date)
                    found.setdefault(row.item, Heir(source=row.source, item=item))
        return found

    def taken_uids(self, uids: Collection[str]) -> AbstractSet[str]:
        """Return which of these uids (permanent ids) already belong to an item of any source."""
        return self._find_taken(_UIDS, uids)

    def taken_paths(self, paths: Collection[str]) -> AbstractSet[str]:
        """Return which of these page paths already belong to an item of any source."""
        return self._find_taken(_PATHS, paths)

    def last_published(self, ends: Mapping[date, datetime]) -> Mapping[date, datetime]:
        """Return, by day, the latest time of publication among the items of all sources that were published before the
        end of the day.

        `ends` says when each day ends. An item that appeared after that, because of an embargo, does not count. A day
        without items is missing.
        """
        latest: dict[date, datetime] = {}
        for some in batches(sorted(ends)):
            rows = self._connection.execute(_LAST_PUBLISHED, {"days": some})
            latest.update((row.day, row.latest) for row in rows)
        late = [day for day, instant in latest.items() if instant >= ends[day]]
        within = {
            day: max((each for each in self.published_on([day]) if each < ends[day]), default=None) for day in late
        }
        return {day: instant for day, last in latest.items() if (instant := within.get(day, last))}

    def published_on(self, dates: Collection[date]) -> AbstractSet[datetime]:
        """Return all times of publication on these days, of items of any source."""
        found: set[datetime] = set()
        for some in batches(sorted(set(dates))):
            found.update(self._connection.execute(select(items.c.published).where(items.c.day.in_(some))).scalars())
        return found

    def _last_update(self) -> datetime:
        """Return the instant of the latest revision or withdrawal in any source; the minimum datetime if there
        is none.
        """
        latest = [datetime.min.replace(tzinfo=UTC)]
        for which in (IS_LIVE_REVISION, IS_GONE & (items.c.added_seq > 0)):
            query = select(items.c.updated).where(which).order_by(items.c.seq.desc()).limit(1)
            latest += self._connection.execute(query).scalars()
        return max(latest)

    def _find_taken(self, query: Select[Any], wanted: Collection[str]) -> AbstractSet[str]:
        taken: set[str] = set()
        for some in batches(sorted(set(wanted))):
            taken.update(self._connection.execute(query, {"wanted": some}).scalars())
        return taken

    def _rows(self, numbers: Collection[int]) -> Iterator[Row[Any]]:
        for some in batches(sorted(set(numbers))):
            yield from self._connection.execute(select(items).where(items.c.number.in_(some)).order_by(items.c.number))

    def _add_named(
        self, found: dict[int, Known], column: Column[Any], is_there: ColumnElement[bool], names: Collection[str]
    ) -> None:
        """Add the source's items that have one of these names in `column` to `found`, without replacing items in it."""
        for some in batches(sorted(set(names) - {""})):
            for row in self._own_rows(_OWN.where(column.in_(some), is_there)):
                if row.number not in found:
                    found[row.number] = _known_of(row)

    def _find_own(self, query: Select[Any], **values: object) -> list[Known]:
        return [_known_of(row) for row in self._own_rows(query, **values)]

    def _own_rows(self, query: Select[Any], **values: object) -> Iterable[Row[Any]]:
        return self._connection.execute(query, {"source": self._source, **values})

    def _find_copies(self) -> list[Known]:
        return [
            Known(
                number=row.item,
                date=row.date,
                native_id=row.native_id,
                link=row.link,
                text_digest=row.text_digest,
                content_digest=row.content_digest,
                state=State.LISTED,
                is_copy=True,
            )
            for row in self._connection.execute(_COPIES, {"source": self._source})
        ]


# Statements are built once: building one costs more than a query for a few rows in SQLite.
_SOURCE: BindParameter[str] = bindparam("source")
_SINCE: BindParameter[date] = bindparam("since")
_WANTED: BindParameter[Any] = bindparam("wanted", expanding=True)
_IDENTITY = ("native_id", "link", "text_digest", "content_digest")
_OWN = (
    select(*items.c["number", "date", *_IDENTITY, "state", "added_seq", "wakes", "updated"])
    .where(items.c.source == _SOURCE)
    .order_by(items.c.number)
)
_OWN_SINCE = _OWN.where(items.c.date >= _SINCE)
_OWN_OLDER = [_OWN.where(items.c.date < _SINCE, which) for which in (IS_LISTED, IS_WAITING, IS_HIDDEN)]
_COPIES = select(*copies.c["item", "date", *_IDENTITY]).where(copies.c.source == _SOURCE).order_by(copies.c.item)
_UIDS = select(items.c.uid).where(items.c.uid.in_(_WANTED))
_PATHS = select(items.c.path).where(items.c.path.in_(_WANTED))
_LAST_PUBLISHED = (
    select(items.c.day, func.max(items.c.published).label("latest"))
    .where(items.c.day.in_(bindparam("days", expanding=True)))
    .group_by(items.c.day)
)


def _known_of(row: Row[Any]) -> Known:
    return Known(
        number=row.number,
        date=row.date,
        native_id=row.native_id,
        link=row.link,
        text_digest=row.text_digest,
        content_digest=row.content_digest,
        state=row.state,
        is_kept_from_readers=row.added_seq == 0 and row.state is State.WITHDRAWN,
        wakes=row.wakes,
        since=row.updated if row.state is State.WAITING else None,
    )
