"""A new site: the shipped sample, copied to where the operator wants one."""

import shutil
from pathlib import Path

from publisher.errors import FilesError, UsageError

PACKAGE = Path(__file__).parent
PARTS = ("config.toml", "content", "templates")


def make_site(directory: Path) -> None:
    """Copy configuration, sample content and templates into `directory`, which may exist but holds no site yet.

    Raises:
        UsageError: something of that name is there already; nothing was copied.
        FilesError: the folder cannot be written.
    """
    for part in PARTS:
        if (directory / part).exists():
            raise UsageError(f"{directory / part} is there already; choose another folder, or move it away")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for part in PARTS:
            _copy(_shipped(part), directory / part)
    except OSError as error:
        raise FilesError(f"{error.filename or directory}: {error.strerror}; choose a folder you may write") from error


def _shipped(part: str) -> Path:
    """The wheel's copy; in a checkout, whose packaging has not run, the part itself."""
    packaged = PACKAGE / "templates" if part == "templates" else PACKAGE / "starter" / part
    return packaged if packaged.exists() else PACKAGE.parent / part


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)
