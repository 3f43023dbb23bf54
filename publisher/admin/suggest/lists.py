"""Finds the list of items on a page and suggests selectors for it. Pure: the same page gives the same selectors.

A list is a structure that is repeated, each time with a date, and mostly with a link and a text. Elements with the same
structure at corresponding places form a group. The best group has the most members, one date for each member, and the
longest texts. Menus and side columns count little.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lxml.html import HtmlElement as Element

from publisher.admin.suggest.fields import DATE_CHARACTERS, Fields
from publisher.admin.suggest.selectors import is_telling, names_of, selector_of_all
from publisher.collect.sources.dates import is_moment, read_beside
from publisher.collect.sources.page import catch, select

MAX_ELEMENTS = 60_000
"""How many elements of a page are examined. Long listings have a tenth of that."""
PAGES = 3
"""The number of pages in a suggestion if a link leads to the next page."""

_FEWEST = 2
"""The fewest members of a list."""
_LINE_CHARACTERS = 300
_MOST = 0.6
"""The share of a list's members that must have a date."""
_MANY_CHARACTERS = 250
"""The number of characters of text beyond which more text does not make a list likelier."""
_PAIRED_WEIGHT = 0.9

_YEAR = re.compile(r"(?<!\d)(?:19|20|21)\d\d(?!\d)")
_NOT_LOOKED_INTO = frozenset(("script", "style", "template", "noscript", "select", "svg", "head", "button"))
_AROUND_TAGS = frozenset(("nav", "aside", "footer", "header"))
_AROUND = re.compile(
    r"(?:^|[-_ ])(?:nav|navbar|navigation|menu|sidebar|aside|breadcrumbs?|footer|header|pager|pagination|related|"
    r"recent|widgets?|comments?|banner|cookies?|calendar|promo|share|social)(?:$|[-_ ])",
    re.IGNORECASE,
)
_AROUND_WEIGHT, _MAIN_WEIGHT = 0.1, 1.5
_NEXT = (
    "a[rel~='next']",
    "link[rel~='next']",
    ".pager__item--next a",
    ".pager-next a",
    ".pagination-next a",
    "a.next",
    ".next a",
    ".nav-previous a",  # WordPress calls the page of older items "previous"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """CSS selectors that read the list of items on a page."""

    selectors: Mapping[str, str]
    """The selectors, by their keys in config.toml."""
    items: int
    """How many items the selectors find."""
    pages: int
    """How many pages to read: more than one if a link leads to the next page."""


def suggest_selectors(root: Element) -> Suggestion | None:
    """Return selectors for the likeliest list of dated items, or `None` if there is no such list."""
    nodes = _read_nodes(root)
    best = max(_groups(nodes), key=lambda group: (group.score, group.is_telling, -group.depth), default=None)
    if best is None:
        return None
    dated = [node.element for node, dates in zip(best.members, best.dates, strict=True) if dates]
    undated = [node.element for node, dates in zip(best.members, best.dates, strict=True) if not dates]
    item = selector_of_all(root, dated, unwanted=undated)
    found = select("", root, item)
    fields = Fields(found, best.beside, {node.element for node in nodes if node.is_date}).selectors()
    following = _next_link(root)
    return Suggestion(
        selectors={"item": item, **fields, **({"next": following} if following else {})},
        items=len(found),
        pages=PAGES if following else 1,
    )


@dataclass(slots=True, eq=False)
class _Node:
    """An element of a page, with sums over everything inside it."""

    element: Element
    parent: "_Node | None"
    place: int
    """A number that elements share if they and all their ancestors have the same structure."""
    weight: float
    depth: int
    dates: int = 0
    is_date: bool = False
    """Whether the element is the innermost one that contains a date."""
    characters: int = 0
    has_link: bool = False


@dataclass(frozen=True, slots=True)
class _Group:
    """Elements with the same structure, which may be the items of a list."""

    members: Sequence[_Node]
    beside: str = ""
    """The tag of the element that follows each member and belongs to it; empty if each member is one element."""
    parts: Sequence[Sequence[_Node]] = field(default=())
    """The elements of each member: the member itself, and the element that belongs to it, if any."""

    @property
    def dates(self) -> list[int]:
        return [sum(node.dates for node in parts) for parts in self.parts]

    @property
    def score(self) -> float:
        """How much the group looks like a list of items, or 0 if it is no list."""
        dates, count = [each for each in self.dates if each], len(self.members)
        said = sum(sum(node.characters for node in parts) for parts in self.parts) / count - DATE_CHARACTERS
        if len(dates) < _FEWEST or len(dates) < _MOST * count or said <= 0:
            return 0.0
        linked = sum(any(node.has_link for node in parts) for parts in self.parts) / count
        repeats = len(dates) * (len(dates) / count) ** 2 / (sum(dates) / len(dates))
        says = 1 + 4 * min(said, _MANY_CHARACTERS) / _MANY_CHARACTERS
        weight = sum(node.weight for node in self.members) / count
        return repeats * (1 + linked) * says * weight * (_PAIRED_WEIGHT if self.beside else 1)

    @property
    def is_telling(self) -> bool:
        return is_telling(self.members[0].element)

    @property
    def depth(self) -> int:
        return self.members[0].depth


def _read_nodes(root: Element) -> list[_Node]:
    """Return the elements of a page in document order, each with sums over everything inside it."""
    nodes: list[_Node] = []
    places: dict[tuple[object, ...], int] = {}
    stack: list[tuple[Element, _Node | None]] = [(root, None)]
    while stack and len(nodes) < MAX_ELEMENTS:
        element, parent = stack.pop()
        if not isinstance(element.tag, str) or element.tag in _NOT_LOOKED_INTO:
            continue
        key = (parent.place if parent else 0, element.tag, *sorted(names_of([element])))
        place = places.setdefault(key, len(places) + 1)
        node = _Node(element, parent, place, _weight(element, parent), parent.depth + 1 if parent else 0)
        nodes.append(node)
        stack += [(child, node) for child in reversed(element)]
    for node in reversed(nodes):  # children come before their parents
        _sum_up(node)
    return nodes


def _weight(element: Element, parent: _Node | None) -> float:
    """Return how much an element counts in the search for the list of items: little in a menu, more in the main part of
    the page.
    """
    inherited = parent.weight if parent else 1.0
    if element.tag == "main" or element.get("role") == "main" or element.get("id") in ("main", "content"):
        return _MAIN_WEIGHT
    # an item may have its own header and footer
    if element.tag in _AROUND_TAGS and not any(each.tag in ("article", "li") for each in element.iterancestors()):
        return _AROUND_WEIGHT
    names = f"{element.get('class') or ''} {element.get('id') or ''} {element.get('role') or ''}"
    if element.tag not in ("html", "body") and _AROUND.search(names):
        return _AROUND_WEIGHT
    return inherited


def _sum_up(node: _Node) -> None:
    element, parent = node.element, node.parent
    node.characters += sum(len("".join(text.split())) for text in (element.text, *(c.tail for c in element)) if text)
    node.has_link |= element.tag == "a" and bool(element.get("href"))
    if not node.dates and _has_date(node):
        node.dates, node.is_date = 1, True
    if parent is not None:
        parent.dates += node.dates
        parent.characters += node.characters
        parent.has_link |= node.has_link


def _has_date(node: _Node) -> bool:
    element = node.element
    given = element.get("datetime") if element.tag == "time" else element.get("content")
    if given:
        return is_moment(given)
    if node.characters <= _LINE_CHARACTERS:
        lines = [" ".join(element.itertext())]
    else:
        lines = [element.text or "", *(child.tail or "" for child in element[-1:])]
    cleaned = (" ".join(line.split())[:_LINE_CHARACTERS] for line in lines if _YEAR.search(line))
    return any(is_moment(line) or read_beside(line) is not None for line in cleaned)


def _groups(nodes: Sequence[_Node]) -> list[_Group]:
    """Return the groups of elements of a page that may be the items of a list."""
    alike: dict[tuple[int, str], list[_Node]] = defaultdict(list)
    for node in nodes:
        alike[node.parent.place if node.parent else 0, str(node.element.tag)].append(node)
    by_element = {node.element: node for node in nodes}
    found: list[_Group] = []
    for members in alike.values():
        for some in (members, *_by_name(members)):
            if len(some) >= _FEWEST:
                found.append(_Group(some, parts=[(node,) for node in some]))
                found += _pair_with_following(some, by_element)
    return [group for group in found if group.score > 0]


def _by_name(members: Sequence[_Node]) -> Iterator[list[_Node]]:
    """Yield groups of these elements, one for each class name, with the elements that have the name."""
    named: dict[str, list[_Node]] = defaultdict(list)
    for node in members:
        for name in names_of([node.element]):
            named[name].append(node)
    yield from (some for some in named.values() if len(some) < len(members))


def _pair_with_following(members: Sequence[_Node], by_element: Mapping[Element, _Node]) -> Iterator[_Group]:
    """Yield the group in which the element after each member belongs to the member, as `dd` belongs to `dt`."""
    following = [by_element.get(node.element.getnext()) for node in members]
    tags = {str(node.element.tag) if node else "" for node in following}
    beside = tags.pop()
    pairs = [(node, after) for node, after in zip(members, following, strict=True) if after is not None]
    is_whole = all(node.dates or node.has_link for node in members)  # and not only headings of a section
    if not tags and beside and beside != members[0].element.tag and is_whole:
        yield _Group(members, beside, parts=pairs)


def _next_link(root: Element) -> str:
    """Return the CSS selector of the link to the next page of a list, or an empty string if the page has no
    such link.
    """
    for selector in _NEXT:
        addresses = set(catch("", root, f"{selector}@href"))
        if len(addresses) == 1 and not any(address.startswith("#") for address in addresses):
            return f"{selector}@href"
    return ""
