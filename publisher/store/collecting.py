"""What a collect pass may ask and change: one transaction, the log locked for its whole length."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, bindparam, delete, exists, func, insert, select, update

from publisher.model.items import Item, digest_of_content, digest_of_text
from publisher.model.labels import NO_NAMES, Names, Wanted
from publisher.model.records import ChangeKind, Known, NewRecord, State
from publisher.model.themes import Theme
from publisher.store import numbering, sources
from publisher.store.content import content_of, item_of, themes_text
from publisher.store.engine import batches
from publisher.store.feeds import (
    AlsoIn,
    FeedChanges,
    Membership,
    feeds_of,
    forget_withdrawals,
    join_feeds,
    leave_feeds,
    note_withdrawals,
    slugs_of,
)
from publisher.store.names import settle_names
from publisher.store.numbering import Counters
from publisher.store.schema import HAS_ID, HAS_LINK, IS_LISTED, IS_LIVE, copies, items


@dataclass(frozen=True, slots=True, kw_only=True)
class Heir:
    """Who lists an item besides the source it is of."""

    source: str
    item: Item
    """As that source lists it; its language is not guessed yet."""


class Collecting:
    """One source's pass over the log. All it does is committed together when the pass ends, or not at all."""

    def __init__(self, connection: Connection, source: str, *, also_in: AlsoIn) -> None:
        self._connection = connection
        self._also_in = also_in
        self._names = NO_NAMES
        self._source = source
        self._state = sources.source_state(connection, source)
        self._listed = self._state.listed
        self._counters = Counters.read(connection)
        self._before = replace(self._counters)

    # --- questions ---------------------------------------------------------------------------------------------------

    def known(self, *, since: date | None, ids: Collection[str] = (), links: Collection[str] = ()) -> list[Known]:
        """The source's items to hold a listing against, in the order they were added; None: all.

        Those dated `since` or later, withdrawn ones too, every older one that was listed until now, and whatever their
        date those with one of these native ids or links; and all of which it lists a copy.
        """
        if since is None:
            return [*self._known(), *self._copies()]
        # Several questions, because an index answers each, and none answers all.
        known = [*self._known(items.c.date >= since), *self._known(items.c.date < since, IS_LISTED), *self._copies()]
        found = {one.number: one for one in known}
        found |= self._named(items.c.native_id, HAS_ID, {*ids} - {one.native_id for one in known})
        found |= self._named(items.c.link, HAS_LINK, {*links} - {one.link for one in known})
        return [found[number] for number in sorted(found)]

    def elsewhere(self, *, ids: Collection[str] = (), links: Collection[str] = ()) -> dict[str, int]:
        """Those ids and links that one live item of another source has, and only one, with the item's number.

        None of which this source lists a copy under another name.
        """
        found: dict[str, list[int]] = {}
        copied = exists().where(copies.c.source == self._source, copies.c.item == items.c.number)
        for column, is_there, wanted in ((items.c.native_id, HAS_ID, ids), (items.c.link, HAS_LINK, links)):
            for some in batches(sorted(set(wanted) - {""})):
                others = (column.in_(some), is_there, items.c.source != self._source, IS_LIVE, ~copied)
                columns: list[ColumnElement[Any]] = [column.label("name"), items.c.number]
                for row in self._connection.execute(select(*columns).where(*others)):
                    found.setdefault(row.name, []).append(row.number)
        return {name: numbers[0] for name, numbers in found.items() if len(numbers) == 1}

    def orphans(self, texts: Collection[Item], *, among: Collection[str] | None) -> tuple[str, int]:
        """The source, none `among` those that are still read, that has most live items of these texts; how many.

        None: all are still read. It looks at all items there are, but only while some source is gone.
        """
        gone = set() if among is None else sources.source_states(self._connection).keys() - {*among}
        counts: Counter[str] = Counter()
        for some in batches(sorted(map(digest_of_text, texts))) if gone else ():
            query = select(items.c.source, func.count()).where(items.c.text_digest.in_(some), IS_LIVE)
            for source, count in self._connection.execute(query.group_by(items.c.source)):
                counts[source] += count * (source in gone)
        return max(counts.items(), key=lambda pair: (pair[1], pair[0]), default=("", 0))

    def items(self, numbers: Collection[int]) -> dict[int, Item]:
        """What this source says of these items now."""
        said = {row.number: item_of(row.content) for row in self._rows(numbers)}
        for some in batches(sorted(said)):
            query = select(copies.c.item, copies.c.content).where(copies.c.source == self._source)
            rows = self._connection.execute(query.where(copies.c.item.in_(some)))
            said.update((row.item, item_of(row.content)) for row in rows)
        return said

    def heirs(self, numbers: Collection[int], *, among: Collection[str] | None = None) -> dict[int, Heir]:
        """Those of these items that another source lists too, with the one whose name comes first.

        It is one `among` some sources; None: any. One that nobody reads any more would list them for ever.
        """
        found: dict[int, Heir] = {}
        for some in batches(sorted(set(numbers))):
            query = select(*copies.c["item", "source", "content"]).where(copies.c.item.in_(some))
            for row in self._connection.execute(query.order_by(copies.c.item, copies.c.source)):
                if among is None or row.source in among:
                    found.setdefault(row.item, Heir(source=row.source, item=item_of(row.content)))
        return found

    def taken_uids(self, uids: Collection[str]) -> AbstractSet[str]:
        """Those of `uids` that an item of any source has already."""
        return self._taken(items.c.uid, uids)

    def taken_paths(self, paths: Collection[str]) -> AbstractSet[str]:
        """Those of `paths` that an item of any source has already."""
        return self._taken(items.c.path, paths)

    def last_published(self, dates: Collection[date]) -> Mapping[date, datetime]:
        """The latest instant given to an item of each day, of any source; a day without items is missing."""
        latest: dict[date, datetime] = {}
        for some in batches(sorted(set(dates))):
            query = select(items.c.date, func.max(items.c.published).label("latest")).where(items.c.date.in_(some))
            rows = self._connection.execute(query.group_by(items.c.date))
            latest.update((row.date, row.latest) for row in rows)
        return latest

    def published_on(self, dates: Collection[date]) -> AbstractSet[datetime]:
        """Every instant given to an item of these days, of any source."""
        found: set[datetime] = set()
        for some in batches(sorted(set(dates))):
            found.update(self._connection.execute(select(items.c.published).where(items.c.date.in_(some))).scalars())
        return found

    # --- changes -----------------------------------------------------------------------------------------------------

    def name(self, wanted: Wanted) -> Names:
        """Give labels and keywords their slugs, before the items that bring them are added or revised."""
        self._names = settle_names(self._connection, wanted)
        return self._names

    def add(self, new: Sequence[NewRecord], *, now: datetime) -> None:
        """Append new items to the log, in the order given."""
        for some in batches(new):
            self._add(some, now=now)

    def revise(self, revised: Sequence[tuple[int, Item, tuple[Theme, ...]]], *, now: datetime) -> None:
        """Replace what items say and their themes; a withdrawn one is back, and all of them are listed."""
        old = {row.number: row for row in self._rows([number for number, _, _ in revised])}
        pairs = [(old[number], item, themes) for number, item, themes in revised]
        rows = [self._revised_row(row, item, themes, now=now) for row, item, themes in pairs]
        left = slugs_of(self._connection, list(old))
        joined = [feeds_of(item, themes, self._also_in, self._names) for _, item, themes in pairs]
        changes = FeedChanges(now)
        for (row, _, _), feeds in zip(pairs, joined, strict=True):
            changes.left(left.get(row.number, ()))
            changes.joined(feeds)
        changes.write(self._connection)
        self._update(rows)
        touched = [
            [*left.get(row["number"], ()), *(feed.slug for feed in feeds)]
            for row, feeds in zip(rows, joined, strict=True)
        ]
        self._log([(row, ChangeKind.REVISED, slugs) for row, slugs in zip(rows, touched, strict=True)], now=now)
        leave_feeds(self._connection, list(old))
        forget_withdrawals(self._connection, [row.number for row in old.values() if row.state == State.WITHDRAWN])
        join_feeds(
            self._connection,
            [
                Membership(
                    number=row["number"], added_seq=old[row["number"]].added_seq, revised_seq=row["seq"], feeds=feeds
                )
                for row, feeds in zip(rows, joined, strict=True)
            ],
        )
        self._counters.live_items += sum(row.state == State.WITHDRAWN for row in old.values())
        self._listed += sum(row.state != State.LISTED for row in old.values())

    def withdraw(self, numbers: Collection[int], *, now: datetime) -> None:
        """Take items out of feeds and editions; those withdrawn already stay as they are.

        Copies of them are no more: a source that is configured again brings what it lists anew.
        """
        live = [row for row in self._rows(numbers) if row.state != State.WITHDRAWN]
        left = slugs_of(self._connection, [row.number for row in live])
        changes = FeedChanges(now)
        for row in live:
            changes.left(left[row.number])
        changes.write(self._connection)
        # Its content stays with the revision that said it: a withdrawal says nothing new.
        rows = [
            {"number": row.number, "seq": self._counters.next_seq(), "state": State.WITHDRAWN.value, "updated": now}
            for row in live
        ]
        self._update(rows)
        told = [row | {"revision": old.revision, "content": ""} for row, old in zip(rows, live, strict=True)]
        self._log([(row, ChangeKind.WITHDRAWN, left[row["number"]]) for row in told], now=now)
        leave_feeds(self._connection, [row.number for row in live])
        note_withdrawals(self._connection, [(row["number"], row["seq"], left[row["number"]]) for row in rows])
        self._forget_copies([row.number for row in live])
        self._counters.live_items -= len(live)
        self._listed -= sum(row.state == State.LISTED for row in live)

    def keep_from_readers(self, new: Sequence[NewRecord]) -> None:
        """Remember new items without telling anybody: they are not in the log, and never will be."""
        for some in batches(new):
            rows = [self._new_row(record, seq=0) | {"state": State.WITHDRAWN.value} for record in some]
            self._connection.execute(insert(items), rows)

    def rename(self, renamed: Sequence[tuple[int, Item]]) -> None:
        """Note what is known of items now that nobody edited. It changes nothing in the log."""
        rows = [{"number": number, **_content_columns(item, ())} for number, item in renamed]
        self._update([{name: value for name, value in row.items() if name != "themes"} for row in rows])

    def copy(self, listed: Sequence[tuple[int, Item]]) -> None:
        """Note what the source says of items that are another source's. No reader sees a change."""
        for some in batches(listed):
            self.drop_copies([number for number, _ in some])
            self._connection.execute(insert(copies), [self._copy_row(number, item) for number, item in some])
            self._listed += len(some)

    def drop_copies(self, numbers: Collection[int]) -> None:
        """Note that the source lists these no more. No reader sees a change: they are another source's."""
        for some in batches(sorted(set(numbers))):
            of_source = delete(copies).where(copies.c.source == self._source, copies.c.item.in_(some))
            self._listed -= self._connection.execute(of_source).rowcount

    def hand_over(self, heirs: Mapping[int, Heir]) -> None:
        """Make items those of other sources that list them, too. What they say stays as it is."""
        for number, heir in heirs.items():
            of_heir = delete(copies).where(copies.c.source == heir.source, copies.c.item == number)
            self._connection.execute(of_heir)
            its = update(items).where(items.c.number == number)
            self._connection.execute(its.values(source=heir.source))
        self._listed -= len(heirs)

    def unlist(self, numbers: Collection[int]) -> None:
        """Note that these are older than what the source still lists. No reader sees a change."""
        self._listed -= self._restate(numbers, State.LISTED, State.UNLISTED)

    def relist(self, numbers: Collection[int]) -> None:
        """Note that the source lists these again, unchanged. No reader sees a change."""
        self._listed += self._restate(numbers, State.UNLISTED, State.LISTED)

    def hold(self, why: str, validator: str, *, now: datetime) -> None:
        """Note that a reading waits for the operator; nothing else of it is recorded."""
        held = replace(
            sources.recovered(self._state, validator, next_try=None),
            held=why,
            held_validator=validator,
            held_at=self._state.held_at or now,
        )
        sources.write_state(self._connection, self._source, held, before=self._state)

    def finish(
        self,
        validator: str,
        *,
        now: datetime,
        skipped: str = "",
        fields: str = "",
        added: int = 0,
        next_try: datetime | None = None,
    ) -> None:
        """Record that the source was read to its end; `validator` is for its next reading.

        `skipped` has a line for each item that could not be read, `fields` names what nearly all items had, `added` is
        how many were new, and until `next_try` the source is left alone.
        """
        is_changed = self._counters != self._before or self._listed != self._state.listed
        is_changed = is_changed or validator != self._state.validator or self._state.changed_at is None
        read = replace(
            self._state,
            validator=validator,
            listed=self._listed,
            failures=0,
            problem="",
            skipped=skipped,
            failing_since=None,
            changed_at=now if is_changed else self._state.changed_at,
            next_try=next_try,
            most_added=max(self._state.most_added, added if self._state.changed_at else 0),
            fields=fields,
            held="",
            held_validator="",
            held_at=None,
            knows_enclosures=True,
        )
        sources.write_state(self._connection, self._source, read, before=self._state)

    def write_counters(self) -> None:
        """Last of all: where the log ends now. The store calls it when the pass has ended."""
        if self._counters != self._before:
            self._counters.write(self._connection)

    def _named(self, column: Column[Any], is_there: ColumnElement[bool], names: Collection[str]) -> dict[int, Known]:
        found: dict[int, Known] = {}
        for some in batches(sorted(set(names) - {""})):
            found |= {one.number: one for one in self._known(column.in_(some), is_there)}
        return found

    def _known(self, *which: ColumnElement[bool]) -> list[Known]:
        columns = items.c["number", "date", "native_id", "link", "text_digest", "content_digest", "state", "added_seq"]
        query = select(*columns).where(items.c.source == self._source, *which).order_by(items.c.number)
        return [_known(row, self._state) for row in self._connection.execute(query)]

    def _copies(self) -> list[Known]:
        columns = copies.c["item", "date", "native_id", "link", "text_digest", "content_digest"]
        query = select(*columns).where(copies.c.source == self._source).order_by(copies.c.item)
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
            for row in self._connection.execute(query)
        ]

    # --- rows --------------------------------------------------------------------------------------------------------

    def _add(self, new: Sequence[NewRecord], *, now: datetime) -> None:
        rows = [self._new_row(record, seq=self._counters.next_seq()) for record in new]
        joined = [feeds_of(record.item, record.themes, self._also_in, self._names) for record in new]
        changes = FeedChanges(now)
        for feeds in joined:
            changes.joined(feeds)
        changes.write(self._connection)
        self._connection.execute(insert(items), rows)
        pairs = list(zip(rows, joined, strict=True))
        self._log([(row, ChangeKind.ADDED, [feed.slug for feed in feeds]) for row, feeds in pairs], now=now)
        join_feeds(
            self._connection,
            [
                Membership(number=row["number"], added_seq=row["seq"], revised_seq=None, feeds=feeds)
                for row, feeds in pairs
            ],
        )
        self._counters.live_items += len(rows)
        self._listed += len(rows)

    def _new_row(self, record: NewRecord, *, seq: int) -> dict[str, Any]:
        return _content_columns(record.item, record.themes) | {
            "number": self._counters.next_number(),
            "source": self._source,
            "uid": record.uid,
            "path": record.path,
            "published": record.published,
            "updated": record.published,
            "added_seq": seq,
            "pass_start": None if self._state.changed_at is None else self._before.log_end,
            "seq": seq,
            "revision": 1,
            "state": State.LISTED.value,
        }

    def _revised_row(self, old: Row[Any], item: Item, themes: Sequence[Theme], *, now: datetime) -> dict[str, Any]:
        return _content_columns(item, themes) | {
            "number": old.number,
            "updated": now,
            "seq": self._counters.next_seq(),
            "revision": old.revision + 1,
            "state": State.LISTED.value,
        }

    def _forget_copies(self, numbers: Collection[int]) -> None:
        """Drop what other sources list of these items, of which they then list fewer."""
        for some in batches(sorted(numbers)):
            is_copy = copies.c.item.in_(some)
            counts = select(copies.c.source, func.count().label("gone")).where(is_copy).group_by(copies.c.source)
            for row in self._connection.execute(counts).all():
                sources.list_fewer(self._connection, row.source, row.gone)
            self._connection.execute(delete(copies).where(is_copy))

    def _copy_row(self, number: int, item: Item) -> dict[str, Any]:
        said = _content_columns(item, ())
        return {name: value for name, value in said.items() if name != "themes"} | {
            "source": self._source,
            "item": number,
        }

    def _rows(self, numbers: Collection[int]) -> Iterator[Row[Any]]:
        for some in batches(sorted(set(numbers))):
            yield from self._connection.execute(select(items).where(items.c.number.in_(some)).order_by(items.c.number))

    def _taken(self, column: Column[Any], wanted: Collection[str]) -> AbstractSet[str]:
        taken: set[str] = set()
        for some in batches(sorted(set(wanted))):
            taken.update(self._connection.execute(select(column).where(column.in_(some))).scalars())
        return taken

    def _update(self, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            changed: dict[str, Any] = {name: bindparam(f"new_{name}") for name in rows[0] if name != "number"}
            statement = update(items).where(items.c.number == bindparam("new_number")).values(changed)
            self._connection.execute(statement, [{f"new_{name}": value for name, value in row.items()} for row in rows])

    def _log(self, changes: Sequence[tuple[dict[str, Any], ChangeKind, Sequence[str]]], *, now: datetime) -> None:
        numbering.append(
            self._connection,
            [
                numbering.change(
                    row["seq"],
                    row["number"],
                    kind,
                    revision=row["revision"],
                    content=row["content"],
                    touched=touched,
                    now=now,
                )
                for row, kind, touched in changes
            ],
        )

    def _restate(self, numbers: Collection[int], before: State, after: State) -> int:
        """Move those items that are in one state to another; how many were."""
        moved = 0
        for some in batches(sorted(set(numbers))):
            statement = update(items).where(items.c.number.in_(some), items.c.state == before.value)
            moved += self._connection.execute(statement.values(state=after.value)).rowcount
        return moved


def _known(row: Row[Any], state: sources.SourceState) -> Known:
    return Known(
        number=row.number,
        date=row.date,
        native_id=row.native_id,
        link=row.link,
        text_digest=row.text_digest,
        content_digest=row.content_digest,
        state=State(row.state),
        is_kept_from_readers=row.added_seq == 0,
        knows_enclosures=state.knows_enclosures,
    )


def _content_columns(item: Item, themes: Sequence[Theme]) -> dict[str, Any]:
    return {
        "date": item.date,
        "native_id": item.native_id,
        "link": item.link,
        "content": content_of(item),
        "themes": themes_text(themes),
        "text_digest": digest_of_text(item),
        "content_digest": digest_of_content(item),
    }
