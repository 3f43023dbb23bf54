"""Addresses of subscribers are stored and sent only where necessary. Everything that a site writes is searched for
them.
"""

import io
import logging
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from html import unescape
from pathlib import Path

import pytest

from tests.deliver.test_bounces import POSTFIX, report
from tests.journey.test_deliver import smtp
from tests.journey.test_subscribers import BOTH, MORE, THURSDAY, people
from tests.smtp_server import Say, Server, Step, smtp_server
from tests.visitor import FORMS_CONFIG, LISTING, SMTP, FormSite, form_site, path_in
from tests.world import NOW, Outcome, World

pytestmark = pytest.mark.slow

DOMAIN = "readers.example"
STAYS, LEAVES, MOVES, NEVER, GONE, COMES_BACK, ERASES, COMPLAINS = (
    f"{name}.lovelace@{DOMAIN}"
    for name in ("stays", "leaves", "moves", "never", "gone", "comesback", "erases", "complains")
)
NEW = f"moved.lovelace@other.{DOMAIN}"
EVERYBODY = (STAYS, LEAVES, MOVES, NEVER, GONE, COMES_BACK, ERASES, COMPLAINS, NEW)
CONFIG = FORMS_CONFIG.replace(SMTP, "") + '\n[notices]\nto = "The operator <ops@example.org>"\n'
PIXEL = re.compile(r"<(?:img|iframe|object|embed|script|link|video|audio|source)\b[^>]*>", re.IGNORECASE)


class Told:
    """Everything that the site writes, except mails and pages for the subscriber himself."""

    def __init__(self) -> None:
        self.parts: list[tuple[str, str]] = []

    def add(self, where: str, text: str) -> None:
        self.parts.append((where, text))

    def leaks(self) -> list[str]:
        """Return where an address was found, with the text around it."""
        return [
            f"{where}: {text[max(found.start() - 100, 0) : found.end() + 60]!r}"
            for where, text in self.parts
            for found in re.finditer(rf"lovelace|{re.escape(DOMAIN)}", text)
            if not re.search(r"\w{1,2}…@\S*$", text[max(found.start() - 20, 0) : found.end()])
        ]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def server() -> Iterator[Server]:
    with smtp_server() as server:
        # replies of mail servers repeat addresses
        no = Say(f"550 5.1.1 <{GONE}>: Recipient address rejected")
        later = Say(f"451 4.2.0 <{STAYS}>: greylisted")
        server.script += [Step("RCPT", no, about=GONE, times=9), Step("RCPT", later, about=STAYS)]
        yield server


class Life:
    """A site with subscribers, and everything that it writes."""

    def __init__(self, world: World, told: Told) -> None:
        self.world = world
        self.told = told
        self.site = FormSite(world)

    def run(self, verb: str, *arguments: str, at: datetime) -> Outcome:
        """Run a command with logging at every level."""
        outcome = self.world.publisher(verb, *arguments, at=at)
        self.told.add(f"{verb} {' '.join(arguments)}", outcome.out + outcome.err)
        return outcome

    def page(self, path: str) -> str:
        """Load a page."""
        text = self.site.visitor().get(path).text
        self.told.add(f"page {path[:12]}", text)
        return text

    def post(self, path: str, **fields: str) -> str:
        """Press a button of a page; return the address it redirects to."""
        answer = self.site.visitor().post(path, data=fields, buffered=True)
        self.told.add(f"answer {path[:12]}", answer.text)
        if answer.location:
            self.page(answer.location)
        return str(answer.location)

    def opened(self, address: str) -> str:
        """Return the page of a subscriber's data."""
        self.site.submit("/-/link", {"email": address})
        [letter] = [each for each in self.site.letters() if each["To"] == address]
        self.page(path_in(letter))
        return self.post(path_in(letter), do="data")


def exported_from(life: Life, *options: str) -> str:
    """Return the content of an export. What the command printed is kept, to be searched for addresses at the end."""
    file, at = life.world.folder / "people", THURSDAY + timedelta(days=32)
    told = people(life.world, "export", str(file), *options, at=at)
    life.told.add("export", told.out + told.err)
    text = file.read_text("utf-8")
    file.unlink()
    return text


def test_no_address_leaves_its_place(
    tmp_path: Path,
    server: Server,
    told: Told,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Log lines of every level, output, notices, the outbox, pages, feeds and errors are searched."""
    caplog.set_level(logging.DEBUG)
    config = CONFIG + smtp(server.port, bounces='"bounces@example.org"')
    life = Life(World(tmp_path / "site", LISTING, config=config), told)
    world, site = life.world, life.site
    life.run("run", "--verbose", at=NOW)

    own = {address: site.subscribe(address, pace="daily") for address in EVERYBODY if address not in (NEVER, NEW)}
    site.submit("/-/subscribe", {"email": NEVER})
    stops = {address: site.stop_path(path) for address, path in own.items()}
    for path in [*own.values(), *stops.values(), "/-/subscribe", "/-/link", "/-/sent"]:
        life.page(path)
    moving = life.opened(MOVES)
    life.post(moving, do="move", email=NEW)
    [letter] = [each for each in site.letters() if each["To"] == NEW]
    life.page(path_in(letter))
    life.post(path_in(letter))
    life.post(stops[LEAVES])

    world.list_above(MORE)
    for step in range(4):
        life.run("run", "--verbose", at=THURSDAY + step * timedelta(minutes=20))
    life.run("deliver", "--verbose", at=THURSDAY + timedelta(hours=2))
    readers = {taken.recipient for taken in server.taken} & set(EVERYBODY)
    assert {STAYS, NEW, COMES_BACK, ERASES, COMPLAINS} <= readers
    assert LEAVES not in {taken.recipient for taken in server.taken if b"List-Unsubscribe" in taken.mail}

    paths = {taken.recipient: taken.sender for taken in server.taken if b"List-Unsubscribe" in taken.mail}
    lost = POSTFIX.replace("readers@lists.example.org", COMES_BACK)
    mail = report(lost, returned=f"To: {COMES_BACK}\nSubject: news\n", to=paths[COMES_BACK])
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(mail)))
    came_back = life.run("bounces", "--verbose", at=THURSDAY + timedelta(hours=3))
    assert (
        "a subscriber's mail: failed: 550 5.1.1 <(address)>: Recipient address rejected: User unknown"
        in came_back.lines
    )

    site.now = THURSDAY + timedelta(hours=4)
    life.post(life.opened(ERASES), do="erase", never="yes")
    for verb, *arguments in (
        ("run", "--verbose"),
        ("status",),
        ("status", "--json"),
        ("check",),
        ("edition", "list"),
        ("deliver", "--dry-run"),
    ):
        life.run(verb, *arguments, at=THURSDAY + timedelta(hours=5))
    world.list_above(BOTH)
    (world.folder / "templates").mkdir(exist_ok=True)
    (world.folder / "templates" / "digest.html").write_text("{{ nothing.at.all }}", "utf-8")
    life.run("run", "--verbose", at=THURSDAY + timedelta(days=1))
    (world.folder / "templates" / "letter.txt").write_text("{{ nothing.at.all }}", "utf-8")
    site.now = THURSDAY + timedelta(days=2)
    site.submit("/-/link", {"email": STAYS})
    site.submit("/-/subscribe", {"email": f"else.lovelace@{DOMAIN}"})
    life.run("run", "--verbose", at=THURSDAY + timedelta(days=32))

    exported = {name: exported_from(life, *options) for name, options in (("CSV", ()), ("archive", ("--all",)))}
    gone = {LEAVES, ERASES, NEVER, MOVES}
    assert [set(), set()] == [{each for each in gone if each in text} for text in exported.values()]
    assert all(STAYS in text and NEW in text for text in exported.values())

    for record in caplog.records:
        told.add("log", f"{record.getMessage()} {vars(record)}")
    told.add("standard output and error", "".join(capfd.readouterr()))
    for folder in (world.feeds, world.outbox):
        for file in folder.rglob("*"):
            if file.is_file():
                told.add(f"file {file.name}", file.read_text("utf-8", "replace"))
    told.add("departures", world.database.with_name("publisher.db.departures").read_text("utf-8"))
    for taken in server.taken:
        if taken.recipient not in EVERYBODY:
            told.add(f"mail to {taken.recipient}", unescape(taken.mail.decode()))
    site.close()

    assert [] == told.leaks()
    assert len(told.parts) > 60


def test_nothing_in_a_letter_or_a_form_is_fetched_from_elsewhere(tmp_path: Path) -> None:
    """There is no pixel, no redirect and no third-party resource. Digests and public pages have tests of their own."""
    with form_site(tmp_path / "site") as site:
        letters, pages = letters_and_pages(site)
    assert ["Your link", "Please confirm this address", "Another address from now on"] == [
        str(each["Subject"]).partition(":")[0] for each in letters
    ]

    for letter in letters:
        body = letter.get_body(("html",))
        assert body is not None
        html = body.get_content()
        assert [] == PIXEL.findall(html)
        assert [] == re.findall(r"url\(|@import|background=", html)
        links = re.findall(r'(?:href|src)="([^"]*)"', html)
        assert {"https://news.example.org/-/", "https://example.org/privacy"} >= {
            re.sub(r"(/-/).*", r"\1", link) for link in links
        }
    for page in pages:
        loaded = [tag for tag in PIXEL.findall(page) if "http" in tag and "canonical" not in tag]
        assert [] == [tag for tag in loaded if "https://news.example.org/" not in tag]
        assert "<script" not in page
        assert [] == re.findall(r'http-equiv="refresh"', page)


def letters_and_pages(site: FormSite) -> tuple[list[EmailMessage], list[str]]:
    """Return all letters except the one with the confirmation link, and the pages that a subscriber's links open."""
    mine = site.subscribe(STAYS)
    site.submit("/-/link", {"email": STAYS})
    letters = site.letters()
    opened = str(site.visitor().post(path_in(letters[0]), data={"do": "data"}).location)
    site.visitor().post(opened, data={"do": "move", "email": NEW}, buffered=True)
    letters += site.letters()
    site.visitor().post(path_in(letters[-1]))
    letters += site.letters()
    opened_pages = [site.visitor().post(opened, data={"do": "ask-erase"}).text]
    return letters, opened_pages + [
        site.visitor().get(path).text for path in (mine, opened, "/-/erased", "/-/move/none", "/-/link")
    ]
