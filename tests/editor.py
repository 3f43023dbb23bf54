"""A site with an editors' desk, and editors who sign in there and press buttons."""

import email
import email.policy
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from email.message import EmailMessage
from html import unescape
from pathlib import Path

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from publisher.app import Publisher
from publisher.serve.desk.list_tasks import ListTasks
from publisher.serve.desk.part import desk_pages
from publisher.serve.public import public_pages
from publisher.serve.source_watch import SourceWatch
from publisher.serve.web import application
from tests.visitor import LISTING, SMTP
from tests.world import BASE_URL, CONFIG, NOW, World, prepared

EDITH, OTTO = "edith@example.org", "otto@example.org"
PEOPLE = f'\n[desk]\npeople = ["{EDITH}", "{OTTO}"]\n'
DESK_CONFIG = CONFIG.replace('language = "en"', 'language = "en"\nlanguages = ["fr"]') + PEOPLE + SMTP
REVIEWED = DESK_CONFIG.replace('\nto = "readers@lists', '\nreview = "2h"\nto = "readers@lists')
DESK = "/-/desk"
WEEKLY = f"{DESK}/edition/weekly"


class DeskSite:
    """A site with an editors' desk, and its clock."""

    def __init__(self, world: World, *, at: datetime = NOW, tasks: ListTasks | None = None) -> None:
        self.world = world
        self.now = at
        self._opened = ExitStack()
        self._opened_at: datetime | None = None
        self.woken = 0
        self.watch = SourceWatch()
        desk = desk_pages(self.open, base_url=BASE_URL, on_act=self._wake, watch=self.watch, tasks=tasks or ListTasks())
        self.app = application(desk, public_pages(world.feeds, base_url=BASE_URL))

    def open(self) -> Publisher:
        """Return the site at this moment."""
        if self._opened_at != self.now:
            self._opened.close()
            self.publisher = self._opened.enter_context(self.world.opened(self.now))
            self._opened_at = self.now
        return self.publisher

    def close(self) -> None:
        self._opened.close()

    def browser(self) -> FlaskClient:
        """Return a browser that is not signed in."""
        return self.app.test_client()

    def letters(self) -> list[EmailMessage]:
        """Return the letters that were queued since the last call."""
        with self.world.store() as store:
            claimed = store.mail.ledger.claim(100, max_age=timedelta(days=4), now=self.now)
            return [
                email.message_from_bytes(mail, EmailMessage, policy=email.policy.default)
                for mail in store.mail.ledger.letters(claimed).values()
            ]

    def link(self, person: str = EDITH) -> str:
        """Return the path of a sign-in link, as the command prints it."""
        return f"/{self.open().desk.new_link(person).removeprefix(BASE_URL)}"

    def editor(self, person: str = EDITH) -> "Editor":
        """Return an editor who is signed in."""
        browser = self.browser()
        assert 303 == browser.post(self.link(person)).status_code
        return Editor(browser)

    def _wake(self) -> None:
        self.woken += 1


class Editor:
    """A person who is signed in at the desk."""

    def __init__(self, browser: FlaskClient) -> None:
        self.browser = browser

    def look(self, path: str = DESK) -> str:
        """Return the text of a page that exists."""
        shown = self.browser.get(path)
        assert 200 == shown.status_code, shown.status
        return shown.text

    def press(self, do: str, path: str = DESK, /, **fields: str) -> TestResponse:
        """Load the page at `path`, fill in fields and press the button `do`; return the answer."""
        return self.send(hidden_in(self.look(path)), do, path, **fields)

    def send(self, hidden: Mapping[str, str], do: str, path: str = DESK, /, **fields: str) -> TestResponse:
        """Press a button of a page that was loaded before, with its hidden fields."""
        return self.browser.post(path, data={**hidden, **fields, "do": do}, buffered=True)

    def said(self, answer: TestResponse) -> str:
        """Return the sentence about what was done, on the page to which an answer redirects."""
        assert 303 == answer.status_code, answer.text
        shown = self.look(answer.location)
        found = re.search(r'<p class="note done" role="status"><strong>(.*?)</strong>', shown, re.DOTALL)
        return unescape(found[1]) if found else ""


def text_of(page: str) -> str:
    """Return the text of a page, on one line."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def hidden_in(page: str) -> dict[str, str]:
    """Return the hidden fields of a page, which all its forms share."""
    found = re.findall(r'<input type="hidden" name="(token|state)" value="([^"]*)">', page)
    return {name: unescape(value) for name, value in found}


def fields_in(page: str) -> dict[str, str]:
    """Return what a browser would send from a page: its hidden fields, and the texts in its fields."""
    found = dict(re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.DOTALL))
    for tag in re.findall(r"<input [^>]*>", page):
        name, value = (re.search(rf' {each}="([^"]*)"', tag) for each in ("name", "value"))
        if name and value and 'type="file"' not in tag:
            found[name[1]] = value[1]
    return {name: unescape(value) for name, value in found.items()}


@contextmanager
def desk_site(folder: Path, *, config: str = DESK_CONFIG, listing: str = LISTING) -> Iterator[DeskSite]:
    """Yield a site with some news and a desk, at `NOW`."""
    site = DeskSite(prepared(folder, _make, config, listing))
    yield site
    site.close()


def _make(folder: Path, config: str, listing: str) -> World:
    world = World(folder, listing, config=config)
    world.publisher("run", at=NOW)
    return world
