"""Chromium without a window, used as a reader uses it: real keys, real widths, real clicks, and a record of it all.

It is started once for the tests of a module, by the first that asks, and ends with them. It finds nothing beyond this
machine, as it could ask for anything.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from tests.judges import node_module, program

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Page

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
HEIGHT_PX = 800
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--no-first-run",
)
BARRIERS = """
async () => {
  const found = await axe.run({iframes: false, rules: {"frame-tested": {enabled: false}}});
  const told = kind => found[kind].map(rule => [rule.id, rule.nodes.map(node => node.html)]);
  return {passes: found.passes.map(rule => rule.id), barriers: [...told("violations"), ...told("incomplete")]};
}
"""


class Reader:
    """Somebody with one window, which shows one page after the other: a window costs more than most pages do."""

    def __init__(self, context: "BrowserContext") -> None:
        self.asked: list[str] = []
        """Every address a page made the browser ask for, other pages among them."""
        self.complaints: list[str] = []
        """What the browser's console says is wrong."""
        self._context = context
        self._window = context.new_page()
        context.on("request", lambda request: self.asked.append(request.url))
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def open(self, address: str, *, width_px: int = 1280, scheme: Scheme = "light") -> "Page":
        """The window, made as wide, on a page that is loaded."""
        self._window.set_viewport_size({"width": width_px, "height": HEIGHT_PX})
        self._window.emulate_media(media="screen", color_scheme=scheme)
        self._window.goto(address)
        return self._window

    def forget(self) -> None:
        """Leave the page, and everything it opened, for somebody else."""
        for page in self._context.pages:
            if page != self._window:
                page.close()
        self._window.goto("about:blank")
        self.asked.clear()
        self.complaints.clear()

    def _hear(self, message: "ConsoleMessage") -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


def barriers(page: "Page") -> tuple[set[str], list[Any]]:
    """What axe tested and found good; and what it found bad or could not tell, as rules with the elements.

    What a frame shows is a page of its own, to be judged by itself.
    """
    page.evaluate((node_module("axe-core") / "axe.min.js").read_text("utf-8"))
    found = page.evaluate(BARRIERS)
    return set(found["passes"]), found["barriers"]


def address_of(html: str, folder: Path) -> str:
    """Where a page with this text can be opened."""
    page = folder / "page.html"
    page.write_text(html, "utf-8")
    return page.as_uri()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Reader]:
    """The reader of all tests of a module, in the system's Chromium.

    Playwright keeps an event loop running in this thread, beside which no other test could run one of its own.
    """
    path = program("chromium", "chromium-browser", "google-chrome")
    from playwright.sync_api import sync_playwright  # late: a run without a browser need not know it

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            chromium_sandbox=os.geteuid() != 0,  # which root cannot have
            args=ARGUMENTS,
        )
        # Without motion, so that what is scrolled to is there.
        yield Reader(browser.new_context(reduced_motion="reduce"))
        browser.close()


@pytest.fixture
def reader(chromium: Reader) -> Iterator[Reader]:
    """A reader who has seen nothing yet."""
    yield chromium
    chromium.forget()
