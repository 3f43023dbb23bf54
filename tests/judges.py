"""External programs that check the program's output. If one is missing, its tests are skipped; with `CI` set, they
fail.
"""

import os
import pty
import select
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import pytest


def program(*names: str) -> str:
    """Return the path of a program that has one of these names."""
    for name in names:
        if path := shutil.which(name):
            return path
    return _missing(f"{names[0]} is not installed")


def node_module(name: str) -> Path:
    """Return the folder of an npm package, which is found by NODE_PATH."""
    program("node")
    for folder in os.environ.get("NODE_PATH", "").split(os.pathsep):
        if folder and (Path(folder) / name / "package.json").is_file():
            return Path(folder) / name
    return _missing(f"{name} is not installed where NODE_PATH says: npm install --prefix FOLDER {name}")


def _missing(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def run(
    command: Sequence[str | Path],
    *,
    given: bytes = b"",
    may_fail: bool = False,
    environ: Mapping[str, str] | None = None,
) -> str:
    """Return a program's output. The program must succeed, unless its exit code is the verdict (`may_fail`)."""
    done = subprocess.run(
        [str(part) for part in command],
        input=given,
        capture_output=True,
        timeout=120,
        check=False,
        env={**os.environ, **(environ or {})},
    )
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    assert may_fail or done.returncode == 0, f"{command[0]} ended with {done.returncode}: {said}"
    return done.stdout.decode("utf-8")


def run_on_a_terminal(command: list[str], *, until: Path) -> None:
    """Run a program that needs a terminal, until it has made a file."""
    ours, theirs = pty.openpty()
    environ = {**os.environ, "TERM": "vt100", "LC_ALL": "C.UTF-8", "HOME": str(until.parent)}
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ) as running:
        os.close(theirs)
        ends = time.monotonic() + 30
        while running.poll() is None and time.monotonic() < ends:
            if select.select([ours], [], [], 0.05)[0]:
                try:
                    os.read(ours, 65536)
                except OSError:  # the other side is closed: it has ended
                    break
        running.kill()
    os.close(ours)
    assert until.exists(), "the program did not do as it was told"
