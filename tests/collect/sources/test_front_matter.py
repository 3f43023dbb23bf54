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
        '---json\n{"title": "Ferry", "publishDate": "4 March"}\n---\nText.\n',
        '---toml\ntitle = "Ferry"\npublishDate = "4 March"\n---\nText.\n',
        "--- yaml\ntitle: Ferry\npublish_date: 4 March\n---\nText.\n",
        "—\ntitle: Ferry\npublish_date: 4 March\n—\nText.\n",
        "Title: Ferry\nPublish date: 4 March\n\nText.\n",
    ],
)
def test_every_form_gives_the_same(text: str) -> None:
    parts = split(text)

    assert parts.values == {"title": "Ferry", "publishdate": "4 March"}
    assert parts.body.strip() == "Text."


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("title: Ferry: the night", "Ferry: the night"),
        ('title: "The "night" ferry"', 'The "night" ferry'),
        ("title: 'It's the ferry'", "It's the ferry"),
        ("title: [Update] It's open", "[Update] It's open"),
        ("title: *The* ferry", "*The* ferry"),
        ("title: @ferry", "@ferry"),
        ("title: Ferry #5 sails", "Ferry #5 sails"),
        ("title: Ferry # five", "Ferry"),
        ("title:\tFerry\n{}", "Ferry"),
        ("note: a: b\ntitle: >\n  It\n  sails", "It sails\n"),
    ],
)
def test_lines_that_are_no_yaml_are_read_as_they_are_written(line: str, title: str) -> None:
    assert split(f"---\n{line}\ntags:\n\t- a\n\t- b\n---\nText").values == {"title": title, "tags": ["a", "b"]} | (
        {"note": "a: b"} if "note" in line else {}
    )


@pytest.mark.parametrize("front", ["tags: [a,\n  b: c: d]", "title: a\n  b: c"])
def test_yaml_that_no_quotes_mend_is_reported(front: str) -> None:
    with pytest.raises(FieldError, match="not YAML"):
        split(f"---\n{front}\n---\nText")


@pytest.mark.parametrize(
    "text", ["\n \n---\ntitle: Ferry\n---\nText", "----\ntitle: Ferry\n----\nText", " ---\ntitle: Ferry\n---\nText"]
)
def test_blank_lines_and_longer_fences(text: str) -> None:
    assert (split(text).values, split(text).body) == ({"title": "Ferry"}, "Text")


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


@pytest.mark.parametrize("text", ["---\ntitle: Ferry\nText.", "+++\nText", ";;;\nx"])
def test_front_matter_without_an_end_is_reported(text: str) -> None:
    with pytest.raises(FieldError, match="front matter was not recognised"):
        split(text)


def test_a_number_of_toml_stays_as_it_is_written() -> None:
    assert split("+++\ntitle = 1.10\n+++\n").values == {"title": "1.10"}
