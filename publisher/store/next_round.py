"""The editors' decisions about the next round, the mails to all subscribers that are due at one moment.

The subject and the introduction are for the next round alone, and are deleted when it begins. If the round turns out to
have no mails, the round after it gets them. Decisions about an item apply to all rounds, because subscribers get the
item at different times, and all must get the same.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, case, delete, insert, select, update

from publisher.model.rounds import Round, RoundEdit
from publisher.store.engine import Database
from publisher.store.people_schema import next_round, round_items, rounds

_THE_ROW = 1


class NextRound:
    """The stored decisions of editors about coming rounds (a round is the mails to all subscribers who are due at one
    moment).
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def edit(self) -> RoundEdit:
        """Return the present decisions about the next round (the mails to all subscribers who are due at
        one moment).
        """
        with self._database.reading() as connection:
            row = connection.execute(select(next_round)).one_or_none()
            its = connection.execute(select(round_items).order_by(round_items.c.place, round_items.c.item)).all()
        return RoundEdit(
            postponed_until=row.postponed_until if row else None,
            subject=row.subject if row else "",
            introduction=row.introduction if row else "",
            titles={each.item: each.title for each in its if each.title},
            first=tuple(each.item for each in its if each.place is not None),
            left_out=frozenset(each.item for each in its if each.is_left_out),
        )

    def postpone(self, until: datetime | None) -> None:
        """Send no digests to subscribers before the moment `until`; with `None`, they go out as the schedules say."""
        self._write(postponed_until=until)

    def write_words(self, *, subject: str, introduction: str) -> None:
        """Set the subject of the next mails to subscribers, and the introduction above their items; an empty text
        removes the stored one.
        """
        self._write(subject=subject, introduction=introduction)

    def retitle(self, item: int, title: str) -> None:
        """Give an item another title in mails to subscribers; an empty `title` means its own title."""
        self._write_item(item, title=title or None)

    def leave_out(self, item: int) -> None:
        """Leave an item out of all mails to subscribers."""
        self._write_item(item, is_left_out=True)

    def restore(self, item: int) -> None:
        """Let an item that `leave_out` removed into mails to subscribers again. Subscribers who were sent mails without
        the item will not get it.
        """
        self._write_item(item, is_left_out=False)

    def order(self, items: Sequence[int]) -> None:
        """Put `items` first, in their order, in mails to subscribers; this replaces an earlier order."""
        with self._database.writing_beside() as connection:
            connection.execute(update(round_items).values(place=None))
            for place, item in enumerate(items):
                _write_item(connection, item, place=place)
            _forget_undecided(connection)

    def _write(self, **values: str | datetime | None) -> None:
        with self._database.writing_beside() as connection:
            if not connection.execute(update(next_round).values(values)).rowcount:
                nothing = {"id": _THE_ROW, "postponed_until": None, "subject": "", "introduction": ""}
                connection.execute(insert(next_round).values({**nothing, **values}))

    def _write_item(self, item: int, **values: Any) -> None:  # noqa: ANN401  # of columns
        with self._database.writing_beside() as connection:
            _write_item(connection, item, **values)
            _forget_undecided(connection)


def take_words(connection: Connection) -> dict[str, str]:
    """Return the subject and introduction for mails to subscribers that are about to be made, and delete both, so that
    they are used once.
    """
    row = connection.execute(select(next_round)).one_or_none()
    if row is None or not (row.subject or row.introduction):
        return {}
    connection.execute(update(next_round).values(subject="", introduction=""))
    return {"subject": row.subject, "introduction": row.introduction}


def give_words_back(connection: Connection, round_: Round) -> None:
    """Give the subject and introduction of a round without mails to the next round. A subject or introduction that the
    editor has written for the next round meanwhile stays.
    """
    theirs = {name: getattr(round_, name) for name in ("subject", "introduction")}
    values = {name: case((next_round.c[name] == "", words), else_=next_round.c[name]) for name, words in theirs.items()}
    connection.execute(update(next_round).values(values))
    connection.execute(update(rounds).where(rounds.c.number == round_.number).values(subject=None, introduction=None))


def _write_item(connection: Connection, item: int, **values: Any) -> None:  # noqa: ANN401  # of columns
    if not connection.execute(update(round_items).where(round_items.c.item == item).values(values)).rowcount:
        nothing = {"item": item, "title": None, "place": None, "is_left_out": False}
        connection.execute(insert(round_items).values({**nothing, **values}))


def _forget_undecided(connection: Connection) -> None:
    nothing = (round_items.c.title.is_(None), round_items.c.place.is_(None), round_items.c.is_left_out.is_(False))
    connection.execute(delete(round_items).where(and_(*nothing)))
