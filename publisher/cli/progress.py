"""Progress of long work on standard error: bars on a terminal, elsewhere a line now and then, never a bar in a log."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from publisher.cli.output import warn
from publisher.model.progress import Progress


@contextmanager
def show_progress() -> Iterator[Progress]:
    """Show progress for the length of a `with`: bars if standard error is a terminal, else lines."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    from publisher.cli.bars import Bars  # late: most runs draw nothing, and rich costs 0.1 s

    bars = Bars()
    try:
        yield bars
    finally:
        bars.close()


class Lines:
    """Prints how far long work is, a line at a time; a step that is over soon has no line."""

    PAUSE_S = 30
    """Seconds from the start of a step to its first line, and from line to line."""

    def __init__(self) -> None:
        self._step, self._since_s = "", 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        now_s = time.monotonic()
        if step != self._step:
            self._step, self._since_s = step, now_s
        if total and now_s - self._since_s >= self.PAUSE_S:
            self._since_s = now_s
            warn(f"publisher: {step}, {done / total:.0%}")
