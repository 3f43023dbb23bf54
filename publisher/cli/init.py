"""Make a new site: copy the shipped sample to where the operator wants it.

Templates are copied only on request. A copy replaces the shipped template for good, so a copy that nobody edited would
miss every later fix, and fail when the program gives it other values.
"""

import shutil
from contextlib import suppress
from pathlib import Path

from publisher.model.errors import FilesError, UsageError
from publisher.rendering.template_files import PACKAGE, shipped_templates

PARTS = ("config.toml", "content")
TEMPLATES = "templates"
README = """Files in this folder win over the templates that come with publisher, one by one.
It is empty at first: what is not here follows every upgrade.
`publisher init --templates` in the site's folder copies all of them here; keep those you change, delete the others.
"""


def make_site(directory: Path) -> None:
    """Copy configuration and sample content into `directory`, which may exist but must hold no site.

    Raises:
        UsageError: something of that name is there already; nothing was copied.
        FilesError: the folder cannot be written.
    """
    for part in (*PARTS, TEMPLATES):
        if (directory / part).exists():
            raise UsageError(f"{directory / part} is there already; choose another folder, or move it away")
    try:
        (directory / TEMPLATES).mkdir(parents=True)
        (directory / TEMPLATES / "README.txt").write_text(README, encoding="utf-8")
        for part in PARTS:
            _copy(_shipped(part), directory / part)
    except OSError as error:
        _remove_made(directory)
        raise _unwritable(error, directory) from error


def copy_templates(directory: Path) -> list[Path]:
    """Copy the shipped templates into a site's templates folder; return those copied. Files already there stay.

    Raises:
        FilesError: the folder cannot be written.
    """
    shipped, copies = shipped_templates(), []
    try:
        for template in sorted(path for path in shipped.rglob("*") if path.is_file()):
            copy = directory / TEMPLATES / template.relative_to(shipped)
            if not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(template, copy)
                copies.append(copy)
    except OSError as error:
        raise _unwritable(error, directory) from error
    return copies


def _shipped(part: str) -> Path:
    """Where a shipped file or folder is: in the package; in a checkout, beside it."""
    packaged = PACKAGE / "starter" / part
    return packaged if packaged.exists() else PACKAGE.parent / part


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)


def _remove_made(directory: Path) -> None:
    """Remove half a site, which would prevent the next try; what cannot be removed is left to the operator."""
    for part in (*PARTS, TEMPLATES):
        path = directory / part
        with suppress(OSError):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _unwritable(error: OSError, directory: Path) -> FilesError:
    return FilesError(f"{error.filename or directory}: {error.strerror}; choose a folder you may write")
