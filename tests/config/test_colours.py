import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from publisher.config.colours import DARK_PAGE, PAGE, contrast, nearest_readable
from tests.values import STYLE

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
pages = st.sampled_from([PAGE, DARK_PAGE])


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#0a4f8f", "#0a4f8f", 1)]
)
def test_the_contrast_is_the_one_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.005)


@given(colours, pages)
def test_there_is_a_readable_shade_of_every_colour(colour: str, page: str) -> None:
    shade = nearest_readable(colour, on=page)

    assert contrast(shade, page) >= 4.5
    assert nearest_readable(shade, on=page) == shade


@given(colours, pages)
def test_a_colour_that_can_be_read_stays_what_it_is(colour: str, page: str) -> None:
    assume(contrast(colour, page) >= 4.5)

    assert colour == nearest_readable(colour, on=page)


def test_the_colours_that_come_along_can_be_read() -> None:
    style = STYLE

    assert contrast(style.accent, PAGE) >= 7
    assert contrast(style.accent_dark, DARK_PAGE) >= 7
