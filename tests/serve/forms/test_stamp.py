"""Forms must be filled in by a person, who takes time to read them."""

from datetime import timedelta

import pytest

from publisher.serve.forms.stamp import is_good_stamp, new_stamp
from tests.world import NOW

KEY, OTHER = "01" * 32, "02" * 32


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
    assert is_good == is_good_stamp(new_stamp(KEY, now=NOW), KEY, now=NOW + after)


def test_no_other_key_and_no_changed_stamp_is_good() -> None:
    later = NOW + timedelta(minutes=1)
    stamp = new_stamp(KEY, now=NOW)

    assert is_good_stamp(stamp, KEY, now=later)
    for wrong in (new_stamp(OTHER, now=NOW), "", "form", stamp[:-1], "é.\x00.\ud800", f"{stamp}x"):
        assert not is_good_stamp(wrong, KEY, now=later)
