"""Template files: which ones a site uses, and whether they changed. Nothing here renders."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import publisher
from publisher.model.errors import TemplateError

PACKAGE = Path(publisher.__file__).parent


def shipped_templates() -> Path:
    """The folder of the templates that come along."""
    packaged = PACKAGE / "templates"
    # An editable install runs from a checkout, where the wheel's copy does not exist.
    return packaged if packaged.is_dir() else PACKAGE.parent / "templates"


class TemplateFiles:
    """The templates in some folders; a file in an earlier folder replaces one of the same name in a later folder."""

    def __init__(self, *folders: Path) -> None:
        self.folders = tuple(folder.absolute() for folder in folders)
        self.generation = 0
        """Changes when a file was found to have changed: what was made from the earlier files is out of date."""
        self._fingerprint = ""

    def fingerprint(self) -> str:
        """Return a digest of the names and bytes of all templates, replaced ones too, because a template may extend
        them.

        Templates that are rendered afterwards are at least as new as the files it saw.

        Raises:
            TemplateError: a template cannot be read.
        """
        digest = hashlib.sha256()
        for name, path in self._all():
            try:
                data = path.read_bytes()
            except OSError as error:
                raise TemplateError(str(path), None, f"cannot be read: {error.strerror}") from error
            digest.update(f"{len(name)} {name} {len(data)} ".encode() + data)
        if digest.hexdigest() != self._fingerprint:
            self.generation += 1
            self._fingerprint = digest.hexdigest()
        return self._fingerprint

    def paths(self) -> dict[str, Path]:
        """The file of each template, by its name, sorted."""
        paths: dict[str, Path] = {}
        for name, path in self._all():
            paths.setdefault(name, path)
        return dict(sorted(paths.items()))

    def _all(self) -> Iterator[tuple[str, Path]]:
        """Yield the names and files of all templates, folder by folder."""
        for folder in self.folders:
            for path in sorted(folder.rglob("*")):
                if path.is_file() and not path.name.startswith(".") and not path.name.endswith("~"):
                    yield path.relative_to(folder).as_posix(), path
