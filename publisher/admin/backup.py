"""Backs up a site into one file: its store and its outbox, both as of one moment."""

from datetime import datetime
from pathlib import Path

from publisher.config.config import Config
from publisher.model.errors import UsageError
from publisher.store import Store
from publisher.store.backup_file import write_backup

WAIT_S = 60.0
"""How many seconds a backup waits for other work (collect, publish, compose) to end."""


def back_up(config: Config, file: Path, *, now: datetime) -> int:
    """Write the store and the outbox into a backup file, replacing an earlier one; return its size in bytes. Other work
    on the site waits meanwhile.

    Raises:
        BusyError: other work took too long.
        FilesError: the file cannot be written.
        StoreError: the store cannot be read, or is damaged.
        UsageError: the store is on a server or missing, or `file` is at a place where others could read it or would
            send it.
    """
    database, outbox = config.store.file, config.outbox_directory
    if database is None:
        raise UsageError(
            f"the store is on a server: back it up with pg_dump, and then copy the outbox, {outbox}, "
            "so that no edition is missing there"
        )
    if not database.exists():
        raise UsageError(f"store {database}: it is not there yet; the first `publisher run` makes it")
    if file.is_dir():
        raise UsageError(f"backup {file}: name a file for it, such as {database.with_name('news.backup')}")
    place = check_place(config, file, "backup")
    with Store.locked(config.store.url, ("pass",), wait_s=WAIT_S):
        return write_backup(place, database=database, outbox=outbox, now=now)


def check_place(config: Config, file: Path, what: str) -> Path:
    """Return the path at which to write confidential data. If `file` is a symbolic link, this is the path to which the
    link leads.

    The path must be no file of the site itself, a pipe, a device such as `/dev/stdout`, or a place where others could
    read the data or would send it.

    Raises:
        UsageError: the path is one of these. The message calls the data `what`, such as `backup`.
    """
    place = file.resolve()
    read_by_all = (config.feeds_directory, "everybody reads it there")
    for folder, why in (read_by_all, (config.outbox_directory, "what sends it might send it")):
        if place.is_relative_to(folder.resolve()):
            raise UsageError(f"{what} {file}: choose a place outside {folder}: {why}")
    departures = config.departures
    own_files = (config.path, departures, departures.with_suffix(".key"), config.store.file)
    if place in [own.resolve() for own in own_files if own]:
        raise UsageError(f"{what} {file}: the site itself needs this file; name another one")
    if file.exists() and not file.is_file():  # replacing /dev/null or /dev/stdout would harm the whole machine
        raise UsageError(f"{what} {file}: it is no file, so it cannot be replaced by one; name a file")
    return place if file.is_symlink() else file
