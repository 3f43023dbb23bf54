"""The status of a site, as `publisher status` shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from publisher.model.deliveries import DeliveryCounts, Order, Outage
from publisher.model.errors import EXIT_TRY_LATER
from publisher.model.sources import HeldChange, SourceCondition

WaitingReason = Literal["waits", "settles", "comes back"]
"""Why an item waits: for its embargo or date (`waits`), to stay unchanged for `settle` (`settles`), or because it was
withdrawn and is listed again (`comes back`).
"""


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
    """When a reading of the source last differed from the reading before; `None` if the source has never been read."""
    failures: int
    problem: str
    failing_since: datetime | None
    skipped: tuple[str, ...]
    """One line for each item of the last good reading that could not be read."""
    next_try: datetime | None = None
    """The source is not read before this time. If `None`, the next pass reads it."""
    held: str = ""
    """Why the source's last reading is held until the operator decides, and what the reading would change; empty if it
    is not held.
    """
    held_at: datetime | None = None
    held_change: HeldChange | None = None
    """What the source's last reading would change if it is held until the operator decides; `None` if it is
    not held.
    """
    expect_every: timedelta | None = None
    """How long the source may have no news before it counts as silent; `None` for no limit."""
    waiting: tuple[WaitingStatus, ...] = ()
    """The source's items that are not visible yet, sorted by when they appear."""
    hidden: int = 0
    """How many of the source's items an editor hid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceStatus:
    """The status of one audience."""

    name: str
    waiting: int
    """How many items the audience's next edition would have now."""
    next_tick: datetime | None
    """When the audience's next edition is due; `None` if editions are composed only on command."""
    last_edition: int
    """The number of the audience's last edition; 0 if it has none."""
    last_composed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribersStatus:
    """The status of the site's subscribers."""

    people: int
    """How many people follow something."""
    pending: int
    """How many people asked in a form to subscribe, in the last days, and have not confirmed yet."""
    next_ticks: Mapping[str, datetime]
    """When each pace is next due, by its name."""
    postponed_until: datetime | None
    """Until when an editor postponed mails to subscribers; `UNTIL_DECIDED` is without an end. `None` if they are not
    postponed.
    """
    last_round: str
    """The name of the last round of mails to subscribers; empty if there was none."""
    last_round_at: datetime | None
    suspended: int = 0
    """How many people get no digests because mails to them came back."""
    suppressions: Mapping[str, int] = field(default_factory=dict)
    """How many addresses are suppressed (get no mail), by reason."""
    asked: int = 0
    """How many people were asked whether they still want their mails, and have not answered."""
    owed_departures: int = 0
    """How many departures are only in the store, because the file of departures could not be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldStatus:
    """An edition that waits for the editor."""

    edition: str
    items: int
    held_until: datetime
    on_silence: str
    """What happens to the edition when `held_until` has passed: `send` or `keep`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreStatus:
    """What waits after a restore of the store from a backup, until the operator has said which mails went out since the
    backup.
    """

    restored_at: datetime
    taken_at: datetime | None
    """When the backup was made; `None` if unknown."""
    audiences: tuple[str, ...]
    """Audiences that wait for the operator: nothing is composed for them, and their mails are not sent."""
    has_readers: bool = False
    """Whether subscribers wait for the operator, too: no round begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatus:
    """A run that changed something or met a problem."""

    verb: str
    started: datetime
    exit_code: int
    problems: tuple[str, ...]
    """One line for each problem."""
    is_latest: bool
    """Whether this run is the latest of its kind. There are two kinds: deliveries, and all other runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
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
    """Counts of mails not handed over yet, and of the mails of each audience's last edition; empty without `[smtp]`."""
    runs: tuple[RunStatus, ...]
    """The latest runs, latest first."""
    restored: RestoreStatus | None = None
    """What waits after a restore; `None` if nothing waits."""
    subscribers: SubscribersStatus | None = None
    """The status of subscribers; `None` if the site has no `[subscribers]`."""
    left_behind: int = 0
    """How many people follow something although `[subscribers]` has left config.toml. They get no mails, and no
    retention period begins for them.
    """
    outage: Outage | None = None
    """Since when and why no mail goes out; `None` if mails go out, as far as is known."""
    orders: tuple[Order, ...] = ()
    """The operator's latest orders about mails (pause, resume, recall, send again), the latest first."""
    paused: Mapping[str, datetime] = field(default_factory=dict)
    """Since when each audience's mails are paused, by its name; the empty name stands for all mails."""
    ahead: datetime | None = None
    """The latest time recorded for a run or edition that is later than the present time, because a clock was ahead;
    `None` if there is none.
    """

    @property
    def exit_code(self) -> int:
        """`EXIT_TRY_LATER` if a source, a mail, an edition, former subscribers, a restore or the latest run need the
        operator.
        """
        calm = (SourceCondition.WELL, SourceCondition.UNREAD)
        is_source_troubled = any(source.condition not in calm for source in self.sources)
        has_failed = any(run.exit_code for run in self.runs if run.is_latest)
        is_mail_troubled = self.outage is not None or any(each.held for each in self.deliveries)
        needs_decision = self.stranded or self.left_behind or self.restored
        return EXIT_TRY_LATER if is_source_troubled or is_mail_troubled or needs_decision or has_failed else 0
