"""Reports: what each verb did, and what `publisher status` shows."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from publisher.model.deliveries import DeliveryCounts, Order, Outage
from publisher.model.editions import Edition, Notice
from publisher.model.errors import EXIT_TRY_LATER
from publisher.model.problems import Problem
from publisher.model.rounds import RoundReport
from publisher.model.sources import HeldChange
from publisher.model.value import value

# --- the condition of sources -----------------------------------------------------------------------------------------


class SourceCondition(StrEnum):
    """The condition of a source."""

    WELL = "well"
    """The source can be read, and all of its news is in the log."""
    UNREAD = "unread"
    """The source has never been read completely."""
    FAILING = "failing"
    """The source cannot be read."""
    EMPTY = "empty"
    """The source can be read but lists nothing, although it listed items before."""
    DRIFTED = "drifted"
    """All items lack a field that nearly all of them had. They are held for the operator."""
    HELD = "held"
    """The listing is suspicious for another reason, and is held for the operator."""
    SILENT = "silent"
    """The source can be read, but has had no news for longer than expected."""


@value
class ConditionChange:
    """A source whose condition differs from the one last reported."""

    source: str
    condition: SourceCondition
    since: datetime | None
    """UTC; since when it is in this condition. None: it has recovered."""
    detail: str
    """The reason in words; may be empty."""


# --- what the verbs report -------------------------------------------------------------------------------------------


@value
class SourceReading:
    """One reading of a source."""

    source: str
    at: datetime
    has_answered: bool
    """Whether the source could be read; if not, a problem in the report says why."""


@value
class CollectReport:
    """What one pass over the sources recorded."""

    added: int = 0
    revised: int = 0
    withdrawn: int = 0
    expired: int = 0
    """Items that left the feeds because they expired."""
    waiting: int = 0
    """New items that are not visible until their time comes."""
    hidden: int = 0
    """Items that the editor hid."""
    shown: int = 0
    """Hidden items that the editor shows again."""
    joined: int = 0
    """New items that another source had brought already: they stay that source's items."""
    kept_from_readers: int = 0
    """New items that are never visible: older than the source's `since`, or discarded."""
    sources_read: int = 0
    sources_unchanged: int = 0
    sources_waiting: int = 0
    """Sources that were not read, because their server had just failed or asked for a pause."""
    sources_held: int = 0
    """Sources whose listing is held for the operator, now or since an earlier pass."""
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    """Remarks that only `check` reports; readers miss nothing because of them."""
    readings: tuple[SourceReading, ...] = field(default=(), compare=False)
    """The sources that were read. Two reports with the same changes are equal whatever this holds."""

    @property
    def is_news(self) -> bool:
        seen = self.added or self.revised or self.withdrawn or self.expired
        return bool(seen or self.waiting or self.hidden or self.shown or self.kept_from_readers)


@value
class PublishReport:
    """The files that a publishing pass wrote."""

    feeds: tuple[str, ...] = ()
    """Folders of the feeds of which a file was written."""
    files_written: int = 0
    """How many public files have new content."""
    files_unchanged: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def is_news(self) -> bool:
        return self.files_written > 0


@value
class ComposeReport:
    """The editions that are new in the outbox."""

    editions: tuple[Edition, ...] = ()
    discarded: tuple[str, ...] = ()
    """Names of editions that the editor discarded."""
    emptied: tuple[str, ...] = ()
    """Names of editions without a mail: their last items were withdrawn, or removed by the editor."""
    restored: int = 0
    """How many items the editor put back."""
    decided: tuple[str, ...] = ()
    """The editor's decisions about items, in words that name them."""
    problems: tuple[Problem, ...] = ()

    @property
    def is_news(self) -> bool:
        return bool(self.editions or self.discarded or self.emptied or self.restored)


@value
class DeliveryTally:
    """Counts of the mails of one edition, round or letter that a pass handed over."""

    name: str
    """Name of the edition, round or letter."""
    to: str
    """Address of the first recipient; empty: the recipients are readers, whose addresses are never shown."""
    planned: int = 0
    """How many mails would be handed over; counted in a rehearsal only."""
    sent: int = 0
    refused: int = 0
    later: int = 0
    """Refused for now, and tried again."""
    doubtful: int = 0
    """How many of the sent mails had been handed over before without an answer, so they may arrive twice."""

    @property
    def mails(self) -> int:
        return self.planned + self.sent + self.refused + self.later

    @property
    def is_news(self) -> bool:
        return self.mails > 0


@value
class DeliverReport:
    """The result of a delivery pass."""

    editions: tuple[DeliveryTally, ...] = ()
    next_at: datetime | None = None
    """UTC; when the next mail is retried. None: none is waiting for that."""
    wait: timedelta | None = None
    """The time from the end of the pass to `next_at`."""
    problems: tuple[Problem, ...] = ()
    outage: str = ""
    """Why the mail server could not be used; empty: it could, or there was nothing to send."""
    paused: int = 0
    """Set if there was nothing to send: how many mails wait for the end of a pause."""
    held: int = 0
    """Set if there was nothing to send: how many mails are held because they waited longer than `smtp.max_age`."""

    @property
    def is_news(self) -> bool:
        return any(tally.is_news for tally in self.editions)

    @property
    def is_sent(self) -> bool:
        """Whether the mail server took any mail."""
        return any(tally.sent for tally in self.editions)


@value
class RunReport:
    """What one whole pass did. A stage that did not run is None."""

    collect: CollectReport | None = None
    publish: PublishReport | None = None
    compose: ComposeReport | None = None
    deliver: DeliverReport | None = None
    rounds: tuple[RoundReport, ...] = ()
    """Rounds of mails to subscribers that were planned, or continued."""
    condition_changes: tuple[ConditionChange, ...] = ()
    notices: tuple[Notice, ...] = ()
    """Notices that are new in the outbox."""
    problems: tuple[Problem, ...] = field(default=())
    """Problems of the pass itself; problems of a stage are in its own report."""
    known: tuple[str, ...] = ()
    """The problems that the previous run had, one line each."""
    ahead: datetime | None = None
    """The time of the previous run, if it lies ahead of this one because a clock was wrong; None: it does not."""

    @property
    def is_news(self) -> bool:
        stages = (self.collect, self.publish, self.compose, self.deliver)
        told = bool(self.condition_changes or self.notices or self.rounds)
        return told or any(stage is not None and stage.is_news for stage in stages)

    def with_problems(self, *problems: Problem) -> "RunReport":
        """Return the report with further problems of the pass itself."""
        return replace(self, problems=(*self.problems, *problems))

    @property
    def all_problems(self) -> Sequence[Problem]:
        """The problems of every stage and of the pass itself."""
        stages = (self.collect, self.publish, self.compose, self.deliver)
        return [*(problem for stage in stages if stage for problem in stage.problems), *self.problems]

    @property
    def new_problems(self) -> Sequence[Problem]:
        """The problems that the run before did not have."""
        return [each for each in self.all_problems if not each.is_repeated and str(each) not in self.known]

    @property
    def exit_code(self) -> int:
        """0: no problem; 2: the site's own files need fixing; 75: trying later may work."""
        return min((problem.exit_code for problem in self.all_problems if problem.exit_code), default=0)


# --- what status shows -----------------------------------------------------------------------------------------------


WaitingReason = Literal["waits", "settles", "comes back"]
"""Why an item waits: for its embargo or date (`waits`), to stay unchanged for `settle` (`settles`), or because it was
withdrawn and is listed again (`comes back`).
"""


@value
class WaitingStatus:
    """Items of one source that wait for the same moment, for one reason."""

    until: datetime
    items: int
    why: WaitingReason = "waits"


@value
class SourceStatus:
    """The status of one source."""

    name: str
    condition: SourceCondition
    listed: int
    changed_at: datetime | None
    """When a reading last differed from the one before; None: it has never been read."""
    failures: int
    problem: str
    failing_since: datetime | None
    skipped: tuple[str, ...]
    """One line for each item of the last good reading that could not be read."""
    next_try: datetime | None = None
    """The source is not read before this time; None: the next pass reads it."""
    held: str = ""
    """Why its last reading is held for the operator, and what it would change."""
    held_at: datetime | None = None
    held_change: HeldChange | None = None
    """What a held reading would change; None: none is held."""
    expect_every: timedelta | None = None
    """How long the source may have no news before it counts as silent; None: no limit."""
    waiting: tuple[WaitingStatus, ...] = ()
    """Its items that are not visible yet, sorted by when they appear."""
    hidden: int = 0
    """How many of its items an editor hid."""


@value
class AudienceStatus:
    """The status of one audience."""

    name: str
    waiting: int
    """How many items its next edition would hold now."""
    next_tick: datetime | None
    """When its next edition is due; None: only on command."""
    last_edition: int
    """The number of its last edition; 0: it has none."""
    last_composed_at: datetime | None


@value
class SubscribersStatus:
    """The status of the site's subscribers."""

    people: int
    """How many people follow something."""
    pending: int
    """How many people asked in the last days and have not confirmed yet."""
    next_ticks: Mapping[str, datetime]
    """When each pace is next due, by its name."""
    postponed_until: datetime | None
    """Until when an editor postponed their mails; `UNTIL_DECIDED`: without an end. None: they are not postponed."""
    last_round: str
    """The name of the last round; empty: there was none."""
    last_round_at: datetime | None
    suspended: int = 0
    """How many people get no digests because mails to them came back."""
    suppressions: Mapping[str, int] = field(default_factory=dict)
    """How many addresses are suppressed, by reason."""
    asked: int = 0
    """How many people were asked whether they still want their mails, and have not answered."""
    owed_departures: int = 0
    """How many departures are only in the store, because the file of departures could not be written."""


@value
class HeldStatus:
    """An edition that waits for the editor."""

    edition: str
    items: int
    held_until: datetime
    on_silence: str
    """What happens to it when `held_until` has passed: `send` or `keep`."""


@value
class RestoreStatus:
    """After a restore: what waits until the operator has said what went out since the backup."""

    restored_at: datetime
    taken_at: datetime | None
    """When the backup was made; None: unknown."""
    audiences: tuple[str, ...]
    """Audiences that wait: nothing is composed for them, and their mails are not sent."""
    has_readers: bool = False
    """Whether subscribers wait: no round begins."""


@value
class RunStatus:
    """A run that changed something or met a problem."""

    verb: str
    started: datetime
    exit_code: int
    problems: tuple[str, ...]
    """One line for each problem."""
    is_latest: bool
    """Whether it is the latest of its kind; deliveries are one kind, all other runs the other."""


@value
class Status:
    """What ran, what is due, what waits, and what is wrong."""

    site: str
    items: int
    is_served: bool
    """Whether a service is running for this site."""
    unpublished: int
    """How many changes in the log are not in feeds and pages yet."""
    unwritten: tuple[str, ...]
    """Names of editions that are recorded but not in the outbox yet."""
    stranded: tuple[str, ...]
    """Names of unwritten editions whose audience has left config.toml; they are not sent."""
    held: tuple[HeldStatus, ...]
    """Editions that wait for the editor."""
    sources: tuple[SourceStatus, ...]
    audiences: tuple[AudienceStatus, ...]
    deliveries: tuple[DeliveryCounts, ...]
    """Counts of mails not handed over yet, and of each audience's last edition; empty without `[smtp]`."""
    runs: tuple[RunStatus, ...]
    """The latest runs, latest first."""
    restored: RestoreStatus | None = None
    """None: no audience waits after a restore."""
    subscribers: SubscribersStatus | None = None
    """None: the site has no `[subscribers]`."""
    outage: Outage | None = None
    """None: mails go out, as far as is known."""
    orders: tuple[Order, ...] = ()
    """The operator's latest orders about mails, the latest first."""
    paused: Mapping[str, datetime] = field(default_factory=dict)
    """Since when each audience's mails are paused, by its name; the empty name stands for all mails."""
    ahead: datetime | None = None
    """The latest future time recorded for a run or edition, by a clock that was ahead; None: there is none."""

    @property
    def exit_code(self) -> int:
        """`EXIT_TRY_LATER` if a source, a mail, an edition, a restore or the latest run needs the operator."""
        calm = (SourceCondition.WELL, SourceCondition.UNREAD)
        is_source_troubled = any(source.condition not in calm for source in self.sources)
        has_failed = any(run.exit_code for run in self.runs if run.is_latest)
        is_mail_troubled = self.outage is not None or any(each.held for each in self.deliveries)
        is_troubled = is_source_troubled or is_mail_troubled or self.stranded or self.restored or has_failed
        return EXIT_TRY_LATER if is_troubled else 0
