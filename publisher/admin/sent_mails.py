"""Editions, and rounds of mails to subscribers, that were sent or are being sent, with the counts of their mails.
Nothing is changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from publisher.admin.deliveries import delivery_counts
from publisher.admin.office import Office
from publisher.model.deliveries import DeliveryCounts, Order
from publisher.model.editions import Audience
from publisher.model.rounds import Round
from publisher.rendering import urls
from publisher.store import EditionRow

SHOWN = 40
"""How many of the latest editions, and of the latest rounds (mails to subscribers due at one moment), are shown."""
ORDERS = 20


class SentState(StrEnum):
    """What has become so far of an edition, or of a round (mails to subscribers due at one moment)."""

    HELD = "held"
    """The edition waits for its editor."""
    UNWRITTEN = "unwritten"
    """The edition is recorded, and not yet written into the outbox; or the mails to subscribers are still being
    planned.
    """
    OUT = "out"
    """The edition is in the outbox; its mails are in the ledger if this site sends them."""
    DISCARDED = "discarded"
    """The edition's editor discarded it."""
    EMPTIED = "emptied"
    """All items of the edition were withdrawn before it went out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An edition, or a round (the mails to subscribers due at one moment)."""

    name: str
    """The name of the edition or round of mails, such as `weekly-3` or `round-12`."""
    audience: str
    """The name of the audience (mailing list), or an empty string for mails to subscribers."""
    number: int
    paces: tuple[str, ...] = ()
    """The paces (how often subscribers get mails) that were due; empty for an edition."""
    at: datetime
    """When the edition was composed or the round of mails begun, in UTC."""
    items: int | None
    """How many items the edition has, or `None` for mails to subscribers, each of whom has items of his own."""
    state: SentState
    mails: DeliveryCounts | None
    """The counts of the mails, or `None` if the ledger has none or they were deleted."""
    page: str = ""
    """The address of the edition's page on the web, or an empty string if it has none."""

    @property
    def is_recallable(self) -> bool:
        """Whether some mails of an edition or round (mails due at one moment) are not handed over yet, so that they can
        be recalled.
        """
        return self.mails is not None and bool(self.mails.queued or self.mails.later or self.mails.held)

    @property
    def may_go_again(self) -> bool:
        """Whether mails can be sent again: some did not or may not have arrived, and none waits."""
        mails = self.mails
        if mails is None or self.state is not SentState.OUT or mails.queued or mails.later:
            return False
        is_missing = bool(mails.cancelled or mails.held)
        # for a round only waiting mails are sent again, not those that were refused or may have arrived twice
        return is_missing or (self.audience != "" and bool(mails.refused or mails.doubtful))

    @property
    def waiting(self) -> int:
        """How many mails of an edition or round (mails to subscribers due at one moment) are not handed over yet."""
        return 0 if self.mails is None else self.mails.queued + self.mails.later + self.mails.held


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMails:
    """The latest editions and rounds (mails to subscribers due at one moment), and what is paused."""

    sends: bool
    """Whether this site sends mails. If not, the outbox is the result."""
    sent: tuple[Sent, ...]
    """The editions and rounds (mails to subscribers due at one moment), latest first."""
    audiences: tuple[str, ...]
    """The names of the audiences that can be paused individually."""
    paused: Mapping[str, datetime]
    """Since when the mails of each paused audience are paused, by its name. The empty name stands for all mails."""
    outage: str
    """Why the mail server cannot be used, or an empty string if it can, as far as is known."""
    orders: Sequence[Order]
    """The operator's commands about mails, latest first."""


def oversee_sent(office: Office, *, orders_since: datetime) -> SentMails:
    """Return the latest editions and rounds (mails to subscribers due at one moment), the state of their mails, and the
    commands about mails since a moment.
    """
    store, config = office.store, office.config
    editions, rounds = store.editions.latest(limit=SHOWN), store.people.rounds.latest(limit=SHOWN)
    names = [*(row.name for row in editions), *(each.name for each in rounds)]
    mails = delivery_counts(config.smtp, store, names, now=office.now)
    unplanned = {each.number for each in store.people.rounds.unplanned()}
    by_name = {audience.name: audience for audience in config.audiences}
    found = [
        *(_edition(row, by_name.get(row.audience), mails, config.site.base_url) for row in editions),
        *(_round(each, mails, is_planned=each.number not in unplanned) for each in rounds),
    ]
    outage = store.mail.outages.current() if config.smtp else None
    return SentMails(
        sends=config.smtp is not None,
        sent=tuple(latest_first(found)),
        audiences=tuple(by_name),
        paused=store.mail.ledger.pauses.current(),
        outage=outage.problem if outage else "",
        orders=store.mail.ledger.orders.since(orders_since)[:ORDERS],
    )


def latest_first(sent: Iterable[Sent]) -> list[Sent]:
    """Return editions and rounds (mails to subscribers), latest first. Editions of one audience are sorted by number,
    because a clock may have been wrong.
    """
    return sorted(sent, key=lambda each: (each.at, each.number, each.name), reverse=True)


def state_of(row: EditionRow) -> SentState:
    """Return what has become of an edition so far."""
    if row.held_until and not row.written_at:
        return SentState.HELD
    if row.items:
        return SentState.OUT if row.written_at else SentState.UNWRITTEN
    return SentState.DISCARDED if row.dropped else SentState.EMPTIED


def _edition(row: EditionRow, audience: Audience | None, mails: Mapping[str, DeliveryCounts], base_url: str) -> Sent:
    state = state_of(row)
    has_page = state is SentState.OUT and audience is not None and audience.archive
    return Sent(
        name=row.name,
        audience=row.audience,
        number=row.number,
        at=row.composed_at,
        items=row.items,
        state=state,
        mails=mails.get(row.name),
        page=f"{base_url}{urls.edition_file(row.audience, row.number)}" if has_page else "",
    )


def _round(round_: Round, mails: Mapping[str, DeliveryCounts], *, is_planned: bool) -> Sent:
    return Sent(
        name=round_.name,
        audience="",
        number=round_.number,
        paces=round_.paces,
        at=round_.begun_at,
        items=None,
        state=SentState.OUT if is_planned else SentState.UNWRITTEN,
        mails=mails.get(round_.name),
    )
