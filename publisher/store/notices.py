"""Notices: mails that tell the operator or an editor once about a failing source, a digest that waits for approval, and
the like.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, Text, cast, delete, func, insert, select, update

from publisher.model.editions import Notice
from publisher.model.site import Mailbox
from publisher.model.sources import SourceCondition
from publisher.store.edition_schema import editions
from publisher.store.engine import Database
from publisher.store.schema import IS_UNWRITTEN, notices, sources

if TYPE_CHECKING:
    from publisher.model.deliveries import Letter

KEPT = 200
"""How many notices (mails to the operator or an editor) are kept. One about a digest that waits for approval contains
its text.
"""
_UNWRITTEN = select(notices).where(IS_UNWRITTEN).order_by(notices.c.number)


class Notices:
    """The notices of a site: mails that tell the operator or an editor once about something. A notice is recorded
    first, and written into the outbox later.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self, new: Sequence[Notice], *, told: Mapping[str, SourceCondition | None], above: int = 0
    ) -> list[Notice]:
        """Record new notices (mails to the operator or an editor), and the condition in `told` (such as failing) of
        each source that they report; return the notices with their numbers.

        The numbers are higher than `above`, because a restored store may have lost the latest notices.
        """
        with self._database.writing() as connection:
            for name, condition in told.items():
                connection.execute(update(sources).where(sources.c.name == name).values(told=condition))
            if not new:
                return []
            last = max(connection.execute(select(func.max(notices.c.number))).scalar() or 0, above)
            numbered = [replace(notice, number=number) for number, notice in enumerate(new, start=last + 1)]
            connection.execute(insert(notices), [_row(notice) for notice in numbered])
            _forget_old(connection, below=numbered[-1].number - KEPT)
            return numbered

    def unwritten(self) -> list[Notice]:
        """Return the notices (mails to the operator or an editor) that are not in the outbox yet, in the order of their
        numbers.
        """
        with self._database.reading() as connection:
            rows = connection.execute(_UNWRITTEN)
            return [_notice_of(row) for row in rows]

    def mark_written(self, number: int, *, at: datetime, letters: Sequence["Letter"] = ()) -> None:
        """Record when a notice (a mail to the operator or an editor) went into the outbox, and queue its letters."""
        with self._database.writing() as connection:
            connection.execute(update(notices).where(notices.c.number == number).values(written_at=at))
            if letters:
                from publisher.store.queue import insert_letters  # late: most sites send no mail

                insert_letters(connection, letters, now=at)

    def last_number(self, about: str, kind: str) -> int:
        """Return the number of the last notice (a mail to the operator or an editor) of a kind about a source or
        edition, or 0 if there was none.
        """
        told = select(func.max(notices.c.number)).where(notices.c.about == about, notices.c.kind == kind)
        with self._database.reading() as connection:
            return connection.execute(told).scalar() or 0

    def last_at(self, about: str, kind: str) -> datetime | None:
        """Return when the last notice (a mail to the operator or an editor) of a kind about a source or edition was
        made, or `None` if there was none.
        """
        told = select(notices.c.at).where(notices.c.about == about, notices.c.kind == kind)
        with self._database.reading() as connection:
            return connection.execute(told.order_by(notices.c.number.desc()).limit(1)).scalar()


def _forget_old(connection: Connection, *, below: int) -> None:
    """Delete old notices, except those that are not in the outbox, and those of editions that still wait for the
    editor.

    He is not notified again while the store has the notice.
    """
    name = editions.c.audience + "-" + cast(editions.c.number, Text)
    held = select(name).where(editions.c.held_until.is_not(None), editions.c.written_at.is_(None))
    # The last notice of each kind about each thing is the record that it was sent.
    last = select(func.max(notices.c.number)).group_by(notices.c.about, notices.c.kind)
    is_old = (notices.c.number <= below, notices.c.number.not_in(last))
    connection.execute(delete(notices).where(*is_old, ~IS_UNWRITTEN, notices.c.about.not_in(held)))


def _notice_of(row: Row[Any]) -> Notice:
    return Notice(
        number=row.number,
        about=row.about,
        kind=row.kind,
        at=row.at,
        to=Mailbox(address=row.recipient, name=row.recipient_name),
        language=row.language,
        subject=row.subject,
        text=row.text,
    )


def _row(notice: Notice) -> dict[str, object]:
    return {
        "number": notice.number,
        "about": notice.about,
        "kind": notice.kind,
        "at": notice.at,
        "recipient": notice.to.address,
        "recipient_name": notice.to.name,
        "language": notice.language,
        "subject": notice.subject,
        "text": notice.text,
    }
