"""Beside each file of text the same compressed, for web servers that send such files as they are.

The compressed one is staged first. So where a crash comes between the two, the next pass finds the file itself still
different and makes both alike; until then readers get the one or the other, each of them whole.
"""

import gzip
from typing import Protocol

SUFFIX = ".gz"
PACKED = (".html", ".xml", ".json", ".css", ".opml", ".txt")
"""Text; pictures are compressed already."""
LEVEL = 9


class PlainFiles(Protocol):
    """A folder of public files, such as `files.Tree`."""

    def write(self, path: str, data: bytes) -> bool: ...

    def has(self, path: str) -> bool: ...

    def commit(self) -> None: ...


class PackedFiles:
    """The files of a folder, each text with its compressed twin."""

    def __init__(self, files: PlainFiles) -> None:
        self._files = files

    def write(self, path: str, data: bytes) -> bool:
        """Make `data` the content of `path`, and of its twin; False when it was before."""
        if path.endswith(PACKED):
            # No date in it: the same text is the same file.
            self._files.write(path + SUFFIX, gzip.compress(data, LEVEL, mtime=0))
        return self._files.write(path, data)

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return self._files.has(path)

    def commit(self) -> None:
        """Show readers what was written."""
        self._files.commit()
