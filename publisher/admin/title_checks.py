"""Checks how many items have no title of their own. Pure. Every finding is a hint."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from publisher.admin.mail_checks import Finding
from publisher.model.characters import without_invisible
from publisher.model.items import Item
from publisher.model.problems import counted
from publisher.model.titles import heading_of


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleCounts:
    """How many items have no title of their own."""

    items: int = 0
    untitled: int = 0
    """How many items show their first sentence instead of a title."""
    cut: int = 0
    """How many items show only the beginning of their first sentence, because it is too long."""

    def __add__(self, other: "TitleCounts") -> "TitleCounts":
        return TitleCounts(
            items=self.items + other.items, untitled=self.untitled + other.untitled, cut=self.cut + other.cut
        )


def count_titles(items: Iterable[Item]) -> TitleCounts:
    """Return how many of these items have no title of their own, out of how many."""
    titled = [(item, bool(without_invisible(item.title).strip())) for item in items]
    made = [heading_of(item) for item, has_title in titled if not has_title]
    cut = sum(bool(heading.title and not heading.sentence) for heading in made)
    return TitleCounts(items=len(titled), untitled=len(made), cut=cut)


def title_hints(counts: TitleCounts) -> Iterator[tuple[str, Finding]]:
    """Yield a hint with the number of items without a title of their own, unless all have one."""
    if counts.untitled:
        have = "has no title of its own" if counts.untitled == 1 else "have no title of their own"
        cut = f"; {counts.cut} of these sentences are cut" if counts.cut > 1 else ""
        cut = "; one of these sentences is cut" if counts.cut == 1 else cut
        what = (
            f"{counts.untitled} of {counted(counts.items, 'item')} {have}, and the first sentence is shown "
            f"instead{cut}; titles written in the source read better in lists and subjects"
        )
        yield "titles", Finding(what=what, is_hint=True)
