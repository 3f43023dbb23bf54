"""Identifies the version and files of this program. Pages and feeds that other files rendered are out of date."""

import hashlib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import publisher


@cache
def program_trace() -> str:
    """Return the version, and a hash of the names, sizes and times of the program's files; both change with an upgrade.

    The contents of the files are not read, because a pass without news calls this, too. So a reinstalled program counts
    as changed, and renders everything once, to the same bytes.
    """
    files = repr(sorted(_files(str(Path(publisher.__file__).parent))))
    return f"{publisher.__version__} {hashlib.sha256(files.encode()).hexdigest()}"


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    """Yield name, size and time (ns) of each file below the folder, without compiled code."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _files(entry.path)
            else:
                found = entry.stat()
                yield entry.path, found.st_size, found.st_mtime_ns
