"""Finds out why SQLite cannot write a database: SQLite only says that it could not.

A program that opened the database as another user, or died while the disk was full, leaves `-shm` and `-wal` files that
others may not write; a full disk appears as a failed read or write.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from publisher.store.owners import name_of

_ROOM_BYTES = 1 << 20
"""A disk with fewer free bytes counts as full: the `-shm` file and some pages of the log need this space."""


def find_hindrance(file: Path) -> str | None:
    """Return why this user cannot write a database or a lock, with the next step, or `None` if no reason was found."""
    folder = file.absolute().parent
    if not folder.is_dir():
        return f"there is no folder {folder}; make it, or name another file in store.url"
    if file.is_dir():
        return "a folder is in its place; move it away, or name another file in store.url"
    return next(_hindrances(file, folder), None)


def _hindrances(file: Path, folder: Path) -> Iterator[str]:
    """Yield the reasons why this user cannot write an SQLite file, causes before their effects."""
    disk = os.statvfs(folder)
    if disk.f_flag & os.ST_RDONLY:
        yield f"the file system of {folder} is read-only; look why, and mount it so that it can be written"
    for ending in ("", "-wal", "-shm", "-journal"):
        beside = file.with_name(file.name + ending)
        if beside.exists() and not os.access(beside, os.R_OK | os.W_OK):
            yield _of_another(beside, is_left=bool(ending))
    if not os.access(folder, os.W_OK | os.X_OK):
        yield f"this user may not write in {folder}; give it the right to"
    if (room := disk.f_bavail * disk.f_frsize) < _ROOM_BYTES:
        yield f"the disk is full; make room and run again ({folder} has {room >> 10} kB left)"
    if disk.f_files and not disk.f_favail:
        yield f"the disk is full; remove files and run again ({folder} has no place for more)"


def _of_another(path: Path, *, is_left: bool) -> str:
    """Return what the operator should do about a file that this user may not read and write."""
    found, me = path.stat(), name_of(os.geteuid()) or f"user {os.geteuid()}"
    whose = name_of(found.st_uid) or f"user {found.st_uid}"
    if found.st_uid == os.geteuid():
        return f"{path} cannot be written to; use: chmod u+rw {quote(str(path))}"
    what = "was left by" if is_left else "belongs to"
    remedy = f"chown {name_of(os.geteuid()) or os.geteuid()} {quote(str(path))}"
    return f"{path.name} {what} {whose}, and {me} cannot write it; as root: {remedy}"
