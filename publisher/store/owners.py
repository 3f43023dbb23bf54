"""File ownership: a site belongs to the owner of its store, and the owner's service must be able to write every file.

So a command run by another user must not leave files that the service cannot open. If root runs it, new files get the
owner of their folder. Members of the group that shares the folder may run it; other users are refused.
"""

import errno
import os
import pwd
import stat
from pathlib import Path

from publisher.model.errors import StoreError
from publisher.store.disk_errors import advice_on

ROOT = 0


def refuse_strangers(database: Path) -> None:
    """Raise an error if the present user would leave files that the owner of the store cannot write.

    Allowed are the owner; root, unless its container forbids chown; and members of a group that shares the folder: the
    folder's mode is `g+ws`, or it is `g+w` and the group is the user's own.

    Raises:
        StoreError: this user is none of these.
    """
    place = database if database.exists() else database.parent
    try:
        owner = place.stat().st_uid
        if owner == os.geteuid() or _is_shared(database.parent) or _may_give(place, owner):
            return
    except OSError:
        return  # opening the database will report what is wrong with its folder
    him, me = name_of(owner), name_of(os.geteuid())
    problem = f"it belongs to {him or f'user {owner}'}, who could not write what {me or 'this user'} would leave"
    account = him or f"'#{owner}'"
    remedy = f"use: sudo -u {account} publisher ..., or let a group share its folder (chmod g+ws)"
    raise StoreError(f"store {database}: {problem}; {remedy}")


PRIVATE = 0o600
"""The mode of a file with addresses: only its owner reads it, and the group if the folder is shared with one."""


def make_database(database: Path) -> None:
    """Make an empty file for a new database. Only its owner can read it; if root makes it, give it to the owner of the
    folder.

    SQLite's own files beside it get its mode and owner.

    Raises:
        StoreError: the disk refuses.
    """
    if database.exists() or not database.parent.is_dir():
        return
    try:
        make_private(database)
        give(database, folder=database.parent)
    except OSError as error:
        if os.geteuid() == ROOT:
            raise StoreError(f"store {database}: {advice_on(error)}") from error
        # opening the database says what is wrong, and knows more about it


def make_private(path: Path) -> None:
    """Make an empty file that only its owner can read; an existing one stays unchanged."""
    path.touch(mode=PRIVATE)


def share(file: int, *, folder: Path) -> None:
    """Let the folder's owner and group write a new file of this program; `file` is its descriptor."""
    found = os.fstat(file)
    if os.geteuid() not in (ROOT, found.st_uid):
        return
    if _is_shared(folder):
        os.fchmod(file, stat.S_IMODE(found.st_mode) | stat.S_IRGRP | stat.S_IWGRP)
    if found.st_uid == ROOT:
        give(file, folder=folder)


def give(made: int | str | Path, *, folder: str | Path) -> None:
    """Give a file that root made to the owner of its folder; `made` is the path or the descriptor of the file."""
    if os.geteuid() != ROOT:
        return
    found = os.stat(folder)  # noqa: PTH116 - for each file of a site; a `Path` takes five times as long
    if found.st_uid != ROOT:
        os.chown(made, found.st_uid, found.st_gid)


def name_of(user: int) -> str:
    """Return the name of a user, or an empty string if the number has no name, which is usual in containers."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return ""


def _may_give(place: Path, owner: int) -> bool:
    """Whether root may give files to this owner: some containers forbid it, or do not know the owner."""
    if os.geteuid() != ROOT:
        return False
    try:
        os.chown(place, owner, -1)  # the present owner: only the permission is tested
    except OSError as error:
        return error.errno not in (errno.EPERM, errno.EINVAL)
    return True


def _is_shared(folder: Path) -> bool:
    """Whether files made in the folder belong to its group, and the group may write there."""
    found = folder.stat()
    is_of_its_group = bool(found.st_mode & stat.S_ISGID) or found.st_gid == os.getegid()
    return bool(found.st_mode & stat.S_IWGRP) and is_of_its_group
