"""The `page` kind: an HTML page that lists items, read by CSS selectors. The only module that imports cssselect.

A selector may end in `@name` to select an attribute, as in `time@datetime` or `a@href`. Selectors search inside the
item; `:scope` is the item itself, `:scope + dd` its next sibling, and `@name` alone an attribute of the item.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from cssselect import SelectorError
from lxml import etree, html
from lxml.cssselect import CSSSelector

from publisher.collect.sources.answer import Fetched
from publisher.collect.sources.base import Fetch
from publisher.collect.sources.charset import decode
from publisher.collect.sources.dates import DateError, read_beside, read_moment
from publisher.collect.sources.fields import FieldRules, item_of
from publisher.collect.sources.harvest import Harvest, harvest, joined_unread
from publisher.collect.sources.html_leftovers import words_shown
from publisher.collect.sources.links import absolute, seen_from
from publisher.collect.sources.moments import Today, Undated, first_sight
from publisher.collect.sources.path_days import day_in_address
from publisher.collect.sources.place import Place
from publisher.collect.sources.sandbox import read_apart
from publisher.collect.sources.text import clean_line, fit
from publisher.collect.sources.values import FieldError
from publisher.model.errors import SourceError
from publisher.model.items import Item
from publisher.model.problems import Problem

if TYPE_CHECKING:  # importing httpx takes 0.1 s, which a source that reads a file does not need
    from publisher.collect.sources.fetch import Fetcher

READER = "page-6"
ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5"
SELECTORS = (
    "item",
    "id",
    "date",
    "title",
    "body",
    "link",
    "language",
    "themes",
    "keywords",
    "enclosures",
    "authors",
    "embargo",
    "expires",
    "next",
)

_HARMLESS_BYTES = 500_000
"""Pages of this many bytes or more are parsed in a separate process first: libxml2 takes quadratic time for some pages,
such as one with very many attributes, and 3 s at this size.
"""
_ATTRIBUTE = re.compile(r"(?P<selector>.*?)@(?P<attribute>[A-Za-z_][-\w]*)\s*")


@dataclass(frozen=True, slots=True)
class PageSource:
    """A `Source` that reads one page and the pages that follow it."""

    name: str
    item: str
    """The selector of each item's element."""
    date: str = ""
    """The selector of the date; empty if items have no date."""
    url: str = ""
    path: Path | None = None
    title: str = ""
    body: str = ""
    link: str = ""
    """The selector of the link. If empty, the first link in the title is taken, if there is one."""
    id: str = ""
    language: str = ""
    themes: str = ""
    keywords: str = ""
    enclosures: str = ""
    """The selector of links to an item's files, or of the element that holds them."""
    authors: str = ""
    embargo: str = ""
    expires: str = ""
    next: str = ""
    """The selector of the link to the next page."""
    pages: int = 1
    """How many pages are read at most."""
    undated: Undated = "skip"
    timezone: str = "UTC"
    fetcher: "Fetcher | None" = None

    def fetch(self, *, validator: str, now: datetime) -> Fetch:
        """Read the pages. An item that cannot be read becomes a `Problem`; the other items are returned in the page's
        order.

        When the first page is unchanged, the other pages are not read.

        Raises:
            SourceError: a page cannot be fetched, a selector is not valid, or no item could be read.
        """
        visit = self.visit(validator=validator, now=now)
        if visit.first.is_unchanged:
            return Fetch(
                items=(), validator=visit.first.validator, is_unchanged=True, fresh_until=visit.first.fresh_until
            )
        return self.read(visit)

    def visit(self, *, validator: str = "", now: datetime) -> "PageReading":
        """Fetch the first page; later pages are fetched when they are needed.

        Raises:
            SourceError: a selector is not valid, which is checked before anything is fetched; or a page cannot be
                fetched.
        """
        self._check_selectors()
        place = self._place
        first = place.fetch(validator=validator, now=now)
        pages = () if first.is_unchanged else self._pages(first, place, now=now)
        return PageReading(first, pages, first_sight(self.undated, now=now, timezone=self.timezone))

    def read(self, visit: "PageReading") -> Fetch:
        """Return the items of the pages.

        Raises:
            SourceError: a page cannot be fetched, a selector is not valid, or not one item could be read.
        """
        harvests = [self._harvest(page, visit.today) for page in visit.pages]
        return Fetch(
            items=[item for each in harvests for item in each.items],
            validator=visit.first.validator,
            problems=[problem for each in harvests for problem in each.problems],
            unread=joined_unread(harvests),
            notes=[note for each in harvests for note in each.notes],
            remarks=[*self._place.remarks(visit.first), *self._nothing_found(harvests)],
            fresh_until=visit.first.fresh_until,
            keeps_first_date=True,
        )

    def _nothing_found(self, harvests: Iterable[Harvest]) -> Iterator[Problem]:
        """Yield a remark if `item` finds nothing: a page of news without news is rarer than a wrong selector."""
        if not any(each.items or each.problems or each.withheld for each in harvests):
            what = f"{self.item!r} finds no item: `publisher check --source {self.name}` suggests selectors"
            yield Problem(where=self.url or str(self.path), what=what)

    def _check_selectors(self) -> None:
        nothing = html.Element("html")
        for name in SELECTORS:
            if text := getattr(self, name):
                catch(self.name, nothing, text)

    @property
    def _place(self) -> Place:
        return Place(self.name, self.url, self.path, self.fetcher, self._reader, ACCEPT)

    @property
    def _reader(self) -> str:
        # with other selectors the same page means something else
        chosen = "\0".join(getattr(self, name) for name in SELECTORS)
        return f"{READER}-{_fingerprint(f'{chosen}{self.pages}{self.undated}')}"

    def _pages(self, first: Fetched, place: Place, *, now: datetime) -> Iterator["Page"]:
        page = Page.of(self.name, first, str(self.path))
        seen = {self.url}
        yield page
        for _ in range(self.pages - 1):
            address = absolute(self._first(page.root, self.next), page.base) if self.next else ""
            if not address or address in seen:
                return
            seen.add(address)
            found = place.fetch_from(address, now=now)
            page = Page.of(self.name, found, address)
            yield page

    def _harvest(self, page: "Page", today: Today) -> Harvest:
        elements = select(self.name, page.root, self.item)
        places = ((f"{page.where}, item {number}", element) for number, element in enumerate(elements, start=1))
        rules = FieldRules(today=today, base=page.base)
        return harvest(self.name, places, lambda element: self._item(element, page, rules), findings=rules.findings)

    def _item(self, element: html.HtmlElement, page: "Page", rules: FieldRules) -> Item:
        """Return the item in an element. The element's text is the item's text, even if the item's link leads to
        another page.
        """
        link = self._first(element, self.link) if self.link else self._link_of_title(element)
        item = item_of(
            {
                "id": self._first(element, self.id),
                "date": self._date(element),
                "title": self._first(element, self.title),
                "html": self._body(element),
                "link": link,
                "language": self._first(element, self.language) if self.language else page.language,
                "themes": catch(self.name, element, self.themes),
                "keywords": catch(self.name, element, self.keywords),
                "enclosures": list(self._enclosures(element, page.base)),
                "authors": catch(self.name, element, self.authors),
                "embargo": catch(self.name, element, self.embargo),
                "expires": catch(self.name, element, self.expires),
            },
            rules,
        )
        return replace(item, base=page.base)

    def _enclosures(self, element: html.HtmlElement, base: str) -> Iterator[dict[str, str]]:
        """Yield the files that an item links to, each named by the text of its link; if the selector names an
        attribute, files have only addresses.
        """
        if not self.enclosures or _ATTRIBUTE.fullmatch(self.enclosures):
            yield from ({"url": seen_from(each, base)} for each in catch(self.name, element, self.enclosures))
            return
        for part in select(self.name, element, self.enclosures):
            for link in part.iter("a", "audio", "video", "source"):
                address = seen_from(link.get("href") or link.get("src") or "", base)
                title = " ".join(link.itertext()) if link.tag == "a" else ""
                yield {"url": address, "title": title, "type": link.get("type") or ""}

    def _date(self, element: html.HtmlElement) -> object:
        """Return the first date in the elements that the selector `date` finds, without the words around the date.

        The `datetime` of a `<time>` element is preferred to the element's words: it has the year, and often the minute.
        If the selector names an attribute, that may be an address with the day in it.
        """
        is_address = _ATTRIBUTE.fullmatch(self.date) is not None
        failure: DateError | None = None
        for text in (*self._machine_dates(element), *catch(self.name, element, self.date)):
            for part in (text, text.partition(":")[2].strip()):
                try:
                    return read_moment(part)
                except DateError as error:
                    failure = failure or error
            if beside := read_beside(text):
                return beside
            if is_address and (day := day_in_address(text)):
                return day
        if failure:
            raise FieldError(str(failure)) from failure
        return None

    def _machine_dates(self, element: html.HtmlElement) -> Iterator[str]:
        if self.date and not _ATTRIBUTE.fullmatch(self.date):
            for part in select(self.name, element, self.date):
                yield from (str(each.get("datetime")) for each in part.iter("time") if each.get("datetime"))

    def _body(self, element: html.HtmlElement) -> str:
        parts = select(self.name, element, self.body) if self.body else ()
        return "\n".join(_inner(self._without_date(part) if part is element else part) for part in parts)

    def _without_date(self, element: html.HtmlElement) -> html.HtmlElement:
        """Return the item's element, which becomes the item's body, without the parts that show the item's date."""
        attribute = _ATTRIBUTE.fullmatch(self.date)
        bare = deepcopy(element)
        if not self.date:
            return bare
        for part in select(self.name, bare, attribute["selector"].strip() or ":scope" if attribute else self.date):
            if part is not bare and part.getparent() is not None:
                part.drop_tree()
        return bare

    def _link_of_title(self, element: html.HtmlElement) -> str:
        for part in select(self.name, element, self.title) if self.title else ():
            for link in (part, *part.iterancestors("a"), *part.iter("a")):
                if link.get("href"):
                    return str(link.get("href"))
        return ""

    def _first(self, element: html.HtmlElement, selector: str) -> str:
        return next(iter(catch(self.name, element, selector)), "")


def catch(source: str, element: html.HtmlElement, selector: str) -> list[str]:
    """Return what a selector finds in an element: lines of text, or the values of the attribute that the selector
    names. Return an empty list if the selector is empty.

    Raises:
        SourceError: the selector is not valid.
    """
    if not selector:
        return []
    match = _ATTRIBUTE.fullmatch(selector)
    if match is None:
        found = [words_shown(part) for part in select(source, element, selector)]
    else:
        parts = select(source, element, match["selector"]) if match["selector"].strip() else [element]
        found = [part.get(match["attribute"]) or "" for part in parts]
    return [line for line in map(clean_line, found) if line]


def select(source: str, element: html.HtmlElement, selector: str) -> list[html.HtmlElement]:
    """Return the elements that a selector finds.

    Raises:
        SourceError: the selector is not valid.
    """
    try:
        found = _selector(selector)(element)
    except (SelectorError, etree.XPathError) as error:
        raise SourceError(source, f"{selector!r} is no CSS selector: {error}") from error
    return [each for each in found if isinstance(each, html.HtmlElement)] if isinstance(found, list) else []


@dataclass(frozen=True, slots=True)
class PageReading:
    """The pages that one reading visits."""

    first: Fetched
    pages: Iterable["Page"]
    """The pages, each fetched when it is asked for; empty if the first page is unchanged."""
    today: Today = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it was read."""

    where: str
    root: html.HtmlElement
    base: str
    """The base URL of the page's relative links."""
    language: str

    @classmethod
    def of(cls, source: str, found: Fetched, where: str) -> "Page":
        root = parsed(source, found.body, found.charset)
        base = next((str(each.get("href")) for each in root.iter("base") if each.get("href")), "")
        language = str(root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or "")
        return cls(found.url or where, root, absolute(base, found.url) or found.url, language)


def parsed(source: str, body: bytes, charset: str) -> html.HtmlElement:
    """Return the page's root element.

    Raises:
        SourceError: the page is empty, or no HTML.
    """
    text = decode(body, server=charset, kind="html").encode(errors="replace")
    try:
        if len(text) > _HARMLESS_BYTES:
            read_apart(source, _try, text)
        return _parse(text)
    except (etree.LxmlError, ValueError, LookupError, AssertionError) as error:
        raise SourceError(source, f"this is no HTML: {error}"[:200]) from error


def _parse(text: bytes) -> html.HtmlElement:
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    return html.document_fromstring(text, parser=parser)


def _try(text: bytes) -> None:
    """Let libxml2 parse the page. This function runs in a separate process, which a hostile page may crash."""
    with suppress(etree.LxmlError, ValueError, LookupError, AssertionError):
        _parse(text)


def _inner(element: html.HtmlElement) -> str:
    children = (html.tostring(child, encoding="unicode") for child in element)
    return fit("".join([escape(element.text or "", quote=False), *children]))


@lru_cache(maxsize=256)
def _selector(text: str) -> CSSSelector:
    return CSSSelector(text, translator="html")


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
