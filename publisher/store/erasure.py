"""Erases what the store holds about mail addresses. Counts stay, without anything that points to a person."""

import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, func, or_, select, update

from publisher.model.subscribers import ConsentKind, LetterKind
from publisher.store.columns import Moment
from publisher.store.engine import batches
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
    """Erase the data of one address, as `erase_addresses` does; return whether there was any data."""
    return bool(erase_addresses(connection, {address: now}))


def erase_addresses(connection: Connection, moments: Mapping[str, datetime]) -> set[str]:
    """Erase the subscribers with these addresses, and their requests, letters and bounces; return the addresses about
    which there was any data.

    `moments` gives, for at most `BATCH` addresses, the moment of the erasure. Mails not handed over yet are cancelled.
    Rows of mails and bounces stay for the counts; the address in each is replaced by a random name, so that no two rows
    show the same person. Rows of `round_mails` stay too, with a random subscriber number. Mails to a mailing list with
    this address are left alone.
    """
    query = select(*subscribers.c["number", "address", "bounce_mark"]).where(subscribers.c.address.in_(moments))
    readers = connection.execute(query.order_by(subscribers.c.number).with_for_update()).all()
    owners = {row.number: row.address for row in readers}
    whose = dict.fromkeys(moments, "") | _other_addresses(connection, owners)
    whose = {address: owner or address for address, owner in whose.items()}
    marks = {row.bounce_mark: row.address for row in readers} | _former_marks(connection, owners)
    count_past(connection, {number: moments[address] for number, address in owners.items()})
    asked = _erase_requests(connection, moments, owners)
    _erase_readers(connection, owners)
    mailed = _erase_mails(connection, whose, now=max(moments.values()))
    return {*owners.values(), *asked, *mailed, *_erase_bounces(connection, moments, marks)}


def unconfirmed(*, before: Moment) -> Select[Any]:
    """Return a query for the addresses whose request to subscribe was made before a moment and never confirmed."""
    is_waiting = (confirmations.c.kind == LetterKind.CONFIRM, confirmations.c.used_at.is_(None))
    return select(confirmations.c.address).where(*is_waiting, confirmations.c.asked_at < before)


def erase_unconfirmed(connection: Connection, addresses: Collection[str], *, now: datetime) -> int:
    """Erase the data of addresses that never confirmed, at most `BATCH`, as `erase_addresses` does; return how many.

    If a subscriber made a request that he never confirmed, only the request is erased.
    """
    there = select(subscribers.c.address).where(subscribers.c.address.in_(addresses))
    readers = set(connection.execute(there).scalars())
    its = (confirmations.c.kind == LetterKind.CONFIRM, confirmations.c.address.in_(readers))
    connection.execute(delete(confirmations).where(*its))
    if gone := {*addresses} - readers:
        erase_addresses(connection, dict.fromkeys(sorted(gone), now))
    return len(addresses)


def _erase_requests(connection: Connection, addresses: Collection[str], owners: Mapping[int, str]) -> Iterable[str]:
    its = or_(confirmations.c.address.in_(addresses), confirmations.c.subscriber.in_(owners))
    asked = connection.execute(select(*confirmations.c["address", "subscriber"]).where(its)).all()
    connection.execute(delete(confirmations).where(its))
    return [owners.get(row.subscriber, row.address) for row in asked]


def _erase_readers(connection: Connection, numbers: Collection[int]) -> None:
    """Erase the subscribers with these numbers, and reasons that the operator wrote about them alone, because these may
    contain names.
    """
    of_readers = consents.c.subscriber.in_(numbers)
    written = select(consents.c.words_digest).where(of_readers, consents.c.kind == ConsentKind.OPERATOR).distinct()
    digests = set(connection.execute(written).scalars())
    connection.execute(delete(consents).where(of_readers))
    for table in (consents, confirmations) if digests else ():
        used = select(table.c.words_digest).where(table.c.words_digest.in_(digests)).distinct()
        digests -= set(connection.execute(used).scalars())
    connection.execute(delete(wordings).where(wordings.c.digest.in_(digests)))
    for table in (subscriptions, bounce_scores, former_marks):
        connection.execute(delete(table).where(table.c.subscriber.in_(numbers)))
    connection.execute(delete(subscribers).where(subscribers.c.number.in_(numbers)))


def _other_addresses(connection: Connection, owners: Mapping[int, str]) -> dict[str, str]:
    """Return the other addresses of subscribers, each with its owner's present address. These are addresses that a
    subscriber had before or wanted to have, and that got a letter about the change.

    An address that belongs to somebody else now is left out.
    """
    wanted = select(*confirmations.c["address", "subscriber"]).where(confirmations.c.subscriber.in_(owners))
    found = {row.address: owners[row.subscriber] for row in connection.execute(wanted)}
    begin = f"{LetterKind.MOVED.value}-"
    is_told = (IS_LETTER, deliveries.c.name.startswith(begin))
    for name, recipient in connection.execute(select(*deliveries.c["name", "recipient"]).where(*is_told)):
        number = name.removeprefix(begin).partition("-")[0]
        if (owner := owners.get(int(number) if number.isdecimal() else 0)) is not None:
            found[recipient] = owner
    others = select(subscribers.c.address).where(subscribers.c.address.in_(found), subscribers.c.number.not_in(owners))
    for address in connection.execute(others).scalars().all():
        del found[address]
    return found


def _erase_mails(connection: Connection, whose: Mapping[str, str], *, now: datetime) -> Iterable[str]:
    mails: dict[int, str] = {}
    for its in (is_letter_to(whose), is_round_mail(connection, whose)):
        found = connection.execute(select(*deliveries.c["id", "recipient"]).where(its))
        mails |= {row.id: row.recipient for row in found}
    # A server's answer may repeat the address, and the Message-ID contains the subscriber's number.
    values = {"recipient": bindparam("nobody"), "message_id": bindparam("no_id"), "return_path": "", "reply": ""}
    for ids in batches(sorted(mails)):
        cancel_deliveries(connection, deliveries.c.id.in_(ids), now=now)
        delete_finished_letters(connection, ids)
        rows = [{"its_id": each, "nobody": _nobody(), "no_id": f"<{_nobody()}>"} for each in ids]
        connection.execute(update(deliveries).where(deliveries.c.id == bindparam("its_id")).values(values), rows)
    return [whose[recipient] for recipient in mails.values()]


def _former_marks(connection: Connection, owners: Mapping[int, str]) -> dict[str, str]:
    query = select(*former_marks.c["bounce_mark", "subscriber"]).where(former_marks.c.subscriber.in_(owners))
    return {row.bounce_mark: owners[row.subscriber] for row in connection.execute(query)}


def _erase_bounces(connection: Connection, addresses: Collection[str], marks: Mapping[str, str]) -> Iterable[str]:
    recipient = func.lower(bounces.c.recipient)
    query = select(bounces.c.id, recipient.label("recipient"), bounces.c.token)
    said = connection.execute(query.where(or_(recipient.in_(addresses), bounces.c.token.in_(marks)))).all()
    values = {"recipient": "", "token": "", "words": ""}
    connection.execute(update(bounces).where(bounces.c.id.in_([row.id for row in said])).values(values))
    return [marks.get(row.token, row.recipient) for row in said]


def _nobody() -> str:
    return f"{_ERASED}{secrets.token_hex(10)}"
