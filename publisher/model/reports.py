"""What the verbs report and what status tells. Frozen, and free of third parties."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from publisher.model.editions import Edition, Notice
from publisher.model.problems import Problem

# --- how sources fare ------------------------------------------------------------------------------------------------


class SourceCondition(StrEnum):
    """What a source's silence means."""

    WELL = "well"
    """There is no news, or it was told."""
    UNREAD = "unread"
    """It was never read to its end."""
    FAILING = "failing"
    """It cannot be read."""
    EMPTY = "empty"
    """It can be read, and lists nothing where it used to list items."""
    DRIFTED = "drifted"
    """What nearly all of its items had is gone from all of them, which waits for the operator."""
    HELD = "held"
    """What it lists looks like another accident, and waits for the operator."""
    SILENT = "silent"
    """It can be read, and has had no news for longer than is to be expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """How a source fares now, told once when it is no longer as it was told before."""

    source: str
    condition: SourceCondition
    since: datetime | None
    """None: of a source that is well again."""
    detail: str
    """Why, in words; may be empty."""


# --- what the verbs report -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectReport:
    """What one pass over the sources learnt."""

    added: int = 0
    revised: int = 0
    withdrawn: int = 0
    kept_from_readers: int = 0
    """New items that no reader ever sees: older than the source's `since`, or discarded."""
    sources_read: int = 0
    sources_unchanged: int = 0
    sources_waiting: int = 0
    """Not asked, because their server failed just before or asked to be left alone."""
    sources_held: int = 0
    """Read, and held for the operator, now or before."""
    problems: tuple[Problem, ...] = ()

    @property
    def is_news(self) -> bool:
        return bool(self.added or self.revised or self.withdrawn or self.kept_from_readers)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishReport:
    """Which files a publishing pass wrote."""

    feeds: tuple[str, ...] = ()
    """Folders of the feeds of which a file was written."""
    files_written: int = 0
    """A text and its compressed copies are one file."""
    files_unchanged: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def is_news(self) -> bool:
        return self.files_written > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeReport:
    """Which editions are new in the outbox."""

    editions: tuple[Edition, ...] = ()
    discarded: tuple[str, ...] = ()
    """Names of editions that the editor gave up."""
    problems: tuple[Problem, ...] = ()

    @property
    def is_news(self) -> bool:
        return bool(self.editions or self.discarded)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """One whole pass. A stage that was not reached is None."""

    collect: CollectReport | None = None
    publish: PublishReport | None = None
    compose: ComposeReport | None = None
    turns: tuple[Turn, ...] = ()
    notices: tuple[Notice, ...] = ()
    """What is new in the outbox besides editions."""
    problems: tuple[Problem, ...] = field(default=())
    """Of the pass itself; each stage's own are in its report."""

    @property
    def is_news(self) -> bool:
        stages = (self.collect, self.publish, self.compose)
        return bool(self.turns or self.notices) or any(stage is not None and stage.is_news for stage in stages)

    def with_problems(self, *problems: Problem) -> "RunReport":
        """The same, with these problems of the pass itself."""
        return replace(self, problems=(*self.problems, *problems))

    @property
    def all_problems(self) -> Sequence[Problem]:
        """Those of every stage and of the pass itself."""
        stages = (self.collect, self.publish, self.compose)
        return [*(problem for stage in stages if stage for problem in stage.problems), *self.problems]

    @property
    def exit_code(self) -> int:
        """0; or 2 when something in the site's own files must be mended; or 75 when trying later may do."""
        return min((problem.exit_code for problem in self.all_problems), default=0)


# --- what status tells -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """How one source fares."""

    name: str
    condition: SourceCondition
    listed: int
    changed_at: datetime | None
    """When a reading last differed from the one before; None: never read."""
    failures: int
    problem: str
    failing_since: datetime | None
    skipped: tuple[str, ...]
    """The items of the last good reading that could not be read, a line each."""
    next_try: datetime | None = None
    """Until then its server is left alone; None: the next pass asks it."""
    held: str = ""
    """Why its last reading waits for the operator, and what it would do."""
    held_at: datetime | None = None
    expect_every: timedelta | None = None
    """How long a silence is nothing to tell of; None: any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceStatus:
    """What one audience waits for."""

    name: str
    waiting: int
    """Items its next edition would hold now."""
    next_tick: datetime | None
    """None: it is composed by hand only."""
    last_edition: int
    """0: none yet."""
    last_composed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldStatus:
    """An edition that waits for the editor."""

    edition: str
    items: int
    held_until: datetime
    on_silence: str
    """`send` or `keep`: what becomes of it then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatus:
    """A run that changed something or met a problem."""

    verb: str
    started: datetime
    exit_code: int
    problems: tuple[str, ...]
    """A line each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What ran, what is due, what waits, what is wrong."""

    site: str
    items: int
    is_served: bool
    """A service is at work on this site."""
    unpublished: int
    """Changes in the log that feeds and pages do not show yet."""
    unwritten: tuple[str, ...]
    """Editions recorded, but not in the outbox yet."""
    stranded: tuple[str, ...]
    """Those, held or not, whose audience is not in config.toml any more: nobody gets them."""
    held: tuple[HeldStatus, ...]
    """Those that wait for the editor."""
    sources: tuple[SourceStatus, ...]
    audiences: tuple[AudienceStatus, ...]
    runs: tuple[RunStatus, ...]
    """Latest first."""
