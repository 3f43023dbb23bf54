"""What a source's path may be: not a file without end, and no file outside the source's folder."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.collect.sources import database, files
from publisher.collect.sources.base import Source
from publisher.collect.sources.database import DatabaseSource
from publisher.collect.sources.listing import ListingSource
from publisher.collect.sources.markdown import MarkdownSource
from publisher.collect.sources.table import TableSource
from publisher.model.errors import SourceError

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def sources(path: Path) -> list[Source]:
    return [ListingSource("news", path), TableSource("news", path)]


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "news.csv"
    os.mkfifo(path)

    for source in sources(path):
        with pytest.raises(SourceError, match=r"news\.csv cannot be read: it is no plain file$"):
            source.fetch(validator="", now=NOW)


def test_an_unfinished_merge_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "news.csv"
    path.write_bytes(b"date,title\n<<<<<<< HEAD\r\n2024-03-01,At ten\r\n=======\r\n>>>>>>> other\r\n")

    for source in sources(path):
        with pytest.raises(SourceError, match=r"news\.csv: it has two versions of one text from line 2 "):
            source.fetch(validator="", now=NOW)


def test_a_folder_is_called_one(tmp_path: Path) -> None:
    for source in sources(tmp_path):
        with pytest.raises(SourceError, match=r"is a folder; `path` must name a file$"):
            source.fetch(validator="", now=NOW)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "news.csv"
    with path.open("wb") as file:
        file.truncate(300_000_000)

    for source in sources(path):
        with pytest.raises(SourceError, match=rf"has 300000000 bytes, more than the {files.MAX_BYTES} of a list"):
            source.fetch(validator="", now=NOW)


def test_a_link_that_leads_out_of_the_folder_publishes_nothing(tmp_path: Path) -> None:
    secret, real = tmp_path / "secret.md", tmp_path / "real"
    real.mkdir()
    secret.write_text("title: Secret\ndate: 2026-03-01\n\nSecret.\n", "utf-8")
    (real / "news.md").write_text("---\ntitle: News\ndate: 2026-03-01\n---\nNews.\n", "utf-8")
    (real / "again.md").symlink_to("news.md")
    (real / "out.md").symlink_to(secret)
    (tmp_path / "folder").symlink_to(real)

    fetch = MarkdownSource("news", tmp_path / "folder").fetch(validator="", now=NOW)

    assert {item.title for item in fetch.items} == {"News"}
    [problem] = fetch.problems
    assert problem.where.endswith("out.md")
    assert "a link that leads out of the folder" in problem.what


def test_a_query_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PATIENCE_S", 0.2)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS text FROM n"

    with pytest.raises(SourceError, match="the database says: interrupted"):
        DatabaseSource("news", "sqlite://", endless).fetch(validator="", now=NOW)
