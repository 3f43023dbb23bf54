"""A site with forms, and visitors who fill them in."""

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

from publisher.admin.reception import Reception
from publisher.serve.forms.part import form_pages
from publisher.serve.public import public_pages
from publisher.serve.web import application
from tests.routes import share_routes
from tests.world import BASE_URL, CONFIG, NOW, World, news

ADA, BEN = "ada@example.org", "ben@example.org"
SMTP = """
[smtp]
host = "127.0.0.1"
security = "none"
"""
SUBSCRIBERS = """
[subscribers]
from = "Harbour news <news@example.org>"
privacy_url = "https://example.org/privacy"
postal_address = "Quay 1, 1000 Brussels"
"""
FORMS_CONFIG = CONFIG.replace('language = "en"', 'language = "en"\nlanguages = ["fr"]') + SUBSCRIBERS + SMTP
LISTING = "\n\n".join(
    [
        news("3 March 2026", "The ferry sails twice a day.", theme="Ferries"),
        news("2 February 2026", "A new crane arrived.", theme="Cranes"),
        news("5 January 2026", "The ferry is painted.", theme="Ferries"),
        news("1 December 2025", "The lock opens at six.", theme="Ferries"),
        news("3 November 2025", "Two cranes were sold."),
        news("6 October 2025", "The quay is longer.", theme="Cranes"),
    ]
)
share_routes()

READING = timedelta(seconds=30)
"""How long a visitor takes to fill in a form."""


class FormSite:
    """A site with subscribers, its forms, and a clock."""

    def __init__(self, world: World, *, at: datetime = NOW) -> None:
        self.world = world
        self.now = at
        self.asked_for_letters = 0
        self._opened = ExitStack()
        self._opened_at: datetime | None = None
        pages = public_pages(world.feeds, base_url=BASE_URL)
        forms = form_pages(self.reception, base_url=BASE_URL, on_letter=self._count_letter, later=lambda work: work())
        self.app = application(forms, pages)

    def reception(self) -> Reception:
        """Return the site's forms at this moment."""
        if self._opened_at != self.now:
            self._opened.close()
            self.publisher = self._opened.enter_context(self.world.opened(self.now))
            self._opened_at = self.now
        return self.publisher.reception

    def close(self) -> None:
        self._opened.close()

    def visitor(self) -> FlaskClient:
        return self.app.test_client()

    def submit(self, path: str, fields: Mapping[str, str], *, address: str = "192.0.2.1") -> TestResponse:
        """Read the form at `path`, fill it in and send it; return the answer."""
        visitor = self.visitor()
        shown = visitor.get(path)
        self.now += READING
        filled = {"stamp": stamp_of(shown), **fields}
        return visitor.post(path, data=filled, environ_overrides={"REMOTE_ADDR": address}, buffered=True)

    def letters(self) -> list[EmailMessage]:
        """Return the letters that were queued since the last call."""
        self.reception()
        with self.world.store() as store:
            claimed = store.mail.ledger.claim(100, max_age=timedelta(days=4), now=self.now)
            return [
                email.message_from_bytes(mail, EmailMessage, policy=email.policy.default)
                for mail in store.mail.ledger.letters(claimed).values()
            ]

    def subscribe(self, address: str = ADA, **fields: str) -> str:
        """Subscribe as a visitor does; return the path of the subscriber's own page."""
        self.submit("/-/subscribe", {"email": address, **fields})
        [letter] = self.letters()
        answer = self.visitor().post(path_in(letter))
        assert 303 == answer.status_code
        return str(answer.location).replace("/welcome/", "/mine/")

    def stop_path(self, mine: str) -> str:
        """Return the path to unsubscribe for the subscriber whose own page is at `mine`."""
        [path] = {*re.findall(r'action="(/-/stop/[^"]+)"', self.visitor().get(mine).text)}
        return str(path)

    def _count_letter(self) -> None:
        self.asked_for_letters += 1


@contextmanager
def form_site(folder: Path, *, config: str = FORMS_CONFIG) -> Iterator[FormSite]:
    """Yield a site with some news, at `NOW`."""
    world = World(folder, LISTING, config=config)
    world.publisher("run", at=NOW)
    site = FormSite(world)
    yield site
    site.close()


def stamp_of(shown: TestResponse) -> str:
    """Return the stamp of a form, or an empty string if it has none."""
    found = re.search(r'name="stamp" value="([^"]+)"', shown.text)
    return unescape(found[1]) if found else ""


def path_in(letter: EmailMessage) -> str:
    """Return the path of the link in a letter."""
    body = letter.get_body(("plain",))
    assert body is not None
    [path] = {*re.findall(rf"{re.escape(BASE_URL)}(-/\S+)", body.get_content())}
    return f"/{path}"
