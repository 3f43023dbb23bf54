"""The contract of sources. Each kind of source has a subclass of `SourceContract`, and passes its tests."""

import csv
import hashlib
import json
import shutil
import sqlite3
import unicodedata
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from html import escape
from pathlib import Path

import pytest

from publisher.collect.clean import clean_item
from publisher.collect.sources.base import Fetch, Source
from publisher.collect.sources.database import DatabaseSource
from publisher.collect.sources.feed import FeedSource
from publisher.collect.sources.fetch import Fetcher
from publisher.collect.sources.listing import ListingSource
from publisher.collect.sources.markdown import MarkdownSource
from publisher.collect.sources.page import PageSource
from publisher.collect.sources.table import TableSource
from publisher.model.errors import SourceError
from publisher.model.items import Item
from tests.servers import Answer, Server
from tests.values import FETCHING, POLICY, SITE

NOW = datetime(2022, 2, 11, 8, 0, tzinfo=UTC)

LISTED = (
    Item(
        date=date(2022, 2, 10), text="The reading room opens on Sundays.", labels=("Opening hours", "Study & Training")
    ),
    Item(date=date(2019, 10, 25), text="La bibliothèque prête des vélos.\n\nEt des casques.", keywords=("vélo",)),
    Item(date=date(2019, 10, 25), text="Closed on Monday."),
)


class SourceContract:
    """Subclass this class and define how your kind of source is made. Every promise is then tested."""

    def source(self, folder: Path, items: Sequence[Item]) -> Source:
        """Return a source named `news` that lists `items`. A second call with the same folder changes that source."""
        raise NotImplementedError

    def source_with_one_bad_item(self, folder: Path) -> Source:
        """Return a source that lists `LISTED[0]`, something that cannot be read, and `LISTED[1]`."""
        raise NotImplementedError

    def source_without_its_place(self, folder: Path) -> Source:
        """Return a source whose file or server is missing."""
        raise NotImplementedError

    def given(self, items: Sequence[Item]) -> tuple[Item, ...]:
        """Return the items as this kind of source gives them; override it for a kind that does not have all fields."""
        return tuple(items)

    def test_every_item_is_given_as_listed(self, tmp_path: Path) -> None:
        fetch = fetched(self.source(tmp_path, LISTED))

        assert seen(fetch) == self.given(LISTED)
        assert not fetch.problems
        assert not fetch.is_unchanged

    def test_reading_again_gives_the_same(self, tmp_path: Path) -> None:
        source = self.source(tmp_path, LISTED)

        assert tuple(fetched(source).items) == tuple(fetched(source).items)

    def test_an_unchanged_source_is_not_read(self, tmp_path: Path) -> None:
        first = fetched(self.source(tmp_path, LISTED))

        again = fetched(self.source(tmp_path, LISTED), validator=first.validator)

        assert again.is_unchanged
        assert not tuple(again.items)
        assert again.validator == first.validator != ""

    def test_a_changed_source_is_read(self, tmp_path: Path) -> None:
        first = fetched(self.source(tmp_path, LISTED))

        again = fetched(self.source(tmp_path, LISTED[1:]), validator=first.validator)

        assert not again.is_unchanged
        assert seen(again) == self.given(LISTED[1:])
        assert again.validator != first.validator

    def test_a_source_may_list_nothing(self, tmp_path: Path) -> None:
        """An empty list is an error only if the source listed items before, which the source itself does not know."""
        assert not tuple(fetched(self.source(tmp_path, ())).items)

    def test_a_bad_item_is_named_and_the_others_are_given(self, tmp_path: Path) -> None:
        fetch = fetched(self.source_with_one_bad_item(tmp_path))

        assert seen(fetch) == self.given(LISTED[:2])
        assert len(fetch.problems) == 1
        assert "\n" not in str(fetch.problems[0])

    def test_text_is_clean(self, tmp_path: Path) -> None:
        dirty = Item(date=date(2022, 2, 10), text="Cafe\u0301 is \x07open\u00a0:\ufffe  come at 14\u202fh\u00a0")

        (item,) = seen(fetched(self.source(tmp_path, (dirty,))))

        assert item.text == unicodedata.normalize("NFC", "Café is open\u00a0: come at 14\u202fh")

    def test_a_missing_place_is_an_error_in_one_line_that_names_the_source(self, tmp_path: Path) -> None:
        source = self.source_without_its_place(tmp_path)

        with pytest.raises(SourceError, match=r"\Asource 'news': [^\n]+\Z"):
            fetched(source)


def fetched(source: Source, *, validator: str = "") -> Fetch:
    return source.fetch(validator=validator, now=NOW)


def seen(fetch: Fetch) -> tuple[Item, ...]:
    """Return what readers would see of the items: no ids, and only the words of the texts."""
    items = [clean_item(item, site=SITE, policy=POLICY) for item in fetch.items]
    return tuple(replace(item, html="", native_id="", link="", title="", published=None) for item in items)


class TestListingSource(SourceContract):
    def source(self, folder: Path, items: Sequence[Item]) -> Source:
        return self._listing(folder, "\n\n".join(map(self._written, items)))

    def source_with_one_bad_item(self, folder: Path) -> Source:
        bad = "31 February 2022\n\nThere was no such day."
        return self._listing(folder, "\n\n".join([self._written(LISTED[0]), bad, self._written(LISTED[1])]))

    def source_without_its_place(self, folder: Path) -> Source:
        return ListingSource("news", folder / "gone.txt")

    @staticmethod
    def _listing(folder: Path, text: str) -> Source:
        path = folder / "listing.txt"
        path.write_text(text, encoding="utf-8")
        return ListingSource("news", path)

    @staticmethod
    def _written(item: Item) -> str:
        labels = f"\nMain Theme: {', '.join(item.labels)}\nKeywords: {', '.join(item.keywords)}"
        return f"{item.date:%d %B %Y}\n\n{item.text}{labels}"


class TestMarkdownSource(SourceContract):
    def source(self, folder: Path, items: Sequence[Item]) -> Source:
        self._write(folder, [self._written(item) for item in items])
        return MarkdownSource("news", folder)

    def source_with_one_bad_item(self, folder: Path) -> Source:
        bad = "---\ntitle: No day\n---\nWhen was this?"
        self._write(folder, [self._written(LISTED[0]), bad, self._written(LISTED[1])])
        return MarkdownSource("news", folder)

    def source_without_its_place(self, folder: Path) -> Source:
        return MarkdownSource("news", folder / "gone")

    @staticmethod
    def _write(folder: Path, texts: Sequence[str]) -> None:
        shutil.rmtree(folder / "2022", ignore_errors=True)
        (folder / "2022").mkdir()
        for number, text in enumerate(texts):
            (folder / "2022" / f"item-{number}.md").write_text(text, encoding="utf-8")

    @staticmethod
    def _written(item: Item) -> str:
        front = f"date = {item.date}\nthemes = {json.dumps(item.labels)}\ntags = {json.dumps(item.keywords)}"
        return f"+++\n{front}\n+++\n{item.text}\n"


class TableContract(SourceContract):
    def values(self, item: Item) -> dict[str, str]:
        return {
            "date": item.date.isoformat(),
            "text": item.text,
            "themes": ";".join(item.labels),
            "keywords": ";".join(item.keywords),
        }

    def source(self, folder: Path, items: Sequence[Item]) -> Source:
        return self.table(folder, [self.values(item) for item in items])

    def source_with_one_bad_item(self, folder: Path) -> Source:
        bad = {**self.values(LISTED[0]), "date": "31 February 2022"}
        return self.table(folder, [self.values(LISTED[0]), bad, self.values(LISTED[1])])

    def table(self, folder: Path, rows: Sequence[dict[str, str]]) -> Source:
        raise NotImplementedError


class TestTableSourceOfCsv(TableContract):
    def table(self, folder: Path, rows: Sequence[dict[str, str]]) -> Source:
        path = folder / "news.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, ["date", "text", "themes", "keywords"])
            writer.writeheader()
            writer.writerows(rows)
        return TableSource("news", path, separator=";")

    def source_without_its_place(self, folder: Path) -> Source:
        return TableSource("news", folder / "gone.csv")


class TestTableSourceOfJsonLines(TableContract):
    def table(self, folder: Path, rows: Sequence[dict[str, str]]) -> Source:
        path = folder / "news.jsonl"
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        return TableSource("news", path, separator=";")

    def source_without_its_place(self, folder: Path) -> Source:
        return TableSource("news", folder / "gone.jsonl")


class TestDatabaseSource(TableContract):
    def table(self, folder: Path, rows: Sequence[dict[str, str]]) -> Source:
        path = folder / "news.db"
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("CREATE TABLE news (date, text, themes, keywords)")
            connection.executemany("INSERT INTO news VALUES (:date, :text, :themes, :keywords)", rows)
        return self.asking(path)

    def source_without_its_place(self, folder: Path) -> Source:
        return self.asking(folder / "gone.db")

    @staticmethod
    def asking(path: Path) -> DatabaseSource:
        query = "SELECT date AS day, text, themes, keywords FROM news ORDER BY rowid"
        return DatabaseSource("news", f"sqlite:///{path}", query, columns={"date": "day"}, separator=";")


class WebContract(SourceContract):
    """The contract of a kind of source that reads the web. Its server reports unchanged documents by ETag."""

    @pytest.fixture(autouse=True)
    def _serve(self, server: Server) -> None:
        self.server = server

    def at(self, body: str, kind: str) -> tuple[str, Fetcher]:
        data = body.encode(errors="surrogatepass")
        etag = f'"{hashlib.sha256(data).hexdigest()}"'
        self.server.answers["/news"] = Answer(body=data, headers={"Content-Type": kind, "ETag": etag})
        return self.server.url("/news"), FETCHER


FETCHER = Fetcher(replace(FETCHING, private=("127.0.0.1",)), "tests")


class TestFeedSourceOfAtom(WebContract):
    def source(self, folder: Path, items: Sequence[Item]) -> Source:
        return self._feed([self._written(item) for item in items])

    def source_with_one_bad_item(self, folder: Path) -> Source:
        bad = "<entry><id>bad</id><title>When?</title><published>soon</published></entry>"
        return self._feed([self._written(LISTED[0]), bad, self._written(LISTED[1])])

    def source_without_its_place(self, folder: Path) -> Source:
        return FeedSource("news", self.server.url("/gone"), fetcher=FETCHER)

    def _feed(self, entries: Sequence[str]) -> Source:
        feed = f'<feed xmlns="http://www.w3.org/2005/Atom">{"".join(entries)}</feed>'
        url, fetcher = self.at(feed, "application/atom+xml")
        return FeedSource("news", url, fetcher=fetcher)

    @staticmethod
    def _written(item: Item) -> str:
        labels = "".join(f'<category term="{escape(label)}"/>' for label in item.labels)
        html = "".join(f"<p>{escape(part)}</p>" for part in item.text.split("\n\n"))
        return (
            f"<entry><id>tag:{escape(item.text[:9])}</id><published>{item.date}T12:00:00Z</published>{labels}"
            f'<content type="html">{escape(_without_controls(html))}</content></entry>'
        )

    def given(self, items: Sequence[Item]) -> tuple[Item, ...]:
        """Return the items without keywords, which this feed cannot have."""
        return tuple(replace(item, keywords=()) for item in items)


class TestFeedSourceOfJson(WebContract):
    def source(self, folder: Path, items: Sequence[Item]) -> Source:
        return self._feed([self._written(item) for item in items])

    def source_with_one_bad_item(self, folder: Path) -> Source:
        return self._feed(
            [
                self._written(LISTED[0]),
                {"id": "bad", "title": "When?", "date_published": "soon"},
                self._written(LISTED[1]),
            ]
        )

    def source_without_its_place(self, folder: Path) -> Source:
        return FeedSource("news", path=folder / "gone.json")

    def _feed(self, items: Sequence[dict[str, object]]) -> Source:
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": "News", "items": items}
        url, fetcher = self.at(json.dumps(feed), "application/feed+json")
        return FeedSource("news", url, fetcher=fetcher, categories="keywords")

    @staticmethod
    def _written(item: Item) -> dict[str, object]:
        return {
            "id": item.text[:9],
            "date_published": f"{item.date}T12:00:00Z",
            "content_text": item.text,
            "tags": item.keywords,
        }

    def given(self, items: Sequence[Item]) -> tuple[Item, ...]:
        """Return the items without labels of themes. The tags of a JSON feed become keywords instead."""
        return tuple(replace(item, labels=()) for item in items)


class TestPageSource(WebContract):
    def source(self, folder: Path, items: Sequence[Item]) -> Source:
        return self._page([self._written(item) for item in items])

    def source_with_one_bad_item(self, folder: Path) -> Source:
        bad = "<article><time>soon</time><div>When?</div></article>"
        return self._page([self._written(LISTED[0]), bad, self._written(LISTED[1])])

    def source_without_its_place(self, folder: Path) -> Source:
        return PageSource("news", "article", "time", url=self.server.url("/gone"), fetcher=FETCHER)

    def _page(self, items: Sequence[str]) -> Source:
        url, fetcher = self.at(f"<!DOCTYPE html><main>{''.join(items)}</main>", "text/html; charset=utf-8")
        return PageSource(
            "news", "article", "time", url=url, body="div", themes=".theme", keywords=".keyword", fetcher=fetcher
        )

    @staticmethod
    def _written(item: Item) -> str:
        parts = "".join(f"<p>{escape(_without_controls(part))}</p>" for part in item.text.split("\n\n"))
        marks = "".join(f"<b class=theme>{escape(label)}</b>" for label in item.labels)
        marks += "".join(f"<b class=keyword>{escape(keyword)}</b>" for keyword in item.keywords)
        return f"<article><time>{item.date:%d %B %Y}</time><div>{parts}</div>{marks}</article>"


def _without_controls(text: str) -> str:
    """Return a text without characters that XML and HTML cannot contain."""
    return text.replace("\x07", "").replace("\ufffe", "")
