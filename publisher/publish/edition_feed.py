"""The feed of an audience's digests, for people who want one entry for each digest instead of one for each item."""

from collections.abc import Iterable
from datetime import datetime
from html import escape, unescape

from publisher.model.editions import Audience
from publisher.model.schedules import local_day
from publisher.model.titles import title_of
from publisher.publish.document import FeedDocument, FeedLook, author_of, links_of
from publisher.publish.feed_items import FeedItem, plain, whole_seconds
from publisher.rendering import languages, urls
from publisher.store.past_editions import EditionHead

FEED_EDITIONS = 20
"""How many of the latest editions the feed contains."""
TITLES = 15
"""How many items of an edition the feed names."""


def edition_feed(audience: Audience, editions: Iterable[EditionHead], *, look: FeedLook) -> FeedDocument:
    """Return the feed of an audience's latest editions, each of which names its newest items. There must be at least
    one edition.
    """
    listed = tuple(_entry(audience, edition, look) for edition in editions)
    folder = urls.editions_folder(audience.name)
    title = plain(audience.title)
    return FeedDocument(
        id=f"tag:{look.authority}:editions/{audience.name}",
        title=title,
        description=title,
        language=audience.language_at(look.site),
        page_url=urls.editions_url(audience, look.site),
        author=author_of(look.site),
        updated=max(item.updated for item in listed),
        items=listed,
        withdrawn=(),
        is_archive=False,
        look=look,
        links=links_of(folder, look),
    )


def _entry(audience: Audience, edition: EditionHead, look: FeedLook) -> FeedItem:
    language = audience.language_at(look.site)
    day = languages.format_day(local_day(edition.composed_at, look.site.timezone), language)
    address = urls.edition_url(audience, edition.number, look.site)
    texts = languages.translations(language, "pages")
    count = texts.ngettext("%(num)s item", "%(num)s items", edition.items)
    name = texts.gettext("Digest No.&nbsp;%(number)s, %(day)s") % {"number": edition.number, "day": day}
    titles = [plain(title_of(record.item)) or day for record in edition.records]
    links = [
        f'<li><a href="{escape(urls.page_url(record, look.site))}">{escape(title, quote=False)}</a></li>'
        for record, title in zip(edition.records, titles, strict=True)
    ]
    html = f'<ul>{"".join(links)}</ul><p><a href="{escape(address)}">{count % {"num": edition.items}}</a></p>'
    composed: datetime = whole_seconds(edition.composed_at)
    return FeedItem(
        id=f"tag:{look.authority}:editions/{audience.name}/{edition.number}",
        url=address,
        title=plain(f"{audience.title}: {unescape(name)}"),
        summary=plain("; ".join(titles[:3])) or day,
        html=html,
        language=language,
        published=composed,
        updated=composed,
        updated_alone=composed,
        categories=(),
        enclosures=(),
        most_bytes=0,
    )
