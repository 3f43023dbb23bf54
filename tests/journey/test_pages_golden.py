"""Pages compared with golden files, so that a review shows every change.

For the hard site, the files are whole pages. For the real listing, whose sentences are not ours, they are outlines:
elements and classes, without words. `UPDATE_GOLDEN=1 python -m pytest tests/journey/test_pages_golden.py` updates the
files.
"""

import os
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests import hard_site
from tests.world import CONFIG, NOW, World, run_main

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
SUBSCRIBE = 'subscribe_url = "https://lists.example.org/news"\n'
HARD = (
    *("index.html", "404.html", "all/index.html", "quays/index.html", "languages/fr/index.html"),
    *("en-francais/index.html", "keywords/index.html", "keywords/quay/index.html"),
    *("items/index.html", "items/2026/index.html", "items/2026/03/index.html"),
    *("archive/weekly/index.html", "archive/weekly/1.html", "robots.txt"),
)
ITEMS = ("dredging", "traversier", "tides", "mina")
"""Items of the hard site whose pages are compared, by the names of their files."""
SAYS = {"dredging": "41,500", "traversier": "petit déjeuner</em>", "tides": "nine centimetres", "mina": "(Quay 7)"}
REAL = (
    *("index.html", "404.html", "all/index.html", "cross-sectional/index.html", "keywords/index.html"),
    *("items/index.html", "items/2021/index.html", "items/2021/06/index.html"),
    *("archive/weekly/index.html", "archive/weekly/1.html"),
)


class Outline(HTMLParser):
    """The elements of a page with their classes and roles, one per line, indented by depth. Repeated lines
    are merged.
    """

    VOID = frozenset({"meta", "link", "br", "hr", "img", "input"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self._depth = 0
        self._lines: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        kept = {name: value for name, value in attributes if name in ("class", "role", "rel", "aria-current", "lang")}
        said = "".join(f" {name}={value}" for name, value in kept.items())
        self._lines.append(f"{'  ' * self._depth}{tag}{said}")
        self._depth += tag not in self.VOID

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag not in self.VOID

    def text(self) -> str:
        """Return the outline. A line that repeats the one before is counted instead of printed."""
        kept: list[tuple[str, int]] = []
        for line in self._lines:
            if kept and kept[-1][0] == line:
                kept[-1] = (line, kept[-1][1] + 1)
            else:
                kept.append((line, 1))
        return "".join(f"{line}{f' x{count}' if count > 1 else ''}\n" for line, count in kept)


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("golden") / "hard"
    shutil.copytree(hard_site.FOLDER, folder)
    assert run_main("run", "--config", str(folder / "config.toml"), "--now", NOW.isoformat()).exit_code == 0
    return folder / "feeds"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, real_listing: Path) -> Path:
    config = f"{CONFIG}{SUBSCRIBE}\n[feeds]\nkeywords_from = 1\n"
    world = World(tmp_path_factory.mktemp("golden") / "real", real_listing.read_text("utf-8"), config=config)
    assert world.publisher("run", at=NOW).exit_code == 0
    return world.feeds


def compare(path: Path, now: str) -> None:
    """Compare a golden file with this text, or write it, if golden files are to be updated."""
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(now, "utf-8")
    assert path.read_text("utf-8") == now, f"{path.name}: review the difference, then write it anew"


@pytest.mark.parametrize("name", HARD)
def test_a_page_of_the_hard_site_is_the_one_that_was_reviewed(hard: Path, name: str) -> None:
    compare(GOLDEN / "hard_site" / "pages" / name, (hard / name).read_text("utf-8"))


@pytest.mark.parametrize("name", ITEMS)
def test_the_page_of_a_hard_item_is_the_one_that_was_reviewed(hard: Path, name: str) -> None:
    bodies = {page: re.search(r'<div class="text".*?</aside>', text, re.DOTALL) for page, text in texts(hard)}
    [found] = [page for page, body in bodies.items() if body and SAYS[name] in body[0]]

    compare(GOLDEN / "hard_site" / "pages" / "items" / f"{name}.html", found.read_text("utf-8"))


def texts(public: Path) -> Iterator[tuple[Path, str]]:
    for page in sorted((public / "items" / "2026").glob("*.html")):
        yield page, page.read_text("utf-8")


def test_the_front_page_has_few_stops_for_a_keyboard(real: Path) -> None:
    """There are ten items with their themes, ten themes with a way to follow each, the menu, and the ways to get the
    news.
    """
    page = re.sub(r"(?s)</summary>.*?</details>", "</summary>", (real / "index.html").read_text("utf-8"))

    assert len(re.findall(r"<(?:a [^>]*href=|button|input|summary)", page)) <= 60


@pytest.mark.parametrize("name", REAL)
def test_a_page_of_the_real_listing_has_the_outline_that_was_reviewed(real: Path, name: str) -> None:
    page = (real / name).read_text("utf-8")

    compare(GOLDEN / "real_outlines" / f"{name.replace('/', '-')}.txt", Outline(page).text())
