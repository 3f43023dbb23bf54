"""Explains why a subscriber got an item, or did not, from the data in the store. The decision is pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from publisher.admin.hide import find_item
from publisher.admin.hindrances import Hindrance, find_hindrances
from publisher.config.config import Config
from publisher.model.bounces import BounceRow, BounceScore
from publisher.model.deliveries import DeliveryKind, DeliveryState, KnownDelivery
from publisher.model.departures import DepartureKind, Suppression
from publisher.model.records import Record, State
from publisher.model.rounds import ItemEntry
from publisher.model.subscribers import EVERYTHING, Consent, LetterKind, Subscriber, Subscription, SubscriptionState
from publisher.store import Store
from publisher.store.people import PastMail
from publisher.subscribers.people import People


class Relation(StrEnum):
    """The relation of an item to a subscription."""

    OTHER = "not of this theme"
    OLDER = "older than this subscription"
    DEALT = "dealt with"
    DUE = "due"
    TOO_LATE = "newer than its end"


class Verdict(StrEnum):
    """Why a subscriber got an item, or did not."""

    SENT = "sent"
    PLANNED = "planned"
    """The item is in a mail that is not sent yet."""
    WAITING = "waiting"
    """The moment at which the item appears has not come."""
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    HIDDEN = "hidden"
    TAKEN_OUT = "taken out"
    """An editor took the item out of an edition for good."""
    FORGOTTEN = "forgotten"
    """The mails with the item are sent long ago, and were deleted."""
    PASSED = "passed"
    """Mails were sent without the item, because readers could not see it then."""
    SUSPENDED = "suspended"
    """The item waits, because the subscriber is suspended: mails to him came back."""
    NEXT = "next"
    """The item comes with the next mail at the pace (how often mails come) `next_pace`."""
    LEFT = "left"
    OLDER = "older"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailWithItem:
    """A mail to a subscriber that contained the item, and the mail's delivery."""

    past: PastMail
    delivery: KnownDelivery | None
    """The delivery, or `None` if the ledger has deleted it."""
    is_too_old: bool = False
    """Whether the mail waited so long that it is not sent until the operator decides."""

    @property
    def waits(self) -> bool:
        """Whether the mail's delivery is not finished."""
        return self.delivery is not None and self.delivery.finished_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemStory:
    """What happened to one item for one subscriber."""

    record: Record
    relations: tuple[tuple[Subscription, Relation], ...]
    """The item's relation to each subscription, in the order in which the subscriptions began; empty if mails to
    subscribers never have the item.
    """
    mails: tuple[MailWithItem, ...]
    """The mails that were planned with the item. There is more than one only after a restore."""
    is_forgotten: bool
    """Whether the item is so old that the mails of its time were deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The history of one subscriber: what he followed, and the mails that he got."""

    address: str
    subscriber: Subscriber | None
    """The subscriber, or `None` if nobody with this address ever subscribed, or if he was erased."""
    asked_at: datetime | None
    """When somebody last asked to subscribe this address, in UTC, or `None` if that is not known."""
    departure: DepartureKind | None = None
    """How the person is gone according to the file of departures, so that no import adds the address. `None` if he is
    not gone, or is a subscriber.
    """
    consents: tuple[Consent, ...] = ()
    mails: tuple[MailWithItem, ...] = ()
    has_forgotten: bool = False
    """Whether the oldest mails were deleted."""
    renewal_asked_at: datetime | None = None
    """When he was asked whether he still wants his mails, in UTC, or `None` if he was not asked or has answered."""
    paused_until: datetime | None = None
    """The end of his pause, in UTC, or `None` if there is none or it is over."""
    present: Mapping[str, str] = field(default_factory=dict)
    """For each of his paces (how often he gets mails) that config.toml no longer has, the pace that he gets instead."""
    gone: frozenset[str] = frozenset()
    """The slugs of the themes that he follows and that no longer exist."""
    letter: KnownDelivery | None = None
    """The last letter in which he was asked to confirm his subscription, or `None` if the ledger (the table of all
    mails) has none, or if he is a subscriber.
    """
    hindrances: tuple[Hindrance, ...] = ()
    """What prevents or delays mails to all subscribers now."""
    bounces: tuple[BounceRow, ...] = ()
    score: BounceScore | None = None
    """His bounce score (points for mails that came back), or `None` if no mail to him came back."""
    suppressions: tuple[Suppression, ...] = ()
    """The suppressions of the address: the reasons why it gets no mail. If there are none, it may get mails."""
    due: Mapping[str, datetime]
    """When each of his paces (how often he gets mails) is next due, by its name.

    It is empty while he has paused, or is suspended because mails came back.
    """
    item: ItemStory | None = None
    """What happened to the item that was asked about, or `None` if none was."""


def tell_story(address: str, item: str | None, people: People, store: Store, config: Config) -> Story:
    """Return the history of a mail address. If `item` is an item's address or id, include whether and why the owner of
    the mail address got the item.

    Raises:
        UsageError: mail servers do not accept the address; there is no such item, or there are several.
    """
    wire = people.wire_address(address)
    record = find_item(item, store, config.site) if item is not None else None
    asked_at = store.people.subscribers.asked_at(LetterKind.CONFIRM, wire)
    known, suppressions = people.find(wire), store.people.suppressions.of(wire)
    deliveries, hindrances = store.people.histories.deliveries(wire), find_hindrances(config, store, now=people.now)
    if known is None:
        return Story(
            address=wire,
            subscriber=None,
            asked_at=asked_at,
            departure=store.people.subscribers.departure_of(wire),
            suppressions=suppressions,
            letter=_confirming(deliveries),
            hindrances=hindrances,
            due={},
        )
    score = store.people.bounce_scores.get(known.number)
    mails = _mails_of(known, deliveries, people, store, config)
    return Story(
        address=wire,
        subscriber=known,
        asked_at=asked_at,
        consents=tuple(store.people.subscribers.consents(known.number)),
        mails=mails,
        has_forgotten=store.people.histories.forgotten_upto() > 0,
        renewal_asked_at=_renewal_asked_at(known, store),
        paused_until=known.pause_at(people.now),
        present=_present_paces(known, people),
        gone=_gone_themes(known, people),
        hindrances=hindrances,
        bounces=tuple(store.people.histories.bounces(known.number)),
        score=score,
        suppressions=suppressions,
        due={} if score and score.suspended_at else _due(known, people),
        item=None if record is None else _item_story(record, known, mails, people, store),
    )


def _mails_of(
    known: Subscriber, deliveries: Sequence[KnownDelivery], people: People, store: Store, config: Config
) -> tuple[MailWithItem, ...]:
    """Return the digests to a subscriber, each with the state of its mail."""
    sent = {each.name: each for each in deliveries if each.kind is DeliveryKind.ROUND}
    oldest = people.now - config.smtp.max_age if config.smtp else None
    past = [(each, sent.get(each.round.name)) for each in store.people.histories.mails(known.number)]
    return tuple(
        MailWithItem(past=each, delivery=delivery, is_too_old=_is_too_old(delivery, oldest)) for each, delivery in past
    )


def _confirming(deliveries: Sequence[KnownDelivery]) -> KnownDelivery | None:
    """Return the last of these deliveries that is a letter with a link to confirm a subscription, or `None` if there is
    none.
    """
    its = f"{LetterKind.CONFIRM.value}-"
    letters = [each for each in deliveries if each.kind is DeliveryKind.LETTER and each.name.startswith(its)]
    return letters[-1] if letters else None


def _is_too_old(delivery: KnownDelivery | None, oldest: datetime | None) -> bool:
    """Whether a waiting mail was queued so long ago that it is sent only if the operator decides so."""
    if delivery is None or oldest is None or delivery.state is not DeliveryState.QUEUED:
        return False
    return delivery.queued_at <= oldest


def _renewal_asked_at(subscriber: Subscriber, store: Store) -> datetime | None:
    asked_at = store.people.subscribers.asked_at(LetterKind.RENEW, subscriber.address)
    consents = store.people.subscribers.consents(subscriber.number)
    is_answered = asked_at is None or any(each.at >= asked_at for each in consents)
    return None if is_answered or not subscriber.active else asked_at


def _present_paces(subscriber: Subscriber, people: People) -> dict[str, str]:
    gone = {each.pace for each in subscriber.subscriptions} - {*people.settings.pace_names}
    return dict.fromkeys(sorted(gone), people.settings.default_pace)


def _gone_themes(subscriber: Subscriber, people: People) -> frozenset[str]:
    there = {EVERYTHING, *(theme.slug for theme in people.themes)}
    return frozenset(each.theme for each in subscriber.active if each.theme not in there)


def _due(subscriber: Subscriber, people: People) -> dict[str, datetime]:
    after = max(people.now, subscriber.paused_until or people.now)
    followed = set(people.present_choices(subscriber.choices).values())
    return {pace.name: pace.schedule.next_after(after) for pace in people.settings.paces if pace.name in followed}


def _item_story(
    record: Record, subscriber: Subscriber, mails: Sequence[MailWithItem], people: People, store: Store
) -> ItemStory:
    is_told = record.state.is_live and record.added_seq
    entry = store.people.histories.entry(record.number, record.added_seq, upto=store.log.end()) if is_told else None
    named = entry and entry.renamed(people.current)
    paces = _present_paces(subscriber, people)
    presents = [replace(each, pace=paces.get(each.pace, each.pace)) for each in subscriber.subscriptions]
    relations = () if named is None else tuple((each, relation_of(each, named)) for each in presents)
    its = tuple(each for each in mails if record.number in each.past.items)
    is_forgotten = bool(record.added_seq) and record.added_seq <= store.people.histories.forgotten_upto()
    return ItemStory(record=record, relations=relations, mails=its, is_forgotten=is_forgotten)


def relation_of(subscription: Subscription, entry: ItemEntry) -> Relation:
    """Return how an item relates to a subscription, by the rule that decides which items are sent
    (`subscribers.rule`).
    """
    entered = {EVERYTHING: entry.added_seq, **entry.themes, **entry.left}
    seq = entered.get(subscription.theme)
    if seq is None:
        return Relation.OTHER
    if entry.added_seq <= subscription.start:
        return Relation.OLDER
    if seq <= subscription.cursor:
        return Relation.DEALT
    if subscription.theme in entry.left:
        return Relation.OTHER
    return Relation.DUE if subscription.state is SubscriptionState.ACTIVE else Relation.TOO_LATE


def verdict_of(item: ItemStory, story: Story) -> Verdict:
    """Return why the subscriber got the item, or did not."""
    relations = [relation for _, relation in item.relations]
    if item.mails:
        is_sent = any(each.delivery and each.delivery.state is DeliveryState.SENT for each in item.mails)
        return Verdict.SENT if is_sent else Verdict.PLANNED
    if not item.relations:
        return _UNSEEN.get(item.record.state, Verdict.TAKEN_OUT)
    if Relation.DEALT in relations:
        return Verdict.FORGOTTEN if item.is_forgotten else Verdict.PASSED
    if Relation.DUE in relations:
        is_suspended = story.score and story.score.suspended_at
        return Verdict.SUSPENDED if is_suspended else Verdict.NEXT
    if Relation.TOO_LATE in relations:
        return Verdict.LEFT
    return Verdict.OLDER if Relation.OLDER in relations else Verdict.OTHER


_UNSEEN = {
    State.WAITING: Verdict.WAITING,
    State.EXPIRED: Verdict.EXPIRED,
    State.WITHDRAWN: Verdict.WITHDRAWN,
    State.HIDDEN: Verdict.HIDDEN,
}


def next_pace(item: ItemStory, story: Story) -> str:
    """Return the pace (how often mails come) whose next mail brings the item to the subscriber, or an empty string if
    none will.
    """
    paces = {subscription.pace for subscription, relation in item.relations if relation is Relation.DUE}
    return next((pace for pace in story.due if pace in paces), "")
