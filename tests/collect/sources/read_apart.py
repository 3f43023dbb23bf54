"""Functions for tests of `read_apart`. The separate process imports this module, so it imports little."""

import os
import signal
from datetime import timedelta

from publisher.collect.sources import sandbox as apart
from publisher.model.errors import SourceError


def busy() -> None:
    while True:
        pass


def greedy() -> int:
    return len(bytearray(apart.MEMORY_BYTES + 1))


def crashing() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def failing() -> None:
    raise SourceError("news", "it is empty", wait=timedelta(minutes=5))
