"""The editor's decisions about held editions: digests for a mailing list that wait for his approval."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    Update,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from publisher.model.editions import UNTIL_DECIDED, TakenOut
from publisher.store.edition_schema import audiences, dropped_items, edition_corrections, edition_items, editions
from publisher.store.engine import Database
from publisher.store.schema import IS_LIVE, items


class HeldEditions:
    """Held editions: digests that wait for the editor's approval.

    Each method for a decision returns False, and changes nothing, if the edition is no longer held.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def exists(self, audience: str) -> bool:
        """Whether an edition of this audience waits for the editor's approval."""
        held = exists().where(editions.c.audience == audience, *_IS_HELD)
        with self._database.reading() as connection:
            return bool(connection.execute(select(held)).scalar())

    def is_shown(self, audience: str, number: int) -> bool:
        """Whether the folder that shows a waiting edition to its editor is up to date with the store, and no item of
        the edition has changed since.
        """
        is_other = or_(~IS_LIVE, items.c.seq > edition_items.c.seq)
        gone = exists().where(is_item_of(audience, number), items.c.number == edition_items.c.item, is_other)
        query = select(gone).where(is_edition(audience, number), editions.c.shown_at.is_not(None))
        with self._database.reading() as connection:
            return connection.execute(query).scalar() is False

    def mark_shown(self, audience: str, number: int, *, at: datetime) -> None:
        """Record that the folder that shows a waiting edition to the editor is up to date."""
        self._update(audience, number, shown_at=at)

    def release(self, audience: str, number: int, *, at: datetime) -> bool:
        """Let an edition that waits for the editor go out, dated `at`; return False if it does not wait."""
        return self._update(audience, number, held_until=None, released_at=at)

    def postpone(self, audience: str, number: int, *, until: datetime) -> bool:
        """Let an edition wait for the editor until another moment; return False if it does not wait."""
        return self._update(audience, number, held_until=until, shown_at=None)

    def introduce(self, audience: str, number: int, text: str) -> bool:
        """Replace the introduction, the text above the items, of an edition that waits for the editor; return False if
        it does not wait.
        """
        return self._update(audience, number, introduction=text, shown_at=None)

    def subject(self, audience: str, number: int, text: str) -> bool:
        """Give an edition that waits for the editor a subject; an empty `text` means the subject of the template.
        Return False if the edition does not wait.
        """
        return self._update(audience, number, subject=text or None, shown_at=None)

    def order(self, audience: str, number: int, items: Sequence[int]) -> bool:
        """Put `items` first, in their order, in an edition that waits for the editor; this replaces an earlier order.
        Return False if the edition does not wait.
        """
        return self._update(audience, number, first_items=json.dumps(list(items)), shown_at=None)

    def retitle(self, audience: str, number: int, item: int, title: str) -> bool:
        """Give an item another title in an edition that waits for the editor; an empty `title` means the item's own
        title. Return False if the item is in no such edition.
        """
        its = update(edition_items).where(is_item_of(audience, number), edition_items.c.item == item)
        with self._database.writing() as connection:
            if not _exists_held(connection, audience, number):
                return False
            is_in_it = bool(connection.execute(its.values(title=title or None)).rowcount)
            recount(connection, audience, number)
            return is_in_it

    def follow(self, audience: str, number: int, *, at: datetime) -> bool:
        """Give the items and corrections of an edition that waits for the editor their latest content, and remove
        withdrawn items; return whether any changed.

        A removed item is due for an edition again if its source publishes it again.
        """
        with self._database.writing() as connection:
            if not _exists_held(connection, audience, number):
                return False
            gone = _withdrawn_from(connection, audience, number)
            take_out(connection, audience, number, TakenOut.WITHDRAWN, gone)
            changed = [connection.execute(_follow(table, audience, number)).rowcount for table in _FOLLOWING]
            changed.append(len(gone))
            if any(changed):
                values = {"followed_at": at, "shown_at": None}
                connection.execute(update(editions).where(is_edition(audience, number)).values(values))
            return any(changed)

    def drop(self, audience: str, number: int, item: int) -> bool:
        """Remove an item from an edition that waits for the editor, permanently: this audience never gets the item.
        Return False if the item is in no such edition.
        """
        with self._database.writing() as connection:
            return _take_one_out(connection, audience, number, TakenOut.DROPPED, item)

    def put_off(self, audience: str, number: int, item: int) -> bool:
        """Remove an item from an edition that waits for the editor, so that the item is due for the next one. Return
        False if the item is in no such edition.
        """
        its = (is_item_of(audience, number), edition_items.c.item == item)
        with self._database.writing() as connection:
            seq = connection.execute(select(edition_items.c.seq).where(*its)).scalar()
            if seq is None or not _take_one_out(connection, audience, number, TakenOut.PUT_OFF, item):
                return False
            _step_back(connection, audience, before=seq)
            of_edition = update(editions).where(is_edition(audience, number), editions.c.upto > seq - 1)
            connection.execute(of_edition.values(upto=seq - 1))
            return True

    def include(self, audience: str, number: int, item: int) -> bool:
        """Add an item at the end of an edition that waits for the editor; return False if the audience had the item
        already, or if it is not visible to readers.

        An item that was withdrawn or put off, and is due again, has the title that the editor gave it then.
        """
        its = (items.c.number == item, IS_LIVE)
        had = exists().where(edition_items.c.audience == audience, edition_items.c.item == item)
        known = and_(dropped_items.c.audience == audience, dropped_items.c.item == item)
        out = exists().where(known, dropped_items.c.reason.in_([TakenOut.DROPPED, TakenOut.DISCARDED]))
        title = select(dropped_items.c.title).where(known).scalar_subquery().label("title")
        with self._database.writing() as connection:
            own: Select[Any] = select(items.c.number, items.c.seq, items.c.themes, title)
            query = own.where(*its, ~had, ~out)
            rows = connection.execute(query).all()
            if not rows or not _exists_held(connection, audience, number):
                return False
            connection.execute(delete(dropped_items).where(known))
            _put_in(connection, audience, number, rows)
            return True

    # --- undoing -----------------------------------------------------------------------------------------------------

    def taken_out(self, audience: str, number: int) -> dict[int, TakenOut]:
        """Return the items that the editor took out of an edition and that are in no other edition: their numbers, each
        with the reason.
        """
        query = select(dropped_items.c.item, dropped_items.c.reason).where(_is_dropped(audience, number), ~_IS_SENT)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(dropped_items.c.item))
            return {row.item: TakenOut(row.reason) for row in rows}

    def restore(self, audience: str, number: int, chosen: Collection[int]) -> bool:
        """Put items that the editor removed from an edition back into it if it still waits for him; otherwise make them
        due for the next edition.

        Returns whether the items are in the edition again. An item that is in a later edition by now is left there. If
        the edition had no items left, its corrections are due again too.
        """
        with self._database.writing() as connection:
            of_these = and_(_is_dropped(audience, number), dropped_items.c.item.in_(sorted(chosen)), ~_IS_SENT)
            query: Select[Any] = select(items.c.number, items.c.seq, items.c.themes, dropped_items.c.title)
            query = query.join(dropped_items, dropped_items.c.item == items.c.number)
            rows = connection.execute(query.where(of_these, IS_LIVE).order_by(items.c.number)).all()
            connection.execute(delete(dropped_items).where(of_these))
            is_held = _exists_held(connection, audience, number)
            if is_held:
                _put_in(connection, audience, number, rows)
            elif rows:
                _step_back(connection, audience, before=min(row.seq for row in rows))
                _return_corrections(connection, audience, number)
            return is_held

    def may_reopen(self, audience: str, number: int) -> bool:
        """Whether an edition was discarded and may wait for the editor again: no later edition was composed, and at
        least one of its items is visible.
        """
        with self._database.reading() as connection:
            return bool(_discarded_from(connection, audience, number))

    def reopen(self, audience: str, number: int) -> int:
        """Let a discarded edition wait for the editor again, with its former subject, introduction, order, and titles
        of items.

        Returns how many items the edition has, or 0, without changing anything, if it cannot wait again. Its
        corrections are due for the next edition.
        """
        with self._database.writing() as connection:
            if not (rows := _discarded_from(connection, audience, number)):
                return 0
            _return_corrections(connection, audience, number)
            of_these = dropped_items.c.item.in_([row.number for row in rows])
            connection.execute(delete(dropped_items).where(_is_dropped(audience, number), of_these))
            held = {"held_until": UNTIL_DECIDED, "released_at": None, "written_at": None}
            connection.execute(update(editions).where(is_edition(audience, number)).values(held))
            _put_in(connection, audience, number, rows)
            return len(rows)

    def return_corrections(self, audience: str, number: int) -> None:
        """Make the corrections of an edition that has no items any more due for the next edition."""
        with self._database.writing() as connection:
            _return_corrections(connection, audience, number)

    def _update(self, audience: str, number: int, **values: str | datetime | None) -> bool:
        """Change these columns of an edition if it waits for the editor's approval; return whether it does."""
        held = update(editions).where(_is_held(audience, number)).values(values)
        with self._database.writing() as connection:
            return bool(connection.execute(held).rowcount)


_FOLLOWING = (edition_items, edition_corrections)
_IS_SENT = exists().where(
    edition_items.c.audience == dropped_items.c.audience, edition_items.c.item == dropped_items.c.item
)
"""Whether an item that an editor removed from an edition is in some edition of the audience now."""
_IS_HELD = (editions.c.held_until.is_not(None), editions.c.written_at.is_(None))


def is_edition(audience: str, number: int) -> ColumnElement[bool]:
    """Return the SQL condition that a row of the table `editions` is this edition."""
    return and_(editions.c.audience == audience, editions.c.number == number)


def is_item_of(audience: str, number: int) -> ColumnElement[bool]:
    """Return the SQL condition that a row of the table `edition_items` belongs to this edition."""
    return and_(edition_items.c.audience == audience, edition_items.c.number == number)


def recount(connection: Connection, audience: str, number: int) -> None:
    """Update the stored number of items of an edition after it lost some, and record that the folder for its editor is
    out of date.
    """
    left = select(func.count()).select_from(edition_items).where(is_item_of(audience, number)).scalar_subquery()
    connection.execute(update(editions).where(is_edition(audience, number)).values(items=left, shown_at=None))


def _is_held(audience: str, number: int) -> ColumnElement[bool]:
    return and_(is_edition(audience, number), *_IS_HELD)


def _exists_held(connection: Connection, audience: str, number: int) -> bool:
    return bool(connection.execute(select(func.count()).where(_is_held(audience, number))).scalar())


def _is_dropped(audience: str, number: int) -> ColumnElement[bool]:
    return and_(dropped_items.c.audience == audience, dropped_items.c.number == number)


def _discarded_from(connection: Connection, audience: str, number: int) -> Sequence[Row[Any]]:
    """Return the live items that were discarded with an edition, in the edition's order. Return none if a later edition
    was composed.
    """
    later = exists().where(editions.c.audience == audience, editions.c.number > number)
    if connection.execute(select(later)).scalar():
        return ()
    query: Select[Any] = select(items.c.number, items.c.seq, items.c.themes, dropped_items.c.title)
    query = query.join(dropped_items, dropped_items.c.item == items.c.number)
    discarded = (_is_dropped(audience, number), dropped_items.c.reason == TakenOut.DISCARDED, ~_IS_SENT, IS_LIVE)
    return connection.execute(
        query.where(*discarded).order_by(items.c.published.desc(), items.c.added_seq.desc())
    ).all()


def _follow(table: Table, audience: str, number: int) -> Update:
    """Return the SQL statement that gives the items of an edition, in `table`, their latest content and themes where
    these differ.
    """
    now = select(items.c.seq).where(items.c.number == table.c.item, IS_LIVE, items.c.seq > table.c.seq)
    its = update(table).where(table.c.audience == audience, table.c.number == number, exists(now))
    of_item = select(items.c.themes).where(items.c.number == table.c.item)
    return its.values(seq=now.scalar_subquery(), themes=of_item.scalar_subquery())


def items_of(connection: Connection, audience: str, number: int) -> list[int]:
    """Return the numbers of the items in an edition."""
    return list(connection.execute(select(edition_items.c.item).where(is_item_of(audience, number))).scalars())


def _withdrawn_from(connection: Connection, audience: str, number: int) -> list[int]:
    """Return the numbers of the edition's items that were withdrawn since it was composed."""
    gone = exists().where(items.c.number == edition_items.c.item, ~IS_LIVE)
    return list(connection.execute(select(edition_items.c.item).where(is_item_of(audience, number), gone)).scalars())


def take_out(connection: Connection, audience: str, number: int, reason: TakenOut, chosen: Sequence[int]) -> None:
    """Take items out of an edition and record the reason; write nothing if there are none."""
    if not chosen:
        return
    known = delete(dropped_items).where(dropped_items.c.audience == audience, dropped_items.c.item.in_(chosen))
    connection.execute(known)  # put off from an earlier edition
    of_these = (is_item_of(audience, number), edition_items.c.item.in_(chosen))
    titled = connection.execute(select(edition_items.c.item, edition_items.c.title).where(*of_these)).all()
    titles = {row.item: row.title for row in titled}
    connection.execute(delete(edition_items).where(*of_these))
    noted = {"audience": audience, "number": number, "reason": reason}
    connection.execute(insert(dropped_items), [{**noted, "item": item, "title": titles.get(item)} for item in chosen])
    recount(connection, audience, number)


def _take_one_out(connection: Connection, audience: str, number: int, reason: TakenOut, item: int) -> bool:
    """Remove an item from an edition that waits for the editor; return whether it waits and contained the item."""
    if not _exists_held(connection, audience, number) or item not in items_of(connection, audience, number):
        return False
    take_out(connection, audience, number, reason, [item])
    return True


def _put_in(connection: Connection, audience: str, number: int, rows: Sequence[Row[Any]]) -> None:
    """Add items to an edition, after the present ones."""
    last = connection.execute(select(func.max(edition_items.c.position)).where(is_item_of(audience, number))).scalar()
    for position, row in enumerate(rows, start=(last or 0) + 1):
        words = {"seq": row.seq, "composed_seq": row.seq, "themes": row.themes, "title": row.title}
        connection.execute(
            insert(edition_items).values(audience=audience, number=number, item=row.number, position=position, **words)
        )
    recount(connection, audience, number)


def _step_back(connection: Connection, audience: str, *, before: int) -> None:
    """Move an audience's cursor (the log number up to which it was served) back to just before a log number, so that
    the item of that number is due again. All other items after the cursor are in an edition, and so not due.
    """
    of_audience = update(audiences).where(audiences.c.name == audience, audiences.c.cursor > before - 1)
    connection.execute(of_audience.values(cursor=before - 1))


def _return_corrections(connection: Connection, audience: str, number: int) -> None:
    """Delete the record that an edition without items announced corrections, so that the next edition announces
    them.
    """
    empty = select(func.count()).where(is_edition(audience, number), editions.c["items"] == 0)
    if not connection.execute(empty).scalar():
        return
    corrected = and_(edition_corrections.c.audience == audience, edition_corrections.c.number == number)
    connection.execute(delete(edition_corrections).where(corrected))
    of_audience = editions.c.audience == audience
    upto = select(editions.c.upto).where(of_audience, editions.c.number < number).order_by(editions.c.number.desc())
    before = connection.execute(upto.limit(1)).scalar() or 0
    latest = connection.execute(select(func.max(editions.c.number)).where(of_audience)).scalar_one()
    # Corrections that a later edition announced are not announced again: they are recorded with it.
    of_latest = update(editions).where(is_edition(audience, latest), editions.c.upto > before)
    connection.execute(of_latest.values(upto=before))
