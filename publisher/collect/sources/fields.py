"""Makes items from named values, as front matter, tables, databases, feeds and pages give them."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from html import unescape

from publisher.collect.sources.enclosures import enclosures_of
from publisher.collect.sources.escapes import shorten_data
from publisher.collect.sources.findings import DateOrder, Findings, order_of
from publisher.collect.sources.language_tags import language_tag
from publisher.collect.sources.links import seen_from, web_address
from publisher.collect.sources.moments import Today, date_of, embargo_of, expiry_of
from publisher.collect.sources.text import clean_line, clean_name, clean_paragraphs, fit
from publisher.collect.sources.unread import Unread
from publisher.collect.sources.values import FieldError, Withheld, names_in, text_in
from publisher.collect.sources.withheld import doubts_about, why_withheld
from publisher.model.items import Item

FIELDS = (
    "id",
    "date",
    "title",
    "text",
    "html",
    "summary",
    "link",
    "language",
    "themes",
    "keywords",
    "enclosures",
    "draft",
    "embargo",
    "expires",
    "edit",
    "authors",
)
"""The fields of an item; only `date` and one of `title`, `text` and `html` are required."""

_NOTHING = frozenset({"n/a", "none", "null", "nil", "nan", "undefined", "false"})
"""Words that programs write in place of a missing value."""
_MARKED_LINK = re.compile(
    r"(?:<a\b[^<>]*?\bhref\s*=\s*[\"']?|\[[^\[\]]*\]\(|<|=HYPERLINK\(\s*\")(?P<url>https?://[^\s<>\"')]+)"
    r"(?:[\"']?[^<>]*>[^<>]*</a>|\)|>|\"[^()]*\))",
    re.IGNORECASE,
)
"""An address within the marks of a link in HTML, Markdown, a mail or a spreadsheet."""
_NO_TITLE = re.compile(
    r"\W{0,9}(?:untitled|no title|sans titre|zonder titel|ohne titel|null|undefined)?\W{0,9}", re.IGNORECASE
)
"""What programs write as the title of an item without one, such as `(no title)`, or only marks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRules:
    """How the values of one reading of a source are read."""

    separator: str = ","
    """What separates several names in one text."""
    today: Today = None
    labels: frozenset[str] = frozenset()
    """Names of themes that contain separators, folded by `fold_label`."""
    base: str = ""
    """The base URL of relative addresses. If empty, each item's own link is the base."""
    findings: Findings = field(default_factory=Findings)
    """Collects what all items of one reading show together, such as how dates are written."""


def item_of(values: Mapping[str, object], rules: FieldRules | None = None) -> Item:
    """Return the item made from values, whose names are in `FIELDS`.

    Raises:
        FieldError: the date or all text is missing or cannot be read.
        Withheld: the source withholds the item.
    """
    try:
        return _item_of(values, rules or FieldRules())
    except FieldError as error:
        error.unread = _unread(values)
        raise


def _unread(values: Mapping[str, object]) -> Unread:
    """Return what is known of an item that cannot be made from its values."""
    native_id, day = "", None
    with suppress(FieldError):
        native_id = _id_in(values)
    with suppress(FieldError):
        day = date_of(values.get("date"))
    return Unread(native_id=native_id, day=day.date() if isinstance(day, datetime) else day)


def _item_of(values: Mapping[str, object], rules: FieldRules) -> Item:
    if why := why_withheld(values):
        raise Withheld(why, _withheld(values, rules))
    rules.findings.doubts.extend(doubts_about(values))
    orders = order_of(values.get("date"))
    rules.findings.orders.update(orders)
    if rules.findings.is_month_first and DateOrder.EITHER in orders:
        day = repr(values["date"])
        raise FieldError(f"{day} may be two days, as other dates here have the month first; write the year first")
    return _made_of(values, rules)


def _withheld(values: Mapping[str, object], rules: FieldRules) -> Item:
    """Return what is known of an item that its source withholds; an item without a date gets the earliest possible
    date.
    """
    lenient = replace(rules, today=rules.today or date.min)
    with suppress(FieldError):
        return _made_of({**values, "embargo": None, "expires": None}, lenient)
    unread, link = _unread(values), ""
    with suppress(FieldError):
        link = _link_in(values, rules.base)
    return Item(date=unread.day or date.min, text="", native_id=unread.native_id, link=link)


def _id_in(values: Mapping[str, object]) -> str:
    """Return the item's id; return an empty string if there is none, or if a program wrote a word such as `null` in its
    place.
    """
    said = clean_line(text_in(values, "id"))
    return "" if said.casefold() in _NOTHING else said


def _link_in(values: Mapping[str, object], base: str) -> str:
    """Return the item's link, resolved against `base`; return an empty string if there is none, or if a program wrote a
    word such as `null` in its place, perhaps at the end of an absolute address.
    """
    said = text_in(values, "link")
    marked = _MARKED_LINK.fullmatch(said.strip())
    link = seen_from(unescape(marked["url"]) if marked else said, base)
    path = link.casefold().partition("://")[2].partition("/")[2]
    return "" if link.casefold() in _NOTHING or path in _NOTHING else link


def _html_in(values: Mapping[str, object]) -> str:
    html = values.get("html")
    return text_in({"html": shorten_data(html) if isinstance(html, str) else html}, "html")


def _made_of(values: Mapping[str, object], rules: FieldRules) -> Item:
    said = date_of(values.get("date"))
    published = said or rules.today
    if published is None:
        raise FieldError("it has no date")
    title = clean_name(text_in(values, "title"))
    text = clean_paragraphs(text_in(values, "text"))
    html = fit(_html_in(values))
    if (text or html.strip()) and _NO_TITLE.fullmatch(title) and title.isascii():
        title = ""
    if not (title or text or html.strip()):
        raise FieldError("it has neither a title nor a text")
    link = _link_in(values, rules.base)
    return Item(
        date=published.date() if isinstance(published, datetime) else published,
        published=published if isinstance(published, datetime) else None,
        title=title,
        text=text or ("" if html.strip() else title),
        html=html,
        summary=clean_paragraphs(text_in(values, "summary")) if text or html.strip() else "",
        link=link,
        base="" if web_address(link) else rules.base,
        native_id=_id_in(values),
        language=language_tag(clean_line(text_in(values, "language"))),
        labels=names_in(values, "themes", rules.separator, rules.labels),
        keywords=names_in(values, "keywords", rules.separator),
        authors=names_in(values, "authors", ";"),
        enclosures=enclosures_of(
            values.get("enclosures"), separator=rules.separator, base=web_address(link) or rules.base
        ),
        is_minor_edit=clean_line(text_in(values, "edit")).casefold() == "minor",
        is_undated=said is None,
        embargo=embargo_of(values.get("embargo")),
        expires=expiry_of(values.get("expires")),
    )
