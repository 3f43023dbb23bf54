"""Every value the domain speaks of. Frozen, and free of third parties: anything may import it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal

from publisher.errors import EXIT_TRY_LATER, PublisherError
from publisher.periods import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that went wrong while the rest went on; shown as one line."""

    where: str
    """The source, theme, audience or file (with line) it concerns."""
    what: str
    """What is wrong and what to do."""
    exit_code: int = EXIT_TRY_LATER
    """What a command that met it exits with."""
    is_repeated: bool = False
    """The pass before met the same."""

    @classmethod
    def of(cls, where: str, error: PublisherError) -> "Problem":
        """The error as a line of a report, for work that goes on without the thing that failed."""
        return cls(where=where, what=str(error), exit_code=error.exit_code)

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


# --- what sources give -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file that belongs to an item: a report, a recording, a picture. It stays where it is and is never fetched."""

    url: str
    media_type: str = ""
    """As the source says, such as `application/pdf`; empty: readers are told what its address looks like."""
    size_bytes: int | None = None
    """None: the source does not say."""
    title: str = ""
    """Empty: the name of the file has to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One news item as its source lists it now. Text is clean: no control characters, no lone surrogates, NFC."""

    date: date
    """The day the organisation gave it, in the site's time zone."""
    text: str
    """Plain text, paragraphs separated by one empty line."""
    title: str = ""
    """Empty when the source gives none; `rendering.text.title_of` makes one from the first sentence."""
    link: str = ""
    """Where the item lives on the web; empty: the site makes a page for it."""
    native_id: str = ""
    """The source's own permanent id; empty when it has none, as in a listing."""
    language: str = ""
    """BCP 47; empty: the site's language."""
    labels: tuple[str, ...] = ()
    """Theme labels as written, in order. Configuration maps them to themes."""
    keywords: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    html: str = ""
    """Its body as safe HTML, every link absolute; empty: `text` is all there is. As a source gives it: any HTML."""
    published: datetime | None = None
    """UTC; when the organisation gave an instant and not only a day."""
    is_language_guessed: bool = False
    """`language` was found by looking at the words; the source did not say."""


# --- what the store keeps --------------------------------------------------------------------------------------------


class ChangeKind(StrEnum):
    """What the log can say of an item. An item that comes back after a withdrawal is `REVISED`."""

    ADDED = "added"
    REVISED = "revised"
    WITHDRAWN = "withdrawn"


class State(StrEnum):
    """Where an item stands with its source."""

    LISTED = "listed"
    """In the listing when it was last read."""
    UNLISTED = "unlisted"
    """Older than what the listing still shows: it stays in feeds and pages."""
    WITHDRAWN = "withdrawn"
    """Taken out by the organisation: it leaves feeds and digests, and its page says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A subject that gathers items into one feed."""

    slug: str
    """Its folder under feeds/: lower-case letters, digits and hyphens."""
    title: str


class FeedKind(StrEnum):
    """What the items of a feed have in common."""

    THEME = "theme"
    KEYWORD = "keyword"
    LANGUAGE = "language"
    COMBINED = "combined"
    """Whatever the operator named in config.toml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What gathers items so that they can be followed together."""

    kind: FeedKind
    slug: str
    """A theme's own; else the kind's folder and a name: `keywords/ice`, `languages/fr`, `combined/ferries-fr`."""
    title: str
    first_slug: str = ""
    """Of a renamed theme, the one its id is made of for ever; empty: its own."""

    @classmethod
    def of_theme(cls, theme: Theme) -> "Feed":
        return cls(kind=FeedKind.THEME, slug=theme.slug, title=theme.title)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An item as the log knows it. `uid`, `path` and `published` never change once given."""

    number: int
    """The item's row in this store; never shown to readers."""
    source: str
    uid: str
    """A `tag:` URI (RFC 4151), the same in every feed and for ever."""
    path: str
    """Its page below the base URL, without an ending: `items/2022/to-what-extent`."""
    item: Item
    themes: tuple[Theme, ...]
    """Never empty: an item without a label belongs to the default theme."""
    published: datetime
    """UTC; distinct from that of every other item of its day (RFC 4287 section 3.3)."""
    updated: datetime
    """UTC; `published` until the item is revised, then when we learnt of the revision."""
    added_seq: int
    """The log number under which it first appeared."""
    seq: int
    """The log number of its latest change."""
    revision: int
    """1 when added; one more for every revision."""
    state: State

    @property
    def short_id(self) -> str:
        """The end of its id, which is short enough to type."""
        return self.uid.rpartition("/")[2]


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


# --- what configuration says -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A name and an address (RFC 5322 section 3.4)."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Who publishes, and where."""

    title: str
    base_url: str
    """Ends in a slash; feeds/ is served there."""
    language: str
    timezone: str
    """An IANA name such as Europe/Brussels."""
    author: Mailbox
    description: str = ""
    first_host: str = ""
    """The host that permanent names were first made from and go on being made from; empty: that of `base_url`."""
    languages: tuple[str, ...] = ()
    """BCP 47; besides `language`, those that an item may be in without saying so. Empty: nothing is guessed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePolicy:
    """What the operator wants done with whatever a source lists."""

    since: timedelta | None = None
    """How far back a first collection goes: older items are known and never shown. None: all are news."""
    expect_every: timedelta | None = None
    """How long its silence is nothing to tell of; None: for ever."""
    hold_above: int = 30
    """As many new items at once, and three times more than ever before, wait for the operator."""
    keeps_tracking: bool = False
    """Whether pixels and the parts of addresses that tell readers apart stay in."""
    joined_by: Literal["link", "id", "none"] = "link"
    """What makes an item the same as one that another source brought first, whose words are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """The limits of whatever is fetched from the web."""

    timeout_s: float = 30.0
    """Of a whole fetch, redirects and all."""
    max_bytes: int = 10_000_000
    """Of an answer, unpacked."""
    private: tuple[str, ...] = ()
    """Hosts and networks that may be asked although they are none of the Internet's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeRule:
    """What else than a label puts an item into a theme: any one of these."""

    slug: str
    """Of the theme."""
    keywords: tuple[str, ...] = ()
    """Folded by `slugs.fold_label`; an item has one of them."""
    sources: tuple[str, ...] = ()
    """The item comes from one of them."""
    words: tuple[str, ...] = ()
    """Folded likewise; one of them stands in the item's title or text, as whole words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeMap:
    """How labels become themes; a label nobody mapped becomes a theme of its own."""

    default: Theme
    """For items without a label."""
    themes: tuple[Theme, ...] = ()
    """Those configuration names: they have a feed even while they have no item."""
    by_label: tuple[tuple[str, str], ...] = ()
    """(label folded by `slugs.fold_label`, theme slug) pairs."""
    rules: tuple[ThemeRule, ...] = ()
    was: tuple[tuple[str, str], ...] = ()
    """(former slug, slug) pairs of renamed themes; no theme has a former slug of another."""

    def current(self, slug: str) -> str:
        """What a theme of that slug, former or not, is called now."""
        return next((now for former, now in self.was if former == slug), slug)

    def former(self, slug: str) -> tuple[str, ...]:
        """What a theme was called before, as configuration has it."""
        return tuple(former for former, now in self.was if now == slug)


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinedFeed:
    """A feed of the operator's choice: items that have one of its themes, one of its keywords and one of its languages.

    What is empty is not asked for.
    """

    name: str
    """Its folder below feeds/."""
    title: str
    themes: tuple[str, ...] = ()
    """Slugs."""
    keywords: tuple[str, ...] = ()
    """As people write them."""
    languages: tuple[str, ...] = ()
    """Tags such as `fr`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSettings:
    """Which feeds there are besides those of themes, and what each looks like."""

    formats: tuple[Literal["rss", "atom", "json"], ...] = ("rss", "atom", "json")
    limit: int = 50
    """How many of the items added last a feed holds. One run's items are never cut below that run (up to 4 × limit)."""
    keywords_from: int = 3
    """How many items make a keyword worth a feed, which it then keeps; 0: no keyword has one."""
    languages: bool = True
    """Whether each language has a feed, once there are two."""
    combined: tuple[CombinedFeed, ...] = ()
    icon: str = ""
    """A square picture, below the site's base URL; empty: none."""
    logo: str = ""
    """A picture twice as wide as high, likewise."""
    hub: str = ""
    """The WebSub hub that is told of changes; empty: none."""
    precompress: bool = True
    """Whether each public text lies there compressed as well."""


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
    schedule: Schedule | None = None
    """When `publisher serve` composes; None: only by hand."""
    first: int | None = None
    """How many of the items already in the log its first edition holds; None: all, 0: none."""
    unsubscribe_url: str = ""
    """An https address that ends a subscription by POST (RFC 8058); empty: by mail only."""
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
