"""Reads the files that feeds attach to their items: enclosures and attachments, or else media of Media RSS; pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from publisher.collect.sources.links import seen_from

_FLASH = "application/x-shockwave-flash"
"""The type of the player that YouTube's feeds name as the film itself."""


def of_entry(entry: Mapping[str, Any], html: str, base: str) -> list[dict[str, object]]:
    """Return what is attached to an item of RSS or Atom (an entry from feedparser), for `fields.item_of`.

    `html` is the item's body. If the entry has no enclosures, return the files named by `media:content` instead; of
    several versions of a recording (`media:group`), only the version marked as default. Pictures that the body shows,
    portraits of authors, and films for the Flash player, which no browser has any more, are left out.
    """
    links = [link for link in entry.get("links", ()) if link.get("rel") == "enclosure"]
    attached = [
        _attached(base, link.get("href"), link.get("type"), link.get("length"), link.get("title")) for link in links
    ]
    if attached:
        return attached
    media = [each for each in entry.get("media_content") or () if each.get("type") != _FLASH]
    found = [
        _attached(base, each.get("url"), each.get("type"), each.get("filesize"))
        for each in [each for each in media if each.get("isdefault") == "true"] or media
        if not _is_picture(each) or _is_news(str(each.get("url") or ""), html)
    ]
    return found or _first_picture((each.get("url") for each in entry.get("media_thumbnail") or ()), html, base)


def of_json(item: Mapping[str, Any], html: str, base: str) -> list[dict[str, object]]:
    """Return the attachments of an item of JSON Feed 1.1. If it has none, return its picture, unless the body (`html`)
    shows a picture.
    """
    attachments = item.get("attachments")
    attached = [
        _attached(base, each.get("url"), each.get("mime_type"), each.get("size_in_bytes"), each.get("title"))
        for each in (attachments if isinstance(attachments, list) else ())
        if isinstance(each, Mapping)
    ]
    return attached or _first_picture([item.get("image")], html, base)


def _is_picture(media: Mapping[str, Any]) -> bool:
    return media.get("medium") == "image" or str(media.get("type") or "").startswith("image/")


def _is_news(picture: str, html: str) -> bool:
    return "avatar" not in picture.lower() and picture not in html


def _first_picture(addresses: Iterable[object], html: str, base: str) -> list[dict[str, object]]:
    """Return the first of the pictures at `addresses`; return none if the item's body has pictures, because the body
    probably shows the same picture, larger.
    """
    shown = [each for each in addresses if isinstance(each, str) and _is_news(each, html)]
    return [] if "<img" in html else [_attached(base, each) for each in shown[:1]]


def _attached(
    base: str, address: object, media_type: object = None, length: object = None, title: object = None
) -> dict[str, object]:
    """Return the values of one enclosure, without values that are neither text nor number and would make the item
    unreadable.
    """
    values = {"type": media_type, "length": length, "title": title}
    known = {
        name: value for name, value in values.items() if isinstance(value, str | int) and not isinstance(value, bool)
    }
    return {"url": seen_from(address, base) if isinstance(address, str) else "", **known}
