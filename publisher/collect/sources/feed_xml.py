"""Corrects the XML of a feed before feedparser reads it, and finds out whether it was cut off; pure."""

import re

from publisher.collect.sources.escapes import escape_ampersands

_ENTITY = re.compile(r"<!ENTITY[^>]*>?", re.IGNORECASE)
"""The declaration of an entity, removed before a parser can expand it: a few lines could expand to gigabytes."""
_CAPTION = re.compile(r"(</?media:)description\b")
"""The tag of a picture's caption in Media RSS, which is renamed so that feedparser does not take the caption for the
item's own description.
"""
_LINK = re.compile(r"<link\s(?P<attributes>[^<>]{1,500}(?<!/))>\s*(?P<address>https?://[^<>\s\"]+)\s*</link\s*>")
_REL = re.compile(r"\brel\s*=\s*[\"'](?!alternate\b)")
_HREF = re.compile(r"\bhref\s*=")
_ROOT_END = re.compile(r"</(?:\w+:)?(?:rss|feed|rdf|channel)\s*>", re.IGNORECASE)
_ENTRY = re.compile(r"<(?:\w+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_ENTRY_END = re.compile(r"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)


def correct_xml(document: str) -> str:
    """Return a feed without declarations of entities and with its bare ampersands escaped, in which feedparser confuses
    neither captions nor the addresses of files with the item's own description and link.
    """
    text = escape_ampersands(_ENTITY.sub("", document))
    return _LINK.sub(_with_href, _CAPTION.sub(r"\1caption", text))


def ends_within_entry(text: str, count: int) -> bool:
    """Whether a document with `count` entries was cut off inside its last entry, whose text is then incomplete."""
    last = max((match.start() for match in _ENTRY.finditer(text)), default=0)
    return _ROOT_END.search(text, last) is None and len(_ENTRY_END.findall(text)) < count


def _with_href(link: re.Match[str]) -> str:
    """Return a link that has its address as text, as in RSS, and says that it is no link to the item, as in Atom."""
    attributes = link["attributes"]
    if not _REL.search(attributes) or _HREF.search(attributes):
        return link[0]
    return f'<link {attributes} href="{link["address"]}"/>'
