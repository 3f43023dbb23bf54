"""Publisher: one site with everything it needs. The only place that wires, and the only one that asks for the time."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from publisher import __version__, collect, compose, publish
from publisher.collect import Minting, Suspicious
from publisher.compose import Composer
from publisher.config import Config, SourceSettings
from publisher.errors import BusyError, FilesError, TemplateError, UsageError
from publisher.mail.addresses import wire_address
from publisher.model import (
    Audience,
    AudienceStatus,
    CollectReport,
    ComposeReport,
    Edition,
    FeedKind,
    HeldStatus,
    Mailbox,
    Problem,
    PublishReport,
    Record,
    RunReport,
    RunStatus,
    SourceStatus,
    Status,
)
from publisher.notify import notify
from publisher.observability import Progress, quiet
from publisher.publication import CONSUMER, Extent, Publication
from publisher.publish import Comparison, Files
from publisher.rendering import urls
from publisher.rendering.templates import Templates, default_folders
from publisher.sources import Source
from publisher.sources.kinds import load_kind, parameters_of
from publisher.store import Store

if TYPE_CHECKING:  # what is imported when it is needed
    from publisher.check import CheckReport
    from publisher.examining import Examined
    from publisher.judging import Mail
    from publisher.model import Digest
    from publisher.outlook import Outlook
    from publisher.packing import PlainFiles
    from publisher.review import Review
    from publisher.sources.fetching import Fetcher
    from publisher.store import EditionRow
    from publisher.surveying import Survey

WAIT_S = 60.0
"""How long a pass waits for another process's pass; a whole one over 100,000 items takes about that."""
ASKED_S = 0.5
"""How long a starting service waits for whoever only asks whether there is one."""
RUNS_SHOWN = 5
COMPARED = 5
"""How far back an edition is looked for in the outbox to compare the next one with."""
HELD = "held until feeds and pages can be published, so that no mail links to a page that is not there"


class Stages:
    """The stages of a pass, wired to the site's store and folders."""

    def __init__(self, config: Config, store: Store, clock: Callable[[], datetime], progress: Progress) -> None:
        self._config = config
        self._store = store
        self._clock = clock
        self._progress = progress

    def collect(self, only: Collection[str] = (), *, suspicious: Suspicious = Suspicious.HOLD) -> CollectReport:
        """Read every source once, or these at once, and record what changed."""
        chosen = [settings for settings in self._config.sources if not only or settings.name in only]
        return collect.collect(
            [self.source(settings) for settings in chosen],
            store=self._store,
            minting=self._minting,
            now=self._clock(),
            policies={settings.name: settings.policy for settings in chosen},
            suspicious=suspicious,
            asked_for=only,
            configured=self._source_names,
            progress=self._progress,
        )

    def collect_from(self, source: Source, settings: SourceSettings) -> CollectReport:
        """Read this source of config.toml, whether or not it was to be left alone, and record what changed."""
        return collect.collect(
            [source],
            store=self._store,
            minting=self._minting,
            now=self._clock(),
            policies={settings.name: settings.policy},
            asked_for=(settings.name,),
            configured=self._source_names,
        )

    @property
    def _source_names(self) -> tuple[str, ...]:
        return tuple(settings.name for settings in self._config.sources)

    def source(self, settings: SourceSettings) -> Source:
        """What reads a source of config.toml."""
        return _source(settings, self._gifts)

    @property
    def _minting(self) -> Minting:
        config = self._config
        host, _, _ = self._authority.partition(",")
        return Minting(site=config.site, theme_map=config.themes, authority=host, combined=config.feeds.combined)

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

    def waiting(self, audience: Audience) -> int:
        """How many items the audience has not had yet."""
        return compose.waiting(audience, store=self._store, site=self._config.site)

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
        from publisher.sources.fetching import Fetcher  # late: httpx takes 0.1 s

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

    def _files(self, root: Path) -> Files:
        from publisher.packing import COPIES, PackedFiles  # late: what compresses is for those who write

        return PackedFiles(self._tree(root), wanted=COPIES if self._config.feeds.precompress else ())

    def _tree(self, root: Path) -> "PlainFiles":
        from publisher.files import Tree  # late: a pass with no news writes no file

        return Tree(root)


class RehearsedStages(Stages):
    """The same but for the files: they are rendered and compared with those that are there, and written nowhere."""

    @cached_property
    def composer(self) -> Composer:
        """What digests are made with."""
        return self._composer(compose.Rehearsal)

    def _tree(self, root: Path) -> "PlainFiles":
        return Comparison(root)


class Publisher:
    """One site. Every verb may be run at any time, by any number of processes, any number of times."""

    def __init__(self, config: Config, *, store: Store, clock: Callable[[], datetime], stages: Stages) -> None:
        self.config = config
        self._store = store
        self._clock = clock
        self._stages = stages

    @classmethod
    @contextmanager
    def open(cls, config: Config, *, now: datetime | None = None, progress: Progress = quiet) -> Iterator[Self]:
        """Open the site's store for the length of a `with`. A fixed `now` travels in time.

        Raises:
            StoreError: the store cannot be used.
        """
        clock = _clock(now)
        with Store.open(config.store.url) as store:
            yield cls(config, store=store, clock=clock, stages=Stages(config, store, clock, progress))

    @classmethod
    @contextmanager
    def rehearsing(cls, config: Config, *, now: datetime | None = None, progress: Progress = quiet) -> Iterator[Self]:
        """The site for the length of a `with`, whose verbs report exactly what they would do, and leave no trace.

        Raises:
            StoreError: the store cannot be used.
        """
        clock, file = _clock(now), config.store.file
        # A site that never ran shall not get a database by being asked what it would do.
        url = config.store.url if file is None or file.exists() else "sqlite://"
        with Store.open(url) as opened, opened.rehearsal() as store:
            yield cls(config, store=store, clock=clock, stages=RehearsedStages(config, store, clock, progress))

    # --- the verbs: each returns a report with its own stage filled --------------------------------------------------

    def collect(self, sources: Collection[str] = ()) -> RunReport:
        """Read every source once and number what changed; or only these, also those that wait for their turn.

        Raises:
            UsageError: there is no source of that name.
        """
        known = [source.name for source in self.config.sources]
        for name in sources:
            if name not in known:
                raise UsageError(f"no source {name!r} in config.toml; there is: {', '.join(known)}")
        return self._recorded("collect", lambda: RunReport(collect=self._stages.collect(sources)))

    def release_source(self, source: str) -> RunReport:
        """Take what a held source lists now for news.

        Raises:
            UsageError: there is no such source, or it is not held.
        """
        return self._decided("release", source, Suspicious.RELEASE)

    def discard_source(self, source: str) -> RunReport:
        """Keep what is new in a held source from readers for ever, and what is gone from it where it is.

        Raises:
            UsageError: there is no such source, or it is not held.
        """
        return self._decided("discard", source, Suspicious.DISCARD)

    def _decided(self, verb: str, source: str, suspicious: Suspicious) -> RunReport:
        held = [each.name for each in self.config.sources if self._store.source_state(each.name).held]
        if source not in held:
            raise UsageError(f"source {source!r} is not held; held is: {', '.join(held) or 'none'}")
        return self._recorded(verb, lambda: RunReport(collect=self._stages.collect([source], suspicious=suspicious)))

    def publish(self, extent: Extent = Extent.NEWS) -> RunReport:
        """Render the feeds and pages that changed, or more; files that come out equal are not touched."""
        return self._recorded("publish", lambda: self._with_hub_told(self._published(RunReport(), extent)))

    def compose(self, audience: str | None = None) -> RunReport:
        """Compose for one audience, or all, what is new to them, whatever their schedule says."""
        audiences = self.audiences(audience)
        return self._recorded("compose", lambda: RunReport(compose=self._stages.compose(audiences)))

    def run(self) -> RunReport:
        """One whole pass: collect, publish, compose."""
        return self._recorded("run", lambda: self._pass(self._stages.compose, is_stopping=lambda: False))

    def run_due(self, *, is_stopping: Callable[[], bool] = lambda: False) -> RunReport:
        """One whole pass in which only audiences are composed whose schedule asks for it; ends early between stages."""
        return self._recorded("run", lambda: self._pass(self._stages.compose_due, is_stopping=is_stopping))

    def preview(self, audience: str | None = None) -> "tuple[Edition, Digest] | None":
        """The next edition of the audience or the first that has one: a held one, else what `compose` would make now.

        None: for nobody.

        Raises:
            TemplateError: a template of digests cannot be used.
        """
        held = {edition.audience: edition for edition in compose.held_editions(self._store)}
        for each in self.audiences(audience):
            if edition := held.get(each.name) or self._stages.next_edition(each):
                return self._stages.composer.fitted(edition, each)
        return None

    def try_out(self, audience: str | None = None, *, to: str) -> list[Path]:
        """Write the next edition of one audience, or of each, as a mail to try; their folders. Nothing is recorded.

        Raises:
            FilesError: it cannot be written.
            TemplateError: a template of digests cannot be used.
            UsageError: `to` is no mail address.
        """
        mailbox = _mailbox(to)
        previews = [(each, self.preview(each.name)) for each in self.audiences(audience)]
        return [
            self._stages.composer.try_out(found[0], each, found[1], to=mailbox) for each, found in previews if found
        ]

    def outlooks(self, audience: str | None = None) -> "list[Outlook]":
        """All there is to say about the next edition of one audience, or of each.

        Raises:
            TemplateError: a template of digests cannot be used.
        """
        from publisher.outlook import outlook

        return [
            outlook(
                each,
                found := self.preview(each.name),
                behind=self._stages.left_behind(each, found[0] if found else None),
                rows=self._store.editions(each.name, limit=COMPARED),
                outbox=self.config.outbox_directory,
                site=self._stages.composer.site,
            )
            for each in self.audiences(audience)
        ]

    def check(self) -> "CheckReport":
        """What must be mended and what could be better, as the next editions would be with what is listed now.

        For a rehearsal: it collects.
        """
        from publisher.check import Checked, check  # late: no pass needs it, and reading HTML costs 20 ms

        problems = list(self.collect().all_problems)
        mails: list[Mail] = []
        for audience in self.config.audiences:
            try:
                mails += self._mails_to_judge(audience)
            except TemplateError as error:
                problems.append(Problem.of(f"audience {audience.name!r}", error))
        templates = self._stages.templates
        stranded = tuple(edition.name for edition in compose.stranded_editions(self.config.audiences, self._store))
        checked = Checked(
            config=self.config,
            templates=templates,
            mails=tuple(mails),
            problems=tuple(problems),
            stranded=stranded,
            survey=self._survey(),
        )
        return check(checked)

    def _survey(self) -> "Survey":
        from publisher.surveying import survey  # late: only `check` needs it

        store = self._store
        return survey(
            store.changed_records(0, store.log_end()),
            self.config.themes,
            names_of=store.names,
            feeds=[state.feed for state in store.open_feeds() if state.feed.kind is FeedKind.THEME],
        )

    def examine(self, source: str) -> "Examined":
        """What a source gives and what a pass would do with it; or how an address or a file could become a source.

        For a rehearsal: it collects.

        Raises:
            SourceError: it cannot be had.
            UsageError: there is no such source, address or file.
        """
        from publisher import examining  # late: no pass needs it, and reading HTML costs 20 ms

        settings = next((each for each in self.config.sources if each.name == source), None)
        now, stages = self._clock(), self._stages
        if settings is None:
            return examining.discover(source, self.config, fetcher=lambda: stages.fetcher, now=now)
        state = self._store.source_state(source)
        examined, given = examining.examine(
            stages.source(settings), settings, self.config, is_first=state.changed_at is None, now=now
        )
        if given is None:
            return examined
        found = self._recorded("check", lambda: RunReport(collect=stages.collect_from(given, settings)))
        waits_until = state.next_try if state.next_try and state.next_try > now else None
        return replace(examined, outcome=found.collect, waits_until=waits_until)

    def _mails_to_judge(self, audience: Audience) -> "Iterator[Mail]":
        from publisher.judging import Mail

        found = self.preview(audience.name)
        sample = None if found else self._stages.sample_edition(audience)
        if sample:
            found = self._stages.composer.fitted(sample, audience)
        if found:
            _, digest = found
            yield Mail(digest, audience=audience, site=self.config.site)

    # --- what an editor decides -------------------------------------------------------------------------------------

    def decide(self, decision: "Callable[[Review], ComposeReport]") -> RunReport:
        """Do what an editor decided about a held edition, as the only process at it.

        Raises:
            UsageError: the edition is not held, or has no such item.
        """
        return self._recorded("edition", lambda: RunReport(compose=decision(self._review)))

    def held_edition(self, name: str) -> Edition:
        """The held edition of that name.

        Raises:
            UsageError: it is not held.
        """
        return self._review.held(name)[0]

    def editions(self, *, limit: int) -> "list[EditionRow]":
        """The editions composed last, latest first."""
        return self._store.editions(limit=limit)

    @property
    def _review(self) -> "Review":
        from publisher.review import Review  # late: no pass needs it

        return Review(
            store=self._store, composer=self._stages.composer, audiences=self.config.audiences, now=self._clock()
        )

    def status(self) -> Status:
        """What ran, what is due, what waits, what is wrong; nothing is changed by asking."""
        store = self._store
        stranded = {edition.name for edition in compose.stranded_editions(self.config.audiences, store)}
        unwritten = [edition for edition in store.unwritten_editions() if edition.name not in stranded]
        return Status(
            site=self.config.site.title,
            items=store.item_count(),
            is_served=self._is_served(),
            unpublished=store.log_end() - store.cursor(CONSUMER).seq,
            unwritten=tuple(edition.name for edition in unwritten if edition.held_until is None),
            stranded=tuple(sorted(stranded)),
            held=tuple(self._held_status(edition) for edition in unwritten if edition.held_until is not None),
            sources=self.source_statuses(),
            audiences=tuple(self._audience_status(audience) for audience in self.config.audiences),
            runs=tuple(
                RunStatus(
                    verb=run.verb, started=run.started, exit_code=run.exit_code, problems=_problems_in(run.report)
                )
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
        with ExitStack() as stack:
            try:
                # Longer than `status` needs, which takes the same lock for a moment to see whether it is free.
                stack.enter_context(self._store.exclusive("service", wait_s=ASKED_S))
            except BusyError as error:
                problem = f"{self.config.path}: a service is at work on this site already; leave it to that one"
                raise BusyError(problem) from error
            yield

    def _is_served(self) -> bool:
        try:
            with self._store.exclusive("service", wait_s=0):
                return False
        except BusyError:
            return True

    # --- what status asks --------------------------------------------------------------------------------------------

    def source_statuses(self) -> tuple[SourceStatus, ...]:
        """How each source fares."""
        return tuple(self._source_status(settings) for settings in self.config.sources)

    def _source_status(self, settings: SourceSettings) -> SourceStatus:
        state, now = self._store.source_state(settings.name), self._clock()
        return SourceStatus(
            name=settings.name,
            condition=collect.condition_of(state, settings.policy, now=now),
            listed=state.listed,
            changed_at=state.changed_at,
            failures=state.failures,
            problem=state.problem,
            failing_since=state.failing_since,
            skipped=tuple(state.skipped.splitlines()),
            next_try=state.next_try if state.next_try and state.next_try > now else None,
            held=state.held,
            held_at=state.held_at,
            expect_every=settings.policy.expect_every,
        )

    def _held_status(self, edition: Edition) -> HeldStatus:
        (audience,) = self.audiences(edition.audience)
        return HeldStatus(
            edition=edition.name,
            items=len(edition.records),
            held_until=edition.held_until or edition.composed_at,
            on_silence=audience.on_silence,
        )

    def _audience_status(self, audience: Audience) -> AudienceStatus:
        last = next(iter(self._store.editions(audience.name, limit=1)), None)
        return AudienceStatus(
            name=audience.name,
            waiting=self._stages.waiting(audience),
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
        report = self._published(report, Extent.NEWS)
        if is_stopping():
            return report
        if report.publish is None:
            return replace(report, problems=(*report.problems, *self._held()))
        return self._with_hub_told(replace(report, compose=compose_stage(self.config.audiences)))

    def _held(self) -> Iterator[Problem]:
        """Why nothing is composed in a pass that could not publish; silence where nothing waits."""
        for audience in self.config.audiences:
            if self._stages.next_edition(audience):
                yield Problem(where=f"audience {audience.name!r}", what=HELD)

    def _published(self, report: RunReport, extent: Extent) -> RunReport:
        """The report with the publishing stage; without it, and with a problem, when files could not be written."""
        try:
            return replace(report, publish=self._stages.publish(extent))
        except (FilesError, TemplateError) as error:
            return replace(report, problems=(*report.problems, Problem.of("publish", error)))

    def _with_hub_told(self, report: RunReport) -> RunReport:
        """The report, with a problem when the hub of config.toml could not be told of changed feeds."""
        config = self.config
        if not config.feeds.hub:
            return report
        from publisher.websub import tell_hub  # late: few sites have a hub, and the network library costs 30 ms

        problems = tell_hub(self._store, config.feeds, config.site, config.themes)
        return replace(report, problems=(*report.problems, *problems))

    def _recorded(self, verb: str, work: Callable[[], RunReport]) -> RunReport:
        """Do the work as the only process at it, and keep its report if there is anything to say."""
        with self._store.exclusive("pass", wait_s=WAIT_S):
            started = self._clock()
            report = self._with_turns(work())
            if report.is_news or report.all_problems or self._had_problems():
                self._store.record_run(
                    verb,
                    started=started,
                    finished=self._clock(),
                    exit_code=report.exit_code,
                    report=json.dumps(asdict(report), default=str),
                )
            return report

    def _with_turns(self, report: RunReport) -> RunReport:
        """The report, with what people are told of sources and of editions that are held."""
        told = notify(self.config, store=self._store, composer=self._stages.composer, now=self._clock())
        return replace(report, turns=told.turns, notices=told.notices, problems=(*report.problems, *told.problems))

    def _had_problems(self) -> bool:
        """Whether `status` shows problems that the run now at its end no longer met."""
        return any(run.exit_code for run in self._store.runs(limit=1))

    def audiences(self, name: str | None) -> tuple[Audience, ...]:
        """The audience of that name; None: all.

        Raises:
            UsageError: there is none of that name.
        """
        audiences = self.config.audiences
        chosen = tuple(audience for audience in audiences if name in (None, audience.name))
        if name is not None and not chosen:
            known = ", ".join(audience.name for audience in audiences) or "none is configured"
            raise UsageError(f"no audience {name!r} in config.toml; there is: {known}")
        return chosen


def _mailbox(address: str) -> Mailbox:
    try:
        wire_address(address)
    except ValueError as error:
        raise UsageError(str(error)) from error
    return Mailbox(address=address)


def _problems_in(report: str) -> tuple[str, ...]:
    """The problems of a recorded `RunReport`, a line each."""
    values = json.loads(report)
    stages = [values["collect"], values["publish"], values["compose"], values]
    problems = [problem for stage in stages if stage for problem in stage["problems"]]
    return tuple(f"{problem['where']}: {problem['what']}" for problem in problems)


def _clock(now: datetime | None) -> Callable[[], datetime]:
    fixed = now and now.astimezone(UTC)
    return lambda: fixed or datetime.now(UTC)


def _source(settings: SourceSettings, gifts: Mapping[str, Callable[[], object]]) -> Source:
    kind = load_kind(settings.kind)
    given = {name: give() for name, give in gifts.items() if name in parameters_of(kind) and _is_wanted(name, settings)}
    return kind(name=settings.name, **settings.options, **given)


def _is_wanted(name: str, settings: SourceSettings) -> bool:
    """Whether to give a source what its class asks for; one that reads a file fetches nothing."""
    return name != "fetcher" or "path" not in settings.options
