"""Beside each file of text the same compressed, for web servers that send such files as they are.

A server that finds a compressed copy sends it and does not look at the text. So no copy may ever be older than its
text: copies are staged first, and are put in place first. Where a crash comes in between, some readers have the new
content and others the old one, each of them whole; the next pass finds the text itself still different and makes all
alike. Where copies are no longer wanted they are taken away, because nobody would keep them up.
"""

import gzip
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

import brotli

COPIES: Mapping[str, Callable[[bytes], bytes]] = {
    # No date in it: the same text is the same file. On the pages and feeds of a large site level 9 gains 0.3 %.
    ".gz": lambda data: gzip.compress(data, 6, mtime=0),
    # A tenth smaller than gzip for the same time; from quality 9 on it takes twenty times as long for another tenth.
    ".br": lambda data: brotli.compress(data, quality=5),
}
"""By what is put behind a file's name."""
PACKED = (".html", ".xml", ".json", ".css", ".opml", ".txt")
"""Text; pictures are compressed already."""


class Files(Protocol):
    """Where public files are, such as `PackedFiles`."""

    def write(self, path: str, data: bytes) -> bool:
        """Make `data` the content of `path`; False when it was before."""
        ...

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        ...

    def commit(self) -> None:
        """Show readers what was written."""
        ...


class PlainFiles(Files, Protocol):
    """Files as they lie in their folder, such as those of `files.Tree`."""

    def remove(self, path: str) -> bool:
        """Have `path` go away with the next `commit`; False when it is not there."""
        ...


class PackedFiles:
    """The files of a folder, each text with compressed copies beside it: those `wanted`, and no others."""

    def __init__(self, files: PlainFiles, *, wanted: Collection[str] = COPIES.keys()) -> None:
        self._files = files
        self._wanted = wanted

    def write(self, path: str, data: bytes) -> bool:
        """Make `data` the content of `path`, and of its copies before it; False when it was its own before."""
        if path.endswith(PACKED):
            for suffix, compress in COPIES.items():
                if suffix in self._wanted:
                    self._files.write(path + suffix, compress(data))
                else:
                    self._files.remove(path + suffix)
        return self._files.write(path, data)

    def has(self, path: str) -> bool:
        """Whether there is such a file, with the copies it is to have."""
        copies = COPIES if path.endswith(PACKED) else {}
        return self._files.has(path) and all(self._files.has(path + each) == (each in self._wanted) for each in copies)

    def commit(self) -> None:
        """Show readers what was written."""
        self._files.commit()
