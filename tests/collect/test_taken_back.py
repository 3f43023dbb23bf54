"""Items that readers have and that their source makes drafts are withdrawn, wherever they were in the list."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher.collect.rules import CollectRules, OnSuspicion
from publisher.collect.run import collect
from publisher.collect.sources.base import Source
from publisher.collect.sources.database import DatabaseSource
from publisher.collect.sources.feed import FeedSource
from publisher.collect.sources.listing import ListingSource
from publisher.collect.sources.markdown import MarkdownSource
from publisher.collect.sources.table import TableSource
from publisher.model.feeds import ALL, Gathering
from publisher.model.records import State
from publisher.model.reports import CollectReport
from publisher.model.themes import Theme, ThemeMap
from publisher.store import Store
from tests.databases import sqlite_store
from tests.values import POLICIES, SITE

NOW = datetime(2024, 3, 9, 9, tzinfo=UTC)
RULES = CollectRules(
    site=SITE,
    gathering=Gathering(theme_map=ThemeMap(default=Theme(slug="general", title="General")), language="en"),
    authority="news.example.org",
    policies=POLICIES,
)
TOLD = "its source calls it a draft now, so it was withdrawn from readers"


@dataclass(frozen=True)
class Entry:
    """An entry as its editor sees it in a content management system."""

    day: int
    text: str
    is_draft: bool = False
    embargo: str = ""


def write_listing(folder: Path, entries: Sequence[Entry]) -> None:
    drafts = {True: "Status: draft\n\n", False: ""}
    texts = [f"{entry.day} March 2024\n\n{entry.text}\n\n{drafts[entry.is_draft]}" for entry in entries]
    (folder / "news.txt").write_text("".join(texts), encoding="utf-8")


def write_table(folder: Path, entries: Sequence[Entry]) -> None:
    rows = [
        {"date": f"2024-03-0{entry.day}", "text": entry.text, "draft": entry.is_draft, "embargo": entry.embargo}
        for entry in entries
    ]
    (folder / "news.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")


def write_database(folder: Path, entries: Sequence[Entry]) -> None:
    rows = [(entry.day, f"2024-03-0{entry.day}", entry.text, "private" if entry.is_draft else "") for entry in entries]
    with closing(sqlite3.connect(folder / "news.db")) as connection, connection:
        connection.execute("CREATE TABLE IF NOT EXISTS news (id INTEGER, date TEXT, text TEXT, status TEXT)")
        connection.execute("DELETE FROM news")
        connection.executemany("INSERT INTO news VALUES (?, ?, ?, ?)", rows)


def write_folder(folder: Path, entries: Sequence[Entry]) -> None:
    (folder / "news").mkdir(exist_ok=True)
    for entry in entries:
        front = f"---\ndate: 2024-03-0{entry.day}\ndraft: {str(entry.is_draft).lower()}\n---\n"
        (folder / "news" / f"{entry.day}.md").write_text(front + entry.text, encoding="utf-8")


def write_feed(folder: Path, entries: Sequence[Entry]) -> None:
    drafts = {True: "<app:control><app:draft>yes</app:draft></app:control>", False: ""}
    texts = [
        f"<entry><id>urn:x:{entry.day}</id><updated>2024-03-0{entry.day}T10:00:00Z</updated><title>News</title>"
        f"<content>{entry.text}</content>{drafts[entry.is_draft]}</entry>"
        for entry in entries
    ]
    head = '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:app="http://www.w3.org/2007/app">'
    (folder / "news.xml").write_text(f"{head}{''.join(texts)}</feed>", encoding="utf-8")


KINDS: dict[str, tuple[Callable[[Path, Sequence[Entry]], None], Callable[[Path], Source]]] = {
    "listing": (write_listing, lambda folder: ListingSource("news", folder / "news.txt")),
    "table": (write_table, lambda folder: TableSource("news", folder / "news.jsonl")),
    "database": (
        write_database,
        lambda folder: DatabaseSource(
            "news", f"sqlite:///{folder / 'news.db'}", "SELECT * FROM news ORDER BY date DESC"
        ),
    ),
    "markdown": (write_folder, lambda folder: MarkdownSource("news", folder / "news")),
    "feed": (write_feed, lambda folder: FeedSource("news", path=folder / "news.xml")),
}
ENTRIES = [Entry(5, "The ferry sails."), Entry(4, "A crane moves."), Entry(3, "The mole opens.")]


@pytest.fixture
def store() -> Iterator[Store]:
    with sqlite_store() as opened:
        yield opened


def read(store: Store, source: Source, *, hours: int, rules: CollectRules = RULES) -> CollectReport:
    at = NOW + timedelta(hours=hours)
    return collect([source], store=store, rules=rules, now=at, asked_for=[source.name])


def seen(store: Store) -> set[str]:
    return {record.item.text for record in store.items.added_last(ALL, limit=9)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("drafts", [{3}, {5}, {3, 4, 5}])
def test_a_draft_is_taken_back_and_told_and_comes_back(
    store: Store, tmp_path: Path, kind: str, drafts: set[int]
) -> None:
    write, make = KINDS[kind]
    write(tmp_path, ENTRIES)
    read(store, make(tmp_path), hours=0)
    write(tmp_path, [replace(entry, is_draft=entry.day in drafts) for entry in ENTRIES])

    report = read(store, make(tmp_path), hours=1)

    assert seen(store) == {entry.text for entry in ENTRIES if entry.day not in drafts}
    assert (report.withdrawn, [problem.what for problem in report.problems]) == (len(drafts), [TOLD] * len(drafts))
    assert max(problem.exit_code for problem in report.problems) == 0
    assert not read(store, make(tmp_path), hours=2).is_news
    write(tmp_path, ENTRIES)
    assert read(store, make(tmp_path), hours=3).revised == len(drafts)
    assert seen(store) == {entry.text for entry in ENTRIES}


def test_a_draft_that_was_edited_meanwhile_is_known_by_its_words(store: Store, tmp_path: Path) -> None:
    write_listing(tmp_path, [*ENTRIES, Entry(1, "The library opens on Sundays from March until October.")])
    source = ListingSource("news", tmp_path / "news.txt")
    read(store, source, hours=0)
    write_listing(
        tmp_path, [*ENTRIES, Entry(1, "The library opens on Sundays from April until October.", is_draft=True)]
    )

    assert read(store, source, hours=1).withdrawn == 1
    assert seen(store) == {entry.text for entry in ENTRIES}


def test_a_draft_beside_what_is_public_takes_nothing_back(store: Store, tmp_path: Path) -> None:
    """Content management systems list the draft of the next version under the same id."""
    write_feed(tmp_path, ENTRIES)
    source = FeedSource("news", path=tmp_path / "news.xml")
    read(store, source, hours=0)
    write_feed(tmp_path, [*ENTRIES, Entry(3, "The mole opens on Sunday.", is_draft=True)])

    report = read(store, source, hours=1)

    assert (report.is_news, report.problems) == (False, ())
    assert seen(store) == {entry.text for entry in ENTRIES}


def test_a_draft_that_another_source_lists_stays_and_that_is_told(store: Store, tmp_path: Path) -> None:
    write_feed(tmp_path, ENTRIES)
    own, partner = (FeedSource(name, path=tmp_path / f"{name}.xml") for name in ("news", "partner"))
    (tmp_path / "partner.xml").write_bytes((tmp_path / "news.xml").read_bytes())
    for source in (own, partner):
        read(store, source, hours=0)
    write_feed(tmp_path, [*ENTRIES[:2], replace(ENTRIES[2], is_draft=True)])

    report = read(store, own, hours=1)

    assert (report.withdrawn, seen(store)) == (0, {entry.text for entry in ENTRIES})
    told = "its source calls it a draft now, but readers keep it: another source lists it"
    assert [problem.what for problem in report.problems] == [told]


def test_a_waiting_item_that_becomes_a_draft_never_appears(store: Store, tmp_path: Path) -> None:
    waits = Entry(1, "The library opens.", embargo="2024-03-10")
    source = TableSource("news", tmp_path / "news.jsonl")
    write_table(tmp_path, [*ENTRIES, waits])
    assert read(store, source, hours=0).waiting == 1
    write_table(tmp_path, [*ENTRIES, replace(waits, is_draft=True)])

    assert not read(store, source, hours=1).is_news
    assert store.items.waiting() == []


def test_a_folder_of_which_most_becomes_drafts_is_held(store: Store, tmp_path: Path) -> None:
    entries = [*ENTRIES, Entry(2, "A buoy was lost.")]
    write_folder(tmp_path, entries)
    source = MarkdownSource("news", tmp_path / "news")
    read(store, source, hours=0)
    write_folder(tmp_path, [replace(entry, is_draft=True) for entry in entries])

    assert read(store, source, hours=1).sources_held == 1
    assert len(seen(store)) == len(entries)

    released = read(store, source, hours=2, rules=replace(RULES, on_suspicion=OnSuspicion.RELEASE))
    assert released.withdrawn == len(entries)
    assert {record.state for record in store.items.withdrawn_last(ALL, limit=9)} == {State.WITHDRAWN}


def test_a_draft_without_a_date_is_known_by_its_id(store: Store, tmp_path: Path) -> None:
    write_folder(tmp_path, ENTRIES)
    source = MarkdownSource("news", tmp_path / "news")
    read(store, source, hours=0)
    (tmp_path / "news" / "3.md").write_text("---\ndraft: true\ndate: soon\n---\nNot yet.", encoding="utf-8")

    assert read(store, source, hours=1).withdrawn == 1
