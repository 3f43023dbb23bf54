"""Items that an editor hides from readers, and shows again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update

from publisher.model.feeds import Gathered
from publisher.model.links import id_key, link_key
from publisher.model.records import ChangeKind, Record, State
from publisher.store.content import record_of, themes_text
from publisher.store.engine import Database
from publisher.store.joins import note_theme_changes
from publisher.store.log_pass import LogPass, theme_change
from publisher.store.memberships import Membership, forget_withdrawals, memberships_of, move_items, note_withdrawals
from publisher.store.schema import HAS_ID, HAS_LINK, hidden_items, items, sources, withdrawals


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenItem:
    """An item that an editor hid from readers, and the state that it had before."""

    record: Record
    at: datetime
    reason: str
    """Why the item is hidden from readers, in the editor's words; may be empty."""
    state: State
    """The state of the item before an editor hid it from readers."""


class Hidden:
    """The items that an editor hid from readers, with methods to hide items and to show them again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[HiddenItem]:
        """Return all items that editors hid from readers, the most recently hidden first."""
        columns = (hidden_items.c.at, hidden_items.c.reason, hidden_items.c.state.label("before"))
        query = select(items, *columns).join(hidden_items, hidden_items.c.item == items.c.number)
        with self._database.reading() as connection:
            return [
                HiddenItem(record=record_of(row), at=row.at, reason=row.reason, state=row.before)
                for row in connection.execute(query.order_by(hidden_items.c.at.desc(), items.c.number))
            ]

    def find(self, name: str, *, path: str) -> list[Record]:
        """Return the items with this uid (whole, or its end), link or native id, or whose page is at `path`.

        Items that are never shown to readers are left out. The search for the end of a uid reads all uids, which takes
        a second for a million items.
        """
        link, native_id = link_key(name), id_key(name)
        named = [items.c.uid == name, items.c.uid.endswith(f"/{name}", autoescape=True)]
        named += [items.c.path == path] if path else []
        named += [(items.c.link == link) & HAS_LINK] if link else []
        named += [(items.c.native_id == native_id) & HAS_ID] if native_id else []
        was_seen = or_(items.c.added_seq > 0, items.c.state != State.WITHDRAWN)
        with self._database.reading() as connection:
            rows = connection.execute(select(items).where(or_(*named), was_seen).order_by(items.c.number))
            return [record_of(row) for row in rows]

    def hide(self, record: Record, *, feeds: Collection[str], reason: str, now: datetime) -> None:
        """Hide an item from readers. `feeds` are slugs of feeds that may have the item in their archives, besides the
        feeds that it is in now.
        """
        with self._database.writing() as connection:
            log_pass = _EditorPass(connection, record.source)
            log_pass.hide(record.number, feeds, reason=reason, now=now)
            log_pass.write_counters()

    def show(self, hidden: HiddenItem, gathered: Gathered, *, wakes: datetime | None, now: datetime) -> None:
        """Show an item that an editor hid to readers again, in the themes and feeds that `gathered` gives; an item that
        was never visible to readers appears at the moment `wakes`.

        The item's source is then read completely the next time, because it may have stopped listing the item.
        """
        with self._database.writing() as connection:
            log_pass = _EditorPass(connection, hidden.record.source)
            log_pass.show(hidden, gathered, wakes=wakes, now=now)
            log_pass.write_counters()
            of_source = update(sources).where(sources.c.name == hidden.record.source)
            connection.execute(of_source.values(validator="", next_try=None))


class _EditorPass(LogPass):
    """Writes an editor's decision to hide one item, or to show it again, to the item log."""

    def hide(self, number: int, feeds: Collection[str], *, reason: str, now: datetime) -> None:
        (row,) = self._rows([number])
        kept = {"item": number, "at": now, "reason": reason, "state": row.state}
        self._connection.execute(insert(hidden_items), [kept])
        if not row.added_seq:
            self._update([{"number": number, "state": State.HIDDEN, "wakes": None}])
            return
        left = memberships_of(self._connection, [number])
        was_in = [*left.get(number, ())]
        seq = self._counters.next_seq()
        changed = {
            "number": number,
            "seq": seq,
            "state": State.HIDDEN,
            "updated": self._next_instant(row.updated, now=now),
            "wakes": None,
        }
        self._update([changed])
        told = changed | {"revision": row.revision, "content": ""}
        self._append(ChangeKind.HIDDEN, [told], [[*was_in, *feeds, *self._announcing_feeds(number)]], now=now)
        move_items(self._connection, [], left, now=now)
        if row.state is not State.WITHDRAWN:
            note_withdrawals(self._connection, [(number, seq, was_in)])
        self._counters.live_items -= row.state.is_live
        self._count_listed(-(row.state is State.LISTED))

    def show(self, hidden: HiddenItem, gathered: Gathered, *, wakes: datetime | None, now: datetime) -> None:
        number = hidden.record.number
        (row,) = self._rows([number])
        self._connection.execute(delete(hidden_items).where(hidden_items.c.item == number))
        if not row.added_seq:
            self._update([{"number": number, "state": State.WAITING, "wakes": wakes}])
            return
        state = hidden.state if hidden.state in (State.WITHDRAWN, State.EXPIRED) else State.LISTED
        changed = {
            "number": number,
            "themes": themes_text(gathered.themes),
            "seq": self._counters.next_seq(),
            "state": state,
            "updated": self._next_instant(row.updated, now=now),
            "wakes": hidden.record.item.expires if state.is_live else None,
        }
        self._update([changed])
        note_theme_changes(self._connection, [theme_change(changed, row)])
        touched = [*(feed.slug for feed in gathered.feeds), *self._announcing_feeds(number)]
        told = changed | {"revision": row.revision, "content": row.content}
        self._append(ChangeKind.SHOWN, [told], [touched], now=now)
        if state is not State.WITHDRAWN:
            forget_withdrawals(self._connection, [number])
        if state.is_live:
            joined = Membership(number=number, added_seq=row.added_seq, feeds=gathered.feeds)
            move_items(self._connection, [joined], {}, now=now)
            self._counters.live_items += 1
            self._count_listed(1)

    def _announcing_feeds(self, number: int) -> Sequence[str]:
        """Return the slugs of the feeds that announce that the item with this number is gone."""
        query = select(withdrawals.c.feed).where(withdrawals.c.item == number)
        return self._connection.execute(query.order_by(withdrawals.c.feed)).scalars().all()

    def _count_listed(self, more: int) -> None:
        self._listed += more
        self.write_state(self.state)
