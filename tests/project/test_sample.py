"""The shipped sample has the structure of a real listing, in words of our own."""

import re
from collections import Counter
from pathlib import Path

import pytest

from publisher.collect.sources.listing_grammar import parse
from publisher.model.titles import heading_of

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "content" / "news.txt"
SHORTEST_COPY = 8
DATE = re.compile(r"[0-9]{2} [A-Z][a-z]+ [0-9]{4}")
FIELD = re.compile(r"(Main Theme|Keywords): .+")


def shape_of(text: str) -> list[str]:
    """Return the lines that are not prose, in order."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if DATE.fullmatch(line) or FIELD.fullmatch(line)]


def runs_of_words(text: str) -> set[tuple[str, ...]]:
    prose = " ".join(line for line in text.splitlines() if not DATE.fullmatch(line.strip()) and not FIELD.match(line))
    words = re.findall(r"\w+", prose.casefold())
    return {tuple(words[start : start + SHORTEST_COPY]) for start in range(len(words) - SHORTEST_COPY + 1)}


def test_the_sample_has_the_dates_themes_and_keywords_of_the_real_listing(real_listing: Path) -> None:
    shape = shape_of(SAMPLE.read_text("utf-8"))

    assert shape_of(real_listing.read_text("utf-8")) == shape
    assert 25 + 20 + 10 == len(shape)


def test_the_sample_copies_no_sentence_of_the_real_listing(real_listing: Path) -> None:
    assert set() == runs_of_words(SAMPLE.read_text("utf-8")) & runs_of_words(real_listing.read_text("utf-8"))


def test_every_item_of_the_sample_has_a_text() -> None:
    first, *texts = re.split(rf"(?m)^{DATE.pattern}$", SAMPLE.read_text("utf-8"))

    assert ("", 25) == (first, len(texts))
    assert [] == [text for text in texts if len(FIELD.sub("", text).split()) < SHORTEST_COPY]


def test_the_sample_is_as_rough_as_the_real_listing(real_listing: Path) -> None:
    """The real listing has no titles, long first sentences, several items on a day, and the flaws of texts that people
    write.
    """
    sample, real = (parse(path.read_text("utf-8"), path.name).items for path in (SAMPLE, real_listing))

    for items in (sample, real):
        assert not any(item.title for item in items)
        assert 4 <= sum(heading_of(item).title.endswith("…") for item in items) <= 5
        assert [3, 2] == [count for _, count in Counter(item.date for item in items).most_common(2)]
        assert 5 <= sum(heading_of(item).is_whole_text for item in items)
        assert all(item.text for item in items)


@pytest.mark.parametrize(
    "blemish", ["\N{NO-BREAK SPACE}", "\N{NO-BREAK SPACE}\n", '"[^"”]+”', "é", r"\.\s\?\s\d", r"[a-z]\nMain Theme"]
)
def test_the_sample_has_the_blemishes_of_the_real_listing(real_listing: Path, blemish: str) -> None:
    for path in (SAMPLE, real_listing):
        assert re.search(blemish, path.read_text("utf-8"))


@pytest.mark.parametrize("blemish", ["\r", "\t", "\n\n\n", "�"])
def test_the_sample_has_none_of_its_own(blemish: str) -> None:
    assert blemish not in SAMPLE.read_bytes().decode("utf-8")
