"""All data held about one person, for that person: as JSON for programs and people (GDPR articles 15 and 20)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from publisher.model.bounces import BounceRow
from publisher.model.deliveries import DeliveryKind, KnownDelivery
from publisher.model.retention import BOUNCES, ENDED, MAILS, UNCONFIRMED
from publisher.model.site import Site
from publisher.model.subscribers import Subscriber
from publisher.rendering.urls import page_url
from publisher.store import Store
from publisher.store.people import PastMail
from publisher.store.subscribers import Link


def held_data(
    subscriber: Subscriber, store: Store, *, site: Site, privacy_url: str, now: datetime
) -> dict[str, object]:
    """Return all data that the store has about a subscriber; instants are UTC.

    The names and values are documented in `docs/privacy.md`, so that people may rely on them.
    """
    sent = store.people.histories.deliveries(subscriber.address)
    score = store.people.bounce_scores.get(subscriber.number)
    return {
        **_head(site, privacy_url, now),
        "kept_for_days": {"after_the_last_end": ENDED.days, "mails": MAILS.days, "mails_that_came_back": BOUNCES.days},
        "address": subscriber.address,
        "number": subscriber.number,
        "language": subscriber.language,
        "since": subscriber.since,
        "paused_until": subscriber.paused_until,
        "subscriptions": [asdict(each) for each in subscriber.subscriptions],
        "agreed": [asdict(each) for each in store.people.subscribers.consents(subscriber.number)],
        "mails": _mails(store.people.histories.mails(subscriber.number), sent, store, site),
        **_of_address(subscriber.address, sent, store.people.histories.bounces(subscriber.number), store),
        "failures": asdict(score) if score else None,
    }


def held_of_stranger(
    address: str, store: Store, *, site: Site, privacy_url: str, now: datetime
) -> dict[str, object] | None:
    """Return all data that the store has about the owner of an address who is no subscriber, with the same names as in
    `held_data`, or `None` if it has none.

    There is such data if he asked to subscribe and has not confirmed, if he got a letter, if a mail to him bounced, or
    if the address is suppressed.
    """
    bounces = store.people.histories.bounces_to(address)
    held = _of_address(address, store.people.histories.deliveries(address), bounces, store)
    if not any(held.values()):
        return None
    kept = {"unconfirmed": UNCONFIRMED.days, "mails": MAILS.days, "mails_that_came_back": BOUNCES.days}
    return {**_head(site, privacy_url, now), "kept_for_days": kept, "address": address, **held}


def _head(site: Site, privacy_url: str, now: datetime) -> dict[str, object]:
    return {"held_by": site.title, "at": now, "privacy": privacy_url}


def _of_address(
    address: str, sent: Sequence[KnownDelivery], bounces: Sequence[BounceRow], store: Store
) -> dict[str, object]:
    return {
        "asked_for": [_request(each) for each in store.people.subscribers.requests(address)],
        "letters": [_delivery(each) for each in sent if each.kind is DeliveryKind.LETTER],
        "came_back": [
            {"at": each.at, "kind": each.kind, "status": each.status, "words": each.words} for each in bounces
        ],
        "suppressed": [asdict(each) for each in store.people.suppressions.of(address)],
    }


def json_of(held: Mapping[str, object]) -> str:
    """Return the data held about a person as JSON text."""
    return json.dumps(held, ensure_ascii=False, indent=2, default=_plain) + "\n"


def _request(link: Link) -> dict[str, object]:
    """Return the data of a request for a letter with a link. Its choices and words are empty if the request is not
    about a subscription.
    """
    asked = link.confirmation
    request = {name: getattr(asked.request, name) for name in ("choices", "language", "words")}
    return {"kind": link.kind.value, "at": asked.asked_at, "used_at": asked.used_at, **request}


def _mails(
    past: Sequence[PastMail], sent: Sequence[KnownDelivery], store: Store, site: Site
) -> list[dict[str, object]]:
    numbers = sorted({number for mail in past for number in mail.items})
    urls = {record.number: page_url(record, site) for record in store.items.by_number(numbers)}
    by_name = {each.name: each for each in sent if each.kind is DeliveryKind.ROUND}
    return [
        {
            "name": mail.round.name,
            "begun_at": mail.round.begun_at,
            "items": [urls[number] for number in mail.items if number in urls],
            "delivery": _delivery(by_name[mail.round.name]) if mail.round.name in by_name else None,
        }
        for mail in past
    ]


def _delivery(delivery: KnownDelivery) -> dict[str, object]:
    names = ("name", "state", "attempts", "reply", "queued_at", "finished_at")
    return {name: getattr(delivery, name) for name in names}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"no JSON for {value!r}")
