"""The table of words for fields in docs/sources.md: each word is written into a source, which must then
give the field.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path

import pytest

from publisher.collect.sources.base import Fetch, SourceSite, open_source
from publisher.model.items import Item
from tests.values import FETCHING

DOCS = Path(__file__).resolve().parents[3] / "docs" / "sources.md"
SITE = SourceSite(timezone="UTC", fetching=FETCHING, user_agent="test")
NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
COLUMNS = ("markdown", "table", "listing", "feed", "page")
SAID = {
    "date": "2024-03-01",
    "draft": "yes",
    "draft, by a word": "draft",
    "draft, by a no": "no",
    "embargo": "2024-06-01",
    "expiry": "2024-06-01",
    "theme": "Ferries",
    "summary": "In short.",
}
"""The value that is written for each field."""
BESIDE = " beside `content:encoded`"
"""What the table adds where the `description` of a feed is a summary, because the text is in another element."""


def _cells() -> Iterator[tuple[str, str, str]]:
    """Yield each word of the table in docs/sources.md as (field, kind of source, word)."""
    section = DOCS.read_text("utf-8").partition("## Which words are read")[2].partition("\n## ")[0]
    for line in section.splitlines():
        name, *cells = [cell.strip() for cell in line.strip("|").split("|")] or [""]
        for kind, cell in zip(COLUMNS, cells, strict=False) if name in SAID else ():
            for word, part in re.findall(r"`([^`]+)`(?: \(its (\w+)\))?", cell.replace(BESIDE, "")):
                yield name, kind, f"{word} {part}".strip()


CELLS = [*_cells()]


def _front_matter(folder: Path, name: str, word: str) -> Fetch:
    dated = "" if name == "date" else "date: 2024-03-02\n"
    (folder / "a.md").write_text(f"---\ntitle: Ferry\n{dated}{word}: {SAID[name]}\n---\nIt sails.\n")
    (folder / "b.md").write_text("---\ntitle: Crane\ndate: 2024-01-02\n---\nIt moves.\n")
    return _fetch("markdown", path=folder)


def _csv(folder: Path, name: str, word: str) -> Fetch:
    rows = {"title": "Ferry", "date": "2024-03-02", "text": "It sails.", word: SAID[name]}
    other = {"title": "Crane", "date": "2024-01-02", "text": "It moves."}
    lines = [",".join(rows), ",".join(rows.values()), ",".join(other.get(column, "") for column in rows)]
    (folder / "a.csv").write_text("\n".join(lines))
    return _fetch("table", path=folder / "a.csv")


def _row(folder: Path, name: str, word: str) -> Fetch:
    row = {"title": "Ferry", "date": "2024-03-02", "text": "It sails.", word: SAID[name]}
    file = folder / "a.db"
    with sqlite3.connect(file) as database:
        database.execute(f"CREATE TABLE news ({', '.join(f'{column} TEXT' for column in row)})")
        database.execute(f"INSERT INTO news VALUES ({', '.join('?' * len(row))})", [*row.values()])
        database.execute("INSERT INTO news (title, date, text) VALUES ('Crane', '2024-01-02', 'It moves.')")
    return _fetch("database", url=f"sqlite:///{file}", query="SELECT * FROM news")


def _labels(folder: Path, name: str, word: str) -> Fetch:
    head = f"{word}: 1 March 2024" if name == "date" else "2 March 2024"
    said = "" if name == "date" else f"\n{word}: {SAID[name]}"
    (folder / "a.txt").write_text(f"{head}\n\nFerry. It sails.\n{said}\n\n2 January 2024\n\nCrane. It moves.\n")
    return _fetch("listing", path=folder / "a.txt")


def _element(folder: Path, name: str, word: str) -> Fetch:
    said, (word, _, part) = SAID[name], word.partition(" ")
    if part:
        said = f"{part}={said}"
    if word in ("date_published", "date_modified", "tags") or word.startswith("_"):
        return _json_feed(folder, word, [said] if word == "tags" else said)
    is_atom = word in ("published", "updated", "summary", "app:draft")
    inner = f"<app:control><{word}>{said}</{word}></app:control>" if word == "app:draft" else f"<{word}>{said}</{word}>"
    dated = (
        "" if name == "date" else ("<published>2024-03-02</published>" if is_atom else "<dc:date>2024-03-02</dc:date>")
    )
    spaces = (
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:app="http://www.w3.org/2007/app" '
        'xmlns:wp="http://wordpress.org/export/1.2/" '
        'xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"'
    )
    if is_atom:
        entry = "<entry><id>urn:{0}</id><title>{0}</title><content>{1}</content>{2}</entry>"
        second = entry.format("Crane", "It moves.", "<published>2024-01-02</published>")
        entries = entry.format("Ferry", "It sails.", dated + inner) + second
        text = f'<feed xmlns="http://www.w3.org/2005/Atom" {spaces}><title>t</title><id>urn:t</id>{entries}</feed>'
    else:
        entry = "<item><guid>{0}</guid><title>{0}</title><content:encoded>{1}</content:encoded>{2}</item>"
        second = entry.format("Crane", "It moves.", "<dc:date>2024-01-02</dc:date>")
        entries = entry.format("Ferry", "It sails.", dated + inner) + second
        text = f'<rss version="2.0" {spaces}><channel><title>t</title>{entries}</channel></rss>'
    (folder / "a.xml").write_text(text)
    return _fetch("feed", path=folder / "a.xml")


def _json_feed(folder: Path, word: str, said: object) -> Fetch:
    dated = {} if word.startswith("date_") else {"date_published": "2024-03-02T00:00:00Z"}
    ferry = {"id": "Ferry", "title": "Ferry", "content_text": "It sails.", **dated, word: said}
    crane = {"id": "Crane", "title": "Crane", "content_text": "It moves.", "date_published": "2024-01-02T00:00:00Z"}
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": [ferry, crane]}
    (folder / "a.json").write_text(json.dumps(feed))
    return _fetch("feed", path=folder / "a.json")


def _selector(folder: Path, name: str, word: str) -> Fetch:
    dated = "" if name == "date" else "<time>2024-03-02</time>"
    ferry = f"<li><h3>Ferry</h3>{dated}<p>It sails.</p><i>{SAID[name]}</i></li>"
    crane = "<li><h3>Crane</h3><time>2024-01-02</time><p>It moves.</p></li>"
    (folder / "a.html").write_text(f"<ul>{ferry}{crane}</ul>")
    selectors = {"date": "time", word: "time, i" if name == "date" else "i"}
    return _fetch("page", path=folder / "a.html", item="li", title="h3", body="p", **selectors)


def _fetch(kind: str, **keys: object) -> Fetch:
    fetch = open_source(kind, "news", keys, SITE).fetch(validator="", now=NOW)
    assert list(fetch.problems) == []
    return fetch


def _day(moment: date | None) -> date | None:
    return moment.date() if isinstance(moment, datetime) else moment


READ: dict[str, Callable[[Item], object]] = {
    "date": lambda item: item.date,
    "embargo": lambda item: _day(item.embargo),
    "expiry": lambda item: _day(item.expires),
    "theme": lambda item: item.labels,
    "summary": lambda item: item.summary,
}
EXPECTED = {
    "date": date(2024, 3, 1),
    "embargo": date(2024, 6, 1),
    "expiry": date(2024, 6, 2),  # when that day is over
    "theme": ("Ferries",),
    "summary": "In short.",
}
WRITERS = {
    "markdown": (_front_matter,),
    "table": (_csv, _row),
    "listing": (_labels,),
    "feed": (_element,),
    "page": (_selector,),
}


def test_the_table_is_there() -> None:
    assert {(name, kind) for name, kind, _ in CELLS} >= {(name, kind) for name in READ for kind in ("markdown", "feed")}
    assert len(CELLS) > 100


@pytest.mark.parametrize(("name", "kind"), sorted({(name, kind) for name, kind, _ in CELLS}))
def test_each_word_is_read(tmp_path: Path, name: str, kind: str) -> None:
    words = [word for *cell, word in CELLS if cell == [name, kind]]
    for number, (word, write) in enumerate(product(words, WRITERS[kind])):
        folder = tmp_path / str(number)
        folder.mkdir()
        fetch = write(folder, name, word)
        ferries = [item for item in fetch.items if "Crane" not in f"{item.title}{item.text}"]
        if name.startswith("draft"):
            assert (word, [], 1) == (word, ferries, len([*fetch.notes]))
        else:
            assert (word, [EXPECTED[name]]) == (word, [READ[name](ferry) for ferry in ferries])
