"""Progress bars on a terminal. The only module that imports rich."""

import time

from rich.console import Console
from rich.progress import Progress as Drawing
from rich.progress import TaskID


class Bars:
    """Draws a bar for each step on standard error."""

    WORTH_A_BAR_S = 0.5
    """A step gets a bar if it takes at least this many seconds; the bar of a shorter step could not be read."""

    def __init__(self) -> None:
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
