"""The sample that comes along has the shape of a real listing, in words of our own."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "content" / "news.txt"
SHORTEST_COPY = 8
DATE = re.compile(r"[0-9]{2} [A-Z][a-z]+ [0-9]{4}")
FIELD = re.compile(r"(Main Theme|Keywords): .+")


def shape_of(text: str) -> list[str]:
    """The lines that are not prose, in order."""
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


@pytest.mark.parametrize("blemish", ["\N{NO-BREAK SPACE}", "\r", "\t", " \n", "\n\n\n", "�", "“", "”"])
def test_the_sample_is_clean(blemish: str) -> None:
    assert blemish not in SAMPLE.read_bytes().decode("utf-8")
