"""The editors' desk (the website where editors decide): sign-in links, sessions, and the record of which editor did
what.

Transactions here do not lock the item log, so that editors can sign in while a source's changes are written to it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from publisher.model.deliveries import Letter
from publisher.model.desk import ACTS_WITHIN, LINK_WITHIN, SESSION_WITHIN, Act, ActOutcome, DeskSession
from publisher.store.desk_schema import desk_acts, desk_links, desk_sessions
from publisher.store.engine import Database
from publisher.store.queue import insert_letters


class DeskRecords:
    """The sign-in links, sessions and recorded decisions of the editors' desk (the website where editors decide). Only
    the hashes of tokens are stored.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- signing in --------------------------------------------------------------------------------------------------

    def add_link(
        self, digest: str, person: str, *, letters: Sequence[Letter], most: int, since: datetime, now: datetime
    ) -> bool:
        """Record a sign-in link and queue its letters; delete links and sessions that are too old.

        If the person has asked for `most` links since `since`, nothing is recorded and False returned.
        """
        with self._database.writing_beside() as connection:
            connection.execute(delete(desk_links).where(desk_links.c.asked_at < min(since, now - LINK_WITHIN)))
            connection.execute(delete(desk_sessions).where(desk_sessions.c.begun_at <= now - SESSION_WITHIN))
            asked = select(func.count()).where(desk_links.c.person == person, desk_links.c.asked_at > since)
            if connection.execute(asked).scalar_one() >= most:
                return False
            connection.execute(insert(desk_links).values(digest=digest, person=person, asked_at=now))
            insert_letters(connection, letters, now=now)
            return True

    def link(self, digest: str, *, now: datetime) -> str:
        """Return the mail address of the person for whom a sign-in link was made, or an empty string if the link is
        wrong, expired or used.
        """
        with self._database.reading() as connection:
            return connection.execute(select(desk_links.c.person).where(*_is_good(digest, now))).scalar() or ""

    def begin_session(self, link: str, session: str, *, now: datetime) -> str:
        """Use a sign-in link to begin a session. `link` and `session` are the hashes of their tokens. Return the
        person's address, or an empty string if the link is wrong, expired or used.
        """
        with self._database.writing_beside() as connection:
            used = update(desk_links).where(*_is_good(link, now)).values(used_at=now)
            if connection.execute(used).rowcount != 1:
                return ""
            person: str = connection.execute(
                select(desk_links.c.person).where(desk_links.c.digest == link)
            ).scalar_one()
            connection.execute(insert(desk_sessions).values(digest=session, person=person, begun_at=now))
            return person

    def session(self, digest: str, *, now: datetime) -> DeskSession | None:
        """Return the session of an editor with this hash of its token, or `None` if there is none, or if it
        has ended.
        """
        begun = desk_sessions.c.begun_at
        query = select(desk_sessions).where(desk_sessions.c.digest == digest, begun > now - SESSION_WITHIN)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
            return DeskSession(person=row.person, begun_at=row.begun_at) if row else None

    def end_session(self, digest: str) -> None:
        """End the session of an editor with this hash of its token."""
        with self._database.writing_beside() as connection:
            connection.execute(delete(desk_sessions).where(desk_sessions.c.digest == digest))

    def forget_person(self, person: str) -> None:
        """Sign a person out everywhere, and invalidate the person's sign-in links."""
        with self._database.writing_beside() as connection:
            connection.execute(delete(desk_sessions).where(desk_sessions.c.person == person))
            connection.execute(delete(desk_links).where(desk_links.c.person == person, desk_links.c.used_at.is_(None)))

    def count_sessions(self, person: str, *, now: datetime) -> int:
        """Return the number of browsers in which a person is signed in."""
        query = select(func.count()).where(
            desk_sessions.c.person == person, desk_sessions.c.begun_at > now - SESSION_WITHIN
        )
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    # --- who did what ------------------------------------------------------------------------------------------------

    def begin_act(self, verb: str, about: str, *, person: str, language: str, now: datetime) -> int:
        """Record what an editor is about to do, before it is done; return the record's number. Delete records that are
        too old.
        """
        row = {"at": now, "person": person, "language": language, "verb": verb, "about": about}
        row |= {"outcome": ActOutcome.BEGUN, "words": ""}
        with self._database.writing_beside() as connection:
            connection.execute(delete(desk_acts).where(desk_acts.c.at < now - ACTS_WITHIN))
            begun = connection.execute(insert(desk_acts).values(row)).inserted_primary_key
            assert begun is not None
            return int(begun[0])

    def end_act(self, number: int, outcome: ActOutcome, words: str, *, about: str = "") -> None:
        """Record how an editor's action with this number ended, and with `about` also what it changed."""
        values = {"outcome": outcome, "words": words, **({"about": about} if about else {})}
        with self._database.writing_beside() as connection:
            its = desk_acts.c.number == number
            connection.execute(update(desk_acts).where(its).values(values))

    def act(self, number: int) -> Act | None:
        """Return the recorded action of an editor with this number, or `None` if there is none."""
        with self._database.reading() as connection:
            row = connection.execute(select(desk_acts).where(desk_acts.c.number == number)).one_or_none()
            return _act_of(row) if row else None

    def acts(self, *, limit: int, about: str = "") -> list[Act]:
        """Return the latest recorded actions of editors, latest first. With `about`, only the actions on that thing,
        such as an edition, are returned.
        """
        query = select(desk_acts).order_by(desk_acts.c.number.desc()).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(query.where(desk_acts.c.about == about) if about else query)
            return [_act_of(row) for row in rows]


def forget_entries(connection: Connection) -> None:
    """End all sessions and invalidate all sign-in links of editors: a restored store may contain some that had
    ended.
    """
    connection.execute(delete(desk_links))
    connection.execute(delete(desk_sessions))


def _is_good(digest: str, now: datetime) -> tuple[Any, ...]:
    of_digest = desk_links.c.digest == digest
    return of_digest, desk_links.c.used_at.is_(None), desk_links.c.asked_at > now - LINK_WITHIN


def _act_of(row: Row[Any]) -> Act:
    return Act(
        number=row.number,
        at=row.at,
        person=row.person,
        language=row.language,
        verb=row.verb,
        about=row.about,
        outcome=row.outcome,
        words=row.words,
    )
