"""The log of the service: the format of its lines, and the lines about a pass."""

import logging
import sys
from collections.abc import Sequence

import structlog

from publisher.model.characters import as_line
from publisher.model.decisions import LOGGER, facts_of
from publisher.model.mail_reports import DeliveryTally
from publisher.model.problems import Problem
from publisher.model.reports import RunReport
from publisher.model.sources import SourceCondition

logger = structlog.get_logger("publisher")
_OF_LINES = ("exception", "stack")
"""Fields of an event that are printed on lines of their own: tracebacks."""


class PassLog:
    """Logs what passes (collect, publish, compose) did. A problem that every pass meets is logged only once."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()

    def write(self, report: RunReport) -> None:
        """Log what a pass (collect, publish, compose) did, with the problems that the previous one did not have."""
        if (collected := report.collect) and collected.is_news:
            logger.info("collected", added=collected.added, revised=collected.revised, withdrawn=collected.withdrawn)
        if (published := report.publish) and published.is_news:
            logger.info("published", feeds=list(published.feeds), files_written=published.files_written)
        for each in report.rounds:
            logger.info("round", name=each.name, paces=", ".join(each.paces), mails=each.mails)
        for edition in report.compose.editions if report.compose else ():
            logger.info("composed", edition=edition.name, items=len(edition.records))
        for tally in report.deliver.editions if report.deliver else ():
            self._write_tally(tally)
        for change in report.condition_changes:
            log = logger.info if change.condition is SourceCondition.WELL else logger.warning
            condition = change.condition.value
            log("source changed", source=change.source, condition=condition, since=change.since, detail=change.detail)
        if report.ahead:
            logger.warning("the clock was ahead, or is behind now", last_run=report.ahead)
        for notice in report.notices:
            logger.info("notice written", notice=notice.name)
        for problem in self.take_new(report.all_problems):
            logger.warning("problem", where=problem.where, what=problem.what)

    def _write_tally(self, tally: DeliveryTally) -> None:
        if tally.is_news:
            counts = {"sent": tally.sent, "refused": tally.refused, "later": tally.later, "doubtful": tally.doubtful}
            logger.info("delivered", edition=tally.name, **counts)

    def take_new(self, problems: Sequence[Problem]) -> list[Problem]:
        """Return the problems that were not passed to the last call, and remember all problems for the next call."""
        before, self._known = self._known, {(problem.where, problem.what) for problem in problems}
        return [
            problem for problem in problems if not problem.is_repeated and (problem.where, problem.what) not in before
        ]


def configure_logs(*, is_verbose: bool = False) -> None:
    """Write every event to standard error as one line: coloured on a terminal, JSON elsewhere.

    Events of this program are logged from level `info` on, or with `is_verbose` from `debug` on, which includes
    decisions. Events of libraries are logged from `warning` on.
    """
    is_terminal = sys.stderr.isatty()
    prepare: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer = (
        # text formatted before goes through `_write_out`; rich tracebacks would not
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if is_terminal
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*prepare, _write_out, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    without_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*prepare, _add_facts], processors=[without_meta, _write_out, renderer]
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger(LOGGER).setLevel(logging.DEBUG if is_verbose else logging.NOTSET)


def _add_facts(
    _logger: structlog.typing.WrappedLogger, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Add the reason and the facts of a decision to a log event, because standard loggers have no place for these."""
    return {**event, **facts_of(event["_record"])}


def _write_out(
    _logger: structlog.typing.WrappedLogger, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Escape control characters in the untrusted texts of a log event. Otherwise they would control the terminal that
    shows the log.
    """
    return {
        name: "\n".join(as_line(line) for line in value.split("\n")) if name in _OF_LINES else _written_out(value)
        for name, value in event.items()
    }


def _written_out(value: object) -> object:
    match value:
        case str():
            return as_line(value)
        case list() | tuple():
            return [_written_out(each) for each in value]
        case dict():
            return {as_line(str(name)): _written_out(each) for name, each in value.items()}
        case _:
            return value
