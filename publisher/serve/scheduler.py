"""`publisher serve`: an alarm clock around `Publisher.pass_due`.

**Alarms.** APScheduler wakes one function and decides nothing. Every wake-up, whatever its reason, does everything that
is due according to the store, so a missed, doubled or late wake-up does no harm. Wake-ups share one worker thread, so
passes never overlap.

**When the clock jumps**, all alarms are set again. APScheduler calculates its next alarm once, by the clock of that
moment: an alarm that was set while the clock was a year ahead would come a year late, and a machine that slept would
have alarms in the past.

**Configuration changes take effect.** Before a pass, config.toml is read again if it changed; an invalid one is logged,
and the former one stays in use. Alarms and web server change with it. SIGHUP does the same at once, even if nothing
changed, and runs a pass.

**The web server comes first** and stays up even when the store is broken: every pass tries again to open it, and
/health says so.

**At SIGTERM or SIGINT**, in this order:

1. `stopping` is set. No new pass begins.
2. A pass in progress finishes its stage (collect, publish or compose) and skips the others. The next start does them.
   The delivery loop finishes the mails in hand, for a minute at most.
3. `serve` waits for both, releases the service's lock, and closes the web server with its connections.
4. The process ends with exit code 0.

A second signal changes nothing. SIGKILL is safe too: the next start does what was not done, as after a power cut.
"""

import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from publisher.config.config import Config
from publisher.model.errors import BusyError, FilesError, PublisherError, StoreError, UsageError
from publisher.model.schedules import Schedule
from publisher.serve.delivery_loop import DeliveryLoop
from publisher.serve.health import PassHealth
from publisher.serve.live_pages import LivePages
from publisher.serve.live_site import LiveSite, Opener
from publisher.serve.logs import PassLog, configure_logs
from publisher.serve.mailbox_watch import MailboxWatch
from publisher.serve.notify import notify
from publisher.serve.signals import Signals, handled_signals
from publisher.serve.source_watch import SourceWatch

logger = structlog.get_logger("publisher")

PUBLIC_WORDS: dict[type[PublisherError], str] = {
    StoreError: "the store cannot be used",
    BusyError: "another publisher is at work on this site",
    FilesError: "files cannot be written",
}
"""What /health says about an error. The error's own message may contain paths, which are not public."""
LOOK_S = 15.0
"""How many seconds go by between two checks whether the clock jumped."""
LEAP_S = 2.0
"""The least difference in seconds that counts as a jump of the clock. A smaller one is a gradual adjustment."""


class ScheduleTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler 3 ships no types
    """An APScheduler trigger that wakes at the moments of this program's `Schedule`. APScheduler's own cron counts days
    from Monday, and wakes twice in the hour that is repeated in autumn.
    """

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        return self.schedule.next_after(max(previous_fire_time, now) if previous_fire_time else now)


class ClockWatch:
    """Notices when the clock has jumped, because somebody set it or the machine slept."""

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._steady = steady
        self._apart = wall() - steady()

    def has_leapt(self) -> bool:
        """Return whether the clock jumped since the last call."""
        before, self._apart = self._apart, self._wall() - self._steady()
        return abs(self._apart - before) > LEAP_S


class Service:
    """The parts of a running service."""

    def __init__(self, site: LiveSite, open_site: Opener, signals: Signals) -> None:
        self.site = site
        self.signals = signals
        self.health = PassHealth(site.config.service.collect_every.total_seconds())
        self.scheduler = one_at_a_time()
        self.delivery_loop = DeliveryLoop(signals.stopping, self.health)
        self.source_watch = SourceWatch()
        self.pages = LivePages(self.health, self.source_watch, open_site, on_letter=self.delivery_loop.look)
        self.mailbox_watch = MailboxWatch(signals.stopping)
        self._log = PassLog()

    def wake(self) -> None:
        """Set all alarms again, by the present clock and configuration, and do all work that is due."""
        set_alarms(self.scheduler, self.site.config, self.run_pass)
        self.scheduler.add_job(self.run_pass)

    def run_pass(self) -> None:
        """Do the work that is due (collect, publish, compose), unless the service is stopping. An error is logged, and
        the next alarm tries again.
        """
        if self.signals.stopping.is_set():
            return
        try:
            if self.site.follow_config(is_forced=self.signals.take_reload()):
                self._follow_config()
            publisher = self.site.publisher()
            report = publisher.pass_due(is_stopping=self.signals.stopping.is_set)
            self.source_watch.note(report.collect.readings if report.collect else ())
            self.delivery_loop.wake(publisher)
            self.mailbox_watch.follow(publisher)
            set_alarm_for_items(self.scheduler, publisher.next_wake(), self.run_pass)
        except PublisherError as error:
            logger.warning("pass failed, the next one tries again", problem=str(error))
            self.health.note(1, PUBLIC_WORDS.get(type(error), "the pass failed; the log says why"))
        except Exception:
            logger.exception("a bug ended the pass, the next one tries again")
            self.health.note(1, "a bug ended the pass; the log has it")
        else:
            self._log.write(report)
            places = dict.fromkeys(problem.where for problem in report.all_problems)
            self.health.note(len(report.all_problems), f"problems with {', '.join(places)}" if places else "")

    def _follow_config(self) -> None:
        config = self.site.config
        self.health.expect_every(config.service.collect_every.total_seconds())
        set_alarms(self.scheduler, config, self.run_pass)
        try:
            self.pages.follow(config)
        except UsageError as error:
            logger.warning("the web server cannot follow config.toml", problem=str(error))


def serve(config: Config, open_site: Opener, *, is_verbose: bool = False) -> None:
    """Run all due work and the web server until SIGTERM or SIGINT. The module's docstring says what happens then.

    With `is_verbose` the log contains decisions and their reasons.

    Raises:
        BusyError: another service is running for this site.
        UsageError: the address in `service.listen` cannot be used.
    """
    configure_logs(is_verbose=is_verbose)
    signals = Signals()
    service = Service(LiveSite(config, open_site), open_site, signals)
    with (
        handled_signals(signals),
        closing(service.pages),
        closing(service.site),
        service.delivery_loop.at_work(),
        service.mailbox_watch.at_work(),
    ):
        service.pages.follow(config)
        try:
            service.site.publisher()
        except StoreError as error:
            logger.warning("the store cannot be used, every pass tries again", problem=str(error))
        watch = ClockWatch()
        service.wake()
        logger.info("service started", config=str(config.path))
        service.scheduler.start()
        notify("READY=1")
        _wait(service, watch)
        notify("STOPPING=1")
        logger.info("service stopping, a pass in progress finishes its stage first")
        service.scheduler.shutdown(wait=True)
    logger.info("service stopped")


def _wait(service: Service, watch: ClockWatch) -> None:
    """Wait until the service is stopped; meanwhile reset alarms when needed, and report to systemd that no
    work hangs.
    """
    signals = service.signals
    while not signals.stopping.is_set():
        if not service.health.is_stalled():
            notify("WATCHDOG=1")
        signals.wait(LOOK_S)
        if signals.is_reload_asked:
            service.wake()
        if watch.has_leapt():
            logger.info("the clock was set or the machine slept, all alarms are set again")
            service.wake()


def one_at_a_time() -> BackgroundScheduler:
    """Return a scheduler with one worker thread. A late wake-up still runs, and several missed wake-ups run once."""
    return BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        timezone="UTC",
    )


def set_alarms(scheduler: BackgroundScheduler, config: Config, wake: Callable[[], None]) -> None:
    """Call `wake` every `service.collect_every`, and at every moment of a schedule."""
    scheduler.remove_all_jobs()
    every = IntervalTrigger(seconds=int(config.service.collect_every.total_seconds()), timezone="UTC")
    scheduler.add_job(wake, every, id="collect")
    for pace in config.subscribers.paces if config.subscribers else ():
        scheduler.add_job(wake, ScheduleTrigger(pace.schedule), id=f"round {pace.name}")
    for audience in config.audiences:
        if audience.schedule is not None:
            ticks = ScheduleTrigger(audience.schedule)
            scheduler.add_job(wake, ticks, id=f"compose {audience.name}")


def set_alarm_for_items(scheduler: BackgroundScheduler, moment: datetime | None, wake: Callable[[], None]) -> None:
    """Call `wake` at `moment`, when the next item appears or expires; `None` means that there is no such moment."""
    if moment is not None:
        scheduler.add_job(wake, DateTrigger(moment), id="items", replace_existing=True)
