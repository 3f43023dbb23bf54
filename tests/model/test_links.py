"""How links and ids are compared."""

import pytest

from publisher.model.links import file_key, id_key, is_uri, link_key


@pytest.mark.parametrize(
    "other",
    [
        "http://www.example.org/news/7/",
        "https://EXAMPLE.org:443/news/7",
        "http://example.org:80/news/7?utm_source=mail",
        "https://example.org/news/7#",
        "https://example.org/news/7;jsessionid=0A1B",
        "https://example.org/news/7?PHPSESSID=0a1b",
        "https://example.org/%6Eews/7",
        "https://example.org/news/7?source=rss----ab12---4",
        "https://example.org/news/7?mod=rss_whats_news&t=1709542800",
        "https://example.org/news/7?_=0123456789abcdef",
    ],
)
def test_spellings_of_one_address_compare_as_one(other: str) -> None:
    assert link_key(other) == link_key("https://example.org/news/7") == id_key(other)


def test_letters_compare_however_they_are_encoded() -> None:
    keys = {link_key(f"https://example.org/{path}") for path in ("caf%c3%a9?q=%7Ea", "caf%C3%A9?q=~a", "café?q=~a")}

    assert len(keys) == 1
    assert link_key("https://example.org/a%2Fb") != link_key("https://example.org/a/b")
    assert link_key("https://example.org/a%2fb") == link_key("https://example.org/a%2Fb")


def test_the_address_of_a_file_compares_without_its_signature() -> None:
    signed = [f"https://files.example.org/a.pdf?v=2&X-Amz-Date=2026{day}&X-Amz-Signature=ab{day}" for day in (1, 2)]

    assert {file_key(each) for each in signed} == {"files.example.org/a.pdf?v=2"}
    assert len({link_key(each) for each in signed}) == len(signed)


def test_addresses_that_show_other_content_compare_as_different() -> None:
    addresses = (
        *("/news/7", "/news/8", "/News/7", "/news/7?page=2", "/news/7#two", "/?p=7", "/#/7"),
        *("/news/7?mod=feedback", "/news/7?source=rssing", "/news/7?t=90", "/news/7?time=noon"),
    )
    keys = {link_key(f"https://example.org{address}") for address in addresses}

    assert len(keys) == len(addresses)
    assert "" not in keys


@pytest.mark.parametrize("path", ["", "/", "/en", "/fr-BE/", "/index.html", "/en/index.php", "/home"])
def test_a_start_page_names_nothing(path: str) -> None:
    assert link_key(f"https://example.org{path}") == ""


def test_other_addresses_than_web_addresses_stay_unchanged() -> None:
    assert [id_key(text) for text in ("7", "http://[", "tag:a.org,2026:1")] == ["7", "http://[", "tag:a.org,2026:1"]
    assert [is_uri(text) for text in ("7", "urn:isbn:1", "tag:a.org,2026:1", "partner:1")] == [False, True, True, False]
