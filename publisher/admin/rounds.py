"""Rounds of mails to subscribers, and the reasons for not beginning one now."""

from collections.abc import Callable, Collection
from datetime import datetime

from publisher.compose import run as compose
from publisher.config.config import Config
from publisher.model.errors import UsageError
from publisher.model.mail_reports import RoundReport
from publisher.model.settings import SubscriberSettings
from publisher.model.site import Site
from publisher.rendering.addresses import list_host, wire_address
from publisher.store import READERS, Store
from publisher.store.people import RoundEnvelope
from publisher.subscribers.rounds import RoundKeeper


class NoNewsError(UsageError):
    """Error: mails to subscribers were requested, but nothing is new to them."""


def keep_rounds(
    config: Config,
    settings: SubscriberSettings,
    store: Store,
    site: Site,
    *,
    now: datetime,
    is_stopping: Callable[[], bool],
) -> tuple[RoundReport, ...]:
    """Plan the mails to subscribers that are due. Nothing is planned while an editor reviews an edition or has
    postponed mails, or before the operator has said what went out since a restored backup.
    """
    is_held = (
        bool(held_by(config, store)) or is_unsettled(config, store) or store.people.rounds.next.edit().is_postponed(now)
    )
    keeper = _keeper(config, settings, store, site, now=now)
    return tuple(keeper.keep(is_held=is_held, is_stopping=is_stopping))


def begin_round(
    config: Config,
    settings: SubscriberSettings,
    store: Store,
    site: Site,
    *,
    paces: Collection[str],
    now: datetime,
    is_stopping: Callable[[], bool],
) -> tuple[RoundReport, ...]:
    """Make the mails to all subscribers who follow something at these paces (how often mails come) now, whatever the
    schedules say.

    Each subscriber gets what is new to him. If `paces` has all paces of the site, a postponement of mails ends.

    Raises:
        NoNewsError: nothing is new to these subscribers.
        UsageError: there is no such pace, an edition waits for its editor, or the operator must first say what went out
            since a restored backup.
    """
    known = [pace.name for pace in settings.paces]
    if unknown := sorted({*paces} - {*known}):
        raise UsageError(f"no pace {unknown[0]!r} in subscribers.paces; there is: {', '.join(known)}")
    if waiting := held_by(config, store):
        raise UsageError(f"no mail goes to subscribers while {', '.join(waiting)} waits for its editor")
    if is_unsettled(config, store):
        raise UsageError("the store was restored: say first what went out, as `publisher restore` explains")
    reports = _keeper(config, settings, store, site, now=now).begin_now(paces, is_stopping=is_stopping)
    if reports is None:
        raise NoNewsError("nothing is new to the subscribers of these paces")
    if {*paces} == {*known}:
        store.people.rounds.next.postpone(None)
    return tuple(reports)


def _keeper(config: Config, settings: SubscriberSettings, store: Store, site: Site, *, now: datetime) -> RoundKeeper:
    envelope = RoundEnvelope(
        sender=wire_address(settings.from_.address),
        host=list_host(site),
        bounces=config.smtp.bounces if config.smtp else "",
    )
    return RoundKeeper(store=store, settings=settings, themes=config.themes, envelope=envelope, now=now)


def is_unsettled(config: Config, store: Store) -> bool:
    """Whether an audience or subscribers wait until the operator has said what went out since a restored backup."""
    names = {audience.name for audience in config.audiences}
    restoration = store.restorations.current()
    return restoration is not None and any(map(restoration.holds, (*names, READERS)))


def held_by(config: Config, store: Store) -> tuple[str, ...]:
    """Return the names of the editions that wait for their editor. Until they are released or discarded, no mails to
    subscribers are made.
    """
    names = {audience.name for audience in config.audiences}
    return tuple(edition.name for edition in compose.held_editions(store) if edition.audience in names)
