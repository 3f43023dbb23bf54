"""The stages of a pass, wired to a site's store and folders. The only place that wires."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from publisher import __version__
from publisher.collect import run as collect
from publisher.collect.rules import CollectRules, OnSuspicion
from publisher.collect.sources.base import Source, load_kind, parameters_of
from publisher.compose import run as compose
from publisher.compose.run import Composer
from publisher.config.config import Config, SourceSettings
from publisher.model.editions import Audience, Edition
from publisher.model.errors import FilesError, TemplateError
from publisher.model.problems import Problem
from publisher.model.progress import Progress
from publisher.model.records import Record
from publisher.model.reports import CollectReport, ComposeReport, PublishReport
from publisher.publish import run as publish
from publisher.publish.plan import Extent, Publication
from publisher.rendering import urls
from publisher.rendering.templates import Templates, default_folders
from publisher.store import Store

if TYPE_CHECKING:  # what is imported when it is needed
    from publisher.collect.sources.fetch import Fetcher
    from publisher.publish.files import Files


class Stages:
    """The stages of a pass, wired to the site's store and folders."""

    def __init__(self, config: Config, store: Store, clock: Callable[[], datetime], progress: Progress) -> None:
        self._config = config
        self._store = store
        self._clock = clock
        self._progress = progress

    def collect(self, only: Collection[str] = (), *, on_suspicion: OnSuspicion = OnSuspicion.HOLD) -> CollectReport:
        """Read every source once, or these at once, and record what changed."""
        chosen = [settings for settings in self._config.sources if not only or settings.name in only]
        return collect.collect(
            [self.source(settings) for settings in chosen],
            store=self._store,
            rules=replace(self._collect_rules, on_suspicion=on_suspicion),
            now=self._clock(),
            asked_for=only,
            progress=self._progress,
        )

    def collect_from(self, source: Source) -> CollectReport:
        """Read this source of config.toml, whether or not it was to be left alone, and record what changed."""
        return collect.collect(
            [source], store=self._store, rules=self._collect_rules, now=self._clock(), asked_for=(source.name,)
        )

    def source(self, settings: SourceSettings) -> Source:
        """What reads a source of config.toml."""
        return _source(settings, self._gifts)

    @property
    def _collect_rules(self) -> CollectRules:
        config = self._config
        host, _, _ = self._authority.partition(",")
        policies = {settings.name: settings.policy for settings in config.sources}
        return CollectRules(
            site=config.site,
            theme_map=config.themes,
            authority=host,
            combined=config.feeds.combined,
            policies=policies,
            configured=policies.keys(),
        )

    def publish(self, extent: Extent) -> PublishReport:
        """Render what changed since the last time, or more.

        Raises:
            FilesError: a file could not be written.
            TemplateError: a template cannot be used.
        """
        root = self._config.feeds_directory
        return publish.publish(
            self._store,
            self.publication,
            lambda: self._files(root),
            # An emptied folder is filled again without being asked.
            extent=Extent.ALL if extent is Extent.NEWS and not (root / urls.INDEX_FILE).exists() else extent,
            authority=self._authority,
            now=self._clock(),
            progress=self._progress,
        )

    def compose(self, audiences: Sequence[Audience]) -> ComposeReport:
        """Compose for these audiences what is new to them."""
        report = compose.compose(audiences, store=self._store, composer=self.composer, now=self._clock())
        return self._with_pages(report)

    def compose_due(self, audiences: Sequence[Audience]) -> ComposeReport:
        """Compose for those of these audiences whose schedule asks for it."""
        report = compose.compose_due(audiences, store=self._store, composer=self.composer, now=self._clock())
        return self._with_pages(report)

    def _with_pages(self, report: ComposeReport) -> ComposeReport:
        """The report, with a problem when pages of earlier editions could not be written; the next pass does it then.

        Those of this pass are there before their mails; where that failed the report says so already.
        """
        if report.problems:
            return report
        try:
            publish.publish_editions(self._store, self.publication, lambda: self._files(self._config.feeds_directory))
        except (FilesError, TemplateError) as error:
            return replace(report, problems=(*report.problems, Problem.of("archive of editions", error)))
        return report

    def next_edition(self, audience: Audience) -> Edition | None:
        """What `compose` would record for the audience."""
        return compose.next_edition(audience, store=self._store, site=self._config.site, now=self._clock())

    def sample_edition(self, audience: Audience) -> Edition | None:
        """An edition of the latest items."""
        return compose.sample_edition(audience, store=self._store, site=self._config.site, now=self._clock())

    def left_behind(self, audience: Audience, edition: Edition | None) -> list[tuple[Record, str]]:
        """What is new and not in the next edition of the audience, and why."""
        return compose.left_behind(audience, edition, store=self._store, site=self._config.site)

    @property
    def _authority(self) -> str:
        """RFC 4151 section 2.1: a name and a day on which it was ours; the first ones this store was told."""
        host = urlsplit(self._config.site.base_url).hostname
        return self._store.authority(f"{host},{self._clock().date()}")

    @property
    def _gifts(self) -> dict[str, Callable[[], object]]:
        """What a kind of source gets from the site when its class asks for it: `sources.GIVEN`."""
        return {"fetcher": lambda: self.fetcher, "timezone": lambda: self._config.site.timezone}

    @cached_property
    def fetcher(self) -> "Fetcher":
        """What asks the web."""
        from publisher.collect.sources.fetch import Fetcher  # late: httpx takes 0.1 s

        site = self._config.site
        agent = f"publisher/{__version__} (+{site.base_url}; {site.author.address})"
        return Fetcher(settings=self._config.fetching, user_agent=agent)

    @cached_property
    def publication(self) -> Publication:
        """What feeds and pages are made with."""
        config = self._config
        return Publication(
            site=config.site,
            theme_map=config.themes,
            settings=config.feeds,
            templates=self.templates,
            audiences=tuple(audience for audience in config.audiences if audience.is_public),
        )

    @cached_property
    def composer(self) -> Composer:
        """What digests are made with."""
        return self._composer(Composer)

    def _composer(self, kind: type[Composer]) -> Composer:
        config = self._config
        host, _, _ = self._authority.partition(",")
        return kind(
            site=replace(config.site, first_host=host),
            templates=self.templates,
            outbox=config.outbox_directory,
            style=config.digest,
            config=config.path,
            show=self._show,
        )

    @cached_property
    def templates(self) -> Templates:
        """The site's own, and those that came along."""
        return Templates((self._config.templates_directory, *default_folders()))

    def _show(self, edition: Edition) -> None:
        publish.publish_edition(
            self._store, self.publication, lambda: self._files(self._config.feeds_directory), edition
        )

    def _files(self, root: Path) -> "Files":
        from publisher.store.files import Tree  # late: a pass with no news writes no file

        return Tree(root)


class Comparison:
    """The files below `root`, which stay as they are."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, path: str, data: bytes) -> bool:
        """Whether `path` has another content than `data`, or none."""
        file = self._root / path
        return not file.is_file() or file.read_bytes() != data

    def remove(self, path: str) -> bool:
        """Whether there is something to take away."""
        return self.has(path)

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return (self._root / path).is_file()

    def has_any(self, suffixes: tuple[str, ...]) -> bool:
        """Whether the name of any file ends so."""
        return any(path.name.endswith(suffixes) for path in self._root.rglob("*"))

    def commit(self) -> None:
        """Nothing: readers see what they saw."""


class RehearsedStages(Stages):
    """The same but for the files: they are rendered and compared with those that are there, and written nowhere."""

    @cached_property
    def composer(self) -> Composer:
        """What digests are made with."""
        return self._composer(compose.Rehearsal)

    def _files(self, root: Path) -> "Files":
        return Comparison(root)


def _source(settings: SourceSettings, gifts: Mapping[str, Callable[[], object]]) -> Source:
    kind = load_kind(settings.kind)
    given = {name: give() for name, give in gifts.items() if name in parameters_of(kind) and _is_wanted(name, settings)}
    return kind(name=settings.name, **settings.options, **given)


def _is_wanted(name: str, settings: SourceSettings) -> bool:
    """Whether to give a source what its class asks for; one that reads a file fetches nothing."""
    return name != "fetcher" or "path" not in settings.options
