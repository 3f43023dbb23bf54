"""Why a reader got an item, or did not: one story from what the store holds. Deciding is pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from publisher.admin.hide import find_item
from publisher.model.bounces import BounceRow, BounceScore
from publisher.model.deliveries import DeliveryKind, DeliveryState, KnownDelivery
from publisher.model.departures import Suppression
from publisher.model.records import Record
from publisher.model.rounds import ItemEntry
from publisher.model.site import Site
from publisher.model.subscribers import EVERYTHING, Consent, LetterKind, Subscriber, Subscription, SubscriptionState
from publisher.store import PastMail, Store
from publisher.subscribers.people import People


class Fate(StrEnum):
    """What an item is to a subscription."""

    OTHER = "not of this theme"
    OLDER = "older than this subscription"
    DEALT = "dealt with"
    DUE = "due"
    TOO_LATE = "newer than its end"


class Verdict(StrEnum):
    """Why a reader got an item, or did not."""

    SENT = "sent"
    PLANNED = "planned"
    """It is in a mail that is not sent."""
    UNSEEN = "unseen"
    """Readers do not see it, or an editor took it out."""
    PASSED = "passed"
    """A round passed without it, because readers did not see it then."""
    NEXT = "next"
    """It comes with the next mail of `next_pace`."""
    NO_PACE = "no pace"
    """It would come, but config.toml lacks the pace."""
    LEFT = "left"
    OLDER = "older"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail to a reader, and what became of it."""

    past: PastMail
    delivery: KnownDelivery | None
    """None: the ledger forgot it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemStory:
    """What became of one item for one reader."""

    record: Record
    fates: tuple[tuple[Subscription, Fate], ...]
    """Of each of his subscriptions, in the order in which they began; empty: rounds do not take the item."""
    mails: tuple[Mail, ...]
    """Those that were planned with it; more than one only after a restore."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that happened to one reader."""

    address: str
    subscriber: Subscriber | None
    """None: nobody is subscribed with that address, and never was, or he was erased."""
    asked_at: datetime | None
    """UTC; when the address last asked to subscribe, if that is known."""
    consents: tuple[Consent, ...] = ()
    mails: tuple[Mail, ...] = ()
    bounces: tuple[BounceRow, ...] = ()
    score: BounceScore | None = None
    """None: no mail came back lately."""
    suppressions: tuple[Suppression, ...] = ()
    """Why the address gets no mail; empty: it may get some."""
    due: Mapping[str, datetime]
    """By the name of each pace that he follows something at, when it is next due, and he has not paused.

    Empty while digests are suspended because mails came back.
    """
    item: ItemStory | None = None
    """None: none was asked for."""


def tell_story(address: str, item: str | None, people: People, store: Store, site: Site) -> Story:
    """The story of an address, and of an item by its address or id.

    Raises:
        UsageError: the address is none that mail servers take; there is no such item, or several.
    """
    wire = people.wire_address(address)
    record = find_item(item, store, site) if item is not None else None
    asked_at = store.subscribers.asked_at(LetterKind.CONFIRM, wire)
    known, suppressions = people.find(wire), store.suppressions.of(wire)
    if known is None:
        return Story(address=wire, subscriber=None, asked_at=asked_at, suppressions=suppressions, due={})
    score = store.bounce_scores.get(known.number)
    sent = {each.name: each for each in store.histories.deliveries(wire) if each.kind is DeliveryKind.ROUND}
    past = store.histories.mails(known.number)
    mails = tuple(Mail(past=each, delivery=sent.get(each.round.name)) for each in past)
    return Story(
        address=wire,
        subscriber=known,
        asked_at=asked_at,
        consents=tuple(store.subscribers.consents(known.number)),
        mails=mails,
        bounces=tuple(store.histories.bounces(known.number)),
        score=score,
        suppressions=suppressions,
        due={} if score and score.suspended_at else _due(known, people),
        item=None if record is None else _item_story(record, known, mails, people, store),
    )


def _due(subscriber: Subscriber, people: People) -> dict[str, datetime]:
    after = max(people.now, subscriber.paused_until or people.now)
    followed = set(people.present_choices(subscriber.choices).values())
    return {pace.name: pace.schedule.next_after(after) for pace in people.settings.paces if pace.name in followed}


def _item_story(
    record: Record, subscriber: Subscriber, mails: Sequence[Mail], people: People, store: Store
) -> ItemStory:
    is_told = record.state.is_live and record.added_seq
    entry = store.histories.entry(record.number, record.added_seq, upto=store.log.end()) if is_told else None
    themes = {} if entry is None else _renamed(entry.themes, people)
    named = entry and replace(entry, themes=themes)
    fates = () if named is None else tuple((each, fate_of(each, named)) for each in subscriber.subscriptions)
    its = tuple(each for each in mails if record.number in each.past.items)
    return ItemStory(record=record, fates=fates, mails=its)


def _renamed(themes: Mapping[str, int], people: People) -> dict[str, int]:
    """The same by the present slugs of the themes."""
    renamed: dict[str, int] = {}
    for slug, seq in themes.items():
        current = people.current(slug)
        renamed[current] = min(seq, renamed.get(current, seq))
    return renamed


def fate_of(subscription: Subscription, entry: ItemEntry) -> Fate:
    """What an item is to a subscription, by the rule of rounds (`subscribers.rule`)."""
    seq = entry.added_seq if subscription.theme == EVERYTHING else entry.themes.get(subscription.theme)
    if seq is None:
        return Fate.OTHER
    if entry.added_seq <= subscription.start:
        return Fate.OLDER
    if seq <= subscription.cursor:
        return Fate.DEALT
    return Fate.DUE if subscription.state is SubscriptionState.ACTIVE else Fate.TOO_LATE


def verdict_of(item: ItemStory, story: Story) -> Verdict:
    """Why the reader got the item, or did not."""
    fates = [fate for _, fate in item.fates]
    if item.mails:
        is_sent = any(each.delivery and each.delivery.state is DeliveryState.SENT for each in item.mails)
        return Verdict.SENT if is_sent else Verdict.PLANNED
    if not item.fates:
        return Verdict.UNSEEN
    if Fate.DEALT in fates:
        return Verdict.PASSED
    if Fate.DUE in fates:
        return Verdict.NEXT if next_pace(item, story) else Verdict.NO_PACE
    if Fate.TOO_LATE in fates:
        return Verdict.LEFT
    return Verdict.OLDER if Fate.OLDER in fates else Verdict.OTHER


def next_pace(item: ItemStory, story: Story) -> str:
    """The pace with whose next mail the item comes; empty: with none."""
    paces = {subscription.pace for subscription, fate in item.fates if fate is Fate.DUE}
    return next((pace for pace in story.due if pace in paces), "")
