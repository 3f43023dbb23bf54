"""Reads and writes rows of subscribers and subscriptions within the caller's transaction."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from publisher.model.errors import OutrunError
from publisher.model.subscribers import Consent, EndReason, Subscriber, Subscription
from publisher.store.bounce_scores import new_mark
from publisher.store.people_schema import IS_ACTIVE, confirmations, consents, subscribers, subscriptions, wordings
from publisher.store.upsert import insert_into

_OF_SUBSCRIBER = ("number", "address", "language", "since", "paused_until")
_OF_SUBSCRIPTION = tuple(column.name for column in subscriptions.c if column.name != "subscriber")


def words_digest(words: str) -> str:
    """Return a hash that identifies the exact words of a consent."""
    return hashlib.sha256(words.encode()).hexdigest()


def one_subscriber(connection: Connection, which: Any) -> Subscriber | None:  # noqa: ANN401  (a condition)
    rows = connection.execute(select(subscribers).where(which)).all()
    found = [subscriber_of(row, subs) for row, subs in with_subscriptions(connection, rows)]
    return found[0] if found else None


def with_subscriptions(
    connection: Connection, rows: Sequence[Row[Any]]
) -> Iterable[tuple[Row[Any], tuple[Subscription, ...]]]:
    """Yield each of these rows of subscribers with that subscriber's subscriptions."""
    if not rows:
        return []
    its = subscriptions.c.subscriber.in_([row.number for row in rows])
    found = connection.execute(
        select(subscriptions).where(its).order_by(subscriptions.c.subscriber, subscriptions.c.number)
    )
    by_number = {number: tuple(map(_subscription_of, some)) for number, some in groupby(found, lambda row: row[0])}
    return [(row, by_number.get(row.number, ())) for row in rows]


def subscriber_of(row: Row[Any], subs: tuple[Subscription, ...]) -> Subscriber:
    return Subscriber(**{name: getattr(row, name) for name in _OF_SUBSCRIBER}, subscriptions=subs)


def consent_of(row: Row[Any]) -> Consent:
    return Consent(kind=row.kind, at=row.at, language=row.language, choices=row.choices, words=row.words)


def _subscription_of(row: Row[Any]) -> Subscription:
    return Subscription(**{name: getattr(row, name) for name in _OF_SUBSCRIPTION})


def subscription_row(number: int, subscription: Subscription) -> dict[str, Any]:
    return {"subscriber": number, **{name: getattr(subscription, name) for name in _OF_SUBSCRIPTION}}


def _subscriber_row(new: Subscriber, now: datetime) -> dict[str, Any]:
    row = {name: getattr(new, name) for name in _OF_SUBSCRIBER if name != "number"}
    return {**row, "came_at": now, "left_at": left_at(new), "bounce_mark": new_mark()}


def left_at(subscriber: Subscriber) -> datetime | None:
    """Return when the last subscription of a subscriber ended, or `None` if he still follows something."""
    if subscriber.active:
        return None
    return max((each.ended_at for each in subscriber.subscriptions if each.ended_at), default=subscriber.since)


def why_left(subscriber: Subscriber) -> EndReason | None:
    """Return why the last subscription of a subscriber ended, or `None` if none has ended."""
    ended = [(each.ended_at, each.number, each.ended_because) for each in subscriber.subscriptions if each.ended_at]
    return max(ended)[2] if ended else None


def who_follow(connection: Connection, addresses: Sequence[str]) -> dict[str, bool]:
    """Return which of the addresses belong to subscribers, each with whether he follows something."""
    its = (subscriptions.c.subscriber == subscribers.c.number, IS_ACTIVE)
    query = select(subscribers.c.address, select(subscriptions.c.subscriber).where(*its).exists())
    found = connection.execute(query.where(subscribers.c.address.in_(addresses)))
    return {address: bool(follows) for address, follows in found}


def insert_subscribers(connection: Connection, new: Sequence[Subscriber], *, now: datetime) -> dict[str, int]:
    """Insert subscribers, except those whose address another subscriber has; return their numbers by address."""
    if not new:
        return {}
    made = (
        insert_into(connection, subscribers)
        .on_conflict_do_nothing()
        .returning(subscribers.c.address, subscribers.c.number)
    )
    return {row.address: row.number for row in connection.execute(made, [_subscriber_row(each, now) for each in new])}


def insert_subscriber(connection: Connection, new: Subscriber, *, now: datetime) -> int:
    row = _subscriber_row(new, now)
    if not insert_or_leave(connection, subscribers, row):
        raise OutrunError("subscribers: somebody changed this subscription meanwhile; try again")
    query = select(subscribers.c.number).where(subscribers.c.address == new.address)
    return int(connection.execute(query).scalar_one())


def refuse_changed(connection: Connection, before: Subscriber) -> None:
    """Raise `OutrunError` unless the stored subscriber still equals `before`. What he was sent since, and renamed
    themes, do not count as changes.
    """
    lock = select(subscribers.c.number).where(subscribers.c.number == before.number).with_for_update()
    connection.execute(lock)
    now = one_subscriber(connection, subscribers.c.number == before.number)
    if now is None or _as_chosen(now) != _as_chosen(before):
        raise OutrunError("subscribers: somebody changed this subscription meanwhile; try again")


def _as_chosen(subscriber: Subscriber) -> Subscriber:
    its = tuple(replace(each, cursor=0, theme="") for each in subscriber.subscriptions)
    return replace(subscriber, subscriptions=its)


def write_subscriptions(
    connection: Connection, number: int, before: Sequence[Subscription], after: Sequence[Subscription]
) -> None:
    known: Mapping[int, Subscription] = {each.number: each for each in before}
    for each in after:
        if each.number not in known:
            connection.execute(insert(subscriptions).values(subscription_row(number, each)))
        elif each != known[each.number]:
            row = subscription_row(number, each)
            its = (subscriptions.c.subscriber == number, subscriptions.c.number == each.number)
            changed = {name: row[name] for name in ("pace", "state", "ended_at", "ended_because")}
            connection.execute(update(subscriptions).where(*its).values(changed))


def append_consent(connection: Connection, number: int, consent: Consent) -> None:
    digest = keep_words(connection, consent.words)
    last = connection.execute(select(func.max(consents.c.number)).where(consents.c.subscriber == number)).scalar() or 0
    connection.execute(insert(consents).values(consent_row(number, last + 1, consent, digest)))


def consent_row(subscriber: int, number: int, consent: Consent, digest: str) -> dict[str, Any]:
    return {
        "subscriber": subscriber,
        "number": number,
        "kind": consent.kind,
        "at": consent.at,
        "language": consent.language,
        "choices": dict(consent.choices),
        "words_digest": digest,
    }


def keep_words(connection: Connection, words: str) -> str:
    """Store the words of a consent; return their hash."""
    digest = words_digest(words)
    insert_or_leave(connection, wordings, {"digest": digest, "words": words})
    return digest


def use_link(connection: Connection, token_digest: str, *, now: datetime) -> bool:
    unused = (confirmations.c.token_digest == token_digest, confirmations.c.used_at.is_(None))
    return connection.execute(update(confirmations).where(*unused).values(used_at=now)).rowcount == 1


def insert_or_leave(connection: Connection, table: Any, row: Mapping[str, Any]) -> bool:  # noqa: ANN401  (a table)
    """Insert a row unless one with the same key exists, even one inserted at the same moment; return whether the row
    was inserted.
    """
    statement = insert_into(connection, table).values(row).on_conflict_do_nothing()
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount == 1
