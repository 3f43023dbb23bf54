"""Adapts an item's HTML to mail programs: nothing widens the mail, and Outlook for Windows shows its structure.

Outlook does not break long addresses, supports padding only on table cells, and has no `white-space`. So web addresses
in the text are shortened; code, quotations and tables are put into tables with one cell. Code becomes lines with
no-break spaces. Templates style these tables by the classes set here.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape

from lxml import etree, html

from publisher.rendering.link_words import keep_numbers_whole, shorten_bare_links
from publisher.rendering.outline import lower_headings
from publisher.rendering.tables import cells_of_figures, give_body, holds_data, mark_figures, own_rows

NO_BREAK = "\N{NO-BREAK SPACE}"
TAB_COLUMNS = 4

RICH = re.compile(r'<(?:blockquote|h[1-6]|img|pre|table)\b|"tel:')


def body_of(body: str, *, direction: str, title_level: int, width_px: int) -> str:
    """Return an item's safe, balanced HTML adapted to a mail.

    `direction` is `ltr` or `rtl`, `title_level` is the level of the heading with the item's title, and `width_px` is
    the width of the mail's column.
    """
    body = shorten_bare_links(body)
    if not RICH.search(body):
        return body
    root = html.fragment_fromstring(body, create_parent="div")
    lower_headings(root, title_level)
    keep_numbers_whole(root)
    for image in root.iter("img"):
        _fit_image(image, width_px)
    # only the item's own tables: code and quotations get tables around them too
    for table in list(root.iter("table")):
        _lay_out_table(table, start="right" if direction == "rtl" else "left")
    for quotation in list(root.iter("blockquote")):
        _mark_quotation(quotation)
    for code in list(root.iter("pre")):
        _break_code(code)
    inside = [escape(root.text or "", quote=False), *(html.tostring(child, encoding="unicode") for child in root)]
    return "".join(inside).strip()


# --- headings and pictures -------------------------------------------------------------------------------------------


def _fit_image(image: html.HtmlElement, width_px: int) -> None:
    """Limit a picture to the width of the mail's column, with its height in proportion. The attributes for width and
    height are set, because Outlook reads only these.

    A mail program that shows no pictures then reserves their space. In Outlook, a picture of unknown width becomes as
    wide as the column; other programs follow the CSS rule for the class `unsized`.
    """
    own, height = image.get("width", ""), image.attrib.pop("height", "")
    if not own.isdecimal() or int(own) == 0:
        image.set("width", str(width_px))
        image.set("class", "unsized")
        return
    width = min(int(own), width_px)
    image.set("width", str(width))
    if height.isdecimal() and int(height) > 0:
        image.set("height", str(max(round(int(height) * width / int(own)), 1)))


# --- tables ----------------------------------------------------------------------------------------------------------


def _lay_out_table(table: html.HtmlElement, *, start: str) -> None:
    give_body(table)
    rows = [list(row.iterchildren("td", "th")) for row in own_rows(table)]
    for name, value in {"cellpadding": "0", "cellspacing": "0", "border": "0"}.items():
        table.set(name, value)
    if not holds_data(rows):
        table.set("role", "presentation")
        return
    table.set("class", "data")
    _name_headings(rows, start)
    _keep_figures(rows, start)
    for row in filter(None, rows):
        row[-1].set("class", f"{row[-1].get('class', '')} last".strip())
    wide = html.Element("div", {"class": "wide", "tabindex": "0"})  # so that a keyboard can move what is cut off
    _put_into(table, wide, outermost=wide)
    _box(wide, "around")


def _name_headings(rows: Sequence[Sequence[html.HtmlElement]], start: str) -> None:
    """Mark what each heading cell of a table applies to: to its column if its row consists of headings, or else to its
    row.
    """
    for row in rows:
        is_row_of_headings = all(cell.tag == "th" for cell in row)
        for cell in row:
            if cell.tag == "th":
                cell.set("scope", cell.get("scope") or ("col" if is_row_of_headings else "row"))
                if cell.get("scope") == "row":
                    cell.set("class", "row")
                cell.set("align", start)


def _keep_figures(rows: Sequence[Sequence[html.HtmlElement]], start: str) -> None:
    """Keep each number in a table on one line; align columns of numbers right together with their headings, except the
    column that names rows.
    """
    for cell in mark_figures(rows):
        cell.set("align", start)
    for cell in cells_of_figures(rows):
        cell.set("align", "right")


# --- quotations and code ---------------------------------------------------------------------------------------------


def _mark_quotation(quotation: html.HtmlElement) -> None:
    quotation.set("class", "quote")
    _box(_box(quotation, "quoted"), "around")


def _break_code(code: html.HtmlElement) -> None:
    """Replace code by lines without `pre`, which would be as wide as its longest line."""
    code.tag = "code"
    code.set("class", "lines")
    for inner in code.iter("code"):
        if inner is not code:
            inner.tag = "span"
    _break_lines(code)
    _box(_box(code, "code", dir="ltr", align="left"), "around")


def _break_lines(code: html.HtmlElement) -> None:
    """Replace line feeds in code by `br` elements. Replace spaces that a mail program would collapse by no-break
    spaces.
    """
    texts = list(_texts(code))
    code.text = (code.text or "").removeprefix("\n")
    _drop_last_line_feed(texts)
    begins_line = True
    for holder, is_tail in texts:
        kept: list[str] = []
        for number, line in enumerate(((holder.tail if is_tail else holder.text) or "").split("\n")):
            begins_line = begins_line or number > 0
            kept.append(_with_blanks(line.expandtabs(TAB_COLUMNS), begins_line=begins_line))
            begins_line = begins_line and not line.strip()
        _put_lines(holder, kept, is_tail=is_tail)


def _drop_last_line_feed(texts: Sequence[tuple[html.HtmlElement, bool]]) -> None:
    for holder, is_tail in reversed(texts):
        name = "tail" if is_tail else "text"
        text = (getattr(holder, name) or "").rstrip()
        setattr(holder, name, text)
        if text:
            return


def _texts(element: html.HtmlElement) -> Iterator[tuple[html.HtmlElement, bool]]:
    """Yield the texts of an element in order, each as (element, whether the text follows that element). A text that
    does not follow it is inside it.
    """
    yield element, False
    for child in element:
        yield from _texts(child)
        yield child, True


def _with_blanks(line: str, *, begins_line: bool) -> str:
    words = line.lstrip(" ") if begins_line else line
    indent = NO_BREAK * (len(line) - len(words))
    return indent + re.sub(" {2,}", lambda run: NO_BREAK * (len(run[0]) - 1) + " ", words)


def _put_lines(holder: html.HtmlElement, lines: Sequence[str], *, is_tail: bool) -> None:
    if is_tail:
        holder.tail = lines[0]
        around, place = holder.getparent(), holder.getparent().index(holder) + 1
    else:
        holder.text = lines[0]
        around, place = holder, 0
    for number, line in enumerate(lines[1:]):
        line_break = html.Element("br")
        line_break.tail = line
        around.insert(place + number, line_break)


# --- tables as boxes -------------------------------------------------------------------------------------------------


def _box(element: html.HtmlElement, name: str, **attributes: str) -> html.HtmlElement:
    """Put the element into a table with one cell, which has the class `name` and these attributes; return the table."""
    around = {"class": "box", "role": "presentation", "width": "100%", "cellpadding": "0", "cellspacing": "0"}
    table = html.Element("table", {**around, "border": "0"})
    row = etree.SubElement(etree.SubElement(table, "tbody"), "tr")
    _put_into(element, etree.SubElement(row, "td", {"class": name, **attributes}), outermost=table)
    return table


def _put_into(element: html.HtmlElement, inner: html.HtmlElement, *, outermost: html.HtmlElement) -> None:
    outermost.tail, element.tail = element.tail, None
    element.getparent().replace(element, outermost)
    inner.append(element)
