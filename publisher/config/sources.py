"""[[sources]]: where items come from, with one class for each kind of source."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from publisher.collect.sources.base import KINDS, is_path, keys_of
from publisher.config.site import BASE_URL
from publisher.config.source_values import (
    ANYTHING,
    COMPLETE,
    DATABASE_PLACE,
    DAYS,
    FOREIGN_KIND,
    KIND,
    MARK,
    NETWORKS,
    OWN_NETWORKS,
    PRIVATE,
    QUERY,
    SELECTOR,
    SETTLE,
    SINCE,
    WEB_PLACE,
    Undated,
)
from publisher.config.store import database_url
from publisher.config.tables import Table, key, table
from publisher.config.values import File, Folder, Labels, Line, Name, absolute, variable_of
from publisher.model.slugs import fold_label
from publisher.model.sources import Filter, SourcePolicy

FOREIGN = "*"
"""The name that stands for all kinds of source that are not in `KINDS`."""


class FilterTable(Table):
    """Which new items are taken: with `only`, those with a value from each list; with `except`, those with none."""

    words: Labels = key("Words or phrases in the item's title or text.", default=[], example=["sponsored"])
    themes: Labels = key("Themes, as the source or this site calls them.", default=[], example=["Sports"])
    keywords: Labels = key("Keywords, as the source writes them.", default=[], example=["advertisement"])
    authors: Labels = key("Authors, as the source names them.", default=[], example=["Press office"])

    def filter(self) -> Filter:
        """Return the filter, with texts folded like labels."""
        return Filter(**{name: tuple(map(fold_label, texts)) for name, texts in self})


class SourceTable(Table):
    """Where items come from; repeat the table for each place. docs/sources.md shows what other kinds need."""

    name: Name = key(
        "The name in reports and in the store. Never change it: a new name makes a new source.", example="news"
    )
    kind: Annotated[str, KIND] = key("What is read; a `listing` is a text file of dated items.", default="listing")
    since: Annotated[timedelta | None, SINCE] = key(
        "Which items of the first reading are shown; older items never are.", default="all"
    )
    expect_every: Annotated[timedelta, DAYS] | None = key(
        "How often the source usually has news; `publisher status` reports a longer silence. If not set, it does not.",
        default=None,
        example="60 days",
    )
    hold_above: Annotated[int, Field(ge=1, le=100_000)] = key(
        "How many new items at once are always accepted; far more than before wait for `publisher source release`.",
        default=30,
    )
    joined_by: Literal["usual", "link", "id", "none"] = key(
        "How the same item of another source is recognised; `usual`: by an id that is a URI, or by link and title.",
        default="usual",
    )
    future: Literal["wait", "show"] = key(
        "What happens to an item whose date is in the future; with `wait` it appears on time. An embargo always holds.",
        default="wait",
    )
    keep_tracking: bool = key("Whether tracking pixels and tracking parameters of links are kept.", default=False)
    settle: Annotated[timedelta, SETTLE] | None = key(
        "How long a new item must stay unchanged before it is shown; it waits four times that at most.",
        default=None,
        example="2h",
    )
    only: FilterTable = table()
    except_: FilterTable = table(name="except")

    def options(self) -> dict[str, Any]:
        """Return the keys that only this kind of source has, as far as they are set."""
        own = {name: value for name, value in self if name not in SourceTable.model_fields and value is not None}
        return {name: _set_keys(value) if isinstance(value, Table) else value for name, value in own.items()}

    def policy(self) -> SourcePolicy:
        """Return how the source's listing is treated."""
        return SourcePolicy(
            since=self.since,
            expect_every=self.expect_every,
            hold_above=self.hold_above,
            future=self.future,
            keep_tracking=self.keep_tracking,
            joined_by=self.joined_by,
            settle=self.settle,
            only=self.only.filter(),
            exclude=self.except_.filter(),
        )


def _set_keys(table: Table) -> dict[str, Any]:
    return {name: value for name, value in table if value is not None}


class ListingTable(SourceTable):
    """A text file of dated items."""

    kind: Literal["listing"] = "listing"
    path: File = key("The file to read.", example="content/news.txt")
    complete: bool = key(COMPLETE, default=False)


class MarkdownTable(SourceTable):
    """A folder of Markdown files."""

    kind: Literal["markdown"]
    path: Folder = key("The folder to read, with all folders in it.", example="content/stories")
    base: Annotated[str, BASE_URL] | None = key(
        "Where the folder is on the web: relative addresses begin there.",
        default=None,
        example="https://www.example.org/news/",
    )
    undated: Undated = key("What happens to an item without a date.", default="skip")


class ColumnsTable(Table):
    """Which columns hold the fields of an item, if the columns have other names than the fields."""

    id: Line | None = key("The column of its permanent id.", default=None, example="nid")
    date: Line | None = key("The column of its date.", default=None, example="created")
    title: Line | None = key("The column of its title.", default=None, example="subject")
    text: Line | None = key("The column of its text.", default=None, example="body")
    html: Line | None = key("The column of its text in HTML.", default=None, example="body")
    summary: Line | None = key("The column of its summary.", default=None, example="teaser")
    link: Line | None = key("The column of the link to it.", default=None, example="address")
    language: Line | None = key("The column of its language.", default=None, example="lang")
    themes: Line | None = key("The column of its themes.", default=None, example="departments")
    keywords: Line | None = key("The column of its keywords.", default=None, example="tags")
    enclosures: Line | None = key("The column of the files that belong to it.", default=None, example="files")
    draft: Line | None = key("The column that says whether it is a draft.", default=None, example="unfinished")
    embargo: Line | None = key("The column of the time before which it may not appear.", default=None, example="from")
    expires: Line | None = key("The column of the time after which it is in no feed.", default=None, example="until")
    authors: Line | None = key("The column of its authors, for filters.", default=None, example="writer")
    edit: Line | None = key(
        "The column that says `minor` for edits of which readers are not told.", default=None, example="change"
    )


_SEPARATOR = key("What separates themes, keywords or enclosures in one column.", default=",")
_BASE = key(
    "Where relative addresses begin. If not set, they begin at the item's link.",
    default=None,
    example="https://www.example.org/",
)


class TableTable(SourceTable):
    """A file of rows."""

    kind: Literal["table"]
    path: File = key(
        "The file to read: JSON if its name ends in `.jsonl`, `.ndjson` or `.json`, otherwise CSV with a header.",
        example="content/register.csv",
    )
    columns: ColumnsTable = table()
    separator: Annotated[str, MARK] = _SEPARATOR
    base: Annotated[str, BASE_URL] | None = _BASE
    undated: Undated = key("What happens to an item without a date.", default="skip")
    complete: bool = key(COMPLETE, default=False)


class DatabaseTable(SourceTable):
    """The rows of a query."""

    kind: Literal["database"]
    url: Annotated[str, DATABASE_PLACE] = key(
        "The database; a relative SQLite file lies beside config.toml.", example="sqlite:///content/archive.db"
    )
    query: Annotated[str, QUERY] = key("The SQL query, which only reads.", example="SELECT * FROM news")
    columns: ColumnsTable = table()
    separator: Annotated[str, MARK] = _SEPARATOR
    base: Annotated[str, BASE_URL] | None = _BASE
    undated: Undated = key("What happens to an item without a date.", default="skip")
    complete: bool = key(COMPLETE, default=False)


class FeedTable(SourceTable):
    """A feed: RSS, Atom or JSON Feed."""

    kind: Literal["feed"]
    url: Annotated[str, WEB_PLACE] | None = key(
        "The address of the feed (RSS, Atom or JSON Feed), unless `path` is set.",
        default=None,
        example="https://partner.example.org/feed.xml",
    )
    path: File | None = key("The file with the feed, unless `url` is set.", default=None, example="content/feed.xml")
    private: Annotated[tuple[str, ...], NETWORKS] = key(PRIVATE, default=[], example=OWN_NETWORKS)
    archives: Annotated[int, Field(ge=0, le=1000)] = key(
        "How many older documents of the feed (RFC 5005) are read the first time.", default=0
    )
    categories: Literal["themes", "keywords"] = key("What the feed's categories become.", default="themes")
    undated: Undated = key("What happens to an item without a date.", default="seen")


class PageTable(SourceTable):
    """A page on the web."""

    kind: Literal["page"]
    url: Annotated[str, WEB_PLACE] | None = key(
        "The address of the page, unless `path` is set.", default=None, example="https://www.example.org/en/news"
    )
    path: File | None = key("The file with the page, unless `url` is set.", default=None, example="content/news.html")
    private: Annotated[tuple[str, ...], NETWORKS] = key(PRIVATE, default=[], example=OWN_NETWORKS)
    item: Annotated[str, SELECTOR] = key(
        "The CSS selector of each item; the selectors below look inside it.", example=".views-row"
    )
    date: Line | None = key(
        "The selector of its date; any selector may end in `@name` for an attribute.",
        default=None,
        example="time@datetime",
    )
    undated: Undated = key("What happens to an item without a date.", default="skip")
    title: Line | None = key("The selector of its title.", default=None, example="h3")
    body: Line | None = key("The selector of its text.", default=None, example=".views-field-body")
    link: Line | None = key(
        "The selector of its link. If not set, the link in its title is taken.", default=None, example="a@href"
    )
    id: Line | None = key("The selector of its permanent id.", default=None, example="@id")
    language: Line | None = key("The selector of its language.", default=None, example="a@hreflang")
    themes: Line | None = key("The selector of its themes.", default=None, example=".theme a")
    keywords: Line | None = key("The selector of its keywords.", default=None, example=".tag a")
    enclosures: Line | None = key("The selector of the files that belong to it.", default=None, example=".files a@href")
    authors: Line | None = key("The selector of its authors, for filters.", default=None, example=".byline a")
    embargo: Line | None = key(
        "The selector of the time before which it may not appear.", default=None, example=".embargo@datetime"
    )
    expires: Line | None = key(
        "The selector of the time after which it is in no feed.", default=None, example=".until@datetime"
    )
    next: Line | None = key(
        "The selector of the link to the next page, in the whole page.",
        default=None,
        example="a[rel~='next']@href",
    )
    pages: Annotated[int, Field(ge=1, le=1000)] = key("How many pages are read at most.", default=1)


class ForeignTable(SourceTable):
    """A key of your own Python class, which reads the source; a path is relative to config.toml."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Annotated[Any, ANYTHING]]

    kind: Annotated[str, FOREIGN_KIND]

    def options(self) -> dict[str, Any]:
        """Return all keys that are set, other than the keys common to all sources."""
        return dict(self.__pydantic_extra__)


def _kind_of(written: object) -> str:
    """Return the tag by which pydantic chooses the table class of a source: its kind, or `FOREIGN`."""
    kind = written.get("kind", "listing") if isinstance(written, Mapping) else "listing"
    return kind if isinstance(kind, str) and kind in KINDS else FOREIGN


AnySourceTable = Annotated[
    Annotated[ListingTable, Tag("listing")]
    | Annotated[MarkdownTable, Tag("markdown")]
    | Annotated[TableTable, Tag("table")]
    | Annotated[DatabaseTable, Tag("database")]
    | Annotated[FeedTable, Tag("feed")]
    | Annotated[PageTable, Tag("page")]
    | Annotated[ForeignTable, Tag(FOREIGN)],
    Discriminator(_kind_of),
]


# --- settings --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """One place where items come from."""

    name: str
    kind: str
    options: Mapping[str, Any]
    """The keys that only this kind of source has, as far as they are set. Paths are absolute, and secrets are read:
    never show these values.
    """
    policy: SourcePolicy


def source_settings(table: SourceTable, folder: Path, environ: Mapping[str, str]) -> SourceSettings:
    """Return the settings of a source; `folder` is the folder of config.toml."""
    options = table.options()
    for name, given in options.items():
        if variable := variable_of(given):
            options[name] = environ[variable]
    for name in _paths_among(options, table.kind):
        options[name] = absolute(folder / options[name])
    if isinstance(table, DatabaseTable):
        options["url"] = database_url(options["url"], folder, environ)
    return SourceSettings(name=table.name, kind=table.kind, options=MappingProxyType(options), policy=table.policy())


def _paths_among(options: Mapping[str, Any], kind: str) -> list[str]:
    if kind in KINDS:
        return [name for name in options if name == "path"]
    parameters = keys_of(kind)
    return [name for name in options if is_path(parameters[name])]
