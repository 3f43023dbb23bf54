"""Web addresses are corrected and made absolute."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.collect.sources.links import absolute, seen_from, web_address

BASE = "https://example.org/2024/ferry/"


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("https://example.org/plan.pdf", "https://example.org/plan.pdf"),
        (" \n https://example.org/pl\tan.pdf\r\n", "https://example.org/plan.pdf"),
        ("https://example.org/é à.pdf?q=ü&x=%20#ö", "https://example.org/%C3%A9%20%C3%A0.pdf?q=%C3%BC&x=%20#%C3%B6"),
        ("https://example.org/100%/a%2Fb", "https://example.org/100%25/a%2Fb"),
        ("https://example.org/<b>|c", "https://example.org/%3Cb%3E%7Cc"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://user@bücher.example:8443/ü", "https://user@xn--bcher-kva.example:8443/%C3%BC"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("http://[2001:db8::1]:8080/x", "http://[2001:db8::1]:8080/x"),
        ("https://example.org/a\\b", "https://example.org/a/b"),
        ("mailto:press@example.org?subject=The ferry", "mailto:press@example.org?subject=The%20ferry"),
        ("tel:+32 2 555", "tel:+32%202%20555"),
        ("www.example.org/plan", "https://www.example.org/plan"),
        ("www.example.org", "https://www.example.org"),
        ("https:\\\\example.org\\plan", "https://example.org/plan"),
        ("https://example.org\\plan", "https://example.org/plan"),
        ("http://https://example.org/plan", "https://example.org/plan"),
        ("https://example.org/?a=1&amp;b=2", "https://example.org/?a=1&b=2"),
        ("https://web.example.org/2020/https://example.org/", "https://web.example.org/2020/https://example.org/"),
    ],
)
def test_an_address_is_made_right(written: str, right: str) -> None:
    assert absolute(written) == right


@pytest.mark.parametrize(
    ("written", "whole"),
    [
        ("quay.jpg", "https://example.org/2024/ferry/quay.jpg"),
        ("/plan/", "https://example.org/plan/"),
        ("../", "https://example.org/2024/"),
        ("#note", "https://example.org/2024/ferry/#note"),
        ("www/plan.pdf", "https://example.org/2024/ferry/www/plan.pdf"),
        ("www.pdf", "https://example.org/2024/ferry/www.pdf"),
    ],
)
def test_a_relative_address_is_seen_from_its_base(written: str, whole: str) -> None:
    assert absolute(written, BASE) == whole
    assert absolute(written) == ""
    assert seen_from(written, "") == written


@pytest.mark.parametrize("base", ["", BASE, "http://example.org/"])
def test_an_address_without_a_scheme_is_taken_with_https(base: str) -> None:
    assert absolute(" //cdn.example.org/é", base) == "https://cdn.example.org/%C3%A9"
    assert web_address("//cdn.example.org/", base) == "https://cdn.example.org/"


def test_an_address_without_a_scheme_is_seen_as_the_page_of_its_own_host() -> None:
    assert absolute("//intranet.example.org/a", "http://intranet.example.org/b") == "http://intranet.example.org/a"


@pytest.mark.parametrize(
    "written",
    ["", " ", "http://[", "http://exa mple/", "https:///x", "http://example.org:x/", "javascript:x", "java\nscript:x"],
)
def test_an_impossible_address_gives_none(written: str) -> None:
    assert absolute(written) == ""
    assert web_address(written) == ""


def test_an_address_of_mail_is_none_of_the_web() -> None:
    assert web_address("mailto:press@example.org") == ""


@given(st.text("htps:/.exampl?#% é[]@\\<>\n\u3000", max_size=40) | st.text(max_size=20), st.sampled_from(["", BASE]))
def test_right_is_right_for_good(written: str, base: str) -> None:
    right = absolute(written, base)

    assert absolute(right) == right
    assert right.isascii()
    assert not {" ", "<", ">", '"', "\n"} & set(right)
