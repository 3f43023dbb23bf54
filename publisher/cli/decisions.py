"""The option `--verbose`: prints decisions and their reasons on standard error, one line each."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from publisher.cli.output import warn
from publisher.model.decisions import LOGGER, facts_of


@contextmanager
def print_decisions() -> Iterator[None]:
    """During a `with`, print every decision when it is made."""
    logger, printer = logging.getLogger(LOGGER), _Printer()
    before = logger.level
    logger.addHandler(printer)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(printer)


class _Printer(logging.Handler):
    """Prints a decision as `publisher: item revised: its title differs (source=news, uid=tag:…)`."""

    def emit(self, record: logging.LogRecord) -> None:
        facts = dict(facts_of(record))
        because = facts.pop("because", "")
        about = ", ".join(f"{name}={value}" for name, value in facts.items())
        line = f"{record.getMessage()}: {because}" if because else record.getMessage()
        # sys.stderr is looked up for every line: a progress bar replaces it, so that lines are printed above the bar
        warn(f"publisher: {line} ({about})" if about else f"publisher: {line}")
