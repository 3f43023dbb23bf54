"""Subscribers: people who get mails about the themes they chose, each theme at a pace."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from publisher.model.schedules import Schedule
from publisher.model.site import Mailbox

EVERYTHING = "*"
"""Stands in place of a theme's slug for all themes, also future ones."""
Choices: TypeAlias = Mapping[str, str]
"""The name of a pace by the slug of a theme, or by `EVERYTHING`."""

TRUST_PROBE_AFTER = timedelta(days=7)
"""A probe that was sent so long ago and did not come back has arrived."""
CONFIRM_WITHIN = timedelta(days=7)
"""How long the link to confirm is good."""
MINE_WITHIN = timedelta(days=60)
"""How long the link in the foot of a mail leads to its reader's choices."""
FRESH_WITHIN = timedelta(hours=1)
"""How long a link is good that a reader asked for; it works once."""
MOVE_WITHIN = timedelta(days=1)
"""How long a link is good that confirms another address of a reader; it works once."""
RENEW_WITHIN = timedelta(days=30)
"""How long a reader can say that he still wants his mails, once he was asked; from when his letter was sent."""
UNDO_WITHIN = timedelta(days=7)
"""How long somebody who unsubscribed can undo it."""
LONGEST_PAUSE = timedelta(days=366)
"""How far ahead the end of a reader's pause may be."""
LETTER_EVERY = timedelta(days=1)
"""An address gets at most one letter of each kind in this time, however often somebody asks."""


class SubscriptionState(StrEnum):
    """How far a subscription has come. An unconfirmed request is a `Confirmation` and has no state yet."""

    ACTIVE = "active"
    ENDED = "ended"


class EndReason(StrEnum):
    """Why a subscription ended."""

    CHANGED = "changed"
    """The reader chose other themes."""
    UNSUBSCRIBED = "unsubscribed"
    """The reader left; it can be undone for a while."""
    OPERATOR = "operator"
    """The operator ended it."""
    UNANSWERED = "unanswered"
    """The reader was asked whether he still wants his mails, and did not say so."""
    BOUNCED = "bounced"
    """Mails did not arrive."""
    COMPLAINED = "complained"
    """The reader called a mail spam."""


class ConsentKind(StrEnum):
    """How a reader, or somebody for him, agreed to get mails."""

    FORM = "form"
    """He chose in a form and pressed the button behind the link in a letter."""
    OPERATOR = "operator"
    """The operator added him, and answers for it."""
    MOVED = "moved"
    """He gave another address, and pressed the button behind the link in a letter to it. What he follows stayed."""


class LetterKind(StrEnum):
    """What a letter to one address is about."""

    CONFIRM = "confirm"
    LINK = "link"
    """A fresh link to the reader's own page."""
    MOVE = "move"
    """To the new address that a reader gave, with a link to confirm it."""
    MOVED = "moved"
    """To the former address of a reader who changed it, without a link."""
    PROBE = "probe"
    """Whether mails arrive again, after some came back."""
    RENEW = "renew"
    """To a reader who agreed long ago, with a link to say that he still wants his mails."""


class Right(StrEnum):
    """What a link allows its holder to do. A forwarded mail allows no more than `MINE` and `STOP`."""

    STOP = "stop"
    """End all subscriptions, undo that, or get fewer mails. It shows nothing, and never expires."""
    MINE = "mine"
    """See and change themes, paces, pause and language; the address is masked."""
    FRESH = "fresh"
    """Export, erase, and change the address."""
    CONFIRM = "confirm"
    """Confirm what somebody chose in the form."""
    MOVE = "move"
    """Confirm another address of a reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """A pace: how often mails come."""

    name: str
    """Lower-case letters, digits and hyphens, such as `weekly`."""
    schedule: Schedule
    words: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The operator's own words for the pace, by language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberSettings:
    """How the site serves subscribers."""

    paces: tuple[Pace, ...]
    """The most frequent first, as config.toml has them."""
    default_pace: str
    from_: Mailbox
    reply_to: Mailbox | None
    """The address for answers of readers; None: the sender's."""
    privacy_url: str
    postal_address: str
    max_items: int
    """How many items a mail has at most: the oldest go first, and the rest into the next mail."""
    stop_by_mail: str = ""
    """The mailbox, read by itself, to which a reader's program writes to unsubscribe; empty: who gets his answers."""

    @property
    def pace_names(self) -> tuple[str, ...]:
        return tuple(pace.name for pace in self.paces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One reader's subscription to a theme: it has dealt with the log numbers in (start, cursor]."""

    number: int
    """Counts the subscriptions of one subscriber from 1."""
    theme: str
    """A slug, or `EVERYTHING`."""
    pace: str
    state: SubscriptionState
    start: int
    """The end of the log when it began: items that were added before are not sent for it."""
    cursor: int
    since: datetime
    """UTC; when it was confirmed."""
    ended_at: datetime | None = None
    ended_because: EndReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """One reader."""

    number: int
    """Never given to another one."""
    address: str
    """The address as it goes over the wire: ASCII, in lower case."""
    language: str
    """BCP 47; of the fixed texts in his mails."""
    since: datetime
    """UTC; when he first confirmed."""
    paused_until: datetime | None = None
    """UTC; no mail comes until then, and no item is lost. None: he gets mails."""
    subscriptions: tuple[Subscription, ...] = ()
    """All subscriptions, ended ones too, in the order in which they began."""

    @property
    def active(self) -> tuple[Subscription, ...]:
        return tuple(each for each in self.subscriptions if each.state is SubscriptionState.ACTIVE)

    @property
    def choices(self) -> dict[str, str]:
        """What the reader follows now: the name of a pace by theme.

        A theme with the pace of everything is left out: it says nothing more.
        """
        found = {each.theme: each.pace for each in self.active}
        every = found.get(EVERYTHING)
        return {theme: pace for theme, pace in found.items() if theme == EVERYTHING or pace != every}

    def pause_at(self, now: datetime) -> datetime | None:
        """Until when no mail comes; None: he has not paused."""
        return self.paused_until if self.paused_until is not None and self.paused_until > now else None

    @property
    def masked(self) -> str:
        """The address as a page may show it to everybody who has the link: `an…@example.org`."""
        return masked(self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What somebody agreed to: the exact words, when and how. It never changes."""

    kind: ConsentKind
    at: datetime
    """UTC."""
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
    """The number of the subscriber whose new address it will become; None: the request is about a subscription."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A request that waits for the reader to press the button behind the link in his letter."""

    request: Request
    asked_at: datetime
    """UTC."""
    used_at: datetime | None = None
    """UTC; when he did. None: he did not yet."""


def masked(address: str) -> str:
    """Return the address with most of its local part hidden: `an…@example.org`."""
    local, _, domain = address.rpartition("@")
    return f"{local[: min(2, len(local) - 1)]}…@{domain}"


def moved_name(number: int) -> str:
    """Return how the names of letters begin that tell a subscriber's former address about his new one."""
    return f"{LetterKind.MOVED.value}-{number}"


_OF_TOKEN = 16
"""How many digits of the token's digest a letter's name has."""


def letter_name(kind: LetterKind, token_digest: str) -> str:
    """Return the name of a letter in the ledger and in messages; `token_digest` is the digest of its link's token."""
    return f"{kind.value}-{token_digest[:_OF_TOKEN]}"


ROUND = "round-"
"""The names of rounds begin so."""
READERS = "subscribers"
"""What all subscribers are called beside audiences, in List-Id above all."""


def round_name(number: int) -> str:
    """The name of a round in the ledger and in messages."""
    return f"{ROUND}{number}"


def is_round_name(name: str) -> bool:
    """Whether this is the name of a round, as `round_name` gives it."""
    return name.startswith(ROUND) and name.removeprefix(ROUND).isdecimal()


def number_of_round(name: str) -> int:
    """The number of the round that `round_name` gave this name."""
    return int(name.removeprefix(ROUND))
