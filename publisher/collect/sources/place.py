"""The place of a source, on the web or in a file; several kinds use it."""

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.collect.sources.answer import Fetched
from publisher.collect.sources.files import read_unless, validator_of
from publisher.model.errors import SourceError
from publisher.model.problems import Problem

if TYPE_CHECKING:  # importing httpx takes 0.1 s, which a source that reads a file does not need
    from publisher.collect.sources.fetch import Fetcher


@dataclass(frozen=True, slots=True)
class Place:
    """The web address or the file of a feed or a page."""

    source: str
    url: str
    """The web address; empty if the place is a file."""
    path: Path | None
    fetcher: "Fetcher | None"
    reader: str
    """The version of the parser, which is part of the validator and changes when the same bytes would be parsed
    differently.
    """
    accept: str

    def fetch(self, *, validator: str, now: datetime) -> Fetched:
        """Return the document at this place.

        Raises:
            SourceError: the document cannot be read.
        """
        if self.url:
            return self.fetch_from(self.url, validator=validator, now=now)
        if self.path is None:
            raise SourceError(self.source, "it needs `url` or `path`")
        data = read_unless(self.source, self.path, validator, reader=self.reader)
        if data is None:
            return Fetched(body=b"", url="", charset="", validator=validator, is_unchanged=True)
        return Fetched(body=data, url="", charset="", validator=validator_of(data, reader=self.reader))

    def fetch_from(self, url: str, *, validator: str = "", now: datetime) -> Fetched:
        """Return the document at another address of the same source."""
        if self.fetcher is None:
            raise SourceError(self.source, "nothing is there to fetch with; give `path`")
        head, _, rest = validator.partition(":")
        reader = f"{self.reader}-{_fingerprint(self.url)}"
        known = rest if head == reader else ""
        found = self.fetcher.fetch(url, source=self.source, validator=known, now=now, accept=self.accept)
        return replace(found, validator=f"{reader}:{found.validator}")

    def remarks(self, found: Fetched) -> tuple[Problem, ...]:
        """Return what the operator should know about the place, such as that its address moved."""
        if not found.moved_to or found.is_unchanged:
            return ()
        what = f"{self.url} has moved permanently to {found.moved_to}; write that in `url`"
        return (Problem(where=f"source {self.source!r}", what=what),)


def _fingerprint(url: str) -> str:
    """Return a short hash of an address, to store with its validator: a server's validator is valid for no other
    address.
    """
    return sha256(url.encode()).hexdigest()[:12]
