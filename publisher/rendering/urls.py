"""The layout of `feeds/`: the only module that knows the paths and addresses of public files.

Files are paths below `feeds/`, such as `all/rss.xml`; URLs are below the site's base URL, which serves that folder.
"""

import re
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from publisher.model.editions import Audience
from publisher.model.feeds import ALL, Feed, FeedKind
from publisher.model.records import Record
from publisher.model.site import Site

KEYWORDS_FILE = "keywords/index.html"
YEARS_FILE = "items/index.html"
OPML_FILE = "feeds.opml"
STYLE_FILE = "style.css"
INDEX_FILE = "index.html"
NOT_FOUND_FILE = "404.html"
ROBOTS_FILE = "robots.txt"
ICON_FILE = "icon.svg"
SITEMAP_FILE = "sitemap.xml"
GONE = ".gone"
FORMS = "-"
"""The folder of forms below the site's address; no theme and no file can have this name."""
DESK = "desk"
DESK_IMPORT = "people/import"
"""The path of the desk's page for importing lists of people, below the desk's own path."""
"""The path of the editors' desk, below the folder of forms."""

EDITION_ITEMS = 200
"""How many items the page of an edition shows at most, so that it loads quickly."""

WEB_ADDRESS = re.compile(r"https?://[^/\s<>\"\\^`{|}]+(?:/[^\s<>\"\\^`{|}]*)?", re.IGNORECASE)
"""A web address with the characters of an IRI (RFC 3987), and no scheme that a browser would run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFormat:
    """One format of a feed."""

    key: str
    """The format's name in config.toml."""
    title: str
    file: str
    media_type: str


FEED_FORMATS = {
    feed_format.key: feed_format
    for feed_format in (
        FeedFormat(key="rss", title="RSS", file="rss.xml", media_type="application/rss+xml"),
        FeedFormat(key="atom", title="Atom", file="atom.xml", media_type="application/atom+xml"),
        FeedFormat(key="json", title="JSON Feed", file="feed.json", media_type="application/feed+json"),
    )
}


class HasPath(Protocol):
    """A value that has the path of an item's page, such as a record."""

    @property
    def path(self) -> str: ...


def item_file(record: HasPath) -> str:
    return f"{record.path}.html"


def gone_file(page: str) -> str:
    """Return the empty file beside the page of a withdrawn item: with it, web servers answer 410 for the page."""
    return f"{page}{GONE}"


def folder_of(feed: Feed) -> str:
    """Return the folder of a feed and its page."""
    return feed.slug.removeprefix("combined/") if feed.kind is FeedKind.COMBINED else feed.slug


def feed_page_file(folder: str, number: int | None = None) -> str:
    """Return the file of a feed's page with its newest items, or of a numbered page."""
    return f"{folder}/{INDEX_FILE}" if number is None else f"{folder}/pages/{number}.html"


def feed_page_url(folder: str, site: Site, number: int | None = None) -> str:
    return f"{site.base_url}{feed_page_file(folder, number).removesuffix(INDEX_FILE)}"


def year_file(year: int) -> str:
    """Return the file of a year's page."""
    return f"items/{year:04d}/{INDEX_FILE}"


def month_file(year: int, month: int) -> str:
    """Return the file of a month's page; no item's page can have the same address, because addresses of items end in
    `.html`.
    """
    return f"items/{year:04d}/{month:02d}/{INDEX_FILE}"


def edition_file(audience: str, number: int) -> str:
    """Return the file of an edition's page."""
    return f"archive/{audience}/{number}.html"


def editions_folder(audience: str) -> str:
    """Return the folder of an audience's editions, their list and their feed."""
    return f"archive/{audience}"


def editions_file(audience: str) -> str:
    """Return the file of the page that lists an audience's editions."""
    return f"archive/{audience}/{INDEX_FILE}"


def edition_url(audience: Audience, number: int, site: Site) -> str:
    """Return the address of an edition's page, or the site's front page if the audience has no archive on the web."""
    return f"{site.base_url}{edition_file(audience.name, number)}" if audience.archive else site.base_url


def rest_url(audience: Audience, number: int, site: Site, *, items: int) -> str:
    """Return the address at which all `items` of an edition can be read: the edition's page, or else the first of the
    pages of the all-items feed.
    """
    if audience.archive and items <= EDITION_ITEMS:
        return edition_url(audience, number, site)
    return feed_page_url(ALL, site)


def editions_url(audience: Audience, site: Site) -> str:
    """Return the address of the list of an audience's editions."""
    return f"{site.base_url}{editions_file(audience.name).removesuffix(INDEX_FILE)}"


def sitemap_file(part: str) -> str:
    """Return the path of one of the files that the sitemap's index lists."""
    return f"sitemap-{part}.xml"


def feed_file(folder: str, feed_format: str, *, archive: int | None = None) -> str:
    """Return the path of a feed, or of a document of its archive."""
    inner = "" if archive is None else f"archive/{archive}/"
    return f"{folder}/{inner}{FEED_FORMATS[feed_format].file}"


def feed_url(folder: str, feed_format: str, site: Site, *, archive: int | None = None) -> str:
    return f"{site.base_url}{feed_file(folder, feed_format, archive=archive)}"


def page_url(record: Record, site: Site) -> str:
    """Return the address of the item's page on this site."""
    return f"{site.base_url}{item_file(record)}"


def url_of(record: Record, site: Site) -> str:
    """Return the address at which readers read the item: the item's own link if that is an absolute web address, or
    else its page on this site.
    """
    return record.item.link if is_web_address(record.item.link) else page_url(record, site)


def subscribe_url(site: Site, theme: str = "") -> str:
    """Return the address of the form to subscribe, in which the theme with this slug is preselected, or all themes if
    `theme` is empty.
    """
    return f"{site.base_url}{FORMS}/subscribe{'?theme=' if theme else ''}{theme}"


def confirm_url(site: Site, token: str) -> str:
    """Return the address of the page with the button that confirms a subscription."""
    return f"{site.base_url}{FORMS}/confirm/{token}"


def mine_url(site: Site, token: str) -> str:
    """Return the address of a reader's own page."""
    return f"{site.base_url}{FORMS}/mine/{token}"


def fresh_url(site: Site, token: str) -> str:
    """Return the address of a subscriber's own page for a fresh link, which he asked for and which works once."""
    return f"{site.base_url}{FORMS}/fresh/{token}"


def move_url(site: Site, token: str) -> str:
    """Return the address of the page with the button that confirms a subscriber's new mail address."""
    return f"{site.base_url}{FORMS}/move/{token}"


def stop_url(site: Site, token: str) -> str:
    """Return the address of the page with the button to unsubscribe; the unsubscribe buttons of mail programs post to
    the same address (RFC 8058).
    """
    return f"{site.base_url}{FORMS}/stop/{token}"


def desk_url(site: Site) -> str:
    """Return the address of the editors' desk."""
    return f"{site.base_url}{FORMS}/{DESK}"


def desk_edition_url(site: Site, audience: str) -> str:
    """Return the address of the desk's page of an audience's next edition."""
    return f"{desk_url(site)}/edition/{audience}"


def desk_link_url(site: Site, token: str) -> str:
    """Return the address of the page with the button that signs an editor in; this address works once."""
    return f"{desk_url(site)}/in/{token}"


def is_web_address(link: str) -> bool:
    """Whether an item's own link is a web address to which readers can be sent."""
    return WEB_ADDRESS.fullmatch(link) is not None


def host_of(address: str) -> str:
    """Return the host of a web address as people name it: without `www.`, user and port."""
    host = urlsplit(address).hostname or ""
    return host.removeprefix("www.")


def folder_with(file: str) -> str:
    """Return the folder of a file, with a slash at the end; relative links are the same for all files in it."""
    return file[: file.rfind("/") + 1]


def relative(path: str, *, start: str) -> str:
    """Return a link from a page in the folder of `start` to the file `path`; relative, so that a copy of `feeds/` works
    from any disk.
    """
    here, there = start.split("/")[:-1], path.split("/")
    shared = 0
    while shared < min(len(here), len(there) - 1) and here[shared] == there[shared]:
        shared += 1
    return "/".join([".."] * (len(here) - shared) + there[shared:])
