"""Repeats a change of a subscriber if somebody else changed him first: a mail program, or an impatient person, may send
a form several times at once, and two processes may handle reports about one subscriber.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from publisher.model.errors import OutrunError

TRIES = 10

_T = TypeVar("_T")


def retry_outrun(change: Callable[[], _T]) -> _T:
    """Call a function that reads the present state and changes it; if somebody else was quicker, call it again.

    Raises:
        OutrunError: somebody else was quicker each time.
    """
    for _ in range(TRIES - 1):
        with suppress(OutrunError):
            return change()
    return change()
