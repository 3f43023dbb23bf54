"""Reads the files of sources; an unchanged one is recognised by its digest, which takes little memory."""

import hashlib
from pathlib import Path

from publisher.model.errors import SourceError

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_unless(source: str, path: Path, validator: str, *, reader: str) -> bytes | None:
    """Return the file's bytes; None when `validator` is what `validator_of` made of them.

    Raises:
        SourceError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            if _validator(hashlib.file_digest(file, "sha256").hexdigest(), reader) == validator:
                return None
            file.seek(0)
            return file.read()
    except FileNotFoundError as error:
        raise SourceError(source, f"there is no {path}; create it or correct `path`") from error
    except IsADirectoryError as error:
        raise SourceError(source, f"{path} is a folder; `path` must name a file") from error
    except OSError as error:
        raise SourceError(source, f"{path} cannot be read: {error.strerror or error}") from error


def validator_of(data: bytes, *, reader: str) -> str:
    """Return what a later reading knows these bytes by. `reader` changes when they would be read differently."""
    return _validator(hashlib.sha256(data).hexdigest(), reader)


def decoded(source: str, path: Path, data: bytes) -> str:
    """Return the text of a file in UTF-8.

    Raises:
        SourceError: it is in another encoding; the message says where.
    """
    if data.startswith(_UTF16_MARKS):
        raise SourceError(source, f"{path} is UTF-16; save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = len(data[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"))
        byte = f"byte {error.start + 1}, 0x{data[error.start]:02X},"
        problem = f"{path}:{line}: {byte} is not UTF-8; save the file as UTF-8"
        raise SourceError(source, problem) from error


def _validator(digest: str, reader: str) -> str:
    return f"{reader}:{digest}"
