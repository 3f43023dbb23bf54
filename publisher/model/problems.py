"""Problems: what went wrong while the rest went on, and how messages say counts and long lists; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from publisher.model.errors import EXIT_TRY_LATER, PublisherError


def counted(number: int, noun: str) -> str:
    """`1 item`, `2 items`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def some_of(texts: Sequence[str], most: int) -> str:
    """The first of the texts, `most` at the most, and how many more there are."""
    more = len(texts) - most
    return ", ".join(texts[:most]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that went wrong while the rest went on; shown as one line."""

    where: str
    """The source, theme, audience or file (with line) it concerns."""
    what: str
    """What is wrong and what to do."""
    exit_code: int = EXIT_TRY_LATER
    """What a command that met it exits with."""
    is_repeated: bool = False
    """The pass before met the same."""

    @classmethod
    def of(cls, where: str, error: PublisherError) -> "Problem":
        """The error as a line of a report, for work that goes on without the thing that failed."""
        return cls(where=where, what=str(error), exit_code=error.exit_code)

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"
