"""Removes from HTML what programs add to a text: the line of WordPress below each one, buttons to share it, the title
and author that Drupal repeats above it, words for screen readers alone, and scrambled mail addresses.

This module changes lxml's elements in place.
"""

import re
from copy import deepcopy

from lxml import html

from publisher.collect.sources.links import absolute

_FOOTER = re.compile(
    r"\s*(?:The post .+ (?:appeared first|first appeared) on|(?:L.|Cet )article .+ est apparu en premier sur"
    r"|Het bericht .+ verscheen eerst op|Der Beitrag .+ erschien zuerst auf) [^.]+(?:\.[^.\s]+)*\.?\s*",
    re.IGNORECASE,
)
"""What WordPress writes below each text of its feeds, in four languages."""
_LONGEST = 1_000
_SHORTCODE = re.compile(
    r"\[(?:/(?:caption|wp_caption|embed|gallery|audio|video|playlist|vc_\w+|et_pb_\w+)|caption|wp_caption|embed"
    r"|(?:caption|wp_caption|embed|gallery|audio|video|playlist|vc_\w+|et_pb_\w+|contact-form-7)\s[^\[\]<>]{0,500}=[^\[\]<>]{0,500})\]"
)
"""A mark that WordPress itself would replace, as its database and exports have it."""
_READ_ON = re.compile(
    r"\W{0,5}(?:read (?:more|on|the rest)|continue reading|lire la suite|lees (?:meer|verder)|weiterlesen|mehr lesen)\b"
    r".{0,300}",
    re.IGNORECASE | re.DOTALL,
)
_REPEATED = frozenset({"field--name-title", "field--name-uid", "field--name-created", "node__links"})
"""Classes of the title, author and time that Drupal's feeds have above each text, and of its links below it."""
_ADDED = frozenset(
    (
        *("sharedaddy", "jp-relatedposts", "wp-block-jetpack-sharing-buttons", "wp-block-jetpack-related-posts"),
        *("addtoany_content", "addtoany_share_save_container", "feedflare"),
    )
)
"""Classes of buttons to share a text, and of links to other texts, which Jetpack, AddToAny and FeedBurner put below
each text; the links differ at each reading.
"""
_UNSEEN = frozenset({"visually-hidden", "sr-only", "screen-reader-text", "element-invisible"})
"""Classes of words for screen readers, by Drupal, Bootstrap and WordPress. Without their styles everybody sees them."""
_SHOWN = ("img", "audio", "video", "iframe", "embed", "object", "hr")
"""Elements that show something without words."""
_SCRAMBLED = re.compile(r".*/cdn-cgi/l/email-protection#(?P<code>(?:[0-9a-f]{2})+)", re.IGNORECASE)
_CODE = re.compile(r"(?:[0-9a-f]{2}){4,200}", re.IGNORECASE)
_PROTECTED = re.compile(r"\s*\[email\sprotected\]\s*")


def without_shortcodes(raw: str) -> str:
    """Return HTML without shortcodes of WordPress; what stands between two of them stays."""
    return _SHORTCODE.sub("", raw)


def drop_footers(root: html.HtmlElement, base: str) -> None:
    """Remove paragraphs that only say where the text appeared first, with a link, and a link at the very end that says
    `Read more` and leads to the item itself, whose address is `base`.
    """
    for paragraph in list(root.iter("p")):
        words = str(paragraph.text_content())
        if len(words) < _LONGEST and paragraph.find(".//a") is not None and _FOOTER.fullmatch(words):
            paragraph.drop_tree()
    last = next((each for each in reversed(root) if not _is_empty(each) or (each.tail or "").strip()), None)
    if last is not None and not (last.tail or "").strip() and _leads_to_itself(last, base):
        last.drop_tree()


def drop_repeated(root: html.HtmlElement) -> None:
    """Remove what Drupal repeats around a text, what other programs add below it, and words for screen readers alone
    that stand beside other words.
    """
    for element in root.findall(".//*[@class]"):
        classes = {*element.get("class", "").split()}
        if not classes.isdisjoint(_REPEATED | _ADDED) or (
            not classes.isdisjoint(_UNSEEN) and _is_beside_words(element)
        ):
            element.drop_tree()


def words_shown(element: html.HtmlElement) -> str:
    """Return the words of an element without those for screen readers alone."""
    shown = deepcopy(element)
    for part in shown.findall(".//*[@class]"):
        if not _UNSEEN.isdisjoint(part.get("class", "").split()) and _is_beside_words(part):
            part.drop_tree()
    return " ".join(shown.itertext())


def _is_beside_words(element: html.HtmlElement) -> bool:
    """Whether the element's parent has other words: an icon has words for screen readers alone."""
    parent = element.getparent()
    own = str(element.text_content())
    return parent is not None and str(parent.text_content()).strip() != own.strip()


def _is_empty(element: html.HtmlElement) -> bool:
    """Whether an element shows nothing: neither words nor, say, a picture."""
    return not str(element.text_content()).strip() and next(element.iter(*_SHOWN), None) is None


def _leads_to_itself(element: html.HtmlElement, base: str) -> bool:
    """Whether an element is a link that says `Read more` and leads to `base`, or a paragraph with that link alone."""
    link = element if element.tag == "a" else element.find("a")
    words = str(element.text_content()).strip()
    if link is None or element.find(".//img") is not None or words != str(link.text_content()).strip():
        return False
    address = absolute(link.get("href", ""), base).partition("#")[0]
    return bool(address) and address == base.partition("#")[0] and _READ_ON.fullmatch(words) is not None


def show_addresses(root: html.HtmlElement) -> None:
    """Show mail addresses that Cloudflare scrambled: only a script on the site itself could read them."""
    for element in list(root.iter("a", "span")):
        link = _SCRAMBLED.fullmatch(element.get("href", ""))
        address = _unscrambled(element.get("data-cfemail", "") or (link["code"] if link else ""))
        if not address:
            continue
        if element.tag == "a":
            element.set("href", f"mailto:{address}")
        if _PROTECTED.fullmatch(str(element.text_content())):
            for child in list(element):
                element.remove(child)
            element.text = address.partition("?")[0]


def _unscrambled(code: str) -> str:
    """Return the address in hexadecimal digits, of which the first two are the key of the others; return an empty
    string if they are no address.
    """
    if not _CODE.fullmatch(code):
        return ""
    key, *letters = bytes.fromhex(code)
    address = bytes(letter ^ key for letter in letters).decode(errors="replace")
    return address if re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", address) else ""
