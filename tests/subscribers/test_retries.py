"""A change of a subscriber is made again if somebody else was quicker."""

import pytest

from publisher.model.errors import OutrunError
from publisher.subscribers.retries import TRIES, retry_outrun


class Change:
    """A change for which somebody else is quicker some times."""

    def __init__(self, *, outrun: int) -> None:
        self._outrun = outrun
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self._outrun:
            raise OutrunError("somebody was quicker")
        return "changed"


@pytest.mark.parametrize("outrun", [0, 1, TRIES - 1])
def test_a_change_is_made_once_it_is_the_quickest(outrun: int) -> None:
    change = Change(outrun=outrun)

    assert "changed" == retry_outrun(change)
    assert outrun + 1 == change.calls


def test_a_change_that_is_outrun_each_time_is_given_up() -> None:
    change = Change(outrun=TRIES)

    with pytest.raises(OutrunError):
        retry_outrun(change)
    assert TRIES == change.calls
