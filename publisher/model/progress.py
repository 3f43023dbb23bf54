"""How long work says how far it is, without knowing whether anybody watches."""

from typing import Protocol


class Progress(Protocol):
    """Receives counts from a verb; a terminal draws a bar, a service ignores them."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """`step` is a verb's phase such as "item pages"; `done` never falls and ends at `total`."""
        ...


def quiet(step: str, done: int, total: int) -> None:
    """The `Progress` nobody watches."""
