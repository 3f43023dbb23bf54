"""Shows the progress of long work on standard error: bars on a terminal; elsewhere a line from time to time."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from publisher.cli.output import warn
from publisher.model.progress import Progress


@contextmanager
def show_progress() -> Iterator[Progress]:
    """Show progress during a `with`: bars if standard error is a terminal, otherwise lines."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    from publisher.cli.bars import Bars  # late: most runs draw nothing, and importing rich takes 0.1 s

    bars = Bars()
    try:
        yield bars
    finally:
        bars.close()


class Lines:
    """Prints progress as lines. A step that ends soon gets no line."""

    PAUSE_S = 30
    """Seconds from the start of a step to the first line about its progress, and from each line to the next."""

    def __init__(self) -> None:
        self._step, self._since_s = "", 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        now_s = time.monotonic()
        if step != self._step:
            self._step, self._since_s = step, now_s
        if total and now_s - self._since_s >= self.PAUSE_S:
            self._since_s = now_s
            warn(f"publisher: {step}, {done / total:.0%}")
