"""Serve: an alarm clock around `Publisher.run_due`.

APScheduler wakes one function and decides nothing: every wake-up, whatever caused it, does all that is due by the
store, so a missed, doubled or late one does no harm. One worker thread, so that passes never overlap.

It reckons its next alarm once, by the clock of that moment. So when the clock leaps all alarms are set anew: one set
under a clock a year ahead would come a year late, and a machine that slept wakes up to alarms it has slept through.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator
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
from publisher.model.schedules import Schedule
from publisher.serve.health import PassHealth, health_page
from publisher.serve.logs import configure_logs, log_pass
from publisher.serve.public import public_pages
from publisher.serve.web import application, listening

logger = structlog.get_logger("publisher")

LOOK_S = 15.0
"""How often the service looks whether the clock leapt."""
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
    configure_logs()
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
    pages = public_pages(
        config.feeds_directory, base_url=config.site.base_url, hub=config.feeds.hub, was=dict(config.themes.was)
    )
    app = application(health_page(health), pages)
    remedy = "choose another address in config.toml"
    with listening(app, config.service.listen, key="service.listen", remedy=remedy) as address:
        logger.info("listening", address=address)
        yield


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
        log_pass(report, health)
        health.note(len(report.all_problems))


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
