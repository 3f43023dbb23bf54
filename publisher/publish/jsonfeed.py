"""JSON Feed 1.1, by the standard library. In: values. Out: bytes, always the same for the same document."""

import json
from collections.abc import Callable
from typing import Any

from publisher.model.items import Enclosure
from publisher.publish.document import FeedDocument
from publisher.publish.entries import Entries
from publisher.publish.feed_items import FeedItem

VERSION = "https://jsonfeed.org/version/1.1"

_simple: Callable[[object], str] = json.JSONEncoder(ensure_ascii=False).encode


def json_feed(document: FeedDocument, entries: Entries | None = None) -> bytes:
    """Return a feed document as JSON Feed 1.1. Themes and keywords both become `tags`, because the format has only one
    kind of tag.

    Items that `entries` already has are not serialised again.
    """
    entries = entries or Entries()
    author = {"name": document.author.name}
    if document.author.address:
        author["url"] = f"mailto:{document.author.address}"
    links = dict(document.links)["json"]
    feed: dict[str, Any] = {
        "version": VERSION,
        "title": document.title,
        "home_page_url": document.page_url,
        "feed_url": links.own,
        "description": document.description,
        "language": document.language,
        "authors": [author],
    }
    if document.look.icon:
        feed["icon"] = document.look.icon
    if document.look.hub and not document.is_archive:
        feed["hubs"] = [{"type": "WebSub", "url": document.look.hub}]
    if links.previous:
        feed["next_url"] = links.previous
    head = _indented(feed).removesuffix("\n}") + ',\n "items": ['
    made = {item: _indented(_item(item), "\n  ").encode() for item in entries.missing(document.items)}
    items = [b"\n  " + written for written in entries.take(document.items, made)]
    return head.encode() + b",".join(items) + (b"\n ]\n}\n" if items else b"]\n}\n")


def _indented(value: object, line: str = "\n") -> str:
    """Return indented JSON, equal to `json.dumps(value, ensure_ascii=False, indent=1)`, in a quarter of the time.

    The C code in the standard library cannot indent. `line` is the beginning of a line at the depth of `value`.
    """
    deeper = f"{line} "
    if isinstance(value, dict) and value:
        pairs = (f"{deeper}{_simple(name)}: {_indented(each, deeper)}" for name, each in value.items())
        return f"{{{','.join(pairs)}{line}}}"
    if isinstance(value, list) and value:
        return f"[{','.join(f'{deeper}{_indented(each, deeper)}' for each in value)}{line}]"
    return _simple(value)


def _item(item: FeedItem) -> dict[str, Any]:
    values: dict[str, Any] = {
        "id": item.id,
        "url": item.url,
        "title": item.title,
        "summary": item.summary,
        "content_html": item.html,
        "date_published": item.published.isoformat(),
        "language": item.language,
    }
    if item.updated != item.published:
        values["date_modified"] = item.updated.isoformat()
    if item.categories:
        values["tags"] = list(dict.fromkeys(category.label for category in item.categories))
    if item.enclosures:
        values["attachments"] = [_attachment(enclosure) for enclosure in item.enclosures]
    return values


def _attachment(enclosure: Enclosure) -> dict[str, Any]:
    values: dict[str, Any] = {"url": enclosure.url, "mime_type": enclosure.media_type}
    if enclosure.title:
        values["title"] = enclosure.title
    if enclosure.size_bytes is not None:
        values["size_in_bytes"] = enclosure.size_bytes
    return values
