"""What a source is, and which class reads each kind: a class of this package, of an installed one, or a dotted path."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from importlib.metadata import entry_points
from inspect import Parameter, signature
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Protocol

from publisher.collect.sources.unread import Unread
from publisher.model.items import Item
from publisher.model.problems import Problem
from publisher.model.sources import Fetching

if TYPE_CHECKING:  # httpx takes 0.1 s, which a source that reads a file must not cost
    from publisher.collect.sources.fetch import Fetcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """The result of reading a source once."""

    items: Iterable[Item]
    """Newest first if the source has an order; repeats are allowed. Empty if `is_unchanged`."""
    validator: str
    """Opaque, such as a digest of the bytes or an ETag. The next `fetch` gets it to see whether anything changed."""
    problems: Sequence[Problem] = ()
    """A problem for each item that could not be read, with its place; the readable items are in `items`."""
    unread: Sequence[Unread] = ()
    """What is known of each item in `problems`, in their order; if it is shorter, nothing is known of the last ones."""
    remarks: Sequence[Problem] = ()
    """What the operator should know about the source itself, such as that it moved to another address."""
    lifetime: timedelta = timedelta(0)
    """How long the source says that it stays as it is; 0: it does not say. It is remembered, and also counts from later
    readings that find nothing changed."""
    notes: Sequence[Problem] = ()
    """Items that the source keeps back on purpose, such as drafts; shown by `publisher check --source` alone."""
    withheld: Sequence[Item] = ()
    """What is known of each draft. One that readers already have is withdrawn. None of them is in `items`."""
    fresh_until: datetime | None = None
    """Until when the server says that its answer stays the same; None: it does not say."""
    is_complete: bool = False
    """Whether the source lists all its items, so that a missing one is gone; otherwise it lists only the newest."""
    keeps_first_date: bool = False
    """Whether an item keeps the date that the source gave it first; else another date moves it."""
    is_unchanged: bool = False
    """Whether nothing changed since the reading that gave the validator; nothing was parsed."""


class Source(Protocol):
    """A place that lists items. One instance reads one source of config.toml."""

    @property
    def name(self) -> str:
        """The name in config.toml, which also identifies the source in the store."""
        ...

    def fetch(self, *, validator: str, now: datetime) -> Fetch:
        """Read what is listed now, old items and new ones. `validator` is "" the first time.

        Raises:
            SourceError: nothing useful could be read. A single bad item is left out and becomes a `Problem`.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class SourceSite:
    """The facts about a site that its sources need."""

    timezone: str
    """An IANA name such as Europe/Brussels: where the day of an item begins."""
    fetching: Fetching
    user_agent: str
    """The name of the program, and an address for owners of servers to write to."""
    labels: frozenset[str] = frozenset()
    """Names of themes in config.toml, as `slugs.fold_label` leaves them."""

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
    """Return the names that `kind` may have: our own kinds, and kinds of installed packages."""
    return (*KINDS, *sorted(entry.name for entry in entry_points(group=ENTRY_POINTS)))


def open_source(kind: str, name: str, keys: Mapping[str, object], site: SourceSite) -> Source:
    """Return the source that a table of config.toml describes.

    `keys` are the keys that belong to its kind alone, with absolute paths. A kind from another package gets `name`,
    `site` and each of these keys by name.
    """
    make = load_kind(kind)
    match kind:
        case "listing":
            return make(name, labels=_holding(site.labels, ",", ";"), **keys)
        case "feed" | "page":
            own = {key: value for key, value in keys.items() if key != "private"}
            fetcher = None if "path" in keys else site.fetcher.allowing(_hosts(keys.get("private")))
            return make(name, timezone=site.timezone, fetcher=fetcher, **own)
        case _ if kind in KINDS:
            separator = str(keys.get("separator", ","))
            return make(name, timezone=site.timezone, labels=_holding(site.labels, separator), **keys)
    return make(name=name, site=site, **keys)


def _hosts(private: object) -> Sequence[str]:
    return private if isinstance(private, tuple) else ()


def _holding(labels: Collection[str], *separators: str) -> frozenset[str]:
    """Return the labels that a separator would cut in pieces. If there are none, the source is read as before."""
    return frozenset(label for label in labels if any(separator in label for separator in separators))


def load_kind(kind: str) -> Callable[..., Source]:
    """Return the class of a kind: one of `KINDS`, an entry point's name, or `package.module:Class`.

    Raises:
        ImportError, AttributeError, ValueError: there is no such module or class.
    """
    if kind in KINDS or ":" in kind:
        found: Callable[..., Source] = resolve_name(KINDS.get(kind, kind))
        return found
    (entry,) = entry_points(group=ENTRY_POINTS, name=kind)
    loaded: Callable[..., Source] = entry.load()
    return loaded


def keys_of(kind: str) -> Mapping[str, Parameter]:
    """Return the keys that a kind from another package takes, by name.

    Raises:
        ImportError, AttributeError, ValueError: there is no such class.
        TypeError: the class does not take `name` and `site`.
    """
    parameters = signature(load_kind(kind)).parameters
    if missing := {"name", "site"} - parameters.keys():
        raise TypeError(f"it does not take {' and '.join(sorted(missing))}")
    return {name: each for name, each in parameters.items() if name not in ("name", "site")}


def is_path(parameter: Parameter) -> bool:
    """Whether a key is a path, relative to config.toml."""
    return parameter.annotation in (Path, Path | None, "Path", "Path | None")
