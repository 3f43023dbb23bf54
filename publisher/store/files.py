"""How bytes become files nobody ever sees half-written.

Beside the files lies `.staging`, private and on the same disk. New content is written there and flushed; only then is
it renamed over what readers see, in the order it was written, and the directories are flushed in their turn. A crash
leaves old or new files, never torn ones, and what it left in `.staging` is swept by the next process.

What is done once a file works on strings and asks the system directly: pathlib took an eighth of a full build.
"""

import errno
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from publisher.model.errors import FilesError

STAGING = ".staging"
FILE_MODE = 0o644
_FORBIDDEN_NAMES = frozenset({"", ".", "..", STAGING})
"""In paths: they would lead elsewhere."""
DIRECTORY_MODE = 0o755
"""A web server under another user reads both, whatever the umask of whoever runs us."""

BATCH_FILES = 500
"""Staged files are committed by themselves at this number: more would not be cheaper, only later."""
SYNC_FROM_FILES = 16
"""From here one `sync` comes before the flushes: it costs a third of the flushes alone, on a busy disk less."""
FLUSHERS = 4
"""How many flushes then wait for the disk side by side; it answers them together (500 files on a busy disk: 2.7 ms each
by themselves, 1.2 one by one after a `sync`, 0.06 so)."""

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


class Tree:
    """A folder of files that others read while it is written, such as `feeds/`.

    One process at a time writes a tree; the store's lock sees to that. Nothing is created until something differs.
    """

    def __init__(self, root: Path) -> None:
        """Sweep what an interrupted process left, then be ready to write below `root`, which need not exist."""
        self._root = str(root)
        self._staging = f"{root}/{STAGING}"
        self._is_staging = False
        self._staged: dict[str, str | None] = {}
        """Where each new content goes, and where it waits; None: what is there goes away."""
        self._grown: dict[str, None] = {}
        """Directories that got a new member, in order."""
        self._real: set[str] = set()
        """Those found to be no symbolic links since the last commit: looking once for each file costs more than it."""
        self.sweep()

    def write(self, path: str, data: bytes) -> bool:
        """Stage `data` as the next content of `path` (relative, with slashes); False when it has that content already.

        Readers see it after `commit`, which happens by itself once `BATCH_FILES` are staged.

        Raises:
            FilesError: `path` leaves the tree or leads through a symbolic link, or the disk refuses.
        """
        target = self._target(path)
        with explained(target):
            self._refuse_symlinks(target)
            if _has_content(target, data):
                return False
            if not self._is_staging:
                self._grow(self._staging, mode=0o700)
                self._is_staging = True
            staged = f"{self._staging}/{len(self._staged):06}"
            _write_new(staged, data)
        self._staged[target] = staged
        if len(self._staged) >= BATCH_FILES:
            self.commit()
        return True

    def remove(self, path: str) -> bool:
        """Have `path` go away with the next `commit`, in its turn; False when it is not there.

        Raises:
            FilesError: `path` leaves the tree or leads through a symbolic link, or the disk refuses.
        """
        target = self._target(path)
        with explained(target):
            self._refuse_symlinks(target)
            if _status(target) is None:
                return False
        self._staged[target] = None
        return True

    def has(self, path: str) -> bool:
        """Whether `path` is there, or will be after the next `commit`."""
        target = f"{self._root}/{_checked(path)}"
        return self._staged[target] is not None if target in self._staged else os.path.isfile(target)

    def has_any(self, suffixes: tuple[str, ...]) -> bool:
        """Whether the name of any file in the tree ends so; looks at every folder, at 1 µs a file."""
        return any(name.endswith(suffixes) for _, _, names in os.walk(self._root) for name in names)

    def commit(self) -> None:
        """Show readers everything written so far; when it returns, a power cut cannot take it back.

        Raises:
            FilesError: some files may be new already, the others are still whole and old; writing them again finishes.
        """
        try:
            with explained(self._root):
                _flush_files([staged for staged in self._staged.values() if staged])
            for target, staged in self._staged.items():
                with explained(target):
                    self._put_in_place(staged, target)
            for directory in self._grown:
                with explained(directory):
                    _flush(directory)
        finally:
            self.sweep()

    def sweep(self) -> None:
        """Forget what is staged and not committed."""
        self._is_staging = False
        self._staged.clear()
        self._grown.clear()
        self._real.clear()
        sweep(Path(self._root))

    def _target(self, path: str) -> str:
        target = f"{self._root}/{_checked(path)}"
        if target in self._staged:
            self.commit()  # the later content must win over the earlier one, not over what was there before both
        return target

    def _refuse_symlinks(self, target: str) -> None:
        """Refuse links among the folders that lead to a target: each could lead writes anywhere."""
        folder = target[: target.rindex("/")]
        if folder not in self._real:
            _refuse_symlinks(self._root, folder)
            self._real.add(folder)

    def _put_in_place(self, staged: str | None, target: str) -> None:
        folder = target[: target.rindex("/")]
        if staged is None:
            os.unlink(target)
        else:
            if folder not in self._grown:
                self._grow(folder, mode=DIRECTORY_MODE)
            os.replace(staged, target)
        self._grown[folder] = None

    def _grow(self, directory: str, *, mode: int) -> None:
        for parent in _make_directory(Path(directory), mode=mode):
            self._grown[str(parent)] = None


def sweep(root: Path) -> None:
    """Remove what an interrupted process staged below `root`.

    Raises:
        FilesError: the disk refuses.
    """
    with explained(root):
        _remove(root / STAGING)


def write_folder(root: Path, name: str, files: Mapping[str, bytes]) -> bool:
    """Make `root/name` hold exactly `files`, wholly or not at all; False when it does already and was not touched.

    A folder with other content is replaced: a crash in the middle leaves none, never a mixture.

    Raises:
        FilesError: a name is not a plain one, or the disk refuses; the folder is as it was.
    """
    for plain in (name, *files):
        if "/" in _checked(plain):
            raise FilesError(f"{root / name}: {plain!r} is not a plain name")
    target, staging = root / name, root / STAGING
    staged, replaced = staging / name, staging / f"{name}.replaced"
    with explained(target):
        try:
            _refuse_symlinks(str(root), str(target))
            _remove(staged)  # of an interrupted process
            if _is_folder_of(target, files):
                return False
            grown = dict.fromkeys([root, *_make_directory(staging, mode=0o700)])
            _fill_folder(staged, files)
            _swap(staged, target, replaced)
            for directory in grown:
                _flush(str(directory))
        finally:
            for leftover in (staged, replaced):
                _remove(leftover)
            _remove_if_empty(staging)
    return True


def move_folder(source: Path, target: Path) -> None:
    """Show a folder under another name, on the same disk, in one step that a power cut cannot take back.

    Raises:
        FilesError: the disk refuses, or something is there already.
    """
    with explained(target):
        grown = dict.fromkeys([target.parent, source.parent])
        source.replace(target)
        for directory in grown:
            _flush(str(directory))


def remove(path: Path) -> None:
    """Remove a file, or a folder with all in it; harmless when there is none.

    Raises:
        FilesError: the disk refuses.
    """
    with explained(path):
        if path.is_dir() and not path.is_symlink():
            _remove(path)
        else:
            path.unlink(missing_ok=True)


def _fill_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    _make_directory(folder, mode=DIRECTORY_MODE)
    for name, data in files.items():
        _write_new(str(folder / name), data)
    _flush_files([str(folder / name) for name in files])
    _flush(str(folder))


def _swap(staged: Path, target: Path, replaced: Path) -> None:
    """Put a folder in place; a folder cannot be renamed over one that has files, so an old one steps aside first."""
    if not os.path.lexists(target):
        staged.replace(target)
        return
    _remove(replaced)
    target.replace(replaced)
    try:
        staged.replace(target)
    except OSError:
        replaced.replace(target)
        raise


def _checked(path: str) -> str:
    """The path, if it is a relative one that stays where it starts."""
    if "\0" in path or not _FORBIDDEN_NAMES.isdisjoint(path.split("/")):
        raise FilesError(f"{path!r} is not a path inside a folder")
    return path


def _refuse_symlinks(root: str, folder: str) -> None:
    """A link below the root could lead writes anywhere; the root itself is the operator's choice."""
    current = root
    for part in folder.removeprefix(root).split("/")[1:]:
        current = f"{current}/{part}"
        try:
            _status(current)
        except NotADirectoryError:
            return  # what is asked for below it says so


def _status(path: str) -> os.stat_result | None:
    """What is at the path, which must not be a symbolic link; None: nothing."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(status.st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
    return status


def _has_content(path: str, data: bytes) -> bool:
    status = _status(path)
    if status is None:
        return False
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if status.st_size != len(data):
        return False
    with open(path, "rb", buffering=0) as file:
        return file.read() == data


def _is_folder_of(path: Path, files: Mapping[str, bytes]) -> bool:
    try:
        names = {child.name for child in path.iterdir()}
    except FileNotFoundError:
        return False
    return names == set(files) and all(_has_content(str(path / name), data) for name, data in files.items())


def _write_new(path: str, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    try:
        try:
            os.fchmod(descriptor, FILE_MODE)
            while data := data[os.write(descriptor, data) :]:  # a system may write part of it
                pass
        finally:
            os.close(descriptor)
    except OSError:
        os.unlink(path)  # half a file on a full disk helps nobody
        raise


def _flush_files(paths: list[str]) -> None:
    if len(paths) < SYNC_FROM_FILES:
        _flush_each(paths)
        return
    os.sync()  # only for speed: it reports no error, so each file is asked for below all the same
    with ThreadPoolExecutor(FLUSHERS) as pool:
        for _ in pool.map(_flush_each, [paths[start::FLUSHERS] for start in range(FLUSHERS)]):
            pass  # an error of any of them is raised here


def _flush_each(paths: list[str]) -> None:
    for path in paths:
        _flush(path)


def _flush(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_directory(path: Path, *, mode: int) -> list[Path]:
    """Make what is missing; return the directories that must be flushed for the new ones to last."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    for directory in reversed(missing):
        _new_directory(directory, mode=mode if directory == missing[0] else DIRECTORY_MODE)
    return [directory.parent for directory in missing]


def _new_directory(directory: Path, *, mode: int) -> None:
    """Make a directory that has its mode from the first moment in which readers can meet it."""
    # mkdir() obeys the umask. Killed before chmod(), it would leave a directory that no web server may enter, and the
    # next process would find it there and leave it so: hence under another name first, which that process takes up.
    is_private = STAGING in directory.parts
    new = directory if is_private else directory.with_name(f".{directory.name}.new")
    new.mkdir(exist_ok=not is_private)
    new.chmod(mode)
    if not is_private:
        new.replace(directory)


def _remove(path: Path) -> None:
    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        return


def _remove_if_empty(directory: Path) -> None:
    try:
        directory.rmdir()
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.ENOENT):  # another folder may be under way
            raise


@contextmanager
def explained(path: Path | str) -> Iterator[None]:
    """Turn the system's refusal into one line that names the place and the next step."""
    try:
        yield
    except OSError as error:
        problem = (error.strerror or str(error)).lower()
        advice = ADVICE.get(error.errno or 0, f"{problem}: check the place, then run again")
        raise FilesError(f"{_place(error, path)}: {advice}") from error


def _place(error: OSError, path: Path | str) -> object:
    """What the operator can look at: where a rename should lead, and never what lies in staging."""
    place = error.filename2 or error.filename or path
    return path if STAGING in Path(place).parts else place
