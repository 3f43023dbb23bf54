"""Renewals: a subscriber who consented long ago gets a letter that asks whether he still wants his mails. If he says
yes, his consent is renewed.

A request for renewal is a row of `confirmations`, like a request from a form. Its letter is in the ledger (the table of
all mails), where its state says whether and when it was sent; its name there ends in digits of the hash of the
request's token.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import and_, delete, func, insert, literal, select

from publisher.model.deliveries import DeliveryKind, DeliveryState, Letter
from publisher.model.retention import MAILS
from publisher.model.subscribers import RENEW_WITHIN, LetterKind, Request
from publisher.store.engine import BATCH, Database
from publisher.store.mail_schema import deliveries
from publisher.store.people_rows import keep_words
from publisher.store.people_schema import bounce_scores, confirmations, consents, subscribers
from publisher.store.queue import insert_letters
from publisher.store.suppressions import suppressed_among

_IS_RENEWAL = confirmations.c.kind == LetterKind.RENEW


class OldConsent(NamedTuple):
    """A subscriber, and when he last consented to mails."""

    number: int
    agreed_at: datetime
    """When the subscriber last consented, in UTC."""


class NewRenewal(NamedTuple):
    """The request and letter with which a subscriber will be asked whether he still wants his mails."""

    request: Request
    """The request to renew the consent; its field `subscriber` is the subscriber's number."""
    token_digest: str
    letter: Letter


class Renewals:
    """The subscribers to ask whether they still want their mails, and those who did not answer in time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def old_consents(self, *, before: datetime) -> list[OldConsent]:
        """Return subscribers who follow something and last consented before a moment, oldest consent first.

        Subscribers who were asked and may still answer, or who are suspended or suppressed, are left out.
        """
        asked = select(confirmations.c.subscriber).where(
            _IS_RENEWAL, confirmations.c.used_at.is_(None), confirmations.c.subscriber.is_not(None)
        )
        is_suspended = select(bounce_scores.c.subscriber).where(
            bounce_scores.c.subscriber == subscribers.c.number, bounce_scores.c.suspended_at.is_not(None)
        )
        last = func.max(consents.c.at)
        query = (
            select(subscribers.c.number, subscribers.c.address, last.label("agreed_at"))
            .join(consents, consents.c.subscriber == subscribers.c.number)
            .where(subscribers.c.left_at.is_(None), subscribers.c.number.not_in(asked), ~is_suspended.exists())
            .group_by(subscribers.c.number, subscribers.c.address)
            .having(last < before)
            .order_by(last, subscribers.c.number)
        )
        found: list[OldConsent] = []
        with self._database.reading() as connection:
            rows = iter(connection.execute(query).all())
            while some := list(islice(rows, BATCH)):
                suppressed = suppressed_among(connection, [row.address for row in some])
                found += (
                    OldConsent(number=row.number, agreed_at=row.agreed_at)
                    for row in some
                    if row.address not in suppressed
                )
        return found

    def count_asked(self) -> int:
        """Return how many subscribers were asked to renew their consent, have not answered yet, and follow
        something.
        """
        its = (_IS_RENEWAL, confirmations.c.used_at.is_(None), subscribers.c.left_at.is_(None))
        query = select(func.count()).select_from(confirmations)
        query = query.join(subscribers, subscribers.c.number == confirmations.c.subscriber)
        with self._database.reading() as connection:
            return connection.execute(query.where(*its)).scalar_one()

    def ask(self, new: Sequence[NewRenewal], *, now: datetime) -> int:
        """Record requests to renew a consent in one transaction, and queue the letters that ask the subscribers whether
        they still want their mails. Subscribers who left meanwhile are skipped.

        Returns how many subscribers are asked.
        """
        with self._database.writing_beside() as connection:
            numbers = [each.request.subscriber for each in new]
            there = select(subscribers.c.number).where(
                subscribers.c.number.in_(numbers), subscribers.c.left_at.is_(None)
            )
            readers = set(connection.execute(there.with_for_update()).scalars())
            asked = [each for each in new if each.request.subscriber in readers]
            addresses = [each.request.address for each in asked]
            connection.execute(delete(confirmations).where(_IS_RENEWAL, confirmations.c.address.in_(addresses)))
            if asked:
                words = {each: keep_words(connection, each) for each in {each.request.words for each in asked}}
                rows = [_row_of(each, words[each.request.words], now) for each in asked]
                connection.execute(insert(confirmations), rows)
                insert_letters(connection, [each.letter for each in asked], now=now)
            return len(asked)

    def unanswered(self, *, now: datetime) -> Iterator[tuple[int, str]]:
        """Yield the numbers of the subscribers who did not renew their consent in time, each with the hash of the
        request's token.
        """
        before = now - RENEW_WITHIN
        token = confirmations.c.token_digest
        its_letter = and_(
            deliveries.c.kind == DeliveryKind.LETTER,
            # as `letter_name` makes it
            deliveries.c.name == literal(f"{LetterKind.RENEW.value}-") + func.substr(token, 1, 16),
            deliveries.c.recipient == confirmations.c.address,
        )
        is_sent = and_(deliveries.c.state == DeliveryState.SENT, deliveries.c.finished_at < before)
        query = (
            select(confirmations.c.subscriber, confirmations.c.token_digest)
            .join(deliveries, its_letter)
            .where(_IS_RENEWAL, confirmations.c.used_at.is_(None), confirmations.c.asked_at < before, is_sent)
            .order_by(confirmations.c.subscriber)
        )
        with self._database.reading() as connection:
            found = connection.execute(query).all()
        yield from ((row.subscriber, row.token_digest) for row in found)

    def forget(self, *, now: datetime) -> None:
        """Delete requests to renew a consent whose letter was never sent, once the retention period of letters has
        passed.
        """
        its = and_(_IS_RENEWAL, confirmations.c.asked_at < now - MAILS)
        with self._database.reading() as connection:
            if connection.execute(select(confirmations.c.address).where(its).limit(1)).first() is None:
                return
        with self._database.writing_beside() as connection:
            connection.execute(delete(confirmations).where(its))


def _row_of(new: NewRenewal, words_digest: str, now: datetime) -> dict[str, Any]:
    request = new.request
    return {
        "kind": LetterKind.RENEW,
        "address": request.address,
        "token_digest": new.token_digest,
        "asked_at": now,
        "used_at": None,
        "language": request.language,
        "choices": dict(request.choices),
        "words_digest": words_digest,
        "subscriber": request.subscriber,
    }
