"""Subscribers: people who get mails about the themes they chose, each theme at a pace."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

EVERYTHING = "*"
"""Stands in place of a theme's slug for all themes, also future ones."""
Choices: TypeAlias = Mapping[str, str]
"""The name of a pace (such as `weekly`) by the slug of a theme, or by `EVERYTHING`."""

TRUST_PROBE_AFTER = timedelta(days=7)
"""After this time, a probe (a letter that tests whether mails arrive) that has not come back counts as arrived."""
CONFIRM_WITHIN = timedelta(days=7)
"""How long the confirmation link is valid."""
DOUBLE_CLICK = timedelta(minutes=1)
"""How long a button that confirms gives the same answer again."""
MINE_WITHIN = timedelta(days=60)
"""How long the link in the foot of a mail opens the subscriber's own page."""
FRESH_WITHIN = timedelta(hours=1)
"""How long a link that a subscriber asked for is valid; the link works once."""
MOVE_WITHIN = timedelta(days=1)
"""How long the link that confirms a subscriber's new address is valid; the link works once."""
RENEW_WITHIN = timedelta(days=30)
"""How long a subscriber can say that he still wants his mails, after the letter that asks him (a renewal) was sent."""
UNDO_WITHIN = timedelta(days=7)
"""How long somebody who unsubscribed can undo it."""
LONGEST_PAUSE = timedelta(days=366)
"""The longest pause a subscriber can choose."""
LETTER_EVERY = timedelta(days=1)
"""An address gets at most one letter of each kind in this time, however often somebody asks for letters."""


class SubscriptionState(StrEnum):
    """How far a subscription has come. An unconfirmed request is a `Confirmation` and has no state yet."""

    ACTIVE = "active"
    ENDED = "ended"


class EndReason(StrEnum):
    """Why a subscription ended."""

    CHANGED = "changed"
    """The subscriber chose other themes."""
    UNSUBSCRIBED = "unsubscribed"
    """The subscriber left. He can undo that for a while (`UNDO_WITHIN`)."""
    OPERATOR = "operator"
    """The operator ended the subscription."""
    UNANSWERED = "unanswered"
    """The subscriber was asked whether he still wants his mails, and did not say that he does."""
    BOUNCED = "bounced"
    """Mails to the subscriber came back."""
    COMPLAINED = "complained"
    """The subscriber called a mail spam."""
    MOVED = "moved"
    """The subscriber moved to another address, and then a store from before the move was restored."""


class ConsentKind(StrEnum):
    """How a subscriber, or somebody for him, agreed to get mails."""

    FORM = "form"
    """The subscriber chose in a form and pressed the button behind the link in a letter."""
    OPERATOR = "operator"
    """The operator added the subscriber, and answers for the consent."""
    MOVED = "moved"
    """The subscriber gave a new address, and pressed the button behind the link in a letter to that address. His
    subscriptions stayed.
    """


class LetterKind(StrEnum):
    """The purpose of a letter."""

    CONFIRM = "confirm"
    LINK = "link"
    """A letter with a fresh link to the subscriber's own page."""
    MOVE = "move"
    """A letter to the new address that a subscriber gave, with a link to confirm the address."""
    MOVED = "moved"
    """A letter to the former address of a subscriber who changed his address, without a link."""
    PROBE = "probe"
    """A probe, which tests whether mails arrive again after some came back."""
    RENEW = "renew"
    """A letter (renewal) to a subscriber who consented long ago, with a link to say that he still wants his mails."""


class Right(StrEnum):
    """What a link allows its holder to do. A forwarded mail allows no more than `MINE` and `STOP`."""

    STOP = "stop"
    """End all subscriptions, undo that, or choose a slower pace. The link reveals nothing, and never expires."""
    MINE = "mine"
    """See and change themes, paces, pause and language; the subscriber's address is masked."""
    FRESH = "fresh"
    """Export or erase the subscriber's data, and change his address."""
    CONFIRM = "confirm"
    """Confirm what somebody chose in the form to subscribe."""
    MOVE = "move"
    """Confirm another address of a subscriber."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One subscriber's subscription to a theme. Items with log numbers in (start, cursor] are dealt with: it sends no
    more mail for them.
    """

    number: int
    """Counts the subscriptions of one subscriber from 1."""
    theme: str
    """The slug of a theme, or `EVERYTHING`."""
    pace: str
    state: SubscriptionState
    start: int
    """The end of the log when the subscription began: items added before are not sent for it."""
    cursor: int
    since: datetime
    """UTC; when the subscription was confirmed."""
    ended_at: datetime | None = None
    ended_because: EndReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person who gets mails, or got them before."""

    number: int
    """The subscriber's number, which no other person gets, even later."""
    address: str
    """The mail address in ASCII and lower case, as SMTP transmits it."""
    language: str
    """BCP 47; the language of fixed texts in the subscriber's mails."""
    since: datetime
    """UTC; when the subscriber first confirmed a subscription."""
    paused_until: datetime | None = None
    """UTC; no mail is sent until then, and no item is lost. `None` if there is no pause."""
    subscriptions: tuple[Subscription, ...] = ()
    """All subscriptions, including ended ones, in the order in which they began."""

    @property
    def active(self) -> tuple[Subscription, ...]:
        return tuple(each for each in self.subscriptions if each.state is SubscriptionState.ACTIVE)

    @property
    def choices(self) -> dict[str, str]:
        """What the subscriber follows now: the name of the pace (such as `weekly`) by the slug of the theme.

        A theme with the same pace as `EVERYTHING` is left out, because it adds nothing.
        """
        found = {each.theme: each.pace for each in self.active}
        every = found.get(EVERYTHING)
        return {theme: pace for theme, pace in found.items() if theme == EVERYTHING or pace != every}

    def pause_at(self, now: datetime) -> datetime | None:
        """Return until when no mail is sent; return `None` if there is no pause now."""
        return self.paused_until if self.paused_until is not None and self.paused_until > now else None

    @property
    def masked(self) -> str:
        """The address with most of its local part hidden, for pages that anybody with the link can open:
        `an…@example.org`.
        """
        return masked(self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What somebody agreed to: the exact words, when and how. A consent never changes."""

    kind: ConsentKind
    at: datetime
    """UTC; when the consent was given."""
    language: str
    choices: Choices
    words: str = field(repr=False)
    """The exact words beside the button that was pressed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody entered in the form to subscribe."""

    address: str
    choices: Choices
    language: str
    words: str
    """The exact words of consent that the form showed."""
    subscriber: int | None = None
    """The number of the subscriber whose new address the request's address will become; `None` if the request is about
    a subscription.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A request that waits for the subscriber to press the button behind the link in his letter."""

    request: Request
    asked_at: datetime
    """UTC; when the request was made."""
    used_at: datetime | None = None
    """UTC; when the subscriber pressed the button. `None` if he has not yet."""


def masked(address: str) -> str:
    """Return the address with most of its local part hidden: `an…@example.org`."""
    local, _, domain = address.rpartition("@")
    return f"{local[: min(2, len(local) - 1)]}…@{domain}"


def moved_name(number: int) -> str:
    """Return the prefix for the names of letters that tell a subscriber's former address about the new one."""
    return f"{LetterKind.MOVED.value}-{number}"


_OF_TOKEN = 16
"""How many digits of a hash a letter's name has; the hash is made from the token in the letter's link."""


def letter_name(kind: LetterKind, token_digest: str) -> str:
    """Return a letter's name in the ledger of mails and in messages; `token_digest` is the hash of the token in the
    letter's link.
    """
    return f"{kind.value}-{token_digest[:_OF_TOKEN]}"
