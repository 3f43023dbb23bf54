"""How far back a feed goes, where it is divided into pages and archives, and what the feed of a renamed theme takes
over.
"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from publisher.model.feeds import Feed, FeedKind
from publisher.model.records import Record
from publisher.model.themes import Theme, ThemeMap
from publisher.publish.open_feeds import plan_take_overs
from publisher.publish.plan import cut, start_of_cut_pass
from publisher.store.feeds import FeedState
from tests.editions import record_of


def added(seqs: range, *, pass_start: int | None) -> list[Record]:
    """Return items that were added under these log numbers in one pass, latest first."""
    records = [replace(record_of("News.", number=seq), pass_start=pass_start) for seq in seqs]
    return records[::-1]


@pytest.mark.parametrize(
    ("newest", "start"),
    [
        ([], None),
        (added(range(11, 14), pass_start=10), None),  # there are no more items than these
        (added(range(11, 15), pass_start=10), None),  # the whole pass
        (added(range(12, 16), pass_start=10), 10),
        (added(range(12, 16), pass_start=None), None),
        ([*added(range(11, 13), pass_start=10), *added(range(5, 7), pass_start=2)], None),
        ([*added(range(20, 21), pass_start=19), *added(range(12, 15), pass_start=10)], None),
    ],
)
def test_a_pass_is_cut_short_where_the_limit_falls_within_it(newest: list[Record], start: int | None) -> None:
    assert start_of_cut_pass(newest, limit=4) == start


@pytest.mark.parametrize(
    ("seqs", "after", "stretches"),
    [
        ([], 0, []),
        ([1, 2, 3], 0, []),  # the feed shows them all
        ([1, 2, 3, 4], 0, [(0, 3)]),
        ([2, 5, 6, 9, 10, 12, 13], 0, [(0, 6), (6, 12)]),
        ([2, 5, 6, 9, 10, 12, 13], 5, [(5, 10)]),
        ([2, 5, 6, 9, 10, 12, 13], 7, [(7, 12)]),  # the previous cut was at an item that is withdrawn
        ([2, 5, 6, 9, 10, 12, 13], 13, []),
    ],
)
def test_a_feed_is_cut_while_more_than_a_full_stretch_is_left(
    seqs: list[int], after: int, stretches: list[tuple[int, int]]
) -> None:
    assert cut(seqs, after=after, size=3) == stretches


QUAYS = Theme(slug="quays", title="Quays")
RENAMED = ThemeMap(default=QUAYS, was=(("ice", "quays"), ("snow", "quays")))


def feed_state(slug: str, *, opened: int | None, first_slug: str = "") -> FeedState:
    """Return the state of the feed of a theme that readers have had since this day of March, or never if it
    is `None`.
    """
    feed = Feed(kind=FeedKind.THEME, slug=slug, title=slug, first_slug=first_slug)
    opened_at = None if opened is None else datetime(2026, 3, opened, tzinfo=UTC)
    return FeedState(feed=feed, items=1, changed_at=datetime(2026, 3, 1, tzinfo=UTC), opened_at=opened_at)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([feed_state("quays", opened=None)], ("ice", None)),
        ([feed_state("quays", opened=None), feed_state("snow", opened=2)], ("snow", "snow")),
        ([feed_state("quays", opened=None), feed_state("snow", opened=2, first_slug="ice")], ("ice", "snow")),
        ([feed_state("quays", opened=None), feed_state("ice", opened=3), feed_state("snow", opened=2)], ("ice", "ice")),
        ([feed_state("quays", opened=None), feed_state("ice", opened=None)], ("ice", None)),
        ([feed_state("quays", opened=5), feed_state("ice", opened=3)], None),
        ([feed_state("quays", opened=None, first_slug="ice"), feed_state("ice", opened=3)], None),
        ([feed_state("ice", opened=3)], None),
    ],
)
def test_a_renamed_theme_has_what_readers_knew_last(
    states: list[FeedState], expected: tuple[str, str | None] | None
) -> None:
    found = [*plan_take_overs(RENAMED, {state.feed.slug: state for state in states})]

    assert [(each.first_slug, each.former) for each in found] == ([expected] if expected else [])
