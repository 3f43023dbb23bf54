"""Reports: what each verb did, and what `publisher status` shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from publisher.model.deliveries import DeliveryCounts, Order, Outage
from publisher.model.editions import Edition, Notice
from publisher.model.errors import EXIT_TRY_LATER
from publisher.model.problems import Problem
from publisher.model.rounds import RoundReport
from publisher.model.sources import HeldChange

# --- how sources fare ------------------------------------------------------------------------------------------------


class SourceCondition(StrEnum):
    """The condition of a source."""

    WELL = "well"
    """The source can be read, and all of its news is in the log."""
    UNREAD = "unread"
    """The source was never read to its end."""
    FAILING = "failing"
    """The source cannot be read."""
    EMPTY = "empty"
    """The source can be read but lists nothing, and it listed items before."""
    DRIFTED = "drifted"
    """All items lack a field that nearly all of them had. They wait for the operator."""
    HELD = "held"
    """The listing is suspicious for another reason, and waits for the operator."""
    SILENT = "silent"
    """The source can be read, but has had no news for longer than expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionChange:
    """A source whose condition differs from the last reported one; the change is reported once."""

    source: str
    condition: SourceCondition
    since: datetime | None
    """UTC; since when it is in this condition. None: it is well again."""
    detail: str
    """The reason in words; may be empty."""


# --- what the verbs report -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReading:
    """One reading of a source: that it was asked, and what came of it."""

    source: str
    at: datetime
    has_answered: bool
    """Whether it could be read; else a problem of the report says why not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectReport:
    """What one pass over the sources recorded."""

    added: int = 0
    revised: int = 0
    withdrawn: int = 0
    expired: int = 0
    """Items that left the feeds because their time was over."""
    waiting: int = 0
    """New items that no reader sees until their time has come."""
    hidden: int = 0
    """Items that the editor hid."""
    shown: int = 0
    """Hidden items that the editor shows again."""
    joined: int = 0
    """New items that another source brought before: they are its items."""
    kept_from_readers: int = 0
    """New items that no reader will ever see: they are older than the source's `since`, or discarded."""
    sources_read: int = 0
    sources_unchanged: int = 0
    sources_waiting: int = 0
    """Sources that were not read, because their server failed just before or asked for a pause."""
    sources_held: int = 0
    """Sources whose listing is held for the operator, by this pass or an earlier one."""
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    """What `check` reports in addition; readers miss nothing because of it."""
    readings: tuple[SourceReading, ...] = field(default=(), compare=False)
    """The sources that were asked; no part of what was done."""

    @property
    def is_news(self) -> bool:
        seen = self.added or self.revised or self.withdrawn or self.expired
        return bool(seen or self.waiting or self.hidden or self.shown or self.kept_from_readers)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishReport:
    """The files that a publishing pass wrote."""

    feeds: tuple[str, ...] = ()
    """Folders of the feeds with a file that was written."""
    files_written: int = 0
    """How many public files have new content."""
    files_unchanged: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def is_news(self) -> bool:
        return self.files_written > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeReport:
    """The editions that are new in the outbox."""

    editions: tuple[Edition, ...] = ()
    discarded: tuple[str, ...] = ()
    """Names of editions that the editor discarded."""
    emptied: tuple[str, ...] = ()
    """Names of editions without a mail: their last items were withdrawn, or taken out by the editor."""
    restored: int = 0
    """How many items the editor put back."""
    decided: tuple[str, ...] = ()
    """The editor's decisions about items, in words that name them."""
    problems: tuple[Problem, ...] = ()

    @property
    def is_news(self) -> bool:
        return bool(self.editions or self.discarded or self.emptied or self.restored)


@dataclass(frozen=True, slots=True, kw_only=True)
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
    """How many of the sent mails were handed over before without an answer, and may have come twice."""

    @property
    def mails(self) -> int:
        return self.planned + self.sent + self.refused + self.later

    @property
    def is_news(self) -> bool:
        return self.mails > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverReport:
    """The result of a delivery pass."""

    editions: tuple[DeliveryTally, ...] = ()
    next_at: datetime | None = None
    """UTC; when a mail is to be tried again. None: no mail is."""
    wait: timedelta | None = None
    """How long it was from the end of the pass until `next_at`."""
    problems: tuple[Problem, ...] = ()
    outage: str = ""
    """Why the mail server could not be used; empty: it could, or there was nothing to send."""
    paused: int = 0
    """If nothing was to be sent: how many mails wait for the end of a pause."""
    held: int = 0
    """If nothing was to be sent: how many mails waited for longer than `smtp.max_age`."""

    @property
    def is_news(self) -> bool:
        return any(tally.is_news for tally in self.editions)

    @property
    def is_sent(self) -> bool:
        """Whether the mail server took any mail."""
        return any(tally.sent for tally in self.editions)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What one whole pass did. A stage that was not reached is None."""

    collect: CollectReport | None = None
    publish: PublishReport | None = None
    compose: ComposeReport | None = None
    deliver: DeliverReport | None = None
    rounds: tuple[RoundReport, ...] = ()
    """Rounds of mails to subscribers that were planned, or gone on with."""
    condition_changes: tuple[ConditionChange, ...] = ()
    notices: tuple[Notice, ...] = ()
    """Notices that are new in the outbox."""
    problems: tuple[Problem, ...] = field(default=())
    """Problems of the pass itself; problems of a stage are in the stage's report."""
    known: tuple[str, ...] = ()
    """The problems that the run before had, a line each."""
    ahead: datetime | None = None
    """When the run before was, by a clock that was ahead, or is behind now; None: it was before this one."""

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
        """0: no problem; 2: something in the site's own files must be fixed; 75: trying later may work."""
        return min((problem.exit_code for problem in self.all_problems if problem.exit_code), default=0)


# --- what status shows -----------------------------------------------------------------------------------------------


WaitingReason = Literal["waits", "settles", "comes back"]
"""Why an item waits: for its embargo or date, as `settle` asks, or because it was withdrawn and comes back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingStatus:
    """Items of one source that wait for the same moment, for one reason."""

    until: datetime
    items: int
    why: WaitingReason = "waits"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """The status of one source."""

    name: str
    condition: SourceCondition
    listed: int
    changed_at: datetime | None
    """When a reading last differed from the one before; None: it was never read."""
    failures: int
    problem: str
    failing_since: datetime | None
    skipped: tuple[str, ...]
    """A line for each item of the last good reading that could not be read."""
    next_try: datetime | None = None
    """The source is not read before then; None: the next pass reads it."""
    held: str = ""
    """Why its last reading waits for the operator, and what it would change."""
    held_at: datetime | None = None
    held_change: HeldChange | None = None
    """What a held reading would change; None: none is held."""
    expect_every: timedelta | None = None
    """How long it may have no news before it counts as silent; None: any time."""
    waiting: tuple[WaitingStatus, ...] = ()
    """Its items that wait for their time, sorted by when they appear."""
    hidden: int = 0
    """How many of its items an editor hid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceStatus:
    """The status of one audience."""

    name: str
    waiting: int
    """How many items its next edition would hold now."""
    next_tick: datetime | None
    """When its next edition is due; None: its editions are composed by hand only."""
    last_edition: int
    """Number of its last edition; 0: it has none."""
    last_composed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribersStatus:
    """The status of the site's subscribers."""

    people: int
    """How many follow something."""
    pending: int
    """How many asked within the last days and have not confirmed yet."""
    next_ticks: Mapping[str, datetime]
    """When each pace is due next, by its name."""
    postponed_until: datetime | None
    """Until when an editor postponed their mails; `UNTIL_DECIDED`: without an end. None: they are due as planned."""
    last_round: str
    """The name of the last round; empty: there was none."""
    last_round_at: datetime | None
    suspended: int = 0
    """How many get no digests, because mails to them came back."""
    suppressions: Mapping[str, int] = field(default_factory=dict)
    """How many addresses get no mail, by why."""
    asked: int = 0
    """How many were asked whether they still want their mails, and did not answer yet."""
    owed_departures: int = 0
    """How many departures are in the store alone, because their file could not be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldStatus:
    """An edition that waits for the editor."""

    edition: str
    items: int
    held_until: datetime
    on_silence: str
    """What happens to it at the end of that time: `send` or `keep`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreStatus:
    """A restore after which audiences wait for the operator to say what went out since the backup."""

    restored_at: datetime
    taken_at: datetime | None
    """When the backup was made; None: unknown."""
    audiences: tuple[str, ...]
    """Audiences that wait: nothing is composed for them, and none of their mails is sent."""
    has_readers: bool = False
    """Whether readers wait: no round begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatus:
    """A run that changed something or met a problem."""

    verb: str
    started: datetime
    exit_code: int
    problems: tuple[str, ...]
    """One line for each problem."""
    is_latest: bool
    """Whether it is the latest of its kind: deliveries are one kind, all other runs the other kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What ran, what is due, what waits, and what is wrong."""

    site: str
    items: int
    is_served: bool
    """Whether a service is running for this site."""
    unpublished: int
    """How many changes in the log feeds and pages do not show yet."""
    unwritten: tuple[str, ...]
    """Names of editions that are recorded, but not in the outbox yet."""
    stranded: tuple[str, ...]
    """Names of unwritten editions whose audience is no longer in config.toml; they are not sent."""
    held: tuple[HeldStatus, ...]
    """Editions that wait for the editor."""
    sources: tuple[SourceStatus, ...]
    audiences: tuple[AudienceStatus, ...]
    deliveries: tuple[DeliveryCounts, ...]
    """Counts of mails that are not handed over yet, and of each audience's last edition; empty without `[smtp]`."""
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
    """Since when the mails of each audience are paused, by its name; the empty name means all mails."""
    ahead: datetime | None = None
    """The latest moment of a run or edition that a fast clock made and that is still to come; None: there is none."""

    @property
    def exit_code(self) -> int:
        """`EXIT_TRY_LATER` if the operator should look at a source, a mail, an edition, a restore or the latest run."""
        calm = (SourceCondition.WELL, SourceCondition.UNREAD)
        is_source_troubled = any(source.condition not in calm for source in self.sources)
        has_failed = any(run.exit_code for run in self.runs if run.is_latest)
        is_mail_troubled = self.outage is not None or any(each.held for each in self.deliveries)
        is_troubled = is_source_troubled or is_mail_troubled or self.stranded or self.restored or has_failed
        return EXIT_TRY_LATER if is_troubled else 0
