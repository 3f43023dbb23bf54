from hypothesis import given
from hypothesis import strategies as st

from publisher.rendering.columns import WIDTH, columns_of, wrap

URL = "https://news.example.org/items/2026/" + "a-very-long-name-" * 8


def test_a_number_hangs_before_the_first_line() -> None:
    assert "1.  One\n" not in wrap("One", first="1.", indent=4)
    assert "1.  One" == wrap("One", first="1.", indent=4)
    assert "12. " + "word " * 12 + "word\n    word" == wrap("word " * 14, first="12.", indent=4)


def test_a_web_address_is_never_broken() -> None:
    assert f"  See\n  {URL}\n  for more" == wrap(f"See {URL} for more", indent=2)


def test_paragraphs_stay_apart() -> None:
    assert "One\n\nTwo" == wrap("One\n\n \n\nTwo\n")


def test_east_asian_text_is_measured_in_columns() -> None:
    assert ["移" * 36, "移" * 4] == wrap("移" * 40).split("\n")


@given(st.text(), st.integers(min_value=0, max_value=6))
def test_no_line_is_wider_than_the_page_and_no_word_is_lost(text: str, indent: int) -> None:
    wrapped = wrap(text.replace("://", ""), indent=indent)

    assert all(columns_of(line) <= WIDTH for line in wrapped.split("\n"))
    assert "".join(text.replace("://", "").split()) == "".join(wrapped.split())


def test_lines_end_where_they_do_and_never_at_a_no_break_space() -> None:
    assert "  Bring:\n  • a card\n  • form B" == wrap("Bring:\n• a card\n• form B", indent=2)
    assert ["word " * 13 + "word", "14\u00a0h"] == wrap("word " * 14 + "14\u00a0h").split("\n")
