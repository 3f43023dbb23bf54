"""An editor's morning in a browser: a held edition is corrected, tested and sent, with the keyboard alone.

The test is run in light and dark mode, on a phone and on a desktop, and checks accessibility.
"""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publisher.serve.web import listening
from tests.browser import SCHEMES, Reader, Scheme, barriers
from tests.editor import DESK, EDITH, OTTO, REVIEWED, WEEKLY, DeskSite
from tests.journey.test_deliver import smtp
from tests.journey.test_forms_browser import FOCUS, SIDEWAYS, WIDTHS_PX
from tests.journey.test_subscribers import read, text_of
from tests.serve.desk.test_edition import FIRST
from tests.serve.desk.test_round_page import CONFIG as PEOPLE_CONFIG
from tests.serve.desk.test_round_page import ROUND, subscribe
from tests.sink import Sink
from tests.visitor import ADA, LISTING, SMTP, path_in
from tests.world import NOW, World, news

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]

UNFOLD = "document.querySelectorAll('details').forEach(each => { each.open = true; })"
MOST_STOPS = 300
"""How many times Tab is pressed on one page at most."""
IS_NO_STOP = "['IFRAME', 'BODY'].includes(document.activeElement.tagName)"
"""Whether the focus is in a frame with a mail, or beyond the end of the page."""


class Walker:
    """An editor who uses only the keyboard."""

    def __init__(self, page: "Page") -> None:
        self.page = page

    def tab_to(self, *, field: str = "", name: str = "") -> None:
        """Press Tab until the focus is on this field, or on the element with this name. The focus must be visible at
        each stop.
        """
        for _ in range(MOST_STOPS):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(IS_NO_STOP):
                continue
            at = self.page.evaluate(FOCUS)
            assert at["isSeen"], at
            if (field and at["field"] == field) or (name and at["name"].replace("\n", "").startswith(name)):
                return
        pytest.fail(f"no stop at {field}{name}")

    def open(self, name: str) -> None:
        """Expand an element of the page."""
        self.tab_to(name=name)
        self.page.keyboard.press("Enter")

    def press(self, name: str) -> None:
        """Move to a button, and press it."""
        self.tab_to(name=name)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def type(self, field: str, text: str) -> None:
        """Move to a field, and replace its text."""
        self.tab_to(field=field)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def look(self, heading: str, *, said: str = "") -> None:
        """Check the page: its heading, that it is no wider than the window, and that it is accessible."""
        assert heading == self.page.inner_text("h1")
        if said:
            assert said == self.page.inner_text("[role=status]")
        assert not self.page.evaluate(SIDEWAYS)
        passed, barred = barriers(self.page)
        assert [] == barred
        assert {"color-contrast", "document-title"} & passed


def publisher(site: DeskSite, verb: str) -> None:
    """Run a command in another thread, because the browser keeps an event loop running in this one."""
    thread = threading.Thread(target=lambda: site.world.publisher(verb, at=site.now))
    thread.start()
    thread.join()


@pytest.fixture
def site(tmp_path: Path, sink: Sink) -> Iterator[tuple[DeskSite, str]]:
    """A site with a held edition, and the address of its desk."""
    world = World(tmp_path / "site", LISTING, config=REVIEWED.replace(SMTP, smtp(sink.port)))
    world.publisher("run", at=NOW)
    site = DeskSite(world)
    with listening(site.app, "127.0.0.1:0", key="test", remedy="none") as host:
        yield site, f"http://{host}"
    site.close()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width_px", WIDTHS_PX)
def test_a_held_edition_is_put_right_tried_and_sent_with_the_keyboard_alone(
    site: tuple[DeskSite, str], sink: Sink, reader: Reader, width_px: int, scheme: Scheme
) -> None:
    desk, address = site
    page = reader.open(f"{address}{WEEKLY}", width_px=width_px, scheme=scheme)
    walker = Walker(page)

    # Sign in by a link in a mail.
    walker.look("Sign in at the desk")
    walker.type("email", EDITH)
    walker.press("Mail me a link")
    walker.look("Look into your mail")
    [letter] = desk.letters()
    page.goto(f"{address}{path_in(letter)}")
    walker.look("Sign in at the desk")
    walker.press("Sign in")
    walker.look(f"{FIRST} waits for you")

    # Its source corrects an item meanwhile.
    desk.world.listing.write_text(LISTING.replace("A new crane arrived.", "A new crane has arrived."), "utf-8")
    desk.now += timedelta(minutes=20)
    publisher(desk, "run")
    page.goto(f"{address}{WEEKLY}")
    walker.look(f"{FIRST} waits for you")
    assert "“A new crane arrived” is now “A new crane has arrived”" in page.inner_text("main")

    # Change a title and the order, move one item to the next edition, write an introduction.
    walker.open("Change title: The quay is longer")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("The quay grows")
    walker.press("Save title: The quay is longer")
    walker.look(f"{FIRST} waits for you", said="“The quay is longer” is now called “The quay grows”.")
    walker.press("Move up: The quay grows")
    walker.look(f"{FIRST} waits for you", said="“The quay grows” is one place further up.")
    walker.press("Next edition: Two cranes were sold")
    walker.look(f"{FIRST} waits for you", said="“Two cranes were sold” is left for the next edition.")
    walker.type("introduction", "Dear reader.")
    walker.press("Save")
    walker.look(f"{FIRST} waits for you", said="Subject and introduction are saved.")

    # Send a test, undo a mistake, and send the edition.
    walker.press("Send me a test")
    walker.look(f"{FIRST} waits for you", said=f"A test is on its way to {EDITH}.")
    walker.press("Leave out: The lock opens at six")
    walker.press("Restore: The lock opens at six")
    walker.look(f"{FIRST} waits for you", said="“The lock opens at six” is back in the edition.")
    walker.open("Send now")
    walker.press("Yes, send it to readers@lists.example.org")
    walker.look("Next edition: Example News", said=f"{FIRST} goes out now.")
    publisher(desk, "deliver")

    test, edition = sink.taken[-2:]
    assert (EDITH,) == test.recipients
    assert ("readers@lists.example.org",) == edition.recipients
    words = text_of(edition)
    order = [
        "Dear reader.",
        "The ferry sails twice a day",
        "The quay grows",
        "A new crane has arrived",
        "The lock opens",
    ]
    assert sorted(order, key=words.index) == order
    assert "Two cranes were sold" not in words
    assert "4 more" in str(read(edition)["Subject"])

    # The acts are recorded; then sign out everywhere.
    page.goto(f"{address}{DESK}/acts")
    walker.look("Who did what")
    assert f"{FIRST} goes out now." in page.inner_text("main")
    walker.press("Sign out")
    walker.look("Sign in at the desk")
    page.goto(f"{address}{WEEKLY}")
    walker.look("Sign in at the desk")
    page.goto(f"{address}{DESK}/in/gone")
    walker.look("This link is not good")
    assert {f"{address}/"} >= {asked[: len(address) + 1] for asked in reader.asked}, "nothing from elsewhere"
    assert [] == [each for each in reader.complaints if "404" not in each]


@pytest.fixture
def subscribed(tmp_path: Path, sink: Sink) -> Iterator[tuple[DeskSite, str]]:
    """A site with a subscriber for whom something is new, and the address of its desk."""
    world = World(tmp_path / "site", LISTING, config=PEOPLE_CONFIG.replace(SMTP, smtp(sink.port)))
    world.publisher("run", at=NOW)
    site = DeskSite(world, at=NOW + timedelta(hours=1))
    subscribe(site.world, ADA, "*=daily", at=site.now)
    world.list_above(news("4 March 2026", "A ferry was sold.", theme="Ferries"))
    world.publisher("run", "--due", at=site.now)
    with listening(site.app, "127.0.0.1:0", key="test", remedy="none") as host:
        yield site, f"http://{host}"
    site.close()


@pytest.mark.parametrize(("width_px", "scheme"), [(320, "dark"), (1280, "light")])
def test_the_next_mails_to_subscribers_are_tried_postponed_and_sent(
    subscribed: tuple[DeskSite, str], sink: Sink, reader: Reader, width_px: int, scheme: Scheme
) -> None:
    desk, address = subscribed
    page = reader.open(f"{address}{desk.link()}", width_px=width_px, scheme=scheme)
    walker = Walker(page)
    walker.press("Sign in")
    walker.look("Next edition")

    page.goto(f"{address}{ROUND}?of-pace=daily")
    walker.look("Next mails to subscribers")
    walker.type("introduction", "Dear reader.")
    walker.press("Save")
    walker.look("Next mails to subscribers", said="Subject and introduction are saved.")
    walker.press("Send me a test")
    walker.look("Next mails to subscribers", said=f"A test is on its way to {EDITH}.")
    walker.tab_to(field="until")
    page.keyboard.press("End")
    walker.press("Postpone")
    walker.look("Next mails to subscribers", said="No mail goes to subscribers until you decide.")
    walker.press("Go on as planned")
    walker.open("Send now")
    walker.press("Yes, send now")
    walker.look("Next mails to subscribers", said="1 mail goes out now.")
    publisher(desk, "deliver")

    test, mail = sink.taken[-2:]
    assert (EDITH,) == test.recipients
    assert (ADA,) == mail.recipients
    assert str(read(test)["Subject"]).startswith("[Test]")
    assert all("Dear reader." in text_of(each) and "A ferry was sold" in text_of(each) for each in (test, mail))


@pytest.mark.parametrize(("width_px", "scheme"), [(320, "light"), (1280, "dark")])
def test_what_is_lost_last_or_discarded_bars_nobody_and_is_put_right_with_the_keyboard_alone(
    site: tuple[DeskSite, str], reader: Reader, width_px: int, scheme: Scheme
) -> None:
    desk, address = site
    page = reader.open(f"{address}{desk.link()}", width_px=width_px, scheme=scheme)
    walker = Walker(page)
    walker.press("Sign in")
    walker.look(f"{FIRST} waits for you")

    # Somebody else discards the edition for which something is typed: it can be copied, and the edition comes back.
    walker.type("introduction", "Dear reader.")
    desk.editor(OTTO).press("discard", WEEKLY)
    walker.press("Save")
    walker.look("Next edition: Example News")
    assert "Nothing was done" in page.inner_text("[role=alert]")
    assert ["Dear reader."] == page.locator(".kept").all_inner_texts()
    walker.press("Restore this edition as it was")
    walker.look(f"{FIRST} waits for you", said=f"{FIRST} is back as it was, and waits until you decide.")

    # Enter in a field saves, and one button saves all that was typed.
    walker.type("subject", "News of the quay")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    walker.look(f"{FIRST} waits for you", said="Subject and introduction are saved.")
    walker.type("subject", "News of the harbour")
    walker.open("Change title: The quay is longer")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("The quay grows")
    walker.press("Leave out: Two cranes were sold")
    walker.look(
        f"{FIRST} waits for you", said="“Two cranes were sold” is left out for good. What you typed is saved, too."
    )
    assert "It is now: News of the harbour" in page.inner_text("main")

    # The last item is left out after a question only.
    while page.locator("main .order:not(.out) > li").count() > 1:
        name = page.locator("main .order:not(.out) > li h3").first.inner_text()
        walker.press(f"Next edition: {name}")
    page.evaluate(UNFOLD)
    walker.look(f"{FIRST} waits for you")
    assert "It is the last item." in page.inner_text("main")
    page.reload()
    walker.open("Leave out: ")
    walker.press("Yes, leave it out")
    walker.look("Next edition: Example News")
    assert f"It was the last item: {FIRST} is not sent." in page.inner_text("[role=status]")
    assert {f"{address}/"} >= {asked[: len(address) + 1] for asked in reader.asked}, "nothing from elsewhere"
    assert [] == [each for each in reader.complaints if "409" not in each]
