"""Examines one source: reads it now, and reports what a pass would do with it.

Nothing is recorded. The source is read even if a pass would not read it yet, because the operator wants to know now.
"""

import json
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from lxml.html import HtmlElement

from publisher.admin.suggest.lists import Suggestion, suggest_selectors
from publisher.collect.clean import add_language, clean_item, name_of
from publisher.collect.sources.answer import Fetched
from publisher.collect.sources.base import Fetch, Source
from publisher.collect.sources.feed import FeedSource
from publisher.collect.sources.page import SELECTORS, Page, PageReading, PageSource, catch, select
from publisher.collect.sources.text import clean_line
from publisher.config.config import Config
from publisher.config.sources import (
    FeedTable,
    ListingTable,
    MarkdownTable,
    PageTable,
    SourceSettings,
    SourceTable,
    TableTable,
)
from publisher.model.errors import EXIT_USAGE, SourceError
from publisher.model.items import Item
from publisher.model.problems import Problem
from publisher.model.reports import CollectReport
from publisher.model.themes import assign_themes
from publisher.model.titles import title_of
from publisher.store import SourceState

SHOWN = 3
"""How many items, examples and feeds are shown at most."""
FIELDS = {
    "title": "title",
    "text": "body",
    "link": "link",
    "native_id": "id",
    "language": "language",
    "labels": "themes",
    "keywords": "keywords",
    "enclosures": "enclosures",
}
"""The fields of an item: the name of each in `Item`, and the name that operators see."""
NEEDED = ("item", "date", "title", "body", "link")
"""Selectors that must match on every page. The others may match nothing."""
_EXAMPLE = 60
"""How many characters of a text an example shows."""

OfferKind = Literal["feed", "page", "listing", "table", "markdown"]
_TABLES: Mapping[OfferKind, type[SourceTable]] = {
    "feed": FeedTable,
    "page": PageTable,
    "listing": ListingTable,
    "table": TableTable,
    "markdown": MarkdownTable,
}

Identity = Literal["its id", "its link", "its date and words"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenItem:
    """An item as the site would record it."""

    title: str
    is_title_made: bool
    """Whether the item has no title, so that its first sentence is shown instead."""
    date: str
    link: str
    labels: tuple[str, ...]
    """The item's themes, as the source writes them."""
    themes: tuple[str, ...]
    """The titles of the themes that the item gets on this site."""
    keywords: tuple[str, ...]
    enclosures: tuple[str, ...]
    """The addresses of the item's files."""
    language: str
    """The item's language, or an empty string for the language of the site."""
    is_language_guessed: bool
    known_by: Identity
    """The key by which the item is recognised after an edit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """What one CSS selector of a source found on the pages that were read."""

    key: str
    selector: str
    found: int
    """In how many items the selector matches. For `item` and `next`, it is how many elements match."""
    lacking: tuple[str, ...] = ()
    """The titles of the items in which the selector matches nothing."""
    examples: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    """Texts that the selector would match outside the items, where it is not used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A suggested `[[sources]]` table for a place that is not in config.toml, or whose table there does not work."""

    kind: OfferKind
    place: str
    items: tuple[SeenItem, ...]
    """The first items that a source from the suggested table gives."""
    listed: int
    """How many items a source from the suggested table gives."""
    block: str
    """The suggested table as TOML text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """The result of examining one source, address or file."""

    source: str
    """The source's name in config.toml, or the address or path if it is not there."""
    kind: str = ""
    """The kind of the source (such as a feed or a page), or an empty string if it is not in config.toml."""
    listed: int = 0
    items: tuple[SeenItem, ...] = ()
    """The first items."""
    having: Mapping[str, int]
    """How many items have each field."""
    caught: tuple[Caught, ...] = ()
    """The result of each selector of a page."""
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    """What readers will not get, because the site leaves it out or it could not be used."""
    failure: str = ""
    """Why nothing could be read, or an empty string if something was read."""
    outcome: CollectReport | None = None
    """What a normal reading of the source would record, or `None` if it would record nothing."""
    waits_until: datetime | None = None
    """Until when the source is not read normally, or `None` if it would be read now."""
    offers: tuple[Offer, ...] = ()

    @property
    def exit_code(self) -> int:
        """The exit code of the command: 2 if something must be fixed, or else 0."""
        problems = self.outcome.problems if self.outcome else self.problems
        return EXIT_USAGE if self.failure or any(problem.exit_code for problem in problems) else 0


@dataclass(frozen=True, slots=True)
class Given:
    """A `Source` that returns what was read earlier."""

    name: str
    given: Fetch

    def fetch(self, *, validator: str, now: datetime) -> Fetch:  # noqa: ARG002  (the reading is there already)
        """Return what was read from the source before, without reading it again."""
        return self.given


def examine(
    source: Source, settings: SourceSettings, config: Config, *, state: SourceState, now: datetime
) -> tuple[Examined, Given | None]:
    """Return the result of examining a configured source, and a source that returns the same items again without being
    read.

    The second value is `None` if the source gives nothing.

    Raises:
        SourceError: the source cannot be read, or a selector is not valid.
    """
    given: Given | None
    if isinstance(source, PageSource):
        examined, given = _examine_page(source, settings, config, now=now)
    else:
        if isinstance(source, FeedSource) and state.changed_at is not None:
            source = replace(source, archives=0)  # only a first reading fetches archives
        fetch = source.fetch(validator="", now=now)
        fetch = replace(fetch, items=tuple(fetch.items))
        examined, given = _describe(fetch, settings, config), Given(source.name, fetch)
    waits_until = state.next_try if given and state.next_try and state.next_try > now else None
    return replace(examined, waits_until=waits_until), given


# --- a configured source ---------------------------------------------------------------------------------------------


def _describe(fetch: Fetch, settings: SourceSettings, config: Config) -> Examined:
    items = tuple(fetch.items)
    return Examined(
        source=settings.name,
        kind=settings.kind,
        listed=len(items),
        items=_first_items(items, settings, config),
        having={word: sum(_has(item, name) for item in items) for name, word in FIELDS.items()},
        problems=(*fetch.problems, *fetch.remarks),
        notes=(*fetch.notes, *_losses(items, settings, config)),
    )


def _losses(items: Sequence[Item], settings: SourceSettings, config: Config) -> Iterator[Problem]:
    """Yield the parts of items that readers will not get because cleaning the HTML removes them."""
    for item in items:
        told: list[str] = []
        cleaned = clean_item(item, site=config.site, policy=settings.policy, tell=told.append)
        yield from (Problem(where=name_of(cleaned, settings.name), what=what, exit_code=0) for what in told)


def _has(item: Item, name: str) -> bool:
    return bool(item.html or item.text) if name == "text" else bool(getattr(item, name))


def _first_items(items: Sequence[Item], settings: SourceSettings, config: Config) -> tuple[SeenItem, ...]:
    return tuple(_show_item(item, settings, config) for item in items[:SHOWN])


def _show_item(item: Item, settings: SourceSettings, config: Config) -> SeenItem:
    item = add_language(clean_item(item, site=config.site, policy=settings.policy), config.site)
    return SeenItem(
        title=title_of(item),
        is_title_made=not item.title,
        date=item.date.isoformat(),
        link=item.link,
        labels=item.labels,
        themes=tuple(theme.title for theme in assign_themes(item, config.themes, source=settings.name)),
        keywords=item.keywords,
        enclosures=tuple(enclosure.url for enclosure in item.enclosures),
        language=item.language,
        is_language_guessed=item.is_language_guessed,
        known_by="its id" if item.native_id else "its link" if item.link else "its date and words",
    )


def _examine_page(
    source: PageSource, settings: SourceSettings, config: Config, *, now: datetime
) -> tuple[Examined, Given | None]:
    visit = source.visit(now=now)
    pages = tuple(visit.pages)
    caught = tuple(_try_selectors(source, pages))
    given: Given | None = None
    try:
        fetch = source.read(replace(visit, pages=pages))
    except SourceError as error:
        examined = Examined(source=source.name, kind=settings.kind, having={}, failure=error.problem)
    else:
        examined, given = _describe(fetch, settings, config), Given(source.name, fetch)
    idle = [each.key for each in caught if each.key in NEEDED and not each.found]
    if not examined.failure and not idle:
        return replace(examined, caught=caught), given
    nothing = f"`{idle[0]}` finds nothing" if idle else ""
    examined = replace(examined, caught=caught, failure=nothing or examined.failure)
    found = suggest_selectors(pages[0].root)
    if found is None:
        return examined, given
    offer = page_offer(found, visit.first, pages[0], _read_table(config, source.name), config)
    return replace(examined, offers=(offer,)), given


def _try_selectors(source: PageSource, pages: Sequence[Page]) -> Iterator[Caught]:
    """Yield what each CSS selector of the source finds on the pages."""
    items = {
        element: f"item {number}" if page is pages[0] else f"item {number} of page {place}"
        for place, page in enumerate(pages, start=1)
        for number, element in enumerate(select(source.name, page.root, source.item), start=1)
    }
    for key in SELECTORS:
        selector = getattr(source, key)
        if not selector:
            continue
        if key in ("item", "next"):
            found = [text for page in pages for text in catch(source.name, page.root, selector)]
            count = len(items) if key == "item" else len(found)
            yield Caught(key=key, selector=selector, found=count, examples=_examples(found))
            continue
        by_item = {name: catch(source.name, element, selector) for element, name in items.items()}
        yield Caught(
            key=key,
            selector=selector,
            found=sum(bool(texts) for texts in by_item.values()),
            lacking=tuple(name for name, texts in by_item.items() if not texts),
            examples=_examples([text for texts in by_item.values() for text in texts]),
            outside=_examples(_find_outside(source.name, pages, selector, items)),
        )


def _find_outside(source: str, pages: Sequence[Page], selector: str, items: Collection[HtmlElement]) -> list[str]:
    """Return texts that a CSS selector matches outside the items. For a selector such as `a`, which matches everywhere,
    return none.
    """
    looked_for = selector.partition("@")[0].strip()
    if ":scope" in selector or not (looked_for.startswith("time") or set(looked_for) & {".", "#", "["}):
        return []
    found = (element for page in pages for element in select(source, page.root, looked_for))
    outside = (each for each in found if not any(around in items for around in (each, *each.iterancestors())))
    return [clean_line(" ".join(each.itertext())) for each in outside]


def _examples(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(text if len(text) <= _EXAMPLE else f"{text[:_EXAMPLE]}…" for text in dict.fromkeys(texts))[:SHOWN]


def _read_table(config: Config, name: str) -> Mapping[str, object]:
    """Return a source's table in config.toml as it is written, with the names of secrets instead of their values."""
    tables: Sequence[Mapping[str, object]] = tomllib.loads(config.path.read_text("utf-8-sig"))["sources"]
    return next(table for table in tables if table["name"] == name)


# --- offers ----------------------------------------------------------------------------------------------------------


def page_offer(found: Suggestion, first: Fetched, page: Page, table: Mapping[str, object], config: Config) -> Offer:
    """Return a suggested `[[sources]]` table for a page. It has the suggested selectors, and the other keys from
    `table`.
    """
    several = {"pages": max(found.pages, int(str(table.get("pages", 1))))} if "next" in found.selectors else {}
    kept = {name: value for name, value in table.items() if name not in (*SELECTORS, "pages")}
    selectors: dict[str, Any] = {name: found.selectors[name] for name in SELECTORS if name in found.selectors}
    source = PageSource(str(table["name"]), **selectors)
    items = tuple(source.read(PageReading(first, (page,))).items)
    return offer_of("page", page.where, items, {**kept, **selectors, **several}, config)


def offer_of(kind: OfferKind, place: str, items: Sequence[Item], table: Mapping[str, object], config: Config) -> Offer:
    """Return a suggested `[[sources]]` table. `items` are the items that a source from this table gives."""
    policy = _TABLES[kind].model_validate(table).policy()
    settings = SourceSettings(name=str(table["name"]), kind=kind, options={}, policy=policy)
    return Offer(
        kind=kind,
        place=place,
        items=_first_items(items, settings, config),
        listed=len(items),
        block=_toml("sources", table),
    )


def _toml(name: str, table: Mapping[str, object]) -> str:
    # JSON strings, JSON numbers and lists of them are also valid TOML
    lines = [f"{key} = {_toml_value(value)}" for key, value in table.items()]
    return "\n".join([f"[[{name}]]", *lines])


def _toml_value(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {_toml_value(inner)}' for key, inner in value.items())} }}"
    return json.dumps(value, ensure_ascii=False)
