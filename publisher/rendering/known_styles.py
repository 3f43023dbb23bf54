"""Remembers the inlined style of each kind of element, so that most pages need no premailer.

If no rule depends on an element's neighbours, nor on attributes other than class and id, then an element's style
follows from the style sheets and its kind: the element's type, class, id and own style, and the kind of the element
around it. Once every kind of element has been inlined, later pages skip premailer, which tests eighty rules for each
element.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lxml.etree import _Element

MOST_KINDS = 5_000
"""How many kinds of elements are remembered; a digest's template has about a hundred."""
MOST_SHEETS = 100
"""For how many combinations of style sheets styles are remembered; a template has a few."""
NO_KIND = -1

Look = tuple[int, str, str | None, str | None, str | None]
"""What makes the kind of an element: the number of its parent's kind, then its type, id, class and own style."""
Sheet = tuple[str | None, tuple[tuple[str, str], ...]]
"""The text of a `<style>` element, and the element's attributes."""


@dataclass(slots=True)
class _Outcome:
    """The result of inlining for pages with the same style sheets."""

    sheets: tuple[Sheet | None, ...]
    """The style sheets after inlining, in the order of the page; `None` stands for a sheet that inlining removes."""
    styles: dict[int, str | None] = field(default_factory=dict)
    """The `style` of each kind of element after inlining, by the number of the kind; `None` if it has no style."""


class KnownStyles:
    """The inlined styles of elements met so far."""

    def __init__(self) -> None:
        self._kinds: dict[Look, int] = {}
        self._outcomes: dict[tuple[Sheet, ...], _Outcome] = {}

    def dress(self, root: _Element, inline: Callable[[_Element], object]) -> None:
        """Set the styles of a page's elements from memory; if some kinds of elements are not known yet, call `inline`
        and remember their styles. No rule of the page may depend on neighbours.
        """
        elements = list(root.iter("*"))
        if root.find("head") is None:  # premailer would add one
            inline(root)
            return
        if len(self._kinds) > MOST_KINDS or len(self._outcomes) > MOST_SHEETS:
            self._kinds.clear()
            self._outcomes.clear()
        kinds = self._kinds_of(elements)
        sheets = list(root.iter("style"))
        before = tuple(map(_sheet_of, sheets))
        outcome = self._outcomes.get(before)
        if outcome is not None and outcome.styles.keys() >= set(kinds):
            _apply(outcome, elements, kinds, sheets)
            return
        inline(root)
        if outcome is None:
            after = tuple(None if each.getparent() is None else _sheet_of(each) for each in sheets)
            outcome = self._outcomes[before] = _Outcome(sheets=after)
        outcome.styles.update((kind, each.get("style")) for each, kind in zip(elements, kinds, strict=True))

    def _kinds_of(self, elements: Sequence[_Element]) -> list[int]:
        """Return, for each element, the number that stands for its kind (its type, id, class and style, and the kind of
        its parent). `elements` are all elements of a page, in document order.
        """
        known = self._kinds
        kind_of: dict[_Element | None, int] = {}
        for each in elements:
            around = kind_of.get(each.getparent(), NO_KIND)
            get = each.get
            look = (around, str(each.tag), get("id"), get("class"), get("style"))
            kind_of[each] = known.setdefault(look, len(known))
        return list(kind_of.values())


def _sheet_of(style: _Element) -> Sheet:
    return style.text, tuple((str(name), str(value)) for name, value in style.items())


def _apply(outcome: _Outcome, elements: Sequence[_Element], kinds: Sequence[int], sheets: Sequence[_Element]) -> None:
    for each, kind in zip(elements, kinds, strict=True):
        style = outcome.styles[kind]
        if style is not None:
            each.set("style", style)
    for sheet, after in zip(sheets, outcome.sheets, strict=True):
        if after is None:
            around = sheet.getparent()
            if around is not None:
                around.remove(sheet)
            continue
        sheet.text, attributes = after
        for name in sheet.keys() - dict(attributes).keys():
            del sheet.attrib[name]
