"""Forms must be filled in by a person who has read them."""

from datetime import timedelta

import pytest

from publisher.serve.forms.stamp import is_good_stamp, new_stamp
from tests.world import NOW

OLD, KEY, OTHER = "01" * 32, "02" * 32, "03" * 32


@pytest.mark.parametrize(
    ("after", "is_good"),
    [
        (timedelta(seconds=0), False),
        (timedelta(seconds=1), False),
        (timedelta(seconds=3), True),
        (timedelta(hours=24), True),
        (timedelta(hours=25), False),
        (timedelta(hours=-1), False),
    ],
)
def test_neither_at_once_nor_much_later(after: timedelta, is_good: bool) -> None:
    assert is_good == is_good_stamp(new_stamp([KEY], now=NOW), [KEY], now=NOW + after)


def test_a_stamp_outlives_a_new_key_and_no_other_key_makes_one() -> None:
    later = NOW + timedelta(minutes=1)
    stamp = new_stamp([OLD], now=NOW)

    assert is_good_stamp(stamp, [KEY, OLD], now=later)
    assert is_good_stamp(new_stamp([KEY, OLD], now=NOW), [KEY], now=later), "the newest key signs"
    for wrong in (new_stamp([OTHER], now=NOW), "", "form", stamp[:-1], "é.\x00.\ud800", f"{stamp}x"):
        assert not is_good_stamp(wrong, [KEY, OLD], now=later)
