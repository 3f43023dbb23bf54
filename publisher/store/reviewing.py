"""What an editor decides about an edition that is held. Each does nothing to one that is not held any more."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, select, update

from publisher.store.editions import recount
from publisher.store.schema import (
    IS_LIVE,
    audiences,
    dropped_items,
    edition_corrections,
    edition_items,
    editions,
    items,
)


def is_held(connection: Connection, audience: str) -> bool:
    """Whether an edition of the audience waits for the editor."""
    held = exists().where(editions.c.audience == audience, *_IS_HELD)
    return bool(connection.execute(select(held)).scalar())


def is_shown(connection: Connection, audience: str, number: int) -> bool:
    """Whether the folder that the editor sees is what is recorded, and nothing in it was withdrawn since."""
    gone = exists().where(
        edition_items.c.audience == audience,
        edition_items.c.number == number,
        items.c.number == edition_items.c.item,
        ~IS_LIVE,
    )
    query = select(gone).where(_of(audience, number), editions.c.shown_at.is_not(None))
    return connection.execute(query).scalar() is False


def mark_shown(connection: Connection, audience: str, number: int, *, at: datetime) -> None:
    """Note that the folder that the editor sees is what is recorded."""
    connection.execute(update(editions).where(_held(audience, number)).values(shown_at=at))


def release(connection: Connection, audience: str, number: int, *, at: datetime) -> bool:
    """Let an edition go out; whether it was held until now."""
    values = {"held_until": None, "released_at": at}
    return bool(connection.execute(update(editions).where(_held(audience, number)).values(values)).rowcount)


def postpone(connection: Connection, audience: str, number: int, *, until: datetime) -> bool:
    """Hold it until then; whether it is held."""
    values = {"held_until": until, "shown_at": None}
    return bool(connection.execute(update(editions).where(_held(audience, number)).values(values)).rowcount)


def introduce(connection: Connection, audience: str, number: int, text: str) -> bool:
    """Put a text above its items, instead of the one before; whether it is held."""
    values = {"introduction": text, "shown_at": None}
    return bool(connection.execute(update(editions).where(_held(audience, number)).values(values)).rowcount)


def drop(connection: Connection, audience: str, number: int, item: int) -> bool:
    """Take an item out for good: this audience never gets it; whether it was in."""
    if not _take_out(connection, audience, number, item):
        return False
    connection.execute(insert(dropped_items).values(audience=audience, item=item, number=number))
    return True


def put_off(connection: Connection, audience: str, number: int, item: int) -> bool:
    """Take an item out, so that it is due for the next edition; whether it was in."""
    in_edition = (edition_items.c.audience == audience, edition_items.c.number == number, edition_items.c.item == item)
    seq = connection.execute(select(edition_items.c.seq).where(*in_edition)).scalar()
    if seq is None or not _take_out(connection, audience, number, item):
        return False
    # The cursor steps back before it; whatever else lies there is in an edition, and so not due.
    back = seq - 1
    of_audience = update(audiences).where(audiences.c.name == audience, audiences.c.cursor > back)
    connection.execute(of_audience.values(cursor=back))
    connection.execute(update(editions).where(_of(audience, number), editions.c.upto > back).values(upto=back))
    return True


def discard(connection: Connection, audience: str, number: int) -> bool:
    """Take all its items out for good, and its corrections, held or not; whether it is not in the outbox yet."""
    unwritten = update(editions).where(_of(audience, number), editions.c.written_at.is_(None))
    if not connection.execute(unwritten.values(held_until=None)).rowcount:
        return False
    its_items = (edition_items.c.audience == audience, edition_items.c.number == number)
    columns = ["audience", "item", "number"]
    taken = select(*(edition_items.c[name] for name in columns)).where(*its_items)
    connection.execute(insert(dropped_items).from_select(columns, taken))
    connection.execute(delete(edition_items).where(*its_items))
    corrected = (edition_corrections.c.audience == audience, edition_corrections.c.number == number)
    connection.execute(delete(edition_corrections).where(*corrected))
    recount(connection, audience, number)
    return True


_IS_HELD = (editions.c.held_until.is_not(None), editions.c.written_at.is_(None))


def _of(audience: str, number: int) -> ColumnElement[bool]:
    return and_(editions.c.audience == audience, editions.c.number == number)


def _held(audience: str, number: int) -> ColumnElement[bool]:
    return and_(_of(audience, number), *_IS_HELD)


def _take_out(connection: Connection, audience: str, number: int, item: int) -> bool:
    """Whether the item was in the edition, and the edition held."""
    is_held_one = connection.execute(select(func.count()).where(_held(audience, number))).scalar()
    its = (edition_items.c.audience == audience, edition_items.c.number == number, edition_items.c.item == item)
    if not is_held_one or not connection.execute(delete(edition_items).where(*its)).rowcount:
        return False
    recount(connection, audience, number)
    return True
