from concurrent.futures import ThreadPoolExecutor

import pytest

from publisher.errors import TemplateError
from publisher.rendering.inlining import inline

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


def test_what_is_to_be_kept_stays_as_it_is() -> None:
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


def test_threads_do_not_disturb_each_other() -> None:
    styles = [f"p {{ color: #1b21{number:02x}; }}" for number in range(40)]

    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda style: inlined(style=style), styles))

    assert all(f'style="color:#1b21{number:02x}"' in page for number, page in enumerate(pages))
