"""What a source is, and the class of each kind: one of ours, one that an installed package brings, or a dotted path."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from inspect import Parameter, signature
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Protocol

from publisher.model.items import Item
from publisher.model.problems import Problem
from publisher.model.sources import Fetching

if TYPE_CHECKING:  # httpx takes 0.1 s, which a source that reads a file must not cost
    from publisher.collect.sources.fetch import Fetcher


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
    lifetime: timedelta = timedelta(0)
    """How long the source itself says that it stays as it was read; 0: it does not say. It is remembered, and counts
    from every later reading that finds nothing changed too."""
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


@dataclass(frozen=True, kw_only=True)
class SourceSite:
    """What a site lends its sources."""

    timezone: str
    """An IANA name such as Europe/Brussels: where the day of an item begins."""
    fetching: Fetching
    user_agent: str
    """Names the program, and whom a server's owner may write to."""

    @cached_property
    def fetcher(self) -> "Fetcher":
        """Asks the web for all sources of the site, within the limits of `fetching`."""
        from publisher.collect.sources.fetch import Fetcher  # late: httpx takes 0.1 s

        return Fetcher(settings=self.fetching, user_agent=self.user_agent)


KINDS: dict[str, str] = {
    "listing": "publisher.collect.sources.listing:ListingSource",
    "markdown": "publisher.collect.sources.markdown:MarkdownSource",
    "table": "publisher.collect.sources.table:TableSource",
    "database": "publisher.collect.sources.database:DatabaseSource",
    "feed": "publisher.collect.sources.feed:FeedSource",
    "page": "publisher.collect.sources.page:PageSource",
}
"""What `kind` may say and the class it names, as `pkgutil.resolve_name` reads it. A kind is imported when used."""

ENTRY_POINTS = "publisher.sources"
"""The group in which an installed package names kinds of its own."""


def kind_names() -> tuple[str, ...]:
    """Return what `kind` may say besides a dotted path: our own kinds, and those that installed packages bring."""
    from importlib.metadata import entry_points  # late: a site with our own kinds need not look around

    return (*KINDS, *sorted(entry.name for entry in entry_points(group=ENTRY_POINTS)))


def open_source(kind: str, name: str, keys: Mapping[str, object], site: SourceSite) -> Source:
    """Return what reads one source of config.toml.

    `keys` are those of its table that are its kind's, paths made absolute. A kind that is not ours gets, by name,
    `name`, `site` and each of these keys.
    """
    make = load_kind(kind)
    match kind:
        case "listing":
            return make(name, **keys)
        case "feed" | "page":
            return make(name, timezone=site.timezone, fetcher=None if "path" in keys else site.fetcher, **keys)
        case _ if kind in KINDS:
            return make(name, timezone=site.timezone, **keys)
    return make(name=name, site=site, **keys)


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


def keys_of(kind: str) -> Mapping[str, Parameter]:
    """Return the keys that a kind which is not ours takes, by name.

    Raises:
        ImportError, AttributeError, ValueError: there is no such class.
        TypeError: it does not take `name` and `site`.
    """
    parameters = signature(load_kind(kind)).parameters
    if missing := {"name", "site"} - parameters.keys():
        raise TypeError(f"it does not take {' and '.join(sorted(missing))}")
    return {name: each for name, each in parameters.items() if name not in ("name", "site")}


def is_path(parameter: Parameter) -> bool:
    """Whether a key is a path, relative to config.toml."""
    return parameter.annotation in (Path, Path | None, "Path", "Path | None")
