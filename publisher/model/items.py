"""Items as a source lists them, and hashes that tell whether two items say the same."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

Day: TypeAlias = date
"""The type `date`, under a name that the field `Item.date` does not hide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file that belongs to an item: a report, a recording, a picture. The file stays on its own server and is never
    fetched.
    """

    url: str
    media_type: str = ""
    """The media type from the source, such as `application/pdf`. If empty, the type is guessed from the address."""
    size_bytes: int | None = None
    """The size of the file; `None` if the source does not give it."""
    title: str = ""
    """The file's title. If empty, readers see the file's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One news item, as its source lists it now. Text is clean: no control characters, no lone surrogates, NFC."""

    date: date
    """The date that the organisation gave the item, in the site's time zone."""
    text: str
    """Plain text, paragraphs separated by one empty line."""
    title: str = ""
    """The source's title. If empty, the source gives none, and `titles.title_of` makes one from the first sentence."""
    link: str = ""
    """The address of the item on the web. If empty, readers are sent to the item's page on this site."""
    summary: str = ""
    """The source's summary, in plain text. If empty, the first sentences of `text` serve as a summary."""
    native_id: str = ""
    """The permanent id that the source gives the item; empty if the source gives none."""
    language: str = ""
    """The item's language (BCP 47). If empty, the site's language counts."""
    labels: tuple[str, ...] = ()
    """Theme labels as the source writes them, in order. config.toml maps them to themes."""
    keywords: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    html: str = ""
    """The body as safe HTML with absolute links. If empty, `text` is the whole body. A source may yield any HTML here,
    which `collect` cleans.
    """
    published: datetime | None = None
    """UTC; the instant of publication, if the organisation gives more than a day. A source may yield a time without a
    zone, which is then in the site's zone.
    """
    authors: tuple[str, ...] = ()
    """The authors, as the source names them. Only filters of a source use the authors; the log does not keep them."""
    base: str = ""
    """The base URL of relative addresses in `html`. If empty, `link` is the base. The log does not keep this field."""
    is_language_guessed: bool = False
    """Whether `language` was guessed from the words because the source gives none."""
    is_minor_edit: bool = False
    """Whether the source marks its latest edit of the item as minor: readers are then not told of the edit."""
    listed_date: Day | None = None
    """The day the source gives now, if readers keep an earlier day; `None` if the source gives `date`."""
    is_undated: bool = False
    """Whether the source gives no date: `date` is then the day of this reading, and a known item keeps its date."""
    embargo: datetime | None = None
    """UTC; no reader sees the item before this time. If `None`, only the item's date decides. A source may yield the
    time without a zone, like `published`.
    """
    other_embargo: datetime | None = None
    """UTC; the end of an embargo that another source puts on the same item; a source never sets this field. `None` if
    there is no such embargo.
    """
    expires: datetime | None = None
    """UTC; from this time on no feed has the item. `None` if it never expires. A source may yield the time without a
    zone, like `published`.
    """

    @property
    def last_embargo(self) -> datetime | None:
        """When the last of the item's embargoes ends; `None` if the item has no embargo."""
        return max(filter(None, (self.embargo, self.other_embargo)), default=None)
