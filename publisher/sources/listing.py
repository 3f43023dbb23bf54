"""The `listing` kind: one text file, each item a date on its own line with its text and labels beneath.

The bytes come in, items go out. An unchanged file is recognised by its digest and not parsed.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from publisher.errors import SourceError
from publisher.sources import Fetch

PARSER_VERSION = 1
"""Part of every validator. It rises when the parser reads the same bytes differently, so that files are read again."""

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class ListingSource:
    """A `Source` that reads one listing file, in UTF-8."""

    name: str
    path: Path

    def fetch(self, *, validator: str, now: datetime) -> Fetch:  # noqa: ARG002 - a file lists the same at any time
        """Read the file; an item that cannot be read is a `Problem` with its line, and the others are given.

        Raises:
            SourceError: the file cannot be read, is not UTF-8, or holds text of which nothing could be read.
        """
        data = self._read_unless(validator)
        if data is None:
            return Fetch(items=(), validator=validator, is_unchanged=True)
        # Late: an unchanged file needs neither the grammar nor dateutil.
        from publisher.sources.listing_grammar import parse

        items, problems = parse(self._decoded(data), str(self.path))
        if problems and not items:
            raise SourceError(self.name, f"nothing could be read; {problems[0]}")
        return Fetch(items=items, validator=_validator(hashlib.sha256(data).hexdigest()), problems=problems)

    def _read_unless(self, validator: str) -> bytes | None:
        """Return the file's bytes; None when `validator` is theirs, which takes little memory to find out."""
        try:
            with self.path.open("rb") as file:
                if _validator(hashlib.file_digest(file, "sha256").hexdigest()) == validator:
                    return None
                file.seek(0)
                return file.read()
        except FileNotFoundError as error:
            raise SourceError(self.name, f"there is no {self.path}; create it or correct `path`") from error
        except IsADirectoryError as error:
            raise SourceError(self.name, f"{self.path} is a folder; `path` must name a text file") from error
        except OSError as error:
            raise SourceError(self.name, f"{self.path} cannot be read: {error.strerror or error}") from error

    def _decoded(self, data: bytes) -> str:
        if data.startswith(_UTF16_MARKS):
            raise SourceError(self.name, f"{self.path} is UTF-16; save it as UTF-8")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = len(data[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"))
            byte = f"byte {error.start + 1}, 0x{data[error.start]:02X},"
            problem = f"{self.path}:{line}: {byte} is not UTF-8; save the file as UTF-8"
            raise SourceError(self.name, problem) from error


def _validator(digest: str) -> str:
    return f"listing-{PARSER_VERSION}:{digest}"
