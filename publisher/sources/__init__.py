"""Where items come from: one module a kind."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from publisher.model import Item, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """What one reading of a source gave."""

    items: Iterable[Item]
    """Newest first where the source has an order; repeats allowed. Empty when `is_unchanged`."""
    validator: str
    """Opaque; handed to the next `fetch`, which may compare it (a digest of the bytes, an ETag) instead of parsing."""
    problems: Sequence[Problem] = ()
    """Single items that could not be read, each with its place; the others are in `items`."""
    remarks: Sequence[Problem] = ()
    """What the operator should know of the source as a whole, such as its move to another address."""
    fresh_until: datetime | None = None
    """Until when its server says that asking again is of no use; None: ask whenever you like."""
    is_unchanged: bool = False
    """True: nothing differs from the reading that gave the validator passed in; nothing was parsed."""


class Source(Protocol):
    """Where items come from. One instance reads one configured place."""

    @property
    def name(self) -> str:
        """As in config.toml; the store knows the source by it."""
        ...

    def fetch(self, *, validator: str, now: datetime) -> Fetch:
        """Read what is listed now; the store tells old from new. `validator` is "" the first time.

        Raises:
            SourceError: nothing useful could be read. A bad single item is skipped and becomes a `Problem`.
        """
        ...


KINDS: dict[str, str] = {
    "listing": "publisher.sources.listing:ListingSource",
    "markdown": "publisher.sources.markdown:MarkdownSource",
    "table": "publisher.sources.table:TableSource",
    "database": "publisher.sources.database:DatabaseSource",
    "feed": "publisher.sources.feed:FeedSource",
    "page": "publisher.sources.page:PageSource",
}
"""What `kind` may say, and the class it names, as `pkgutil.resolve_name` reads it: a kind is imported when it is used.
The class is called with `name` and the other keys of its table in config.toml, paths made absolute, and with what the
site gives to whoever asks for it by name: `fetcher`, `timezone`."""
GIVEN = frozenset({"fetcher", "timezone"})
