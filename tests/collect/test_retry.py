"""When a failed source is read again."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from publisher.collect.retry import FIRST_WAIT, back_off
from publisher.model.sources import LONGEST_WAIT


def test_waits_double_up_to_a_day_and_differ_between_sources() -> None:
    waits = [back_off(failures, source="news", asked=timedelta(0)) for failures in range(1, 20)]

    assert waits[0] >= timedelta(minutes=5)
    assert all(shorter < longer * 1.2 for shorter, longer in pairwise(waits))
    assert waits[-1] <= LONGEST_WAIT * 1.2
    assert waits[0] != back_off(1, source="other", asked=timedelta(0))
    assert back_off(1, source="news", asked=timedelta(hours=3)) == timedelta(hours=3)


@given(failures=st.integers(1, 10_000), source=st.text(max_size=9))
def test_a_wait_is_doubled_and_at_most_a_fifth_longer(failures: int, source: str) -> None:
    plain = min(FIRST_WAIT * 2 ** min(failures - 1, 12), LONGEST_WAIT)

    assert plain <= back_off(failures, source=source, asked=timedelta(0)) <= plain * 1.2


def test_sources_that_failed_together_do_not_come_back_together() -> None:
    waits = {back_off(1, source=f"source {number}", asked=timedelta(0)) for number in range(50)}

    assert len(waits) > 40
    assert max(waits) - min(waits) > FIRST_WAIT * 0.15
