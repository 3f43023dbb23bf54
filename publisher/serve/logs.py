"""The log of the service: how its lines look, and what it says of a pass."""

import logging
import sys

import structlog

from publisher.model.reports import RunReport, SourceCondition
from publisher.serve.health import PassHealth

logger = structlog.get_logger("publisher")


def log_pass(report: RunReport, health: PassHealth) -> None:
    """Say what a pass did, and which problems are new."""
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


def configure_logs() -> None:
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
