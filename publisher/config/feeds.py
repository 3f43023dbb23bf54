"""[feeds]: which feeds there are besides the feeds of themes, and how each feed looks."""

from typing import Annotated, Literal

from pydantic import Field

from publisher.config.tables import Several, Table, Value, key, tables
from publisher.config.values import (
    LANGUAGE,
    LANGUAGE_SCHEMA,
    Folder,
    Labels,
    Line,
    Picture,
    ThemeChoiceWritten,
    ThemeSlug,
    WebAddress,
    list_of,
    read_list,
    several_of,
)
from publisher.model.feeds import CombinedFeed, Content, FeedSettings, combined_feed
from publisher.model.themes import EVERY, ThemeMap

LANGUAGES = Value("a list of language tags such as en or fr-BE", read_list(LANGUAGE), list_of(LANGUAGE_SCHEMA))


class CombinedTable(Table):
    """A feed of your own choice: items that have one of the themes, one of the keywords and one of the languages."""

    name: ThemeSlug = key("The folder of the feed; no theme may have the same one.", example="borders-in-french")
    title: Line = key("What the feed is called.", example="Frontières, en français")
    themes: ThemeChoiceWritten = key(
        "Items need one of these themes; an empty list takes any. `*`: all themes, `!general`: not this theme.",
        default=[],
        example=["borders-visa"],
    )
    keywords: Labels = key("Items need one of these keywords; an empty list takes any.", default=[])
    languages: Annotated[tuple[str, ...], LANGUAGES] = key(
        "Items need one of these languages; an empty list takes any.", default=[], example=["fr"]
    )
    content: Content | None = key(
        "How much of a text the feed has. If not set, feeds.content decides.", default=None, example="summary"
    )


class FeedsTable(Table):
    """Which feeds there are, and where. Every theme has a feed."""

    directory: Folder = key(
        "The public folder for feeds and pages; only feeds/assets/ is for your own files.", default="feeds"
    )
    formats: Annotated[tuple[Literal["rss", "atom", "json"], ...], several_of("rss", "atom", "json")] = key(
        "Which files each feed has.", default=["rss", "atom", "json"]
    )
    limit: Annotated[int, Field(ge=1, le=1000)] = key("How many items a feed holds.", default=50)
    keywords_from: Annotated[int, Field(ge=0, le=1000)] = key(
        "How many items a keyword needs to get a feed, which it then keeps. With 0, no keyword gets one.", default=3
    )
    content: Content = key("How much of a text feeds have: all, or a summary with a link.", default="full")
    languages: bool = key("Whether each language has a feed, if items are in two languages or more.", default=True)
    icon: Picture | None = key("A square picture for feed readers.", default=None, example="assets/icon.png")
    logo: Picture | None = key(
        "A picture twice as wide as high, for feed readers.",
        default=None,
        example="assets/logo.png",
    )
    hub: WebAddress | None = key(
        "A WebSub hub, which tells readers of changes at once.", default=None, example="https://hub.example.org/"
    )
    combined: Several[CombinedTable] = tables()

    def settings(self, themes: ThemeMap, contents: tuple[tuple[str, Content], ...] = ()) -> FeedSettings:
        """Return the settings of feeds, with present slugs in place of former slugs of themes.

        `contents` says how much text some feeds of themes have: pairs of a slug and the amount.
        """
        combined = tuple(
            CombinedFeed(
                name=feed.name,
                title=feed.title,
                themes=themes.choose(feed.themes or [EVERY]),
                keywords=feed.keywords,
                languages=feed.languages,
            )
            for feed in self.combined
        )
        asked = zip(combined, self.combined, strict=True)
        own = ((combined_feed(feed).slug, table.content) for feed, table in asked if table.content)
        return FeedSettings(
            formats=self.formats,
            limit=self.limit,
            keywords_from=self.keywords_from,
            languages=self.languages,
            combined=combined,
            icon=self.icon or "",
            logo=self.logo or "",
            hub=self.hub or "",
            content=self.content,
            contents=(*contents, *own),
        )
