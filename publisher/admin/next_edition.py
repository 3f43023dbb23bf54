"""What there is to say about the next edition of one audience, for whoever answers for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from publisher.admin.mail_checks import JUDGEMENTS, Finding, Mail, encoded_size
from publisher.model.editions import Audience, Digest, Edition
from publisher.model.records import Record
from publisher.model.site import Site
from publisher.model.titles import title_of
from publisher.rendering.message import digest_message
from publisher.store import EditionRow

DIFFERENCE_LINES = 3
"""Unchanged ones around each change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An item that readers of the audience will not find in the edition."""

    title: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """The edition before, as it is in the outbox."""

    name: str
    html_bytes: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The next edition, or why there is none."""

    audience: Audience
    edition: Edition | None
    digest: Digest | None
    message: bytes
    left_out: tuple[LeftOut, ...]
    last: Last | None
    findings: tuple[tuple[str, Finding], ...]

    @property
    def size_bytes(self) -> int:
        """Of its HTML, as it travels."""
        return encoded_size(self.digest.html) if self.digest else 0

    @property
    def headers(self) -> str:
        """Those of the mail, as they are written."""
        return self.message.partition(b"\r\n\r\n")[0].decode("ascii").replace("\r\n", "\n")

    @property
    def difference(self) -> tuple[str, ...]:
        """How its text part differs from the last edition's, in lines that begin with `+`, `-`, `@` or a blank."""
        if not self.last or not self.digest:
            return ()
        before, after = self.last.text.splitlines(), self.digest.text.splitlines()
        return tuple(unified_diff(before, after, self.last.name, "next", lineterm="", n=DIFFERENCE_LINES))


def outlook(
    audience: Audience,
    found: tuple[Edition, Digest] | None,
    *,
    behind: list[tuple[Record, str]],
    rows: list[EditionRow],
    outbox: Path,
    site: Site,
) -> Outlook:
    """What there is to say.

    `behind` is what stays out of the edition already, and why; `rows` are the editions before, latest first.
    """
    edition, digest = found or (None, None)
    left_out = [LeftOut(title=title_of(record.item), why=why) for record, why in behind]
    if digest is not None:
        left_out += [LeftOut(title=item.title, why="no room in one mail: on the web only") for item in digest.left_out]
    mail = Mail(digest, audience=audience, site=site) if digest else None
    return Outlook(
        audience=audience,
        edition=edition,
        digest=digest,
        message=digest_message(digest, edition, audience=audience, site=site) if digest and edition else b"",
        left_out=tuple(left_out),
        last=next(_in_outbox(rows, outbox, but=edition), None),
        findings=tuple((name, finding) for name, judge in JUDGEMENTS for finding in judge(mail)) if mail else (),
    )


def _in_outbox(rows: list[EditionRow], outbox: Path, *, but: Edition | None) -> Iterator[Last]:
    """Yield those of the editions whose folders are still there."""
    for row in rows:
        text, page = outbox / row.name / "digest.txt", outbox / row.name / "digest.html"
        if (but is None or row.name != but.name) and text.is_file() and page.is_file():
            html = page.read_text("utf-8")
            yield Last(name=row.name, html_bytes=encoded_size(html), text=text.read_text("utf-8"))
