"""How far long work is: bars on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from publisher.model.progress import Progress


@contextmanager
def show_progress() -> Iterator[Progress]:
    """Bars on a terminal, a line now and then elsewhere; rich is imported only when there is something to draw."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    bars = _Bars()
    try:
        yield bars
    finally:
        bars.close()


class Lines:
    """How far long work is, in lines for a log; nothing of what is over soon."""

    PAUSE_S = 30
    """From the start of a step to its first line, and from line to line."""

    def __init__(self) -> None:
        self._step, self._since_s = "", 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        now_s = time.monotonic()
        if step != self._step:
            self._step, self._since_s = step, now_s
        if total and now_s - self._since_s >= self.PAUSE_S:
            self._since_s = now_s
            click.echo(f"publisher: {step}, {done / total:.0%}", err=True)


class _Bars:
    """A bar a step, drawn on standard error."""

    WORTH_A_BAR_S = 0.5
    """Shorter work is over before a bar can be read."""

    def __init__(self) -> None:
        from rich.console import Console
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
