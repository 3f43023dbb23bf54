"""Finds template files: which ones a site uses, and whether they changed. Nothing here renders."""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

import publisher
from publisher.model.errors import FilesError, TemplateError

PACKAGE = Path(publisher.__file__).parent
SETTLED_S = 2.0
"""How many seconds a file must have been unchanged before its size and times are trusted. Two edits in quick succession
may leave the same size and times, and some file systems count in seconds.
"""


def shipped_templates() -> Path:
    """Return the folder of the templates that come with the program."""
    packaged = PACKAGE / "templates"
    # An editable install runs from a checkout, where the wheel's copy does not exist.
    return packaged if packaged.is_dir() else PACKAGE.parent / "templates"


class TemplateFiles:
    """The templates in several folders; a file in an earlier folder replaces its namesakes in later folders."""

    def __init__(self, *folders: Path) -> None:
        self.folders = tuple(folder.absolute() for folder in folders)
        self.generation = 0
        """A number that grows when a template file is found to have changed: what was made from the earlier files is
        then out of date.
        """
        self._fingerprint = ""

    def fingerprint(self) -> str:
        """Return a hash of the names and bytes of all templates, including replaced ones, because a site's template may
        extend the one that it replaces.

        Templates that are rendered after this call are at least as new as the hashed ones.

        Raises:
            TemplateError: a template cannot be read.
            FilesError: a folder of templates cannot be listed.
        """
        digest = hashlib.sha256()
        for name, entry in self._all():
            try:
                content = _hash_of(entry)
            except OSError as error:
                raise TemplateError(entry.path, None, f"cannot be read: {error.strerror}") from error
            digest.update(f"{len(name)} {name} ".encode() + content)
        if digest.hexdigest() != self._fingerprint:
            self.generation += 1
            self._fingerprint = digest.hexdigest()
        return self._fingerprint

    def paths(self) -> dict[str, Path]:
        """Return the file of each template, by its name, sorted.

        Raises:
            FilesError: a folder of templates cannot be listed.
        """
        paths: dict[str, Path] = {}
        for name, entry in self._all():
            paths.setdefault(name, Path(entry.path))
        return dict(sorted(paths.items()))

    def _all(self) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
        """Yield the names and files of all templates, folder by folder, sorted in each."""
        for folder in self.folders:
            try:
                found = sorted(_files_below(str(folder), ""))
            except OSError as error:
                raise FilesError(f"{folder}: cannot be read: {error.strerror}") from error
            yield from found


@dataclass(frozen=True, slots=True)
class _Known:
    """What was found when a file was last read."""

    stamp: tuple[int, ...]
    """Device, inode, size and times of the file, taken before it was read."""
    since_s: float
    """When this stamp was first seen, by a steady clock."""
    read_s: float
    """When the file was read, by the same clock."""
    content: bytes
    """The hash of its bytes."""


_known: dict[str, _Known] = {}
"""What was found in each file, by its path. Each request for a page of the desk needs the fingerprint, and reading all
templates took a fifth of the time of a simple page.
"""


def _hash_of(file: "os.DirEntry[str]") -> bytes:
    """Return the hash of a file's bytes. The file is read unless it has not changed since it was last read."""
    found = file.stat()
    stamp = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    now_s = since_s = time.monotonic()
    known = _known.get(file.path)
    if known is not None and known.stamp == stamp:
        if known.read_s - known.since_s > SETTLED_S:
            return known.content
        since_s = known.since_s
    with FileIO(file.path) as opened:
        content = hashlib.sha256(opened.readall()).digest()
    _known[file.path] = _Known(stamp, since_s, now_s, content)
    return content


def _files_below(folder: str, prefix: str) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    """Yield name (beginning with `prefix`) and file of each template; none for a folder that cannot be read.

    They are no `Path`s, because a pass without news calls this, too, and pathlib took a seventh of the pass's time.
    """
    with suppress(FileNotFoundError, NotADirectoryError, PermissionError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files_below(entry.path, f"{prefix}{entry.name}/")
            elif entry.is_file() and not entry.name.startswith(".") and not entry.name.endswith("~"):
                yield f"{prefix}{entry.name}", entry
