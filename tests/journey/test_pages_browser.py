"""The public pages in a browser: on the narrowest phone, with a keyboard alone, and on paper."""

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.judges import SCHEMES, chromium
from tests.world import CONFIG, NOW, World, news

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORD = "Donau" * 60
ADDRESS = f"https://example.org/{WORD}"
SOURCE = "https://example.org/source"
KINDS = (
    *("index.html", "404.html", "all/index.html", "all/pages/1.html", "borders-visa/index.html", "keywords/index.html"),
    *("archive/weekly/index.html", "archive/weekly/1.html", "items/plain", "items/hostile", "items/withdrawn"),
)
MARKS = {
    "items/plain": "Number 002.",
    "items/hostile": ADDRESS,
    "items/withdrawn": "This item was withdrawn",
}
"""What only that item's page says."""
NARROW_PX = 320
OVERFLOWING = """
const root = document.scrollingElement;
const wide = [...document.body.querySelectorAll("*")].filter(one =>
  !one.closest(".unseen, .skip") && one.getBoundingClientRect().right > innerWidth);
return {window: innerWidth, page: root.scrollWidth, wide: wide.map(one => one.outerHTML.slice(0, 200))};
"""
KEYBOARD = """
const looks = one => {
  const style = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  const ring = style.outlineStyle === "none" ? "none" : style.outlineWidth + style.outlineColor;
  return {ring, shown: box.width > 1 && box.height > 1 && style.clipPath === "none"};
};
const reached = [...document.querySelectorAll("*")].filter(one => one.tabIndex >= 0);
const stops = reached.map(one => {
  const before = looks(one);
  one.focus();
  return {html: one.outerHTML.slice(0, 200), tab: one.tabIndex, is: document.activeElement === one, before,
    after: looks(one)};
});
const target = document.querySelector(reached[0].getAttribute("href"));
target.focus();
return {stops, first: reached[0].className, links: document.links.length, target: target.tagName,
  landed: document.activeElement === target};
"""
THEMES_SHOWN = """
return [...document.querySelectorAll("a.name")].filter(one => one.checkVisibility()).map(one => one.textContent);
"""
PAPER = """
const boxes = [...document.querySelectorAll(".skip, nav, .aside, .follow")];
const texts = [...document.querySelectorAll("h1, h2, h3, p, dd, main a")].filter(one => one.checkVisibility());
return {dark: matchMedia("(prefers-color-scheme: dark)").matches, boxes: boxes.length,
  shown: boxes.filter(one => one.checkVisibility()).map(one => one.className || one.tagName),
  paper: getComputedStyle(document.body).backgroundColor,
  inks: [...new Set(texts.map(one => getComputedStyle(one).color))].sort(),
  addresses: [...document.querySelectorAll(".text a, article .more a")].map(one =>
    getComputedStyle(one, "::after").content)};
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A site with a page of every kind, and with words nobody can break."""
    items = [
        news(f"{day:02} {month} 2025", f"Number {n:03}. Words of it.", theme="Borders & Visa", keywords="ice, fog")
        for n, (month, day) in enumerate(((m, d) for m in ("March", "April") for d in range(1, 31)), start=1)
    ]
    hostile = news("02 May 2025", f"{WORD}. See {ADDRESS} and {WORD}.", theme="Asylum", keywords=f"ice, {WORD[:100]}")
    hostile += f"\nLink: {SOURCE}"
    world = World(
        tmp_path_factory.mktemp("opened") / "site",
        "\n\n".join([hostile, *items[::-1]]),
        config=f"{CONFIG}\n[feeds]\nkeywords_from = 1\n",
    )
    world.publisher("run", at=NOW)
    world.edit(items[49] + "\n\n", "")
    world.publisher("run", at=NOW)
    return world


def text_of(world: World, kind: str) -> str:
    if kind not in MARKS:
        return (world.feeds / kind).read_text("utf-8")
    pages = (page.read_text("utf-8") for page in sorted(world.feeds.glob("items/2025/*.html")))
    [text] = [text for text in pages if MARKS[kind] in text]
    return text


def opened(
    world: World, kind: str, look: str, *, folder: Path, width_px: int = 0, scheme: str = "light", paper: bool = False
) -> Any:
    """What `look`, the body of a JavaScript function, returns in a page of this kind.

    A frame makes a page as narrow as a phone, which a window cannot be; it tells what it found to the page around it.
    `paper` shows on the screen what is for printing.
    """
    style = (world.feeds / "style.css").read_text("utf-8")
    if paper:
        assert "@media print" in style
        style = style.replace("@media print", "@media all")
    text = re.sub(r'<link rel="stylesheet"[^>]*>', lambda _: f"<style>{style}</style>", text_of(world, kind))
    keep = "found => document.documentElement.dataset.found = JSON.stringify(found)"
    if width_px:
        script = f"<script>onload = () => parent.postMessage((() => {{{look}}})(), '*')</script>"
        frame = f'<iframe src="page.html" style="border:0;width:{width_px}px;height:800px"></iframe>'
        outer = f"<!DOCTYPE html><script>onmessage = told => ({keep})(told.data)</script>{frame}"
    else:
        script = f"<script>onload = () => ({keep})((() => {{{look}}})())</script>"
        outer = ""
    page, start = folder / "page.html", folder / ("frame.html" if outer else "page.html")
    page.write_text(text.replace("</body>", f"{script}</body>"), "utf-8")
    if outer:
        start.write_text(outer, "utf-8")

    dom = chromium(start, "--virtual-time-budget=5000", "--dump-dom", scheme=scheme, profile=folder / "profile")

    found = re.search(r'data-found="([^"]*)"', dom)
    assert found, "the page told nothing"
    return json.loads(html.unescape(found[1]))


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_scrolls_sideways_on_the_narrowest_phone(world: World, kind: str, tmp_path: Path) -> None:
    found = opened(world, kind, OVERFLOWING, folder=tmp_path, width_px=NARROW_PX)

    assert found == {"window": NARROW_PX, "page": NARROW_PX, "wide": []}


@pytest.mark.parametrize("kind", KINDS)
def test_a_keyboard_reaches_every_link_in_order_and_shows_where_it_is(world: World, kind: str, tmp_path: Path) -> None:
    found = opened(world, kind, KEYBOARD, folder=tmp_path)

    stops = found["stops"]
    assert (found["first"], found["target"], found["landed"]) == ("skip", "MAIN", True)
    assert len(stops) == found["links"] > 5
    for stop in stops:
        assert stop["tab"] == 0, stop
        assert stop["is"], stop
        assert stop["after"]["shown"], stop
        assert stop["after"]["ring"] not in ("none", stop["before"]["ring"]), stop
    assert not stops[0]["before"]["shown"], "the skip link is for those who come by keyboard"


def test_the_front_page_shows_every_theme_on_a_phone(world: World, tmp_path: Path) -> None:
    shown = opened(world, "index.html", THEMES_SHOWN, folder=tmp_path, width_px=NARROW_PX)

    assert {"All news", "Borders & Visa", "Asylum"} <= set(shown)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("kind", KINDS)
def test_paper_gets_dark_text_on_white_and_nothing_to_click(
    world: World, kind: str, scheme: str, tmp_path: Path
) -> None:
    found = opened(world, kind, PAPER, folder=tmp_path, scheme=scheme, paper=True)

    assert found["dark"] == (scheme == "dark")
    assert found["boxes"] >= 2
    assert found["shown"] == []
    assert found["paper"] == "rgb(255, 255, 255)"
    assert set(found["inks"]) <= {"rgb(0, 0, 0)", "rgb(51, 51, 51)"}
    if kind == "items/hostile":
        for address in (ADDRESS, SOURCE):
            assert any(address in printed for printed in found["addresses"]), found["addresses"]
