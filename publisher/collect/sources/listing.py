"""The `listing` kind: one text file, each item a date on its own line with its text and labels below.

An unchanged file is recognised by its hash and not parsed.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from publisher.collect.sources.base import Fetch
from publisher.collect.sources.files import decoded, read_unless, validator_of
from publisher.collect.sources.listing_faults import why_unread
from publisher.model.errors import SourceError

READER = "listing-9"
"""The version of the parser. It is part of every validator, and changes when the same bytes are read differently."""


@dataclass(frozen=True, slots=True)
class ListingSource:
    """A `Source` that reads one listing file, in UTF-8."""

    name: str
    path: Path
    labels: frozenset[str] = frozenset()
    """Names of themes that contain commas, folded by `slugs.fold_label`."""
    complete: bool = False
    """Whether the file lists all items, so that an item that it lacks is gone."""

    def fetch(self, *, validator: str, now: datetime) -> Fetch:  # noqa: ARG002 - a file lists the same at any time
        """Read the file. An item that cannot be read becomes a `Problem` with its line; the other items are returned.

        Raises:
            SourceError: the file cannot be read, is not UTF-8, or no item in it could be read.
        """
        reader = f"{READER} {sorted(self.labels)}" if self.labels else READER
        reader = f"{reader} complete" if self.complete else reader
        data = read_unless(self.name, self.path, validator, reader=reader)
        if data is None:
            return Fetch(items=(), validator=validator, is_unchanged=True)
        from publisher.collect.sources.listing_grammar import parse  # late: an unchanged file is not parsed

        text = decoded(self.name, self.path, data)
        found = parse(text, str(self.path), self.labels)
        if found.problems and not (found.items or found.withheld):
            raise SourceError(self.name, f"nothing could be read; {why_unread(text, str(self.path), found.problems)}")
        return found.as_fetch(validator=validator_of(data, reader=reader), is_complete=self.complete)
