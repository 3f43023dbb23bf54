"""What a collect pass may ask and change: one transaction, the log locked for its whole length."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from publisher.model.items import Item, digest_of_content, digest_of_text
from publisher.model.labels import Names, WantedNames
from publisher.model.records import ChangeKind, NewRecord, Revision, State
from publisher.model.themes import Theme
from publisher.store import numbering, sources
from publisher.store.content import content_of, themes_text
from publisher.store.engine import batches
from publisher.store.facts import Facts, Heir
from publisher.store.memberships import (
    FeedChanges,
    Membership,
    forget_withdrawals,
    join_feeds,
    leave_feeds,
    note_withdrawals,
    slugs_of,
)
from publisher.store.names import settle_names
from publisher.store.numbering import Counters
from publisher.store.schema import copies, items
from publisher.store.sources import SourceState


class LogPass(Facts):
    """One source's pass over the log. All it does is committed together when the pass ends, or not at all."""

    def __init__(self, connection: Connection, source: str) -> None:
        super().__init__(connection, source)
        self._listed = self._state.listed
        self._counters = Counters.read(connection)
        self._before = replace(self._counters)

    # --- changes -----------------------------------------------------------------------------------------------------

    def name(self, wanted: WantedNames) -> Names:
        """Give labels and keywords their slugs, before the items that bring them are added or revised."""
        return settle_names(self._connection, wanted)

    def add(self, new: Sequence[NewRecord], *, now: datetime) -> None:
        """Append new items to the log, in the order given."""
        for some in batches(new):
            self._add(some, now=now)

    def revise(self, revised: Sequence[Revision], *, now: datetime) -> None:
        """Replace what items say, their themes and their feeds; a withdrawn one is back, and all of them are listed."""
        old = {row.number: row for row in self._rows([each.number for each in revised])}
        rows = [self._revised_row(old[each.number], each, now=now) for each in revised]
        left = slugs_of(self._connection, list(old))
        joined = [each.gathered.feeds for each in revised]
        changes = FeedChanges(now)
        for each in revised:
            changes.left(left.get(each.number, ()))
            changes.joined(each.gathered.feeds)
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
            {"number": row.number, "seq": self._counters.next_seq(), "state": State.WITHDRAWN, "updated": now}
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
            rows = [self._new_row(record, seq=0) | {"state": State.WITHDRAWN} for record in some]
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

    # --- the source itself -------------------------------------------------------------------------------------------

    @property
    def state(self) -> SourceState:
        """What was known of the source when the pass began."""
        return self._state

    @property
    def is_changed(self) -> bool:
        """Whether the pass changed an item, or what the source lists, so far."""
        return self._counters != self._before or self._listed != self._state.listed

    def write_state(self, state: SourceState) -> None:
        """Replace what is known of the source, but for how many items it lists: that is counted here."""
        state = replace(state, listed=self._listed)
        if state != self._state:
            sources.write_state(self._connection, self._source, state)

    def write_counters(self) -> None:
        """Last of all: where the log ends now. The store calls it when the pass has ended."""
        if self._counters != self._before:
            self._counters.write(self._connection)

    # --- rows --------------------------------------------------------------------------------------------------------

    def _add(self, new: Sequence[NewRecord], *, now: datetime) -> None:
        rows = [self._new_row(record, seq=self._counters.next_seq()) for record in new]
        joined = [record.gathered.feeds for record in new]
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
        return _content_columns(record.item, record.gathered.themes) | {
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
            "state": State.LISTED,
        }

    def _revised_row(self, old: Row[Any], new: Revision, *, now: datetime) -> dict[str, Any]:
        return _content_columns(new.item, new.gathered.themes) | {
            "number": old.number,
            "updated": now,
            "seq": self._counters.next_seq(),
            "revision": old.revision + 1,
            "state": State.LISTED,
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
            statement = update(items).where(items.c.number.in_(some), items.c.state == before)
            moved += self._connection.execute(statement.values(state=after)).rowcount
        return moved


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
