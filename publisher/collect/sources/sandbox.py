"""Reads untrusted documents in a separate process, with limits on computing time and memory.

A regular expression or a parser that a hostile document keeps busy cannot be stopped from inside its process, and one
that recurses too deeply crashes the process. Small documents can do little harm and are read in the main process:
starting another process takes 0.1 s.
"""

import pickle
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from publisher.model.errors import SourceError

SECONDS = 60
"""The limit of computing time. The largest allowed feed, 10 MB, takes a third of this time on a slow machine."""
MEMORY_BYTES = 2_000_000_000
"""The limit of the address space in bytes, of which only a part is used."""

_PROGRAM = (
    "import sys; sys.path[:] = {path!r}; from publisher.collect.sources.sandbox import main; main({seconds}, {memory})"
)

_P = ParamSpec("_P")
_T = TypeVar("_T")


def read_apart(source: str, read: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
    """Return what `read`, a function of a module, returns in a separate process; arguments and result are pickled.

    Raises:
        SourceError: `read` raised this error, or exceeded a limit.
    """
    program = _PROGRAM.format(path=sys.path, seconds=SECONDS, memory=MEMORY_BYTES)
    child = subprocess.run(  # noqa: S603 - this very program
        [sys.executable, "-c", program],
        input=pickle.dumps((read, arguments, named)),
        capture_output=True,
        check=False,
    )
    if child.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise SourceError(source, f"reading it takes more than {SECONDS} s of computing; it was given up")
    if child.returncode:
        last = (child.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"])[-1]
        reason = (
            "more memory than there is for it" if "MemoryError" in last else f"more than this machine gives: {last}"
        )
        raise SourceError(source, f"reading it takes {reason}"[:300])
    outcome: _T | SourceError = pickle.loads(child.stdout)  # noqa: S301 - written by this very program
    if isinstance(outcome, SourceError):
        raise outcome
    return outcome


def main(seconds: int, memory_bytes: int) -> None:
    """Run in the separate process: read a function and its arguments from standard input, call the function, and write
    the result.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    read, arguments, named = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by this very program
    try:
        outcome = read(*arguments, **named)
    except SourceError as error:
        outcome = error
    sys.stdout.buffer.write(pickle.dumps(outcome))
