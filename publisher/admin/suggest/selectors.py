"""Makes short CSS selectors from class names that people (and not programs) chose. Pure: the same page gives the same
selectors.

Names such as `views-row` survive a redesign. Positions do not, nor do names that are generated (`css-1q2w3e`), numbered
(`post-12`), or that describe looks (`col-md-4`).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from lxml.html import HtmlElement as Element

from publisher.collect.sources.page import select

LONGEST_NAME = 50
MAX_CANDIDATES = 60
MAX_ABOVE = 6
"""How many levels above an element are searched for names."""

_NAME = re.compile(r"[A-Za-z][A-Za-z_-]*")
_MADE = re.compile(r"(?:css|jsx|sc|svelte|emotion|ng|ember)-.*")
_HUMP = re.compile(r"[A-Z]?[a-z]*")
_VOWELS = re.compile("[aeiouyAEIOUY]")
_LONG_SEGMENT, _SHORT_HUMP = 5, 3
_PASSING = re.compile(
    r"(?:odd|even|first|last|active|current|open|closed|sticky|clearfix|row|col|cols|container|wrapper|inner|outer|"
    r"left|right|contextual-region|(?:is|has|js|col|mb|mt|my|mx|pb|pt|py|px|p|m|d|w|h|g|fs|fw|text-(?:bg|muted)|bg|"
    r"border|flex|grid|gap|align|justify|order|lg|md|sm|xl)-.*)",
    re.IGNORECASE,
)
"""Class names that describe a state, a place or a look."""
_TELLING = re.compile(
    r"views?-(?:row|field-)|teaser|article|news|item|story|post|entry|actu|nieuws|bericht|aktuell|meldung|title|"
    r"headline|date|summary|excerpt|intro|body|theme|categor|topic|tag",
    re.IGNORECASE,
)
_MOST = 0.8
"""The share of elements that must have a name for a selector to use it."""
_TELLING_TAGS = frozenset(("time", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "dd", "p", "article", "tr", "li"))
_CELLS = frozenset(("td", "th"))


def selector_of_all(root: Element, wanted: Sequence[Element], *, unwanted: Sequence[Element] = ()) -> str:
    """Return the selector that finds the wanted elements of the page with the fewest mistakes.

    The `unwanted` elements look like the wanted ones; a match of one is a mistake.
    """
    looked_for = set(wanted)

    def missed(selector: str) -> int:
        return len(looked_for ^ set(select("", root, selector)))

    chosen = list(dict.fromkeys(_for_all([*wanted, *unwanted])))[:MAX_CANDIDATES]
    return min(chosen, key=missed)


def selector_within(items: Sequence[Element], targets: Sequence[Element | None], *, beside: str = "") -> str:
    """Return the selector whose first match in an item is the item's target, for as many items as possible.

    An item without a target counts if the selector matches nothing in it. `beside` is the tag of an element that
    follows each item and belongs to it.
    """
    pairs = list(zip(items, targets, strict=True))
    chosen = list(dict.fromkeys(_within([(item, target) for item, target in pairs if target is not None], beside)))

    def right(selector: str) -> int:
        return sum(next(iter(select("", item, selector)), None) is target for item, target in pairs)

    return max(chosen[:MAX_CANDIDATES], key=right, default="")


def names_of(elements: Sequence[Element]) -> list[str]:
    """Return the class names that people chose and nearly all of these elements have. Names that are usual for items
    come first.
    """
    counts = Counter(name for element in elements for name in dict.fromkeys((element.get("class") or "").split()))
    common = [name for name, count in counts.items() if count >= _MOST * len(elements) and is_chosen(name)]
    return sorted(common, key=lambda name: not _TELLING.search(name))


def is_chosen(name: str) -> bool:
    """Whether a class or id looks as if a person chose it to say what the element is."""
    return (
        bool(_NAME.fullmatch(name))
        and len(name) <= LONGEST_NAME
        and not _MADE.fullmatch(name)
        and not _PASSING.fullmatch(name)
        and not any(map(_is_random, re.split("[-_]+", name)))
    )


def is_telling(element: Element) -> bool:
    """Whether an element's tag or class says that it is an item or a part of one."""
    return element.tag == "article" or any(_TELLING.search(name) for name in names_of([element]))


def _is_random(segment: str) -> bool:
    if len(segment) < _LONG_SEGMENT or segment.isupper():
        return False
    humps = [hump for hump in _HUMP.findall(segment) if hump]
    return not _VOWELS.search(segment) or len(segment) / len(humps) < _SHORT_HUMP


def _for_all(elements: Sequence[Element]) -> Iterator[str]:
    """Yield CSS selectors for these elements that work in the whole page, the best first."""
    first = elements[0]
    tag, names = str(first.tag), names_of(elements)
    own = [f".{name}" for name in names] + [f"{tag}.{name}" for name in names]
    yield from own
    for hook, way in _hooks(elements):
        yield from (f"{hook} {selector}" for selector in own[: len(names)])
        yield from (f"{hook} > {tag}{rest}" for rest in _rests(tag)) if not way else ()
        yield from (f"{hook} {tag}{rest}" for rest in _rests(tag))
        yield from (f"{hook} > {' > '.join((*way, tag))}{rest}" for rest in _rests(tag)) if way else ()
    parent = first.getparent()
    if parent is not None:
        yield from (f"{parent.tag} > {tag}{rest}" for rest in _rests(tag))
    yield from (f"{tag}{rest}" for rest in _rests(tag))


def _rests(tag: str) -> tuple[str, ...]:
    return ("", ":has(td)") if tag == "tr" else ("",)


def _hooks(elements: Sequence[Element]) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield CSS selectors of the common ancestors of `elements`, nearest first, each with the tags of the elements
    between the ancestor and the `elements`.
    """
    around = list(elements)
    way: list[str] = []
    for _ in range(MAX_ABOVE):
        above = [each.getparent() for each in around]
        around = list(dict.fromkeys(each for each in above if each is not None))
        tags = list(dict.fromkeys(str(each.tag) for each in around))
        if len(tags) != 1 or tags[0] in ("body", "html"):
            return
        names = [f".{name}" for name in names_of(around)]
        names += [f"#{each.get('id')}" for each in around[:1] if is_chosen(each.get("id") or "")]
        names += [tag for tag in tags if tag in ("main", "table", "tbody", "article")]
        yield from ((name, tuple(way)) for name in names)
        way.insert(0, tags[0])


def _within(pairs: Sequence[tuple[Element, Element]], beside: str) -> Iterator[str]:
    """Yield CSS selectors that find the targets inside their items, the best first; `pairs` are (item, target)."""
    if not pairs:
        return
    item, target = pairs[0]
    if target is item:
        yield ":scope"
        return
    start = "" if item in target.iterancestors() else f":scope + {beside} "
    if start and target.getprevious() is item:
        yield start.strip()
        return
    targets = [target for _, target in pairs]
    yield from (f"{start}{each}" for each in _of_targets(targets))
    for above in range(2):
        around = [_above(target, item, above) for item, target in pairs]
        there = [each for each in around if each is not None]
        if len(there) < _MOST * len(around):
            return
        for hook in [*(f".{name}" for name in names_of(there)), str(there[0].tag)]:
            yield from (f"{start}{hook} {each}" for each in _of_targets(targets))


def _of_targets(targets: Sequence[Element]) -> Iterator[str]:
    tag, names = str(targets[0].tag), names_of(targets)
    telling = [name for name in names if _TELLING.search(name)]
    yield from (tag,) if tag == "time" else ()
    yield from (f".{name}" for name in telling)
    yield from (tag,) if tag in _TELLING_TAGS else ()
    yield from (f".{name}" for name in names)
    if tag in _CELLS:
        yield f"{tag}:nth-child({1 + sum(1 for _ in targets[0].itersiblings(preceding=True))})"
    yield tag
    yield from (f"{tag}.{name}" for name in names)


def _above(target: Element, item: Element, count: int) -> Element | None:
    """Return the ancestor `count` + 1 levels above the target, or `None` if it is not within the item."""
    around: list[Element] = []
    for element in target.iterancestors():
        if element is item:
            break
        around.append(element)
    return around[count] if count < len(around) else None
