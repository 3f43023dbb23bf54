"""Headless Chromium, used as a person uses a browser, with real keys, widths and clicks. It records all requests.

The browser is started once per test module, by the first test that needs it, and ends with the module. It cannot reach
other machines.
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
    """A person with one browser window. All pages use it, because opening a window costs more than loading a page."""

    def __init__(self, context: "BrowserContext") -> None:
        self.asked: list[str] = []
        """Every address that the browser requested, for all pages."""
        self.complaints: list[str] = []
        """Errors and warnings in the browser's console."""
        self._context = context
        self._window = context.new_page()
        context.on("request", lambda request: self.asked.append(request.url))
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def open(self, address: str, *, width_px: int = 1280, scheme: Scheme = "light") -> "Page":
        """Return the window with this width and a loaded page."""
        self._window.set_viewport_size({"width": width_px, "height": HEIGHT_PX})
        self._window.emulate_media(media="screen", color_scheme=scheme)
        self._window.goto(address)
        return self._window

    def forget(self) -> None:
        """Leave the page and close everything it opened, for the next test."""
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
    """Return the rules that the accessibility engine axe checked and found kept, and the elements for which a rule is
    broken or could not be decided.

    The content of a frame is checked as a page of its own.
    """
    page.evaluate((node_module("axe-core") / "axe.min.js").read_text("utf-8"))
    found = page.evaluate(BARRIERS)
    return set(found["passes"]), found["barriers"]


def address_of(html: str, folder: Path) -> str:
    """Return an address at which a page with this text can be opened."""
    page = folder / "page.html"
    page.write_text(html, "utf-8")
    return page.as_uri()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Reader]:
    """The browser of all tests of a module, in the system's Chromium.

    Playwright keeps an event loop running in this thread, so no other test in the thread can run one.
    """
    path = program("chromium", "chromium-browser", "google-chrome")
    from playwright.sync_api import sync_playwright  # late: most test runs need no browser

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            chromium_sandbox=os.geteuid() != 0,  # root cannot use the sandbox
            args=ARGUMENTS,
        )
        # without animations, so that scrolling is immediate
        yield Reader(browser.new_context(reduced_motion="reduce"))
        browser.close()


@pytest.fixture
def reader(chromium: Reader) -> Iterator[Reader]:
    """The module's browser, in which no page is open yet."""
    yield chromium
    chromium.forget()
