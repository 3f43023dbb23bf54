"""Items, feeds and editions as the templates of web pages get them. In: records from the store. Out: values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from publisher.model.editions import Audience
from publisher.model.feeds import CombinedFeed, Feed, FeedKind
from publisher.model.items import Item
from publisher.model.records import Record
from publisher.model.schedules import Schedule, local_day
from publisher.model.site import Site
from publisher.model.themes import Theme
from publisher.publish.document import language_of, title_of_feed
from publisher.publish.item_face import ItemFaces, Memo
from publisher.publish.page_body import page_body
from publisher.publish.publication import Publication
from publisher.rendering import languages, urls
from publisher.rendering.headings import head
from publisher.rendering.pictures import picture_word
from publisher.rendering.templates import Templates
from publisher.rendering.text import html_of, scrub
from publisher.store.past_editions import EditionPlace

DAYS_A_MONTH = 365.25 / 12
DOMAIN = "pages"
"""The gettext domain of the pages' fixed texts."""
PACE_ITEMS = 5
"""The fewest items in a year with which pages say how often news comes."""
PACE_DAYS = 91
"""The fewest days that the news must cover for pages to say how often it comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLook:
    """The settings that all pages of a site share."""

    site: Site
    templates: Templates
    formats: tuple[str, ...]
    """The formats of feeds, the preferred one first."""
    audiences: tuple[Audience, ...] = ()
    """The audiences whose editions have pages."""
    open_to: tuple[Audience, ...] = ()
    """The audiences that everybody may join."""
    has_forms: bool = False
    """Whether people can subscribe here."""
    combined: tuple[CombinedFeed, ...] = ()
    icon: str = ""
    """The path of the site's picture below the base URL, or an empty string if it has none."""
    logo: str = ""
    faces: ItemFaces = field(default_factory=ItemFaces, init=False, repr=False, compare=False)
    feeds: "Memo[tuple[str, str, str], ShownFeed]" = field(default_factory=Memo, init=False, repr=False, compare=False)
    """A cache of feeds for templates, by the folder of the page and the feed's slug and title."""
    offers: "Memo[tuple[str, ...], Sequence[MailOffer]]" = field(
        default_factory=Memo, init=False, repr=False, compare=False
    )
    """A cache of ways to get the news by mail, by the slugs of themes."""
    frames: "Memo[tuple[str, str], dict[str, str]]" = field(default_factory=Memo, init=False, repr=False, compare=False)
    """A cache of the links of every page in a folder, by the folder and the start of its links."""

    @classmethod
    def of(cls, publication: Publication) -> "SiteLook":
        settings = publication.settings
        return cls(
            site=publication.site,
            templates=Templates(publication.templates),
            formats=settings.formats,
            audiences=publication.audiences,
            open_to=publication.open_to,
            has_forms=publication.has_forms,
            combined=settings.combined,
            icon=settings.icon,
            logo=settings.logo,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLanguage:
    """A language that visitors can choose."""

    tag: str
    name: str
    """The language's own name."""
    url: str
    """The address of this page in that language, or of the feed page of that language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedCount:
    """A feed, and how many items it contains now."""

    feed: Feed
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """A link to a feed in one format, as a page offers it."""

    title: str
    """The feed's own title."""
    format: str
    media_type: str
    url: str
    address: str
    """The absolute address of the feed, to copy into a feed reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFeed:
    """The feed of a theme, or another feed, as a template shows it."""

    title: str
    language: str
    """The language of the title, or an empty string if it is unknown, as for a keyword."""
    url: str
    feeds: tuple[FeedLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOffer:
    """A way to get the news by mail, as pages offer it."""

    title: str
    """The name of the digest, different in each offer. It is empty for the form in which people choose
    themes and pace.
    """
    has_all: bool
    """Whether the mails have all news, of every theme and in every language."""
    is_of_theme: bool
    """Whether the digest has only the news of the theme on whose page it is offered."""
    url: str
    """Where the offer leads: to the list's page for people who join, to the form, or to a `mailto:` address."""
    schedule: Schedule | None
    """When the mails come, or `None` if there is no schedule or each subscriber chooses one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownItem:
    """An item as a template shows it. All text except `html` is plain."""

    title: str
    url: str
    """The address of the item's page on this site, even if the item has an address elsewhere."""
    link: str
    """The item's address elsewhere, or an empty string if it has only its page here."""
    host: str
    """The host name in `link`, such as `example.org`, or an empty string if `link` is empty."""
    day: date
    language: str
    is_whole_text: bool
    """Whether the item consists of its title alone. The title is then shown as text, with nothing below it."""
    rest: str
    """The part of the summary that the title does not repeat, or an empty string if there is none."""
    themes: tuple[ShownFeed, ...]
    keywords: tuple[str, ...]
    files: int
    """How many files belong to the item."""
    item: Item
    """The item with all its fields."""
    reads_on: bool
    """Whether the link leads to more text than is shown below the item's title."""
    added_on: date | None
    """The day on which the site first saw the item, if it is dated long before that day; otherwise `None`."""

    def body(self, table_word: str) -> str:
        """Return the text below the title as HTML. Each table is in a section named by `table_word` and a number."""
        below = head(self.item).rest
        return page_body(html_of(below, picture=picture_word(self.language)), table_word=table_word)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRow:
    """An item as a list of titles on a page shows it."""

    title: str
    url: str
    day: date
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEdition:
    """An edition as a list of editions on a page shows it."""

    number: int
    url: str
    day: date
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFormerly:
    """An earlier version of a corrected item, as a digest contained it."""

    number: int
    """The number of the digest."""
    url: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDigest:
    """The digests of one audience as the front page shows them."""

    title: str
    url: str
    """The address of the list of all digests."""
    editions: tuple[ShownEdition, ...]
    """The latest editions, latest first, or none if none went out yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequency:
    """How often news comes."""

    items: int
    """The number of items in the period, rounded."""
    period: str
    """`month` or `year`."""


# --- items -----------------------------------------------------------------------------------------------------------


def list_items(records: Iterable[Record], *, start: str, look: SiteLook, theme: str = "") -> list[ShownItem]:
    """Return the items that are not withdrawn, newest first, as templates show them. Links are relative to the page
    `start`.

    On a theme's page, `theme` is the theme's slug, and the items do not name that theme. On other pages it is empty.
    """
    newest_first = sorted(records, key=lambda record: (record.published, record.added_seq), reverse=True)
    live = (record for record in newest_first if record.state.is_live)
    return [show_item(record, start=start, look=look, theme=theme) for record in live]


def show_item(record: Record, *, start: str, look: SiteLook, theme: str = "") -> ShownItem:
    """Return an item as templates show it, with links relative to the page `start`. The item does not name the theme
    with the slug `theme`.
    """
    face = look.faces.of(record, look.site)
    return ShownItem(
        title=face.title,
        is_whole_text=face.is_whole_text,
        url=urls.relative(face.file, start=start),
        link=face.link,
        host=face.host,
        day=record.item.date,
        language=face.language,
        rest=face.rest,
        themes=tuple(show_theme(each, start=start, look=look) for each in record.themes if each.slug != theme),
        keywords=face.keywords,
        files=len(record.item.enclosures),
        item=record.item,
        reads_on=face.reads_on,
        added_on=face.added_on,
    )


def show_row(record: Record, *, start: str, look: SiteLook) -> ShownRow:
    """Return an item as a row of a list of titles, with a link relative to the page `start`."""
    face = look.faces.of(record, look.site)
    return ShownRow(
        title=face.title,
        url=urls.relative(face.file, start=start),
        day=record.item.date,
        language=face.language,
    )


def show_place(place: EditionPlace, audience: Audience, *, start: str, look: SiteLook) -> ShownEdition:
    """Return an edition as a list of editions shows it, with a link relative to the page `start`."""
    return ShownEdition(
        number=place.number,
        url=urls.relative(urls.edition_file(audience.name, place.number), start=start),
        day=local_day(place.composed_at, look.site.timezone),
        items=place.items,
    )


def frequency_of(items: int, *, days: int) -> Frequency | None:
    """Return how often news comes to a site with `items` in the last `days`, or `None` if there are too few items or
    days.
    """
    if items < PACE_ITEMS or days < PACE_DAYS:
        return None
    a_month = items / (days / DAYS_A_MONTH)
    if a_month >= 1:
        return Frequency(items=round(a_month), period="month")
    return Frequency(items=max(1, round(a_month * 12)), period="year")


# --- feeds -----------------------------------------------------------------------------------------------------------


def sort_by_title(counts: Iterable[FeedCount]) -> list[FeedCount]:
    """Return the feeds sorted by title, as lists show them to visitors."""
    return sorted(counts, key=lambda count: (title_of_feed(count.feed).casefold(), count.feed.slug))


def show_theme(theme: Theme, *, start: str, look: SiteLook) -> ShownFeed:
    """Return a theme as templates show it, with links relative to the page `start`."""
    key = (urls.folder_with(start), theme.slug, theme.title)
    return look.feeds.get(key, lambda: _show_feed(Feed.of_theme(theme), start=key[0], look=look))


def languages_from(feeds: Iterable[Feed], *, start: str, look: SiteLook) -> list[ShownLanguage]:
    """Return a link for each language that visitors can choose. The site's own language leads to the front page, each
    other language to the page of its feed.
    """
    own = look.site.language
    shown = [ShownLanguage(tag=own, name=languages.own_name(own), url=urls.relative(urls.INDEX_FILE, start=start))]
    for feed in feeds:
        tag = language_of(feed, look.site)
        if _base(tag) != _base(own) and languages.interface_language(tag, DOMAIN) == tag:
            page = urls.relative(urls.feed_page_file(urls.folder_of(feed)), start=start)
            shown.append(ShownLanguage(tag=tag, name=languages.own_name(tag), url=page))
    return shown


def _base(language: str) -> str:
    return language.partition("-")[0].lower()


def edition_feeds(audience: Audience, *, look: SiteLook) -> list[FeedLink]:
    """Return the feeds of an audience's editions, with links relative to the list of editions."""
    folder, title = urls.editions_folder(audience.name), scrub(audience.title)
    return [_feed_link(title, folder, key, folder=f"{folder}/", site=look.site) for key in look.formats]


def show_feed(feed: Feed, *, start: str, look: SiteLook) -> ShownFeed:
    """Return a feed as templates show it, with links relative to the page `start`."""
    key = (urls.folder_with(start), feed.slug, feed.title)
    return look.feeds.get(key, lambda: _show_feed(feed, start=key[0], look=look))


def _show_feed(feed: Feed, *, start: str, look: SiteLook) -> ShownFeed:
    title, own = scrub(title_of_feed(feed)), urls.folder_of(feed)
    return ShownFeed(
        title=title,
        language=title_language(feed, look.site),
        url=urls.relative(urls.feed_page_file(own), start=start),
        feeds=tuple(_feed_link(title, own, key, folder=start, site=look.site) for key in look.formats),
    )


def title_language(feed: Feed, site: Site, items: Iterable[str] = ()) -> str:
    """Return the language of a feed's title, or an empty string if it is unknown.

    `items` are the languages of the feed's items. If all are the same, the title of a keyword's feed is in that
    language.
    """
    if feed.kind is FeedKind.KEYWORD:
        spoken = set(items)
        return spoken.pop() if len(spoken) == 1 else ""
    return language_of(feed, site) if feed.kind is FeedKind.LANGUAGE else site.language


def _feed_link(title: str, own: str, key: str, *, folder: str, site: Site) -> FeedLink:
    return FeedLink(
        title=title,
        format=urls.FEED_FORMATS[key].title,
        media_type=urls.FEED_FORMATS[key].media_type,
        url=urls.relative(urls.feed_file(own, key), start=folder),
        address=urls.feed_url(own, key, site),
    )
