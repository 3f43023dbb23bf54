"""Serve: an alarm clock around `Publisher.run_due`.

APScheduler wakes one function and decides nothing: every wake-up, whatever caused it, does all that is due by the
store, so a missed, doubled or late one does no harm. One worker thread, so that passes never overlap.

It reckons its next alarm once, by the clock of that moment. So when the clock leaps all alarms are set anew: one set
under a clock a year ahead would come a year late, and a machine that slept wakes up to alarms it has slept through.
"""

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import FrameType

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from publisher.app import Publisher
from publisher.config.config import Config
from publisher.model.errors import PublisherError
from publisher.model.problems import Problem
from publisher.model.reports import RunReport, SourceCondition
from publisher.model.schedules import Schedule

logger = structlog.get_logger("publisher")

LOOK_S = 15.0
"""How often the service looks whether the clock leapt."""
STALLED_AFTER = 4
"""Intervals without the end of a pass after which something must be wrong."""
LEAP_S = 2.0
"""What is less is a clock being nudged into step."""


class CronTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler 3 ships no types
    """Wakes at the ticks of our own `Schedule`: APScheduler's cron counts days from Monday and doubles autumn hours."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        return self.schedule.next_after(max(previous_fire_time, now) if previous_fire_time else now)


class ClockWatch:
    """Notices that the clock on the wall leapt: somebody set it, or the machine slept."""

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._steady = steady
        self._apart = wall() - steady()

    def has_leapt(self) -> bool:
        """Whether it did since it was last asked."""
        before, self._apart = self._apart, self._wall() - self._steady()
        return abs(self._apart - before) > LEAP_S


def serve(publisher: Publisher) -> None:
    """Run until SIGTERM or SIGINT; the step in hand is finished first.

    Raises:
        BusyError: another service is at work on this site.
    """
    _configure_logs()
    stopping = threading.Event()

    health = PassHealth(publisher.config.service.collect_every.total_seconds())

    def wake() -> None:
        _pass(publisher, stopping, health)

    with publisher.only_service(), _signals(stopping), _website(publisher.config, health):
        scheduler, watch = _scheduler(), ClockWatch()
        set_alarms(scheduler, publisher.config, wake)
        logger.info("service started", config=str(publisher.config.path))
        scheduler.start()
        while not stopping.wait(LOOK_S):
            if watch.has_leapt():
                logger.info("the clock was set or the machine slept, alarms are set anew")
                set_alarms(scheduler, publisher.config, wake)
        logger.info("service stopping, the step in hand is finished first")
        scheduler.shutdown(wait=True)
        logger.info("service stopped")


@contextmanager
def _website(config: Config, health: "PassHealth") -> Iterator[None]:
    """Serve the public folder, if config.toml says where."""
    if not config.service.listen:
        yield
        return
    from publisher.serve.public import (  # late: most sites have a web server, and this one costs 0.1 s
        Website,
        listening,
    )

    site = Website(
        config.feeds_directory,
        base_url=config.site.base_url,
        hub=config.feeds.hub,
        health=health.told,
        was=dict(config.themes.was),
    )
    with listening(site, config.service.listen) as address:
        logger.info("listening", address=address)
        yield


class PassHealth:
    """How the last pass ended, for whoever watches over the service."""

    def __init__(self, interval_s: float, steady: Callable[[], float] = time.monotonic) -> None:
        self._patience_s = STALLED_AFTER * interval_s
        self._steady = steady
        self._ended = steady()
        self._problems: int | None = None
        self._told: set[tuple[str, str]] = set()

    def new(self, problems: Sequence[Problem]) -> list[Problem]:
        """Those that the pass before did not meet; a log that says the same at every pass is read by nobody."""
        before, self._told = self._told, {(problem.where, problem.what) for problem in problems}
        return [
            problem for problem in problems if not problem.is_repeated and (problem.where, problem.what) not in before
        ]

    def note(self, problems: int) -> None:
        """A pass ended, having met so many problems."""
        self._ended, self._problems = self._steady(), problems

    def told(self) -> tuple[bool, dict[str, object]]:
        """Whether all is well, and the numbers; what the problems are is for the operator only."""
        age_s = self._steady() - self._ended
        is_well = self._problems == 0 and age_s <= self._patience_s
        return is_well, {"problems": self._problems, "last_pass_age_s": round(age_s)}


def set_alarms(scheduler: BackgroundScheduler, config: Config, wake: Callable[[], None]) -> None:
    """Let `wake` be called at once, at every interval and at every tick from now on, and at no other time."""
    every = IntervalTrigger(seconds=int(config.service.collect_every.total_seconds()), timezone="UTC")
    scheduler.add_job(wake, every, id="collect", replace_existing=True)
    for audience in config.audiences:
        if audience.schedule is not None:
            ticks = CronTrigger(audience.schedule)
            scheduler.add_job(wake, ticks, id=f"compose {audience.name}", replace_existing=True)
    # At once: an outage is made good before the first tick.
    scheduler.add_job(wake, id="start", replace_existing=True)


def _scheduler() -> BackgroundScheduler:
    return BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(1)},
        # However late a wake-up is, it counts, and any number of missed ones is one.
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        timezone="UTC",
    )


def _pass(publisher: Publisher, stopping: threading.Event, health: PassHealth) -> None:
    """One wake-up. Whatever goes wrong is told and left to the next one; only the operator ends the service."""
    if stopping.is_set():
        return
    try:
        report = publisher.run_due(is_stopping=stopping.is_set)
    except PublisherError as error:
        logger.warning("pass failed, the next one tries again", problem=str(error))
        health.note(1)
    except Exception:
        logger.exception("a bug ended the pass, the next one tries again")
        health.note(1)
    else:
        _log(report, health)
        health.note(len(report.all_problems))


def _log(report: RunReport, health: PassHealth) -> None:
    if (collected := report.collect) and collected.is_news:
        logger.info("collected", added=collected.added, revised=collected.revised, withdrawn=collected.withdrawn)
    if (published := report.publish) and published.is_news:
        logger.info("published", feeds=list(published.feeds), files_written=published.files_written)
    for edition in report.compose.editions if report.compose else ():
        logger.info("composed", edition=edition.name, items=len(edition.records))
    for turn in report.turns:
        tell = logger.info if turn.condition is SourceCondition.WELL else logger.warning
        tell("source turned", source=turn.source, condition=turn.condition.value, since=turn.since, detail=turn.detail)
    for notice in report.notices:
        logger.info("notice", notice=notice.name, to=notice.to.address)
    for problem in health.new(report.all_problems):
        logger.warning("problem", where=problem.where, what=problem.what)


@contextmanager
def _signals(stopping: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT ask for an end; the previous handlers come back afterwards."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    previous = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _configure_logs() -> None:
    """One line an event on standard error: for people on a terminal, JSON for a journal; what libraries warn of too."""
    is_terminal = sys.stderr.isatty()
    prepare: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *([] if is_terminal else [structlog.processors.format_exc_info]),
    ]
    renderer = structlog.dev.ConsoleRenderer() if is_terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*prepare, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    without_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=prepare, processors=[without_meta, renderer])
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
