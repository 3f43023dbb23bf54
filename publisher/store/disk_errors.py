"""Turns errors of the disk into messages that an operator can act on."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from publisher.model.errors import FilesError

STAGING = ".staging"
"""The folder of files that are not public yet. No message names a path in it."""

ADVICE = {
    errno.ENOSPC: "the disk is full: free some space and run again",
    errno.EDQUOT: "the disk quota is used up: free some space and run again",
    errno.EACCES: "permission denied: give the user who runs publisher the right to write there",
    errno.EPERM: "permission denied: give the user who runs publisher the right to write there",
    errno.EROFS: "the file system is read-only: remount it or choose another directory in config.toml",
    errno.EISDIR: "a directory is where a file should be: move it away",
    errno.ENOTDIR: "a file is where a directory should be: move it away",
    errno.EEXIST: "a file is where a directory should be: move it away",
    errno.ELOOP: "a symbolic link is where a file or folder should be: replace it by the real thing",
    errno.ENAMETOOLONG: "the name is too long for this file system",
    errno.EIO: "the disk reports an error: check it, then run again",
}


@contextmanager
def explain_errors(path: Path | str) -> Iterator[None]:
    """Turn an error of the operating system inside a `with` block into one line that names the path and the
    next step.
    """
    try:
        yield
    except OSError as error:
        raise FilesError(f"{_place(error, path)}: {advice_on(error)}") from error


def advice_on(error: OSError) -> str:
    """Return what is wrong with the disk and the next step, without naming the path."""
    problem = (error.strerror or str(error)).lower()
    return ADVICE.get(error.errno or 0, f"{problem}: check the place, then run again")


def _place(error: OSError, path: Path | str) -> object:
    """Return the path to show to the operator: for a rename its target, and never a path in `.staging`."""
    place = error.filename2 or error.filename or path
    return path if STAGING in Path(place).parts else place
