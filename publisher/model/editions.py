"""Audiences, their editions, and the digests that editions are rendered into."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from publisher.model.records import Record
from publisher.model.schedules import Schedule
from publisher.model.site import Mailbox, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What one audience gets at once."""

    audience: str
    number: int
    """1, 2, 3 … without a gap within an audience."""
    after: int
    """The audience's cursor before this edition: items up to it were in earlier ones."""
    upto: int
    """The cursor after it."""
    composed_at: datetime
    """UTC; its Message-ID comes from it."""
    records: tuple[Record, ...]
    """As they were when it was composed, in the order of the digest; those withdrawn since are gone."""
    corrections: tuple[Record, ...] = ()
    """Items of earlier editions that read otherwise since the audience was last told of them; as `records`."""
    introduction: str = ""
    """What the editor wrote above the items: plain text, paragraphs apart by an empty line."""
    held_until: datetime | None = None
    """UTC; until then it waits for the editor. None: it is not held."""
    released_at: datetime | None = None
    """UTC; when the editor, or silence, let it go. None: it was never held, or still is."""

    @property
    def dated(self) -> datetime:
        """What the mail's Date says: when it could go out at the earliest."""
        return self.released_at or self.composed_at

    @property
    def name(self) -> str:
        """Its folder in the outbox."""
        return f"{self.audience}-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestItem:
    """How a digest names an item."""

    uid: str
    title: str
    url: str
    themes: tuple[str, ...]
    """Slugs; the one it stands under is first among those the audience follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """An edition as its recipients read it."""

    subject: str
    """One line."""
    preheader: str
    """What mail programs show beside the subject; one line, may be empty."""
    html: str
    """Styles inlined, nothing to fetch."""
    text: str
    """Lines of at most 72 columns, but for web addresses."""
    shown: tuple[DigestItem, ...]
    """In the order of the digest."""
    corrected: tuple[DigestItem, ...] = ()
    """Items of earlier editions that it says read otherwise now."""
    left_out: tuple[DigestItem, ...] = ()
    """Those a mail of bearable size has no room for: it says how many, and where they are on the web."""
    archive_url: str = ""
    """Where everybody may read the audience's editions; empty: nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """A group of people who get the same digest."""

    name: str
    """Lower-case letters, digits and hyphens: it names folders and List-Ids."""
    title: str
    """What the digest calls itself; the site's title unless configured."""
    themes: tuple[str, ...]
    """Theme slugs, or `*` alone for all."""
    sender: Mailbox
    to: Mailbox
    """Usually a mailing list."""
    reply_to: Mailbox | None = None
    """Who gets the answers of its readers; None: the sender."""
    schedule: Schedule | None = None
    """When `publisher serve` composes; None: only by hand."""
    first: int | None = None
    """How many of the items already in the log its first edition holds; None: all, 0: none."""
    unsubscribe_url: str = ""
    """The list's page for those who leave it, the same for all readers; empty: by mail only."""
    unsubscribe_mailto: str = ""
    """The address a reader writes to; empty: the sender's."""
    postal_address: str = ""
    is_public: bool = True
    """Whether everybody may read its editions on the web."""
    language: str = ""
    """BCP 47, of all fixed texts, dates and the subject; empty: the site's."""
    languages: tuple[str, ...] = ("*",)
    """The languages of its items, the preferred one first. `*` stands for all others; without it they are left out."""
    content: Literal["summary", "full"] = "summary"
    """`summary`: long texts are summed up; short ones are short enough."""
    shows_keywords: bool = True
    overflow: Literal["web", "next"] = "web"
    """Where items are found that one mail has no room for: on the web only, or in the next edition."""
    min_items: int = 1
    """An edition waits until it has that many."""
    max_items: int | None = None
    """Those that have waited longest come first, the others in the next edition; None: as many as there are."""
    review: timedelta | None = None
    """How long an edition is held for the editor; None: it goes out at once."""
    on_silence: Literal["send", "keep"] = "send"
    """What becomes of a held edition after that, when nobody decided."""
    editor: Mailbox | None = None
    """Who is told of an edition that is held; None: nobody, by mail."""

    def language_at(self, site: Site) -> str:
        """What the digest is written in."""
        return self.language or site.language


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestStyle:
    """How every digest of a site looks."""

    accent: str = "#0a4f8f"
    """Of links and rules, on white: `#` and six hexadecimal digits."""
    accent_dark: str = "#8cc0f5"
    """The same where a mail program shows mail in the dark."""
    logo: str = ""
    """A picture above the title, below the site's base URL; empty: none."""
    logo_alt: str = ""
    """What is read where it is not seen; empty: the site's title."""
    logo_width: int = 160
    """Pixels."""
    width: int = 600
    """Pixels, of the column at its widest."""
    fonts: tuple[str, ...] = ("Helvetica Neue", "Helvetica", "Arial", "sans-serif")
    """For the text: the first one a reader has. Nothing is fetched, so they are named and not linked."""
    heading_fonts: tuple[str, ...] = ("Georgia", "Times New Roman", "serif")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A mail in which the operator or an editor is told something once."""

    number: int = 0
    """1, 2, 3 … in the order in which they were recorded; 0: not recorded yet."""
    about: str
    """The source or edition, by its name."""
    kind: str
    """A `SourceCondition` of the source, or `REVIEW`."""
    at: datetime
    """UTC; the mail's Date and Message-ID come from it."""
    to: Mailbox
    language: str
    """BCP 47, of the words."""
    subject: str
    """One line."""
    text: str

    @property
    def name(self) -> str:
        """Its folder in the outbox."""
        return f"{self.number:04}-{self.about}-{self.kind}"


REVIEW = "review"
"""The kind of a notice to an editor: an edition is held for them."""
