"""Writes what one reading of a source changed (a pass) to the item log, in one transaction, which locks the log."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from publisher.model.changes import NewRecord, Revision
from publisher.model.contents import digest_of_content, digest_of_text
from publisher.model.feeds import FeedKind
from publisher.model.items import Item
from publisher.model.links import id_key, link_key
from publisher.model.records import ChangeKind, State
from publisher.model.slugs import Names, WantedNames
from publisher.store import sources
from publisher.store.content import content_of, item_of, themes_of, themes_text
from publisher.store.counters import Counters
from publisher.store.engine import batches
from publisher.store.facts import Facts, Heir
from publisher.store.joins import ThemeChange, note_theme_changes
from publisher.store.memberships import Membership, forget_withdrawals, memberships_of, move_items, note_withdrawals
from publisher.store.names import find_names, settle_names
from publisher.store.schema import IS_GONE, IS_WAITING, copies, items, log
from publisher.store.sources import SourceState


class LogPass(Facts):
    """What one reading of a source reads from the item log and writes to it. All changes are committed at the end."""

    def __init__(self, connection: Connection, source: str) -> None:
        super().__init__(connection, source)
        self._listed = self._state.listed
        self._counters = Counters.read(connection)
        self._before = replace(self._counters)
        self._updated: datetime | None = None
        """The instant of the latest revision or withdrawal, or `None` if it is not fetched yet."""

    # --- what readers see --------------------------------------------------------------------------------------------

    def name(self, wanted: WantedNames) -> Names:
        """Return slugs for labels (themes' names) and keywords, new ones included. Call this before items get any."""
        return settle_names(self._connection, wanted)

    def count_unnamed(self, wanted: WantedNames) -> int:
        """Return how many of these labels (themes' names) have no slug yet. Items with one of them make a new theme."""
        return len(wanted.labels) - len(find_names(self._connection, FeedKind.THEME, wanted.labels))

    def add(self, new: Sequence[NewRecord], *, now: datetime) -> None:
        """Append new items to the log, in the order of `new`."""
        for some in batches(new):
            self._add(some, now=now)

    def revise(self, revised: Sequence[Revision], *, now: datetime) -> None:
        """Replace the content, themes and feeds of items. All count as listed; withdrawn items become live again."""
        old = {row.number: row for row in self._rows([each.number for each in revised])}
        left = memberships_of(self._connection, list(old))
        rows = [self._revised_row(old[each.number], each, now=now) for each in revised]
        touched = [[*left.get(each.number, ()), *(feed.slug for feed in each.gathered.feeds)] for each in revised]
        joined = [
            Membership(
                number=each.number,
                added_seq=old[each.number].added_seq,
                revised_seqs=_revised_seqs(row, old[each.number], each, left.get(each.number, {})),
                feeds=each.gathered.feeds,
            )
            for row, each in zip(rows, revised, strict=True)
        ]
        self._update(rows)
        note_theme_changes(self._connection, [theme_change(row, old[row["number"]]) for row in rows])
        self._append(ChangeKind.REVISED, rows, touched, now=now)
        move_items(self._connection, joined, left, now=now)
        forget_withdrawals(self._connection, [row.number for row in old.values() if row.state is State.WITHDRAWN])
        self._counters.live_items += sum(not row.state.is_live for row in old.values())
        self._listed += sum(row.state is not State.LISTED for row in old.values())

    def withdraw(self, numbers: Collection[int], *, now: datetime) -> None:
        """Withdraw items: take them out of feeds and editions. Items that are withdrawn already stay as they are.

        The record that other sources list these items too is deleted, so that a source which is configured again brings
        such an item as new.
        """
        live = [row for row in self._rows(numbers) if row.state.is_live]
        left = memberships_of(self._connection, [row.number for row in live])
        rows = [
            {
                "number": row.number,
                "seq": self._counters.next_seq(),
                "state": State.WITHDRAWN,
                "updated": self._next_instant(row.updated, now=now),
                "wakes": None,
            }
            for row in live
        ]
        slugs = [[*left.get(row.number, ())] for row in live]
        self._take_from_readers(ChangeKind.WITHDRAWN, live, rows, left, now=now)
        note_withdrawals(
            self._connection,
            [(row["number"], row["seq"], was_in) for row, was_in in zip(rows, slugs, strict=True)],
        )
        self._forget_copies([row.number for row in live])

    def expire(self, numbers: Collection[int], *, now: datetime) -> None:
        """Take expired items out of feeds and editions; feeds do not announce that these items are gone."""
        live = [row for row in self._rows(numbers) if row.state.is_live]
        left = memberships_of(self._connection, [row.number for row in live])
        rows = [
            {"number": row.number, "seq": self._counters.next_seq(), "state": State.EXPIRED, "wakes": None}
            for row in live
        ]
        self._take_from_readers(ChangeKind.EXPIRED, live, rows, left, now=now)

    def _take_from_readers(
        self,
        kind: ChangeKind,
        live: Sequence[Row[Any]],
        rows: Sequence[dict[str, Any]],
        left: Mapping[int, Mapping[str, int | None]],
        *,
        now: datetime,
    ) -> None:
        """Write `rows` for live items, take the items out of their feeds, and append the changes to the log."""
        # the content stays with the revision that wrote it
        told = [row | {"revision": old.revision, "content": ""} for row, old in zip(rows, live, strict=True)]
        self._update(rows)
        self._append(kind, told, [[*left.get(row.number, ())] for row in live], now=now)
        move_items(self._connection, [], left, now=now)
        self._counters.live_items -= len(live)
        self._listed -= sum(row.state is State.LISTED for row in live)

    # --- what no reader sees -----------------------------------------------------------------------------------------

    def keep_from_readers(self, new: Sequence[NewRecord]) -> None:
        """Record new items that readers never see and that never appear in the log."""
        for some in batches(new):
            rows = [
                self._new_row(record, seq=0, now=None) | {"state": State.WITHDRAWN, "wakes": None} for record in some
            ]
            self._connection.execute(insert(items), rows)

    def wait(self, waiting: Sequence[tuple[Item, datetime | None]], *, now: datetime) -> None:
        """Record new items that wait. Each is (item, the moment at which it appears, or `None` if it never appears)."""
        for some in batches(waiting):
            rows = [self._waiting_row(item, wakes, now=now) for item, wakes in some]
            self._connection.execute(insert(items), rows)

    def retime(self, retimed: Sequence[tuple[int, Item, datetime | None]]) -> None:
        """Change when items appear or expire.

        Each is (number, the item as its source has it now, the next instant at which it appears or expires, or `None`).
        """
        live = {
            row.number: item_of(row.content) for row in self._rows([one[0] for one in retimed]) if row.state.is_live
        }
        rows: list[dict[str, Any]] = []
        for number, item, wakes in retimed:
            # of an item that readers see, nothing else changes unannounced
            seen = live.get(number)
            said = item if seen is None else replace(seen, embargo=item.embargo, expires=item.expires)
            columns = _item_columns(said) if seen is None else {"content": content_of(said)}
            rows.append({"number": number, "wakes": wakes, **columns})
        for is_seen in (False, True):
            self._update([row for row in rows if (row["number"] in live) is is_seen])

    def drop_waiting(self, numbers: Collection[int]) -> None:
        """Delete items that wait for the moment at which they appear. Withdrawn items among them stay withdrawn."""
        for some in batches(sorted(set(numbers))):
            its = items.c.number.in_(some)
            self._connection.execute(delete(items).where(its, IS_WAITING))
            self._connection.execute(update(items).where(its, IS_GONE).values(wakes=None))

    def rename(self, renamed: Sequence[tuple[int, Item]]) -> None:
        """Replace the stored content of items, such as their id, without revising them; each is (number, item)."""
        self._update([{"number": number, **_item_columns(item)} for number, item in renamed])

    def copy(self, listed: Sequence[tuple[int, Item]]) -> None:
        """Record what this source says about items that belong to other sources; each is (number, item)."""
        for some in batches(listed):
            self.drop_copies([number for number, _ in some])
            rows = [{"source": self._source, "item": number, **_content_columns(item)} for number, item in some]
            self._connection.execute(insert(copies), rows)
            self._listed += len(some)

    def drop_copies(self, numbers: Collection[int]) -> None:
        """Record that this source no longer lists these items of other sources."""
        for some in batches(sorted(set(numbers))):
            of_source = delete(copies).where(copies.c.source == self._source, copies.c.item.in_(some))
            self._listed -= self._connection.execute(of_source).rowcount

    def hand_over(self, heirs: Mapping[int, Heir]) -> None:
        """Give items to other sources that also list them; the content of the items stays."""
        for number, heir in heirs.items():
            of_heir = delete(copies).where(copies.c.source == heir.source, copies.c.item == number)
            self._connection.execute(of_heir)
            its = update(items).where(items.c.number == number)
            self._connection.execute(its.values(source=heir.source))
        self._listed -= len(heirs)

    def unlist(self, numbers: Collection[int]) -> None:
        """Record that these items are older than everything their source still lists."""
        self._listed -= self._restate(numbers, State.LISTED, State.UNLISTED)

    def relist(self, numbers: Collection[int]) -> None:
        """Record that the source lists these items again, with unchanged content."""
        self._listed += self._restate(numbers, State.UNLISTED, State.LISTED)

    # --- the source itself -------------------------------------------------------------------------------------------

    @property
    def state(self) -> SourceState:
        """The stored state of the source when this reading began."""
        return self._state

    @property
    def is_changed(self) -> bool:
        """Whether this reading has so far changed an item, or the record of which items the source lists."""
        return self._counters != self._before or self._listed != self._state.listed

    def write_state(self, state: SourceState) -> None:
        """Replace the stored state of the source, except its number of listed items, which is counted here."""
        state = replace(state, listed=self._listed)
        if state != self._state:
            sources.write_state(self._connection, self._source, state)

    def write_counters(self) -> None:
        """Write the last log number and item number used. The store calls this once, at the end of the transaction."""
        if self._counters != self._before:
            self._counters.write(self._connection)

    # --- rows --------------------------------------------------------------------------------------------------------

    def _add(self, new: Sequence[NewRecord], *, now: datetime) -> None:
        rows = [self._new_row(record, seq=self._counters.next_seq(), now=now) for record in new]
        joined = [
            Membership(number=row["number"], added_seq=row["seq"], feeds=record.gathered.feeds)
            for row, record in zip(rows, new, strict=True)
        ]
        self.drop_waiting([record.number for record in new if record.number is not None])
        self._connection.execute(insert(items), rows)
        self._append(ChangeKind.ADDED, rows, [[feed.slug for feed in item.feeds] for item in joined], now=now)
        move_items(self._connection, joined, {}, now=now)
        self._counters.live_items += len(rows)
        self._listed += len(rows)

    def _new_row(self, record: NewRecord, *, seq: int, now: datetime | None) -> dict[str, Any]:
        is_archive = self._state.changed_at is None
        return _item_columns(record.item) | {
            "number": record.number or self._counters.next_number(),
            "source": self._source,
            "uid": record.uid,
            "path": record.path,
            "themes": themes_text(record.gathered.themes),
            "published": record.published,
            "updated": record.published,
            "added_seq": seq,
            "added_at": None if is_archive else now,
            "pass_start": None if is_archive else self._before.log_end,
            "seq": seq,
            "revision": 1,
            "state": State.LISTED,
            "wakes": record.item.expires,
        }

    def _waiting_row(self, item: Item, wakes: datetime | None, *, now: datetime) -> dict[str, Any]:
        """Return the row of a waiting item. The item gets its permanent names when it appears, because its title may
        change until then.

        Until then, `updated` is the moment since which it waits.
        """
        number = self._counters.next_number()
        return _item_columns(item) | {
            "number": number,
            "source": self._source,
            "uid": f"waiting:{number}",
            "path": f"waiting:{number}",
            "themes": themes_text(()),
            "published": _NEVER,
            "updated": now,
            "added_seq": 0,
            "added_at": None,
            "pass_start": None,
            "seq": 0,
            "revision": 0,
            "state": State.WAITING,
            "wakes": wakes,
        }

    def _revised_row(self, old: Row[Any], new: Revision, *, now: datetime) -> dict[str, Any]:
        is_same = old.state is State.EXPIRED and old.content_digest == digest_of_content(new.item)
        is_minor = is_same or (new.is_minor and old.state is not State.WITHDRAWN)
        published = new.published or old.published
        return _item_columns(new.item) | {
            "number": old.number,
            "themes": themes_text(new.gathered.themes),
            "published": published,
            "updated": _unchanged_update(old, published) if is_minor else self._next_instant(old.updated, now=now),
            "seq": self._counters.next_seq(),
            "revision": old.revision if is_minor else old.revision + 1,
            "state": State.LISTED,
            "wakes": new.item.expires,
        }

    def _next_instant(self, before: datetime, *, now: datetime) -> datetime:
        """Return the next second, from `now` on, in which no change was made: feed readers distinguish changes by their
        times.

        RFC 4287 section 3.3 asks for different times. If hundreds of items change at once, the last ones share a
        second, because a later instant would be false.
        """
        last = max(self._updated or self._last_update(), before).replace(microsecond=0)
        free = now if last < now.replace(microsecond=0) else last + _SECOND
        self._updated = min(free, max(now + _MOST_AHEAD, before + _SECOND))
        return self._updated

    def _update(self, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            changed: dict[str, Any] = {name: bindparam(f"new_{name}") for name in rows[0] if name != "number"}
            statement = update(items).where(items.c.number == bindparam("new_number")).values(changed)
            self._connection.execute(statement, [{f"new_{name}": value for name, value in row.items()} for row in rows])

    def _append(
        self, kind: ChangeKind, rows: Sequence[dict[str, Any]], touched: Sequence[Sequence[str]], *, now: datetime
    ) -> None:
        """Append a change of each item to the log, with the slugs of the feeds that the change affects (`touched`)."""
        changes = [
            {
                "seq": row["seq"],
                "item": row["number"],
                "kind": kind,
                "at": now,
                "revision": row["revision"],
                "content": row["content"],
                "touched": sorted(set(slugs)),
            }
            for row, slugs in zip(rows, touched, strict=True)
        ]
        if changes:
            self._connection.execute(insert(log), changes)

    def _restate(self, numbers: Collection[int], before: State, after: State) -> int:
        """Change the state of the items in the state `before`; return how many were changed."""
        moved = 0
        for some in batches(sorted(set(numbers))):
            statement = update(items).where(items.c.number.in_(some), items.c.state == before)
            moved += self._connection.execute(statement.values(state=after)).rowcount
        return moved

    def _forget_copies(self, numbers: Collection[int]) -> None:
        """Delete the record that other sources list these items, and lower the numbers of items that those list."""
        for some in batches(sorted(numbers)):
            is_copy = copies.c.item.in_(some)
            counts = select(copies.c.source, func.count().label("gone")).where(is_copy).group_by(copies.c.source)
            for row in self._connection.execute(counts).all():
                sources.list_fewer(self._connection, row.source, row.gone)
            self._connection.execute(delete(copies).where(is_copy))


_SECOND = timedelta(seconds=1)
_MOST_AHEAD = timedelta(hours=1)


def _unchanged_update(old: Row[Any], published: datetime) -> datetime:
    """Return the value of `updated` for an item after a minor edit: the old value, but not before `published`."""
    return published if old.revision == 1 else max(old.updated, published)


def theme_change(row: Mapping[str, Any], old: Row[Any]) -> ThemeChange:
    """Return how a change of the log (`row` has the new values of an item's columns) changes the item's themes."""
    before, after = ({theme.slug for theme in themes_of(themes)} for themes in (old.themes, row["themes"]))
    return ThemeChange(row["number"], old.added_seq, before, after, row["seq"])


def _revised_seqs(
    row: Mapping[str, Any], old: Row[Any], new: Revision, left: Mapping[str, int | None]
) -> Mapping[str, int | None]:
    """Return the log numbers of an item's latest revisions that its feeds announce, by feed. A minor edit is announced
    only in feeds that the item enters.
    """
    seq, is_minor = row["seq"], row["revision"] == old.revision
    return {feed.slug: left.get(feed.slug, seq) if is_minor else seq for feed in new.gathered.feeds}


def _item_columns(item: Item) -> dict[str, Any]:
    return _content_columns(item) | {"day": item.date}


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""The stored time of publication of an item that waits: so early that no other item gets a later one for it."""


def _content_columns(item: Item) -> dict[str, Any]:
    return {
        "date": item.listed_date or item.date,
        "native_id": id_key(item.native_id),
        "link": link_key(item.link),
        "content": content_of(item),
        "text_digest": digest_of_text(item),
        "content_digest": digest_of_content(item),
    }
