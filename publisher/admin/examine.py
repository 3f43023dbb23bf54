"""Examine: what one source gives now and what a pass would do with it.

Nothing is remembered of it, and a server that was to be left alone is asked: the operator wants to know now.
"""

import json
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from lxml.html import HtmlElement

from publisher.admin.suggest.lists import Suggestion, suggested
from publisher.collect.clean import add_language, clean_item, name_of
from publisher.collect.sources.answer import Fetched
from publisher.collect.sources.base import Fetch, Source
from publisher.collect.sources.feed import FeedSource
from publisher.collect.sources.page import SELECTORS, Page, PageSource, Visit, catch, select
from publisher.collect.sources.text import clean_line
from publisher.config.config import Config
from publisher.config.sources import FeedTable, PageTable, SourceSettings
from publisher.model.errors import EXIT_USAGE, SourceError
from publisher.model.items import Item
from publisher.model.problems import Problem
from publisher.model.reports import CollectReport
from publisher.model.themes import assign_themes
from publisher.model.titles import title_of
from publisher.store import SourceState

SHOWN = 3
"""Of items, and of whatever else there may be many of."""
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
"""What an item may have, as `Item` and as the operator calls it."""
NEEDED = ("item", "date", "title", "body", "link")
"""Selectors that are wrong when they find nothing; the others may have nothing to find on a page."""
_EXAMPLE = 60
"""Characters of what an example shows."""

Identity = Literal["its id", "its link", "its date and words"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenItem:
    """An item as the site would take it."""

    title: str
    is_title_made: bool
    """It has none of its own; this is its first sentence."""
    date: str
    link: str
    labels: tuple[str, ...]
    """As the source writes its themes."""
    themes: tuple[str, ...]
    """The site's own, by their titles."""
    keywords: tuple[str, ...]
    enclosures: tuple[str, ...]
    """Their addresses."""
    language: str
    """Empty: the site's."""
    is_language_guessed: bool
    known_by: Identity
    """How it will be known again when it was edited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """What one selector finds on the pages that were read."""

    key: str
    selector: str
    found: int
    """In how many items; of `item` and `next`, how many there are."""
    lacking: tuple[str, ...] = ()
    """The items in which it finds nothing."""
    examples: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    """What it would find outside the items, where it does not look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A way to bring something in that is not in config.toml, or does not work as it stands there."""

    kind: Literal["feed", "page"]
    place: str
    items: tuple[SeenItem, ...]
    """The first ones it gives."""
    listed: int
    block: str
    """A `[[sources]]` table as it may stand in config.toml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What was found out about one source, or one page."""

    source: str
    """Its name; or the address or path that was asked about."""
    kind: str = ""
    """Empty: it is not in config.toml."""
    listed: int = 0
    items: tuple[SeenItem, ...] = ()
    """The first ones."""
    having: Mapping[str, int]
    """How many items have each field."""
    caught: tuple[Caught, ...] = ()
    """Of a page: what each of its selectors finds."""
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    """What of it no reader gets, by intent or because it could not be used."""
    failure: str = ""
    """Why nothing could be read; empty: something was."""
    outcome: CollectReport | None = None
    """What a pass would do with it; None: nothing."""
    waits_until: datetime | None = None
    """Until when passes leave its server alone."""
    offers: tuple[Offer, ...] = ()

    @property
    def exit_code(self) -> int:
        """0; or 2 when something must be fixed."""
        problems = self.outcome.problems if self.outcome else self.problems
        return EXIT_USAGE if self.failure or any(problem.exit_code for problem in problems) else 0


@dataclass(frozen=True, slots=True)
class Given:
    """A `Source` that gives what was read already."""

    name: str
    given: Fetch

    def fetch(self, *, validator: str, now: datetime) -> Fetch:  # noqa: ARG002  (what was read is what there is)
        """Return what was given."""
        return self.given


def examine(
    source: Source, settings: SourceSettings, config: Config, *, state: SourceState, now: datetime
) -> tuple[Examined, Given | None]:
    """Return what a configured source gives, and the same as a source for a pass; None: it gives nothing.

    Raises:
        SourceError: it cannot be had, or a selector is none.
    """
    given: Given | None
    if isinstance(source, PageSource):
        examined, given = _examined_page(source, settings, config, now=now)
    else:
        if isinstance(source, FeedSource) and state.changed_at is not None:
            source = replace(source, archives=0)  # only a first reading goes back so far
        fetch = source.fetch(validator="", now=now)
        fetch = replace(fetch, items=tuple(fetch.items))
        examined, given = _examined(fetch, settings, config), Given(source.name, fetch)
    waits_until = state.next_try if given and state.next_try and state.next_try > now else None
    return replace(examined, waits_until=waits_until), given


# --- a source of config.toml -----------------------------------------------------------------------------------------


def _examined(fetch: Fetch, settings: SourceSettings, config: Config) -> Examined:
    items = tuple(fetch.items)
    return Examined(
        source=settings.name,
        kind=settings.kind,
        listed=len(items),
        items=_seen(items, settings, config),
        having={word: sum(_has(item, name) for item in items) for name, word in FIELDS.items()},
        problems=(*fetch.problems, *fetch.remarks),
        notes=(*fetch.notes, *_losses(items, settings, config)),
    )


def _losses(items: Sequence[Item], settings: SourceSettings, config: Config) -> Iterator[Problem]:
    """Yield what cleaning the items loses."""
    for item in items:
        told: list[str] = []
        cleaned = clean_item(item, site=config.site, policy=settings.policy, tell=told.append)
        yield from (Problem(where=name_of(cleaned, settings.name), what=what, exit_code=0) for what in told)


def _has(item: Item, name: str) -> bool:
    return bool(item.html or item.text) if name == "text" else bool(getattr(item, name))


def _seen(items: Sequence[Item], settings: SourceSettings, config: Config) -> tuple[SeenItem, ...]:
    return tuple(_seen_item(item, settings, config) for item in items[:SHOWN])


def _seen_item(item: Item, settings: SourceSettings, config: Config) -> SeenItem:
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


def _examined_page(
    source: PageSource, settings: SourceSettings, config: Config, *, now: datetime
) -> tuple[Examined, Given | None]:
    visit = source.visit(now=now)
    pages = tuple(visit.pages)
    caught = tuple(_caught(source, pages))
    given: Given | None = None
    try:
        fetch = source.read(replace(visit, pages=pages))
    except SourceError as error:
        examined = Examined(source=source.name, kind=settings.kind, having={}, failure=error.problem)
    else:
        examined, given = _examined(fetch, settings, config), Given(source.name, fetch)
    idle = [each.key for each in caught if each.key in NEEDED and not each.found]
    if not examined.failure and not idle:
        return replace(examined, caught=caught), given
    nothing = f"`{idle[0]}` finds nothing" if idle else ""
    examined = replace(examined, caught=caught, failure=nothing or examined.failure)
    found = suggested(pages[0].root)
    if found is None:
        return examined, given
    offer = page_offer(found, visit.first, pages[0], _written(config, source.name), config)
    return replace(examined, offers=(offer,)), given


def _caught(source: PageSource, pages: Sequence[Page]) -> Iterator[Caught]:
    """Yield what each selector that is set finds."""
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
            outside=_examples(_outside(source.name, pages, selector, items)),
        )


def _outside(source: str, pages: Sequence[Page], selector: str, items: Collection[HtmlElement]) -> list[str]:
    """Return what a selector would find outside the items; nothing for one that is meant to be found anywhere."""
    looked_for = selector.partition("@")[0].strip()
    if ":scope" in selector or not (looked_for.startswith("time") or set(looked_for) & {".", "#", "["}):
        return []
    found = (element for page in pages for element in select(source, page.root, looked_for))
    outside = (each for each in found if not any(around in items for around in (each, *each.iterancestors())))
    return [clean_line(" ".join(each.itertext())) for each in outside]


def _examples(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(text if len(text) <= _EXAMPLE else f"{text[:_EXAMPLE]}…" for text in dict.fromkeys(texts))[:SHOWN]


def _written(config: Config, name: str) -> Mapping[str, object]:
    """Return a source's table as it stands in config.toml, where a secret is a name only."""
    tables: Sequence[Mapping[str, object]] = tomllib.loads(config.path.read_text("utf-8-sig"))["sources"]
    return next(table for table in tables if table["name"] == name)


# --- what may stand in config.toml instead ---------------------------------------------------------------------------


def page_offer(found: Suggestion, first: Fetched, page: Page, table: Mapping[str, object], config: Config) -> Offer:
    """Return the page as a source with the selectors that were found; `table` has what else stands in its table."""
    several = {"pages": max(found.pages, int(str(table.get("pages", 1))))} if "next" in found.selectors else {}
    kept = {name: value for name, value in table.items() if name not in (*SELECTORS, "pages")}
    selectors: dict[str, Any] = {name: found.selectors[name] for name in SELECTORS if name in found.selectors}
    source = PageSource(str(table["name"]), **selectors)
    items = tuple(source.read(Visit(first, (page,))).items)
    return offer_of("page", page.where, items, {**kept, **selectors, **several}, config)


def offer_of(
    kind: Literal["feed", "page"], place: str, items: Sequence[Item], table: Mapping[str, object], config: Config
) -> Offer:
    """Return what a source with that `[[sources]]` table gives: these items."""
    policy = (FeedTable if kind == "feed" else PageTable).model_validate(table).policy()
    settings = SourceSettings(name=str(table["name"]), kind=kind, options={}, policy=policy)
    return Offer(
        kind=kind, place=place, items=_seen(items, settings, config), listed=len(items), block=_toml("sources", table)
    )


def _toml(name: str, table: Mapping[str, object]) -> str:
    # A JSON text, number or list of such is one in TOML, too.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items()]
    return "\n".join([f"[[{name}]]", *lines])
