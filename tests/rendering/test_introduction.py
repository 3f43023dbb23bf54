from dataclasses import replace

import pytest

from publisher.rendering.introduction import html_of_introduction, introduction_of
from tests.editions import AUDIENCE, edition_of, record_of


def test_the_standing_introduction_comes_first() -> None:
    edition = replace(edition_of(record_of("One.")), introduction="This week.")
    audience = replace(AUDIENCE, introduction="Dear readers,\n")

    assert "Dear readers,\n\nThis week." == introduction_of(edition, audience)
    assert "This week." == introduction_of(edition, AUDIENCE)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        ("One.\n\nTwo & <b>.", "<p>One.</p>\n<p>Two &amp; &lt;b&gt;.</p>"),
        ("See [our page](https://a.org/b_(c)).", '<p>See <a href="https://a.org/b_(c)">our page</a>.</p>'),
        ("See https://a.org/.", '<p>See <a href="https://a.org/">https://a.org/</a>.</p>'),
        ("[words](javascript:alert(1)) [x]", "<p>[words](javascript:alert(1)) [x]</p>"),
        ('[a"><b>](https://a.org/"x)', '<p>[a"&gt;&lt;b&gt;](<a href="https://a.org/">https://a.org/</a>"x)</p>'),
    ],
)
def test_paragraphs_and_links(text: str, html: str) -> None:
    assert html == html_of_introduction(text)
