"""`publisher check --source`: from the address of a page to a working source, and what is wrong with a
failing source.
"""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.servers import Answer, Server
from tests.world import World, news

NOW = datetime(2026, 3, 11, 9, 30, tzinfo=UTC)
"""A time after the last item of the saved pages."""

SAVED = Path(__file__).parents[1] / "golden" / "pages"
HTML = {"Content-Type": "text/html; charset=utf-8"}
FEED = b"""<rss version="2.0"><channel><title>Harbour</title><item><title>The ferry sails</title>
<guid>f</guid><pubDate>Tue, 10 Mar 2026 10:00:00 GMT</pubDate></item></channel></rss>"""
LINK = b'<link rel="alternate" type="application/%s" href="%s">'
WEBSITE = """
[[sources]]
name = "website"
kind = "page"
url = "{url}"
private = ["127.0.0.1"]
item = ".views-row"
date = "time"
title = "h2"
"""


@pytest.fixture
def world(tmp_path: Path, server: Server) -> World:
    """A site with a listing, and a web server with a page of news."""
    server.answers["/en/news"] = Answer(body=(SAVED / "views-en.html").read_bytes(), headers=HTML)
    server.answers["/en/news?page=1"] = Answer(body=(SAVED / "views-en-2.html").read_bytes(), headers=HTML)
    return World(tmp_path / "site", news("3 March 2026", "The office is closed.", theme="Visa"))


def add(world: World, table: str) -> None:
    world.config.write_text(world.config.read_text("utf-8") + table, "utf-8")


def block_of(lines: list[str]) -> str:
    """Return the first suggested table for config.toml."""
    start = lines.index("[[sources]]")
    return "\n".join(line for line in lines[start:] if " = " in line or line == "[[sources]]")


def test_the_table_suggested_for_a_page_works_in_the_configuration(world: World, server: Server) -> None:
    before = world.files()
    outcome = world.publisher("check", "--source", server.url("/en/news"), at=NOW)
    assert (0, "") == (outcome.exit_code, outcome.err)
    assert before == world.files()

    add(world, block_of(outcome.lines))

    assert "collect: 4 added" in world.publisher("run", at=NOW).lines
    assert {"The night ferry sails again", "Lights on the mole"} <= {each.title for each in world.feed("all").entries}


def test_a_feed_is_better_than_a_page_and_comments_are_no_news(world: World, server: Server) -> None:
    links = LINK % (b"rss+xml", b"/comments/feed") + LINK % (b"atom+xml", b"/gone") + LINK % (b"rss+xml", b"/feed.xml")
    page = (SAVED / "views-en.html").read_bytes().replace(b"</title>", b"</title>" + links)
    server.answers["/en/news"] = Answer(body=page, headers=HTML)
    server.answers["/feed.xml"] = Answer(body=FEED)

    outcome = world.publisher("check", "--source", server.url("/en/news"), at=NOW)

    assert f"a feed with 1 item: {server.url('/feed.xml')}" in outcome.lines
    assert 'kind = "feed"' in block_of(outcome.lines)
    assert f"fix: {server.url('/gone')}: {server.url('/gone')} answers 404 Not Found" in outcome.lines
    assert [path for path, _ in server.asked] == ["/en/news", "/gone", "/feed.xml"]


def test_a_feed_itself(world: World, server: Server) -> None:
    server.answers["/feed.xml"] = Answer(body=FEED)

    outcome = world.publisher("check", "--source", server.url("/feed.xml"), "--json", at=NOW)

    (offer,) = outcome.json["offers"]
    assert ("feed", 1, "The ferry sails") == (offer["kind"], offer["listed"], offer["items"][0]["title"])


def test_a_page_that_was_saved(world: World) -> None:
    outcome = world.publisher("check", "--source", str(SAVED / "views-en.html"), at=NOW)

    add(world, block_of(outcome.lines))

    assert "collect: 3 added" in world.publisher("run", at=NOW).lines


def test_a_page_without_a_list(world: World, server: Server) -> None:
    server.answers["/about"] = Answer(body=b"<html><p>The harbour was built long ago.", headers=HTML)

    outcome = world.publisher("check", "--source", server.url("/about"), at=NOW)

    assert 2 == outcome.exit_code
    nothing = "it is no feed, and no page with a list of items that have dates and words"
    assert [f"fix: {server.url('/about')}: {nothing}"] == outcome.lines


FILES = {
    "stories/a.md": "---\ntitle: The ferry sails\ndate: 2026-03-10\n---\nAt ten.\n",
    "register.csv": "Datum;Betreff;Inhalt\n10.03.2026;The ferry sails;At ten.\n",
    "log.jsonl": '{"day": "2026-03-10", "headline": "The ferry sails", "body": "At ten."}\n',
    "items.txt": "10 March 2026\n\nThe ferry sails.\nTheme: Ferries\n\n06.03.\n\nA crane.\n",
}


KINDS = {"stories": "folder of Markdown", "register.csv": "table", "log.jsonl": "table", "items.txt": "listing"}


def test_files_and_folders_work_when_they_are_put_into_the_configuration(world: World) -> None:
    for number, (name, text) in enumerate(FILES.items(), start=1):
        (world.config.parent / name).parent.mkdir(exist_ok=True)
        (world.config.parent / name).write_text(text.replace("The ferry", f"The ferry {number}"), "utf-8")
    paths = {place: str(world.config.parent / place) for place in KINDS}
    before = world.files()

    outcomes = {place: world.publisher("check", "--source", path, at=NOW) for place, path in paths.items()}

    assert before == world.files()
    for place, outcome in outcomes.items():
        assert f"a {KINDS[place]} with 1 item: {paths[place]}" in outcome.lines
        problem = f"fix: {paths[place]}:6: '06.03.' is no date: the year is missing; the item was left out"
        assert ([problem] if place == "items.txt" else []) == [line for line in outcome.lines if line.startswith("fix")]
        add(world, f"{block_of(outcome.lines)}\n")
    assert "collect: 5 added" in "\n".join(world.publisher("run", at=NOW).lines)
    for place, path in paths.items():  # they are sources by now
        assert f"source {Path(place).stem} (" in world.publisher("check", "--source", path, at=NOW).out


@pytest.mark.parametrize(
    ("name", "written", "failure"),
    [
        ("a.db", b"SQLite format 3\0", "it is a database: write a source of kind `database` with a `query`"),
        ("notes.txt", b"Hello.", "as a listing, nothing could be read; "),
        ("empty/a.pdf", b"", "there are no items in it; name one of its files: a.pdf"),
    ],
)
def test_a_file_that_no_kind_of_source_can_read(world: World, name: str, written: bytes, failure: str) -> None:
    file = world.config.parent / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(written)
    path = str(file.parent if file.suffix == ".pdf" else file)

    outcome = world.publisher("check", "--source", path, at=NOW)

    assert 2 == outcome.exit_code
    assert outcome.out.startswith(f"fix: {path}: {failure}")


def test_an_invalid_source_name_is_an_error(world: World) -> None:
    outcome = world.publisher("check", "--source", "nws", at=NOW)

    assert 2 == outcome.exit_code
    assert [
        "publisher: no source and no file or folder is called 'nws'; sources are: news; an address begins with https://"
    ] == outcome.problems


def test_a_listing_shows_its_items(world: World) -> None:
    world.lose_store()
    before = world.files()

    outcome = world.publisher("check", "--source", "news", at=NOW)

    assert 0 == outcome.exit_code
    assert "source news (listing): 1 item" in outcome.lines
    assert "a pass would add 1" in outcome.lines
    assert {"  themes    Visa", "  known by  its date and words"} <= set(outcome.lines)
    assert before == world.files()


def test_files_that_belong_to_an_item_are_named(tmp_path: Path) -> None:
    files = "Files: The report https://example.org/r.pdf, https://example.org/talk.mp3"
    world = World(tmp_path, f"{news('10 March 2026', 'It is out.')}\n{files}\n")

    lines = world.publisher("check", "--source", "news", at=NOW).lines

    assert "  files     https://example.org/r.pdf, https://example.org/talk.mp3" in lines


def test_the_selectors_show_what_they_find(world: World, server: Server) -> None:
    page = (
        (SAVED / "views-en.html").read_bytes().replace(b"</main>", b"<h2 class=more>More</h2><time>now</time></main>")
    )
    server.answers["/en/news"] = Answer(body=page, headers=HTML)
    add(world, WEBSITE.format(url=server.url("/en/news")) + 'keywords = ".views-field-field-keywords a"\n')

    outcome = world.publisher("check", "--source", "website", "--json", at=NOW)

    caught = {each["key"]: each for each in outcome.json["caught"]}
    assert (0, 2) == (outcome.exit_code, caught["item"]["found"])
    assert (1, ["item 2"], ["night"]) == tuple(caught["keywords"][key] for key in ("found", "lacking", "examples"))
    assert ["now"] == caught["date"]["outside"]
    assert 2 == outcome.json["outcome"]["added"]


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('item = ".views-row"', 'item = ".view-row"', "`item` finds nothing"),
        ('title = "h2"', 'title = "h1"', "`title` finds nothing"),
        ('date = "time"', 'date = "h2"', "'The night ferry sails again' is no date"),
    ],
)
def test_other_selectors_are_suggested_when_those_there_are_find_nothing(
    world: World, server: Server, right: str, wrong: str, told: str
) -> None:
    add(world, WEBSITE.format(url=server.url("/en/news")) + 'since = "30 days"\n')
    good = world.config.read_text("utf-8")
    world.configure(right, wrong)

    outcome = world.publisher("check", "--source", "website", at=NOW)

    assert 2 == outcome.exit_code
    assert any(line.startswith("fix: website: ") and told in line for line in outcome.lines)
    block = block_of(outcome.lines)
    assert 'since = "30 days"' in block
    world.config.write_text(good.partition('[[sources]]\nname = "website"')[0] + block, "utf-8")
    assert "source website (page): 3 items" in world.publisher("check", "--source", "website", at=NOW).lines


def test_a_configuration_with_a_byte_order_mark_is_read_as_ever(world: World, server: Server) -> None:
    add(world, WEBSITE.format(url=server.url("/en/news")).replace(".views-row", ".row"))
    world.config.write_text(world.config.read_text("utf-8"), "utf-8-sig")

    assert 'url = "' in block_of(world.publisher("check", "--source", "website", at=NOW).lines)


def test_secrets_of_the_configuration_are_not_printed(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWS_PAGE", server.url("/en/news"))
    add(world, WEBSITE.format(url="env:NEWS_PAGE").replace(".views-row", ".none"))

    outcome = world.publisher("check", "--source", "website", at=NOW)

    assert 'url = "env:NEWS_PAGE"' in block_of(outcome.lines)


def test_a_server_that_is_left_alone_by_passes_is_asked(world: World, server: Server) -> None:
    add(world, WEBSITE.format(url=server.url("/en/news")))
    good = server.answers.pop("/en/news")
    world.publisher("collect", at=NOW)
    server.answers["/en/news"] = good

    outcome = world.publisher("check", "--source", "website", at=NOW)

    assert "a pass would add 2" in outcome.lines
    assert any(re.match("passes leave its server alone until Wed 2026-03-11 10:3", line) for line in outcome.lines)


def test_a_page_without_selectors_says_where_they_come_from(world: World, server: Server) -> None:
    add(world, re.sub(r"item = .*\n", "", WEBSITE.format(url=server.url("/en/news"))))

    outcome = world.publisher("check", "--source", "website", at=NOW)

    assert 2 == outcome.exit_code
    assert "sources.website.item: expected a CSS selector (`publisher check --source ADDRESS`" in outcome.err


def test_an_address_that_does_not_answer_is_one_line(world: World, server: Server) -> None:
    outcome = world.publisher("check", "--source", server.url("/nowhere"), at=NOW)

    assert (75, "") == (outcome.exit_code, outcome.out)
    assert [f"publisher: {server.url('/nowhere')} answers 404 Not Found"] == outcome.problems


STORIES = """
[[sources]]
name = "stories"
kind = "markdown"
path = "stories"
"""


def test_withheld_items_are_reported_once_and_noted_at_each_request(world: World) -> None:
    (world.folder / "stories").mkdir()
    front = "---\ntitle: {}\ndate: 2026-03-01\n{}---\n[The plan](/plan/)\n"
    (world.folder / "stories" / "ferry.md").write_text(front.format("Ferry", ""), "utf-8")
    (world.folder / "stories" / "crane.md").write_text(front.format("Crane", "status: draft\n"), "utf-8")
    add(world, STORIES)

    run = world.publisher("run", at=NOW)
    told = (
        "ferry: links or pictures in its text were left out: no whole address of the web: '/plan/'; "
        "a link of the item or `base` says where relative ones start"
    )
    assert (run.exit_code, run.err) == (0, f"problem: {told}\n")

    (world.folder / "stories" / "quay.md").write_text(front.format("Quay", "").partition("[")[0] + "Text.", "utf-8")
    assert world.publisher("run", at=NOW).err == ""

    check = world.publisher("check", "--source", "stories", at=NOW)
    draft = f"{world.folder / 'stories' / 'crane.md'}: a draft (status: draft)"
    assert check.exit_code == 0
    assert [line for line in check.lines if line.startswith(("note:", "fix:"))] == [f"note: {draft}", f"note: {told}"]
