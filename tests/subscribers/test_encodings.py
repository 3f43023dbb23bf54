"""The encoding of a list of people is recognised."""

import pytest

from publisher.subscribers.encodings import codec_of

LIST = "email,name\nada@example.org,Adá Łovelace\n"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_told_without_being_named(codec: str) -> None:
    written = LIST.encode(codec)

    assert LIST == written.decode(codec_of(written, "utf-8"))


def test_any_other_encoding_is_the_one_that_is_named() -> None:
    assert ("windows-1252", "utf-8-sig") == (codec_of(b"n\xe9", "windows-1252"), codec_of(b"n\xe9", "UTF8"))
    assert "utf-16" == codec_of(LIST.encode("utf-16"), "windows-1252"), "the mark is plainer than a word"
