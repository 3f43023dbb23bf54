"""Adapts an item's HTML to its page.

The item's headings get lower levels than the page's own, a wide table scrolls inside a box, and links whose text is an
address are marked. Without a box, a wide table would make the whole page scroll sideways on a phone (WCAG 2.2, success
criterion 1.4.10).
"""

import re
from collections.abc import Sequence
from html import escape

from lxml import html

from publisher.rendering.link_words import keep_numbers_whole, mark_bare_links
from publisher.rendering.outline import lower_headings
from publisher.rendering.tables import cells_of_figures, give_body, holds_data, mark_figures, own_rows

RICH = re.compile(r'<(?:h[1-6]|pre|table)\b|"tel:')


def page_body(body: str, *, table_word: str, title_level: int = 1, tables_before: int = 0) -> str:
    """Return safe, balanced HTML adapted to a page. Each table is named by `table_word` and a number.

    `title_level` is the level of the heading with the item's title: 1 on the item's own page. `tables_before` is how
    many tables of the page have names already.
    """
    body = mark_bare_links(body)
    if not RICH.search(body):
        return body
    root = html.fragment_fromstring(body, create_parent="div")
    _drop_empty_headings(root)
    lower_headings(root, title_level)
    for code in root.iter("pre"):
        code.set("dir", "ltr")
    keep_numbers_whole(root)
    boxed = [table for table in root.iter("table") if _lay_out_table(table)]
    for number, table in enumerate((each for each in boxed if not _is_inside(each, "table")), start=tables_before + 1):
        _box(table, f"{table_word} {number}")
    inside = [escape(root.text or "", quote=False), *(html.tostring(child, encoding="unicode") for child in root)]
    return "".join(inside).strip()


def count_tables(body: str) -> int:
    """Return how many named tables there are in HTML from `page_body`."""
    return body.count('<section class="wide"')


def _drop_empty_headings(root: html.HtmlElement) -> None:
    for heading in list(root.iter("h1", "h2", "h3", "h4", "h5", "h6")):
        if not heading.text_content().strip():
            heading.drop_tag()


def _lay_out_table(table: html.HtmlElement) -> bool:
    """Mark the heading cells of a table, and its cells with numbers. Return False if the table only serves layout."""
    rows = [list(row.iterchildren("td", "th")) for row in own_rows(table)]
    if not any(rows) or not holds_data(rows):
        table.set("role", "presentation")
        return False
    give_body(table)
    _name_headings(rows)
    _give_head(table)
    _keep_figures(rows)
    return True


def _name_headings(rows: Sequence[Sequence[html.HtmlElement]]) -> None:
    """Mark what each heading cell of a table applies to: to its column if its row consists of headings, or else to its
    row.
    """
    for row in rows:
        scope = "col" if all(cell.tag == "th" for cell in row) else "row"
        for cell in row:
            if cell.tag == "th" and not cell.get("scope"):
                cell.set("scope", scope)


def _give_head(table: html.HtmlElement) -> None:
    """If a table has no head and its first row consists of headings, turn that row into the head."""
    body = table.find("tbody")
    first = None if body is None or table.find("thead") is not None else body.find("tr")
    if first is None or len(body) == 1 or any(cell.tag != "th" for cell in first):
        return
    head = html.Element("thead")
    body.addprevious(head)
    head.append(first)


def _keep_figures(rows: Sequence[Sequence[html.HtmlElement]]) -> None:
    """Keep each number in a table on one line, and align columns of numbers at the end together with their headings,
    except the column that names rows.
    """
    mark_figures(rows)
    for cell in cells_of_figures(rows):
        cell.set("class", f"{cell.get('class', '')} end".strip())


def _is_inside(element: html.HtmlElement, tag: str) -> bool:
    return next(element.iterancestors(tag), None) is not None


def _box(table: html.HtmlElement, name: str) -> None:
    """Put a table into a section that has the name `name` and can be focused and scrolled with the keyboard."""
    caption = table.find("caption")
    words = "" if caption is None else " ".join(caption.text_content().split())
    box = html.Element(
        "section", {"class": "wide", "tabindex": "0", "aria-label": f"{name}: {words}" if words else name}
    )
    box.tail, table.tail = table.tail, None
    table.getparent().replace(table, box)
    box.append(table)
