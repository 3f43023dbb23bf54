"""The encoding of a document."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.collect.sources.charset import decode

WORDS = "<a>Café d’été, Größe</a>"
JAPANESE = "<a>日本語のニュース</a>"


def xml(words: str, codec: str, *, declared: str = "", server: str = "", mark: str = "") -> str:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    return decode(f"{mark}{declaration}{words}".encode(codec), server=server, kind="xml")


@pytest.mark.parametrize(
    ("codec", "declared", "server"),
    [
        ("utf-8", "", ""),
        ("utf-8", "utf-8", ""),
        ("utf-8", "utf-16", ""),
        ("utf-8", "UTF-16LE", ""),
        ("utf-8", "iso-8859-1", ""),
        ("utf-8", "", "iso-8859-1"),
        ("utf-8", "utf-8", "us-ascii"),
        ("utf-8", "nonsense", "base64"),
        ("cp1252", "windows-1252", ""),
        ("cp1252", "iso-8859-1", ""),
        ("cp1252", "", "ISO-8859-1"),
        ("cp1252", "utf-8", ""),
        ("cp1252", "", "utf-8"),
        ("cp1252", "us-ascii", ""),
        ("cp1252", "", ""),
        ("utf-16-le", "", ""),
        ("utf-16-be", "utf-8", "utf-8"),
        ("utf-32-le", "", ""),
        ("utf-32-be", "", ""),
    ],
)
def test_an_encoding_that_the_bytes_refute_is_not_believed(codec: str, declared: str, server: str) -> None:
    assert xml(WORDS, codec, declared=declared, server=server) == WORDS


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le"])
def test_a_byte_order_mark_says_all(codec: str) -> None:
    assert xml(WORDS, codec, declared="iso-8859-1", server="shift_jis", mark="\ufeff") == WORDS


@pytest.mark.parametrize("codec", ["shift_jis", "euc-jp", "iso-2022-jp", "gb18030"])
def test_encodings_of_several_bytes_are_believed(codec: str) -> None:
    assert xml(JAPANESE, codec, declared=codec) == JAPANESE
    assert xml(JAPANESE, codec, server=codec) == JAPANESE


def test_the_servers_encoding_counts_before_the_documents() -> None:
    assert xml("<a>лодка</a>", "koi8-r", declared="windows-1251", server="koi8-r") == "<a>лодка</a>"


def test_a_page_says_its_encoding_in_its_head() -> None:
    page = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=iso-8859-2"></head>Łódź</html>'

    assert decode(page.encode("iso-8859-2"), server="", kind="html") == page


def test_one_broken_byte_costs_one_character() -> None:
    assert decode("Café ".encode() + b"\xe9" + " été".encode(), server="", kind="xml") == "Café é été"


def test_utf_7_hides_nothing() -> None:
    assert decode(b"<a>+ADw-script+AD4-</a>", server="utf-7", kind="xml") == "<a>+ADw-script+AD4-</a>"


@given(
    st.binary(max_size=60),
    st.sampled_from(["", "utf-8", "utf-16", "cp037", "rot13", "punycode", "idna", "unicode_escape", "x" * 99, "\x00"]),
    st.sampled_from(["xml", "html"]),
)
def test_any_bytes_are_a_text(body: bytes, server: str, kind: str) -> None:
    assert isinstance(decode(body, server=server, kind=kind), str)
