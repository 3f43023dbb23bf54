"""The stages of a pass: collect, publish, compose, and put out (write editions to the website and the outbox). Each
gets the report of the stages before it and adds its own part.

Modules that render are imported late, by `wiring`, so that a pass without news loads neither Jinja nor premailer. The
caller holds the lock of the pass.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from publisher.admin.departures import note_departures
from publisher.admin.wiring import Wiring
from publisher.collect.rules import OnSuspicion
from publisher.collect.run import collect
from publisher.collect.sources.base import Source
from publisher.compose import run as compose
from publisher.compose.outbox import Outbox
from publisher.compose.plan import Plan
from publisher.config.config import Config
from publisher.model.editions import Audience
from publisher.model.errors import FilesError, TemplateError
from publisher.model.problems import Problem
from publisher.model.progress import Progress
from publisher.model.reports import ComposeReport, RunReport
from publisher.publish.files import Files
from publisher.publish.plan import Scope, plan
from publisher.rendering import urls
from publisher.store import Store

Planner = Callable[..., list[Plan]]
"""Plans editions: `compose.plan_all` or `compose.plan_due`."""


class Stages:
    """The stages of a pass (collect, publish, compose) over one site, connected with its store, its public folder and
    its outbox.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        outbox: Outbox,
        *,
        wiring: Wiring,
        open_files: Callable[[Path], Files],
        clock: Callable[[], datetime],
        progress: Progress,
    ) -> None:
        """Prepare the stages (collect, publish, compose). `open_files` gives access to a folder, and `clock` returns
        the time in UTC.
        """
        self._config = config
        self._store = store
        self._outbox = outbox
        self._wiring = wiring
        self._open_files = open_files
        self._clock = clock
        self._progress = progress

    def run(self, plan: Planner, *, is_stopping: Callable[[], bool]) -> RunReport:
        """Run all stages (collect, publish, compose). `plan` chooses the editions. When `is_stopping` returns true, end
        before the next stage.
        """
        report = self.collect(self._wiring.sources())
        if is_stopping():
            return report
        report = self.publish(report, Scope.NEWS)
        if is_stopping():
            return report
        if report.publish is None:
            audiences, site, now = self._config.audiences, self._config.site, self._clock()
            return report.with_problems(*compose.hold(audiences, store=self._store, site=site, now=now))
        report = self.compose(report, plan, self._config.audiences)
        report = self._serve_subscribers(report, is_stopping)
        return self._wiring.tell_hub(note_departures(self._store, report))

    def _serve_subscribers(self, report: RunReport, is_stopping: Callable[[], bool]) -> RunReport:
        """Plan the mails to subscribers that are due, and delete data whose retention period has ended: data of former
        subscribers too, if config.toml has no [subscribers] any more.
        """
        if self._config.subscribers is None and not self._store.holds_people():
            return report
        from publisher.admin.subscribers_wiring import SubscribersWiring  # late: most sites have no subscribers

        wiring = SubscribersWiring(self._wiring)
        problems = wiring.tend_people(is_stopping)
        return replace(report, rounds=wiring.keep_rounds(is_stopping)).with_problems(*problems)

    def collect(
        self,
        sources: Sequence[Source],
        asked_for: Collection[str] = (),
        on_suspicion: OnSuspicion = OnSuspicion.HOLD,
        seen: str = "",
    ) -> RunReport:
        """Read the sources that are due and those `asked_for` by name, and record the changes in the item log.

        `on_suspicion` says what to do with a suspicious listing. `CollectRules` says what `seen` is.
        """
        rules = self._wiring.collect_rules(on_suspicion, seen)
        collected = collect(
            sources, store=self._store, rules=rules, now=self._clock(), asked_for=asked_for, progress=self._progress
        )
        return RunReport(collect=collected)

    def publish(self, report: RunReport, extent: Scope) -> RunReport:
        """Render the feeds and pages that changed. If files cannot be written, the report has a problem and no part
        about publishing.
        """
        # an empty folder is filled again automatically
        is_emptied = not (self._config.feeds_directory / urls.INDEX_FILE).exists()
        least = Scope.ALL if is_emptied and extent is Scope.NEWS else extent
        try:
            planned = plan(self._store, self._wiring.publication, least)
            return replace(report, publish=self._wiring.render_site(planned, self._open_files, self._progress))
        except (FilesError, TemplateError) as error:
            return report.with_problems(Problem.of("publish", error))

    def follow(self, report: RunReport) -> RunReport:
        """Publish the changes of a decision about an item, write recorded editions, and tell the WebSub hub."""
        report = self.publish(report, Scope.NEWS)
        return self._wiring.tell_hub(self.put_out(report, self._config.audiences)) if report.publish else report

    def compose(self, report: RunReport, plan: Planner, audiences: Sequence[Audience]) -> RunReport:
        """Plan new editions and record them; then write all recorded editions that wait for no editor to the website
        and the outbox.
        """
        return self.put_out(self._record(report, plan, audiences), audiences)

    def _record(self, report: RunReport, plan: Planner, audiences: Sequence[Audience]) -> RunReport:
        """Plan new editions and record them in the store, where readers do not see them yet."""
        planned = plan(audiences, store=self._store, site=self._config.site, now=self._clock())
        plans, held = compose.hold_unsettled(planned, store=self._store)
        compose.pass_over(plans, store=self._store)
        outbox, feeds = self._config.outbox_directory, self._config.feeds_directory
        problems: list[Problem] = []
        if due := [each for each in plans if each.edition]:
            from publisher.compose.put_out import number_apart, record  # late: nothing is due without news

            numbered = number_apart(due, outbox=outbox, feeds=feeds)
            problems = record(numbered, store=self._store, renderer=self._wiring.renderer)
        return replace(report, compose=ComposeReport(problems=(*held, *problems)))

    def put_out(self, report: RunReport, audiences: Sequence[Audience]) -> RunReport:
        """Write the web pages of recorded editions, then their mails, so that links in the mails work from
        the start.
        """
        composed = report.compose or ComposeReport()
        editions = compose.release_and_list(audiences, store=self._store, now=self._clock())
        try:
            self._wiring.show_editions(self._open_files)
        except (FilesError, TemplateError) as error:
            composed = replace(composed, problems=(*composed.problems, Problem.of("archive of editions", error)))
            editions = [(edition, audience) for edition, audience in editions if not audience.archive]
        if editions:
            from publisher.compose.put_out import put_out  # late: as above

            done = put_out(
                editions,
                store=self._store,
                renderer=self._wiring.renderer,
                outbox=self._outbox,
                config=self._config.path,
                is_sent=self._config.smtp is not None,
                now=self._clock(),
            )
            problems = (*composed.problems, *done.problems)
            composed = replace(composed, editions=done.editions, emptied=done.emptied, problems=problems)
        return replace(report, compose=composed)
