"""Splits an item into its title and the text below it, so that no sentence is shown twice and none is lost."""

import re
from dataclasses import dataclass, replace
from html import unescape

from publisher.model.items import Item
from publisher.model.titles import Heading, heading_of

_FIRST_BLOCK = re.compile(r"\s*<(?P<block>p|div|h[1-6])\b[^>]*>")
_TOKEN = re.compile(r"<(?P<end>/?)(?P<tag>[a-z0-9]+)\b[^>]*>|&#?\w+;|[^<]")
_MARKS = frozenset(
    ("abbr", "b", "cite", "em", "i", "mark", "q", "s", "small", "span", "strong", "sub", "sup", "time", "u", "wbr")
)
"""Elements (marks such as `b`) that may be lost when words become a title; links and pictures may not be lost."""
_BREAKS = re.compile(r"(?:\s|<br\b[^>]*>)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Headed:
    """An item, split into its title and the rest."""

    title: str
    """The source's title, or the first sentence, on one line; not scrubbed for XML (`text.scrub`). Empty if the item
    has no words.
    """
    rest: Item
    """The item reduced to the `text` and `html` below the title. These are whole if the title is the source's own, or
    is cut.
    """
    is_whole_text: bool
    """Whether the title is all that the item says: the title is then shown as a text, with nothing below it."""


def head(item: Item) -> Headed:
    """Split an item into its title and the text below it."""
    heading = heading_of(item)
    html = _html_below(heading, item)
    rest = replace(item, text=heading.text, html=html)
    return Headed(title=heading.title, rest=rest, is_whole_text=heading.is_whole_text and not html)


def head_line(item: Item) -> tuple[str, bool]:
    """Return the `title` and `is_whole_text` of `head(item)`, for lists that show only titles."""
    heading = heading_of(item)
    return heading.title, heading.is_whole_text and not _html_below(heading, item)


def _html_below(heading: Heading, item: Item) -> str:
    return _html_behind(heading.sentence, item.html) if heading.sentence else item.html


def _html_behind(sentence: str, html: str) -> str:
    """Return safe HTML without the sentence at its beginning; return the HTML unchanged if the sentence contains a link
    or picture.
    """
    first = _FIRST_BLOCK.match(html)
    if first is None:
        return html
    wanted, seen, marks = "".join(sentence.split()), "", list[tuple[str, str]]()
    for token in _TOKEN.finditer(html, first.end()):
        if token["tag"]:
            if token["tag"] not in _MARKS:
                return html
            _follow(token, marks)
        else:
            seen += "".join(unescape(token[0]).split())
        if seen == wanted:
            return _resume(first, marks, html[token.end() :])
        if not wanted.startswith(seen):
            return html
    return html


def _follow(token: re.Match[str], marks: list[tuple[str, str]]) -> None:
    """Update `marks`, the open marks (elements such as `b`), for the tag in `token`. Each mark is its name and the tag
    that opened it.
    """
    if token["end"]:
        if marks:
            marks.pop()
    elif token["tag"] != "wbr":
        marks.append((token["tag"], token[0]))


def _resume(first: re.Match[str], marks: list[tuple[str, str]], rest: str) -> str:
    """Return the rest of the HTML after a removed sentence, with its block and marks (elements such as `b`) opened
    again; marks with no content left are removed.
    """
    rest = _BREAKS.sub("", rest, count=1)
    while marks and rest.startswith(f"</{marks[-1][0]}>"):
        name, _ = marks.pop()
        rest = _BREAKS.sub("", rest.removeprefix(f"</{name}>"), count=1)
    end = f"</{first['block']}>"
    if not marks and rest.startswith(end):
        return rest.removeprefix(end).lstrip()
    return f"{first[0].lstrip()}{''.join(tag for _, tag in marks)}{rest}"
