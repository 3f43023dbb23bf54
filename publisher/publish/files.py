"""The public files, as `publish` uses them, and compressed copies that earlier versions made."""

from pathlib import Path
from typing import Protocol

COPIES = (".gz", ".br")
"""The suffixes of the compressed copies that earlier versions put beside each text."""


class Files(Protocol):
    """Access to the files of the public folder, as `store.files.Tree` gives it."""

    def write(self, path: str, data: bytes) -> bool:
        """Make `data` the content of `path`; return False if it already was."""
        ...

    def remove(self, path: str) -> bool:
        """Remove `path` with the next `commit`; return False if it does not exist."""
        ...

    def has(self, path: str) -> bool:
        """Whether the file exists."""
        ...

    def has_any(self, suffixes: tuple[str, ...]) -> bool:
        """Whether any file has a name with one of these endings; it looks at every folder."""
        ...

    def commit(self) -> None:
        """Make what was written and removed visible to readers."""
        ...


class RehearsedFiles:
    """The files below `root`, for a rehearsal: it reads them, and writes nothing."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, path: str, data: bytes) -> bool:
        """Return whether `path` is missing or has another content than `data`."""
        file = self._root / path
        return not file.is_file() or file.read_bytes() != data

    def remove(self, path: str) -> bool:
        """Return whether there is a file to remove."""
        return self.has(path)

    def has(self, path: str) -> bool:
        """Whether the file exists."""
        return (self._root / path).is_file()

    def has_any(self, suffixes: tuple[str, ...]) -> bool:
        """Whether the name of any file ends with one of these suffixes."""
        return any(path.name.endswith(suffixes) for path in self._root.rglob("*"))

    def commit(self) -> None:
        """Do nothing: the public files stay as they are."""


class PublicFiles:
    """The files of the public folder as one pass writes them, with a count.

    It also removes compressed copies that earlier versions put beside them. No version updates copies any more, and a
    web server that looks for them (`gzip_static` in nginx) would send their old content for good. Files that others put
    into the folder are safe: a copy is removed only beside a file that publish writes.
    """

    def __init__(self, files: Files, *, removes_copies: bool) -> None:
        self._files = files
        self._removes_copies = removes_copies
        self.written = 0
        self.unchanged = 0

    def write(self, path: str, data: bytes) -> None:
        """Make `data` the content of `path`; a file that has it already is not touched."""
        self.remove_copies(path)  # first, so that no copy is ever older than its file
        if self._files.write(path, data):
            self.written += 1
        else:
            self.unchanged += 1

    def remove(self, path: str) -> None:
        """Remove `path` with the next `commit`, if it exists."""
        self._files.remove(path)

    def has(self, path: str) -> bool:
        """Whether the file exists."""
        return self._files.has(path)

    def remove_copies(self, path: str) -> None:
        """Remove the compressed copies of a file that is not rewritten."""
        if self._removes_copies:
            for suffix in COPIES:
                self._files.remove(path + suffix)

    def commit(self) -> None:
        """Make what was written and removed visible to readers."""
        self._files.commit()
