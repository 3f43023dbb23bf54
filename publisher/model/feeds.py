"""Feeds: their kinds and settings, which ones an item is in, and which are worth writing; pure."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from publisher.model.items import Item
from publisher.model.labels import NO_NAMES, Names, fold_label
from publisher.model.site import Site
from publisher.model.themes import Theme, ThemeMap, assign_themes

ALL = "all"
"""The slug of the feed of all items."""
KEYWORDS = "keywords"
LANGUAGES = "languages"
COMBINED = "combined"


_TAG = re.compile(r"([a-z]{2,3})(?:-[a-z]{3})*(-[a-z]{4})?(?:-.*)?")


class FeedKind(StrEnum):
    """What the items of a feed have in common."""

    ALL = "all"
    """They are on the site: there is one such feed, always."""
    THEME = "theme"
    KEYWORD = "keyword"
    LANGUAGE = "language"
    COMBINED = "combined"
    """Whatever the operator named in config.toml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What gathers items so that they can be followed together."""

    kind: FeedKind
    slug: str
    """`all`; or a theme's own; or the kind's folder and a name: `keywords/ice`, `languages/fr`, `combined/choice`."""
    title: str
    first_slug: str = ""
    """Of a renamed theme, the one its id is made of for ever; empty: its own."""

    @classmethod
    def of_all(cls, site: Site) -> "Feed":
        return cls(kind=FeedKind.ALL, slug=ALL, title=site.title)

    @classmethod
    def of_theme(cls, theme: Theme) -> "Feed":
        return cls(kind=FeedKind.THEME, slug=theme.slug, title=theme.title)


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinedFeed:
    """A feed of the operator's choice: items that have one of its themes, one of its keywords and one of its languages.

    What is empty is not asked for.
    """

    name: str
    """Its folder below feeds/."""
    title: str
    themes: tuple[str, ...] = ()
    """Slugs."""
    keywords: tuple[str, ...] = ()
    """As people write them."""
    languages: tuple[str, ...] = ()
    """Tags such as `fr`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSettings:
    """Which feeds there are besides those of themes, and what each looks like."""

    formats: tuple[Literal["rss", "atom", "json"], ...] = ("rss", "atom", "json")
    limit: int = 50
    """How many of the items added last a feed holds. One run's items are never cut below that run (up to 4 × limit)."""
    keywords_from: int = 3
    """How many items make a keyword worth a feed, which it then keeps; 0: no keyword has one."""
    languages: bool = True
    """Whether each language has a feed, once there are two."""
    combined: tuple[CombinedFeed, ...] = ()
    icon: str = ""
    """A square picture, below the site's base URL; empty: none."""
    logo: str = ""
    """A picture twice as wide as high, likewise."""
    hub: str = ""
    """The WebSub hub that is told of changes; empty: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """What configuration says about which themes and feeds an item is in."""

    theme_map: ThemeMap
    language: str
    """Of items that do not name theirs."""
    combined: tuple[CombinedFeed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Which themes and feeds an item is in."""

    themes: tuple[Theme, ...]
    """Never empty; in the order of the item's labels."""
    feeds: tuple[Feed, ...]
    """Those of the themes among them; each once."""


def gather(item: Item, gathering: Gathering, *, source: str, names: Names = NO_NAMES) -> Gathered:
    """Return which themes and feeds an item of a source is in; `names` has the slugs of its labels and keywords."""
    themes = assign_themes(item, gathering.theme_map, source=source, names=names)
    found = (*map(Feed.of_theme, themes), *other_feeds(item, themes, gathering, names))
    return Gathered(themes=themes, feeds=tuple({feed.slug: feed for feed in reversed(found)}.values()))


def other_feeds(item: Item, themes: Sequence[Theme], gathering: Gathering, names: Names = NO_NAMES) -> tuple[Feed, ...]:
    """Return the feeds of an item's keywords and language, and the combined ones that ask for it; each once."""
    keywords = [keyword_feed(keyword, names) for keyword in item.keywords if fold_label(keyword)]
    language = language_feed(item.language, fallback=gathering.language)
    has = ({theme.slug for theme in themes}, {*map(fold_label, item.keywords)}, {language.slug})
    combined = [combined_feed(asked) for asked in gathering.combined if _is_asked_for(has, asked)]
    return tuple({feed.slug: feed for feed in (*reversed(keywords), language, *combined)}.values())


def keyword_feed(keyword: str, names: Names = NO_NAMES) -> Feed:
    """The feed of a keyword, whatever its capitals and spaces."""
    slug = f"{KEYWORDS}/{names.keyword_slug(keyword)}"
    return Feed(kind=FeedKind.KEYWORD, slug=slug, title=" ".join(keyword.split()))


def language_feed(tag: str, *, fallback: str) -> Feed:
    """The feed of a language: of Dutch for `nl` and `nl-BE`, but one for each way to write Chinese."""
    match = _TAG.fullmatch(tag.lower()) or _TAG.fullmatch(fallback.lower())
    name = f"{match[1]}{match[2] or ''}" if match else "und"  # BCP 47 section 2.2.1: undetermined
    return Feed(kind=FeedKind.LANGUAGE, slug=f"{LANGUAGES}/{name}", title=name)


def combined_feed(asked: CombinedFeed) -> Feed:
    """The feed of the operator's choice. Its slug is not its folder's name: a theme of that name may turn up."""
    return Feed(kind=FeedKind.COMBINED, slug=f"{COMBINED}/{asked.name}", title=asked.title)


def is_worth_a_feed(feed: Feed, *, items: int, is_open: bool, languages: int, settings: FeedSettings) -> bool:
    """Whether a feed with so many live items is written for readers; `is_open`: it was once, so it goes on.

    `languages` is how many languages the site's items have.
    """
    match feed.kind:
        case FeedKind.ALL | FeedKind.THEME:
            return True
        case FeedKind.KEYWORD:
            return settings.keywords_from > 0 and (is_open or items >= settings.keywords_from)
        case FeedKind.LANGUAGE:
            return settings.languages and (is_open or (items > 0 and languages > 1))
        case FeedKind.COMBINED:
            return feed.slug in {combined_feed(asked).slug for asked in settings.combined}


def _is_asked_for(has: tuple[AbstractSet[str], AbstractSet[str], AbstractSet[str]], asked: CombinedFeed) -> bool:
    """Whether an item has what is asked for; `has` are the slugs of its themes, its folded keywords, its language."""
    wanted = (
        asked.themes,
        [fold_label(keyword) for keyword in asked.keywords],
        [language_feed(tag, fallback="und").slug for tag in asked.languages],
    )
    return all(not some or not there.isdisjoint(some) for some, there in zip(wanted, has, strict=True))
