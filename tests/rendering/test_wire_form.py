"""A mail for SMTP joined from pieces has the same bytes as the whole mail."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.rendering.wire_form import WireForm, double_dots

LINES = st.lists(st.sampled_from([b"", b".", b"..", b".a", b"a.", b"=\xff", b" ."]), min_size=1, max_size=8)


@given(LINES, st.sets(st.integers(min_value=0, max_value=8)))
def test_pieces_of_whole_lines_are_the_whole_mail(lines: list[bytes], cuts: set[int]) -> None:
    places = sorted({0, len(lines), *(cut for cut in cuts if cut <= len(lines))})
    pieces = [b"".join(line + b"\r\n" for line in lines[start:end]) for start, end in pairwise(places)]

    form = WireForm.of_pieces([double_dots(each) for each in pieces], size=sum(map(len, pieces)))

    whole = WireForm.of(b"".join(pieces))
    assert (whole.data, whole.size) == (form.data, form.size)


def test_a_line_without_an_end_may_begin_with_a_dot() -> None:
    assert [b"..", b"a.", b"..a\r\nb"] == [double_dots(each) for each in (b".", b"a.", b".a\r\nb")]


@pytest.mark.parametrize("lines", [b"a\rb", b"a\nb\r\n", b"\n", b"a\r"])
def test_a_line_end_that_servers_take_differently_is_refused(lines: bytes) -> None:
    with pytest.raises(ValueError, match="CR or LF alone"):
        double_dots(lines)
