"""The desk's pages of sources, mails and subscribers in a browser: a source's held listing is released, and mistakes
are undone.

The test uses the keyboard alone, in light and dark mode, on a phone and on a desktop, and checks accessibility.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from publisher.serve.web import listening
from tests.browser import SCHEMES, Reader, Scheme, barriers
from tests.busy_desk import CYD, LATER, busy_site
from tests.editor import DESK, DeskSite

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]

WIDTHS_PX = (320, 1280)
MOST_STOPS = 120
"""How many times Tab is pressed on one page at most."""
SIDEWAYS = "document.scrollingElement.scrollWidth > innerWidth"
UNFOLD = "document.querySelectorAll('details').forEach(each => { each.open = true; })"
FOCUS = r"""
() => {
  const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
  const isSeen = box.width > 1 && (style.outlineStyle !== "none" || style.boxShadow !== "none");
  return {name: (one.textContent || one.value || "").replace(/\s+/g, " ").trim(), field: one.name || "", isSeen};
}
"""


class Walker:
    """A signed-in editor who uses only the keyboard."""

    def __init__(self, page: "Page", address: str) -> None:
        self.page = page
        self._address = address

    def go(self, path: str) -> None:
        self.page.goto(f"http://{self._address}{path}")

    def tab_to(self, *, name: str = "", field: str = "") -> None:
        """Press Tab until the focus is on this field, or on an element whose name begins with `name`. The focus must be
        visible at each stop.
        """
        for _ in range(MOST_STOPS):
            self.page.keyboard.press("Tab")
            at = self.page.evaluate(FOCUS)
            assert at["isSeen"], at
            if (field and at["field"] == field) or (name and at["name"].startswith(name)):
                return
        pytest.fail(f"no stop at {field}{name}")

    def press(self, name: str) -> str:
        """Move to a button, and press it; return the sentence about what was done."""
        self.tab_to(name=name)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        return self.page.inner_text('[role="status"]')

    def unfold(self, name: str) -> None:
        self.tab_to(name=name)
        self.page.keyboard.press("Enter")

    def fill(self, field: str, text: str) -> None:
        self.tab_to(field=field)
        self.page.keyboard.type(text)


@pytest.fixture(scope="module", autouse=True)
def _made(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Make the site before a browser is started, because the browser's event loop prevents deliveries."""
    with busy_site(tmp_path_factory.mktemp("made") / "site"):
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DeskSite]:
    with busy_site(tmp_path / "site") as site:
        yield site


@pytest.fixture
def address(site: DeskSite) -> Iterator[str]:
    with listening(site.app, "127.0.0.1:0", key="service.listen", remedy="another") as address:
        yield address


def sign_in(site: DeskSite, reader: Reader, address: str, *, width_px: int, scheme: Scheme) -> Walker:
    page = reader.open(f"http://{address}{urlsplit(site.link()).path}", width_px=width_px, scheme=scheme)
    walker = Walker(page, address)
    walker.tab_to(name="Sign in")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    return walker


@pytest.mark.parametrize("width_px", WIDTHS_PX)
def test_an_accident_is_released_and_mistakes_are_undone_with_the_keyboard_alone(
    site: DeskSite, reader: Reader, address: str, width_px: int
) -> None:
    walker = sign_in(site, reader, address, width_px=width_px, scheme="light")

    walker.go(f"{DESK}/sources")
    assert "21 items disappear from feeds and pages" in walker.page.inner_text("main")
    assert walker.press("Accept").startswith("Accepted: 21 withdrawn.")
    site.world.publisher("publish", at=LATER)
    assert 4 == len(site.world.summaries("buoys"))

    walker.unfold("Or choose among the latest items")
    walker.unfold("Hide: The ferry sails twice a day")
    walker.fill("reason", "named twice")
    assert walker.press("Yes, hide it").startswith("Hidden.")
    assert "The ferry sails twice a day." not in site.world.summaries("all")
    assert "named twice" in walker.page.inner_text("main")
    assert walker.press("Show again: The ferry sails").startswith("Shown again")
    assert "The ferry sails twice a day." in site.world.summaries("all")

    walker.go(f"{DESK}/sent")
    assert walker.press("Pause all mails") == "All mails wait until you let them go on."
    assert walker.press("Let all mails go on") == "All mails go on."
    walker.unfold("Take back: weekly-1")
    assert walker.press("Yes, take back 1 mail") == "weekly-1: 1 mail is taken back."

    walker.go(f"{DESK}/people")
    walker.fill("address", CYD)
    walker.tab_to(name="Show")
    with walker.page.expect_navigation():
        walker.page.keyboard.press("Enter")
    assert "cy…@example.org" == walker.page.inner_text("h1")
    assert CYD not in walker.page.url
    walker.unfold("End all subscriptions")
    assert walker.press("Yes, end them").startswith("All subscriptions are ended")
    assert [] == reader.complaints


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width_px", WIDTHS_PX)
def test_nothing_on_these_pages_bars_anybody(
    site: DeskSite, reader: Reader, address: str, width_px: int, scheme: Scheme
) -> None:
    walker = sign_in(site, reader, address, width_px=width_px, scheme=scheme)
    for path in ("sources", "sent", "people", "people/3", "people/import", "sources?language=fr", "sent?language=fr"):
        walker.go(f"{DESK}/{path}")
        walker.page.evaluate(UNFOLD)

        assert not walker.page.evaluate(SIDEWAYS), path
        passed, barred = barriers(walker.page)
        assert [] == barred, path
        assert {"color-contrast", "label", "document-title"} & passed
    assert [] == reader.complaints
