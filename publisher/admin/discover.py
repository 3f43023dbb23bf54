"""Finds out how an address, a file or a folder could become a source. Nothing is recorded."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from publisher.admin.check_source import SHOWN, Examined, Given, Offer, OfferKind, examine, offer_of, page_offer
from publisher.admin.office import Office
from publisher.admin.suggest.columns import suggest_columns
from publisher.admin.suggest.lists import suggest_selectors
from publisher.collect.sources.answer import Fetched
from publisher.collect.sources.base import SourceSite, open_source
from publisher.collect.sources.connect import is_of_own_network
from publisher.collect.sources.files import decoded, read_unless
from publisher.collect.sources.links import absolute
from publisher.collect.sources.page import ACCEPT, Page, PageReading
from publisher.collect.sources.table import peek
from publisher.config.config import Config
from publisher.config.sources import SourceSettings
from publisher.model.errors import PublisherError, SourceError, UsageError
from publisher.model.problems import Problem, some_of
from publisher.model.slugs import slug_of

_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/json")
_HTML = (b"<!doctype html", b"<html", b"<body", b"<head")
_SQLITE = b"SQLite format 3\0"
_ROWS = (".csv", ".tsv", ".jsonl", ".ndjson")
_ROWS_SEEN = 50
_WEB = (".html", ".htm", ".xhtml", ".xml", ".rss", ".atom", ".json")
_BEGINNING = 2_000
"""How many bytes at the beginning of a page are searched for HTML."""


def examine_or_discover(name: str, office: Office, site: SourceSite) -> tuple[Examined, Given | None]:
    """Examine the source with the name `name`. If there is none, find out how the address, file or folder `name` could
    become one.

    Returns what was found, and a source that gives the same items again.

    Raises:
        PublisherError: the source, address or file cannot be read.
        UsageError: there is no such source, address or file.
    """
    settings = next((each for each in office.config.sources if name == each.name or _is_at(each, name)), None)
    if settings is None:
        return discover(name, office.config, site, now=office.now), None
    source = open_source(settings.kind, settings.name, settings.options, site)
    state = office.store.sources.state(settings.name)
    return examine(source, settings, office.config, state=state, now=office.now)


def _is_at(settings: SourceSettings, place: str) -> bool:
    """Whether a configured source reads the file or folder at a path."""
    path = settings.options.get("path")
    return isinstance(path, Path) and Path(place).exists() and path.resolve() == Path(place).resolve()


def discover(place: str, config: Config, site: SourceSite, *, now: datetime) -> Examined:
    """Find out how an address, a file or a folder can become a source, and return the result.

    Feeds are preferred, because they change less often than the layout of a page.

    Raises:
        PublisherError: the address, file or folder cannot be read.
        UsageError: `place` is neither an address nor a file or folder.
    """
    wanted = _Wanted(place, config, site, now)
    if wanted.is_folder:
        return wanted.examine_files([("markdown", {})])
    found = wanted.read()
    if found.body.startswith(_SQLITE):
        failure = "it is a database: write a source of kind `database` with a `query`, as docs/sources.md shows"
        return Examined(source=place, having={}, failure=failure)
    if kinds := wanted.kinds_of(found.body):
        return wanted.examine_files(kinds)
    offers: list[Offer] = []
    problems: list[Problem] = []
    feeds, pages = [place], []
    if any(mark in found.body[:_BEGINNING].lower() for mark in _HTML):
        page = Page.of(place, found, place)
        feeds, pages = _feeds_of(page), [page]
    for address in feeds:
        try:
            offers += wanted.feed(address)
        except SourceError as error:
            problems.append(Problem(where=address, what=error.problem))
    for page in pages:
        offers += wanted.page(PageReading(found, (page,)), page)
    nothing = "it is no feed, and no page with a list of items that have dates and words"
    return Examined(
        source=place, having={}, problems=tuple(problems), failure="" if offers else nothing, offers=tuple(offers)
    )


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An address, file or folder that may become a source."""

    place: str
    config: Config
    site: SourceSite
    now: datetime

    @property
    def is_address(self) -> bool:
        return self.place.startswith(("http://", "https://"))

    @property
    def is_folder(self) -> bool:
        return not self.is_address and Path(self.place).is_dir()

    def kinds_of(self, body: bytes) -> list[tuple[OfferKind, Mapping[str, Any]]]:
        """Return the kinds of source (such as JSON or CSV) that a file may be, if it is neither a feed nor a page. The
        likeliest comes first, and each has the keys of its `[[sources]]` table.
        """
        beginning = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        if self.is_address or beginning == b"<":
            return []
        suffix = Path(self.place).suffix.lower()
        if suffix in _ROWS or beginning == b"{":
            kinds: list[OfferKind] = ["table"] if suffix in _ROWS else []
        else:
            kinds = ["listing", "table"]
        columns = suggest_columns(self._rows()) if "table" in kinds else {}
        return [(kind, {"columns": columns} if kind == "table" and columns else {}) for kind in kinds]

    def _rows(self) -> list[Mapping[str, object]]:
        """Return the first rows of the file as a table, or an empty list if it is no table. The rows show what its
        columns contain.
        """
        path = Path(self.place)
        try:
            return peek(path, decoded(self.place, path, path.read_bytes()))[:_ROWS_SEEN]
        except (SourceError, OSError):
            return []

    def examine_files(self, kinds: Sequence[tuple[OfferKind, Mapping[str, Any]]]) -> Examined:
        """Try these kinds of source (such as JSON or CSV) one after the other, and return the result of the first that
        finds items in the file or folder.
        """
        failure = ""
        for kind, keys in kinds:
            source = open_source(kind, self.place, {"path": Path(self.place), **keys}, self.site)
            try:
                fetch = source.fetch(validator="", now=self.now)
            except SourceError as error:
                failure = failure or f"as a {kind}, {error.problem}"
                continue
            items = tuple(fetch.items)
            if items or fetch.withheld:
                table = {"name": self._name, "kind": kind, **self._where(self.place), **keys}
                return Examined(
                    source=self.place,
                    having={},
                    problems=(*fetch.problems, *fetch.remarks),
                    notes=tuple(fetch.notes),
                    offers=(offer_of(kind, self.place, items, table, self.config),),
                )
        return Examined(source=self.place, having={}, failure=failure or _nothing_in(Path(self.place)))

    def read(self) -> Fetched:
        if self.is_address:
            try:
                # a typed address may be on the local network; what it redirects to may not
                fetcher = self.site.fetcher.allowing([urlsplit(self.place).hostname or ""])
                return fetcher.fetch(self.place, source=self.place, validator="", now=self.now, accept=ACCEPT)
            except SourceError as error:
                raise PublisherError(error.problem) from error  # the message contains the address already
        path = Path(self.place)
        if not path.is_file():
            names = ", ".join(source.name for source in self.config.sources) or "none"
            raise UsageError(
                f"no source and no file or folder is called {self.place!r}; sources are: {names}; "
                "an address begins with https://"
            )
        return Fetched(body=read_unless(self.place, path, "", reader="") or b"", url="", charset="", validator="")

    def feed(self, place: str) -> Iterator[Offer]:
        """Yield an offer (a suggested `[[sources]]` table) for the feed at `place`, unless the feed has no items."""
        where = self._where(place)
        keys = {**where, "private": tuple(where.get("private", ()))} if "url" in where else {"path": Path(place)}
        fetch = open_source("feed", place, keys, self.site).fetch(validator="", now=self.now)
        items = tuple(fetch.items)
        if items:
            table = {"name": self._name, "kind": "feed", **where}
            yield offer_of("feed", place, items, table, self.config)

    def page(self, visit: PageReading, page: Page) -> Iterator[Offer]:
        """Yield an offer (a suggested `[[sources]]` table) for a page, unless the page has no list of items."""
        found = suggest_selectors(page.root)
        if found:
            table = {"name": self._name, "kind": "page", **self._where(self.place)}
            yield page_offer(found, visit.first, page, table, self.config)

    def _where(self, place: str) -> Mapping[str, Any]:
        if place.startswith(("http://", "https://")):
            host = urlsplit(place).hostname or ""
            # Only the typed host is certainly intended; a feed on another host must be on the public Internet.
            is_own = host == urlsplit(self.place).hostname and is_of_own_network(host)
            return {"url": place, "private": [host]} if is_own else {"url": place}
        return {"path": os.path.relpath(place, self.config.path.parent)}

    @property
    def _name(self) -> str:
        """A name for the new source that no other source has."""
        labels = (urlsplit(self.place).hostname or "").split(".")
        name = slug_of(labels[-2]) if len(labels) > 1 and not labels[-1].isdigit() else "website"
        if self.is_folder or (not self.is_address and Path(self.place).suffix.lower() not in _WEB):
            name = slug_of(Path(self.place).resolve().stem) or "news"
        taken = {source.name for source in self.config.sources}
        numbered = (f"{name}-{number}" for number in count(2))
        return next(each for each in chain((name,), numbered) if each not in taken)


def _nothing_in(path: Path) -> str:
    others = sorted(each.name for each in path.iterdir() if each.is_file()) if path.is_dir() else []
    named = f"; name one of its files: {some_of(others, SHOWN)}" if others else ""
    return f"there are no items in it{named}"


def _feeds_of(page: Page) -> list[str]:
    """Return the addresses of the feeds that a page links to, without feeds of comments."""
    links = [link for link in page.root.iter("link") if "alternate" in (link.get("rel") or "").lower().split()]
    named = [link for link in links if (link.get("type") or "").partition(";")[0].strip().lower() in _FEED_TYPES]
    news = [link for link in named if "comment" not in f"{link.get('title')} {link.get('href')}".lower()]
    addresses = dict.fromkeys(absolute(link.get("href") or "", page.base) for link in news)
    return [address for address in addresses if address][:SHOWN]
