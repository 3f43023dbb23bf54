"""Publisher: one site and all that can be done with it. The only place that asks for the time."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from publisher.admin.notices import notify
from publisher.admin.status import kept_report, status
from publisher.collect.rules import OnSuspicion
from publisher.compose import run as compose
from publisher.config.config import Config
from publisher.model.editions import Audience, Edition
from publisher.model.errors import BusyError, FilesError, TemplateError, UsageError
from publisher.model.feeds import FeedKind
from publisher.model.problems import Problem
from publisher.model.progress import Progress, quiet
from publisher.model.reports import ComposeReport, RunReport, Status
from publisher.model.site import Mailbox
from publisher.publish.plan import Extent
from publisher.rendering.addresses import wire_address
from publisher.store import Store
from publisher.wiring import RehearsedStages, Stages

if TYPE_CHECKING:  # what is imported when it is needed
    from publisher.admin.check import CheckReport
    from publisher.admin.examine import Examined
    from publisher.admin.mail_checks import Mail
    from publisher.admin.next_edition import Outlook
    from publisher.admin.review import Review
    from publisher.admin.theme_checks import Survey
    from publisher.model.editions import Digest
    from publisher.store import EditionRow

WAIT_S = 60.0
"""How long a pass waits for another process's pass; a whole one over 100,000 items takes about that."""
ASKED_S = 0.5
"""How long a starting service waits for whoever only asks whether there is one."""
COMPARED = 5
"""How far back an edition is looked for in the outbox to compare the next one with."""
HELD = "held until feeds and pages can be published, so that no mail links to a page that is not there"


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
        return self._decided("release", source, OnSuspicion.RELEASE)

    def discard_source(self, source: str) -> RunReport:
        """Keep what is new in a held source from readers for ever, and what is gone from it where it is.

        Raises:
            UsageError: there is no such source, or it is not held.
        """
        return self._decided("discard", source, OnSuspicion.DISCARD)

    def _decided(self, verb: str, source: str, on_suspicion: OnSuspicion) -> RunReport:
        held = [each.name for each in self.config.sources if self._store.source_state(each.name).held]
        if source not in held:
            raise UsageError(f"source {source!r} is not held; held is: {', '.join(held) or 'none'}")
        return self._recorded(
            verb, lambda: RunReport(collect=self._stages.collect([source], on_suspicion=on_suspicion))
        )

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
        from publisher.admin.next_edition import outlook

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
        from publisher.admin.check import Checked, check  # late: no pass needs it, and reading HTML costs 20 ms

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
        from publisher.admin.theme_checks import survey  # late: only `check` needs it

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
        from publisher.admin import discover as discovering
        from publisher.admin import examine as examining  # late: no pass needs them, and reading HTML costs 20 ms

        settings = next((each for each in self.config.sources if each.name == source), None)
        now, stages = self._clock(), self._stages
        if settings is None:
            return discovering.discover(source, self.config, fetcher=lambda: stages.fetcher, now=now)
        state = self._store.source_state(source)
        examined, given = examining.examine(
            stages.source(settings), settings, self.config, is_first=state.changed_at is None, now=now
        )
        if given is None:
            return examined
        found = self._recorded("check", lambda: RunReport(collect=stages.collect_from(given)))
        waits_until = state.next_try if state.next_try and state.next_try > now else None
        return replace(examined, outcome=found.collect, waits_until=waits_until)

    def _mails_to_judge(self, audience: Audience) -> "Iterator[Mail]":
        from publisher.admin.mail_checks import Mail

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
        from publisher.admin.review import Review  # late: no pass needs it

        return Review(
            store=self._store, composer=self._stages.composer, audiences=self.config.audiences, now=self._clock()
        )

    def status(self) -> Status:
        """What ran, what is due, what waits, what is wrong; nothing is changed by asking."""
        return status(self.config, self._store, is_served=self._is_served(), now=self._clock())

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
        from publisher.publish.websub import tell_hub  # late: few sites have a hub, and the network library costs 30 ms

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
                    report=kept_report(report),
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


def _clock(now: datetime | None) -> Callable[[], datetime]:
    fixed = now and now.astimezone(UTC)
    return lambda: fixed or datetime.now(UTC)
