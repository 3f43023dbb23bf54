"""Deliveries (mails to one recipient each): send those that are due, queue those that the operator asks for, and count
them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from publisher.config.config import Config
from publisher.deliver.mails import Mails
from publisher.deliver.pace import Throttle
from publisher.deliver.plan import audience_and_number, tally_planned
from publisher.model.deliveries import Delivery, DeliveryCounts, DeliveryKind
from publisher.model.editions import Audience
from publisher.model.errors import UsageError
from publisher.model.mail_reports import DeliverReport
from publisher.model.progress import Progress
from publisher.model.round_names import is_round_name
from publisher.model.settings import SmtpSettings
from publisher.model.site import Site
from publisher.rendering.envelopes import delivery_of
from publisher.store import Store


class DeliverySetup(NamedTuple):
    """What the sending of mails needs: settings, the store, and the functions that return mails."""

    settings: SmtpSettings
    store: Store
    mails_of: Mapping[DeliveryKind, Mails]
    pace: Throttle
    clock: Callable[[], datetime]
    progress: Progress
    is_stopping: Callable[[], bool]


def hand_over(setup: DeliverySetup) -> DeliverReport:
    """Send the due mails.

    Raises:
        BusyError: another process is sending, and the store allows only one.
    """
    ledger, now = setup.store.mail.ledger, setup.clock()
    with ledger.delivering(now=now):
        if not ledger.count_due(max_age=setup.settings.max_age, now=now):
            return _report_nothing_due(setup)
        from publisher.deliver.run import (  # late: importing asyncio and ssl takes 60 ms, and mails are seldom due
            DeliveryOptions,
            deliver,
        )

        options = DeliveryOptions(
            settings=setup.settings, clock=setup.clock, is_stopping=setup.is_stopping, progress=setup.progress
        )
        return deliver(ledger, setup.mails_of, setup.pace, options)


def rehearse_hand_over(setup: DeliverySetup) -> DeliverReport:
    """Return what `hand_over` would send now, without a connection to the mail server."""
    due = setup.store.mail.ledger.due(max_age=setup.settings.max_age, now=setup.clock())
    return DeliverReport(editions=tally_planned(due)) if due else _report_nothing_due(setup)


def _report_nothing_due(setup: DeliverySetup) -> DeliverReport:
    """Return the report if no mail is due now: when the next mail is due, and how many mails wait for the operator."""
    ledger, now, max_age = setup.store.mail.ledger, setup.clock(), setup.settings.max_age
    next_at = ledger.next_due(max_age=max_age, now=now)
    paused, held = ledger.count_stopped(max_age=max_age, now=now)
    return DeliverReport(next_at=next_at, wait=next_at - now if next_at else None, paused=paused, held=held)


def letter_mails(store: Store, claimed: Sequence[Delivery]) -> dict[int, bytes]:
    """Return the mails of letters (mails about a subscription itself) from the ledger, by the ids of their
    deliveries.
    """
    return store.mail.ledger.letters(claimed)


def queue_from(name: str, *, audiences: Sequence[Audience], store: Store, site: Site, now: datetime) -> int:
    """Queue the mails of an edition in the outbox and of all later editions of its audience; return how many were
    queued.

    Editions whose mails wait already become due now. Editions that were sent or refused stay as they are.

    Raises:
        UsageError: the outbox has no such edition, its audience is not in config.toml, or the operator has not yet said
            what went out since a backup that was restored.
    """
    if is_round_name(name):
        raise UsageError(
            f"{name} is a round of mails to subscribers: `publisher deliver --again {name}` sends what is left"
        )
    audience, first = audience_and_number(name, audiences)
    restoration = store.restorations.current()
    if restoration and restoration.holds(audience.name):
        raise UsageError(f"audience {audience.name!r}: first say what went out, as `publisher restore` explains")
    numbers = store.editions.written_numbers(audience.name, start=first)
    if first not in numbers:
        raise UsageError(f"edition {name} is not in the outbox; see `publisher edition list`")
    editions = (store.editions.get(audience.name, number) for number in numbers)
    return store.mail.ledger.queue([delivery_of(edition, audience, site) for edition in editions if edition], now=now)


def delivery_counts(
    settings: SmtpSettings | None, store: Store, names: Sequence[str], *, now: datetime
) -> dict[str, DeliveryCounts]:
    """Return the counts of deliveries of each of these editions, by name. If this site sends no mails, return none."""
    return store.mail.ledger.counts(names, max_age=settings.max_age, now=now) if settings else {}


def latest_mails(config: Config, store: Store, *, now: datetime) -> tuple[DeliveryCounts, ...]:
    """Return counts of the mails of all editions, rounds (mails to subscribers due at one moment) and letters that are
    not completely sent, and of each audience's last edition.
    """
    if config.smtp is None:
        return ()
    last = [row.name for audience in config.audiences for row in store.editions.latest(audience.name, limit=1)]
    names = list(dict.fromkeys([*store.mail.ledger.unfinished(), *last]))
    counts = delivery_counts(config.smtp, store, names, now=now)
    return tuple(counts[name] for name in names if name in counts)
