"""Feeds: their kinds and settings, the feeds of an item, and which feeds are worth writing; pure."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

from publisher.model.characters import even_spaces
from publisher.model.items import Item
from publisher.model.site import Site
from publisher.model.slugs import NO_NAMES, Names, fold_label
from publisher.model.themes import ALL_THEMES, Theme, ThemeChoice, ThemeMap, assign_themes

ALL = "all"
"""The slug of the feed of all items."""
KEYWORDS = "keywords"
LANGUAGES = "languages"
COMBINED = "combined"


Content: TypeAlias = Literal["full", "summary"]
"""How much of an item's text a feed has: all, or a summary and a link."""

_TAG = re.compile(r"([a-z]{2,3})(?:-[a-z]{3})*(-[a-z]{4})?(?:-.*)?")


class FeedKind(StrEnum):
    """What the items of a feed have in common."""

    ALL = "all"
    """All items of the site: this feed always exists."""
    THEME = "theme"
    KEYWORD = "keyword"
    LANGUAGE = "language"
    COMBINED = "combined"
    """A selection of themes, keywords and languages, made in config.toml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Items that readers can follow together."""

    kind: FeedKind
    slug: str
    """`all`; or the theme's slug; or the kind's folder and a name: `keywords/ice`, `languages/fr`, `combined/choice`.
    """
    title: str
    first_slug: str = ""
    """The first slug of a renamed theme, from which the feed's id is made. If empty, the id is made from `slug`."""

    @classmethod
    def of_all(cls, site: Site) -> "Feed":
        return cls(kind=FeedKind.ALL, slug=ALL, title=site.title)

    @classmethod
    def of_theme(cls, theme: Theme) -> "Feed":
        return cls(kind=FeedKind.THEME, slug=theme.slug, title=theme.title)


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinedFeed:
    """A feed that config.toml defines: an item needs one of its themes, one of its keywords and one of its languages.

    An empty condition is met by every item.
    """

    name: str
    """The name of the feed's folder below feeds/."""
    title: str
    themes: ThemeChoice = ALL_THEMES
    keywords: tuple[str, ...] = ()
    """Keywords as people write them."""
    languages: tuple[str, ...] = ()
    """Tags such as `fr`."""

    @property
    def language(self) -> str:
        """The language of the feed's items; empty if they may be in several languages."""
        return self.languages[0] if len(self.languages) == 1 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSettings:
    """Which feeds exist besides the feeds of themes, and how feeds look."""

    formats: tuple[Literal["rss", "atom", "json"], ...]
    limit: int
    """How many of the last added items a feed holds; up to four times as many, if one run added them all."""
    keywords_from: int
    """How many items a keyword needs before it gets a feed, which it then keeps; 0 if no keyword gets a feed."""
    languages: bool
    """Whether each language gets a feed when items are in two languages or more."""
    combined: tuple[CombinedFeed, ...] = ()
    icon: str = ""
    """Path of a square picture below the site's base URL; empty for no picture."""
    logo: str = ""
    """Path of a picture twice as wide as high, below the site's base URL; empty for no picture."""
    hub: str = ""
    """Address of the WebSub hub that is told of changes; empty for no hub."""
    content: Content = "full"
    contents: tuple[tuple[str, Content], ...] = ()
    """Pairs of a slug and the content of its feed, for feeds whose content differs from `content`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """The rules of config.toml that put items into themes and feeds."""

    theme_map: ThemeMap
    language: str
    """The language of items without one."""
    combined: tuple[CombinedFeed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The themes and feeds of an item."""

    themes: tuple[Theme, ...]
    """The item's themes, in the order of its labels; never empty."""
    feeds: tuple[Feed, ...]
    """The item's feeds, each once; the feeds of its themes are among them."""


def gather(item: Item, gathering: Gathering, *, source: str, names: Names = NO_NAMES) -> Gathered:
    """Return the themes and feeds of an item from a source; `names` has the slugs of its labels and keywords."""
    themes = assign_themes(item, gathering.theme_map, source=source, names=names)
    found = (*map(Feed.of_theme, themes), *other_feeds(item, themes, gathering, names))
    return Gathered(themes=themes, feeds=tuple({feed.slug: feed for feed in reversed(found)}.values()))


def other_feeds(item: Item, themes: Sequence[Theme], gathering: Gathering, names: Names = NO_NAMES) -> tuple[Feed, ...]:
    """Return the feeds of an item's keywords and language, and combined feeds whose conditions it meets; each once."""
    keywords = [keyword_feed(keyword, names) for keyword in item.keywords if fold_label(keyword)]
    language = language_feed(item.language, fallback=gathering.language)
    has = ({theme.slug for theme in themes}, {*map(fold_label, item.keywords)}, {language.slug})
    combined = [combined_feed(asked) for asked in gathering.combined if _meets(has, asked)]
    return tuple({feed.slug: feed for feed in (*reversed(keywords), language, *combined)}.values())


def keyword_feed(keyword: str, names: Names = NO_NAMES) -> Feed:
    """Return the feed of a keyword. Spellings that differ in capitals or spaces share one feed."""
    slug = f"{KEYWORDS}/{names.keyword_slug(keyword)}"
    return Feed(kind=FeedKind.KEYWORD, slug=slug, title=even_spaces(keyword))


def language_feed(tag: str, *, fallback: str) -> Feed:
    """Return the feed of a language tag. `nl` and `nl-BE` share one feed; each script of Chinese has its own feed."""
    match = _TAG.fullmatch(tag.lower()) or _TAG.fullmatch(fallback.lower())
    name = f"{match[1]}{match[2] or ''}" if match else "und"  # BCP 47 section 2.2.1: undetermined
    return Feed(kind=FeedKind.LANGUAGE, slug=f"{LANGUAGES}/{name}", title=name)


def combined_feed(asked: CombinedFeed) -> Feed:
    """Return the feed that `asked`, a part of config.toml, defines. Its slug begins with `combined/`, because a theme
    may have the same name as slug.
    """
    return Feed(kind=FeedKind.COMBINED, slug=f"{COMBINED}/{asked.name}", title=asked.title)


def is_worth_a_feed(feed: Feed, *, items: int, is_open: bool, languages: int, settings: FeedSettings) -> bool:
    """Whether a feed is written for readers.

    Args:
        feed: any feed.
        items: how many live items the feed has.
        is_open: whether the feed has been written before; if so, it is written again.
        languages: how many languages the site's items are in.
        settings: which feeds the operator wants.
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


def _meets(has: tuple[AbstractSet[str], AbstractSet[str], AbstractSet[str]], asked: CombinedFeed) -> bool:
    """Whether an item meets the conditions of a combined feed; `has` are the item's theme slugs, folded keywords and
    language feed's slug.
    """
    themes, *others = has
    if not any(map(asked.themes.follows, themes)):
        return False
    wanted = (
        [fold_label(keyword) for keyword in asked.keywords],
        [language_feed(tag, fallback="und").slug for tag in asked.languages],
    )
    return all(not some or not there.isdisjoint(some) for some, there in zip(wanted, others, strict=True))
