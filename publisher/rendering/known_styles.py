"""Remembers what inlining did to each kind of element, so that most pages need no premailer.

If no rule looks at an element's neighbours, nor at other attributes than class and id, then what premailer does to an
element follows from the style sheets and the element's kind: its type, class, id and own style, and the kind of the
element around it. Once a page of each kind was inlined, the next page is not shown to premailer, which asks each of
eighty rules where it applies.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lxml.etree import _Element

MOST_KINDS = 5_000
"""How many kinds of elements are remembered; a digest's template has about a hundred."""
NO_KIND = -1

Look = tuple[int, str, str | None, str | None, str | None]
"""The kind of the element around, then type, id, class and own style."""
Sheet = tuple[str | None, tuple[tuple[str, str], ...]]
"""The text of a `<style>`, and its attributes."""


@dataclass(slots=True)
class _Outcome:
    """What becomes of pages with the same style sheets."""

    sheets: tuple[Sheet | None, ...]
    """The style sheets afterwards; None: it is taken out."""
    styles: dict[int, str | None] = field(default_factory=dict)
    """The style of each kind of element."""


class KnownStyles:
    """The styles of elements as they came out before."""

    def __init__(self) -> None:
        self._kinds: dict[Look, int] = {}
        self._outcomes: dict[tuple[Sheet, ...], _Outcome] = {}

    def dress(self, root: _Element, inline: Callable[[_Element], object]) -> None:
        """Inline the styles of a page if no rule looks at neighbours; call `inline` if they are not known yet."""
        elements = list(root.iter("*"))
        if root.find("head") is None:  # premailer makes one
            inline(root)
            return
        if len(self._kinds) > MOST_KINDS:
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
        """Return the kind of each element; the elements are all of a page, in its order."""
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
