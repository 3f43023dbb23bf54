"""The programs that judge what we make. Without one its tests are skipped; where `CI` is set they fail."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import pytest


def program(*names: str) -> str:
    """The path of a program that is known by one of these names."""
    for name in names:
        if path := shutil.which(name):
            return path
    return _missing(f"{names[0]} is not installed")


def node_module(name: str) -> Path:
    """The folder of an npm package, looked for where NODE_PATH says."""
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
    """What a program printed; it must end well, unless its verdict is in how it ends."""
    done = subprocess.run(
        [str(part) for part in command],
        input=given,
        capture_output=True,
        timeout=120,
        check=False,
        env={**os.environ, **(environ or {})},
    )
    assert may_fail or done.returncode == 0, done.stderr.decode("utf-8", "replace")
    return done.stdout.decode("utf-8")
