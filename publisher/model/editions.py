"""Audiences, and their editions."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, NamedTuple

from publisher.model.items import Item
from publisher.model.records import Record
from publisher.model.schedules import Schedule
from publisher.model.site import Mailbox, Site
from publisher.model.themes import ThemeChoice

if TYPE_CHECKING:
    from publisher.model.digests import Personal

UNTIL_DECIDED = datetime(9999, 1, 1, tzinfo=UTC)
"""The value of `held_until` for an edition that waits without an end, until somebody decides."""
_NAME = re.compile(r"(?P<audience>.+)-(?P<number>[1-9][0-9]{0,8})")
"""A longer number might be greater than PostgreSQL's largest integer; no audience has had that many editions."""


class TakenOut(StrEnum):
    """Why an item was taken out of an edition."""

    DROPPED = "dropped"
    """The edition's editor took the item out for good."""
    PUT_OFF = "put off"
    """The edition's editor moved the item to the next edition."""
    DISCARDED = "discarded"
    """The whole edition was discarded."""
    WITHDRAWN = "withdrawn"
    """The item was withdrawn, expired or hidden while the edition was held. If the item comes back, it is due again."""


class SourceChange(NamedTuple):
    """A change of an item in a held edition by the item's source, since the edition was composed."""

    record: Record
    was: Item
    """The item as it was when the edition was composed."""
    now: Item
    """The item as the source words it now. The title that the editor gave the item is in `record`."""


def parse_name(name: str) -> tuple[str, int] | None:
    """Return audience and number for an edition's name, such as `weekly-3`, or `None` if no edition can have it."""
    found = _NAME.fullmatch(name)
    return (found["audience"], int(found["number"])) if found else None


class Formerly(NamedTuple):
    """An item before its correction, as the audience last got it."""

    item: int
    """The item's number."""
    edition: int
    """The number of the edition in which the audience got it."""
    was: Item
    """What the item said in the edition with the number `edition`, with the title that the editor gave it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One edition: the items that an audience gets at the same time."""

    audience: str
    number: int
    """Counts the editions of an audience from 1. After a restore numbers may be left out; none is given twice."""
    after: int
    """The audience's cursor before this edition: items up to this log number were in earlier editions."""
    upto: int
    """The audience's cursor (a log number) after this edition."""
    composed_at: datetime
    """UTC; when the edition was composed. The mail's Message-ID is made from this time."""
    records: tuple[Record, ...]
    """The edition's items as they were when it was composed (or released, if it was held), without items withdrawn
    since.

    They are in the order in which the store keeps them. An item has the title that the editor gave it.
    """
    corrections: tuple[Record, ...] = ()
    """Items of earlier editions that changed after the audience last got them; otherwise like `records`."""
    formerly: tuple[Formerly, ...] = ()
    """What the corrected items said when the audience last got them."""
    introduction: str = ""
    """The editor's text above the items: plain text, paragraphs separated by an empty line, links in Markdown."""
    subject: str = ""
    """The subject that the editor chose. If empty, the template makes one."""
    first: tuple[int, ...] = ()
    """The numbers of items that the editor put first: the lead, and then within each theme."""
    followed: tuple[SourceChange, ...] = ()
    """What the sources changed in the edition's items while it was held."""
    withdrawn: tuple[Record, ...] = ()
    """Items that were withdrawn while the edition was held; they are not in `records`."""
    followed_at: datetime | None = None
    """UTC; when an item of the held edition was last changed or withdrawn. `None` if none ever was."""
    held_until: datetime | None = None
    """UTC; until when the edition waits for its editor (`UNTIL_DECIDED`: without an end). `None` if it is not held."""
    released_at: datetime | None = None
    """UTC; when the editor released the edition, or its time for review ended. `None` if that has not happened."""

    @property
    def dated(self) -> datetime:
        """The Date of the mail: the earliest moment at which it could go out."""
        return self.released_at or self.composed_at

    @property
    def name(self) -> str:
        """The name of the edition and of its folder in the outbox, such as `weekly-3`."""
        return f"{self.audience}-{self.number}"


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
    """The recipient of the mails, usually a mailing list."""
    reply_to: Mailbox | None = None
    """The address for answers of readers. If `None`, answers go to the sender."""
    subscribe_url: str = ""
    """The mailing list's page for people who join the list. If empty, pages offer no such page."""
    subscribe_mailto: str = ""
    """The address to which people write to join the mailing list. If empty, pages offer no such address."""
    schedule: Schedule | None = None
    """When `publisher serve` composes the audience's editions. If `None`, they are composed only on command."""
    first: int | None = None
    """How many items already in the log go into the audience's first edition; `None` for all."""
    unsubscribe_url: str = ""
    """The mailing list's page for people who leave the list; its address is the same for all. If empty, people leave by
    mail only.
    """
    unsubscribe_mailto: str = ""
    """The address to which people write to leave the mailing list. If empty, they write to the sender."""
    postal_address: str = ""
    archive: bool
    """Whether everybody may read the audience's editions on the web."""
    language: str = ""
    """BCP 47; the language of fixed texts, dates and the subject. If empty, the site's language is used."""
    languages: tuple[str, ...]
    """The languages of items that the audience gets, the preferred one first. `*` stands for all other languages;
    without `*`, items in other languages are left out.
    """
    introduction: str = ""
    """The text above the items of each edition: plain text, as in `Edition`."""
    content: Literal["titles", "summary", "full"]
    """`titles`: titles and dates only; `summary`: the first sentences of long texts; `full`: whole texts."""
    order: Literal["newest", "oldest"]
    """Whether the newest or the oldest items of a theme come first."""
    keywords: bool
    pictures: bool
    """Whether the mail shows pictures of items, loaded from the pictures' own servers; otherwise the mail links to
    pictures.
    """
    overflow: Literal["web", "next"]
    """What happens to items that do not fit into the mail: `web` shows them on the web only, `next` puts them into the
    next edition.
    """
    min_items: int
    """How many items an edition needs to go out."""
    max_items: int | None = None
    """The most items of an edition: the oldest go into it, and the rest into the next edition. `None` for no limit."""
    review: timedelta | None = None
    """How long an edition waits for the editor. If `None`, it goes out at once."""
    on_silence: Literal["send", "keep"]
    """What happens to a held edition when the time for review ends without a decision."""
    editor: Mailbox | None = None
    """The address for mails about held editions. If `None`, no such mail is sent."""
    personal: "Personal | None" = None
    """The personal parts of a mail to one subscriber; `None` if the audience is a mailing list, on which all get the
    same mail.
    """

    def language_at(self, site: Site) -> str:
        """Return the language of the digest."""
        return self.language or site.language


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestStyle:
    """How all digests of a site look."""

    accent: str
    """The colour of links and lines on white: `#` and six hexadecimal digits."""
    accent_dark: str
    """The colour of links and lines in a mail program's dark mode."""
    logo: str = ""
    """Path of the picture above the title, below the site's base URL; empty for no picture."""
    logo_alt: str = ""
    """The text in place of the picture. If empty, the site's title is used."""
    logo_width: int
    """The width of the logo, in pixels."""
    width: int
    """The greatest width of a digest's column, in pixels."""
    fonts: tuple[str, ...]
    """Font names for the text: a mail program uses the first one it has, and downloads none."""
    heading_fonts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A mail that informs the operator or an editor of something, sent once."""

    number: int = 0
    """The number of the recorded notice, from 1; 0 if the notice is not recorded yet."""
    about: str
    """The name of the source or edition that the notice is about."""
    kind: str
    """The `SourceCondition` of the source, or `REVIEW`."""
    at: datetime
    """UTC; when the notice was made. The mail's Date and Message-ID are made from this time."""
    to: Mailbox
    language: str
    """BCP 47; the language of subject and text."""
    subject: str
    """The subject, one line."""
    text: str

    @property
    def name(self) -> str:
        """The name of the notice's folder in the outbox."""
        return f"{self.number:04}-{self.about}-{self.kind}"


REVIEW = "review"
"""The kind of a notice to an editor about a held edition."""
