"""The content of one feed, for any format. In: records of items from the store. Out: values that fit XML and JSON."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from publisher.model.feeds import CombinedFeed, Content, Feed, FeedKind, combined_feed
from publisher.model.records import Record
from publisher.model.site import Mailbox, Site
from publisher.publish.feed_items import DOMAIN, FeedItem, FeedItems, language_or, plain, whole_seconds
from publisher.publish.publication import Publication
from publisher.rendering import languages, urls
from publisher.rendering.addresses import wire_address

ADDRESS = re.compile(r"[A-Za-z0-9_.+'-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")
"""A mail address in the only form that feed validators accept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLook:
    """The settings that all feeds of a site share."""

    site: Site
    authority: str
    """The authority in the ids of items, such as `news.example.org,2026`."""
    formats: tuple[str, ...]
    icon: str = ""
    """The address of the icon; empty if there is none. The fields `logo` and `hub` are addresses, too, or empty."""
    logo: str = ""
    hub: str = ""
    content: Content = "full"
    contents: tuple[tuple[str, Content], ...] = ()
    """How much of an item's text a feed contains, by slug, for feeds that differ from `content`."""
    combined: tuple[CombinedFeed, ...] = ()

    def content_of(self, feed: Feed) -> Content:
        """Return how much of each item's text the feed contains."""
        return dict(self.contents).get(feed.slug, self.content)

    @classmethod
    def of(cls, publication: Publication, authority: str) -> "FeedLook":
        site, settings = publication.site, publication.settings
        icon, logo = (picture and site.base_url + picture for picture in (settings.icon, settings.logo))
        return cls(
            site=site,
            authority=authority,
            formats=settings.formats,
            icon=icon,
            logo=logo,
            hub=settings.hub,
            content=settings.content,
            contents=settings.contents,
            combined=settings.combined,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDocument:
    """The content of one feed, or of one document of its archive (RFC 5005 section 4), whatever the format."""

    id: str
    """The feed's id, a `tag:` URI that never changes."""
    title: str
    description: str
    language: str
    page_url: str
    """The address of the HTML page with the same items."""
    author: Mailbox
    """The author. Its address is empty if feed readers would not accept it."""
    updated: datetime
    """When the content last changed, in UTC; rewriting the file does not count."""
    items: tuple[FeedItem, ...]
    """The items, newest first."""
    withdrawn: tuple["Tombstone", ...]
    """Withdrawn items that a feed reader may still show. In an archive document, they are items that the document
    contained.
    """
    is_archive: bool
    look: FeedLook
    links: tuple[tuple[str, "Links"], ...]
    """The document's addresses, by format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The addresses of a feed document in one format, and of the documents that it links to."""

    own: str
    current: str
    """The address of the feed itself."""
    previous: str
    """The address of the archive document with the items before those of this one, or an empty string if
    there is none.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """The announcement in a feed that an item was withdrawn (RFC 6721)."""

    id: str
    when: datetime


def feed_document(
    feed: Feed,
    records: Iterable[Record],
    *,
    look: FeedLook,
    changed_at: datetime,
    withdrawn: Iterable[Record] = (),
    last_archive: int | None = None,
    prepared: FeedItems | None = None,
) -> FeedDocument:
    """Return a feed's content; withdrawn items become tombstones (announcements that the item is gone).

    `changed_at` dates the feed itself: when its items last changed, or when the feed was created. `last_archive` is the
    number of the archive document with the preceding items. Items in the cache `prepared` are not prepared again.
    """
    items = (prepared or FeedItems(look.site)).fit(records, look.content_of(feed))
    document = _document(feed, items, look=look, changed_at=changed_at, archive=None, previous=last_archive)
    return replace(document, withdrawn=_tombstones(withdrawn))


def archive_document(
    feed: Feed,
    number: int,
    records: Iterable[Record],
    *,
    look: FeedLook,
    withdrawn: Iterable[Record] = (),
    prepared: FeedItems | None = None,
) -> FeedDocument:
    """Return document `number` (from 1) of a feed's archive. Nothing in the document depends on later items.

    So the document does not link to the next one: feed readers go backwards through an archive
    (docs/adr/archives-only-lead-back.md).
    """
    records, withdrawn = list(records), list(withdrawn)
    changed_at = max((record.updated for record in (*records, *withdrawn)), default=datetime.min.replace(tzinfo=UTC))
    previous, items = number - 1 or None, (prepared or FeedItems(look.site)).fit(records, look.content_of(feed))
    document = _document(feed, items, look=look, changed_at=changed_at, archive=number, previous=previous)
    return replace(document, withdrawn=_tombstones(withdrawn))


def _tombstones(withdrawn: Iterable[Record]) -> tuple[Tombstone, ...]:
    latest_first = sorted(withdrawn, key=lambda record: record.seq, reverse=True)
    return tuple(Tombstone(id=record.uid, when=whole_seconds(record.updated)) for record in latest_first)


def _document(
    feed: Feed,
    items: tuple[FeedItem, ...],
    *,
    look: FeedLook,
    changed_at: datetime,
    archive: int | None,
    previous: int | None,
) -> FeedDocument:
    site, folder, language = look.site, urls.folder_of(feed), language_of(feed, look.site, look.combined)
    return FeedDocument(
        id=f"tag:{look.authority}:feeds/{feed.first_slug or folder}",
        title=plain(site.title if feed.kind is FeedKind.ALL else f"{title_of_feed(feed)} – {site.title}"),
        description=plain(_description(feed, site, language)),
        language=language,
        page_url=urls.feed_page_url(folder, site),
        author=author_of(site),
        updated=whole_seconds(max([changed_at, *(item.updated for item in items)])),
        items=items,
        withdrawn=(),
        is_archive=archive is not None,
        look=look,
        links=links_of(folder, look, archive=archive, previous=previous),
    )


def title_of_feed(feed: Feed) -> str:
    """Return a feed's title. The title of a language's feed is the language's own name."""
    return languages.own_name(_tag(feed)) if feed.kind is FeedKind.LANGUAGE else feed.title


def author_of(site: Site) -> Mailbox:
    """Return the publisher's name and address for feeds."""
    return Mailbox(name=plain(site.author.name or site.title), address=_address(site.author.address))


def links_of(
    folder: str, look: FeedLook, *, archive: int | None = None, previous: int | None = None
) -> tuple[tuple[str, Links], ...]:
    """Return the addresses of a feed document in a folder, and of the documents that it links to, by format."""
    return tuple((key, _links(folder, key, look.site, archive=archive, previous=previous)) for key in look.formats)


def _links(folder: str, feed_format: str, site: Site, *, archive: int | None, previous: int | None) -> Links:
    return Links(
        own=urls.feed_url(folder, feed_format, site, archive=archive),
        current=urls.feed_url(folder, feed_format, site),
        previous="" if previous is None else urls.feed_url(folder, feed_format, site, archive=previous),
    )


def _description(feed: Feed, site: Site, language: str) -> str:
    if feed.kind is FeedKind.ALL:
        return site.description or site.title
    gettext = languages.translations(language, DOMAIN).gettext
    texts = {
        FeedKind.THEME: gettext("%(theme)s: the news of %(site)s on this theme."),
        FeedKind.KEYWORD: gettext("%(keyword)s: the news of %(site)s with this keyword."),
        FeedKind.LANGUAGE: gettext("%(language)s: the news of %(site)s in this language."),
        FeedKind.COMBINED: gettext("%(choice)s: a choice of the news of %(site)s."),
    }
    title = title_of_feed(feed)
    return texts[feed.kind] % {"theme": title, "keyword": title, "language": title, "choice": title, "site": site.title}


def language_of(feed: Feed, site: Site, combined: Iterable[CombinedFeed] = ()) -> str:
    """Return the language of a feed and its pages: the language of its items if all have the same, or else the site's.

    `combined` are the feeds that config.toml defines.
    """
    own = _tag(feed) if feed.kind is FeedKind.LANGUAGE else ""
    own = next((asked.language for asked in combined if combined_feed(asked).slug == feed.slug), own)
    return language_or(own, language_or(site.language, "en"))


def _address(address: str) -> str:
    """Return a mail address in ASCII, or an empty string if feed validators would refuse it."""
    try:
        wire = wire_address(address)
    except ValueError:
        return ""
    return wire if ADDRESS.fullmatch(wire) else ""


def _tag(feed: Feed) -> str:
    return feed.slug.rpartition("/")[2]
