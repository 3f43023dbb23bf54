"""What an editor decides about a held edition."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, select, update

from publisher.store.engine import Database
from publisher.store.schema import IS_LIVE, audiences, dropped_items, edition_items, editions, items


class HeldEditions:
    """Editions that wait for their editor.

    Each decision returns False, and changes nothing, if the edition is no longer held.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def exists(self, audience: str) -> bool:
        """Whether an edition of the audience waits for its editor."""
        held = exists().where(editions.c.audience == audience, *_IS_HELD)
        with self._database.reading() as connection:
            return bool(connection.execute(select(held)).scalar())

    def is_shown(self, audience: str, number: int) -> bool:
        """Whether the folder that the editor looks at has what is recorded, and no item of it was withdrawn since."""
        gone = exists().where(is_item_of(audience, number), items.c.number == edition_items.c.item, ~IS_LIVE)
        query = select(gone).where(is_edition(audience, number), editions.c.shown_at.is_not(None))
        with self._database.reading() as connection:
            return connection.execute(query).scalar() is False

    def mark_shown(self, audience: str, number: int, *, at: datetime) -> None:
        """Note that the folder that the editor looks at has what is recorded."""
        self._update(audience, number, shown_at=at)

    def release(self, audience: str, number: int, *, at: datetime) -> bool:
        """Let the edition go out, dated `at`."""
        return self._update(audience, number, held_until=None, released_at=at)

    def postpone(self, audience: str, number: int, *, until: datetime) -> bool:
        """Hold the edition until then."""
        return self._update(audience, number, held_until=until, shown_at=None)

    def introduce(self, audience: str, number: int, text: str) -> bool:
        """Replace the text above the items of the edition."""
        return self._update(audience, number, introduction=text, shown_at=None)

    def drop(self, audience: str, number: int, item: int) -> bool:
        """Take an item out of the edition for good: this audience never gets it. False also if it is not in it."""
        with self._database.writing() as connection:
            if not _take_out(connection, audience, number, item):
                return False
            connection.execute(insert(dropped_items).values(audience=audience, item=item, number=number))
            return True

    def put_off(self, audience: str, number: int, item: int) -> bool:
        """Take an item out of the edition, so that it is due for the next one. False also if it is not in it."""
        its = (is_item_of(audience, number), edition_items.c.item == item)
        with self._database.writing() as connection:
            seq = connection.execute(select(edition_items.c.seq).where(*its)).scalar()
            if seq is None or not _take_out(connection, audience, number, item):
                return False
            # The cursor steps back before the item. All others beyond it are in an edition, and so not due.
            back = seq - 1
            of_audience = update(audiences).where(audiences.c.name == audience, audiences.c.cursor > back)
            connection.execute(of_audience.values(cursor=back))
            of_edition = update(editions).where(is_edition(audience, number), editions.c.upto > back)
            connection.execute(of_edition.values(upto=back))
            return True

    def _update(self, audience: str, number: int, **values: str | datetime | None) -> bool:
        """Change the edition if it is held; return whether it was."""
        held = update(editions).where(_is_held(audience, number)).values(values)
        with self._database.writing() as connection:
            return bool(connection.execute(held).rowcount)


_IS_HELD = (editions.c.held_until.is_not(None), editions.c.written_at.is_(None))


def is_edition(audience: str, number: int) -> ColumnElement[bool]:
    """Whether a row of `editions` is this edition."""
    return and_(editions.c.audience == audience, editions.c.number == number)


def is_item_of(audience: str, number: int) -> ColumnElement[bool]:
    """Whether a row of `edition_items` is of this edition."""
    return and_(edition_items.c.audience == audience, edition_items.c.number == number)


def recount(connection: Connection, audience: str, number: int) -> None:
    """Count the items of an edition that has lost some, and note that its editor's folder is out of date."""
    left = select(func.count()).select_from(edition_items).where(is_item_of(audience, number)).scalar_subquery()
    connection.execute(update(editions).where(is_edition(audience, number)).values(items=left, shown_at=None))


def _is_held(audience: str, number: int) -> ColumnElement[bool]:
    return and_(is_edition(audience, number), *_IS_HELD)


def _take_out(connection: Connection, audience: str, number: int, item: int) -> bool:
    """Take an item out of a held edition; return whether it was in one."""
    is_held_one = connection.execute(select(func.count()).where(_is_held(audience, number))).scalar()
    its = delete(edition_items).where(is_item_of(audience, number), edition_items.c.item == item)
    if not is_held_one or not connection.execute(its).rowcount:
        return False
    recount(connection, audience, number)
    return True
