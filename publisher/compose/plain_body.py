"""Converts an item's HTML to plain text: paragraphs, lists, tables, code and quotations, with links as numbered
notes.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, zip_longest
from urllib.parse import unquote, urlsplit

from lxml import html

from publisher.model.characters import NO_BREAK
from publisher.rendering.columns import Block, columns_of
from publisher.rendering.tables import is_figure, own_rows
from publisher.rendering.text import one_line, without_open_directions

INLINE_ADDRESS_COLUMNS = 40
"""The most columns of a web address inside the text; a longer one becomes a note."""
LONGEST_NUMBER = 9
"""The most digits that the number of a list's first item may have; a longer number is ignored. Python refuses to
convert more than 4,300 digits.
"""
TABLE_COLUMNS = 66
"""The most columns of a table, besides the indent of its item; the rows of a wider table become paragraphs."""
BETWEEN_CELLS = "   "
CODE_INDENT = "  "
BULLET = "- "
QUOTED = "> "
BREAK = "* * *"
"""The plain text of a thematic break. A line of dashes might be taken for the mark above a signature."""

_BLOCKS = "blockquote caption dd div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre table ul"
BLOCKS = frozenset(_BLOCKS.split())
RAISED = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
LOWERED = str.maketrans("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋")
SCHEME = re.compile(r"https?://(www\.)?", re.IGNORECASE)
WHITE_SPACE = re.compile(rf"[^\S{NO_BREAK}]+")
BLANKS = re.compile(" {2,}")
LINE_FEED = re.compile(r" ?\n ?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainBody:
    """The plain text of an item, and the addresses of its links."""

    blocks: tuple[Block, ...]
    notes: tuple[str, ...]
    """The web addresses in the text's notes, in order: `[1]` in the text is the first."""


def plain_body_of(body: str, *, url: str) -> PlainBody:
    """Return safe, balanced HTML as plain text. `url` is the item's own address, which the digest shows below the text
    anyway.
    """
    if not body:
        return PlainBody(blocks=(), notes=())
    reader = _Reader(url)
    reader.read(html.fragment_fromstring(body, create_parent="div"))
    return PlainBody(blocks=tuple(reader.blocks), notes=tuple(reader.notes))


class _Reader:
    """Reads HTML elements one after the other into lines of plain text. It knows the prefixes (bullets, indents) for
    the lines of the next block.
    """

    def __init__(self, url: str) -> None:
        self.blocks: list[Block] = []
        self.notes: list[str] = []
        self._url = url
        self._words: list[str] = []
        self._first = self._rest = ""
        self._follows_closely = False

    def read(self, element: html.HtmlElement) -> None:
        """Read the content of an element. If the element began a block of text, end the block."""
        self._words.append(_spaced(element.text))
        for child in element:
            self._read_child(child)
            self._words.append(_spaced(child.tail))
        self._end_block()

    def _read_child(self, child: html.HtmlElement) -> None:
        if child.tag not in BLOCKS:
            self._words.append(self._line_of(child))
            return
        self._end_block()
        match child.tag:
            case "ul" | "ol":
                self._read_list(child)
            case "blockquote":
                with self._prefix_lines(QUOTED, QUOTED):
                    self.read(child)
            case "dd":
                self._follows_closely = True
                with self._prefix_lines(CODE_INDENT, CODE_INDENT):
                    self.read(child)
            case "pre":
                self._read_code(child)
            case "table":
                self._read_table(child)
            case "hr":
                self._add(BREAK)
            case _:
                self.read(child)

    def _read_list(self, listed: html.HtmlElement) -> None:
        start = listed.get("start", "1")
        number = int(start) if start.isdecimal() and len(start) <= LONGEST_NUMBER else 1
        self._follows_closely = listed.getparent().tag == "li"
        self._words.append(_spaced(listed.text))
        for child in listed:
            if child.tag == "li":
                self._end_block()
                mark = BULLET if listed.tag == "ul" else f"{number}. "
                with self._prefix_lines(mark, " " * len(mark)):
                    self.read(child)
                number += 1
                self._follows_closely = True
            else:
                self._read_child(child)
            self._words.append(_spaced(child.tail))
        self._end_block()
        self._follows_closely = False

    def _read_code(self, code: html.HtmlElement) -> None:
        for line_break in code.iter("br"):
            line_break.tail = "\n" + (line_break.tail or "")
        lines = [line.expandtabs(4).rstrip() for line in code.text_content().strip("\n").split("\n")]
        with self._prefix_lines(CODE_INDENT, CODE_INDENT):
            self._add("\n".join(lines), is_fixed=True)

    def _read_table(self, table: html.HtmlElement) -> None:
        for caption in table.iterchildren("caption"):
            self.read(caption)
        rows = [list(row.iterchildren("td", "th")) for row in own_rows(table)]
        if all(len(row) <= 1 for row in rows):
            for cell in chain.from_iterable(rows):
                self.read(cell)
            return
        texts = [[one_line(self._line_of(cell)) for cell in row] for row in rows]
        lines = _in_columns(texts)
        if all(columns_of(line) <= TABLE_COLUMNS for line in lines):
            self._add("\n".join(lines), is_fixed=True)
            return
        headings = texts[0] if all(cell.tag == "th" for cell in rows[0]) else []
        for place, row in enumerate(texts[1:] if headings else texts):
            self._follows_closely = place > 0
            with self._prefix_lines(BULLET, "  "):
                self._add(_told(row, headings))

    def _line_of(self, element: html.HtmlElement) -> str:
        """Return the element's text without blocks, with a line feed for each line break."""
        if element.tag == "br":
            return "\n"
        words = _spaced(element.text)
        for child in element:
            words += self._line_of(child) + _spaced(child.tail)
        match element.tag:
            case "a":
                words = self._linked(words, element.get("href", ""))
            case "img":
                words = f" {element.get('alt', '')} "
            case "q":
                words = f"“{words.strip()}”"
            case "sup":
                words = words.translate(RAISED)
            case "sub":
                words = words.translate(LOWERED)
            case tag if tag in BLOCKS:
                words = f" {words} "
        return words

    def _linked(self, words: str, address: str) -> str:
        scheme, _, rest = address.partition(":")
        if scheme == "mailto":
            mailbox = unquote(rest.partition("?")[0])
            return words if mailbox in words else f"{words} <{mailbox}>"
        if scheme not in ("http", "https") or address == self._url:
            return words
        if _bare(words) == _bare(address):
            if columns_of(address) <= INLINE_ADDRESS_COLUMNS:
                return address
            words = urlsplit(address).hostname or address
        if address not in self.notes:
            self.notes.append(address)
        return f"{words.rstrip()} [{self.notes.index(address) + 1}]"

    @contextmanager
    def _prefix_lines(self, first: str, rest: str) -> Iterator[None]:
        """Inside a `with` block, prefix the lines that are read: the first line with `first`, the other lines with
        `rest`.
        """
        before, count = (self._first, self._rest), len(self.blocks)
        self._first, self._rest = self._first + first, self._rest + rest
        yield
        self._first, self._rest = before if len(self.blocks) == count else (before[1], before[1])

    def _end_block(self) -> None:
        text = LINE_FEED.sub("\n", BLANKS.sub(" ", "".join(self._words))).strip()
        self._words.clear()
        self._add(text)

    def _add(self, text: str, *, is_fixed: bool = False) -> None:
        if not text.strip():
            return
        self.blocks.append(
            Block(
                text=without_open_directions(text),
                first=self._first,
                rest=self._rest,
                is_fixed=is_fixed,
                follows_closely=self._follows_closely,
            )
        )
        self._first, self._follows_closely = self._rest, False


def _spaced(text: str | None) -> str:
    """Return a text with each run of white space, line feeds included, replaced by one space."""
    return WHITE_SPACE.sub(" ", text or "")


def _in_columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the cells of a table as text in aligned columns; numbers are aligned at their end."""
    columns = list(zip_longest(*rows, fillvalue=""))
    widths = [max(map(columns_of, column)) for column in columns]
    are_figures = [place > 0 and all(map(is_figure, filter(None, column[1:]))) for place, column in enumerate(columns)]
    padded = [
        [_padded(text, width, to_the_right=is_right) for text in column]
        for column, width, is_right in zip(columns, widths, are_figures, strict=True)
    ]
    return [BETWEEN_CELLS.join(row).rstrip() for row in zip(*padded, strict=True)]


def _padded(text: str, width: int, *, to_the_right: bool) -> str:
    blanks = " " * (width - columns_of(text))
    return blanks + text if to_the_right else text + blanks


def _told(row: Sequence[str], headings: Sequence[str]) -> str:
    """Return a row of a table that is too wide for columns, as text: each cell after its heading."""
    cells = zip_longest(headings, row, fillvalue="")
    return "; ".join(f"{heading}: {cell}" if heading else cell for heading, cell in cells if cell)


def _bare(address: str) -> str:
    return SCHEME.sub("", address.strip()).rstrip("/")
