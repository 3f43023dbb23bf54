"""The public pages as `publisher serve` serves them, in a browser: with a narrow window, with the keyboard alone,
checked for accessibility, on paper, from page to page by clicks; and in a validator of HTML.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from publisher.serve.public import public_pages
from publisher.serve.web import application, listening
from tests.browser import SCHEMES, Reader, Scheme, barriers
from tests.judges import node_module, run
from tests.world import BASE_URL, CONFIG, NOW, World, news

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

WORD = "Donau" * 60
ADDRESS = f"https://example.org/{WORD}"
SOURCE = "https://example.org/source"
REPORT = f"https://example.org/files/{WORD}.pdf"
KINDS = (
    *("index.html", "404.html", "all/index.html", "all/pages/1.html", "borders-visa/index.html", "keywords/index.html"),
    *("archive/weekly/index.html", "archive/weekly/1.html", "items/plain", "items/hostile", "items/withdrawn"),
)
MARKS = {
    "items/plain": "Number 002.",
    "items/hostile": ADDRESS,
    "items/withdrawn": "This item was withdrawn",
}
"""By kind of page, a text that only pages of this kind contain."""
NARROW_PX = 320
OVERFLOWING = """
() => {
  const root = document.scrollingElement;
  const free = one => !one.closest(".unseen, .skip") && !one.parentElement.closest(".wide");
  const wide = [...document.body.querySelectorAll("*")].filter(one =>
    free(one) && (one.getBoundingClientRect().right > innerWidth || one.getBoundingClientRect().left < 0));
  return {window: innerWidth, page: root.scrollWidth, wide: wide.map(one => one.outerHTML.slice(0, 200))};
}
"""
STOPS = """
() => {
  document.querySelectorAll("details").forEach(one => { one.open = true; });
  window.looks = one => {
    const style = getComputedStyle(one);
    const box = one.getBoundingClientRect();
    const ring = [style.outlineStyle, style.backgroundColor, style.boxShadow];
    const inside = box.top >= 0 && box.bottom <= innerHeight && box.left >= 0 && box.right <= innerWidth;
    return {ring, shown: box.width > 1 && box.height > 1 && style.clipPath === "none", inside};
  };
  window.stops = [...document.querySelectorAll("*")].filter(one => one.tabIndex >= 0);
  return stops.map(one => ({html: one.outerHTML.slice(0, 200), ...looks(one)}));
}
"""
REACHABLE = "document.links.length + document.querySelectorAll('input, summary, [tabindex=\"0\"]').length"
REACHED = "() => ({stop: stops.indexOf(document.activeElement), ...looks(document.activeElement)})"
PAPER = """
() => {
  const boxes = [...document.querySelectorAll(".skip, nav, .aside, .get-it, .follow")];
  const texts = [...document.querySelectorAll("h1, h2, h3, p, dd, main a")].filter(one => one.checkVisibility());
  return {dark: matchMedia("(prefers-color-scheme: dark)").matches, boxes: boxes.length,
    shown: boxes.filter(one => one.checkVisibility()).map(one => one.className || one.tagName),
    paper: getComputedStyle(document.body).backgroundColor,
    inks: [...new Set(texts.map(one => getComputedStyle(one).color))].sort(),
    links: [...document.querySelectorAll("main a")].filter(one => one.checkVisibility()).map(one =>
      one.textContent + getComputedStyle(one, "::after").content)};
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site that is served."""

    world: World
    address: str

    def page(self, kind: str) -> str:
        """Return the path of a page of this kind."""
        if kind not in MARKS:
            return kind
        pages = sorted(self.world.feeds.glob("items/2025/*.html"))
        [page] = [page for page in pages if MARKS[kind] in page.read_text("utf-8")]
        return page.relative_to(self.world.feeds).as_posix()

    def opened(self, reader: Reader, kind: str, *, width_px: int = 1280, scheme: Scheme = "light") -> "Page":
        return reader.open(self.address + self.page(kind), width_px=width_px, scheme=scheme)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with a page of every kind, and with unbreakable words."""
    items = [
        news(f"{day:02} {month} 2025", f"Number {n:03}. Words of it.", theme="Borders & Visa", keywords="ice, fog")
        for n, (month, day) in enumerate(((m, d) for m in ("March", "April") for d in range(1, 31)), start=1)
    ]
    hostile = news("02 May 2025", f"{WORD}. See {ADDRESS} and {WORD}.", theme="Asylum", keywords=f"ice, {WORD[:100]}")
    hostile += f"\nLink: {SOURCE}\nFile: {WORD[:150]} {REPORT}"
    folder = tmp_path_factory.mktemp("opened") / "site"
    website = application(public_pages(folder / "feeds", base_url="http://127.0.0.1/"))
    with listening(website, "127.0.0.1:0", key="test", remedy="none") as host:
        address = f"http://{host}/"
        world = World(
            folder,
            "\n\n".join([hostile, *items[::-1]]),
            config=f"{CONFIG.replace(BASE_URL, address)}\n[feeds]\nkeywords_from = 1\n",
        )
        world.publisher("run", at=NOW)
        world.edit(items[49] + "\n\n", "")
        world.publisher("run", at=NOW)
        yield Site(world=world, address=address)


# --- one page --------------------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("kind", KINDS)
def test_nobody_scrolls_sideways_on_the_narrowest_phone(site: Site, reader: Reader, kind: str) -> None:
    page = site.opened(reader, kind, width_px=NARROW_PX)

    assert page.evaluate(OVERFLOWING) == {"window": NARROW_PX, "page": NARROW_PX, "wide": []}


@pytest.mark.browser
@pytest.mark.parametrize("kind", KINDS)
def test_a_keyboard_reaches_every_link_in_order_and_shows_where_it_is(site: Site, reader: Reader, kind: str) -> None:
    page = site.opened(reader, kind)
    stops = page.evaluate(STOPS)
    assert len(stops) == page.evaluate(REACHABLE) > 5
    assert 'class="skip"' in stops[0]["html"]
    assert not stops[0]["shown"], "the skip link is for those who come by keyboard"

    for number, stop in enumerate(stops):
        page.keyboard.press("Tab")
        reached = page.evaluate(REACHED)
        assert reached["stop"] == number, stop
        assert reached["shown"], stop
        assert reached["inside"], stop
        assert all(now != before for now, before in zip(reached["ring"], stop["ring"], strict=True)), stop


@pytest.mark.browser
@pytest.mark.parametrize("kind", KINDS)
def test_the_first_link_skips_what_every_page_has(site: Site, reader: Reader, kind: str) -> None:
    page = site.opened(reader, kind)

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.tagName") == "MAIN"
    page.keyboard.press("Tab")
    first = "document.querySelector('main a, main ~ * a')"  # not every page has a link in its main part
    assert page.evaluate(f"document.activeElement === {first}")


@pytest.mark.browser
def test_the_front_page_shows_every_theme_on_a_phone(site: Site, reader: Reader) -> None:
    names = site.opened(reader, "index.html", width_px=NARROW_PX).locator("a.name, .menu a").all()

    assert {"All news", "Borders & Visa", "Asylum"} <= {name.inner_text() for name in names if name.is_visible()}


@pytest.mark.browser
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_no_barrier(site: Site, reader: Reader, kind: str, scheme: Scheme) -> None:
    page = site.opened(reader, kind, scheme=scheme)

    passes, found = barriers(page)

    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == (scheme == "dark")
    assert {"color-contrast", "heading-order", "html-has-lang", "link-name"} <= passes
    assert [] == found


@pytest.mark.browser
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("kind", KINDS)
def test_paper_gets_dark_text_on_white_and_nothing_to_click(
    site: Site, reader: Reader, kind: str, scheme: Scheme
) -> None:
    page = site.opened(reader, kind, scheme=scheme)

    page.emulate_media(media="print", color_scheme=scheme)

    found = page.evaluate(PAPER)
    assert found["dark"] == (scheme == "dark")
    assert found["boxes"] >= 2
    assert found["shown"] == []
    assert found["paper"] == "rgb(255, 255, 255)"
    assert set(found["inks"]) <= {"rgb(0, 0, 0)", "rgb(51, 51, 51)"}
    if kind == "items/hostile":
        for address in (ADDRESS, SOURCE, REPORT):
            assert 1 == "\n".join(found["links"]).count(address), found["links"]


# --- from page to page -----------------------------------------------------------------------------------------------


def follow(page: "Page", part: str, name: str) -> str:
    """Click the first link with this name in a part of the page; return the heading of the page that it opens."""
    page.locator(part).get_by_role("link", name=name, exact=True).first.click()
    return page.locator("h1").inner_text()


@pytest.mark.browser
def test_a_visitor_goes_from_the_front_page_to_a_theme_to_an_item_and_back(site: Site, reader: Reader) -> None:
    page = site.opened(reader, "")

    assert "Borders & Visa" == follow(page, ".aside", "Borders & Visa")
    theme = page.url
    assert f"{site.address}borders-visa/index.html" == theme
    assert "Number 060" == follow(page, "main", "Number 060")
    assert "Borders & Visa" == follow(page, ".facts", "Borders & Visa")
    assert theme == page.url
    page.go_back()
    assert "Number 060" == page.locator("h1").inner_text()
    assert "Example News" == follow(page, ".masthead", "Example News")
    assert f"{site.address}index.html" == page.url


@pytest.mark.browser
def test_a_visitor_leafs_back_to_the_first_item(site: Site, reader: Reader) -> None:
    page = site.opened(reader, "")
    assert "All news" == follow(page, ".masthead", "All news")
    seen = page.locator("h3").all_inner_texts()
    assert "Number 001" not in seen

    while (older := page.locator(".pages").get_by_role("link", name="Older", exact=True)).count():
        older.click()
        seen += page.locator("h3").all_inner_texts()

    assert {"Number 001", "Number 060"} <= set(seen)
    assert "Number 050" not in seen, "it was withdrawn"
    assert "All news" == follow(page, ".pages", "Newer")
    assert f"{site.address}all/index.html" == page.url


@pytest.mark.browser
def test_a_visitor_finds_past_digests_and_their_items(site: Site, reader: Reader) -> None:
    page = site.opened(reader, "")

    assert "Past digests" == follow(page, ".aside", "All digests")
    page.locator("main .rows").get_by_role("link").last.click()
    assert f"{site.address}archive/weekly/1.html" == page.url
    assert "Number 060" == follow(page, "main", "Number 060")
    page.go_back()
    assert "Past digests" == follow(page, ".crumbs", "Past digests")


@pytest.mark.browser
def test_an_address_that_is_none_leads_back_from_any_depth(site: Site, reader: Reader) -> None:
    page = reader.open(f"{site.address}no/such/page")
    assert "There is no such page" == page.locator("h1").inner_text()

    follow(page, "main", "Themes and their feeds")

    assert f"{site.address}index.html#themes" == page.url
    assert page.locator("#themes").bounding_box()["y"] < 800  # type: ignore[index]  # it has a box


@pytest.mark.browser
def test_no_page_asks_anybody_else_for_anything_or_complains(site: Site, reader: Reader) -> None:
    kinds = [kind for kind in KINDS if kind != "404.html"]

    for kind in kinds:
        site.opened(reader, kind)

    assert len(reader.asked) >= 2 * len(kinds), "pages have a style"
    assert {urlsplit(site.address).netloc} == {urlsplit(address).netloc for address in reader.asked}
    # the browser reports the status of the one withdrawn page, and nothing else
    assert ["Failed to load resource: the server responded with a status of 410 (GONE)"] == reader.complaints


# --- the source of every page ----------------------------------------------------------------------------------------


def test_html_validate_says_nothing(site: Site) -> None:
    judge = node_module("html-validate") / "bin" / "html-validate.mjs"
    rules = site.world.folder / "rules.json"
    rules.write_text(json.dumps({"root": True, "extends": ["html-validate:recommended"]}), "utf-8")
    pages = [site.world.feeds / site.page(kind) for kind in KINDS]

    said = run(["node", judge, "--config", rules, "--formatter", "json", *pages], may_fail=True)

    messages = [message for file in json.loads(said) for message in file["messages"]]
    assert [] == [(message["line"], message["ruleId"], message["message"]) for message in messages]
