"""Progress: how a verb reports how far it is, whether or not anybody watches."""

from typing import Protocol


class Progress(Protocol):
    """Receives counts from a verb. A terminal draws a bar; a service ignores them."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """`step` is a verb's phase such as "item pages"; `done` never falls and ends at `total`."""
        ...


def quiet(step: str, done: int, total: int) -> None:
    """Ignore the counts: nobody watches."""
