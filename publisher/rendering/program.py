"""Tells one state of this program from another: what another state rendered is out of date."""

import hashlib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import publisher


@cache
def program_trace() -> str:
    """The version, and a digest of the names, sizes and times of the program's files: another one after an upgrade.

    Their content is not read, as a pass without news asks this too. So a program that was installed again counts as
    another one, and renders all once, to the same bytes.
    """
    files = repr(sorted(_files(str(Path(publisher.__file__).parent))))
    return f"{publisher.__version__} {hashlib.sha256(files.encode()).hexdigest()}"


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    """Name, size and time (ns) of each file below the folder, without compiled code."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _files(entry.path)
            else:
                found = entry.stat()
                yield entry.path, found.st_size, found.st_mtime_ns
