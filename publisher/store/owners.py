"""Who may write what a command leaves. A site belongs to the owner of its store, and a service of his writes it too.

A command that somebody else typed, root above all, must not leave a file that this service then cannot open.
"""

import os
import pwd
import stat
from pathlib import Path

from publisher.model.errors import StoreError


def refuse_strangers(database: Path) -> None:
    """Refuse a user who would leave files that the owner of the store cannot write.

    The owner is let in, and so is a group that the folder is shared with: it is `g+ws`, or `g+w` and of our group.

    Raises:
        StoreError: this user is neither.
    """
    place = database if database.exists() else database.parent
    try:
        owner = place.stat().st_uid
        if owner == os.geteuid() or _is_shared(database.parent):
            return
    except OSError:
        return  # opening the database will say what is wrong with its folder
    him, me = _name(owner), _name(os.geteuid())
    problem = f"it belongs to {him or f'user {owner}'}, who could not write what {me or 'this user'} would leave"
    account = him or f"'#{owner}'"
    remedy = f"use: sudo -u {account} publisher ..., or let a group share its folder (chmod g+ws)"
    raise StoreError(f"store {database}: {problem}; {remedy}")


def share(file: int, *, folder: Path) -> None:
    """Let the group that the folder is shared with write a file of ours; `file` is its descriptor."""
    if _is_shared(folder) and (found := os.fstat(file)).st_uid == os.geteuid():
        os.fchmod(file, stat.S_IMODE(found.st_mode) | stat.S_IWGRP)


def _is_shared(folder: Path) -> bool:
    """Whether files made in the folder are of its group, and the group may write there."""
    found = folder.stat()
    is_of_its_group = bool(found.st_mode & stat.S_ISGID) or found.st_gid == os.getegid()
    return bool(found.st_mode & stat.S_IWGRP) and is_of_its_group


def _name(user: int) -> str:
    """The name of a user; empty: he has a number alone, as often in containers."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return ""
