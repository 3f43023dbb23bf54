"""How far back a feed goes, and where it is cut into pages and archives."""

from dataclasses import replace

import pytest

from publisher.model.records import Record
from publisher.publish.plan import cut, start_of_cut_pass
from tests.editions import record_of


def added(seqs: range, *, pass_start: int | None) -> list[Record]:
    """Items that were added under these log numbers in one pass, latest first."""
    records = [replace(record_of("News.", number=seq), pass_start=pass_start) for seq in seqs]
    return records[::-1]


@pytest.mark.parametrize(
    ("newest", "start"),
    [
        ([], None),
        (added(range(11, 14), pass_start=10), None),  # there are no more than these
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
        ([1, 2, 3], 0, []),  # a feed holds them all
        ([1, 2, 3, 4], 0, [(0, 3)]),
        ([2, 5, 6, 9, 10, 12, 13], 0, [(0, 6), (6, 12)]),
        ([2, 5, 6, 9, 10, 12, 13], 5, [(5, 10)]),
        ([2, 5, 6, 9, 10, 12, 13], 7, [(7, 12)]),  # the cut before was at an item that is withdrawn
        ([2, 5, 6, 9, 10, 12, 13], 13, []),
    ],
)
def test_a_feed_is_cut_while_more_than_a_full_stretch_is_left(
    seqs: list[int], after: int, stretches: list[tuple[int, int]]
) -> None:
    assert cut(seqs, after=after, size=3) == stretches
