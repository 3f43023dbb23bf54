"""How much of an item a digest shows, and whether there is more to read elsewhere."""

from datetime import date

import pytest

from publisher.model.items import Item
from publisher.rendering.excerpt import FULL_TEXT_CHARS, MAX_BODY_BYTES, Excerpt, excerpt_of, is_teaser

LINK = "https://www.example.org/a"
LONG = "A sentence of the text. " * 40


def excerpt(text: str, *, is_full: bool = False, link: str = "") -> Excerpt:
    return excerpt_of(Item(date=date(2026, 3, 4), text=text, link=link), is_full=is_full, language="en")


def test_a_short_text_is_whole_and_a_long_one_is_summed_up_unless_it_is_asked_for() -> None:
    short, long, full = excerpt("One. Two. Three."), excerpt(LONG), excerpt(LONG, is_full=True)

    assert ("Two. Three.", False) == (short.rest.text, short.reads_on)
    assert (len(long.rest.text) < FULL_TEXT_CHARS < len(LONG), True) == (True, long.reads_on)
    assert (True, False) == (len(full.rest.text) > FULL_TEXT_CHARS, full.reads_on)
    assert excerpt("word " * MAX_BODY_BYTES, is_full=True).reads_on


@pytest.mark.parametrize(
    ("text", "html", "more"),
    [
        ("One. Two.", "", True),
        ("One. Two.", "<p>One. Two.</p>", True),
        ("One. Two.", "<p>One.</p><ul><li>Two.</li></ul>", False),
        (LONG, "", False),
        (f"{LONG} And […]", "", True),
        (f"{LONG} And...", "", True),
    ],
    ids=["a few sentences", "as HTML", "with a list", "a long text", "open", "open with dots"],
)
def test_a_teaser_promises_more_behind_its_link(text: str, html: str, more: bool) -> None:
    item = Item(date=date(2026, 3, 4), text=text, html=html, link=LINK)

    shown = excerpt_of(item, is_full=True, language="en")

    assert (more, more, "example.org") == (is_teaser(item), shown.reads_on, shown.host)


def test_without_a_link_there_is_nothing_to_read_on() -> None:
    assert (False, "") == (excerpt("One. Two.").reads_on, excerpt("One. Two.").host)
    assert (False, "") == (excerpt("One.", link="not an address").reads_on, excerpt("One.", link="x").host)
