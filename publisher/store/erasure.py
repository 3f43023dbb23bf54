"""Erases what the store holds of one address. What is counted stays, without saying whose it was."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, func, or_, select, update

from publisher.model.subscribers import ConsentKind, LetterKind, moved_name
from publisher.store.following import count_past
from publisher.store.mail_schema import IS_LETTER, bounces, deliveries
from publisher.store.people_schema import (
    bounce_scores,
    confirmations,
    consents,
    former_marks,
    subscribers,
    subscriptions,
    wordings,
)
from publisher.store.queue import cancel_deliveries, delete_finished_letters
from publisher.store.round_mails import is_letter_to, is_round_mail

_ERASED = "erased-"


def erase_address(connection: Connection, address: str, *, now: datetime) -> bool:
    """Erase the subscriber with that address, and the requests, letters and bounces of it; whether there was anything.

    His mails that are not handed over are taken back. Their rows, and those of bounces, stay for the counts, each with
    a random name in place of the address: two of them do not say that they were one reader's. So do the rows of
    `round_mails`, with a number that stands nowhere else. Mails to a mailing list of that address are left alone.
    """
    query = select(*subscribers.c["number", "bounce_mark"]).where(subscribers.c.address == address)
    reader = connection.execute(query.with_for_update()).one_or_none()
    its = confirmations.c.address == address
    if reader:
        its = or_(its, confirmations.c.subscriber == reader.number)
    addresses = [address, *_other_addresses(connection, reader.number if reader else 0)]
    marks = [reader.bounce_mark, *_former_marks(connection, reader.number)] if reader else []
    if reader:
        count_past(connection, reader.number, now=now)
    found = [_erase_reader(connection, reader.number)] if reader else []
    asked = connection.execute(delete(confirmations).where(its))
    mails = sum(_erase_mails(connection, each, now=now) for each in addresses)
    said = _erase_bounces(connection, address, marks)
    return any([*found, asked.rowcount, mails, said])


def has_unconfirmed(connection: Connection, *, before: datetime) -> bool:
    """Whether somebody asked to subscribe before then and never confirmed."""
    return connection.execute(_unconfirmed(before).limit(1)).scalar() is not None


def erase_unconfirmed(connection: Connection, *, before: datetime, now: datetime) -> int:
    """Erase what is held of those people, as `erase_address` does; return how many they are.

    Of a subscriber who asked once more, only that request goes.
    """
    asked = _unconfirmed(before).order_by(confirmations.c.address).with_for_update()
    found = connection.execute(asked).scalars().all()
    for address in found:
        its = (confirmations.c.kind == LetterKind.CONFIRM, confirmations.c.address == address)
        is_reader = select(subscribers.c.number).where(subscribers.c.address == address)
        if connection.execute(is_reader).scalar() is None:
            erase_address(connection, address, now=now)
        else:
            connection.execute(delete(confirmations).where(*its))
    return len(found)


def _unconfirmed(before: datetime) -> Select[Any]:
    is_waiting = (confirmations.c.kind == LetterKind.CONFIRM, confirmations.c.used_at.is_(None))
    return select(confirmations.c.address).where(*is_waiting, confirmations.c.asked_at < before)


def _erase_reader(connection: Connection, number: int) -> bool:
    """Erase a reader; also the words that the operator wrote for him alone, which may name him."""
    of_reader = (consents.c.subscriber == number, consents.c.kind == ConsentKind.OPERATOR)
    digests = list(connection.execute(select(consents.c.words_digest).where(*of_reader)).scalars())
    connection.execute(delete(consents).where(consents.c.subscriber == number))
    for digest in digests:
        others = select(consents.c.number).where(consents.c.words_digest == digest).exists()
        asked = select(confirmations.c.address).where(confirmations.c.words_digest == digest).exists()
        connection.execute(delete(wordings).where(wordings.c.digest == digest, ~others, ~asked))
    for table in (subscriptions, bounce_scores, former_marks):
        connection.execute(delete(table).where(table.c.subscriber == number))
    return connection.execute(delete(subscribers).where(subscribers.c.number == number)).rowcount == 1


def _other_addresses(connection: Connection, number: int) -> list[str]:
    """Addresses that a reader had before, or wanted, and that got a letter about it."""
    wanted = select(confirmations.c.address).where(confirmations.c.subscriber == number)
    is_told = and_(IS_LETTER, deliveries.c.name.startswith(f"{moved_name(number)}-"))
    had = select(deliveries.c.recipient).where(is_told)
    return [row[0] for query in (wanted, had) for row in connection.execute(query)]


def _erase_mails(connection: Connection, address: str, *, now: datetime) -> int:
    of_reader = or_(is_letter_to(address), is_round_mail(connection, address))
    ids = list(connection.execute(select(deliveries.c.id).where(of_reader).order_by(deliveries.c.id)).scalars())
    cancel_deliveries(connection, deliveries.c.id.in_(ids), now=now)
    delete_finished_letters(connection, ids)
    for each in ids:
        # The answer of a server repeats the address now and then, and the Message-ID has the reader's number.
        values = {"recipient": _nobody(), "message_id": f"<{_nobody()}>", "return_path": "", "reply": ""}
        connection.execute(update(deliveries).where(deliveries.c.id == each).values(values))
    return len(ids)


def _former_marks(connection: Connection, number: int) -> list[str]:
    query = select(former_marks.c.bounce_mark).where(former_marks.c.subscriber == number)
    return list(connection.execute(query).scalars())


def _erase_bounces(connection: Connection, address: str, marks: Sequence[str]) -> int:
    its = or_(func.lower(bounces.c.recipient) == address, bounces.c.token.in_(marks))
    values = {"recipient": "", "token": "", "words": ""}
    return connection.execute(update(bounces).where(its).values(values)).rowcount


def _nobody() -> str:
    return f"{_ERASED}{secrets.token_hex(10)}"
