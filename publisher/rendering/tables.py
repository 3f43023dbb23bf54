"""Analyses the tables in an item's body: their rows, which cells are figures, and which tables hold data."""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from lxml import etree, html

FIGURE = re.compile(
    r"[-+\N{MINUS SIGN}±≈~<>]?\s?[€$£¥]?\s?\d[\d\s.,:/’'\N{EN DASH}\N{MINUS SIGN}-]*(?:[%‰€$£¥]|\s?[^\W\d_]{1,3})?"
)
"""A figure: a number in a cell of a table, optionally with a sign, a currency, a per cent sign, a unit or a range."""
DATA_FROM = 2
"""The least number of rows, and of columns, of a data table; a smaller table without headings only serves layout."""


def own_rows(table: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """Yield the rows of a table, without the rows of tables inside its cells."""
    for part in table.iterchildren("tr", "thead", "tbody", "tfoot"):
        yield from [part] if part.tag == "tr" else part.iterchildren("tr")


def is_figure(text: str) -> bool:
    """Whether a cell contains only a number."""
    return bool(FIGURE.fullmatch(text.strip()))


def mark_figures(rows: Sequence[Sequence[html.HtmlElement]]) -> list[html.HtmlElement]:
    """Mark each cell that is a figure, so that it stays on one line, and return these cells."""
    figures = [cell for row in rows for cell in row if cell.tag == "td" and is_figure(cell.text_content())]
    for cell in figures:
        cell.set("class", "figure")
        cell.set("dir", "ltr")  # also in Arabic, where the groups of `1 200` would change places
    return figures


def cells_of_figures(rows: Sequence[Sequence[html.HtmlElement]]) -> Iterator[html.HtmlElement]:
    """Yield the cells of the columns that have only figures, with the columns' headings. The first column is left out,
    because it names the rows.

    No cell of a table with joined cells is yielded: the third cell of a row is then not always in the third column.
    """
    if any(cell.get("colspan") or cell.get("rowspan") for row in rows for cell in row):
        return
    for column in list(zip_longest(*rows))[1:]:
        cells = [cell for cell in column if cell is not None]
        below = [cell for cell in cells if cell.tag == "td"]
        if below and all(is_figure(cell.text_content()) for cell in below):
            yield from cells


def holds_data(rows: Sequence[Sequence[html.HtmlElement]]) -> bool:
    """Whether a table with these rows of cells holds data, and does not only serve layout."""
    has_headings = any(cell.tag == "th" for row in rows for cell in row)
    return has_headings or (len(rows) >= DATA_FROM and max(map(len, rows)) >= DATA_FROM)


def give_body(table: html.HtmlElement) -> None:
    """Put rows that are outside a `tbody` into one, because HTML parsers differ in whether they add it."""
    loose = list(table.iterchildren("tr"))
    if loose:
        etree.SubElement(table, "tbody").extend(loose)
