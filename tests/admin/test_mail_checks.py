from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from publisher.admin.mail_checks import JUDGEMENTS, Finding, ParsedDigest
from publisher.model.digests import Digest
from publisher.model.editions import Audience
from tests.editions import ASYLUM, AUDIENCE, BORDERS, SITE, TEMPLATES, edition_of, record_of, render
from tests.values import STYLE

STYLE = replace(STYLE, logo="assets/logo.png")
REACHABLE = replace(AUDIENCE, postal_address="1 Harbour Street")
ITEMS = tuple(
    record_of(f"News number {number} of the harbour. More of it.", number=number, themes=[theme])
    for number, theme in enumerate([ASYLUM, BORDERS, ASYLUM, BORDERS], start=1)
)


@pytest.fixture(scope="module")
def digest() -> Digest:
    return render(edition_of(*ITEMS), audience=REACHABLE, site=SITE, templates=TEMPLATES, style=STYLE)


def judged(digest: Digest, audience: Audience = REACHABLE) -> list[tuple[str, Finding]]:
    mail = ParsedDigest(digest, audience=audience, site=SITE)
    return [(name, finding) for name, judge in JUDGEMENTS for finding in judge(mail)]


def with_html(old: str, new: str) -> Callable[[Digest], Digest]:
    def change(digest: Digest) -> Digest:
        assert old in digest.html
        return replace(digest, html=digest.html.replace(old, new))

    return change


def replaced(**values: str) -> Callable[[Digest], Digest]:
    return lambda digest: replace(digest, **values)  # type: ignore[arg-type]  # whatever a case gives


def with_more_text(more: str) -> Callable[[Digest], Digest]:
    return lambda digest: replace(digest, text=digest.text + more)


def test_the_shipped_template_has_no_findings(digest: Digest) -> None:
    assert [] == judged(digest)


MENDED = {
    "pale text": ("contrast", with_html("color:#56606b", "color:#b0b0b0"), "in the light"),
    "pale text in the dark": ("contrast", with_html("color: #a6b0ba !important", "color: #303840 !important"), "dark"),
    "text that the dark forgets": (
        "contrast",
        with_html(
            ".name, .theme, .title, .its, .text h3, .text h4, .text h5, .text h6 { color: #f3f5f7 !important; }", ""
        ),
        "dark",
    ),
    "a picture without words": ("alt texts", with_html('alt="Example News"', 'alt=" "'), "assets/logo.png"),
    "a second title": ("headings", with_html("<h3", "<h1>Again</h1><h3"), "first headings"),
    "a level left out": ("headings", with_html("<h2", "<h4>Deep</h4><h2"), "h4 follows h1"),
    "too much of it": ("size", with_html("</body>", f"{'long words ' * 10_000}</body>"), "Gmail hides"),
    "a relative link": ("links", with_html("</h1>", '</h1><a href="items/1.html">it</a>'), "no whole address"),
    "a link without a host": ("links", with_html("</h1>", '</h1><a href="https:///x">it</a>'), "no whole address"),
    "a link to nowhere": ("links", with_html("</h1>", '</h1><a href="#other">it</a>'), "#other"),
    "a tracked link": ("links", with_html("</h1>", '</h1><a href="https://a.org/?utm_source=x&amp;b=1">a</a>'), "b=1"),
    "a picture from elsewhere": ("tracking", with_html('src="https://news.example.org/', 'src="https://cdn.org/'), ""),
    "a pixel": ("tracking", with_html('width="160"', 'width="1" height="1"'), "invisible pixel"),
    "a stylesheet": ("tracking", with_html("</head>", '<link rel="stylesheet" href="https://a.org/s.css"></head>'), ""),
    "a script": ("markup", with_html("</body>", "<script>1</script></body>"), "<script>"),
    "no language": ("markup", with_html('<html lang="en"', "<html"), "language"),
    "no title": ("markup", with_html("<title>", "<title></title><i>"), "<title>"),
    "no subject": ("subject", replaced(subject=""), "empty"),
    "a text that is a link": ("text part", replaced(text="https://news.example.org/ news@example.org"), "addresses"),
    "no way out": (
        "unsubscribing",
        with_html("mailto:news@example.org", "mailto:other@example.org"),
        "how to unsubscribe",
    ),
}
HINTED = {
    "more than Mailman passes on": ("list size", with_more_text("long words " * 4_000), "max_message_size"),
    "a long subject": ("subject", replaced(subject="News of the harbour. " * 5), "105 characters"),
    "a loud subject": ("subject", replaced(subject="ALL THE NEWS"), "all capitals"),
    "a shouted subject": ("subject", replaced(subject="News!!"), "has '!!'"),
    "no preheader": ("preheader", replaced(preheader=""), "no preheader"),
    "the subject twice": ("preheader", replaced(preheader="News", subject="News"), "repeats"),
}


@pytest.mark.parametrize("case", MENDED)
def test_serious_flaws_of_a_mail_are_found(digest: Digest, case: str) -> None:
    name, change, words = MENDED[case]

    found = [finding for judgement, finding in judged(change(digest)) if judgement == name]

    assert any(words in finding.what for finding in found), found
    assert not [finding for finding in found if finding.is_hint]


@pytest.mark.parametrize("case", HINTED)
def test_small_flaws_of_a_mail_are_hints(digest: Digest, case: str) -> None:
    name, change, words = HINTED[case]

    [(judgement, finding)] = judged(change(digest))

    assert (name, True) == (judgement, finding.is_hint)
    assert words in finding.what


def test_pictures_of_items_are_hints_where_they_are_wanted(digest: Digest) -> None:
    pictured = with_html("</h1>", '</h1><img src="https://cdn.example.net/a.png" alt="" width="600">')(digest)

    wanted = judged(pictured, replace(REACHABLE, pictures=True))
    unwanted = judged(pictured)

    assert [("alt texts", True), ("tracking", True)] == [(name, finding.is_hint) for name, finding in wanted]
    assert "from cdn.example.net" in wanted[1][1].what
    assert [("alt texts", False), ("tracking", False)] == [(name, finding.is_hint) for name, finding in unwanted]


def test_a_short_name_in_capitals_is_no_shouting(digest: Digest) -> None:
    assert [] == judged(replace(digest, subject="EMN"))


def test_items_without_room_and_a_sender_without_address_are_hints(digest: Digest) -> None:
    found = judged(replace(digest, left_out=digest.shown[:2]), replace(REACHABLE, postal_address=""))

    assert [("size", True), ("unsubscribing", True)] == [(name, finding.is_hint) for name, finding in found]


def test_large_letters_may_be_paler(digest: Digest) -> None:
    def large(letters: str) -> Digest:
        return with_html("</h1>", f'</h1><p style="color:#8a8a8a; font-size:{letters}">Large</p>')(digest)

    def in_the_light(findings: list[tuple[str, Finding]]) -> Iterator[str]:
        return (finding.what for name, finding in findings if name == "contrast" and "in the light" in finding.what)

    assert not list(in_the_light(judged(large("24px"))))
    assert list(in_the_light(judged(large("20px"))))
