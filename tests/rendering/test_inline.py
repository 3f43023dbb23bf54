from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from premailer import Premailer

from publisher.model.errors import TemplateError
from publisher.rendering.inline import KEPT, OUR_BUSINESS, inline

PAGE = "<!DOCTYPE html>\n<html><head><title>T</title><style>{style}</style>{more}</head><body>{body}</body></html>"


def inlined(*, style: str = "", more: str = "", body: str = "<p>Text</p>") -> str:
    return inline(PAGE.format(style=style, more=more, body=body), template="digest.html")


def test_rules_move_into_their_elements_and_the_page_keeps_its_doctype() -> None:
    html = inlined(style="p { color: #1b2127; mso-hide: all; }")

    assert html.startswith("<!DOCTYPE html>")
    assert '<p style="color:#1b2127; mso-hide:all">Text</p>' in html
    assert "<style" not in html


def test_no_attribute_is_made_of_a_style() -> None:
    html = inlined(
        style="table { text-align: center; width: 100%; background-color: #fff; }",
        body='<table width="600" bgcolor="#eeeeee"><tbody><tr><td>Text</td></tr></tbody></table>',
    )

    assert "align=" not in html
    assert 'width="600"' in html
    assert 'bgcolor="#eeeeee"' in html


def test_marked_styles_are_kept() -> None:
    kept = "\n:root { color-scheme: light dark; }\n@media (max-width: 480px) { p { color: red !important; } }\n"

    html = inlined(style="p { color: blue; }", more=f'<style data-premailer="ignore">{kept}</style>')

    assert f"<style>{kept}</style>" in html


def test_a_media_rule_among_the_others_keeps_its_importance() -> None:
    html = inlined(style="p { color: blue; } @media (max-width: 480px) { p { color: red !important } }")

    assert "color: red !important" in html


def test_comments_for_outlook_survive() -> None:
    comment = '<!--[if mso]><table role="presentation" width="600"><tr><td><![endif]-->'

    assert comment in inlined(body=f"{comment}<p>Text</p>")


@pytest.mark.parametrize(
    ("style", "problem"),
    [
        ("@import url(https://example.org/x.css); p { color: red }", "@import"),
        ("@media screen { @media (max-width: 1px) { p { color: red } } }", "cannot be inlined"),
        ("p:::x > { color: red }", "cannot be inlined"),
    ],
)
def test_a_style_that_cannot_be_used_is_the_templates_fault(style: str, problem: str) -> None:
    with pytest.raises(TemplateError, match=f"template digest.html: .*{problem}"):
        inlined(style=style)


def test_an_import_that_is_only_spoken_of_is_text() -> None:
    assert "@import url(x)" in inlined(body="<p>@import url(x)</p>")


@pytest.mark.parametrize("page", ["<html></html>", "<!doctype html><html></html>", " <!DOCTYPE html><html></html>"])
def test_a_page_without_the_doctype_at_its_beginning_is_refused(page: str) -> None:
    with pytest.raises(TemplateError, match=r"template digest\.html:1: must begin with <!DOCTYPE html>"):
        inline(page, template="digest.html")


RULES = """
p { color: #111111; margin: 0 } .a { color: #222222 } #n { margin: 1px !important } .a > p, div .b { padding: 2px }
* { border: 0 } p.a.b { color: #333333; color: #444444 } #m .a b { margin: 3px } @media print { p { color: red } }
"""


@settings(max_examples=settings().max_examples * 3)
@given(
    st.recursive(
        st.sampled_from(["text", "<br>", "<!-- x -->", "&nbsp;&lt;ü"]),
        lambda inner: st.builds(
            "<{0} {1}>{2}</{0}>".format,
            st.sampled_from(["p", "div", "b"]),
            st.sampled_from(["", "class=a", "class='b a'", "id=n", "id=m class=b", "style='color: blue'", "lang=fr"]),
            st.lists(inner, max_size=3).map("".join),
        ),
        max_leaves=12,
    )
)
def test_cached_styles_equal_those_that_premailer_gives(body: str) -> None:
    page = PAGE.format(style=RULES, more=f'<style {KEPT}="ignore">p {{ color: blue }}</style>', body=body)

    premailer = Premailer(
        strip_important=False, disable_basic_attributes=OUR_BUSINESS, disable_validation=True, allow_network=False
    )
    assert premailer.transform(page, pretty_print=False) == inline(page, template="digest.html")


def test_threads_do_not_disturb_each_other() -> None:
    styles = [f"p {{ color: #1b21{number:02x}; }}" for number in range(40)]

    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda style: inlined(style=style), styles))

    assert all(f'style="color:#1b21{number:02x}"' in page for number, page in enumerate(pages))
