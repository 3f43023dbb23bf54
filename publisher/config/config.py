"""config.toml as values for the program. Every command reads it once at its start, and reports all its problems
together.

The rules of each key are in the module of its table: `feeds.limit` in `feeds.py`. Relative paths are relative to the
folder of config.toml, wherever a command is started.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from publisher.config.document import Document
from publisher.config.mistakes import read
from publisher.config.rules import contradictions
from publisher.config.service import ServiceSettings
from publisher.config.sources import SourceSettings, source_settings
from publisher.config.store import StoreSettings
from publisher.config.syntax import read_toml
from publisher.config.values import absolute
from publisher.model.editions import Audience, DigestStyle
from publisher.model.errors import ConfigError
from publisher.model.feeds import FeedSettings
from publisher.model.settings import BounceSettings, DeskSettings, SmtpSettings, SubscriberSettings
from publisher.model.site import Mailbox, Site
from publisher.model.sources import Fetching
from publisher.model.themes import ThemeMap
from publisher.rendering.addresses import wire_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The operator's configuration. All paths are absolute."""

    path: Path
    site: Site
    store: StoreSettings
    sources: tuple[SourceSettings, ...]
    themes: ThemeMap
    feeds: FeedSettings
    feeds_directory: Path
    audiences: tuple[Audience, ...]
    digest: DigestStyle
    fetching: Fetching
    outbox_directory: Path
    smtp: SmtpSettings | None
    """How mails are sent. If `None`, none are sent, and the outbox is the result."""
    bounces: BounceSettings | None
    """The mailbox in which bounces are read; `None` if none is read."""
    subscribers: SubscriberSettings | None
    """How the site serves subscribers. If `None`, nobody can subscribe, and no addresses are stored."""
    desk: DeskSettings | None
    """Who works at the editors' desk; `None` if there is no desk."""
    templates_directory: Path
    service: ServiceSettings
    notices_to: Mailbox | None
    """Who gets mails about failing sources; `None` if nobody does."""

    @property
    def departures(self) -> Path:
        """The path of the file of departures (who left or was erased)."""
        return self.departures_at(self.store.url)

    def departures_at(self, url: str) -> Path:
        """Return the path of the file of departures of a store at this SQLAlchemy URL: beside an SQLite file, or beside
        the outbox if the store is on a server.
        """
        database = StoreSettings(url=url).file
        if database is None:
            return self.outbox_directory.with_name("publisher.departures")
        return database.with_name(f"{database.name}.departures")

    @classmethod
    def load(cls, path: Path, *, environ: Mapping[str, str] = os.environ) -> "Config":
        """Read config.toml at `path`; `environ` has the variables that `env:` values name.

        Raises:
            ConfigError: the file cannot be read, or some keys are wrong. The error names all of them.
        """
        path = absolute(path)
        reading = read(read_toml(path))
        problems = [*reading.mistakes, *contradictions(reading, path, environ)]
        if problems:
            raise ConfigError(str(path), problems)
        return _config(reading.document, path, environ)


def _config(document: Document, path: Path, environ: Mapping[str, str]) -> Config:
    site, folder = document.site.site(), path.parent
    themes = document.themes.theme_map(site.language)
    return Config(
        path=path,
        site=site,
        store=document.store.settings(folder, environ),
        sources=tuple(source_settings(source, folder, environ) for source in document.sources),
        themes=themes,
        feeds=document.feeds.settings(themes, document.themes.contents()),
        feeds_directory=absolute(folder / document.feeds.directory),
        audiences=tuple(audience.audience(site, themes) for audience in document.audiences),
        digest=document.digest.style(site),
        fetching=document.fetching.limits(),
        outbox_directory=absolute(folder / document.outbox.directory),
        smtp=document.smtp.settings(folder, environ),
        bounces=document.bounces.settings(folder, environ),
        subscribers=_subscribers(document, site),
        desk=document.desk.settings(),
        templates_directory=absolute(folder / document.templates.directory),
        service=document.service.settings(),
        notices_to=document.notices.to,
    )


def _subscribers(document: Document, site: Site) -> SubscriberSettings | None:
    """Return how the site serves subscribers. Requests to unsubscribe by mail go to the mailbox for bounces, if there
    is one.
    """
    settings, mailbox = document.subscribers.settings(site), document.smtp.bounces
    is_read = any((document.bounces.maildir, document.bounces.mbox, document.bounces.host))
    return replace(settings, stop_by_mail=wire_address(mailbox)) if settings and mailbox and is_read else settings
