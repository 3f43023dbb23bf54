"""Progress of long work on standard error: bars on a terminal, elsewhere a line now and then, never a bar in a log."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from publisher.model.progress import Progress


@contextmanager
def show_progress() -> Iterator[Progress]:
    """Show progress for the length of a `with`: bars if standard error is a terminal, else lines."""
    if not sys.stderr.isatty():
        yield Lines()
        return
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
            click.echo(f"publisher: {step}, {done / total:.0%}", err=True)


class Bars:
    """Draws a bar for each step on standard error."""

    WORTH_A_BAR_S = 0.5
    """Seconds; a shorter step is over before its bar can be read."""

    def __init__(self) -> None:
        from rich.console import Console  # late: most runs draw nothing, and rich costs 0.1 s
        from rich.progress import Progress as Drawing
        from rich.progress import TaskID

        self._drawing = Drawing(console=Console(stderr=True), transient=True)
        self._tasks: dict[str, TaskID] = {}
        self._began_s: dict[str, float] = {}

    def __call__(self, step: str, done: int, total: int) -> None:
        now_s = time.monotonic()
        if now_s - self._began_s.setdefault(step, now_s) < self.WORTH_A_BAR_S:
            return
        if not self._tasks:
            self._drawing.start()
        if step not in self._tasks:
            self._tasks[step] = self._drawing.add_task(step, total=total)
        self._drawing.update(self._tasks[step], completed=done, total=total)

    def close(self) -> None:
        self._drawing.stop()
