"""Front matter in the forms of static site generators."""

import pytest

from publisher.collect.sources.front_matter import split
from publisher.collect.sources.values import FieldError


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("12:30", "12:30"),
        ("1.10", "1.10"),
        ("Yes", "Yes"),
        ("no", "no"),
        ("0x1F", "0x1F"),
        ("007", "007"),
        ("1_000", "1_000"),
        ("2024-03-01", "2024-03-01"),
        ("'null'", "null"),
        ("Null", "Null"),
        ("null", None),
        ("~", None),
        ("", None),
        ("[no, 1.10, ~]", ["no", "1.10", None]),
    ],
)
def test_yaml_is_read_as_it_is_written(written: str, meant: object) -> None:
    assert split(f"---\ntitle: {written}\n---\nText").values == {"title": meant}


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: Ferry\nPublish-Date: '4 March'\n---\nText.\n",
        "---\ntitle: Ferry\npublish_date: 4 March\n...\nText.\n",
        '+++\ntitle = "Ferry"\npublishDate = "4 March"\n+++\nText.\n',
        '{"title": "Ferry", "publishDate": "4 March"}\nText.\n',
        "Title: Ferry\nPublish date: 4 March\n\nText.\n",
    ],
)
def test_every_form_gives_the_same(text: str) -> None:
    parts = split(text)

    assert parts.values == {"title": "Ferry", "publishdate": "4 March"}
    assert parts.body.strip() == "Text."


def test_a_head_of_lines() -> None:
    parts = split("Title: Ferry: it sails\nSummary: In two\n    lines\nTags: open, day\nEmpty:\n\nText: more.\n")

    assert parts.values == {
        "title": "Ferry: it sails",
        "summary": "In two\nlines",
        "tags": "open, day",
        "empty": "",
    }
    assert parts.body == "Text: more.\n"


@pytest.mark.parametrize("text", ["Note: it sails.\n\nMore.", "Just text.", "Title of a text\n\nDate: no.", ""])
def test_a_text_is_no_front_matter(text: str) -> None:
    assert split(text).values == {}
    assert split(text).body == text


def test_a_text_that_begins_like_front_matter_is_doubtful() -> None:
    assert split("Author: Ada\nKind: note\n\nText.").is_doubtful
    assert split("Title: Ferry\nand then a line\n\nText.").is_doubtful
    assert not split("Just text.").is_doubtful


@pytest.mark.parametrize("text", ["---\ntitle: Ferry\nText.", "+++\nText", "\n---\ntitle: Ferry\n---\nText", ";;;\nx"])
def test_front_matter_without_an_end_or_below_other_text_is_reported(text: str) -> None:
    with pytest.raises(FieldError, match="front matter was not recognised"):
        split(text)


def test_a_number_of_toml_stays_as_it_is_written() -> None:
    assert split("+++\ntitle = 1.10\n+++\n").values == {"title": "1.10"}
