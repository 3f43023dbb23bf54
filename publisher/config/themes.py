"""[themes]: which labels mean the same theme, and what else puts an item into a theme."""

from collections.abc import Mapping

from pydantic import ConfigDict

from publisher.config.tables import Table, key, table
from publisher.config.values import Labels, Line, ThemeSlug, ThemeSlugs
from publisher.model.feeds import Content
from publisher.model.slugs import fold_label
from publisher.model.themes import Theme, ThemeMap, ThemeRule

DEFAULT_TITLES = {"en": "General", "fr": "Divers", "nl": "Algemeen", "de": "Allgemeines"}
"""Titles of the feed of items without a theme, by language.

They are not in the catalogues of translated texts, because every command reads config.toml, and reading a catalogue
takes longer than a run without news.
"""
CONTENT = "How much of a text its feed has. If not set, feeds.content decides."


class DefaultThemeTable(Table):
    """The feed of items without a theme."""

    slug: ThemeSlug = key("The folder of the feed for items without a theme.", default="general")
    title: Line | None = key(
        "What the feed is called. If not set, General, Divers, Algemeen or Allgemeines, by site.language.",
        default=None,
        example="General",
    )
    was: ThemeSlugs = key("Earlier slugs of the feed; their addresses lead to it.", default=[])
    content: Content | None = key(CONTENT, default=None, example="summary")

    def title_in(self, language: str) -> str:
        """Return the title for a site in `language`."""
        return self.title or DEFAULT_TITLES.get(language.partition("-")[0].lower(), DEFAULT_TITLES["en"])


class ThemeTable(Table):
    """Every theme gets a feed, even without a table here. Add a table to choose the feed's address or to gather several
    labels, say in two languages. The last part of the table's name is the folder of the feed: keep it once people
    follow the feed.
    """

    title: Line = key("What the theme is called; also the first of its labels.", example="Borders & Visa")
    labels: Labels = key(
        "Other labels in the source that mean this theme, in any language.", default=[], example=["Frontières et visas"]
    )
    keywords: Labels = key("Items with one of these keywords also belong to it.", default=[], example=["Schengen"])
    words: Labels = key(
        "Items with one of these words in title or text also belong to it.", default=[], example=["visa"]
    )
    sources: Labels = key(
        "Every item that one of these sources listed first also belongs to it.", default=[], example=["news"]
    )
    was: ThemeSlugs = key("Former names of this table: their addresses lead here.", default=[], example=["borders"])
    content: Content | None = key(CONTENT, default=None, example="summary")

    def rule(self, slug: str) -> ThemeRule:
        """Return the rule that puts items into this theme without a label."""
        return ThemeRule(
            slug=slug,
            keywords=tuple(map(fold_label, self.keywords)),
            words=tuple(map(fold_label, self.words)),
            sources=self.sources,
        )


class ThemesTable(Table):
    """What the news is about."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, ThemeTable]

    default: DefaultThemeTable = table()

    @property
    def named(self) -> Mapping[str, ThemeTable]:
        """The configured themes, by slug."""
        return self.__pydantic_extra__

    @property
    def all(self) -> Mapping[str, DefaultThemeTable | ThemeTable]:
        """The table of the default theme and the tables of the named themes, by the names of the tables."""
        return {"default": self.default, **self.named}

    def labels(self, language: str) -> Mapping[str, tuple[str, ...]]:
        """Return the labels by which sources name each theme, by the names of the tables of themes."""
        named = {name: (theme.title, *theme.labels) for name, theme in self.named.items()}
        return {"default": (self.default.title_in(language),), **named}

    def contents(self) -> tuple[tuple[str, Content], ...]:
        """Return pairs of a theme's slug and how much text its feed has, for tables that set it."""
        slugs = {"default": self.default.slug}
        return tuple((slugs.get(name, name), theme.content) for name, theme in self.all.items() if theme.content)

    def theme_map(self, language: str) -> ThemeMap:
        """Return the rules by which items get themes, for a site in that language."""
        slugs = {name: self.default.slug if name == "default" else name for name in self.all}
        rules = [theme.rule(slug) for slug, theme in self.named.items()]
        return ThemeMap(
            default=Theme(slug=self.default.slug, title=self.default.title_in(language)),
            themes=tuple(Theme(slug=slug, title=theme.title) for slug, theme in self.named.items()),
            by_label=tuple(
                (fold_label(label), slugs[name]) for name, labels in self.labels(language).items() for label in labels
            ),
            rules=tuple(rule for rule in rules if rule.keywords or rule.words or rule.sources),
            was=tuple((former, slugs[name]) for name, theme in self.all.items() for former in theme.was),
        )
