"""Serve: an alarm clock around `Publisher.run_due`.

APScheduler wakes one function and decides nothing: every wake-up, whatever caused it, does all that is due by the
store, so a missed, doubled or late one does no harm. One worker thread, so that passes never overlap.
"""

import logging
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import FrameType

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from publisher.app import Publisher
from publisher.errors import PublisherError
from publisher.model import RunReport
from publisher.periods import Schedule

logger = structlog.get_logger("publisher")


class CronTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler 3 ships no types
    """Wakes at the ticks of our own `Schedule`: APScheduler's cron counts days from Monday and doubles autumn hours."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        return self.schedule.next_after(max(previous_fire_time, now) if previous_fire_time else now)


def serve(publisher: Publisher) -> None:
    """Run until SIGTERM or SIGINT; the step in hand is finished first.

    Raises:
        BusyError: another service is at work on this site.
    """
    _configure_logs()
    stopping = threading.Event()
    with publisher.only_service(), _signals(stopping):
        scheduler = _schedule(publisher, stopping)
        logger.info("service started", collect_every_s=publisher.config.service.collect_every.total_seconds())
        scheduler.start()
        stopping.wait()
        logger.info("service stopping, the step in hand is finished first")
        scheduler.shutdown(wait=True)
        logger.info("service stopped")


def _schedule(publisher: Publisher, stopping: threading.Event) -> BackgroundScheduler:
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(1)},
        # However late a wake-up is, it counts, and any number of missed ones is one.
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        timezone="UTC",
    )

    def wake() -> None:
        _pass(publisher, stopping)

    every: timedelta = publisher.config.service.collect_every
    scheduler.add_job(wake, IntervalTrigger(seconds=int(every.total_seconds()), timezone="UTC"), id="collect")
    scheduler.add_job(wake, id="start")  # at once: an outage is made good before the first tick
    for audience in publisher.config.audiences:
        if audience.schedule is not None:
            scheduler.add_job(wake, CronTrigger(audience.schedule), id=f"compose {audience.name}")
    return scheduler


def _pass(publisher: Publisher, stopping: threading.Event) -> None:
    """One wake-up. Whatever goes wrong is told and left to the next one; only the operator ends the service."""
    if stopping.is_set():
        return
    try:
        report = publisher.run_due(is_stopping=stopping.is_set)
    except PublisherError as error:
        logger.warning("pass failed, the next one tries again", problem=str(error))
    except Exception:
        logger.exception("a bug ended the pass, the next one tries again")
    else:
        _log(report)


def _log(report: RunReport) -> None:
    if (collected := report.collect) and collected.is_news:
        logger.info("collected", added=collected.added, revised=collected.revised, withdrawn=collected.withdrawn)
    if (published := report.publish) and published.is_news:
        logger.info("published", feeds=list(published.feeds), files_written=published.files_written)
    for edition in report.compose.editions if report.compose else ():
        logger.info("composed", edition=edition.name, items=len(edition.records))
    for problem in report.all_problems:
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
    """One line an event on standard error: for people on a terminal, JSON for a journal."""
    is_terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if is_terminal else [structlog.processors.format_exc_info]),
            structlog.dev.ConsoleRenderer() if is_terminal else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
