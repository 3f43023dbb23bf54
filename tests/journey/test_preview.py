"""The next edition in the editor's browser: its content, the items that are left out, and changes that
appear at once.
"""

import signal
import socket
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError

import pytest
from lxml import html as lxml_html

from publisher.app import Publisher
from publisher.config.config import Config
from publisher.serve.preview import LivePreview, preview_pages
from publisher.serve.web import application
from tests.browser import HEIGHT_PX, SCHEMES, Reader, Scheme, barriers
from tests.world import CONFIG, NOW, World, news

LATER = NOW + timedelta(days=1)
BORDERS = """
[[audiences]]
name = "borders"
themes = ["borders-visa"]
languages = ["en"]
max_items = 1
to = "borders@lists.example.org"
"""
OLD = news("2 March 2026", "A new rule at the border.", theme="Borders & Visa")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A site with an edition in the outbox and one new item."""
    world = World.after_run(tmp_path / "site", OLD)
    world.list_above(news("4 March 2026", "Fresh from the listing. More of it."))
    return world


class Browser:
    """Requests the preview of a site, as its page does."""

    def __init__(self, world: World) -> None:
        live = LivePreview(world.config, lambda: Publisher.rehearse(Config.load(world.config), now=LATER), None)
        self._client = application(preview_pages(live)).test_client()

    def get(self, path: str, host: str = "127.0.0.1:8000") -> tuple[int, str]:
        """Return the status and the body."""
        answer = self._client.get(path, base_url="http://127.0.0.1:8000", headers={"Host": host})
        assert "no-store" == answer.headers["Cache-Control"]
        return answer.status_code, answer.text

    def part(self, name: str, query: str = "") -> str:
        """Return the text of one part of the page."""
        page = lxml_html.document_fromstring(self.get(f"/{query}")[1])
        part = next(element for element in page.iter() if element.get("id") == name)
        return " ".join(" ".join(str(text) for text in part.itertext()).split())


@pytest.fixture
def browser(world: World) -> Browser:
    return Browser(world)


def test_the_page_shows_every_part_of_the_next_edition_and_records_nothing(world: World, browser: Browser) -> None:
    before = world.files()

    status, page = browser.get("/")

    assert 200 == status
    assert ["320", "600", "1000"] == lxml_html.document_fromstring(page).xpath("//iframe/@width")
    assert "Fresh from the listing" in browser.part("text")
    assert "Subject: Fresh from the listing" in browser.part("headers")
    assert "of 100,000 bytes" in page
    assert "weekly-1" in browser.part("difference")
    assert "+1. Fresh from the listing" in browser.part("difference")
    assert "-1. A new rule at the border" in browser.part("difference")
    assert "it has no postal address" in browser.part("check")
    assert before == world.files()


def test_a_frame_is_the_mail_in_the_light_or_in_the_dark(world: World, browser: Browser) -> None:
    light, dark = (browser.get(f"/digest?scheme={scheme}")[1] for scheme in ("light", "dark"))
    world.publisher("run", at=LATER)
    sent = (world.outbox / "weekly-2" / "digest.html").read_text("utf-8")

    base = ("<head>", '<head><base target="_blank">')
    rule = "@media (prefers-color-scheme: dark)"
    assert (sent.count(rule), sent.count(base[0])) == (1, 1)
    assert sent.replace(*base).replace(rule, "@media not all") == light
    assert sent.replace(*base).replace(rule, "@media all") == dark


def test_left_out_items_are_shown_with_the_reason(world: World, browser: Browser) -> None:
    world.list_above(
        news("4 March 2026", "First at the border.", theme="Borders & Visa"),
        news("4 March 2026", "Second at the border.", theme="Borders & Visa"),
        news("4 March 2026", "À la frontière.", theme="Borders & Visa") + "\nLanguage: fr",
    )
    world.configure(CONFIG, CONFIG + BORDERS)

    left_out = browser.part("out", "?audience=borders")

    assert "Fresh from the listing none of its themes is among the audience's themes" in left_out
    assert "À la frontière its language, fr, is not among the audience's languages" in left_out
    assert "at the border waits for the edition after this one" in left_out
    assert "No new item is left out." == browser.part("out", "?audience=weekly")


def test_too_few_items_are_a_reason(world: World, browser: Browser) -> None:
    world.configure("[[audiences]]", "[[audiences]]\nmin_items = 5")

    assert "Fresh from the listing waits until there are 5 items (min_items)" in browser.part("out")
    assert "no new edition, these are the latest items" in browser.get("/")[1]


CHANGES: dict[str, tuple[Callable[[World], object], str]] = {
    "the listing": (lambda world: world.list_above(news("5 March 2026", "Newer still.")), "Newer still"),
    "config.toml": (lambda world: world.configure('title = "Example News"', 'title = "Renamed"'), "Renamed"),
    "a template": (lambda world: own_template(world, "Of my own."), "Of my own."),
}


def own_template(world: World, text: str) -> None:
    (world.folder / "templates").mkdir(exist_ok=True)
    (world.folder / "templates" / "digest.txt").write_text(text, encoding="utf-8")


def test_changes_are_seen_at_once(world: World, browser: Browser) -> None:
    for do, words in CHANGES.values():
        assert words not in browser.part("text")
        version = browser.get("/version")[1]
        assert version == browser.get("/version")[1]

        do(world)

        assert version != browser.get("/version")[1], words
        assert words in browser.part("text")


def test_a_mistake_is_shown_until_it_is_mended(world: World, browser: Browser) -> None:
    own_template(world, "\n{% if %}")
    status, page = browser.get("/")
    assert (200, True) == (status, "digest.txt:2: " in page)

    world.configure('language = "en"', "language = 7")
    assert "site.language: expected a language tag" in browser.get("/")[1]

    world.configure("language = 7", 'language = "en"')
    own_template(world, "Mended.")
    assert "Mended." == browser.part("text")


def test_the_preview_answers_only_to_its_own_host_name(browser: Browser) -> None:
    assert (403, "not by this name") == browser.get("/", host="news.example.org:8000")
    assert 200 == browser.get("/version", host="localhost:8000")[0]
    assert 404 == browser.get("/favicon.ico")[0]


@pytest.fixture
def served(world: World) -> Iterator[str]:
    """The address of a preview that runs as a separate program."""
    with world.start("preview", "--port", "0", "--at", LATER.isoformat()) as process:
        yield process.stdout.readline().split()[0]
        process.send_signal(signal.SIGINT)
        assert (0, "") == (process.wait(timeout=20), process.stderr.read())


def test_the_program_serves_on_this_machine_until_it_is_interrupted(served: str) -> None:
    assert served.startswith("http://127.0.0.1:")
    with closing(urllib.request.urlopen(served, timeout=20)) as answer:
        assert "Fresh from the listing" in answer.read().decode()
    with pytest.raises(HTTPError, match="404"):
        urllib.request.urlopen(f"{served}nothing", timeout=20)


def test_port_that_is_taken_is_told_in_one_line(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]

        with world.start("preview", "--port", str(port)) as process:
            exit_code, problems = process.wait(timeout=20), process.stderr.read().splitlines()

    assert 2 == exit_code
    assert f"publisher: --port: 127.0.0.1:{port}: address already in use; choose another port" in problems


# --- in the editor's browser -----------------------------------------------------------------------------------------

PARTS = ["HTML", "Text", "Headers", "Left out", "Since the last edition", "Check (1)"]


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_no_barrier_in_any_part(served: str, reader: Reader, scheme: Scheme) -> None:
    page = reader.open(served, scheme=scheme)
    tabs = page.get_by_role("tab")
    assert PARTS == tabs.all_inner_texts()

    for tab in tabs.all():
        tab.click()
        passes, found = barriers(page)
        assert {"color-contrast", "aria-required-children", "button-name"} <= passes
        assert [] == found, tab.inner_text()


@pytest.mark.browser
@pytest.mark.slow
def test_a_keyboard_reaches_every_part(served: str, reader: Reader) -> None:
    page = reader.open(served)
    focused = page.locator(":focus-visible")
    shown = page.locator("[role=tabpanel]:visible")

    page.keyboard.press("Tab")
    assert "Show in dark mode" == focused.inner_text()
    page.keyboard.press("Tab")
    reached = []
    for _ in PARTS:
        assert focused.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
        assert shown.get_attribute("aria-labelledby") == focused.get_attribute("id")
        reached.append(focused.inner_text())
        page.keyboard.press("ArrowRight")

    assert PARTS == reached
    assert "HTML" == focused.inner_text(), "after the last comes the first"
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    assert "check" == focused.get_attribute("id"), "what is longer than the window can be scrolled"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?scheme=dark*")


@pytest.mark.browser
@pytest.mark.slow
def test_a_change_comes_into_the_page_and_the_part_stays(world: World, served: str, reader: Reader) -> None:
    page = reader.open(served)
    page.get_by_role("tab", name="Text").click()

    world.list_above(news("5 March 2026", "Newer still."))

    page.locator("#text:visible", has_text="Newer still").wait_for()
    assert not [url for url in reader.asked if not url.startswith((served, "data:,"))]
    assert [] == reader.complaints


@pytest.mark.browser
@pytest.mark.slow
def test_the_contents_of_the_mail_lead_to_its_headings_in_the_frame(world: World, served: str, reader: Reader) -> None:
    world.list_above(
        *(news("5 March 2026", f"Number {n}. " + "Words of it. " * 20, theme=f"Theme {n % 3}") for n in range(1, 13))
    )
    page = reader.open(served)
    frame = page.frame_locator("iframe[width='600']")

    frame.get_by_role("link", name="Theme 1", exact=True).click()

    heading = frame.get_by_role("heading", name="Theme 1")  # or More in Theme 1
    box = heading.bounding_box()
    assert box
    assert box["y"] < HEIGHT_PX
    assert [page] == page.context.pages, "it stays in its frame"


def test_an_audience_we_do_not_know_is_told_on_the_terminal(world: World) -> None:
    outcome = world.publisher("preview", "weakly", "--port", "0")

    assert 2 == outcome.exit_code
    assert ["publisher: no audience 'weakly' in config.toml; there is: weekly"] == outcome.problems


def test_with_nothing_new_the_latest_items_are_shown_and_it_says_so(world: World, tmp_path: Path) -> None:
    world.publisher("run", at=LATER)

    outcome = world.publisher("preview", "--output", str(tmp_path / "preview"), at=LATER)

    assert "weekly has no new edition; these are its latest items\n" == outcome.err
    assert "Fresh from the listing" in (tmp_path / "preview" / "digest.txt").read_text("utf-8")
