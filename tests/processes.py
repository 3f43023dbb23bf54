"""Python programs in separate processes, forked from a process that has imported what they need.

Starting Python and importing the program takes half a second; a fork takes a hundredth of that. A test of the start
itself, such as of what is imported, uses `subprocess`.
"""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Timer
from typing import Self, TextIO

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        *("publisher.cli.mails", "publisher.cli.passes", "publisher.cli.serve", "publisher.cli.status"),
        "publisher.compose.run",
        "publisher.publish.run",
        "publisher.serve.scheduler",
        "publisher.serve.web",
        "publisher.store.migrate",
        "tests.world",
        "tests.contract.test_store_processes",
    ]
)
"""The process from which others are forked. One serves all tests of a test process, and ends with it."""
PATIENCE_S = 120.0


class Process:
    """A running Python program, used like a `subprocess.Popen` with text pipes; the caller must end it."""

    def __init__(
        self,
        program: str,
        *arguments: str,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start `program`, as `python -c PROGRAM ARGUMENTS` would. With `None`, it has this process's folder or
        environment.
        """
        out, its_out = FORKS.Pipe(duplex=False)
        err, its_err = FORKS.Pipe(duplex=False)
        self.stdout, self.stderr = _text_of(out), _text_of(err)
        self._process = FORKS.Process(
            target=_execute,
            args=(program, arguments, its_out, its_err, str(cwd or Path.cwd()), dict(environment or os.environ)),
        )
        self._process.start()
        its_out.close()
        its_err.close()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Return the exit code, or `None` if the process still runs. A negative code is the number of the signal that
        killed it.
        """
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()

    def wait(self, timeout: float) -> int:
        """Wait until the process ends; return its exit code.

        Raises:
            TimeoutExpired: the process still runs after `timeout` seconds.
        """
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("the forked program", timeout)
        return self._process.exitcode

    def close(self) -> None:
        """Kill the process if it still runs, and close its pipes."""
        self._process.kill()
        self._process.join(PATIENCE_S)
        self.stdout.close()
        self.stderr.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def run_python(
    program: str, *arguments: str, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a program as `python -c PROGRAM ARGUMENTS` would, and return its output."""
    with (
        Process(program, *arguments, cwd=cwd, environment=environment) as process,
        ThreadPoolExecutor(1) as reading,
    ):
        limit = Timer(PATIENCE_S, process.kill)
        limit.start()
        try:
            err = reading.submit(process.stderr.read)
            out = process.stdout.read()
            return subprocess.CompletedProcess(program, process.wait(PATIENCE_S), out, err.result())
        finally:
            limit.cancel()


def _text_of(pipe: Connection) -> TextIO:
    text = os.fdopen(os.dup(pipe.fileno()), encoding="utf-8")
    pipe.close()
    return text


def _execute(
    program: str, arguments: tuple[str, ...], out: Connection, err: Connection, cwd: str, environment: dict[str, str]
) -> None:
    """Behave, in the forked process, like a Python that has just started."""
    for number, pipe in ((1, out), (2, err)):
        os.dup2(pipe.fileno(), number)
        pipe.close()
    sys.stdout = open(1, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115 open until the process ends
    sys.stderr = open(2, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115 open until the process ends
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    sys.argv = ["-c", *arguments]
    exec(compile(program, "<string>", "exec"), {"__name__": "__main__"})
