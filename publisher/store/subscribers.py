"""Subscribers: who they are, what they follow, what they agreed to, and the links that wait to be used."""

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from publisher.model.deliveries import Letter
from publisher.model.departures import DepartureKind
from publisher.model.errors import OutrunError
from publisher.model.subscribers import (
    Confirmation,
    Consent,
    LetterKind,
    Request,
    Subscriber,
    Subscription,
)
from publisher.store.departures import Journal
from publisher.store.engine import BATCH, Database, batches
from publisher.store.erasure import erase_address, erase_unconfirmed, has_unconfirmed
from publisher.store.people_schema import confirmations, consents, link_keys, subscribers, subscriptions, wordings
from publisher.store.queue import cancel_deliveries, insert_letters
from publisher.store.round_mails import is_recent_mail, queue_again
from publisher.store.suppressions import note_departures

_OF_SUBSCRIBER = ("number", "address", "language", "since", "paused_until")
_OF_SUBSCRIPTION = tuple(column.name for column in subscriptions.c if column.name != "subscriber")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link that is good once, as it was sent."""

    kind: LetterKind
    token_digest: str
    confirmation: Confirmation


class Subscribers:
    """The people who subscribed. Their transactions are beside the log: a pass does not hold up a form."""

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal

    # --- keys --------------------------------------------------------------------------------------------------------

    def keys(self, *, proposed: str, now: datetime) -> tuple[str, ...]:
        """The keys that links are signed with, the newest first; `proposed` becomes the first one if there is none."""
        query = select(link_keys.c.key).order_by(link_keys.c.number.desc())
        with self._database.reading() as connection:
            found = tuple(connection.execute(query).scalars())
        if found:
            return found
        with self._database.writing() as connection:
            if connection.execute(query).first() is None:
                connection.execute(insert(link_keys).values(number=1, key=proposed, made_at=now))
            return tuple(connection.execute(query).scalars())

    def add_key(self, key: str, *, now: datetime) -> None:
        """Sign with a new key from now on."""
        with self._database.writing() as connection:
            last = connection.execute(select(func.max(link_keys.c.number))).scalar() or 0
            connection.execute(insert(link_keys).values(number=last + 1, key=key, made_at=now))

    # --- people ------------------------------------------------------------------------------------------------------

    def get(self, number: int) -> Subscriber | None:
        """The subscriber of that number."""
        with self._database.reading() as connection:
            return _subscriber(connection, subscribers.c.number == number)

    def by_address(self, address: str) -> Subscriber | None:
        """The subscriber with that address."""
        with self._database.reading() as connection:
            return _subscriber(connection, subscribers.c.address == address)

    def all(self, *, batch: int = BATCH) -> Iterator[list[Subscriber]]:
        """All subscribers in the order of their numbers, in batches."""
        after = 0
        while True:
            with self._database.reading() as connection:
                query = select(subscribers).where(subscribers.c.number > after).order_by(subscribers.c.number)
                rows = connection.execute(query.limit(batch)).all()
                if not rows:
                    return
                found = [_subscriber_of(row, subs) for row, subs in _with_subscriptions(connection, rows)]
            yield found
            after = found[-1].number

    def count(self) -> int:
        """How many people follow something."""
        active = select(func.count(subscriptions.c.subscriber.distinct())).where(_IS_ACTIVE)
        with self._database.reading() as connection:
            return connection.execute(active).scalar_one()

    def consents(self, number: int) -> list[Consent]:
        """What a subscriber agreed to, in the order in which he did."""
        query = select(consents, wordings.c.words).join(wordings, wordings.c.digest == consents.c.words_digest)
        query = query.where(consents.c.subscriber == number).order_by(consents.c.number)
        with self._database.reading() as connection:
            return [_consent_of(row) for row in connection.execute(query)]

    def last_consents(self, numbers: Sequence[int]) -> dict[int, Consent]:
        """What these subscribers agreed to last, by their numbers."""
        query = select(consents, wordings.c.words).join(wordings, wordings.c.digest == consents.c.words_digest)
        query = query.order_by(consents.c.subscriber, consents.c.number)
        with self._database.reading() as connection:
            return {
                row.subscriber: _consent_of(row)
                for some in batches(numbers)
                for row in connection.execute(query.where(consents.c.subscriber.in_(some)))
            }

    def add_new(self, new: Sequence[tuple[Subscriber, Consent]]) -> dict[str, bool]:
        """Add those of these people who are not there, in one transaction, with what they agreed to.

        Returns the addresses of the others, each with whether somebody with it follows something.
        """
        with self._database.writing_beside() as connection:
            known = _who_follow(connection, [subscriber.address for subscriber, _ in new])
            fresh = [(each, consent) for each, consent in new if each.address not in known]
            numbers = _insert_subscribers(connection, [each for each, _ in fresh])
            its = [(numbers[each.address], each, consent) for each, consent in fresh if each.address in numbers]
            subs = [_subscription_row(number, sub) for number, each, _ in its for sub in each.subscriptions]
            if subs:
                connection.execute(insert(subscriptions), subs)
            digests = {words: _keep_words(connection, words) for words in {consent.words for _, _, consent in its}}
            rows = [_consent_row(number, 1, consent, digests[consent.words]) for number, _, consent in its]
            if rows:
                connection.execute(insert(consents), rows)
        # Somebody who subscribed at the same moment is as good as there.
        return known | {each.address: True for each, _ in fresh if each.address not in numbers}

    def write(
        self,
        before: Subscriber | None,
        after: Subscriber,
        *,
        consent: Consent | None = None,
        used: str = "",
        now: datetime,
    ) -> Subscriber | None:
        """Write what a subscriber is from now on, and what he agreed to; return him with his number.

        `before` is how he was when that was decided; None: he is new. `used` is the digest of the single token that
        was used for it; None is returned, and nothing written, if it was used before. Cursors are left as they are:
        rounds move them.

        Raises:
            OutrunError: he changed meanwhile.
        """
        with self._database.writing_beside() as connection:
            if used and not _use(connection, used, now=now):
                return None
            number = after.number
            if before is None:
                number = _insert_subscriber(connection, after)
            else:
                _refuse_changed(connection, before)
                row = {"address": after.address, "language": after.language, "paused_until": after.paused_until}
                connection.execute(update(subscribers).where(subscribers.c.number == number).values(row))
            _write_subscriptions(connection, number, before.subscriptions if before else (), after.subscriptions)
            if before is not None:
                _follow_mails(connection, before, after, now=now)
            if consent is not None:
                _append_consent(connection, number, consent)
            self._note(connection, before, after, now=now)
            return replace(after, number=number)

    def _note(self, connection: Connection, before: Subscriber | None, after: Subscriber, *, now: datetime) -> None:
        """Note in the file of departures that somebody left or returned, as the last thing before the commit."""
        was_active, is_active = bool(before and before.active), bool(after.active)
        if was_active != is_active:
            kind = DepartureKind.RETURNED if is_active else DepartureKind.LEFT
            note_departures(connection, self._journal, [after.address], kind, now=now)

    def erase(self, address: str, *, now: datetime) -> bool:
        """Erase all that is held of an address, as `erase_address` does; whether there was anything."""
        with self._database.writing_beside() as connection:
            is_erased = erase_address(connection, address, now=now)
            if is_erased:
                note_departures(connection, self._journal, [address], DepartureKind.ERASED, now=now)
            return is_erased

    def erase_unconfirmed(self, *, before: datetime, now: datetime) -> int:
        """Erase what is held of people who asked to subscribe before then and never confirmed; return how many."""
        with self._database.reading() as connection:
            if not has_unconfirmed(connection, before=before):
                return 0
        with self._database.writing_beside() as connection:
            return erase_unconfirmed(connection, before=before, now=now)

    # --- links that are good once ------------------------------------------------------------------------------------

    def asked_at(self, kind: LetterKind, address: str) -> datetime | None:
        """When a letter of that kind was last asked for an address."""
        same = (confirmations.c.kind == kind, confirmations.c.address == address)
        with self._database.reading() as connection:
            return connection.execute(select(confirmations.c.asked_at).where(*same)).scalar()

    def ask(
        self,
        kind: LetterKind,
        request: Request,
        letter: Letter,
        *,
        token_digest: str,
        not_since: datetime,
        now: datetime,
    ) -> bool:
        """Keep what was asked for, in place of an older request of that kind for the address, and queue its letter.

        Returns False, and does neither, if there is one that was made after `not_since`. Of any number of requests at
        once, one is kept.
        """
        row = {
            "token_digest": token_digest,
            "asked_at": now,
            "used_at": None,
            "language": request.language,
            "choices": dict(request.choices),
            "words_digest": words_digest(request.words),
        }
        same = (confirmations.c.kind == kind, confirmations.c.address == request.address)
        with self._database.writing_beside() as connection:
            renewed = update(confirmations).where(*same, confirmations.c.asked_at <= not_since).values(row)
            is_kept = connection.execute(renewed).rowcount == 1
            if not is_kept:
                is_kept = _insert_or_leave(connection, confirmations, {"kind": kind, "address": request.address, **row})
            if is_kept:
                _keep_words(connection, request.words)
                insert_letters(connection, [letter], now=now)
            return is_kept

    def link(self, token_digest: str) -> Link | None:
        """The link with that token, used or not."""
        query = select(confirmations, wordings.c.words).join(
            wordings, wordings.c.digest == confirmations.c.words_digest
        )
        with self._database.reading() as connection:
            row = connection.execute(query.where(confirmations.c.token_digest == token_digest)).one_or_none()
        if row is None:
            return None
        request = Request(address=row.address, choices=row.choices, language=row.language, words=row.words)
        confirmation = Confirmation(request=request, asked_at=row.asked_at, used_at=row.used_at)
        return Link(kind=row.kind, token_digest=token_digest, confirmation=confirmation)

    def use(self, token_digest: str, *, now: datetime) -> bool:
        """Use a link; False: it was used before, or there is none."""
        with self._database.writing_beside() as connection:
            return _use(connection, token_digest, now=now)

    def count_pending(self, *, since: datetime) -> int:
        """How many requests since then wait to be confirmed."""
        waits = (confirmations.c.kind == LetterKind.CONFIRM, confirmations.c.used_at.is_(None))
        with self._database.reading() as connection:
            query = select(func.count()).where(*waits, confirmations.c.asked_at > since)
            return connection.execute(query).scalar_one()


_IS_ACTIVE = subscriptions.c.state == literal("active")


def words_digest(words: str) -> str:
    """Return a digest that identifies the exact words of a consent."""
    return hashlib.sha256(words.encode()).hexdigest()


# --- rows ------------------------------------------------------------------------------------------------------------


def _subscriber(connection: Connection, which: Any) -> Subscriber | None:  # noqa: ANN401  (a condition)
    rows = connection.execute(select(subscribers).where(which)).all()
    found = [_subscriber_of(row, subs) for row, subs in _with_subscriptions(connection, rows)]
    return found[0] if found else None


def _with_subscriptions(
    connection: Connection, rows: Sequence[Row[Any]]
) -> Iterable[tuple[Row[Any], tuple[Subscription, ...]]]:
    """Each of these subscribers with his subscriptions."""
    if not rows:
        return []
    its = subscriptions.c.subscriber.in_([row.number for row in rows])
    found = connection.execute(
        select(subscriptions).where(its).order_by(subscriptions.c.subscriber, subscriptions.c.number)
    )
    by_number = {number: tuple(map(_subscription_of, some)) for number, some in groupby(found, lambda row: row[0])}
    return [(row, by_number.get(row.number, ())) for row in rows]


def _subscriber_of(row: Row[Any], subs: tuple[Subscription, ...]) -> Subscriber:
    return Subscriber(**{name: getattr(row, name) for name in _OF_SUBSCRIBER}, subscriptions=subs)


def _consent_of(row: Row[Any]) -> Consent:
    return Consent(kind=row.kind, at=row.at, language=row.language, choices=row.choices, words=row.words)


def _subscription_of(row: Row[Any]) -> Subscription:
    return Subscription(**{name: getattr(row, name) for name in _OF_SUBSCRIPTION})


def _subscription_row(number: int, subscription: Subscription) -> dict[str, Any]:
    return {"subscriber": number, **{name: getattr(subscription, name) for name in _OF_SUBSCRIPTION}}


def _subscriber_row(new: Subscriber) -> dict[str, Any]:
    row = {name: getattr(new, name) for name in _OF_SUBSCRIBER if name != "number"}
    return {**row, "bounce_mark": secrets.token_hex(10)}


def _who_follow(connection: Connection, addresses: Sequence[str]) -> dict[str, bool]:
    """Of these addresses, those of subscribers, each with whether he follows something."""
    its = (subscriptions.c.subscriber == subscribers.c.number, _IS_ACTIVE)
    query = select(subscribers.c.address, select(subscriptions.c.subscriber).where(*its).exists())
    found = connection.execute(query.where(subscribers.c.address.in_(addresses)))
    return {address: bool(follows) for address, follows in found}


def _insert_subscribers(connection: Connection, new: Sequence[Subscriber]) -> dict[str, int]:
    """Insert those whose address is not taken; return their numbers by address."""
    if not new:
        return {}
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    made = make(subscribers).on_conflict_do_nothing().returning(subscribers.c.address, subscribers.c.number)
    return {row.address: row.number for row in connection.execute(made, [_subscriber_row(each) for each in new])}


def _insert_subscriber(connection: Connection, new: Subscriber) -> int:
    row = _subscriber_row(new)
    if not _insert_or_leave(connection, subscribers, row):
        raise OutrunError("subscribers: somebody changed this subscription meanwhile; try again")
    query = select(subscribers.c.number).where(subscribers.c.address == new.address)
    return int(connection.execute(query).scalar_one())


def _refuse_changed(connection: Connection, before: Subscriber) -> None:
    """Raise an error unless the subscriber is as he was. Rounds may move cursors, and themes may be renamed."""
    lock = select(subscribers.c.number).where(subscribers.c.number == before.number).with_for_update()
    connection.execute(lock)
    now = _subscriber(connection, subscribers.c.number == before.number)
    if now is None or _as_chosen(now) != _as_chosen(before):
        raise OutrunError("subscribers: somebody changed this subscription meanwhile; try again")


def _as_chosen(subscriber: Subscriber) -> Subscriber:
    its = tuple(replace(each, cursor=0, theme="") for each in subscriber.subscriptions)
    return replace(subscriber, subscriptions=its)


def _write_subscriptions(
    connection: Connection, number: int, before: Sequence[Subscription], after: Sequence[Subscription]
) -> None:
    known: Mapping[int, Subscription] = {each.number: each for each in before}
    for each in after:
        if each.number not in known:
            connection.execute(insert(subscriptions).values(_subscription_row(number, each)))
        elif each != known[each.number]:
            row = _subscription_row(number, each)
            its = (subscriptions.c.subscriber == number, subscriptions.c.number == each.number)
            changed = {name: row[name] for name in ("pace", "state", "ended_at", "ended_because")}
            connection.execute(update(subscriptions).where(*its).values(changed))


def _follow_mails(connection: Connection, before: Subscriber, after: Subscriber, *, now: datetime) -> None:
    """Take back the mails to a reader who left and are not sent, or queue them again if he takes that back."""
    if before.active and not after.active:
        cancel_deliveries(connection, is_recent_mail(connection, before.address, now=now), now=now)
    ended = {each.number: each.ended_at for each in before.subscriptions}
    if left := [at for each in after.active if (at := ended.get(each.number)) is not None]:
        queue_again(connection, is_recent_mail(connection, before.address, now=now), since=min(left), now=now)


def _append_consent(connection: Connection, number: int, consent: Consent) -> None:
    digest = _keep_words(connection, consent.words)
    last = connection.execute(select(func.max(consents.c.number)).where(consents.c.subscriber == number)).scalar() or 0
    connection.execute(insert(consents).values(_consent_row(number, last + 1, consent, digest)))


def _consent_row(subscriber: int, number: int, consent: Consent, digest: str) -> dict[str, Any]:
    return {
        "subscriber": subscriber,
        "number": number,
        "kind": consent.kind,
        "at": consent.at,
        "language": consent.language,
        "choices": dict(consent.choices),
        "words_digest": digest,
    }


def _keep_words(connection: Connection, words: str) -> str:
    """Keep the words of a consent; return their digest."""
    digest = words_digest(words)
    _insert_or_leave(connection, wordings, {"digest": digest, "words": words})
    return digest


def _use(connection: Connection, token_digest: str, *, now: datetime) -> bool:
    unused = (confirmations.c.token_digest == token_digest, confirmations.c.used_at.is_(None))
    return connection.execute(update(confirmations).where(*unused).values(used_at=now)).rowcount == 1


def _insert_or_leave(connection: Connection, table: Any, row: Mapping[str, Any]) -> bool:  # noqa: ANN401  (a table)
    """Insert a row unless one with a key of it is there, even one that is inserted at the same time; return whether it
    was inserted.
    """
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = make(table).values(row).on_conflict_do_nothing()
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount == 1
