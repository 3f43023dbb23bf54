"""Progress: how a verb reports how far it has come."""

from typing import Protocol


class Progress(Protocol):
    """Receives counts from a verb. A terminal draws a bar; a service ignores them."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Report that `done` of `total` steps of the phase `step`, such as "item pages", are done; `done` never falls
        and ends at `total`.
        """
        ...


def quiet(step: str, done: int, total: int) -> None:
    """Ignore the report of progress."""


class Steps:
    """Counts the steps of one phase of a verb, and reports them to a `Progress`."""

    def __init__(self, progress: Progress, step: str, total: int) -> None:
        self._progress = progress
        self._step = step
        self.total = total
        self.done = 0
        self.advance(0)

    def advance(self, steps: int) -> None:
        """Count `steps` more steps as done."""
        self.reach(self.done + steps)

    def reach(self, done: int) -> None:
        """Count `done` steps in total as done; a lower number than before changes nothing."""
        self.done = min(max(done, self.done), self.total)
        self._progress(self._step, self.done, self.total)
