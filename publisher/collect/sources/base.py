"""Defines what a source is, and which class reads each kind: a class of this program, of an installed package, or one
that config.toml names by its dotted path.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from importlib.metadata import entry_points
from inspect import Parameter, signature
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Protocol

from publisher.model.items import Item
from publisher.model.problems import Problem
from publisher.model.sources import Fetching

if TYPE_CHECKING:  # importing httpx takes 0.1 s, which a source that reads a file does not need
    from publisher.collect.sources.fetch import Fetcher
    from publisher.collect.sources.unread import Unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """The result of reading a source once."""

    items: Iterable[Item]
    """Newest first if the source has an order; repeats are allowed. Empty if `is_unchanged`."""
    validator: str
    """An opaque value, such as a hash of the bytes or an ETag. The next `fetch` gets it to see whether anything
    changed.
    """
    problems: Sequence[Problem] = ()
    """A problem for each item that could not be read, with the item's place in the source; the readable items are in
    `items`.
    """
    unread: Sequence["Unread"] = ()
    """What is known of each item in `problems`, in their order; of further items in `problems` nothing is known."""
    remarks: Sequence[Problem] = ()
    """What the operator should know about the source itself, such as that it moved to another address."""
    lifetime: timedelta = timedelta(0)
    """How long the source says that its answer stays fresh; 0 if it does not say. The store keeps this time, which also
    counts after later readings that find nothing changed.
    """
    notes: Sequence[Problem] = ()
    """Notes about items that the source withholds on purpose, such as drafts; shown only by `publisher check
    --source`.
    """
    withheld: Sequence[Item] = ()
    """What is known of each item that the source withholds; none of these is in `items`. A withheld item that readers
    already have is withdrawn.
    """
    fresh_until: datetime | None = None
    """Until when the server says that its answer is fresh; `None` if it does not say."""
    is_complete: bool = False
    """Whether the source lists all its items, so that an item that it lacks is gone; otherwise it lists only the newest
    items.
    """
    keeps_first_date: bool = False
    """Whether an item keeps its first date when the source changes it; otherwise the item moves to the new date."""
    is_unchanged: bool = False
    """Whether nothing changed since the reading that returned the validator; nothing was parsed."""


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
    """The program's name, with an address to which owners of servers can write."""
    labels: frozenset[str] = frozenset()
    """Names of themes in config.toml, folded by `slugs.fold_label`."""

    @cached_property
    def fetcher(self) -> "Fetcher":
        """The one fetcher that all sources of the site share, with the limits of `fetching`."""
        from publisher.collect.sources.fetch import Fetcher  # late: importing httpx takes 0.1 s

        return Fetcher(settings=self.fetching, user_agent=self.user_agent)


KINDS: dict[str, str] = {
    "listing": "publisher.collect.sources.listing:ListingSource",
    "markdown": "publisher.collect.sources.markdown:MarkdownSource",
    "table": "publisher.collect.sources.table:TableSource",
    "database": "publisher.collect.sources.database:DatabaseSource",
    "feed": "publisher.collect.sources.feed:FeedSource",
    "page": "publisher.collect.sources.page:PageSource",
}
"""The values of a source's key `kind` that this program itself knows, each with its class in the form of
`pkgutil.resolve_name`. A class is imported when its kind is used.
"""

ENTRY_POINTS = "publisher.sources"
"""The entry point group in which installed packages register kinds of source."""


def kind_names() -> tuple[str, ...]:
    """Return the names that a source's key `kind` may have: our own kinds, and kinds of installed packages."""
    return (*KINDS, *sorted(entry.name for entry in entry_points(group=ENTRY_POINTS)))


def open_source(kind: str, name: str, keys: Mapping[str, object], site: SourceSite) -> Source:
    """Return the source that a table of config.toml describes.

    `keys` are the keys that the kind defines, with absolute paths. A kind from another package gets `name`, `site` and
    each of `keys` as named arguments.
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
    """Return the theme labels that contain one of the separators and would otherwise be cut there. Other labels are
    left out, so that they change no validator.
    """
    return frozenset(label for label in labels if any(separator in label for separator in separators))


def load_kind(kind: str) -> Callable[..., Source]:
    """Return the class of a kind of source: one of `KINDS`, an entry point's name, or `package.module:Class`.

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
    """Return the keys that a kind of source from another package takes, by name.

    Raises:
        ImportError, AttributeError, ValueError: there is no such class.
        TypeError: the class does not take `name` and `site`.
    """
    parameters = signature(load_kind(kind)).parameters
    if missing := {"name", "site"} - parameters.keys():
        raise TypeError(f"it does not take {' and '.join(sorted(missing))}")
    return {name: each for name, each in parameters.items() if name not in ("name", "site")}


def is_path(parameter: Parameter) -> bool:
    """Whether the key of a kind of source from another package is a path, relative to config.toml."""
    return parameter.annotation in (Path, Path | None, "Path", "Path | None")
