"""Reports: what each verb did, and sources whose condition changed. A pass is one execution of a verb, or of all of
them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from publisher.model.editions import Edition, Notice
from publisher.model.problems import Problem
from publisher.model.sources import SourceCondition

if TYPE_CHECKING:
    from publisher.model.mail_reports import DeliverReport, RoundReport

# --- the condition of sources -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionChange:
    """A source whose condition differs from the one last reported."""

    source: str
    condition: SourceCondition
    since: datetime | None
    """UTC; since when the source is in this condition. `None` if it has recovered."""
    detail: str
    """The reason of the condition in words; may be empty."""


# --- what the verbs report -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReading:
    """One reading of a source."""

    source: str
    at: datetime
    has_answered: bool
    """Whether the source could be read; if not, a problem in the report says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
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
    """New items that another source had listed before: they stay that source's items."""
    kept_from_readers: int = 0
    """New items that no reader ever sees: older than the source's `since`, or discarded."""
    sources_read: int = 0
    sources_unchanged: int = 0
    sources_waiting: int = 0
    """Sources that were not read, because their server had just failed or asked for a pause."""
    sources_held: int = 0
    """Sources whose listing is held until the operator decides, now or since an earlier pass."""
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    """Remarks that only `check` reports; readers miss nothing because of them."""
    readings: tuple[SourceReading, ...] = field(default=(), compare=False)
    """The sources that were read. Two reports with the same changes are equal even if their readings differ."""

    @property
    def is_news(self) -> bool:
        seen = self.added or self.revised or self.withdrawn or self.expired
        return bool(seen or self.waiting or self.hidden or self.shown or self.kept_from_readers)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishReport:
    """The files that a publishing pass wrote."""

    feeds: tuple[str, ...] = ()
    """Folders of the feeds that changed: a file of each was written."""
    files_written: int = 0
    """How many public files were written with new content."""
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
    """Names of editions that no mail is sent for: their last items were withdrawn, or removed by the editor."""
    restored: int = 0
    """How many items the editor put back."""
    decided: tuple[str, ...] = ()
    """The editor's decisions about items, in words that name them."""
    problems: tuple[Problem, ...] = ()

    @property
    def is_news(self) -> bool:
        return bool(self.editions or self.discarded or self.emptied or self.restored)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What one whole pass did. The report of a stage that did not run is `None`."""

    collect: CollectReport | None = None
    publish: PublishReport | None = None
    compose: ComposeReport | None = None
    deliver: "DeliverReport | None" = None
    rounds: "tuple[RoundReport, ...]" = ()
    """Rounds of mails to subscribers that were planned, or continued."""
    condition_changes: tuple[ConditionChange, ...] = ()
    notices: tuple[Notice, ...] = ()
    """Notices to the operator and editors that are new in the outbox."""
    problems: tuple[Problem, ...] = field(default=())
    """Problems of the pass itself; problems of a stage are in its own report."""
    known: tuple[str, ...] = ()
    """The problems that the previous run had, one line each."""
    ahead: datetime | None = None
    """The time of the previous run, if it is later than the present because a clock was wrong; otherwise `None`."""

    @property
    def is_news(self) -> bool:
        stages = (self.collect, self.publish, self.compose, self.deliver)
        told = bool(self.condition_changes or self.notices or self.rounds)
        return told or any(stage is not None and stage.is_news for stage in stages)

    def with_problems(self, *problems: Problem) -> "RunReport":
        """Return the report with further problems of the pass itself."""
        return replace(self, problems=(*self.problems, *problems))

    def with_delivery(self, delivered: "RunReport") -> "RunReport":
        """Return the report of a pass together with the report of the delivery after it."""
        notices, known = (*self.notices, *delivered.notices), (*self.known, *delivered.known)
        return replace(self, deliver=delivered.deliver, notices=notices, known=known)

    @property
    def all_problems(self) -> Sequence[Problem]:
        """The problems of every stage and of the pass itself."""
        stages = (self.collect, self.publish, self.compose, self.deliver)
        return [*(problem for stage in stages if stage for problem in stage.problems), *self.problems]

    @property
    def new_problems(self) -> Sequence[Problem]:
        """The problems that the previous run did not have."""
        return [each for each in self.all_problems if not each.is_repeated and str(each) not in self.known]

    @property
    def exit_code(self) -> int:
        """The exit code of the run: 0 without problems, 2 if the site's own files need fixing, 75 if trying later may
        work.
        """
        return min((problem.exit_code for problem in self.all_problems if problem.exit_code), default=0)
