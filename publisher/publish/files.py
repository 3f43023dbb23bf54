"""The public files as `publish` uses them. Compressed copies that earlier versions of this program made are removed."""

from pathlib import Path
from typing import Protocol

COPIES = (".gz", ".br")
"""The suffixes of the compressed copies that earlier versions of this program put beside each text file."""


class Files(Protocol):
    """Access to the files of the public folder, as `store.files.Tree` gives it."""

    def write(self, path: str, data: bytes) -> bool:
        """Make `data` the content of the file at `path`; return False if the file has this content already."""
        ...

    def remove(self, path: str) -> bool:
        """Remove the file at `path` with the next `commit`; return False if it does not exist."""
        ...

    def has(self, path: str) -> bool:
        """Whether the file exists."""
        ...

    def has_any(self, suffixes: tuple[str, ...]) -> bool:
        """Whether any public file has a name with one of these endings. The search looks at every folder."""
        ...

    def commit(self) -> None:
        """Make the files written and removed since the last `commit` visible to readers."""
        ...


class RehearsedFiles:
    """The public files below `root`, for a rehearsal: files are read, and none is written."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, path: str, data: bytes) -> bool:
        """Return whether the file at `path` is missing or has another content than `data`; write nothing."""
        file = self._root / path
        return not file.is_file() or file.read_bytes() != data

    def remove(self, path: str) -> bool:
        """Return whether there is a file at `path` to remove; remove nothing."""
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
    """The files of the public folder as one publishing pass writes them. It counts the files that are written.

    Compressed copies that earlier versions put beside the files are removed too. No version updates such copies any
    more, and a web server that looks for them (`gzip_static` in nginx) would always send their old content. Files that
    other people put into the folder are safe: a compressed copy is removed only beside a file that `publish` writes.
    """

    def __init__(self, files: Files, *, removes_copies: bool) -> None:
        self._files = files
        self._removes_copies = removes_copies
        self.written = 0
        self.unchanged = 0

    def write(self, path: str, data: bytes) -> None:
        """Make `data` the content of the file at `path`. A file that has this content already is not touched."""
        self.remove_copies(path)  # first, so that no copy is ever older than its file
        if self._files.write(path, data):
            self.written += 1
        else:
            self.unchanged += 1

    def remove(self, path: str) -> None:
        """Remove the file at `path` with the next `commit`, if it exists."""
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
        """Make the files written and removed since the last `commit` visible to readers."""
        self._files.commit()
