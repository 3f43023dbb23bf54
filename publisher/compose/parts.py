"""Mails joined from parts: an item is filled in and inlined once, however many digests it is in.

What is such a part a template says by a block that Jinja knows anyway, `{% block item scoped %}`. The page around is
filled and inlined for each digest; the items are put into it as they came out the first time. The bytes are those of
the whole page inlined at once: a block is filled with what it may depend on and nothing else, an item comes out the
same wherever it stands in the same kind of element, and each that is prepared is compared with the page as a whole. A
template, or an item, for which one of these does not hold is inlined with the whole page; so is one without the block.
"""

import re
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from publisher.compose.inline import Inlined, Kind, inline, inline_with_places
from publisher.rendering.templates import Templates
from publisher.rendering.text import scrub

SLOT = re.compile(r"<!--slot (\d+)-->")
PIECE = re.compile(r"<!--begin (\d+)-->(.*?)<!--end \1-->", re.DOTALL)
MOST_PIECES = 2_000
"""That are kept; a mail has two hundred at most."""

Source = tuple[Hashable, str]
"""A value of the block, and the language of the page around it."""


class Joiner:
    """Makes pages of one template, all filled with equal `fixed` values."""

    def __init__(
        self, templates: Templates, name: str, block: str, *, domain: str, fixed: Mapping[str, object]
    ) -> None:
        self._templates = templates
        self._name = name
        self._block = block
        self._domain = domain
        self._fixed = dict(fixed)
        self._generation = templates.generation
        self._sources: dict[Source, str] = {}
        self._pieces: dict[tuple[Kind, Source], str] = {}

    def page(self, values: Mapping[str, Any], *, language: str) -> str:
        """The template filled with `values` besides those fixed, its styles inlined.

        Raises:
            TemplateError: the template, or its style, cannot be used.
        """
        self._forget_what_is_old()
        slots: list[Source] = []

        def place(seen: Mapping[str, Any]) -> str:
            slots.append((seen[self._block], language))
            return f"<!--slot {len(slots) - 1}-->"

        filled = {**self._fixed, **values}
        frame = self._templates.render_around(
            self._name, self._block, place, language=language, domain=self._domain, **filled
        )
        joined = self._joined(scrub(frame), slots)
        if joined is None:
            whole = self._templates.render(self._name, language=language, domain=self._domain, **filled)
            return inline(scrub(whole), template=self._name)
        return joined

    def _joined(self, frame: str, slots: list[Source]) -> str | None:
        new = {number: source for number, source in enumerate(slots) if source not in self._sources}
        for source in new.values():
            html = self._filled(source)
            if html is None:
                return None
            self._sources[source] = scrub(html)
        if new:  # so that all kinds of elements are met at once
            self._whole(frame, slots, new)
        around = inline_with_places(frame, template=self._name)
        places = [around.places.get(f"slot {number}") for number in range(len(slots))]
        keys = [(place, source) for place, source in zip(places, slots, strict=True) if place is not None]
        if len(keys) < len(slots) or not self._prepare(frame, around, keys):
            return None
        return SLOT.sub(lambda slot: self._pieces[keys[int(slot[1])]], around.html)

    def _filled(self, source: Source) -> str | None:
        value, language = source
        seen: dict[str, Any] = {**self._fixed, self._block: value, "lang": language}
        return self._templates.render_block(self._name, self._block, language=language, domain=self._domain, **seen)

    def _prepare(self, frame: str, around: Inlined, keys: list[tuple[Kind, Source]]) -> bool:
        """Inline the items that were never in such a place; return whether that is what the page as a whole has."""
        missing = {number: key for number, key in enumerate(keys) if key not in self._pieces}
        if not missing:
            return True
        slots = [source for _, source in keys]
        marked = inline_with_places(
            _with(
                frame, missing, lambda number: f"<!--begin {number}-->{self._sources[slots[number]]}<!--end {number}-->"
            ),
            template=self._name,
        )
        pieces = {int(number): html for number, html in PIECE.findall(marked.html)}
        is_whole = all(
            marked.places.get(f"{mark} {number}") is place
            for number, (place, _) in missing.items()
            for mark in ("begin", "end")
        )
        if not is_whole or _with(around.html, missing, pieces.__getitem__) != self._whole(frame, slots, missing):
            return False
        self._pieces.update((key, pieces[number]) for number, key in missing.items())
        return True

    def _whole(self, frame: str, slots: list[Source], numbers: Mapping[int, object]) -> str:
        """The page with these of its items, inlined at once."""
        return inline(_with(frame, numbers, lambda number: self._sources[slots[number]]), template=self._name)

    def _forget_what_is_old(self) -> None:
        # Where no page can be joined there are sources and no pieces.
        is_full = max(len(self._pieces), len(self._sources)) > MOST_PIECES
        if self._generation != self._templates.generation or is_full:
            self._generation = self._templates.generation
            self._sources.clear()
            self._pieces.clear()


def _with(frame: str, numbers: Mapping[int, object], html_of: Callable[[int], str]) -> str:
    """The frame with these of its slots filled."""
    return SLOT.sub(lambda slot: html_of(int(slot[1])) if int(slot[1]) in numbers else slot[0], frame)
