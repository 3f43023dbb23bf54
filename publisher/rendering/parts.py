"""Joins digests from parts: an item is rendered, inlined and encoded once, however many digests it is in.

A template marks the part of an item by a block of Jinja, `{% block item scoped %}`. The page around the items, its
frame, is rendered for each digest, and its elements get the styles of `known_styles`. New items are inlined in it;
other items are inserted as they were inlined before. The result has the same bytes as the whole page inlined at once,
because:

- a block is rendered with the values it may depend on, and no others;
- no rule looks at an element's neighbours, and the elements around an item are the same as before;
- an item begins and ends inside the same elements;
- the first page joined from a version of the templates is compared with the same page inlined as a whole.

If one of these does not hold, or the template has no such block, the page is inlined as a whole. So is the first page
of a version, which is kept: most passes make one page, twice, and inlining takes longest. A plain text is joined in the
same way, and nothing is inlined in it.
"""

import re
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from publisher.rendering.inline import Around, StyledPage, inline
from publisher.rendering.known_styles import KnownStyles
from publisher.rendering.templates import Templates
from publisher.rendering.text import scrub

SLOT = re.compile(r"<!--slot (\d+)-->")
MARKED = re.compile(r"<!--begin (\d+)-->(.*?)<!--end \1-->", re.DOTALL)
OURS = re.compile(r"<!--(slot|begin|end) \d+-->")
"""A comment that no item may contain."""
MOST_PIECES = 2_000
"""How many inlined items are cached; a mail has two hundred at most."""
MOST_TEXTS = 10_000
"""How many texts of items are cached; an item has one for each number it gets in a digest."""
HEAD_END = "</head>\n"
"""Up to here, many pages are the same."""

Source = tuple[Hashable, str]
"""The block's variable, and the language of the page around it."""


Piece = tuple[str, Around]
"""An item with its styles inlined, and the elements around it at that time."""


@dataclass(frozen=True)
class Joined:
    """A rendered template, in parts that other pages may share."""

    parts: tuple[str, ...]

    @cached_property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.parts)


class Joiner:
    """Renders pages of one template, all with equal `fixed` values."""

    def __init__(
        self, templates: Templates, name: str, block: str, *, domain: str, fixed: Mapping[str, object]
    ) -> None:
        self._template = _Template(templates, name, block, domain, fixed)
        self._name = name
        self._generation = templates.generation
        self._pieces: dict[Source, Piece] = {}
        self._known = KnownStyles()
        self._first: tuple[str, Joined] | None = None
        """The first page for this version of the templates: as rendered, and with its styles inlined."""
        self._is_equal: bool | None = None
        """Whether a joined page was equal to the page inlined as a whole; None: not compared yet."""

    def page(self, values: Mapping[str, Any], *, language: str) -> Joined:
        """Return the template rendered with the fixed values and `values`, with its styles inlined.

        Raises:
            TemplateError: the template, or its style, cannot be used.
        """
        self._forget_what_is_old()
        if self._is_equal is None:
            whole = self._template.fill(values, language)
            self._first = self._first or (whole, self._inline(whole))
            if self._first[0] == whole:
                return self._first[1]
        joined = None if self._is_equal is False else self._join(values, language)
        return joined or self._inline(self._template.fill(values, language))

    def _inline(self, whole: str) -> Joined:
        return Joined((inline(whole, template=self._name),))

    def _join(self, values: Mapping[str, Any], language: str) -> Joined | None:
        """Return the page joined from parts; None: it must be inlined as a whole."""
        frame, slots = self._template.fill_frame(values, language)
        page = StyledPage(frame, template=self._name)
        if not _are_told_apart(frame, slots) or page.looks_at_neighbours:
            return None
        new: dict[int, str] = {}
        for number, source in enumerate(slots):
            if source not in self._pieces:
                html = self._template.fill_item(source)
                if html is None or OURS.search(html):
                    return None
                new[number] = html
        if new:
            marked = {number: f"<!--begin {number}-->{html}<!--end {number}-->" for number, html in new.items()}
            page = StyledPage(_fill(frame, marked), template=self._name)
        joined = self._join_inlined(page, slots, new)
        if joined is None or (new and not self._is_proven(joined, _fill(frame, new))):
            return None
        return joined

    def _join_inlined(self, page: StyledPage, slots: Sequence[Source], new: Collection[int]) -> Joined | None:
        """Inline the frame together with the new items, keep these as pieces, and insert the other pieces."""
        places = page.places()
        inlined = page.inlined(self._known)
        pieces: dict[int, Piece] = {}
        for number, html in MARKED.findall(inlined):
            begun, ended = (places.get(f"{mark} {number}") for mark in ("begin", "end"))
            if begun and begun == ended:
                pieces[int(number)] = (html, begun)
        for number, source in enumerate(slots):
            if number not in new and self._pieces[source][1] == places.get(f"slot {number}"):
                pieces[number] = self._pieces[source]
        if len(pieces) < len(slots):
            return None
        self._pieces.update((slots[number], pieces[number]) for number in new)
        frame = MARKED.sub(r"<!--slot \1-->", inlined)
        return Joined(_parts_of(frame, {number: html for number, (html, _) in pieces.items()}))

    def _is_proven(self, joined: Joined, whole: str) -> bool:
        """Whether joining gives the same as inlining the whole page; compared once for each version of the
        templates.
        """
        if self._is_equal is None:
            self._is_equal = joined.text == inline(whole, template=self._name)
        return self._is_equal

    def _forget_what_is_old(self) -> None:
        if self._generation != self._template.generation:
            self._generation, self._first, self._is_equal = self._template.generation, None, None
            self._pieces.clear()
        if len(self._pieces) > MOST_PIECES:
            self._pieces.clear()


class TextJoiner:
    """Renders plain texts of one template, all with equal `fixed` values."""

    def __init__(
        self, templates: Templates, name: str, block: str, *, domain: str, fixed: Mapping[str, object]
    ) -> None:
        self._template = _Template(templates, name, block, domain, fixed)
        self._generation = templates.generation
        self._texts: dict[Source, str | None] = {}
        """The text of each item; None: the item must be rendered together with its surroundings."""

    def text(self, values: Mapping[str, Any], *, language: str) -> Joined:
        """Return the template rendered with the fixed values and `values`.

        Raises:
            TemplateError: the template cannot be used.
        """
        if self._generation != self._template.generation or len(self._texts) > MOST_TEXTS:
            self._generation = self._template.generation
            self._texts.clear()
        frame, slots = self._template.fill_frame(values, language)
        for source in slots:
            if source not in self._texts:
                self._texts[source] = self._template.fill_item(source)
        texts = {number: text for number, source in enumerate(slots) if (text := self._texts[source]) is not None}
        if not _are_told_apart(frame, slots) or len(texts) < len(slots):
            return Joined((self._template.fill(values, language),))
        return Joined(_parts_of(frame, texts))


class _Template:
    """A template, rendered whole or in parts. Its output is scrubbed for XML."""

    def __init__(self, templates: Templates, name: str, block: str, domain: str, fixed: Mapping[str, object]) -> None:
        self._templates = templates
        self._name = name
        self._block = block
        self._domain = domain
        self._fixed = dict(fixed)

    @property
    def generation(self) -> int:
        return self._templates.generation

    def fill(self, values: Mapping[str, Any], language: str) -> str:
        """Return the template rendered with all values."""
        filled = {**self._fixed, **values}
        return scrub(self._templates.render(self._name, language=language, domain=self._domain, **filled))

    def fill_frame(self, values: Mapping[str, Any], language: str) -> tuple[str, list[Source]]:
        """Return the template with a slot for each item, and the items that belong there."""
        slots: list[Source] = []

        def place(value: Hashable) -> str:
            slots.append((value, language))
            return f"<!--slot {len(slots) - 1}-->"

        filled = {**self._fixed, **values}
        frame = self._templates.render_frame(
            self._name, self._block, place, language=language, domain=self._domain, **filled
        )
        return scrub(frame), slots

    def fill_item(self, source: Source) -> str | None:
        """Return the block rendered with the item alone; None: it uses other values."""
        value, language = source
        seen: dict[str, Any] = {**self._fixed, self._block: value, "lang": language}
        html = self._templates.render_block(self._name, self._block, language=language, domain=self._domain, **seen)
        return None if html is None else scrub(html)


def _are_told_apart(frame: str, slots: Sequence[Source]) -> bool:
    """Whether the frame has these slots in order, and nothing else that looks like one."""
    return SLOT.findall(frame) == [str(number) for number in range(len(slots))]


def _fill(frame: str, html_of: Mapping[int, str]) -> str:
    """Return the frame with these slots filled."""
    return SLOT.sub(lambda slot: html_of.get(int(slot[1]), slot[0]), frame)


def _parts_of(frame: str, html_of: Mapping[int, str]) -> tuple[str, ...]:
    """Return the frame with its slots filled, cut at the slots and at the end of its head."""
    before, *rest = SLOT.split(frame)
    head, end, body = before.partition(HEAD_END)
    parts = [head + end, body] if end else [before]
    for number, after in zip(rest[::2], rest[1::2], strict=True):
        parts += [html_of[int(number)], after]
    return tuple(parts)
