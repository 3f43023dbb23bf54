"""Untrusted documents cannot use more computing time and memory than the limits."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.collect.sources import sandbox as apart
from publisher.collect.sources.feed import FeedSource
from publisher.collect.sources.page import PageSource
from publisher.collect.sources.sandbox import read_apart
from publisher.model.errors import SourceError
from tests.collect.sources.read_apart import busy, crashing, failing, greedy
from tests.collect.sources.test_feed import NOW, RSS


def test_the_result_of_the_subprocess_is_returned() -> None:
    assert read_apart("news", sorted, [3, 1, 2], reverse=True) == [3, 2, 1]


def test_the_error_of_the_subprocess_is_raised() -> None:
    with pytest.raises(SourceError) as caught:
        read_apart("news", failing)

    assert (caught.value.source, caught.value.problem, caught.value.wait) == (
        "news",
        "it is empty",
        timedelta(minutes=5),
    )


@pytest.mark.slow
def test_an_endless_parse_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "SECONDS", 1)

    with pytest.raises(SourceError, match="takes more than 1 s of computing; it was given up"):
        read_apart("news", busy)


@pytest.mark.slow
def test_a_parse_that_needs_too_much_memory_is_stopped() -> None:
    with pytest.raises(SourceError, match="takes more memory than there is for it"):
        read_apart("news", greedy)


def test_a_crash_of_a_parser_is_a_source_error() -> None:
    with pytest.raises(SourceError, match="reading it takes more than"):
        read_apart("news", crashing)


@pytest.mark.slow
@pytest.mark.parametrize(
    "hostile",
    [
        lambda: f"<author>{'a' * 3_000_000}</author>",
        lambda: "<x " + " ".join(f"a{number}='x'" for number in range(300_000)) + "/>",
    ],
    ids=["the name of an author", "attributes"],
)
def test_a_feed_made_to_keep_us_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hostile: Callable[[], str]
) -> None:
    monkeypatch.setattr(apart, "SECONDS", 3)
    (tmp_path / "feed").write_text(RSS.replace("<guid", f"{hostile()}<guid"))

    with pytest.raises(SourceError, match="it was given up"):
        FeedSource("news", path=tmp_path / "feed").fetch(validator="", now=NOW)


def test_empty_lines_before_a_feed_take_no_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "SECONDS", 3)
    (tmp_path / "feed").write_text("\n" * 3_000_000 + RSS)

    [item] = FeedSource("news", path=tmp_path / "feed").fetch(validator="", now=NOW).items

    assert "Ferry & quay" == item.title


@pytest.mark.slow
def test_a_page_made_to_keep_us_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "SECONDS", 3)
    (tmp_path / "page").write_text(f"<main {' '.join(f'a{number}=x' for number in range(900_000))}>")

    with pytest.raises(SourceError, match="it was given up"):
        PageSource("news", "article", "time", path=tmp_path / "page").fetch(validator="", now=NOW)


def test_a_large_feed_is_read_as_a_small_one_is(tmp_path: Path) -> None:
    item = RSS[RSS.index("<item>") : RSS.index("</channel>")]
    (tmp_path / "feed").write_text(RSS.replace(item, item * 200))

    fetch = FeedSource("news", path=tmp_path / "feed").fetch(validator="", now=NOW)

    assert (len(list(fetch.items)), {item.title for item in fetch.items}) == (200, {"Ferry & quay"})
