"""Audiences, their editions, and the digests that editions are rendered into."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal

from publisher.model.corrections import Formerly
from publisher.model.items import Item
from publisher.model.records import Record
from publisher.model.schedules import Schedule
from publisher.model.site import Mailbox, Site
from publisher.model.themes import ThemeChoice

UNTIL_DECIDED = datetime(9999, 1, 1, tzinfo=UTC)
"""The value of `held_until` for an edition that waits until somebody decides, without an end."""
_NAME = re.compile(r"(?P<audience>.+)-(?P<number>[1-9][0-9]{0,8})")
"""A longer number might be greater than PostgreSQL's largest integer; no audience has had that many editions."""


class TakenOut(StrEnum):
    """Why an item is no longer in an edition."""

    DROPPED = "dropped"
    """Its editor took it out for good."""
    PUT_OFF = "put off"
    """Its editor moved it to the next edition."""
    DISCARDED = "discarded"
    """The whole edition was discarded."""
    WITHDRAWN = "withdrawn"
    """It was withdrawn, expired or hidden while the edition was held. If it comes back, it is due again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceChange:
    """An item of a held edition that its source changed since the edition was composed."""

    record: Record
    was: Item
    """The item as it was when the edition was composed."""
    now: Item
    """What the source says now; `record` has the title that the editor gave the item."""


def parse_name(name: str) -> tuple[str, int] | None:
    """Return audience and number for an edition's name, such as `weekly-3`; None: no edition can have this name."""
    found = _NAME.fullmatch(name)
    return (found["audience"], int(found["number"])) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One edition: the items that an audience gets at the same time."""

    audience: str
    number: int
    """Counts the editions of an audience from 1. After a restore numbers may be left out; none is given twice."""
    after: int
    """The audience's cursor before this edition: items up to this log number were in earlier ones."""
    upto: int
    """The audience's cursor after this edition."""
    composed_at: datetime
    """UTC; the Message-ID is made from it."""
    records: tuple[Record, ...]
    """Its items as they were when it was composed (or released, if it was held), without those withdrawn since.

    They are in the order in which the store keeps them. An item has the title that the editor gave it.
    """
    corrections: tuple[Record, ...] = ()
    """Items of earlier editions that changed after the audience last got them; otherwise like `records`."""
    formerly: tuple[Formerly, ...] = ()
    """What the corrected items said when the audience last got them."""
    introduction: str = ""
    """The editor's text above the items: plain text, paragraphs separated by an empty line, links in Markdown."""
    subject: str = ""
    """The subject that the editor chose; empty: the template makes one."""
    first: tuple[int, ...] = ()
    """The numbers of items that the editor put first: the lead, and then within each theme."""
    followed: tuple[SourceChange, ...] = ()
    """What the sources changed in its items while it was held."""
    withdrawn: tuple[Record, ...] = ()
    """Items that were withdrawn while it was held; they are not in `records`."""
    followed_at: datetime | None = None
    """UTC; when an item was last changed or withdrawn while it was held. None: none ever was."""
    held_until: datetime | None = None
    """UTC; until when the edition waits for its editor (`UNTIL_DECIDED`: without an end). None: it is not held."""
    released_at: datetime | None = None
    """UTC; when the editor released it or its time for review ended. None: it never was held, or still is."""

    @property
    def dated(self) -> datetime:
        """The Date of the mail: the earliest moment at which it could go out."""
        return self.released_at or self.composed_at

    @property
    def name(self) -> str:
        """The name of its folder in the outbox."""
        return f"{self.audience}-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestItem:
    """An item as the lists of a digest name it."""

    uid: str
    title: str
    url: str
    themes: tuple[str, ...]
    """Slugs. The item stands under the first theme that the audience follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """An edition as its recipients read it."""

    subject: str
    """The subject, one line."""
    preheader: str
    """The text that mail programs show beside the subject; one line, may be empty."""
    html: str
    """A page with inlined styles. A mail program fetches nothing but pictures, if the audience has `pictures`."""
    text: str
    """Plain text in lines of at most 72 columns; only web addresses and code may be longer."""
    shown: tuple[DigestItem, ...]
    """The items that the mail shows, in the order of the digest."""
    corrected: tuple[DigestItem, ...] = ()
    """Items of earlier editions whose corrections the digest announces."""
    left_out: tuple[DigestItem, ...] = ()
    """Items that do not fit into the mail. The mail gives their number and a link to them on the web."""
    archive_url: str = ""
    """Address of the audience's editions on the web; empty: they are not public."""
    html_parts: tuple[str, ...] = ()
    """`html` in parts, some of them shared with other digests; empty: it is not split into parts."""
    text_parts: tuple[str, ...] = ()
    """`text` in parts, split in the same way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """The personal texts and links in the foot of a mail to one subscriber."""

    why: str
    """Why he gets the mail; one line."""
    stop_url: str
    mine_url: str
    """Address of the reader's own page."""
    privacy_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """A group of people who get the same digest."""

    name: str
    """Lower-case letters, digits and hyphens: it is part of folder names and List-Ids."""
    title: str
    """The name of the digest; the site's title unless config.toml says otherwise."""
    themes: ThemeChoice
    from_: Mailbox
    to: Mailbox
    """Usually a mailing list."""
    reply_to: Mailbox | None = None
    """The address for answers of readers; None: the sender's."""
    subscribe_url: str = ""
    """The list's page for people who join it; empty: pages offer none."""
    subscribe_mailto: str = ""
    """The address to which people write to join the list; empty: pages do not offer one."""
    schedule: Schedule | None = None
    """When `publisher serve` composes its editions; None: only on command."""
    first: int | None = None
    """How many items already in the log go into its first edition; None: all."""
    unsubscribe_url: str = ""
    """The list's page for people who leave it; it has no personal part. Empty: they leave by mail only."""
    unsubscribe_mailto: str = ""
    """The address to which a reader writes to leave; empty: the sender's."""
    postal_address: str = ""
    archive: bool
    """Whether everybody may read its editions on the web."""
    language: str = ""
    """BCP 47; the language of fixed texts, dates and the subject; empty: the site's."""
    languages: tuple[str, ...]
    """The languages of its items, the preferred one first. `*` stands for all other languages; without it they are left
    out.
    """
    introduction: str = ""
    """The text above the items of each edition: plain text, as in `Edition`."""
    content: Literal["titles", "summary", "full"]
    """`titles`: titles and dates only; `summary`: the first sentences of long texts; `full`: whole texts."""
    order: Literal["newest", "oldest"]
    """Whether the newest or the oldest items of a theme come first."""
    keywords: bool
    pictures: bool
    """Whether the mail shows pictures of items, loaded from their own servers; otherwise it links to them."""
    overflow: Literal["web", "next"]
    """What happens to items that do not fit into the mail: `web` shows them on the web only, `next` puts them into the
    next edition.
    """
    min_items: int
    """How many items an edition needs to go out."""
    max_items: int | None = None
    """The most items of an edition: the oldest go first, and the rest into the next edition. None: no limit."""
    review: timedelta | None = None
    """How long an edition waits for the editor; None: it goes out at once."""
    on_silence: Literal["send", "keep"]
    """What happens to a held edition when the time for review ends without a decision."""
    editor: Mailbox | None = None
    """The address for mails about held editions; None: no mail is sent."""
    personal: Personal | None = None
    """None: the audience is a mailing list, on which everybody gets the same mail."""

    def language_at(self, site: Site) -> str:
        """Return the language of the digest."""
        return self.language or site.language


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestStyle:
    """How all digests of a site look."""

    accent: str
    """The colour of links and lines on white: `#` and six hexadecimal digits."""
    accent_dark: str
    """The same colour in a mail program's dark mode."""
    logo: str = ""
    """Path of the picture above the title, below the site's base URL; empty: none."""
    logo_alt: str = ""
    """The text in place of the picture; empty: the site's title."""
    logo_width: int
    """Pixels."""
    width: int
    """Pixels; the greatest width of the column."""
    fonts: tuple[str, ...]
    """Font names for the text: a mail program uses the first one it has, and downloads none."""
    heading_fonts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A mail that informs the operator or an editor, sent once."""

    number: int = 0
    """The number of the recorded notice, from 1; 0: it is not recorded yet."""
    about: str
    """The name of the source or edition that it is about."""
    kind: str
    """The `SourceCondition` of the source, or `REVIEW`."""
    at: datetime
    """UTC; the mail's Date and Message-ID are made from it."""
    to: Mailbox
    language: str
    """BCP 47; the language of subject and text."""
    subject: str
    """The subject, one line."""
    text: str

    @property
    def name(self) -> str:
        """The name of its folder in the outbox."""
        return f"{self.number:04}-{self.about}-{self.kind}"


REVIEW = "review"
"""The kind of a notice to an editor about a held edition."""
