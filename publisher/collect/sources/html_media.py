"""Replaces what HTML contains besides text: players, frames, and pictures that a script would load later.

This module changes lxml's elements in place. A frame or a player cannot be in a feed or a mail: it becomes a link with
a name, and a recording also becomes a file of the item. A picture that waits for a script, in `data-` attributes, a
`srcset` or a `noscript`, becomes an ordinary picture.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from lxml import html

from publisher.collect.sources.links import web_address
from publisher.collect.sources.text import clean_name
from publisher.model.items import Enclosure

FRAMES = ("embed", "frame", "iframe", "object")
RECORDINGS = ("audio", "video")
_AMP = {"amp-img": "img", "amp-iframe": "iframe", "amp-video": "video", "amp-audio": "audio"}
_HELD_BACK = ("data-src", "data-original", "data-lazy-src", "data-lazy", "data-litespeed-src")
_SETS = ("data-srcset", "data-lazy-srcset", "srcset")
_CANDIDATE = re.compile(r"(?P<address>[^\s,]\S*[^\s,])(?:\s+(?P<size>\d{1,6}(?:\.\d+)?)(?P<unit>[wx]))?\s*(?:,|\Z)")
_WIDEST = 1_600
"""Pixels; wider versions of a picture are for large screens only."""
_PICTURE = re.compile(r"[^\s?#]+\.(?:avif|gif|jpe?g|png|webp)(?:[?#]\S*)?", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"data:|about:|\S*\b(?:blank|lazy|loading|placeholder|spacer|transparent|1x1)[^/]*\.(?:gif|jpe?g|png|svg)\Z",
    re.IGNORECASE,
)
_EMPTY = re.compile(r"data:[^…]{0,2000}\Z")
"""A `data:` picture that is no longer is a placeholder until a script loads the real one. `escapes.shorten_data` ends a
longer one with dots.
"""
_PARAMETERS = ("movie", "src", "url", "filename")
_INLINE = frozenset({"p", "a", "b", "em", "h1", "h2", "h3", "h4", "h5", "h6", "i", "span", "strong", "pre", "u"})
"""Elements that cannot hold a paragraph."""
_PIXEL_SIZE = 3
_HIDDEN = re.compile(r"display\s*:\s*none|(?<![-\w])(?:width|height)\s*:\s*[0-2](?:px)?\s*(?:;|$)", re.IGNORECASE)
NUMBER = re.compile(r"\s*(\d{1,5})(?:\.\d*)?(?:px)?\s*")


@dataclass(slots=True)
class MediaFound:
    """The media and files that were found while HTML was cleaned."""

    files: list[Enclosure] = field(default_factory=list)
    """Recordings that the HTML played, as files of the item."""
    lost: list[str] = field(default_factory=list)
    """Addresses of pictures, frames and players that could not be used."""


def show_media(root: html.HtmlElement, base: str, media: MediaFound, *, keep_tracking: bool) -> None:
    """Replace players and frames by links, and give pictures without an address the one that a script would use."""
    for element in list(root.iter(*_AMP)):
        element.tag = _AMP[str(element.tag)]
    late = set(_unwrap(root))
    gone: set[html.HtmlElement] = set()
    shown: set[str] = set()
    for player in list(root.iter(*FRAMES, *RECORDINGS)):
        if player not in gone:
            known = shown if player in late else set[str]()
            gone |= _show_player(player, base, media, known, keep_tracking=keep_tracking)
            shown.update(filter(None, (web_address(text, base) for text in _addresses(player))))
    for image in list(root.iter("img")):
        address = _show_picture(image, base, media)
        is_seen = keep_tracking or is_visible(image)
        if not address or not is_seen or (image in late and address in shown):
            image.drop_tree()
        shown.add(address)


def is_visible(element: html.HtmlElement) -> bool:
    """Whether a picture or frame is more than a tracking pixel."""
    sizes = [match for name in ("width", "height") if (match := NUMBER.fullmatch(element.get(name, "")))]
    return not any(int(size[1]) < _PIXEL_SIZE for size in sizes) and not _HIDDEN.search(element.get("style", ""))


def _unwrap(root: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """Replace each `noscript` by the pictures and players inside it, and yield these; its words are left out."""
    for around in list(root.iter("noscript")):
        for element in list(around.iter("img", *FRAMES, *RECORDINGS)):
            element.drop_tree()
            element.tail = None
            around.addprevious(element)
            yield element
        around.drop_tree()


# --- players ---------------------------------------------------------------------------------------------------------


def _show_player(
    player: html.HtmlElement, base: str, media: MediaFound, known: set[str], *, keep_tracking: bool
) -> set[html.HtmlElement]:
    """Replace a player by a link, or only remove it if a link leads to its address already (`known`).

    Return the elements that were removed with the player.
    """
    written = [text for text in _addresses(player) if not _PLACEHOLDER.match(text)]
    address = next(filter(None, (web_address(text, base) for text in written)), "")
    is_seen = keep_tracking or is_visible(player)
    if is_seen and not address:
        media.lost += written[:1]
    if is_seen and address and address not in known:
        title = clean_name(player.get("title") or player.get("aria-label") or "")
        is_recording = player.tag in RECORDINGS
        if is_recording:
            media.files.append(Enclosure(url=address, media_type=_type_of(player), title=title))
        _put_before(player, _link(address, _name(address, title, is_recording=is_recording)))
    # `embed` has no content: what is inside it here belongs after it. Other players contain text for programs that
    # cannot show them.
    if player.tag == "embed" or (is_seen and not address and player.tag != "iframe"):
        player.drop_tag()
        return set()
    within = set(player.iter())
    player.drop_tree()
    return within


def _addresses(player: html.HtmlElement) -> Iterator[str]:
    for name in ("src", "data", *_HELD_BACK):
        yield (player.get(name) or "").strip()
    for source in player.iter("source"):
        yield (source.get("src") or "").strip()
    for parameter in player.iter("param"):
        if (parameter.get("name") or "").lower() in _PARAMETERS:
            yield (parameter.get("value") or "").strip()


def _type_of(player: html.HtmlElement) -> str:
    types = (each.get("type") or "" for each in (player, *player.iter("source")))
    return next(filter(None, types), "").partition(";")[0].strip().lower()


def _name(address: str, title: str, *, is_recording: bool) -> str:
    """Return the text of the link that replaces a player."""
    parts = urlsplit(address)
    host = (parts.hostname or "").removeprefix("www.")
    if not is_recording:
        return f"{title} ({host})" if title else host
    return title or clean_name(unquote(parts.path.rpartition("/")[2])) or host


def _link(address: str, name: str) -> html.HtmlElement:
    link = html.Element("a", href=address)
    link.text = name
    return link


def _put_before(player: html.HtmlElement, link: html.HtmlElement) -> None:
    parent = player.getparent()
    if parent is not None and parent.tag not in _INLINE:
        paragraph = html.Element("p")
        paragraph.append(link)
        link = paragraph
    player.addprevious(link)


# --- pictures --------------------------------------------------------------------------------------------------------


def _show_picture(image: html.HtmlElement, base: str, media: MediaFound) -> str:
    """Move a picture's address to its `src`, where it is loaded at once, and return it; return an empty string if the
    picture has no address.
    """
    if image.get("alt") is None:
        image.set("alt", "")
    written = list(_picture_addresses(image))
    address = next(filter(None, (web_address(text, base) for text in written)), "")
    if address:
        image.set("src", address)
    else:
        media.lost += [text for text in written if not _EMPTY.match(text)][:1]
    return address


def _picture_addresses(image: html.HtmlElement) -> Iterator[str]:
    """Yield the possible addresses of a picture, the likeliest first."""
    source = (image.get("src") or "").strip()
    is_placeholder = _PLACEHOLDER.match(source) is not None
    for name in _HELD_BACK:
        yield from filter(None, [(image.get(name) or "").strip()])
    if source and not is_placeholder:
        yield source
    for element in (image, *_sources_around(image)):
        for name in _SETS:
            yield from _best(element.get(name) or "")
    others = (str(value).strip() for name, value in image.attrib.items() if str(name).startswith("data-"))
    yield from (value for value in others if _PICTURE.fullmatch(value))
    if source and is_placeholder:
        yield source


def _sources_around(image: html.HtmlElement) -> list[html.HtmlElement]:
    picture = next(image.iterancestors("picture"), None)
    return [] if picture is None else list(picture.iter("source"))


def _best(candidates: str) -> list[str]:
    """Return the address in a `srcset` that suits most screens, as a list with one element; return an empty list if
    there is none.
    """
    found = [(match["address"], float(match["size"] or 1), match["unit"]) for match in _CANDIDATE.finditer(candidates)]
    wide = [(size, address) for address, size, unit in found if unit == "w"]
    fitting = [each for each in wide if each[0] <= _WIDEST]
    if wide:
        return [max(fitting)[1] if fitting else min(wide)[1]]
    return [address for address, _, _ in found[:1]]
