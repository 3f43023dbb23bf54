"""Everything besides the items that decides what the public folder looks like."""

import hashlib
from dataclasses import dataclass

from publisher.model.editions import Audience
from publisher.model.feeds import Feed, FeedSettings, Gathering, combined_feed
from publisher.model.site import Site
from publisher.model.themes import ThemeMap
from publisher.rendering.program import program_trace
from publisher.rendering.template_files import TemplateFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Everything besides the items that decides what feeds and pages look like."""

    site: Site
    theme_map: ThemeMap
    settings: FeedSettings
    templates: TemplateFiles
    audiences: tuple[Audience, ...] = ()
    """The audiences whose editions everybody may read on the web."""
    open_to: tuple[Audience, ...] = ()
    """The audiences that everybody may join. Pages say how."""
    has_forms: bool = False
    """Whether people can subscribe here, so that pages link to the form."""

    def digests(self) -> dict[str, str]:
        """Return hashes, by name, of everything except items that feeds and pages are made from. If a hash changes,
        files may change.

        `feeds` covers the settings that put items into feeds, `archives` the addresses of archive documents, and
        `files` everything else. Titles, icons and themes of config.toml do not change archives
        (docs/adr/archives-only-lead-back.md).
        """
        feeds, archives = repr(self.gathering), self.site.base_url
        shown = [
            *map(_archived_of, self.audiences),
            *map(_shown_of, self.open_to),
            self.has_forms,
        ]
        rest = repr((program_trace(), self.site, self.settings, self.templates.fingerprint(), shown))
        return {name: _sha256(made_of) for name, made_of in (("feeds", feeds), ("archives", archives), ("files", rest))}

    @property
    def gathering(self) -> Gathering:
        """Return the rules that put items into themes and feeds."""
        return Gathering(theme_map=self.theme_map, language=self.site.language, combined=self.settings.combined)

    @property
    def known_feeds(self) -> tuple[Feed, ...]:
        """The feeds that are written even without items: themes and combined feeds in config.toml."""
        themes = map(Feed.of_theme, (self.theme_map.default, *self.theme_map.themes))
        return (*themes, *map(combined_feed, self.settings.combined))


def _archived_of(audience: Audience) -> tuple[object, ...]:
    """Return the settings that the pages of an audience's editions depend on."""
    named = (audience.name, audience.title, audience.language)
    shown = (audience.themes, audience.languages, audience.content, audience.order, audience.keywords)
    return *named, *shown, audience.schedule


def _shown_of(audience: Audience) -> tuple[object, ...]:
    """Return the settings that other pages show about an audience that everybody may join."""
    named = (audience.name, audience.title, audience.themes, audience.languages, audience.schedule)
    return *named, audience.subscribe_url, audience.subscribe_mailto


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
