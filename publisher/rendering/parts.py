"""Joins digests from parts: a section of items is rendered, gets its CSS inlined and is encoded once, however many
digests contain it.

A template marks a section by a block of Jinja, `{% block section scoped %}`, and in the section each item by another
block. The page around the sections, the frame, is rendered for each digest, and the frame's elements get the styles of
`known_styles`. New sections are inlined inside the frame; other sections are inserted as they were inlined before. The
result has the same bytes as the whole page rendered and inlined at once, because:

- a block is rendered with the values that it may depend on, and no others;
- no CSS rule depends on an element's neighbours, and the elements around a block are the same as before;
- a block begins and ends inside the same elements;
- the first page joined from a version of the templates is compared with the same page inlined as a whole.

If one of these conditions does not hold for sections, or the template has no block for sections, the page is joined
from blocks of items; if that fails, too, the page is inlined as a whole. The first page of a version is also inlined as
a whole, and kept: most passes make the same page twice, and nothing else takes as long as inlining. A plain text is
joined in the same way, but without inlining.
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
"""A comment that this module puts into pages. No block of a template may contain one."""
MOST_PIECES = 2_000
"""How many inlined blocks are cached; a mail has two hundred items at most."""
MOST_TEXTS = 10_000
"""The most texts of blocks that are cached; a section has a text for each number that its first item may get in a
digest.
"""
HEAD_END = "</head>\n"
"""The end of a page's head. Many pages are the same up to this point."""

Source = tuple[Hashable, str]
"""What a block is rendered from: the block's variable, and the language of the page around the block."""

Piece = tuple[str, Around]
"""The HTML of a block with its styles inlined, and the elements that were around the block then."""

_known = KnownStyles()
"""The styles that this process has met. They follow from a page alone, so all templates and sites share them."""


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
        self, templates: Templates, name: str, blocks: Sequence[str], *, domain: str, fixed: Mapping[str, object]
    ) -> None:
        """Make a joiner for the template `name`.

        `blocks` are names of template blocks that pages share. Pages are cut at the first of them at which that is
        possible.
        """
        self._template = _Template(templates, name, domain, fixed)
        self._name = name
        self._generation = templates.generation
        self._cuts = [_Cut(self._template, name, block) for block in blocks]
        self._first: tuple[str, Joined] | None = None
        """The first page for this version of the templates: as rendered, and with its styles inlined."""

    def page(self, values: Mapping[str, Any], *, language: str) -> Joined:
        """Return the template rendered with the fixed values and `values`, with its styles inlined.

        Raises:
            TemplateError: the template, or its style, cannot be used.
        """
        if self._generation != self._template.generation:
            self._generation, self._first = self._template.generation, None
            for cut in self._cuts:
                cut.forget()
        if not any(cut.is_equal for cut in self._cuts):
            whole = self._template.fill(values, language)
            self._first = self._first or (whole, self._inline(whole))
            if self._first[0] == whole:
                return self._first[1]
        joined = (cut.join(values, language) for cut in self._cuts if cut.is_equal is not False)
        return next(filter(None, joined), None) or self._inline(self._template.fill(values, language))

    def _inline(self, whole: str) -> Joined:
        return Joined((inline(whole, template=self._name),))


class _Cut:
    """Pages of a template, cut at one of its blocks."""

    def __init__(self, template: "_Template", name: str, block: str) -> None:
        self._template = template
        self._name = name
        self._block = block
        self._pieces: dict[Source, Piece] = {}
        self.is_equal: bool | None = None
        """Whether a page joined from parts was equal to the same page inlined as a whole; `None` if none was compared
        yet.
        """

    def forget(self) -> None:
        """Forget what is cached, because the templates have changed."""
        self._pieces.clear()
        self.is_equal = None

    def join(self, values: Mapping[str, Any], language: str) -> Joined | None:
        """Return the page joined from parts; return `None` if the page cannot be cut at this block."""
        if not self._template.has_block(self._block, language):
            return None
        if len(self._pieces) > MOST_PIECES:
            self._pieces.clear()
        frame, slots = self._template.fill_frame(self._block, values, language)
        page = StyledPage(frame, template=self._name)
        if not _are_told_apart(frame, slots) or page.looks_at_neighbours:
            return None
        new: dict[int, str] = {}
        for number, source in enumerate(slots):
            if source not in self._pieces:
                html = self._template.fill_block(self._block, source)
                if html is None:
                    self.is_equal = False  # so that no later page is tried in vain
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
        """Inline the CSS of the frame (the page around the blocks) together with the new blocks, keep the new blocks as
        pieces, and insert the other pieces.
        """
        places = page.places()
        inlined = page.inlined(_known)
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
        """Whether joining pages from parts gives the same bytes as inlining the CSS of the whole page at once. The
        first joined page of each version of the templates decides: `joined`, and `whole`, which is not inlined yet.
        """
        if self.is_equal is None:
            self.is_equal = joined.text == inline(whole, template=self._name)
        return self.is_equal


class TextJoiner:
    """Renders plain texts of one template, all with equal `fixed` values."""

    def __init__(
        self, templates: Templates, name: str, blocks: Sequence[str], *, domain: str, fixed: Mapping[str, object]
    ) -> None:
        """Make a joiner for the template `name`.

        `blocks` are names of template blocks that texts share. Texts are cut at the first of them at which that is
        possible.
        """
        self._template = _Template(templates, name, domain, fixed)
        self._generation = templates.generation
        self._texts: dict[str, dict[Source, str | None]] = {block: {} for block in blocks}
        """The text of each block, by name and variable; `None` if the block must be rendered together with its
        surroundings.
        """

    def text(self, values: Mapping[str, Any], *, language: str) -> Joined:
        """Return the template rendered with the fixed values and `values`.

        Raises:
            TemplateError: the template cannot be used.
        """
        is_full = sum(map(len, self._texts.values())) > MOST_TEXTS
        if self._generation != self._template.generation or is_full:
            self._generation = self._template.generation
            for known in self._texts.values():
                known.clear()
        joined = (self._join(block, values, language) for block in self._texts)
        return next(filter(None, joined), None) or Joined((self._template.fill(values, language),))

    def _join(self, block: str, values: Mapping[str, Any], language: str) -> Joined | None:
        """Return the text joined from parts; return `None` if the text cannot be cut at this block."""
        if not self._template.has_block(block, language):
            return None
        known = self._texts[block]
        frame, slots = self._template.fill_frame(block, values, language)
        for source in slots:
            if source not in known:
                known[source] = self._template.fill_block(block, source)
        texts = {number: text for number, source in enumerate(slots) if (text := known[source]) is not None}
        if not _are_told_apart(frame, slots) or len(texts) < len(slots):
            return None
        return Joined(_parts_of(frame, texts))


class _Template:
    """A template, rendered whole or in parts. Its output is scrubbed for XML (`text.scrub`)."""

    def __init__(self, templates: Templates, name: str, domain: str, fixed: Mapping[str, object]) -> None:
        self._templates = templates
        self._name = name
        self._domain = domain
        self._fixed = dict(fixed)

    @property
    def generation(self) -> int:
        return self._templates.generation

    def fill(self, values: Mapping[str, Any], language: str) -> str:
        """Return the template rendered with all values."""
        filled = {**self._fixed, **values}
        return scrub(self._templates.render(self._name, language=language, domain=self._domain, **filled))

    def has_block(self, block: str, language: str) -> bool:
        """Whether the template, or one that it extends, has this block."""
        return self._templates.has_block(self._name, block, language=language, domain=self._domain)

    def fill_frame(self, block: str, values: Mapping[str, Any], language: str) -> tuple[str, list[Source]]:
        """Return the template rendered with a slot (a comment with a number) in place of each block of this name, and
        the variables of the blocks.
        """
        slots: list[Source] = []

        def place(value: Hashable) -> str:
            slots.append((value, language))
            return f"<!--slot {len(slots) - 1}-->"

        filled = {**self._fixed, **values}
        frame = self._templates.render_frame(self._name, block, place, language=language, domain=self._domain, **filled)
        return scrub(frame), slots

    def fill_block(self, block: str, source: Source) -> str | None:
        """Return the block rendered with its variable alone; return `None` if it uses other values."""
        value, language = source
        seen: dict[str, Any] = {**self._fixed, block: value, "lang": language}
        html = self._templates.render_block(self._name, block, language=language, domain=self._domain, **seen)
        return None if html is None else scrub(html)


def _are_told_apart(frame: str, slots: Sequence[Source]) -> bool:
    """Whether the frame (the page around the blocks) has these slots in order, and nothing else that looks
    like a slot.
    """
    return SLOT.findall(frame) == [str(number) for number in range(len(slots))]


def _fill(frame: str, html_of: Mapping[int, str]) -> str:
    """Return the frame (the page around the blocks) with its slots filled; `html_of` has the content of each slot by
    its number.
    """
    return SLOT.sub(lambda slot: html_of.get(int(slot[1]), slot[0]), frame)


def _parts_of(frame: str, html_of: Mapping[int, str]) -> tuple[str, ...]:
    """Return the frame (the page around the blocks) with its slots filled, cut into parts at the slots and at the end
    of the page's head.
    """
    before, *rest = SLOT.split(frame)
    head, end, body = before.partition(HEAD_END)
    parts = [head + end, body] if end else [before]
    for number, after in zip(rest[::2], rest[1::2], strict=True):
        parts += [html_of[int(number)], after]
    return tuple(parts)
