"""Everything that a reading leaves out, merges or withholds is reported, for every kind of source."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from publisher.admin.title_checks import count_titles
from publisher.collect.clean import clean_item
from publisher.collect.sources import feed
from publisher.collect.sources.base import Fetch, SourceSite, open_source
from publisher.collect.sources.fields import item_of
from tests.values import FETCHING, POLICY, SITE

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SOURCE_SITE = SourceSite(timezone=SITE.timezone, fetching=FETCHING, user_agent="Harbour news")
PAGE = {"item": "li", "date": "time", "title": "h3", "body": "p"}
JSON_FEED = {"version": "https://jsonfeed.org/version/1.1", "title": "News"}
CRANE = {"id": "1", "content_text": "A crane.", "date_published": "2026-11-20T10:00:00Z"}


def read(kind: str, path: Path, files: dict[str, str], **keys: Any) -> Fetch:
    """Read a source from files, given by name. The first file is the source's path, unless the path is a folder."""
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text, "utf-8")
    place = path if kind == "markdown" else path / next(iter(files))
    return open_source(kind, "harbour", {"path": place, **keys}, SOURCE_SITE).fetch(validator="", now=NOW)


def told(lines: Any, path: Path) -> list[str]:
    return [str(line).replace(f"{path}/", "").replace(str(path), ".") for line in lines]


def test_a_listing_tells_drafts_and_its_heading(tmp_path: Path) -> None:
    text = "News of the harbour\n\n20 November 2026\n\nA crane.\n\nStatus: draft\n\n19 November 2026\n\nA lock.\n"

    found = read("listing", tmp_path, {"news.txt": text})

    assert [item.text for item in found.items] == ["A lock."]
    assert told(found.problems, tmp_path) == []
    assert told(found.notes, tmp_path) == [
        "news.txt:1: this line above the first date is taken for a heading",
        "news.txt:3: a draft (Status: draft)",
    ]


def test_a_folder_tells_drafts_and_the_files_it_leaves_alone(tmp_path: Path) -> None:
    files = {
        "a.md": "---\ndate: 2026-11-20\n---\nA crane.\n",
        "b.md": "---\ndate: 2026-11-20\ndraft: true\n---\nA lock.\n",
        "_c.md": "---\ndate: 2026-11-20\n---\nA quay.\n",
        "d/e.txt": "A pier.",
    }

    found = read("markdown", tmp_path, files)

    assert told(found.notes, tmp_path) == [
        "b.md: a draft (draft: true)",
        ".: not read, because no Markdown, because . or _ begins the name, a README, a copy, or a link: _c.md, d/e.txt",
    ]


@pytest.mark.parametrize(
    ("kind", "name", "text", "keys"),
    [
        ("markdown", "a.md", "---\ndate: 2026-11-20\nstatus: gloomy\n---\nA crane.\n", {}),
        ("table", "news.csv", "date,text,status\n2026-11-20,A crane.,gloomy\n", {}),
        ("feed", "feed.json", json.dumps({**JSON_FEED, "items": [{**CRANE, "_desk": {"status": "gloomy"}}]}), {}),
    ],
)
def test_a_status_that_is_not_known_is_told_and_keeps_nothing_back(
    kind: str, name: str, text: str, keys: dict[str, Any], tmp_path: Path
) -> None:
    found = read(kind, tmp_path, {name: text}, **keys)

    assert len(list(found.items)) == 1
    assert [(str(each), each.exit_code) for each in found.remarks] == [
        (
            (
                "source 'harbour': 1 item with `status: gloomy` in it: no known word for a draft or for what may go "
                "out, so that it keeps nothing back; write `draft` if it should"
            ),
            0,
        )
    ]


@pytest.mark.parametrize(
    "head",
    ["params: { draft: true }", "extra:\n  status: in review", "meta: { isDraft: yes }", "_build: { list: never }"],
)
def test_a_draft_in_a_table_of_front_matter_is_kept_back(head: str, tmp_path: Path) -> None:
    found = read("markdown", tmp_path, {"a.md": f"---\ndate: 2026-11-20\n{head}\n---\nA crane.\n"})

    assert (list(found.items), len(found.notes)) == ([], 1)


@pytest.mark.parametrize("name", ["drafts/a.md", "2026/Entwürfe/a.md", "a.draft.md"])
def test_a_file_among_drafts_is_one(name: str, tmp_path: Path) -> None:
    found = read("markdown", tmp_path, {name: "---\ndate: 2026-11-20\n---\nA crane.\n"})

    assert (list(found.items), len(found.notes)) == ([], 1)


@pytest.mark.parametrize(("yes", "no"), [("checked", ""), ("true", ""), ("x", " "), ("1", "")])
def test_an_empty_cell_beside_flags_says_that_a_row_is_not_published(yes: str, no: str, tmp_path: Path) -> None:
    rows = f"date,text,Published?\n2026-11-20,A crane.,{yes}\n2026-11-19,A lock.,{no}\n"

    found = read("table", tmp_path, {"a.csv": rows})

    assert [item.text for item in found.items] == ["A crane."]
    assert told(found.notes, tmp_path) == ["a.csv:3: a draft (published: no)"]


@pytest.mark.parametrize(("said", "shown"), [("2026-11-20", 2), ("no", 1)])
def test_an_empty_cell_beside_dates_or_a_no_says_nothing(said: str, shown: int, tmp_path: Path) -> None:
    rows = f"date,text,published\n2026-11-20,A crane.,{said}\n2026-11-19,A lock.,\n"

    assert len(list(read("table", tmp_path, {"a.csv": rows}).items)) == shown


def test_dates_that_could_be_either_are_not_believed_beside_some_with_the_month_first(tmp_path: Path) -> None:
    rows = "date,text\n3/25/2026,A crane.\n3/4/2026,A lock.\n3/3/2026,A quay.\n2026-03-01,A pier.\n"

    found = read("table", tmp_path, {"a.csv": rows})

    out = "; the item was left out"
    assert [item.text for item in found.items] == ["A quay.", "A pier."]
    assert told(found.problems, tmp_path) == [
        f"a.csv:2: '3/25/2026' is no date: no such day; the day comes before the month here, or the year first{out}",
        f"a.csv:3: '3/4/2026' may be two days, as other dates here have the month first; write the year first{out}",
    ]


@pytest.mark.parametrize("other", ["25/3/2026", "2026-03-25", "4/3/2026"])
def test_dates_that_could_be_either_have_the_day_first(other: str, tmp_path: Path) -> None:
    found = read("table", tmp_path, {"a.csv": f"date,text\n{other},A crane.\n3/4/2026,A lock.\n"})

    assert str(max(item.date for item in found.items)) in ("2026-04-03", "2026-03-25")
    assert found.problems == ()


def test_an_id_that_is_no_address_is_no_link_that_was_lost(tmp_path: Path) -> None:
    item = "<item><guid>7</guid><title>A crane</title><pubDate>Fri, 20 Nov 2026 10:00:00 GMT</pubDate></item>"

    found = read("feed", tmp_path, {"a.xml": f'<rss version="2.0"><channel><title>N</title>{item}</channel></rss>'})

    assert [(each.native_id, each.link) for each in found.items] == [("7", "")]


@pytest.mark.parametrize(
    ("kind", "name", "text", "keys"),
    [
        ("listing", "a.txt", "20 November 2026\n\nA crane.\n", {}),
        ("markdown", "a.md", "---\ndate: 2026-11-20\n---\nA crane.\n", {}),
        ("table", "a.csv", "date,title,text\n2026-11-20,,A crane.\n", {}),
        ("feed", "a.json", json.dumps({**JSON_FEED, "items": [CRANE]}), {}),
        ("page", "a.html", "<li><h3></h3><time>2026-11-20</time><p>A crane.", PAGE),
    ],
)
def test_an_item_without_a_title_is_given_none(
    kind: str, name: str, text: str, keys: dict[str, Any], tmp_path: Path
) -> None:
    (item,) = read(kind, tmp_path, {name: text}, **keys).items

    assert count_titles([item]).untitled == 1


def test_a_table_tells_the_cells_that_no_column_is_for(tmp_path: Path) -> None:
    rows = "date,text\n2026-11-20,A crane, and a lock.\n2026-11-19,A quay.,,\n"

    found = read("table", tmp_path, {"news.csv": rows})

    assert [item.text for item in found.items] == ["A crane", "A quay."]
    assert told(found.remarks, tmp_path) == [
        "news.csv:2: 1 cell more than the head has, left out; put a text that contains ',' in quotes"
    ]


def test_a_json_feed_tells_what_is_no_object(tmp_path: Path) -> None:
    found = read("feed", tmp_path, {"feed.json": json.dumps({**JSON_FEED, "items": ["A lock.", CRANE]})})

    assert told(found.problems, tmp_path) == ["feed.json, item 1: expected a JSON object; the item was left out"]
    assert len(list(found.items)) == 1


def test_a_feed_tells_that_only_its_first_items_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MAX_ITEMS", 20)  # twenty thousand would take seconds
    items = [{**CRANE, "id": str(number)} for number in range(21)]

    found = read("feed", tmp_path, {"feed.json": json.dumps({**JSON_FEED, "items": items})})

    assert told(found.remarks, tmp_path) == ["feed.json: it has 21 items; the first 20 are read"]
    assert len(list(found.items)) == 20


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"text": "crane " * 100_000}, "its text is longer than 500000 characters; the rest was left out"),
        ({"enclosures": [{"title": "Report"}]}, "files were left out: no whole address of the web: ''"),
        ({"link": "ftp://example.org/"}, "its link was left out: no whole address of the web: 'ftp://example.org/'"),
    ],
)
def test_parts_cut_off_an_item_are_reported(values: dict[str, object], line: str) -> None:
    lines: list[str] = []

    cleaned = clean_item(
        item_of({"date": "2026-11-20", "title": "Crane", **values}), site=SITE, policy=POLICY, tell=lines.append
    )

    assert lines == [line]
    assert (cleaned.link, cleaned.enclosures, len(cleaned.text) <= 500_000) == ("", (), True)
