"""What a source is, and the class of each kind: one of ours, one that an installed package brings, or a dotted path."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from inspect import Parameter, signature
from pathlib import Path
from pkgutil import resolve_name
from typing import Protocol

from publisher.model.items import Item
from publisher.model.problems import Problem


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
    "listing": "publisher.collect.sources.listing:ListingSource",
    "markdown": "publisher.collect.sources.markdown:MarkdownSource",
    "table": "publisher.collect.sources.table:TableSource",
    "database": "publisher.collect.sources.database:DatabaseSource",
    "feed": "publisher.collect.sources.feed:FeedSource",
    "page": "publisher.collect.sources.page:PageSource",
}
"""What `kind` may say, and the class it names, as `pkgutil.resolve_name` reads it: a kind is imported when it is used.
The class is called with `name` and the other keys of its table in config.toml, paths made absolute, and with what the
site gives to whoever asks for it by name: `fetcher`, `timezone`."""
GIVEN = frozenset({"fetcher", "timezone"})

ENTRY_POINTS = "publisher.sources"
"""The group in which an installed package names kinds of its own."""


def kind_names() -> tuple[str, ...]:
    """Return what `kind` may say besides a dotted path: our own kinds, and those that installed packages bring."""
    from importlib.metadata import entry_points  # late: a site with our own kinds need not look around

    return (*KINDS, *sorted(entry.name for entry in entry_points(group=ENTRY_POINTS)))


def load_kind(kind: str) -> Callable[..., Source]:
    """Return the class of a kind: one of `KINDS`, an entry point's name, or `package.module:Class`.

    Raises:
        ImportError, AttributeError, ValueError: there is no such module or class.
    """
    if kind in KINDS or ":" in kind:
        found: Callable[..., Source] = resolve_name(KINDS.get(kind, kind))
        return found
    from importlib.metadata import entry_points

    (entry,) = entry_points(group=ENTRY_POINTS, name=kind)
    loaded: Callable[..., Source] = entry.load()
    return loaded


def parameters_of(kind: Callable[..., Source]) -> Mapping[str, Parameter]:
    """Return what a kind's class takes by name, besides its `name`."""
    return {name: each for name, each in signature(kind).parameters.items() if name != "name"}


def takes_path(parameter: Parameter) -> bool:
    """Whether a key of that name is a path, relative to config.toml."""
    return parameter.annotation in (Path, Path | None, "Path", "Path | None")
