"""Reads the files of sources. An unchanged file is recognised by its hash, so no copy of it is kept."""

import errno
import hashlib
import os
import re
import stat
from io import BufferedReader
from pathlib import Path

from publisher.model.errors import SourceError
from publisher.model.sources import FailureKind

MAX_BYTES = 50_000_000
"""The most bytes of a source's file: a listing of that size has 100,000 items."""
_ZIP = b"PK\x03\x04"
"""The first bytes of `.xlsx`, `.ods` and every zip archive."""
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_MERGE = re.compile(r"^<{7} [^\n]*\n(?:[^\n]*\n)*?={7}\r?\n(?:[^\n]*\n)*?>{7} ", re.MULTILINE)
"""What Git writes into a file that two people changed: both versions, between these marks."""


def open_plain(path: Path) -> BufferedReader:
    """Open a file for reading.

    Raises:
        OSError: the file cannot be opened, or is no regular file: reading a pipe might never end.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        code = errno.EISDIR if stat.S_ISDIR(found.st_mode) else errno.EINVAL
        raise OSError(code, os.strerror(code) if code == errno.EISDIR else "it is no plain file", str(path))
    return os.fdopen(descriptor, "rb")


def read_unless(source: str, path: Path, validator: str, *, reader: str) -> bytes | None:
    """Return the file's bytes; return `None` if `validator_of` gives `validator` for these bytes, so that nothing
    changed.

    Raises:
        SourceError: the file cannot be read.
    """
    try:
        with open_plain(path) as file:
            if (size := os.fstat(file.fileno()).st_size) > MAX_BYTES:
                problem = f"{path} has {size} bytes, more than the {MAX_BYTES} of a list of news; correct `path`"
                raise SourceError(source, problem)
            if _validator(hashlib.file_digest(file, "sha256").hexdigest(), reader) == validator:
                return None
            file.seek(0)
            return file.read(MAX_BYTES)
    except FileNotFoundError as error:
        raise SourceError(
            source, f"there is no {path}; create it or correct `path`", kind=FailureKind.MISSING
        ) from error
    except IsADirectoryError as error:
        raise SourceError(source, f"{path} is a folder; `path` must name a file", kind=FailureKind.MISSING) from error
    except OSError as error:
        problem = f"{path} cannot be read: {error.strerror or error}"
        raise SourceError(source, problem, kind=FailureKind.MISSING) from error


def validator_of(data: bytes, *, reader: str) -> str:
    """Return the validator by which a later reading recognises these bytes.

    `reader` is part of the validator, and changes when the same bytes would be read differently.
    """
    return _validator(hashlib.sha256(data).hexdigest(), reader)


def find_merge(text: str) -> str:
    """Return a message about two versions of a text that were never merged, with the line where they begin; return an
    empty string if there are none.
    """
    found = _MERGE.search(text) if "<<<<<<< " in text else None
    if found is None:
        return ""
    line = text.count("\n", 0, found.start()) + 1
    return f"it has two versions of one text from line {line} (<<<<<<<) on; keep one, and remove the marks"


def decoded(source: str, path: Path, data: bytes) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 with a byte order mark, as Excel and Notepad save it.

    Raises:
        SourceError: the file is in another encoding, or has an unfinished merge; the message says where.
    """
    text = _text_of(source, path, data)
    if problem := find_merge(text):
        raise SourceError(source, f"{path}: {problem}")
    return text


def _text_of(source: str, path: Path, data: bytes) -> str:
    if data.startswith(_ZIP):
        raise SourceError(
            source, f"{path} is a workbook or another archive; save it as text in UTF-8 ('CSV UTF-8' in Excel)"
        )
    try:
        return data.decode("utf-16" if data.startswith(_UTF16_MARKS) else "utf-8-sig")
    except UnicodeDecodeError as error:
        if data.startswith(_UTF16_MARKS):
            raise SourceError(source, f"{path} begins as UTF-16 and is not; save it as UTF-8") from error
        line = len(data[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"))
        byte = f"byte {error.start + 1}, 0x{data[error.start]:02X},"
        problem = f"{path}:{line}: {byte} is not UTF-8; save the file as UTF-8"
        if path.suffix.lower() == ".csv":
            problem = f"{problem}, which Excel calls 'CSV UTF-8'"
        raise SourceError(source, problem) from error


def _validator(digest: str, reader: str) -> str:
    return f"{reader}:{digest}"
