"""Runs the program under strace: lists its system calls, and kills it at one of them or makes one fail.

The program itself contains no code for this.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

ROOT = Path(__file__).resolve().parent.parent

ON_DESCRIPTORS = (
    "write", "writev", "pwrite64", "pwritev", "pwritev2", "sendfile", "copy_file_range", "fallocate", "ftruncate",
    "fchmod", "fchown", "fsync", "fdatasync", "sync_file_range", "syncfs",
)  # fmt: skip
ON_PATHS = (
    "open", "openat", "openat2", "creat", "truncate", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir",
    "unlink", "unlinkat", "link", "linkat", "symlink", "symlinkat", "chmod", "fchmodat", "chown", "fchownat", "sync",
)  # fmt: skip
READS = ("read", "pread64", "getdents64")
"""System calls, besides those that open a file, that may fail on a bad disk when a program only reads."""

LINE = re.compile(r"^(?:(\d+) +)?(.*)$")
RESUMED = re.compile(r"^<\.\.\. \w+ resumed>(.*)$")
UNFINISHED = " <unfinished ...>"
CALL = re.compile(r"^(\w+)\((.*)\)\s+= (.*)$")
DESCRIPTOR = re.compile(r"^\d+<([^>]*)>")
NAMED = re.compile(r'(?:\w+<([^>]*)>, )?"([^"]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A system call of a run."""

    name: str
    number: int
    """Which call of this name in its thread it is, counted from 1 as strace does."""
    paths: tuple[Path, ...]
    """The paths of the files that the call concerns. A rename has two."""
    arguments: str
    result: str
    is_main: bool
    """Whether the main thread made the call. Calls of other threads have no fixed order."""

    @property
    def is_change(self) -> bool:
        """Whether the call can change the disk, or flushes a change."""
        return self.name not in READS and (not self.name.startswith("open") or "O_CREAT" in self.arguments)

    @property
    def takes_room(self) -> bool:
        """Whether a full disk can make the call fail."""
        return self.is_change and "sync" not in self.name

    @property
    def is_struck(self) -> bool:
        """Whether strace killed the process at this call, or made the call fail."""
        return self.result.startswith("?") or self.result.endswith("(INJECTED)")

    def is_like(self, other: "Call") -> bool:
        """Whether the other call is the same call, perhaps in another run on another site."""
        if (self.name, self.number, self.is_main) != (other.name, other.number, other.is_main):
            return False
        return not self.is_main or [path.name for path in self.paths] == [path.name for path in other.paths]

    def is_below(self, folder: Path) -> bool:
        return any(path.is_relative_to(folder) for path in self.paths)

    def __str__(self) -> str:
        where = ", ".join("/".join(path.parts[-2:]) for path in self.paths)
        return f"{self.name} {self.number}{'' if self.is_main else ' of a thread'} ({where})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a run ended."""

    exit_code: int
    """The exit code. If it is negative, it is the number of the signal that killed the process."""
    out: str
    err: str
    calls: tuple[Call, ...] = ()
    """The system calls of the program's run, if strace traced it."""

    @property
    def is_killed(self) -> bool:
        return self.exit_code == -signal.SIGKILL


class Program:
    """`publisher`, ready to run many times, one run at a time. Close it at the end."""

    def __init__(self, folder: Path, *, first: Iterable[str], checkout: Path = ROOT) -> None:
        """Start the program from a checkout.

        `folder` is scratch space; `first` are the arguments of a first run, which imports everything that later runs
        need.
        """
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.forks", *first],
            cwd=checkout,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._hear() == "ready"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()  # it ends at the end of its input

    def run(self, *arguments: str) -> Ended:
        """Run to the end, undisturbed and without tracing."""
        run = self._begin(arguments)
        os.kill(run, signal.SIGCONT)
        return self._ended()

    def start(self, *arguments: str) -> int:
        """Begin a run, and return its process number. `ended` waits for its end."""
        run = self._begin(arguments)
        os.kill(run, signal.SIGCONT)
        return run

    def ended(self) -> Ended:
        """Wait for the run that `start` began, and return how it ended."""
        return self._ended()

    def traced(self, *arguments: str) -> Ended:
        """Run to the end under strace, undisturbed."""
        return self._traced(arguments, ["-f"])

    def killed_at(self, call: Call, *arguments: str) -> Ended:
        """Run, and kill the process at this call, before the call has any effect."""
        return self._traced(arguments, _meddling(call, "signal=SIGKILL"))

    def refused(self, call: Call, error: str, *arguments: str) -> Ended:
        """Run, and make this call fail with `error`, without any effect."""
        return self._traced(arguments, _meddling(call, f"error={error}"))

    def _traced(self, arguments: Iterable[str], options: list[str]) -> Ended:
        run = self._begin(arguments)
        log = self._folder / "trace"
        names = ",".join(f"?{name}" for name in (*ON_DESCRIPTORS, *ON_PATHS, *READS))  # ?: some machines do not have it
        tracer = subprocess.Popen(
            ["strace", "-y", "-o", log, "-e", "signal=none", "-e", f"trace={names}", *options, "-p", str(run)],
            stderr=subprocess.PIPE,
            text=True,
        )
        with tracer:
            assert tracer.stderr is not None
            said = tracer.stderr.readline()
            os.kill(run, signal.SIGCONT if "attached" in said else signal.SIGKILL)
            ended = self._ended(log)
        assert "attached" in said, said
        return ended

    def _begin(self, arguments: Iterable[str]) -> int:
        """Begin a run, which waits until it is told to continue; return its process number."""
        assert self._process.stdin is not None
        order = {"arguments": list(arguments), "folder": str(self._folder)}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._hear())

    def _ended(self, log: Path | None = None) -> Ended:
        exit_code = int(self._hear())
        out, err = ((self._folder / name).read_text() for name in ("out", "err"))
        return Ended(exit_code=exit_code, out=out, err=err, calls=_calls_in(log) if log else ())

    def _hear(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


def _meddling(call: Call, how: str) -> list[str]:
    """Return the arguments that make strace disturb this call. strace counts calls in each thread separately."""
    watched = [] if call.is_main else ["-f"]
    return [*watched, "-e", f"inject={call.name}:{how}:when={call.number}"]


def _calls_in(log: Path) -> tuple[Call, ...]:
    """Return the calls in strace's log, in the order in which they ended."""
    calls = []
    numbers: Counter[tuple[str, str]] = Counter()
    main: str | None = None
    for thread, line in _whole_lines(log.read_text(errors="replace").splitlines()):
        main = thread if main is None else main
        if found := CALL.match(line):
            name, arguments, result = found.groups()
            numbers[thread, name] += 1
            calls.append(
                Call(
                    name=name,
                    number=numbers[thread, name],
                    paths=_paths(name, arguments),
                    arguments=arguments,
                    result=result,
                    is_main=thread == main,
                )
            )
    return tuple(calls)


def _whole_lines(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each line of strace's log with its thread. If a line of another thread splits a line, its parts
    are joined.
    """
    torn: dict[str, str] = {}
    for line in lines:
        found = LINE.match(line)
        assert found
        thread, rest = found[1] or "", found[2]
        if rest.endswith(UNFINISHED):
            torn[thread] = rest.removesuffix(UNFINISHED)
        elif resumed := RESUMED.match(rest):
            yield thread, torn.pop(thread) + resumed[1]
        else:
            yield thread, rest


def _paths(name: str, arguments: str) -> tuple[Path, ...]:
    if name in ON_PATHS:
        return tuple(Path(folder, named) for folder, named in NAMED.findall(arguments))
    found = DESCRIPTOR.match(arguments)
    return (Path(found[1]),) if found else ()


def require_strace(folder: Path) -> None:
    """Skip the test, or fail it in CI, if system calls cannot be traced."""
    if not shutil.which("strace"):
        problem = "strace is not installed"
    else:
        trial = subprocess.run(
            ["strace", "-o", folder / "trial", "-e", "inject=chdir:error=EIO", "true"],
            capture_output=True,
            text=True,
            check=False,
        )
        problem = f"strace may not trace: {trial.stderr.strip()}" if trial.returncode else ""
    if problem and os.environ.get("CI"):
        pytest.fail(problem)
    if problem:
        pytest.skip(problem)
