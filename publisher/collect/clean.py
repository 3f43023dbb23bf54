"""Cleans items as sources give them: safe HTML, plain text made from it, corrected addresses, times in UTC; pure."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from publisher.collect.bounds import bound_item
from publisher.collect.sources.enclosures import LONGEST_URL, MAX_ENCLOSURES
from publisher.collect.sources.escapes import is_markup
from publisher.collect.sources.html import MAX_CHARACTERS, CleanHtml, clean_html
from publisher.collect.sources.html_words import text_of
from publisher.collect.sources.language_guess import guess
from publisher.collect.sources.links import is_relative, web_address
from publisher.collect.sources.values import MAX_CHARACTERS as LONGEST_TEXT
from publisher.collect.sources.values import shorten
from publisher.model.items import Enclosure, Item
from publisher.model.links import without_tracking
from publisher.model.problems import some_of
from publisher.model.schedules import instant_of, local_day
from publisher.model.site import Site
from publisher.model.slugs import fold_label
from publisher.model.sources import SourcePolicy

Tell = Callable[[str], None]
"""Receives a sentence about an item: which part of it readers will not get, and why."""
_SHOWN = 3
_HEADING = re.compile(r"<(?P<level>h[3-6])(?:\s[^<>]*)?>(?P<words>.{0,1000}?)</(?P=level)>\s*", re.DOTALL)


def clean_item(item: Item, *, site: Site, policy: SourcePolicy, tell: Tell = lambda _: None) -> Item:
    """Return the item as the log keeps it. An item with nothing to read is returned with an empty text."""
    item = _convert_times(item, site.timezone)
    link = web_address(item.link, item.base)
    if item.link and not link:
        tell(f"its link was left out: {_why_no_address([item.link])}")
    clean = (
        clean_html(item.html, base=item.base or link, keep_tracking=policy.keep_tracking)
        if item.html
        else CleanHtml(html="")
    )
    for sentence in _losses(item, clean):
        tell(sentence)
    clean = replace(clean, html=_without_title(clean.html, item.title))
    enclosures = _clean_enclosures([*item.enclosures, *clean.files], item.base or link, tell)
    if not policy.keep_tracking:
        link = without_tracking(link)
        enclosures = [replace(each, url=without_tracking(each.url)) for each in enclosures]
    text = (text_of(clean.html) if clean.html else item.text) or item.text or item.title
    text = text[:LONGEST_TEXT]
    summary = text_of(clean_html(item.summary).html) if is_markup(item.summary) else item.summary
    item = replace(item, html=clean.html, text=text, summary=summary, link=link, base="", enclosures=tuple(enclosures))
    return bound_item(item, tell=tell)


def _without_title(html: str, title: str) -> str:
    """Return HTML without a heading at its beginning that only repeats the title, if something is below it."""
    heading = _HEADING.match(html)
    if not heading or not title or not html[heading.end() :].strip():
        return html
    return html[heading.end() :] if fold_label(text_of(heading["words"])) == fold_label(title) else html


def name_of(item: Item, source: str) -> str:
    """Return how messages name an item: by its link, its id, or its source and date."""
    return item.link or item.native_id or f"source {source!r}, an item of {item.date}"


def _losses(item: Item, clean: CleanHtml) -> Iterator[str]:
    if len(item.text) > LONGEST_TEXT:
        yield f"its text is longer than {LONGEST_TEXT} characters; the rest was left out"
    if len(item.html) > MAX_CHARACTERS:
        yield f"its HTML is longer than {MAX_CHARACTERS} characters; the rest was left out"
    if clean.lost:
        yield f"links or pictures in its text were left out: {_why_no_address(clean.lost)}"


def _clean_enclosures(enclosures: Sequence[Enclosure], base: str, tell: Tell) -> list[Enclosure]:
    """Return an item's enclosures (files) with absolute addresses, each address once."""
    found: dict[str, Enclosure] = {}
    lost: list[str] = []
    for each in enclosures:
        url = web_address(each.url, base)
        if url and len(url) <= LONGEST_URL:
            found.setdefault(url, replace(each, url=url))
        else:
            lost.append(each.url)
    if lost:
        tell(f"files were left out: {_why_no_address(lost)}")
    if len(found) > MAX_ENCLOSURES:
        tell(f"it has {len(found)} files; the first {MAX_ENCLOSURES} are kept")
    return list(found.values())[:MAX_ENCLOSURES]


def _why_no_address(addresses: Sequence[str]) -> str:
    shown = some_of([shorten(address) for address in addresses], _SHOWN)
    hint = (
        "; a link of the item or `base` says where relative ones start"
        if any(map(is_relative, filter(None, addresses)))
        else ""
    )
    return f"no whole address of the web: {shown}{hint}"


def _convert_times(item: Item, timezone: str) -> Item:
    """Return the item with its times in UTC. A time without a zone is in the site's zone."""
    if not (item.published or item.embargo or item.expires):
        return item
    published, embargo, expires = (
        moment and instant_of(moment, timezone) for moment in (item.published, item.embargo, item.expires)
    )
    day = local_day(published, timezone) if published else item.date
    return replace(item, date=day, published=published, embargo=embargo, expires=expires)


def add_language(item: Item, site: Site) -> Item:
    """Return the item with the language that its words clearly show, unless that is the site's language or the item has
    one.
    """
    if item.language or not site.languages:
        return item
    language = guess(f"{item.title}\n{item.text}", site.languages, beside=site.language)
    return replace(item, language=language, is_language_guessed=True) if language else item
