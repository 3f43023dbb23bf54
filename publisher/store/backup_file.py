"""Writes and unpacks backups: one file with a copy of an SQLite store and of the outbox.

It is a compressed tar archive: `backup.json` describes it, `publisher.db` is the store, and `outbox/` has the files of
the outbox. A new backup is written beside an earlier one and then renamed over it, so the file is whole at any time.
"""

import io
import json
import os
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from publisher.model.errors import StoreError
from publisher.store.disk_errors import STAGING, explain_errors
from publisher.store.files import Tree, write_folder
from publisher.store.snapshot import join_log, take_snapshot

_FORMAT = 1
"""The version of the backup's layout. It grows when an older program would misread the new layout."""
_DESCRIPTION = "backup.json"
_DATABASE = "publisher.db"
_OUTBOX = "outbox"
_HELD = "held"
"""The folder of the outbox that contains files as well as folders."""
_EFFORT = 3
"""The compression level, out of 9. Other work waits for a backup; a higher level takes three times as long and saves a
tenth.
"""
_MODE = 0o600
"""Only the owner may read a backup: it also contains editions that wait for the editor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """The unpacked files of a backup."""

    taken_at: datetime
    """When the backup was made, in UTC."""
    database: Path
    """The copy of the store."""
    outbox: Path
    """The copy of the outbox; missing if the outbox was empty."""


def write_backup(file: Path, *, database: Path, outbox: Path, now: datetime) -> int:
    """Write the store and the outbox into a backup file, replacing an earlier one; return its size in bytes.

    The caller makes sure that nothing is written to the outbox meanwhile.

    Raises:
        FilesError: the disk refuses; an earlier file is unchanged.
        StoreError: the store cannot be read, or is damaged.
    """
    with explain_errors(file), tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}.") as folder:
        copy, new = Path(folder) / _DATABASE, Path(folder) / "new"
        take_snapshot(database, copy)
        join_log(copy, place=str(database))
        with new.open("xb") as stream:
            new.chmod(_MODE)
            with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=_EFFORT) as archive:
                _add_text(archive, _DESCRIPTION, json.dumps({"format": _FORMAT, "taken_at": now.isoformat()}))
                archive.add(copy, _DATABASE)
                for path in _files_of(outbox):
                    archive.add(path, f"{_OUTBOX}/{path.relative_to(outbox).as_posix()}", recursive=False)
            stream.flush()
            os.fsync(stream.fileno())
        size = new.stat().st_size
        new.replace(file)
        flush_folder(file.parent)
        return size


def unpack_backup(file: Path, folder: Path) -> Backup:
    """Unpack a backup into a folder.

    Raises:
        StoreError: the file cannot be read, is no backup or is damaged.
        FilesError: the disk refuses.
    """
    try:
        with _reading(file) as archive:
            for member in archive:
                _unpack(archive, member, folder, file)
        described = json.loads((folder / _DESCRIPTION).read_text("utf-8"))
        taken_at = datetime.fromisoformat(described["taken_at"])
    except (tarfile.TarError, EOFError, zlib.error, ValueError, KeyError, FileNotFoundError) as error:
        raise StoreError(f"backup {file}: it is damaged, or `publisher backup` did not make it") from error
    if described["format"] != _FORMAT:
        raise StoreError(f"backup {file}: a newer publisher made it; install that one")
    return Backup(taken_at=taken_at, database=folder / _DATABASE, outbox=folder / _OUTBOX)


def add_missing(source: Path, target: Path) -> int:
    """Copy the folders and files that the outbox `source` has and `target` lacks; return the number of files copied.

    A folder that exists in the target stays as it is.

    Raises:
        FilesError: the disk refuses.
    """
    added = 0
    for folder in sorted({path.parent for path in _files_of(source)}):
        place = target / folder.relative_to(source)
        files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
        if folder in (source, source / _HELD):  # these two hold files beside folders
            tree = Tree(place)
            added += sum(tree.write(name, data) for name, data in files.items() if not tree.has(name))
            tree.commit()
        elif not place.exists():
            write_folder(place.parent, place.name, files)
            added += len(files)
    return added


def flush_folder(folder: Path) -> None:
    """Flush a folder, so that renames in it survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _reading(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        stream = file.open("rb")
    except OSError as error:
        raise StoreError(f"backup {file}: {(error.strerror or str(error)).lower()}") from error
    with stream, tarfile.open(fileobj=stream, mode="r:gz") as archive:
        yield archive


def _unpack(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, file: Path) -> None:
    """Unpack one file of a backup. Links and paths that lead outside are refused: somebody else may have made the
    backup.
    """
    parts = PurePosixPath(member.name).parts
    is_ours = member.name in (_DESCRIPTION, _DATABASE) or (parts[:1] == (_OUTBOX,) and ".." not in parts)
    content = archive.extractfile(member) if is_ours and member.isreg() else None
    if content is None:
        raise StoreError(f"backup {file}: it holds {member.name!r}, which `publisher backup` does not put there")
    target = folder.joinpath(*parts)
    with explain_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as stream:
            while some := content.read(1 << 20):
                stream.write(some)


def _files_of(outbox: Path) -> Iterator[Path]:
    for path in sorted(outbox.rglob("*")):
        if path.is_file() and not path.is_symlink() and STAGING not in path.relative_to(outbox).parts:
            yield path


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    data = f"{text}\n".encode()
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))
