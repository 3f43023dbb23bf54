"""Rounds of mails to subscribers, with what they have to wait for."""

from collections.abc import Callable
from datetime import datetime

from publisher.compose import run as compose
from publisher.config.config import Config
from publisher.model.rounds import RoundReport
from publisher.model.site import Site
from publisher.model.subscribers import SubscriberSettings
from publisher.rendering.addresses import list_host, wire_address
from publisher.store import READERS, RoundEnvelope, Store
from publisher.subscribers.rounds import RoundKeeper


def keep_rounds(
    config: Config,
    settings: SubscriberSettings,
    store: Store,
    site: Site,
    *,
    now: datetime,
    is_stopping: Callable[[], bool],
) -> tuple[RoundReport, ...]:
    """Plan the mails to subscribers that are due; none are due while an editor looks at an edition, nor after a restore
    of which the operator has not said what went out.
    """
    envelope = RoundEnvelope(
        sender=wire_address(settings.from_.address),
        host=list_host(site),
        bounces=config.smtp.bounces if config.smtp else "",
    )
    keeper = RoundKeeper(store=store, settings=settings, themes=config.themes, envelope=envelope, now=now)
    return tuple(keeper.keep(is_held=_is_held(config, store), is_stopping=is_stopping))


def _is_held(config: Config, store: Store) -> bool:
    """Whether an edition waits for its editor, or an audience for a word of the operator after a restore."""
    names = {audience.name for audience in config.audiences}
    restoration = store.restorations.current()
    is_restored = restoration is not None and any(map(restoration.holds, (*names, READERS)))
    return is_restored or bool(held_by(config, store))


def held_by(config: Config, store: Store) -> tuple[str, ...]:
    """Names of the editions that wait for their editor: no round begins until they are out."""
    names = {audience.name for audience in config.audiences}
    return tuple(edition.name for edition in compose.held_editions(store) if edition.audience in names)
