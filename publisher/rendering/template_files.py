"""Finds template files: which ones a site uses, and whether they changed. Nothing here renders."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from io import FileIO
from pathlib import Path

import publisher
from publisher.model.errors import FilesError, TemplateError

PACKAGE = Path(publisher.__file__).parent


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
        for name, path in self._all():
            try:
                with FileIO(path) as file:
                    data = file.readall()
            except OSError as error:
                raise TemplateError(path, None, f"cannot be read: {error.strerror}") from error
            digest.update(f"{len(name)} {name} {len(data)} ".encode() + data)
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
        for name, path in self._all():
            paths.setdefault(name, Path(path))
        return dict(sorted(paths.items()))

    def _all(self) -> Iterator[tuple[str, str]]:
        """Yield the names and files of all templates, folder by folder, sorted in each."""
        for folder in self.folders:
            try:
                found = sorted(_files_below(str(folder), ""))
            except OSError as error:
                raise FilesError(f"{folder}: cannot be read: {error.strerror}") from error
            yield from found


def _files_below(folder: str, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield name (beginning with `prefix`) and path of each template; none for a folder that cannot be read.

    The paths are strings, because a pass without news calls this, too, and pathlib took a seventh of the pass's time.
    """
    with suppress(FileNotFoundError, NotADirectoryError, PermissionError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files_below(entry.path, f"{prefix}{entry.name}/")
            elif entry.is_file() and not entry.name.startswith(".") and not entry.name.endswith("~"):
                yield f"{prefix}{entry.name}", entry.path
