"""`publisher serve`: an alarm clock around `Publisher.run_due`.

**Alarms.** APScheduler wakes one function and decides nothing. Every wake-up, whatever caused it, does everything that
is due according to the store, so a missed, doubled or late wake-up does no harm. Wake-ups share one worker thread, so
passes never overlap.

**When the clock leaps**, all alarms are set again. APScheduler calculates its next alarm once, by the clock of that
moment: an alarm set while the clock was a year ahead would come a year late, and a machine that slept wakes up to
alarms of the past.

**At SIGTERM or SIGINT**, in this order:

1. `stopping` is set. No new pass begins.
2. A pass in progress finishes its stage (collect, publish or compose) and skips the others. The next start does them.
3. `serve` waits for that pass, closes the web server with its connections, and gives back the lock of the service.
4. The process ends with exit code 0.

A second signal changes nothing. SIGKILL is safe as well: the next start finds what was not done, as after a power cut.
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
from publisher.serve.logs import PassLog, configure_logs
from publisher.serve.public import public_pages
from publisher.serve.web import application, listening

logger = structlog.get_logger("publisher")

LOOK_S = 15.0
"""How often the service looks whether the clock leapt."""
LEAP_S = 2.0
"""A smaller difference is a clock that is adjusted little by little."""


class ScheduleTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler 3 ships no types
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
        """Whether the clock leapt since the last call."""
        before, self._apart = self._apart, self._wall() - self._steady()
        return abs(self._apart - before) > LEAP_S


def serve(publisher: Publisher, *, is_verbose: bool = False) -> None:
    """Run passes and the web server until SIGTERM or SIGINT; the module's docstring says what happens then.

    With `is_verbose` the log says what is decided, and why.

    Raises:
        BusyError: another service is at work on this site.
        UsageError: the address in `service.listen` cannot be used.
    """
    configure_logs(is_verbose=is_verbose)
    config, stopping = publisher.config, threading.Event()
    log, health = PassLog(), PassHealth(config.service.collect_every.total_seconds())

    def wake() -> None:
        run_pass(publisher, stopping, log, health)

    with publisher.only_service(), stop_on_signals(stopping), serve_pages(config, health):
        scheduler, watch = one_at_a_time(), ClockWatch()
        set_alarms(scheduler, config, wake)
        logger.info("service started", config=str(config.path))
        scheduler.start()
        while not stopping.wait(LOOK_S):
            if watch.has_leapt():
                logger.info("the clock was set or the machine slept, all alarms are set again")
                set_alarms(scheduler, config, wake)
        logger.info("service stopping, a pass in progress finishes its stage first")
        scheduler.shutdown(wait=True)
        logger.info("service stopped")


def run_pass(publisher: Publisher, stopping: threading.Event, log: PassLog, health: PassHealth) -> None:
    """Run what is due, unless the service is stopping; an error is logged and left to the next pass."""
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
        log.write(report)
        health.note(len(report.all_problems))


def one_at_a_time() -> BackgroundScheduler:
    """A scheduler with one worker; however late a wake-up is, it counts, and any number of missed ones is one."""
    return BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        timezone="UTC",
    )


def set_alarms(scheduler: BackgroundScheduler, config: Config, wake: Callable[[], None]) -> None:
    """Call `wake` at once, at every `service.collect_every` and at every tick of a schedule from now on.

    Alarms that were set before are replaced.
    """
    every = IntervalTrigger(seconds=int(config.service.collect_every.total_seconds()), timezone="UTC")
    scheduler.add_job(wake, every, id="collect", replace_existing=True)
    for audience in config.audiences:
        if audience.schedule is not None:
            ticks = ScheduleTrigger(audience.schedule)
            scheduler.add_job(wake, ticks, id=f"compose {audience.name}", replace_existing=True)
    # At once: what an outage left undone is done before the first tick.
    scheduler.add_job(wake, id="start", replace_existing=True)


@contextmanager
def serve_pages(config: Config, health: PassHealth) -> Iterator[None]:
    """Serve the public folder and /health for the length of a `with`, if `service.listen` names an address.

    Raises:
        UsageError: the address cannot be used.
    """
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


@contextmanager
def stop_on_signals(stopping: threading.Event) -> Iterator[None]:
    """Set `stopping` at SIGTERM and SIGINT for the length of a `with`; afterwards the former handlers are back."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    previous = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
