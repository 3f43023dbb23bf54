"""Rounds: subscribers get what is new to them, in one mail each for all paces that are due at one moment.

In: the changes in the item log beyond the cursors of people who are due. Out: deliveries in the ledger. A round is
recorded with its ranges of people and the ticks of its paces (the moments of their schedules). Then each range is
planned in one transaction, which queues its mails and moves its cursors.

What a crash leaves, by its moment:

- before a round is recorded: nothing; the next pass begins it;
- while ranges are planned: a round with some ranges planned, whose mails go out; the next pass plans the others;
- after that: nothing to do.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from publisher.model.decisions import DecisionLog
from publisher.model.mail_reports import RoundReport
from publisher.model.rounds import ItemEntry, Round
from publisher.model.schedules import tick_to_record
from publisher.model.settings import SubscriberSettings
from publisher.model.themes import ThemeMap
from publisher.store import Store
from publisher.store.people import RangePass, RoundEnvelope
from publisher.subscribers.plan import Planner, ticks_of
from publisher.subscribers.rule import Window

logger = DecisionLog("subscribers")
NO_ROUND = "no round begins"


class RoundKeeper:
    """Begins and plans the rounds of mails to a site's subscribers (a round is all mails that are due at
    one moment).
    """

    def __init__(
        self, *, store: Store, settings: SubscriberSettings, themes: ThemeMap, envelope: RoundEnvelope, now: datetime
    ) -> None:
        self._store = store
        self._settings = settings
        self._themes = themes
        self._envelope = envelope
        self._now = now

    def keep(self, *, is_held: bool, is_stopping: Callable[[], bool] = lambda: False) -> list[RoundReport]:
        """Continue the rounds (mails due at one moment) that have begun, then begin the one that is due; return those
        that have mails.

        Args:
            is_held: whether no round may begin now, because an editor reviews what is new, or the operator has to
                answer after a restore. What is due is caught up later.
            is_stopping: checked after some thousand people; if it turns true, the next call does the others.
        """
        reports = [self._plan(round_, is_stopping) for round_ in self._store.people.rounds.unplanned()]
        if (begun := self._begin(is_held=is_held)) is not None:
            reports.append(self._plan(begun, is_stopping))
        return [report for report in reports if report.mails or not report.is_planned]

    def begin_now(
        self, paces: Collection[str], *, is_stopping: Callable[[], bool] = lambda: False
    ) -> list[RoundReport] | None:
        """Make the mails of these paces (how often mails come) now, whatever their schedules say; return `None` if
        nothing is new to their subscribers.

        The next mails come as scheduled, with what is new by then. For `is_stopping`, see `keep`.
        """
        last_ticks = self._store.people.rounds.last_ticks()
        gone = last_ticks.keys() - {pace.name for pace in self._settings.paces}
        chosen = sorted({*paces, *(gone if self._settings.default_pace in paces else ())})
        due = {pace: tick_to_record(last=last_ticks.get(pace, self._now), now=self._now) for pace in chosen}
        reports = [self._plan(round_, is_stopping) for round_ in self._store.people.rounds.unplanned()]
        if (upto := self._find_news(due)) is None:
            return None
        begun = self._store.people.rounds.begin(tuple(due), due, before=last_ticks, upto=upto, now=self._now)
        return [*reports, *([self._plan(begun, is_stopping)] if begun else [])]

    # --- begin -------------------------------------------------------------------------------------------------------

    def _begin(self, *, is_held: bool) -> Round | None:
        settings, last_ticks = self._settings, self._store.people.rounds.last_ticks()
        ticks = ticks_of(settings.paces, last_ticks, default=settings.default_pace, now=self._now)
        due = ticks.due
        if not due:
            self._store.people.rounds.note_ticks(ticks.watched)
            return None
        if is_held:
            logger.debug(NO_ROUND, because="it waits for the editor or the operator", paces=", ".join(due))
            return None
        noted = {**ticks.watched, **due}
        if (upto := self._find_news(due)) is None:
            self._store.people.rounds.note_ticks(noted)
            return None
        return self._store.people.rounds.begin(tuple(due), noted, before=last_ticks, upto=upto, now=self._now)

    def _find_news(self, due: Collection[str]) -> int | None:
        """Return the number of the last change in the item log if anything up to it is new to subscribers at these
        paces (how often mails come); otherwise return `None`.
        """
        upto = self._store.log.end()
        lowest = self._store.people.rounds.lowest_cursor(tuple(due), now=self._now)
        if lowest is not None and self._store.people.rounds.new_items(lowest, upto):
            return upto
        because = "no subscriber at these paces gets mails" if lowest is None else "nothing is new to its subscribers"
        logger.debug(NO_ROUND, because=because, paces=", ".join(due))
        return None

    # --- plan --------------------------------------------------------------------------------------------------------

    def _plan(self, round_: Round, is_stopping: Callable[[], bool]) -> RoundReport:
        planning = _Planning(self._store, round_, self._settings, self._themes, self._envelope)
        while not is_stopping():
            with self._store.people.rounds.open_range(round_, now=self._now) as range_pass:
                if range_pass is None:
                    break
                planning.plan(range_pass)
        is_planned = self._store.people.rounds.finish(round_, now=self._now)
        return RoundReport(name=round_.name, paces=round_.paces, mails=planning.mails, is_planned=is_planned)


class _Planning:
    """Plans one round (the mails due at one moment), some thousand people at a time, and keeps what all of
    them share.
    """

    def __init__(
        self, store: Store, round_: Round, settings: SubscriberSettings, themes: ThemeMap, envelope: RoundEnvelope
    ) -> None:
        self._store = store
        self._round = round_
        self._limit = settings.max_items
        self._themes = themes
        self._envelope = envelope
        self._after = round_.upto
        """The log number after which the planner has all items."""
        self._floor = round_.upto
        """The log number just before the first of the planner's items."""
        self._planner = self._new_planner([])
        self._selections: dict[tuple[int, ...], int] = {}
        self.mails = 0

    def plan(self, range_pass: RangePass) -> None:
        """Plan the mails to the people of `range_pass`. Write the mails, and the log number up to which each
        subscription is dealt with afterwards.
        """
        followed = range_pass.followed(floor=self._floor)
        planned = self._planner.plan(followed)
        if (lowest := self._planner.lowest_cursor) < self._after:
            # for the first range, or if somebody changed since
            self._begin(lowest, range_pass)
            planned = self._planner.plan(range_pass.followed(floor=self._floor))
        range_pass.write(planned.mails, planned.moved, self._selections, envelope=self._envelope)
        self.mails += len(planned.mails)

    def _begin(self, after: int, range_pass: RangePass) -> None:
        """Set up the planner with all items that were added after the log number `after`."""
        entries = [entry.renamed(self._themes.current) for entry in range_pass.new_items(after)]
        self._after = after
        self._floor = min((entry.added_seq for entry in entries), default=self._round.upto + 1) - 1
        self._planner = self._new_planner(entries)

    def _new_planner(self, entries: Sequence[ItemEntry]) -> Planner:
        window = Window(entries, upto=self._round.upto)
        return Planner(window, current=self._themes.current, limit=self._limit, upto=self._round.upto)
