"""What of a planned mail its reader still gets, when he changed what he follows since."""

import pytest

from publisher.admin.round_mails import is_left


@pytest.mark.parametrize(
    ("themes", "followed", "left", "expected"),
    [
        pytest.param({"asylum"}, {"borders"}, {"asylum"}, True, id="its theme was left"),
        pytest.param({"asylum", "borders"}, {"borders"}, {"asylum"}, False, id="another of its themes is followed"),
        pytest.param({"work"}, {"borders"}, {"asylum"}, False, id="it came by neither: it has other themes now"),
        pytest.param({"work"}, {"borders"}, {"*"}, True, id="everything was left, and it is not among what remains"),
        pytest.param({"borders"}, {"borders"}, {"*"}, False, id="everything was left for one theme, its own"),
    ],
)
def test_an_item_goes_out_unless_all_that_brought_it_was_left(
    themes: set[str], followed: set[str], left: set[str], expected: bool
) -> None:
    assert expected == is_left(themes, followed=followed, left=left)
