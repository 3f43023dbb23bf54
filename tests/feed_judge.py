"""Checks feeds against the grammar of RFC 4287, the rules of JSON Feed as a schema, and the warnings of validators."""

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

from jsonschema import Draft202012Validator
from lxml import etree

from publisher.publish.feed_items import MOST_BYTES

SCHEMAS = Path(__file__).resolve().parent / "schemas"
NS = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
ENCODED = "{http://purl.org/rss/1.0/modules/content/}encoded"
ATOM = etree.RelaxNG(etree.parse(SCHEMAS / "atom.rng"))
JSON_FEED = Draft202012Validator(json.loads((SCHEMAS / "json-feed.json").read_bytes()))
LOST = re.compile("[\ufffd\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Characters that a validator reports as an encoding error, however they are escaped."""
ADDRESS = re.compile(r"[\w.+'-]+@([a-zA-Z0-9-]+\.)+[a-zA-Z]{2,}", re.ASCII)
RISK = re.compile(r"<(script|meta|embed|object|iframe)\b|<[^<>]*\s(on\w+=|(href|src)=\"(?![a-z]+:))")


def remarks(*, rss: bytes, atom: bytes, json_feed: bytes) -> list[str]:
    """Return what is wrong with the three files of a feed. Each remark is the name of a validator's message."""
    tree, channel = etree.fromstring(atom), etree.fromstring(rss)[0]
    said = [] if ATOM.validate(tree) else [str(error) for error in ATOM.error_log]
    said += [error.message for error in JSON_FEED.iter_errors(json.loads(json_feed))]
    said += ["too large" for made in (rss, atom, json_feed) if len(made) > MOST_BYTES]
    return [*said, *_of_people(tree, channel), *_of_items(tree), *_of_texts(tree, channel)]


def remarks_on(folder: Path) -> list[str]:
    """Return what is wrong with the files in a folder."""
    rss, atom, json_feed = ((folder / name).read_bytes() for name in ("rss.xml", "atom.xml", "feed.json"))
    return remarks(rss=rss, atom=atom, json_feed=json_feed)


def _of_people(tree: etree._Element, channel: etree._Element) -> Iterator[str]:
    for name in tree.findall(f"{NS}author/{NS}name"):
        if re.search(r"</?\w|&#?\w+;", name.text or ""):
            yield "ContainsHTML"
    for address in tree.findall(f"{NS}author/{NS}email"):
        if not ADDRESS.fullmatch(address.text or ""):
            yield "InvalidContact"
    for editor in channel.findall("managingEditor"):
        if not re.fullmatch(r"\S+@\S+ \([^()<>\\]+\)", editor.text or ""):
            yield "InvalidContact"


def _of_items(tree: etree._Element) -> Iterator[str]:
    for name, message in {"updated": "DuplicateUpdated", "id": "DuplicateEntries"}.items():
        found = [entry.findtext(f"{NS}{name}") for entry in tree.findall(f"{NS}entry")]
        if len(set(found)) < len(found):
            yield message


def _of_texts(tree: etree._Element, channel: etree._Element) -> Iterator[str]:
    attributes = [value for each in tree.iter() for value in each.attrib.values()]
    for text in (*tree.itertext(), *channel.itertext(), *attributes):
        if LOST.search(unescape(str(text))):
            yield "BadCharacters"
    for language in (channel.findtext("language"), *(entry.get(LANG) for entry in tree.findall(f"{NS}entry"))):
        if not re.fullmatch(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{1,8})*", str(language)):
            yield "InvalidLanguage"
    for html in (*tree.iter(f"{NS}content"), *channel.iter(ENCODED)):
        if RISK.search(html.text or ""):
            yield "SecurityRisk, or ContainsRelRef"
