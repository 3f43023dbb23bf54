"""Publisher: one site with everything it needs. The only place that wires, and the only one that asks for the time."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import cached_property
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from publisher import collect, compose, publish
from publisher.compose import Composer
from publisher.config import Config, SourceSettings
from publisher.errors import BusyError, FilesError, TemplateError, UsageError
from publisher.model import (
    Audience,
    AudienceStatus,
    CollectReport,
    ComposeReport,
    Edition,
    Problem,
    PublishReport,
    RunReport,
    RunStatus,
    SourceStatus,
    Status,
)
from publisher.observability import Progress, quiet
from publisher.publish import Publication
from publisher.rendering import urls
from publisher.rendering.templates import Templates, default_folders
from publisher.sources import KINDS, Source
from publisher.store import Store

if TYPE_CHECKING:  # only a preview renders from here
    from publisher.model import Digest

WAIT_S = 60.0
"""How long a pass waits for another process's pass; a whole one over 100,000 items takes about that."""
RUNS_SHOWN = 5
HELD = "held until feeds and pages can be published, so that no mail links to a page that is not there"


class Stages:
    """The stages of a pass, wired to one store: the site's, or a rehearsal of it."""

    def __init__(self, config: Config, *, store: Store, clock: Callable[[], datetime], progress: Progress) -> None:
        self._config = config
        self._store = store
        self._clock = clock
        self._progress = progress

    def collect(self) -> CollectReport:
        """Read every source once and record what changed."""
        sources = [_source(settings) for settings in self._config.sources]
        host, _, _ = self._authority.partition(",")
        minting = collect.Minting(site=self._config.site, theme_map=self._config.themes, authority=host)
        return collect.collect(sources, store=self._store, minting=minting, now=self._clock(), progress=self._progress)

    def publish(self, *, everything: bool) -> PublishReport:
        """Render what changed since the last time.

        Raises:
            FilesError: a file could not be written.
            TemplateError: a template cannot be used.
        """
        root = self._config.feeds_directory
        return publish.publish(
            self._store,
            self.publication,
            root,
            # An emptied folder is filled again without being asked.
            everything=everything or not (root / urls.INDEX_FILE).exists(),
            authority=self._authority,
            now=self._clock(),
            progress=self._progress,
        )

    def publish_plan(self) -> PublishReport:
        """The report `publish` would give, without its files."""
        plan = publish.plan(self._store, self.publication, everything=False)
        return PublishReport(feeds=() if plan.is_empty else (*plan.slugs, urls.ALL))

    def compose(self, audiences: Sequence[Audience]) -> ComposeReport:
        """Compose for these audiences what is new to them."""
        return compose.compose(audiences, store=self._store, composer=self.composer, now=self._clock())

    def compose_due(self, audiences: Sequence[Audience]) -> ComposeReport:
        """Compose for those of these audiences whose schedule asks for it."""
        return compose.compose_due(audiences, store=self._store, composer=self.composer, now=self._clock())

    def next_edition(self, audience: Audience) -> Edition | None:
        """What `compose` would record for the audience."""
        return compose.next_edition(audience, store=self._store, now=self._clock())

    @property
    def _authority(self) -> str:
        """RFC 4151 section 2.1: a name and a day on which it was ours; the first ones this store was told."""
        host = urlsplit(self._config.site.base_url).hostname
        return self._store.authority(f"{host},{self._clock().date()}")

    @cached_property
    def publication(self) -> Publication:
        """What feeds and pages are made with."""
        config = self._config
        return Publication(site=config.site, theme_map=config.themes, settings=config.feeds, templates=self._templates)

    @cached_property
    def composer(self) -> Composer:
        """What digests are made with."""
        return Composer(site=self._config.site, templates=self._templates, outbox=self._config.outbox_directory)

    @cached_property
    def _templates(self) -> Templates:
        return Templates((self._config.templates_directory, *default_folders()))


class Publisher:
    """One site. Every verb may be run at any time, by any number of processes, any number of times."""

    def __init__(self, config: Config, *, store: Store, clock: Callable[[], datetime], progress: Progress) -> None:
        self.config = config
        self._store = store
        self._clock = clock
        self._progress = progress
        self._stages = Stages(config, store=store, clock=clock, progress=progress)

    @classmethod
    @contextmanager
    def open(cls, config: Config, *, now: datetime | None = None, progress: Progress = quiet) -> Iterator[Self]:
        """Open the site's store for the length of a `with`. A fixed `now` travels in time.

        Raises:
            StoreError: the store cannot be used.
        """

        def clock() -> datetime:
            return now or datetime.now(UTC)

        with Store.open(config.store.url) as store:
            yield cls(config, store=store, clock=clock, progress=progress)

    # --- the verbs: each returns a report with its own stage filled --------------------------------------------------

    def collect(self) -> RunReport:
        """Read every source once and number what changed."""
        return self._recorded("collect", lambda: RunReport(collect=self._stages.collect()))

    def publish(self) -> RunReport:
        """Render the feeds and pages that changed."""
        return self._recorded("publish", lambda: self._published(RunReport(), everything=False))

    def publish_everything(self) -> RunReport:
        """Render every feed and page, changed or not; files that come out equal are not touched."""
        return self._recorded("publish", lambda: self._published(RunReport(), everything=True))

    def compose(self, audience: str | None = None) -> RunReport:
        """Compose for one audience, or all, what is new to them, whatever their schedule says."""
        audiences = self._audiences(audience)
        return self._recorded("compose", lambda: RunReport(compose=self._stages.compose(audiences)))

    def run(self) -> RunReport:
        """One whole pass: collect, publish, compose."""
        return self._recorded("run", lambda: self._pass(self._stages.compose, is_stopping=lambda: False))

    def run_due(self, *, is_stopping: Callable[[], bool] = lambda: False) -> RunReport:
        """One whole pass in which only audiences are composed whose schedule asks for it; ends early between stages."""
        return self._recorded("run", lambda: self._pass(self._stages.compose_due, is_stopping=is_stopping))

    def rehearse(self, verbs: Collection[str], *, audience: str | None = None) -> RunReport:
        """What these verbs would do now: exact, and nothing of it is kept."""
        audiences = self._audiences(audience)
        with self._rehearsal() as stages:
            report = RunReport()
            if "collect" in verbs:
                report = replace(report, collect=stages.collect())
            if "publish" in verbs:
                report = replace(report, publish=stages.publish_plan())
            if "compose" in verbs:
                editions = tuple(edition for each in audiences if (edition := stages.next_edition(each)))
                report = replace(report, compose=ComposeReport(editions=editions))
            return report

    def preview(self, audience: str | None = None) -> "tuple[Edition, Digest] | None":
        """The audience's next edition as it would be now, with what the sources list now; None: nothing is new."""
        [chosen, *_] = self._audiences(audience)
        with self._rehearsal() as stages:
            stages.collect()
            edition = stages.next_edition(chosen)
        return None if edition is None else (edition, self._stages.composer.digest(edition, chosen))

    def status(self) -> Status:
        """What ran, what is due, what waits, what is wrong; nothing is changed by asking."""
        store = self._store
        return Status(
            site=self.config.site.title,
            items=store.item_count(),
            is_served=self._is_served(),
            unpublished=store.log_end() - store.cursor(publish.CONSUMER).seq,
            unwritten=tuple(edition.name for edition in store.unwritten_editions()),
            sources=tuple(self._source_status(settings.name) for settings in self.config.sources),
            audiences=tuple(self._audience_status(audience) for audience in self.config.audiences),
            runs=tuple(
                RunStatus(verb=run.verb, started=run.started, exit_code=run.exit_code)
                for run in store.runs(limit=RUNS_SHOWN)
            ),
        )

    # --- one process at a time ---------------------------------------------------------------------------------------

    @contextmanager
    def only_service(self) -> Iterator[None]:
        """Be the one service of this site.

        Raises:
            BusyError: there is one already.
        """
        with self._store.exclusive("service", wait_s=0):
            yield

    def _is_served(self) -> bool:
        try:
            with self.only_service():
                return False
        except BusyError:
            return True

    # --- what status asks --------------------------------------------------------------------------------------------

    def _source_status(self, name: str) -> SourceStatus:
        state = self._store.source_state(name)
        return SourceStatus(
            name=name,
            listed=state.listed,
            changed_at=state.changed_at,
            failures=state.failures,
            problem=state.problem,
            failing_since=state.failing_since,
            skipped=tuple(state.skipped.splitlines()),
        )

    def _audience_status(self, audience: Audience) -> AudienceStatus:
        edition = self._stages.next_edition(audience)
        last = next(iter(self._store.editions(audience.name, limit=1)), None)
        return AudienceStatus(
            name=audience.name,
            waiting=len(edition.records) if edition else 0,
            next_tick=audience.schedule.next_after(self._clock()) if audience.schedule else None,
            last_edition=last.number if last else 0,
            last_composed_at=last.composed_at if last else None,
        )

    # --- the stages --------------------------------------------------------------------------------------------------

    def _pass(
        self, compose_stage: Callable[[Sequence[Audience]], ComposeReport], *, is_stopping: Callable[[], bool]
    ) -> RunReport:
        report = RunReport(collect=self._stages.collect())
        if is_stopping():
            return report
        report = self._published(report, everything=False)
        if is_stopping():
            return report
        if report.publish is None:
            held = Problem(where="compose", what=HELD)
            return replace(report, problems=(*report.problems, held))
        return replace(report, compose=compose_stage(self.config.audiences))

    def _published(self, report: RunReport, *, everything: bool) -> RunReport:
        """The report with the publishing stage; without it, and with a problem, when files could not be written."""
        try:
            return replace(report, publish=self._stages.publish(everything=everything))
        except (FilesError, TemplateError) as error:
            return replace(report, problems=(*report.problems, Problem.of("publish", error)))

    @contextmanager
    def _rehearsal(self) -> Iterator[Stages]:
        with self._store.rehearsal() as store:
            yield Stages(self.config, store=store, clock=self._clock, progress=self._progress)

    def _recorded(self, verb: str, work: Callable[[], RunReport]) -> RunReport:
        """Do the work as the only process at it, and keep its report if there is anything to say."""
        with self._store.exclusive("pass", wait_s=WAIT_S):
            started = self._clock()
            report = work()
            if report.is_news or report.all_problems:
                self._store.record_run(
                    verb,
                    started=started,
                    finished=self._clock(),
                    exit_code=report.exit_code,
                    report=json.dumps(asdict(report), default=str),
                )
            return report

    def _audiences(self, name: str | None) -> tuple[Audience, ...]:
        audiences = self.config.audiences
        chosen = tuple(audience for audience in audiences if name in (None, audience.name))
        if not chosen:
            known = ", ".join(audience.name for audience in audiences) or "none is configured"
            raise UsageError(f"no audience {name!r} in config.toml; there is: {known}")
        return chosen


def _source(settings: SourceSettings) -> Source:
    kind: Callable[..., Source] = resolve_name(KINDS[settings.kind])
    return kind(name=settings.name, **settings.options)
