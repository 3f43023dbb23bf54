"""Orders the items of a digest: the lead first, then theme by theme, each item once. Pure.

The lead is the first item of the mail, and the lead's title is the mail's subject. The lead stands above the themes and
is not repeated under its own theme. Themes come in the order of the audience, then in the order of config.toml, then in
the order of their first items; the default theme is last.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from publisher.model.editions import Audience
from publisher.model.languages import language_rank
from publisher.model.records import Record
from publisher.model.site import Site
from publisher.model.themes import Theme, ThemeMap

LONG_FROM_ITEMS = 16
"""From this number of items on, an edition shows most items by title and date only, unless its audience wants full
texts.
"""


class Look(StrEnum):
    """How much of an item is shown, and how large its title is."""

    LEAD = "lead"
    SINGLE = "single"
    """The item is the only one of its theme; the theme's name is the line above the item's title."""
    ITEM = "item"
    BRIEF = "brief"
    """Only the item's title and date are shown."""


TITLE_LEVELS = {Look.LEAD: 2, Look.SINGLE: 2, Look.ITEM: 3, Look.BRIEF: 3}
"""The heading level of an item's title. Titles at level 3 stand below the heading of a theme."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An item of a digest in its place."""

    record: Record
    theme: Theme
    """The theme under which the item stands. The theme of the lead, the edition's first item, is shown in the line
    above its title.
    """
    look: Look
    has_text: bool
    """Whether the item's text is shown, besides title and date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One theme of a digest, with its items."""

    theme: Theme
    items: tuple[Placed, ...]
    """The items of the theme, without the lead; never empty."""
    is_more: bool
    """Whether the lead is an item of this theme, so that the part holds further items of the theme."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """The items of a digest in their places."""

    lead: Placed | None
    """The first item of the digest; `None` if the digest has no items."""
    parts: tuple[Part, ...]

    @property
    def items(self) -> tuple[Placed, ...]:
        """All items of the digest, from top to bottom."""
        lead = () if self.lead is None else (self.lead,)
        return lead + tuple(item for part in self.parts for item in part.items)


def arrange(
    ordered: Sequence[Record], *, audience: Audience, themes: ThemeMap, first: Sequence[int] = ()
) -> Arrangement:
    """Return the arrangement of items that `in_order` has sorted. `first` has the numbers of items that the editor put
    first.
    """
    if not ordered:
        return Arrangement(lead=None, parts=())
    place = {number: index for index, number in enumerate(first)}
    ordered = sorted(ordered, key=lambda record: place.get(record.number, len(place)))
    lead = ordered[0] if ordered[0].number in place else _lead_of(ordered, audience)
    theme_of_lead = home_of(lead, audience)
    groups: dict[Theme, list[Record]] = {}
    for record in ordered:
        if record is not lead:
            groups.setdefault(home_of(record, audience), []).append(record)
    is_long = len(ordered) >= LONG_FROM_ITEMS and audience.content != "full"
    has_texts = audience.content != "titles"
    return Arrangement(
        lead=Placed(record=lead, theme=theme_of_lead, look=Look.LEAD, has_text=has_texts),
        parts=tuple(
            Part(
                theme=theme,
                items=tuple(_place(groups[theme], theme, is_long=is_long, has_texts=has_texts)),
                is_more=theme == theme_of_lead,
            )
            for theme in _sort_themes(groups, audience, themes)
        ),
    )


class Move(StrEnum):
    """Where an editor can move an item."""

    UP = "up"
    DOWN = "down"
    FIRST = "first"
    """The item becomes the lead."""


def moved(read: Sequence[tuple[int, str]], number: int, move: Move) -> tuple[int, ...] | None:
    """Return the numbers of all items in their new order after the item `number` moved; return `None` if it cannot move
    there.

    `read` are the items (number, slug of the theme) from top to bottom of the digest. Themes stay where they are, so an
    item moves within its theme; only the item below the lead can change places with the lead.
    """
    numbers = [each for each, _ in read]
    place = numbers.index(number)
    if move is Move.FIRST:
        return None if place == 0 else (number, *(each for each in numbers if each != number))
    upper = place - 1 if move is Move.UP else place
    if not 0 <= upper < len(read) - 1 or (upper > 0 and read[upper][1] != read[upper + 1][1]):
        return None
    numbers[upper], numbers[upper + 1] = numbers[upper + 1], numbers[upper]
    return tuple(numbers)


def newest_first(records: Iterable[Record], *, audience: Audience, site: Site) -> list[Record]:
    """Sort items by language, in the audience's order of preference, and newest first within each language."""
    return sorted(records, key=lambda record: (_rank(record, audience, site), *_age(record)))


def in_order(records: Iterable[Record], *, audience: Audience, site: Site) -> list[Record]:
    """Sort items by language as `newest_first` does, and within each language newest or oldest first, as the audience
    wishes.
    """
    sign = -1 if audience.order == "oldest" else 1
    return sorted(records, key=lambda record: (_rank(record, audience, site), *(sign * part for part in _age(record))))


def _rank(record: Record, audience: Audience, site: Site) -> int:
    rank = language_rank(record.item.language or site.language, audience.languages)
    return len(audience.languages) if rank is None else rank


def _age(record: Record) -> tuple[int, float, int]:
    """Return a sort key: newer items come first."""
    # `number` would only order two items with the same instant, which the store never gives twice
    return -record.item.date.toordinal(), -record.published.timestamp(), -record.number


def home_of(record: Record, audience: Audience) -> Theme:
    """Return the first of the item's themes that the audience names, or else the first of its themes that the audience
    follows.

    If the audience follows none of the item's themes, because these have changed, the result is the item's first theme.
    """
    named = (theme for theme in record.themes if theme.slug in audience.themes.named)
    followed = (theme for theme in record.themes if audience.themes.follows(theme.slug))
    return next(chain(named, followed), record.themes[0])


def _lead_of(ordered: Sequence[Record], audience: Audience) -> Record:
    """Return the first item; if the audience names themes, the first item of the first named theme that has items."""
    for slug in audience.themes.named:
        for record in ordered:
            if home_of(record, audience).slug == slug:
                return record
    return ordered[0]


def _place(records: Sequence[Record], theme: Theme, *, is_long: bool, has_texts: bool) -> Iterable[Placed]:
    """Yield the sorted items of a theme in their places. In a long digest only the theme's first item is shown with its
    text.
    """
    look = Look.SINGLE if len(records) == 1 else Look.ITEM
    for number, record in enumerate(records):
        is_brief = not has_texts or (is_long and number > 0)
        placed_as = Look.BRIEF if is_brief and look is Look.ITEM else look
        yield Placed(record=record, theme=theme, look=placed_as, has_text=not is_brief)


def _sort_themes(groups: Iterable[Theme], audience: Audience, themes: ThemeMap) -> list[Theme]:
    """Return the themes in the order of a digest; `groups` has the themes in the order of their first items."""
    named = {slug: place for place, slug in enumerate(audience.themes.named)}
    configured = {theme.slug: place for place, theme in enumerate(themes.themes)}

    def place(theme: Theme) -> tuple[int, int]:
        if theme.slug in named:
            return 0, named[theme.slug]
        if theme.slug == themes.default.slug:
            return 3, 0
        return (1, configured[theme.slug]) if theme.slug in configured else (2, 0)

    return sorted(groups, key=place)
