"""Analyses the tables in an item's body: their rows, which cells are figures, and which tables hold data."""

import re
from collections.abc import Iterator, Sequence

from lxml import etree, html

FIGURE = re.compile(
    r"[-+\N{MINUS SIGN}±≈~<>]?\s?[€$£¥]?\s?\d[\d\s.,:/’'\N{EN DASH}\N{MINUS SIGN}-]*(?:[%‰€$£¥]|\s?[^\W\d_]{1,3})?"
)
"""A number in a table: optionally with a sign, a currency, a per cent sign, a unit or a range."""
DATA_FROM = 2
"""The least number of rows and of columns; a smaller table without headings only serves layout."""


def own_rows(table: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """Yield the rows of a table, without those of tables in its cells."""
    for part in table.iterchildren("tr", "thead", "tbody", "tfoot"):
        yield from [part] if part.tag == "tr" else part.iterchildren("tr")


def is_figure(text: str) -> bool:
    """Whether a cell contains only a number."""
    return bool(FIGURE.fullmatch(text.strip()))


def holds_data(rows: Sequence[Sequence[html.HtmlElement]]) -> bool:
    """Whether a table with these rows of cells is more than layout."""
    has_headings = any(cell.tag == "th" for row in rows for cell in row)
    return has_headings or (len(rows) >= DATA_FROM and max(map(len, rows)) >= DATA_FROM)


def give_body(table: html.HtmlElement) -> None:
    """Put loose rows into a table body, because parsers differ in what they add."""
    loose = list(table.iterchildren("tr"))
    if loose:
        etree.SubElement(table, "tbody").extend(loose)
