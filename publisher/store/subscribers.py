"""Subscribers: who they are, what they follow, their consents, and their requests that a link in a letter must still
confirm.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, insert, select, update

from publisher.model.deliveries import Letter
from publisher.model.departures import LIFTED_BY_FORM, DepartureKind, Suppression
from publisher.model.subscribers import Confirmation, Consent, EndReason, LetterKind, Request, Subscriber
from publisher.store.bounce_scores import forget_score
from publisher.store.departure_lines import keep_key
from publisher.store.departures import Journal
from publisher.store.engine import BATCH, Database, batches
from publisher.store.erasure import erase_address
from publisher.store.gone import Gone, departure_kind
from publisher.store.people_rows import (
    append_consent,
    consent_of,
    consent_row,
    insert_or_leave,
    insert_subscriber,
    insert_subscribers,
    keep_words,
    left_at,
    one_subscriber,
    refuse_changed,
    subscriber_of,
    subscription_row,
    use_link,
    who_follow,
    why_left,
    with_subscriptions,
    words_digest,
    write_subscriptions,
)
from publisher.store.people_schema import (
    IS_ACTIVE,
    confirmations,
    consents,
    link_key,
    subscribers,
    subscriptions,
    wordings,
)
from publisher.store.queue import insert_letters
from publisher.store.round_mails import follow_reader
from publisher.store.suppressions import (
    lift,
    note_departures,
    refuse_suppressed,
    suppress,
    suppressed_among,
    suppressions_of,
)


class Link(NamedTuple):
    """The stored request behind a link that works once."""

    kind: LetterKind
    token_digest: str
    confirmation: Confirmation


class Subscribers:
    """The people who subscribed. Transactions here do not lock the item log, so that a form need not wait for a
    source's changes to be written.
    """

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal

    # --- the key of links --------------------------------------------------------------------------------------------

    def key(self, *, proposed: str, now: datetime) -> str:
        """Return the key with which links are signed. If there is none yet, `proposed` is stored and returned."""
        query = select(link_key.c.key)
        with self._database.reading() as connection:
            found: str | None = connection.execute(query).scalar()
        if found is not None:
            return found
        with self._database.writing_beside() as connection:
            insert_or_leave(connection, link_key, {"id": 1, "key": proposed, "made_at": now})
            return str(connection.execute(query).scalar_one())

    # --- people ------------------------------------------------------------------------------------------------------

    def get(self, number: int) -> Subscriber | None:
        """Return the subscriber with this number, or `None` if there is none."""
        with self._database.reading() as connection:
            return one_subscriber(connection, subscribers.c.number == number)

    def by_address(self, address: str) -> Subscriber | None:
        """Return the subscriber with this address, or `None` if there is none."""
        with self._database.reading() as connection:
            return one_subscriber(connection, subscribers.c.address == address)

    def all(self, *, batch: int = BATCH) -> Iterator[list[Subscriber]]:
        """Yield all subscribers in the order of their numbers, in batches."""
        after = 0
        while True:
            with self._database.reading() as connection:
                query = select(subscribers).where(subscribers.c.number > after).order_by(subscribers.c.number)
                rows = connection.execute(query.limit(batch)).all()
                if not rows:
                    return
                found = [subscriber_of(row, subs) for row, subs in with_subscriptions(connection, rows)]
            yield found
            after = found[-1].number

    def known(self, addresses: Sequence[str], *, gone: Gone) -> dict[str, bool]:
        """Return which of the addresses (at most `BATCH`) are or were subscribed, each with whether it follows a theme
        now.

        Raises:
            FilesError: the file of departures cannot be read.
        """
        with self._database.reading() as connection:
            left = dict.fromkeys(gone.among(connection, addresses), False)
            return left | who_follow(connection, addresses)

    def count(self) -> int:
        """Return how many people follow something."""
        active = select(func.count(subscriptions.c.subscriber.distinct())).where(IS_ACTIVE)
        with self._database.reading() as connection:
            return connection.execute(active).scalar_one()

    def consents(self, number: int) -> list[Consent]:
        """Return the consents of a subscriber, in the order in which they were given."""
        query = select(consents, wordings.c.words).join(wordings, wordings.c.digest == consents.c.words_digest)
        query = query.where(consents.c.subscriber == number).order_by(consents.c.number)
        with self._database.reading() as connection:
            return [consent_of(row) for row in connection.execute(query)]

    def last_consents(self, numbers: Sequence[int]) -> dict[int, Consent]:
        """Return the last consents of these subscribers, by their numbers."""
        query = select(consents, wordings.c.words).join(wordings, wordings.c.digest == consents.c.words_digest)
        query = query.order_by(consents.c.subscriber, consents.c.number)
        with self._database.reading() as connection:
            return {
                row.subscriber: consent_of(row)
                for some in batches(numbers)
                for row in connection.execute(query.where(consents.c.subscriber.in_(some)))
            }

    def gone(self) -> Gone:
        """Return the people who are gone (left or erased) according to the file of departures, even if the store has no
        data about them any more.
        """
        return Gone(self._journal)

    def add_new(self, new: Sequence[tuple[Subscriber, Consent]], *, gone: Gone, now: datetime) -> dict[str, bool]:
        """Add new people, at most `BATCH`, with their consents, in one transaction.

        Returns the addresses that were not added because they are known, suppressed, or gone (they left or were
        erased). Each has whether its owner follows something now.

        Raises:
            FilesError: the file of departures cannot be read.
        """
        with self._database.writing_beside() as connection:
            addresses = [subscriber.address for subscriber, _ in new]
            suppressed = dict.fromkeys(suppressed_among(connection, addresses), False)
            left = dict.fromkeys(gone.among(connection, addresses), False)
            known = suppressed | left | who_follow(connection, addresses)
            fresh = [(each, consent) for each, consent in new if each.address not in known]
            numbers = insert_subscribers(connection, [each for each, _ in fresh], now=now)
            its = [(numbers[each.address], each, consent) for each, consent in fresh if each.address in numbers]
            subs = [subscription_row(number, sub) for number, each, _ in its for sub in each.subscriptions]
            if subs:
                connection.execute(insert(subscriptions), subs)
            digests = {words: keep_words(connection, words) for words in {consent.words for _, _, consent in its}}
            rows = [consent_row(number, 1, consent, digests[consent.words]) for number, _, consent in its]
            if rows:
                connection.execute(insert(consents), rows)
                keep_key(connection, self._journal)
        # a person who subscribed at the same moment counts as known
        return known | {each.address: True for each, _ in fresh if each.address not in numbers}

    def write(
        self,
        before: Subscriber | None,
        after: Subscriber,
        *,
        consent: Consent | None = None,
        used: str = "",
        is_reached: bool = False,
        suppression: Suppression | None = None,
        now: datetime,
    ) -> Subscriber | None:
        """Write a subscriber's new state and consent; return the subscriber with his number.

        `before` is his state when the change was decided, or `None` if he is new. `used` is the hash of the single-use
        token behind the change; if it was used before, nothing is written and `None` returned. The record of what he
        was sent is not changed.

        `is_reached` says that he used a link in a mail: then his bounce score is deleted, and a suppression by bounces
        is lifted. `suppression` is recorded together with the change.

        Raises:
            OutrunError: the stored subscriber changed meanwhile.
            SuppressedError: the subscriber would begin to follow something, and his address is suppressed.
        """
        with self._database.writing_beside() as connection:
            if used and not use_link(connection, used, now=now):
                return None
            number = (
                _insert(connection, after, now=now) if before is None else _change(connection, before, after, now=now)
            )
            if consent is not None:
                append_consent(connection, number, consent)
            if after.active and not (before and before.active):
                # refused first, because a line in the file of departures stays even if the transaction does not
                refuse_suppressed(connection, after.address, but=LIFTED_BY_FORM if is_reached else ())
            if is_reached:
                is_going_on = bool(before and before.active and after.active)
                forget_score(connection, number, is_going_on=is_going_on, now=now)
                lift(connection, self._journal, after.address, LIFTED_BY_FORM, now=now)
            if suppression is not None:
                kind, reason = suppression.kind, suppression.reason
                suppress(connection, self._journal, after.address, kind, reason=reason, now=now)
            self._note(connection, before, after, now=now)
            return replace(after, number=number)

    def _note(self, connection: Connection, before: Subscriber | None, after: Subscriber, *, now: datetime) -> None:
        """Record in the file of departures that a subscriber left or returned. Call this last before the commit."""
        was_active, is_active = bool(before and before.active), bool(after.active)
        if was_active != is_active:
            kind = DepartureKind.RETURNED if is_active else DepartureKind.LEFT
            because = None if is_active else why_left(after)
            note_departures(connection, self._journal, [after.address], kind, because=because, now=now)

    def departure_of(self, address: str) -> DepartureKind | None:
        """Return how an address is gone according to the file of departures (it left or was erased), so that no import
        adds it. Return `None` if it is not gone, or if the file cannot be read.
        """
        with self._database.reading() as connection:
            return departure_kind(connection, self._journal, address)

    def note_left(self, address: str, *, because: EndReason, now: datetime) -> None:
        """Record in the file of departures that the owner of an address left, though nobody with this address is
        subscribed here: a backup that is restored later may have him. Write nothing if the file says already that he is
        gone.
        """
        with self._database.writing_beside() as connection:
            if departure_kind(connection, self._journal, address) is None:
                left = DepartureKind.LEFT
                note_departures(connection, self._journal, [address], left, because=because, now=now)

    def erase(self, address: str, *, suppression: Suppression | None = None, now: datetime) -> bool:
        """Erase the data of an address, as `erase_address` does; return whether there was any data.

        `suppression` is recorded in the same transaction. The file of departures records the erasure even if there was
        no data, but only once: a backup that is restored later may have some.
        """
        with self._database.writing_beside() as connection:
            held = erase_address(connection, address, now=now)
            if held or departure_kind(connection, self._journal, address) is not DepartureKind.ERASED:
                note_departures(connection, self._journal, [address], DepartureKind.ERASED, now=now)
            if suppression is not None:
                suppress(connection, self._journal, address, suppression.kind, reason=suppression.reason, now=now)
            return held

    # --- links that work once ----------------------------------------------------------------------------------------

    def asked_at(self, kind: LetterKind, address: str) -> datetime | None:
        """Return when a letter of this kind was last requested for an address."""
        same = (confirmations.c.kind == kind, confirmations.c.address == address)
        with self._database.reading() as connection:
            return connection.execute(select(confirmations.c.asked_at).where(*same)).scalar()

    def requests(self, address: str) -> list[Link]:
        """Return the requests for links that were sent to an address and are still stored, used ones too."""
        order = (confirmations.c.asked_at, confirmations.c.kind)
        query = _LINKS.where(confirmations.c.address == address).order_by(*order)
        with self._database.reading() as connection:
            return [_link_of(row) for row in connection.execute(query)]

    def asked_since(self, since: datetime, *, kinds: Collection[LetterKind]) -> int:
        """Return for how many addresses letters of these kinds were requested since a moment; an address counts once
        per kind.
        """
        its = (confirmations.c.asked_at >= since, confirmations.c.kind.in_(kinds))
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).select_from(confirmations).where(*its)).scalar_one()

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
        """Record a request from a form, replacing an older request of that kind for the address, and queue the letter
        with its link.

        Returns False, and does neither, if the older request was made after `not_since`, or if the address has a
        suppression that no form lifts. Of several simultaneous requests, one is recorded.
        """
        row = {
            "token_digest": token_digest,
            "asked_at": now,
            "used_at": None,
            "language": request.language,
            "choices": dict(request.choices),
            "words_digest": words_digest(request.words),
            "subscriber": request.subscriber,
        }
        same = (confirmations.c.kind == kind, confirmations.c.address == request.address)
        with self._database.writing_beside() as connection:
            if any(not each.kind.is_lifted_by_form for each in suppressions_of(connection, request.address)):
                return False
            renewed = update(confirmations).where(*same, confirmations.c.asked_at <= not_since).values(row)
            is_kept = connection.execute(renewed).rowcount == 1
            if not is_kept:
                is_kept = insert_or_leave(connection, confirmations, {"kind": kind, "address": request.address, **row})
            if is_kept:
                keep_words(connection, request.words)
                insert_letters(connection, [letter], now=now)
            return is_kept

    def link(self, token_digest: str) -> Link | None:
        """Return the request behind the link that has this hash of its token, whether the link was used or not."""
        with self._database.reading() as connection:
            row = connection.execute(_LINKS.where(confirmations.c.token_digest == token_digest)).one_or_none()
        return None if row is None else _link_of(row)

    def use(self, token_digest: str, *, now: datetime) -> bool:
        """Mark the link with this hash of its token as used; return False if it was used before or does not exist."""
        with self._database.writing_beside() as connection:
            return use_link(connection, token_digest, now=now)

    def count_pending(self, *, since: datetime) -> int:
        """Return how many requests to subscribe made since a moment are not confirmed yet."""
        waits = (confirmations.c.kind == LetterKind.CONFIRM, confirmations.c.used_at.is_(None))
        with self._database.reading() as connection:
            query = select(func.count()).where(*waits, confirmations.c.asked_at > since)
            return connection.execute(query).scalar_one()


def _insert(connection: Connection, after: Subscriber, *, now: datetime) -> int:
    """Insert a new subscriber and his subscriptions; return his number."""
    number = insert_subscriber(connection, after, now=now)
    write_subscriptions(connection, number, (), after.subscriptions)
    return number


def _change(connection: Connection, before: Subscriber, after: Subscriber, *, now: datetime) -> int:
    """Write the new state of a subscriber, of his subscriptions and of the mails to him that wait; return his number.

    Raises:
        OutrunError: he changed meanwhile.
    """
    refuse_changed(connection, before)
    row = {"language": after.language, "paused_until": after.paused_until, "left_at": left_at(after)}
    came = {"came_at": now} if after.active and not before.active else {}
    connection.execute(update(subscribers).where(subscribers.c.number == after.number).values({**row, **came}))
    write_subscriptions(connection, after.number, before.subscriptions, after.subscriptions)
    follow_reader(connection, before, after, now=now)
    return after.number


_LINKS = select(confirmations, wordings.c.words).join(wordings, wordings.c.digest == confirmations.c.words_digest)


def _link_of(row: Row[Any]) -> Link:
    request = Request(
        address=row.address, choices=row.choices, language=row.language, words=row.words, subscriber=row.subscriber
    )
    confirmation = Confirmation(request=request, asked_at=row.asked_at, used_at=row.used_at)
    return Link(kind=row.kind, token_digest=row.token_digest, confirmation=confirmation)
