"""A page with known kinds of elements has the bytes that premailer would give, but premailer is not called."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.rendering import known_styles
from publisher.rendering.inline import StyledPage, inline
from publisher.rendering.known_styles import KnownStyles

PAGE = "<!DOCTYPE html>\n<html>{head}<body class='a'>{body}</body></html>"
STYLE = (
    ".a { color: red; margin: 0 } p { margin: 1px; color: blue !important } div p.b { padding: 0 }"
    " #n > i { width: 1px }"
    "* { top: 0 } @media (max-width: 9px) { p { color: green } }"
)
HEAD = f"<head><title>T</title><style>{STYLE}</style><style data-premailer='ignore'>p {{ top: 1px }}</style></head>\n"
KNOWN = KnownStyles()
"""The remembered styles. All tests use the same ones, as a service keeps them from page to page."""

tags = st.sampled_from(["p", "div", "i", "table", "h2"])
attributes = st.sampled_from(
    ["", ' class="a"', ' class="a b"', ' id="n"', ' style="color:green"', ' style=""', ' href="#"']
)
bodies = st.recursive(
    st.sampled_from(["", "text &amp; <!--slot 0-->", "<br>"]),
    lambda inner: st.builds(
        lambda tag, given, content: f"<{tag}{given}>{''.join(content)}</{tag}>",
        tags,
        attributes,
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)


@settings(max_examples=settings().max_examples * 3)
@given(bodies, st.sampled_from([HEAD, "", HEAD.replace("red", "pink"), "<head></head>"]))
def test_a_page_gets_the_styles_that_premailer_gives_it(body: str, head: str) -> None:
    html = PAGE.format(head=head, body=body)

    for _ in range(2):
        assert inline(html, template="x.html") == StyledPage(html, template="x.html").inlined(KNOWN)


@pytest.mark.parametrize("selector", ["p:first-child", "p + p", "p[class]", "p:hover"])
def test_rules_for_neighbours_are_left_to_premailer(selector: str) -> None:
    known = KnownStyles()
    pages = [
        PAGE.format(head=f"<head><style>{selector} {{ color: red }}</style></head>", body=body)
        for body in ("<p>1</p>", "<i></i><p class='b'>1</p><p>2</p>", "<p>2</p><p>1</p>")
    ]

    for html in pages * 2:
        assert inline(html, template="x.html") == StyledPage(html, template="x.html").inlined(known)


def test_premailer_is_asked_for_new_kinds_only() -> None:
    known, asked = KnownStyles(), list[str]()

    for body in ("<p>1</p>", "<p>2</p><p>3</p>", "<p class='b'>4</p>", "<p>5</p><p class='b'>6</p>"):
        page = StyledPage(PAGE.format(head=HEAD, body=body), template="x.html")
        known.dress(page.root, lambda root: asked.append("".join(map(str, root.itertext("p")))))

    assert ["1", "4"] == asked


@pytest.mark.parametrize("limit", ["MOST_KINDS", "MOST_SHEETS"])
def test_what_is_remembered_has_a_limit(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(known_styles, limit, 2)
    known, asked = KnownStyles(), list[str]()

    for colour in ("red", "blue", "green", "red"):
        head = f"<head><style>p {{ color: {colour} }}</style></head>"
        page = StyledPage(PAGE.format(head=head, body=f"<p>{colour}</p>"), template="x.html")
        known.dress(page.root, lambda root: asked.append("".join(map(str, root.itertext("p")))))

    assert ["red", "blue", "green", "red"] == asked
