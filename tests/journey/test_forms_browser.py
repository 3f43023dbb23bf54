"""The whole life of a subscription in a browser: subscribe, confirm by the link in the mail, change, pause, leave,
undo; and what a fresh link allows: see one's data, change the address, erase everything.

The test uses the keyboard alone, in light and dark mode, on a phone and on a desktop, and checks accessibility.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publisher.model.subscribers import EVERYTHING
from publisher.serve.web import listening
from tests.browser import SCHEMES, Reader, Scheme, address_of, barriers
from tests.visitor import ADA, BEN, FORMS_CONFIG, LISTING, FormSite, path_in
from tests.world import NOW, World

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]

WIDTHS_PX = (320, 1280)
MOST_STOPS = 80
"""How many times Tab is pressed on one page at most."""
MANY_PACES = """
paces = { hourly = "0 * * * *", daily = "0 8 * * *", twice-a-week = "0 8 * * MON,THU", weekly = "0 8 * * MON",
monthly = "0 8 1 * *", quarterly = "0 8 1 1,4,7,10 *" }
""".replace("\n", " ")
THEME_WIDTHS_PX = "[...document.querySelectorAll('.paces tbody th')].map(each => each.getBoundingClientRect().width)"
EDGES = """
() => {
  const paper = getComputedStyle(document.body).backgroundColor;
  const isSeen = link => getComputedStyle(link).borderBottomColor !== paper;
  return [...document.querySelectorAll(".menu a")].map(link => [link.hasAttribute("aria-current"), isSeen(link)]);
}
"""
"""Returns, for each place of the menu, whether it is the current one, and whether its edge is visible."""
SIDEWAYS = "document.scrollingElement.scrollWidth > innerWidth"
FOCUS = """
() => {
  const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
  const isSeen = box.width > 1 && (style.outlineStyle !== "none" || style.boxShadow !== "none");
  return {name: (one.innerText || one.value || "").trim(), field: one.name || "", value: one.value || "", isSeen};
}
"""


class Walker:
    """A person who uses only the keyboard."""

    def __init__(self, page: "Page", site: FormSite) -> None:
        self.page = page
        self.site = site
        self.judged: list[str] = []

    def tab_to(self, *, field: str = "", value: str = "", name: str = "") -> None:
        """Press Tab until the focus is on this field, or on the element with this name. The focus must be visible at
        each stop.
        """
        for _ in range(MOST_STOPS):
            self.page.keyboard.press("Tab")
            at = self.page.evaluate(FOCUS)
            assert at["isSeen"], at
            is_field = bool(field) and at["field"] == field and value in ("", at["value"])
            if is_field or (name and at["name"] == name):
                return
        pytest.fail(f"no stop at {field}{name}")

    def press(self, name: str) -> None:
        """Move to a button, and press it."""
        self.tab_to(name=name)
        self.site.now += timedelta(seconds=30)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def look(self, heading: str) -> None:
        """Check the page: its heading, that it is no wider than the window, and that it is accessible."""
        assert heading == self.page.inner_text("h1")
        assert not self.page.evaluate(SIDEWAYS)
        passed, barred = barriers(self.page)
        assert [] == barred
        assert {"color-contrast", "label", "document-title"} & passed
        self.judged.append(heading)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("walk") / "made", LISTING, config=FORMS_CONFIG)
    world.publisher("run", at=NOW)
    return world


@pytest.fixture
def site(made: World, tmp_path: Path) -> Iterator[tuple[FormSite, str]]:
    """A site for one test, and the address at which it is served."""
    site = FormSite(made.copied_to(tmp_path / "site"))
    with listening(site.app, "127.0.0.1:0", key="test", remedy="none") as host:
        yield site, f"http://{host}"
    site.close()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width_px", WIDTHS_PX)
def test_a_whole_life_with_the_keyboard_alone(
    site: tuple[FormSite, str], reader: Reader, width_px: int, scheme: Scheme
) -> None:
    forms, address = site
    page = reader.open(f"{address}/-/subscribe", width_px=width_px, scheme=scheme)
    walker = Walker(page, forms)

    # Subscribe, first with a mistake.
    walker.look("Get it by mail")
    walker.tab_to(field="email")
    page.keyboard.type("ada@example")
    walker.press("Mail me a link to confirm")
    walker.look("Get it by mail")
    assert page.title().startswith("Error: ")
    assert page.is_visible("#email-problem")
    walker.tab_to(field="email")
    page.keyboard.press("Control+A")
    page.keyboard.type(ADA)
    walker.tab_to(field="what", value="everything")
    page.keyboard.press("ArrowDown")
    assert page.is_visible("table.paces")
    assert not page.is_visible("fieldset.whole")
    walker.look("Get it by mail")
    walker.tab_to(field="theme.cranes")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    walker.tab_to(field="theme.ferries")
    page.keyboard.press("ArrowRight")
    walker.press("Mail me a link to confirm")
    walker.look("Look into your mail")

    # Confirm by the link in the mail.
    [letter] = forms.letters()
    page = reader.open(f"{address}{path_in(letter)}", width_px=width_px, scheme=scheme)
    walker.look("Do you want these mails?")
    walker.press("Yes, send me these mails")
    walker.look("You are subscribed")
    assert {"ferries": "daily", "cranes": "weekly"} == choices(forms)

    # Change, and pause.
    walker.tab_to(name="Change themes, pace or language")
    page.keyboard.press("Enter")
    page.wait_for_url("**/-/mine/**")
    walker.look("Your mails")
    walker.tab_to(field="theme.*")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    walker.tab_to(field="until")
    page.keyboard.type("04012026")
    walker.press("Save")
    walker.look("Your mails")
    assert "Saved." in page.inner_text("[role=status]")
    assert "before Wednesday 1 April 2026" in page.inner_text(".lede")
    assert {EVERYTHING: "weekly", "ferries": "daily"} == choices(forms)
    walker.press("Go on now")
    assert "the next mail can come on" in page.inner_text(".lede")

    # Unsubscribe, and undo it.
    walker.press("Unsubscribe from everything")
    walker.look("You are unsubscribed")
    assert {} == choices(forms)
    walker.press("Undo")
    walker.look("You get the mails again")
    assert {EVERYTHING: "weekly", "ferries": "daily"} == choices(forms)

    page = reader.open(f"{address}/-/mine/gone", width_px=width_px, scheme=scheme)
    walker.look("This link is no longer good")
    assert {f"{address}/"} >= {asked[: len(address) + 1] for asked in reader.asked}, "nothing from elsewhere"
    assert [] == [each for each in reader.complaints if "404" not in each and "400" not in each]


def choices(site: FormSite) -> dict[str, str]:
    with site.world.store() as store:
        ada = store.people.subscribers.by_address(ADA)
    return ada.choices if ada else {}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width_px", WIDTHS_PX)
def test_data_request_new_address_and_erasure_work_with_the_keyboard_alone(
    site: tuple[FormSite, str], reader: Reader, width_px: int, scheme: Scheme
) -> None:
    forms, address = site
    mine = forms.subscribe(what="everything", pace="weekly")
    page = reader.open(f"{address}/-/link", width_px=width_px, scheme=scheme)
    walker = Walker(page, forms)

    def open_letter(to: str) -> None:
        [letter] = [each for each in forms.letters() if each["To"] == to]
        reader.open(f"{address}{path_in(letter)}", width_px=width_px, scheme=scheme)

    # Ask for a link, first with a mistake.
    walker.look("A new link to your mails")
    walker.tab_to(field="email")
    page.keyboard.type("ada@example")
    walker.press("Mail me a new link")
    assert page.title().startswith("Error: ")
    walker.look("A new link to your mails")
    walker.tab_to(field="email")
    page.keyboard.press("Control+A")
    page.keyboard.type(ADA)
    walker.press("Mail me a new link")
    walker.look("Look into your mail")

    # See the data that is held.
    open_letter(ADA)
    walker.look("Your mails")
    walker.press("My data, another address, erase")
    walker.look("Your data")
    walker.tab_to(name="Download")
    with page.expect_download() as coming:
        page.keyboard.press("Enter")
    held = json.loads(Path(coming.value.path()).read_text("utf-8"))
    assert ADA == held["address"]

    # Change the address, first with a mistake.
    walker.tab_to(field="email")
    page.keyboard.type(ADA)
    walker.press("Mail a link to the new address")
    assert page.title().startswith("Error: ")
    walker.look("Your data")
    walker.tab_to(field="email")
    page.keyboard.press("Control+A")
    page.keyboard.type(BEN)
    walker.press("Mail a link to the new address")
    walker.look("Look into your mail")
    open_letter(BEN)
    walker.look("Your mails at this address?")
    walker.press("Yes, send my mails here")
    walker.look("Your mails")
    assert "Your mails go to this address from now on." in page.inner_text("[role=status]")

    # Unsubscribe, and undo it on the reader's own page.
    walker.press("Unsubscribe from everything")
    page = reader.open(f"{address}{mine}", width_px=width_px, scheme=scheme)
    walker.look("Your mails")
    assert "gets nothing at present" in page.inner_text(".lede")
    walker.press("Undo unsubscribing")
    walker.look("You get the mails again")

    # Erase everything, after going back once.
    page = reader.open(f"{address}{mine}", width_px=width_px, scheme=scheme)
    walker.press("Mail me the link")
    walker.look("Look into your mail")
    open_letter(BEN)
    walker.press("My data, another address, erase")
    walker.press("Erase everything…")
    walker.look("Erase everything?")
    walker.press("Back")
    walker.look("Your data")
    walker.press("Erase everything…")
    walker.tab_to(field="never")
    page.keyboard.press("Space")
    walker.press("Erase everything")
    walker.look("All is erased")
    with forms.world.store() as store:
        assert [None, None] == [store.people.subscribers.by_address(each) for each in (ADA, BEN)]
        assert 1 == len(store.people.suppressions.of(BEN))
    assert {f"{address}/"} >= {asked[: len(address) + 1] for asked in reader.asked}, "nothing from elsewhere"
    assert [] == [each for each in reader.complaints if "400" not in each]


@pytest.mark.parametrize("width_px", [320, 640, 1280])
def test_many_paces_leave_room_for_the_names_of_themes(
    made: World, tmp_path: Path, reader: Reader, width_px: int
) -> None:
    world = made.copied_to(tmp_path / "paces")
    world.configure("[subscribers]", f"[subscribers]\n{MANY_PACES}")
    forms = FormSite(world)
    with listening(forms.app, "127.0.0.1:0", key="test", remedy="none") as host:
        page = reader.open(f"http://{host}/-/subscribe?theme=ferries", width_px=width_px)
        Walker(page, forms).look("Get it by mail")

        assert min(page.evaluate(THEME_WIDTHS_PX)) > 0.7 * min(width_px, 640)
        assert page.is_visible("td:has-text('Quarterly')")
    forms.close()


def test_the_menu_marks_the_current_place_where_the_system_replaces_colours(
    site: tuple[FormSite, str], reader: Reader
) -> None:
    _, address = site
    page = reader.open(f"{address}/-/subscribe")

    page.emulate_media(forced_colors="active")
    edges = page.evaluate(EDGES)
    page.emulate_media(forced_colors="none")

    assert [True] == [is_seen for is_current, is_seen in edges if is_current]
    assert {False} == {is_seen for is_current, is_seen in edges if not is_current}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_letter_is_no_wider_than_a_phone(made: World, tmp_path: Path, reader: Reader, scheme: Scheme) -> None:
    """A title may have a word that is longer than a line."""
    world = made.copied_to(tmp_path / "long")
    world.configure('title = "Example News"', f'title = "{"Harbour" * 9}"')
    forms = FormSite(world)
    forms.submit("/-/subscribe", {"email": ADA})
    [letter] = forms.letters()
    body = letter.get_body(("html",))
    assert body is not None

    page = reader.open(address_of(body.get_content(), tmp_path), width_px=320, scheme=scheme)

    assert not page.evaluate(SIDEWAYS)
    assert [] == barriers(page)[1]
    forms.close()
