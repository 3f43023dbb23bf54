"""The application: one site, with a method for each verb.

Only this module opens a site's store and folders and reads the clock. `admin/stages` does the work of each verb; this
module adds the lock around the work, the record of the run, and the notices after it. Mails are delivered after a pass
(collect, publish, compose) and without the pass's lock, so a slow mail server delays no feed. Other subjects, such as
`people`, are objects that the site returns.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Self

from publisher.admin.begin import refuse_lost_memory
from publisher.admin.copy_store import copy_store
from publisher.admin.notices import tell_news
from publisher.admin.office import Office, audiences_named
from publisher.admin.record_run import record_run
from publisher.admin.service_lock import hold_service_lock
from publisher.admin.site_notices import tell_site
from publisher.admin.stages import Stages
from publisher.admin.wiring import Wiring
from publisher.collect.rules import CollectRules, OnSuspicion
from publisher.compose import run as compose
from publisher.compose.outbox import Outbox, OutboxFolder, RehearsedOutbox
from publisher.config.config import Config
from publisher.model.errors import BusyError
from publisher.model.progress import Progress, quiet
from publisher.model.reports import CollectReport, ComposeReport, RunReport
from publisher.publish.files import Files, RehearsedFiles
from publisher.publish.plan import Scope
from publisher.store import RunRow, Store
from publisher.store.files import Tree
from publisher.store.runs import DELIVER

if TYPE_CHECKING:
    from publisher.admin.bounces import BounceReader
    from publisher.admin.check_source import Examined
    from publisher.admin.deliveries import DeliverySetup
    from publisher.admin.desk import Desk
    from publisher.admin.mail_wiring import MailWiring
    from publisher.admin.reception import Reception
    from publisher.admin.subscribers_wiring import SubscribersWiring
    from publisher.model.deliveries import DeliveryCounts
    from publisher.model.mail_reports import DeliverReport
    from publisher.model.status import Status
    from publisher.subscribers.own_data import OwnData
    from publisher.subscribers.people import People
    from publisher.subscribers.reach import Reach
    from publisher.subscribers.renew import Renewer
    from publisher.subscribers.transfer import Transfer

WAIT_S = 60.0
"""How many seconds a pass waits until another process's pass has ended: one of 100,000 items takes about a minute."""


class Publisher:
    """One site. Every verb may be run at any time, by any number of processes, any number of times.

    Everything about subscribers raises `UsageError` if config.toml has no [subscribers].
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        outbox: Outbox,
        *,
        open_files: Callable[[Path], Files],
        hand_over: Callable[["DeliverySetup"], "DeliverReport"],
        clock: Callable[[], datetime],
        progress: Progress,
    ) -> None:
        """Connect a site with its store and folders. `open_files` opens a folder, and `hand_over` sends mails."""
        self.wait_s = WAIT_S
        """How many seconds a verb waits while another process works on this site."""
        self.config = config
        self._store = store
        self._outbox = outbox
        self._hand_over = hand_over
        self._clock = clock
        self._wiring = Wiring(config, store, clock)
        self._progress = progress
        self._making_mail = Lock()
        self._stages = Stages(
            config, store, outbox, wiring=self._wiring, open_files=open_files, clock=clock, progress=progress
        )

    @classmethod
    @contextmanager
    def open(cls, config: Config, *, now: datetime | None = None, progress: Progress = quiet) -> Iterator[Self]:
        """Open the site's store for a `with`. If `now` is given, the site's clock always shows that moment.

        Raises:
            StoreError: the store cannot be used.
        """
        with Store.open(config.store.url, departures=config.departures) as store:
            outbox, clock = OutboxFolder(config.outbox_directory), clock_at(now)
            yield cls(config, store, outbox, open_files=Tree, hand_over=_hand_over, clock=clock, progress=progress)

    @classmethod
    @contextmanager
    def rehearse(cls, config: Config, *, now: datetime | None = None, progress: Progress = quiet) -> Iterator[Self]:
        """Open the site as a rehearsal for a `with`. Its verbs report exactly what they would do, and change nothing.

        Raises:
            StoreError: the store cannot be used.
        """
        outbox, clock, hand = RehearsedOutbox(config.outbox_directory), clock_at(now), _rehearse_hand_over
        with Store.rehearse(config.store.url, departures=config.departures) as store:
            yield cls(config, store, outbox, open_files=RehearsedFiles, hand_over=hand, clock=clock, progress=progress)

    # --- the verbs: each returns a report with its own stage filled --------------------------------------------------

    def collect(self, sources: Collection[str] = ()) -> RunReport:
        """Read every source that is due, and record what changed. If `sources` are named, read only these, due or not.

        Raises:
            UsageError: config.toml has no source of such a name.
        """
        chosen = self._wiring.sources(sources)
        return self._go_on("collect", lambda: self._stages.collect(chosen, sources))

    def decide_source(self, source: str, decision: OnSuspicion, *, seen: str = "") -> RunReport:
        """Release or discard a listing held as suspicious; `seen` is the reason that the decision was based on.

        If the reason or its numbers have changed since, the listing is held again. Without `seen`, they are not
        compared.

        Raises:
            UsageError: there is no such source, or it is not held.
        """
        held = self._wiring.held_source(source)
        return self._run_exclusively(decision.value, lambda: self._stages.collect([held], [source], decision, seen))

    def publish(self, extent: Scope = Scope.NEWS) -> RunReport:
        """Render the feeds and pages that changed, or more as `extent` says. Files with equal content are not
        touched.
        """
        return self._go_on("publish", lambda: self._wiring.tell_hub(self._stages.publish(RunReport(), extent)))

    def compose(self, audience: str | None = None) -> RunReport:
        """Compose an edition of what is new for one audience (mailing list), or for each, due or not.

        Raises:
            UsageError: there is no audience of that name.
        """
        audiences = audiences_named(audience, self.config)
        return self._go_on("compose", lambda: self._stages.compose(RunReport(), compose.plan_all, audiences))

    def deliver(self, *, start: str | None = None, is_stopping: Callable[[], bool] = lambda: False) -> RunReport:
        """Send every mail that is due. With `start`, an edition's name, first queue that edition and later ones again.

        If `is_stopping` becomes true, sending ends early, after the mails that are being handed over.

        Raises:
            BusyError: another process is delivering.
            UsageError: config.toml names no mail server, or there is no such edition in the outbox.
        """
        started = self._clock()
        report = self._mail.deliver(self._hand_over, start=start, progress=self._progress, is_stopping=is_stopping)
        before = self._store.runs.last_before(DELIVER)
        return self._record(DELIVER, started, report, before)

    def run(self) -> RunReport:
        """Do a whole pass now: collect, publish, compose; then deliver, if config.toml has a mail server."""
        passed = self._go_on("run", lambda: self._stages.run(compose.plan_all, is_stopping=lambda: False))
        return self._deliver_after(passed)

    def begin_anew(self) -> None:
        """Allow the next pass to begin with an empty store, even if the folders have files of a lost store."""
        self._wiring.settle_authority()

    def run_due(self) -> RunReport:
        """Do a whole pass now, composing only for audiences whose schedules are due; then deliver."""
        return self._deliver_after(self.pass_due(is_stopping=lambda: False))

    def pass_due(self, *, is_stopping: Callable[[], bool]) -> RunReport:
        """Do a pass, composing only for audiences whose schedules are due, and deliver nothing.

        If `is_stopping` becomes true, the pass ends early, between two of its stages (collect, publish, compose).
        """
        return self._go_on("run", lambda: self._stages.run(compose.plan_due, is_stopping=is_stopping))

    # --- what operators and editors ask and decide -------------------------------------------------------------------

    def status(self) -> "Status":
        """Return the state of the site: what ran, what is due, what waits and what is wrong."""
        from publisher.admin.status import status  # late: no pass asks for it

        return status(self.config, self._store, now=self._clock())

    def unsettled_mails(self) -> tuple["DeliveryCounts", ...]:
        """Return the counts of editions whose mails are not all sent, each edition once."""
        from publisher.admin.deliveries import latest_mails  # late: no pass asks for it

        latest = latest_mails(self.config, self._store, now=self._clock())
        return tuple(each for each in latest if not each.is_settled)

    def next_wake(self) -> datetime | None:
        """Return when the next item appears or expires; return `None` if none will."""
        return self._store.items.next_wake(after=self._clock())

    def examine(self, source: str) -> "Examined":
        """Return what a source gives and what a pass would do with it. For an address or a file that is no source yet,
        return how it could become one.

        Call this only in a rehearsal, which leaves nothing in the store, because it also collects.

        Raises:
            SourceError: the source cannot be read.
            UsageError: there is no such source, address or file.
        """
        # late: no pass needs it, and importing the reader of HTML takes 20 ms
        from publisher.admin.discover import examine_or_discover

        examined, given = examine_or_discover(source, self.office, self._wiring.source_site)
        if given is None:
            return examined
        report = self._run_exclusively("check", lambda: self._stages.collect([given], [source]))
        return replace(examined, outcome=report.collect and replace(report.collect, readings=()))

    def decide(self, decision: Callable[[Office], ComposeReport]) -> RunReport:
        """Apply an editor's decision about an edition held for review; if he released it, write it into the outbox.

        Raises:
            UsageError: the edition is not held, or has no such item.
        """
        return self._run_exclusively(
            "edition", lambda: self._stages.put_out(RunReport(compose=decision(self.office)), self.config.audiences)
        )

    def begin_round(self, paces: Collection[str], *, within: timedelta | None = None) -> RunReport:
        """Begin a round (the mails to all subscribers) of these paces now, due or not.

        Nobody gets an item twice. With `within`, planning stops after that time, and the next pass plans the rest.

        Raises:
            UsageError: there is no such pace, an edition waits for its editor, or nothing is new.
        """

        def begin() -> RunReport:
            end = None if within is None else self._clock() + within
            rounds = self._subscribers.begin_round(paces, lambda: end is not None and self._clock() > end)
            return RunReport(rounds=rounds)

        return self._run_exclusively("round", begin)

    def decide_item(self, decision: Callable[[Office, CollectRules], CollectReport]) -> RunReport:
        """Apply an editor's decision about an item, such as to hide it, and render again all files that show it.

        Raises:
            UsageError: the decision does not fit the item, or no item or more than one has its name.
        """

        def decide() -> RunReport:
            collected = decision(self.office, self._wiring.collect_rules(OnSuspicion.HOLD))
            return self._stages.follow(RunReport(collect=collected))

        return self._run_exclusively("item", decide)

    @property
    def people(self) -> "People":
        """The site's subscribers as of now: what forms and commands can ask and change, for a person or for all."""
        return self._subscribers.people(self._clock())

    @property
    def own_data(self) -> "OwnData":
        """What subscribers can do with the data held about them."""
        return self._subscribers.own_data(self._clock())

    @property
    def reach(self) -> "Reach":
        """Which subscribers mails can reach: bounces, complaints and suppressions."""
        return self._subscribers.reach(self._clock())

    @property
    def bounces(self) -> "BounceReader":
        """An object that reads and records bounces, and notifies the operator."""
        return self._mail.bounces

    @property
    def transfer(self) -> "Transfer":
        """The export of the site's subscribers, and the import of people."""
        return self._subscribers.transfer(self._clock(), self._progress)

    @property
    def renewer(self) -> "Renewer":
        """The renewal of consents: subscribers who consented long ago are asked whether they still want their mails."""
        return self._subscribers.renewer(self._clock(), self._progress)

    @property
    def reception(self) -> "Reception":
        """What the site's forms show and do, as of now.

        Raises:
            StoreError: the store cannot be used.
            TemplateError: a template cannot be read.
        """
        return self._subscribers.reception(self._clock())

    @property
    def desk(self) -> "Desk":
        """The editors' desk as of now: sign-in, sessions and the record of what editors did.

        Raises:
            TemplateError: a template cannot be read.
            UsageError: config.toml names nobody in desk.people.
        """
        return self._wiring.desk(self._clock())

    @property
    def office(self) -> Office:
        """The site in the form in which the functions of `publisher.admin` take it."""
        renderer, now = self._wiring.renderer, self._clock()
        return Office(config=self.config, store=self._store, renderer=renderer, outbox=self._outbox, now=now)

    def copy_store(self, url: str) -> tuple[str, int]:
        """Copy the store into the empty database at a URL, as `admin.copy_store`; return its name and the row count.

        Raises:
            BusyError: a service, a pass or a delivery is running.
            StoreError: the database is not empty, or cannot be used.
        """
        departures = self.config.departures_at(url)
        return copy_store(self._store, url, departures, now=self._clock(), progress=self._progress)

    def only_service(self) -> AbstractContextManager[None]:
        """Hold the lock of the site's only service (the process of `publisher serve`) during a `with`.

        Raises:
            BusyError: another service is running.
        """
        return hold_service_lock(self.config, self._store)

    @cached_property
    def _subscribers(self) -> "SubscribersWiring":
        from publisher.admin.subscribers_wiring import SubscribersWiring  # late: most sites have no subscribers

        return SubscribersWiring(self._wiring)

    @property
    def _mail(self) -> "MailWiring":
        with self._making_mail:  # the service's threads may ask at once, but all mails must keep to one limit of speed
            return self._only_mail

    @cached_property
    def _only_mail(self) -> "MailWiring":
        from publisher.admin.mail_wiring import MailWiring  # late: most sites send no mail

        return MailWiring(self._wiring, self._subscribers, self._outbox, open_office=lambda: self.office)

    def _go_on(self, verb: str, work: Callable[[], RunReport]) -> RunReport:
        """Do a verb's work. If the store was lost, refuse, because the work would begin from nothing."""
        refuse_lost_memory(self.config, self._store)
        return self._run_exclusively(verb, work)

    def _run_exclusively(self, verb: str, work: Callable[[], RunReport]) -> RunReport:
        """Do a verb's work while no other process works on the site; send notices, and record a run that had news."""
        with self._store.exclusive("pass", wait_s=self.wait_s):
            started, report = self._clock(), work()
            report = tell_news(report, self.config, self._store, now=self._clock(), open_office=lambda: self.office)
            before = self._store.runs.last_before(verb)
            report = tell_site(report, before, lambda: self.office)
            return self._record(verb, started, report, before)

    def _record(self, verb: str, started: datetime, report: RunReport, before: RunRow | None) -> RunReport:
        return record_run(verb, report, self._store, before=before, started=started, finished=self._clock())

    def _deliver_after(self, report: RunReport) -> RunReport:
        """Deliver after a pass, if config.toml has a mail server and no other process is delivering."""
        if self.config.smtp is None:
            return report
        try:
            return report.with_delivery(self.deliver())
        except BusyError:
            return report


def clock_at(now: datetime | None) -> Callable[[], datetime]:
    """Return the clock of a command. It always shows `now`, or the real time if `now` is `None`."""
    fixed = now and now.astimezone(UTC)
    return lambda: fixed or datetime.now(UTC)


def _hand_over(setup: "DeliverySetup") -> "DeliverReport":
    from publisher.admin.deliveries import hand_over  # late: most sites send no mail

    return hand_over(setup)


def _rehearse_hand_over(setup: "DeliverySetup") -> "DeliverReport":
    from publisher.admin.deliveries import rehearse_hand_over  # late: most sites send no mail

    return rehearse_hand_over(setup)
