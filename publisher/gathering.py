"""Decides which feeds an item belongs to besides those of its themes, and which of them are worth writing; pure."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from publisher.model import CombinedFeed, Feed, FeedKind, FeedSettings, Item, Theme
from publisher.naming import NO_NAMES, Names
from publisher.slugs import fold_label

KEYWORDS = "keywords"
LANGUAGES = "languages"
COMBINED = "combined"

_TAG = re.compile(r"([a-z]{2,3})(?:-[a-z]{3})*(-[a-z]{4})?(?:-.*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """What decides; called with an item and its themes."""

    language: str
    """Of items that do not name theirs."""
    combined: tuple[CombinedFeed, ...] = ()

    def __call__(self, item: Item, themes: Sequence[Theme], names: Names = NO_NAMES) -> tuple[Feed, ...]:
        """The feeds of its keywords and its language, and the combined ones that ask for it; each once."""
        keywords = [keyword_feed(keyword, names) for keyword in item.keywords if fold_label(keyword)]
        language = language_feed(item.language, fallback=self.language)
        has = ({theme.slug for theme in themes}, {*map(fold_label, item.keywords)}, {language.slug})
        combined = [combined_feed(asked) for asked in self.combined if _is_asked_for(has, asked)]
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
        case FeedKind.THEME:
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
