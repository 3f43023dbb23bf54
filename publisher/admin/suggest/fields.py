"""Suggests CSS selectors for the fields (title, date, …) of the items in a list on a page. Pure: the same page gives
the same selectors.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement as Element

from publisher.admin.suggest.selectors import names_of, selector_within

DATE_CHARACTERS = 12
"""The usual number of characters of a date."""

_MOST = 0.6
"""The share of items that must have a field for a selector to be suggested."""
_SOME = 0.2
"""The share of items that must have themes or keywords for a selector to be suggested."""
_LABEL_CHARACTERS = 60
"""The most characters of a theme or keyword."""
_BODY_CHARACTERS = 12
"""The least average number of characters of the items' texts."""

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_THEMES = re.compile(r"theme|thème|thema|categor|kategorie|topic|rubri|onderwerp|(?:^|[-_ ])cat[-_]", re.IGNORECASE)
_KEYWORDS = re.compile(r"(?:^|[-_ ])tags?(?:$|[-_ ])|keyword|mots?-?cles|trefwoord|schlagw", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fields:
    """Finds the fields (title, date, …) of the items in one list on a page."""

    items: Sequence[Element]
    beside: str
    """The tag of the element that follows each item and belongs to it; empty if each item is one element."""
    dates: set[Element]
    """The innermost elements that contain a date."""

    def selectors(self) -> dict[str, str]:
        """Return a selector for each field that most items have. For themes and keywords, it suffices that some items
        have them.
        """
        dates = [next((each for each in self._elements_in(item) if each in self.dates), None) for item in self.items]
        titles = [self._title(item, date) for item, date in zip(self.items, dates, strict=True)]
        titles = titles if self._are_most(titles) else [None] * len(titles)
        title = self._selector(titles)
        taken = [{each for each in pair if each is not None} for pair in zip(dates, titles, strict=True)]
        found = {
            "date": self._date(dates),
            "title": title,
            "body": self._body(taken) or ("" if title else ":scope"),
            "link": self._link(titles),
            "language": self._language(titles),
            "themes": self._labels(_THEMES, taken),
            "keywords": self._labels(_KEYWORDS, taken),
        }
        return {name: selector for name, selector in found.items() if selector}

    def _elements_in(self, item: Element) -> Iterator[Element]:
        following = item.getnext() if self.beside else None
        for part in (item, *(() if following is None else (following,))):
            yield from (each for each in part.iter() if isinstance(each.tag, str))

    def _are_most(self, found: Sequence[object]) -> bool:
        return sum(each is not None for each in found) >= _MOST * len(self.items)

    def _selector(self, targets: Sequence[Element | None]) -> str:
        return selector_within(self.items, targets, beside=self.beside)

    def _date(self, dates: Sequence[Element | None]) -> str:
        attributes = Counter(_date_attribute(each) for each in dates if each is not None)
        attribute = max(attributes, key=attributes.__getitem__)
        kept = [each if each is not None and _date_attribute(each) == attribute else None for each in dates]
        return _with_attribute(self._selector(kept), attribute)

    def _title(self, item: Element, date: Element | None) -> Element | None:
        """Return the element with an item's title: its heading, or else the longest link that is not part of a
        sentence.
        """
        inside = [each for each in self._elements_in(item) if each is not date and each is not item and _length(each)]
        heading = next((each for each in inside if each.tag in _HEADINGS), None)
        if heading is not None:
            return heading
        longest = max((each for each in inside if _leads_on(each)), key=_length, default=None)
        around = None if longest is None else longest.getparent()
        if longest is None or around is None:
            return None
        beside = [around.text, *(each.tail for each in around)]
        rest = sum(len("".join(text.split())) for text in beside if text) - (DATE_CHARACTERS if around is date else 0)
        return longest if rest <= _length(longest) else None

    def _body(self, taken: Sequence[set[Element]]) -> str:
        """Return the CSS selector of the items' texts: of the longest elements that are neither a date nor a title."""
        said: Counter[tuple[str, ...]] = Counter()
        targets: dict[tuple[str, ...], dict[Element, Element]] = defaultdict(dict)
        for item, others in zip(self.items, taken, strict=True):
            for part in self._apart_from(item, others):
                look = (str(part.tag), *names_of([part]))
                said[look] += 0 if _is_of_links(part) else _length(part)
                targets[look].setdefault(item, part)
        for look, characters in said.most_common():
            found = targets[look]
            if characters >= _BODY_CHARACTERS * len(found) and len(found) >= _MOST * len(self.items):
                return self._selector([found.get(item) for item in self.items])
        return ""

    def _apart_from(self, item: Element, others: set[Element]) -> Iterator[Element]:
        """Yield the outermost elements of an item that have nothing in common with `others`: they neither are, contain,
        nor lie within one of them.
        """
        others = others - {item}
        around = {above for other in others for above in other.iterancestors()} | {item}
        for element in self._elements_in(item):
            parent = element.getparent()
            is_beside = bool(self.beside) and element is item.getnext()
            if element not in around and element not in others and (parent in around or is_beside):
                yield element

    def _link(self, titles: Sequence[Element | None]) -> str:
        """Return the CSS selector of the items' links, or an empty string if the titles have links, or if the items
        have no titles.
        """
        if all(item.get("href") for item in self.items):
            return "@href"
        if all(title is None for title in titles) or self._are_most(
            [None if title is None else _link_of(title) for title in titles]
        ):
            return ""
        links = [next(filter(_leads_on, self._elements_in(item)), None) for item in self.items]
        return _with_attribute(self._selector(links), "href") if self._are_most(links) else ""

    def _language(self, titles: Sequence[Element | None]) -> str:
        links = [None if title is None else _link_of(title) for title in titles]
        named = [link if link is not None and link.get("hreflang") else None for link in links]
        if self._are_most(named):
            return _with_attribute(self._selector(named), "hreflang")
        return "@lang" if all(item.get("lang") for item in self.items) else ""

    def _labels(self, named: re.Pattern[str], taken: Sequence[set[Element]]) -> str:
        """Return the CSS selector of the items' short texts in elements with a class that matches `named`."""
        targets: list[Element | None] = []
        for item, others in zip(self.items, taken, strict=True):
            parts = (part for part in self._apart_from(item, others))
            inside = (each for part in parts for each in part.iter() if isinstance(each.tag, str))
            around = next((each for each in inside if named.search(each.get("class") or "") and _length(each)), None)
            targets.append(None if around is None else next(filter(_leads_on, around.iter()), around))
        found = [each for each in targets if each is not None]
        is_label = all(_length(each) <= _LABEL_CHARACTERS and ":" not in each.text_content() for each in found)
        return self._selector(targets) if is_label and len(found) >= max(1, _SOME * len(self.items)) else ""


def _length(element: Element) -> int:
    """Return how many characters of text an element has, without white space."""
    return sum(len("".join(text.split())) for text in element.itertext())


def _leads_on(element: Element) -> bool:
    href = element.get("href") or ""
    return element.tag == "a" and bool(href) and not href.startswith("#") and _length(element) > 0


def _link_of(title: Element) -> Element | None:
    inside = (title, *title.iter("a"), *title.iterancestors("a"))
    return next((each for each in inside if each.tag == "a" and each.get("href")), None)


def _is_of_links(element: Element) -> bool:
    """Whether an element is a list of links rather than a text."""
    return sum(_length(link) for link in element.iter("a")) > _MOST * _length(element)


def _date_attribute(element: Element) -> str:
    """Return the name of the attribute that holds a machine-readable date, or an empty string if the element has no
    such attribute.
    """
    if element.tag == "time":
        return "datetime" if element.get("datetime") else ""
    return "content" if element.get("content") else ""


def _with_attribute(selector: str, attribute: str) -> str:
    return f"{selector}@{attribute}" if selector and attribute else selector
