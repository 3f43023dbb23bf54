"""The next edition of an audience (a mailing list): its content as of now, the items that are not in it and the
reasons, and a test mail.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff
from pathlib import Path

from publisher.admin.mail_checks import JUDGEMENTS, Finding, ParsedDigest, encoded_size
from publisher.admin.office import Office
from publisher.compose import run as compose
from publisher.compose.outbox import digest_files, write_test
from publisher.compose.plan import WhyNot, words_of
from publisher.model.digests import Digest
from publisher.model.editions import UNTIL_DECIDED, Audience, Edition
from publisher.model.errors import UsageError
from publisher.model.records import Record
from publisher.model.schedules import zone_of
from publisher.model.site import Mailbox
from publisher.model.titles import title_of
from publisher.rendering.addresses import wire_address
from publisher.rendering.message import message_to_try
from publisher.store import EditionRow

COMPARED = 5
"""How many of the latest editions are searched in the outbox for one to compare the next edition with."""
DIFFERENCE_LINES = 3
"""How many unchanged lines of a text are shown before and after each change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An item that is not in the next edition, and the reason."""

    title: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LastEdition:
    """The audience's last edition, as it is in the outbox."""

    name: str
    html_bytes: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialMail:
    """A test mail, and the folder that contains it."""

    audience: Audience
    folder: Path
    is_sample: bool
    """Whether the mail contains the latest items, because nothing is new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextEdition:
    """The next edition of an audience, rendered, or an edition of the latest items if nothing is new."""

    audience: Audience
    edition: Edition | None
    """The edition, or `None` if there are no items at all."""
    is_sample: bool
    """Whether the mail contains the latest items, because nothing is new."""
    held: Edition | None
    """The edition that waits for the editor's approval, as the store has it, or `None` if none waits."""
    is_held: bool
    held_until: datetime | None
    """Until when the edition waits for the editor, in the site's time zone. `None` if it does not wait, or if it waits
    until somebody decides.
    """
    digest: Digest | None
    message: bytes
    waiting: tuple[tuple[Record, WhyNot], ...]
    """New items that are not in this edition, each with the reason."""
    left_out: tuple[LeftOut, ...]
    last: LastEdition | None
    findings: tuple[tuple[str, Finding], ...]

    @property
    def size_bytes(self) -> int:
        """The encoded size of the mail's HTML in bytes."""
        return encoded_size(self.digest.html) if self.digest else 0

    @property
    def headers(self) -> str:
        """The headers of the mail, encoded."""
        return self.message.partition(b"\r\n\r\n")[0].decode("ascii").replace("\r\n", "\n")

    @property
    def difference(self) -> tuple[str, ...]:
        """How the text part of the next edition differs from that of the last edition, in lines that begin with `+`,
        `-`, `@` or a space.
        """
        if not self.last or not self.digest:
            return ()
        before, after = self.last.text.splitlines(), self.digest.text.splitlines()
        return tuple(unified_diff(before, after, self.last.name, "next", lineterm="", n=DIFFERENCE_LINES))


def next_digest(audience: Audience, office: Office) -> tuple[Edition, Digest] | None:
    """Return the next edition of the audience and its digest: the edition that waits for the editor, or else the
    edition that `publisher compose` would make now.

    Return `None` if nothing is new.

    Raises:
        TemplateError: a template of digests cannot be used.
    """
    return _render_next(held_of(audience, office), audience, office)


def held_of(audience: Audience, office: Office) -> Edition | None:
    """Return the audience's edition that waits for the editor's approval, or `None` if none waits."""
    return next((each for each in compose.held_editions(office.store) if each.audience == audience.name), None)


def _render_next(held: Edition | None, audience: Audience, office: Office) -> tuple[Edition, Digest] | None:
    edition = held or compose.next_edition(audience, store=office.store, site=office.config.site, now=office.now)
    return office.renderer.fit(edition, audience) if edition else None


def sample_digest(audience: Audience, office: Office) -> tuple[Edition, Digest] | None:
    """Return an edition of the latest items, and its digest, to show how mails look when nothing is new.

    Return `None` if there are no items.

    Raises:
        TemplateError: a template of digests cannot be used.
    """
    sample = compose.sample_edition(audience, store=office.store, site=office.config.site, now=office.now)
    return office.renderer.fit(sample, audience) if sample else None


def try_out(audiences: Iterable[Audience], office: Office, *, to: str) -> list[TrialMail]:
    """Write a test mail for each of these audiences: its next edition, or its latest items if nothing is new.

    Nothing is recorded.

    Raises:
        FilesError: a test mail cannot be written.
        TemplateError: a template of digests cannot be used.
        UsageError: `to` is no mail address.
    """
    try:
        wire_address(to)
    except ValueError as error:
        raise UsageError(str(error)) from error
    tried: list[TrialMail] = []
    for audience in audiences:
        new = next_digest(audience, office)
        if found := new or sample_digest(audience, office):
            edition, digest = found
            mail = message_to_try(digest, edition, audience=audience, site=office.renderer.site, to=Mailbox(address=to))
            folder = write_test(office.config.outbox_directory, edition.name, digest_files(digest, mail))
            tried.append(TrialMail(audience=audience, folder=folder, is_sample=new is None))
    return tried


def describe(audience: Audience, office: Office) -> NextEdition:
    """Return the next edition of the audience, rendered, with what an editor may want to know about it.

    Raises:
        TemplateError: a template of digests cannot be used.
    """
    site = office.renderer.site
    held = held_of(audience, office)
    new = _render_next(held, audience, office)
    edition, digest = new or sample_digest(audience, office) or (None, None)
    waiting = compose.explain_left_out(audience, edition if new else None, store=office.store, site=site)
    left_out = [
        LeftOut(title=title_of(record.item), why=words_of(why, audience, record, site)) for record, why in waiting
    ]
    if digest is not None:
        left_out += [LeftOut(title=item.title, why="no room in one mail: on the web only") for item in digest.left_out]
    mail = ParsedDigest(digest, audience=audience, site=site) if digest else None
    rows = office.store.editions.latest(audience.name, limit=COMPARED)
    until = edition.held_until if edition else None
    return NextEdition(
        audience=audience,
        edition=edition,
        is_sample=bool(edition) and new is None,
        held=held,
        is_held=until is not None,
        held_until=until.astimezone(zone_of(site.timezone)) if until and until != UNTIL_DECIDED else None,
        digest=digest,
        message=office.renderer.mail(digest, edition, audience) if digest and edition else b"",
        waiting=tuple(waiting),
        left_out=tuple(left_out),
        last=next(_in_outbox(rows, office.config.outbox_directory, but=edition), None),
        findings=tuple((name, finding) for name, judge in JUDGEMENTS for finding in judge(mail)) if mail else (),
    )


def _in_outbox(rows: list[EditionRow], outbox: Path, *, but: Edition | None) -> Iterator[LastEdition]:
    """Yield the editions whose folders are still in the outbox."""
    for row in rows:
        text, page = outbox / row.name / "digest.txt", outbox / row.name / "digest.html"
        if (but is None or row.name != but.name) and text.is_file() and page.is_file():
            html = page.read_text("utf-8")
            yield LastEdition(name=row.name, html_bytes=encoded_size(html), text=text.read_text("utf-8"))
