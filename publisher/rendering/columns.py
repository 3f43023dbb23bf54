"""Plain text in columns, as a terminal or a mail program with a fixed-width font shows it."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, repeat

from publisher.model.characters import even_spaces

WIDTH = 72
"""Columns of a line. RFC 3676 section 4.2 recommends at most 78 characters; replies add marks in front."""
LEAST_WIDTH = 20
"""The least width of text deep inside lists and quotations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A piece of text set off from others: a paragraph, an item of a list, a table, code."""

    text: str
    """The text of the block; line feeds end its lines."""
    first: str = ""
    """The text in front of the block's first line, such as the bullet of a list or the mark of a quotation."""
    rest: str = ""
    """The text in front of each further line."""
    is_fixed: bool = False
    """Whether the block's lines stay as they are, however wide, as in a table or code."""
    follows_closely: bool = False
    """Whether no empty line stands above the block."""


def lay_out(blocks: Sequence[Block], *, indent: int = 0) -> str:
    """Return the blocks one below the other, in lines of at most `WIDTH` columns, except for blocks with `is_fixed`."""
    lines: list[str] = []
    for place, block in enumerate(blocks):
        if place and not block.follows_closely:
            lines.append("")
        marks = chain([block.first], repeat(block.rest))
        for mark, line in zip(marks, _lines_of(block, indent), strict=False):
            lines.append(f"{' ' * indent}{mark}{line}".rstrip())
    return "\n".join(lines)


@lru_cache(maxsize=1024)  # several digests contain the same items
def wrap(text: str, *, first: str = "", indent: int = 0) -> str:
    """Return the text's paragraphs in lines of at most `WIDTH` columns, with `first` before the first line; further
    lines are indented by the width of `first`.

    Line ends in the text stay. A web address is never broken, and gets a line to itself if necessary; any other word
    wider than a line is broken.
    """
    margin = " " * indent
    paragraphs = [lines for paragraph in text.split("\n\n") if (lines := _wrapped(paragraph, WIDTH - indent))]
    wrapped = "\n\n".join("\n".join(margin + line for line in lines) for lines in paragraphs)
    return first.ljust(indent) + wrapped[indent:] if first else wrapped


def columns_of(text: str) -> int:
    """Return how many columns the text takes: an East Asian character takes two, a combining character none."""
    if text.isascii():
        return len(text)
    return sum(map(_columns_of_char, text))


def _columns_of_char(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Me", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("F", "W") else 1


def _lines_of(block: Block, indent: int) -> list[str]:
    if block.is_fixed:
        return block.text.split("\n")
    return _wrapped(block.text, max(WIDTH - indent - columns_of(block.rest), LEAST_WIDTH))


def _wrapped(paragraph: str, width: int) -> list[str]:
    words_of_lines = (even_spaces(line).split(" ") for line in paragraph.split("\n"))
    return [line for words in words_of_lines if any(words) for line in _lines(words, width)]


def _lines(words: list[str], width: int) -> Iterator[str]:
    line, taken = "", 0
    for word in words:
        columns = columns_of(word)
        if line and taken + 1 + columns <= width:
            line, taken = f"{line} {word}", taken + 1 + columns
            continue
        if line:
            yield line
        *full, line = [word] if columns <= width or "://" in word else _pieces(word, width)
        yield from full
        taken = columns_of(line)
    yield line


def _pieces(word: str, width: int) -> Iterator[str]:
    """Yield a word that is wider than a line in pieces as wide as a line, the last one narrower."""
    piece, taken = "", 0
    for char in word:
        columns = _columns_of_char(char)
        if taken + columns > width:
            yield piece
            piece, taken = "", 0
        piece, taken = piece + char, taken + columns
    yield piece
