"""Makes the objects that a site's stages need, from its configuration and store.

What concerns subscribers and mails has modules of its own, `subscribers_wiring` and `mail_wiring`, because most passes
need neither.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from publisher import __version__
from publisher.collect.rules import CollectRules, OnSuspicion
from publisher.collect.sources.base import Source, SourceSite, open_source
from publisher.config.config import Config
from publisher.model.errors import UsageError
from publisher.model.progress import Progress
from publisher.model.reports import PublishReport, RunReport
from publisher.model.site import Site
from publisher.publish.files import Files
from publisher.publish.plan import PublishPlan, plan_editions
from publisher.publish.publication import Publication
from publisher.rendering.template_files import TemplateFiles, shipped_templates
from publisher.store import Store

if TYPE_CHECKING:
    from publisher.admin.desk import Desk
    from publisher.compose.digest import Renderer
    from publisher.model.deliveries import Letter
    from publisher.publish.page_values import SiteLook
    from publisher.rendering.templates import Templates


class Wiring:
    """Makes the objects that the stages of one site need."""

    def __init__(self, config: Config, store: Store, clock: Callable[[], datetime]) -> None:
        self.config = config
        self.store = store
        self.clock = clock

    def settle_authority(self) -> None:
        """Choose the authority of the site's ids, unless that has been done."""
        self.store.names.authority(self._proposed_authority())

    @cached_property
    def authority(self) -> str:
        """The authority of the site's `tag:` URIs (RFC 4151 section 2.1): a host, and a day on which the site owned it.

        The authority is chosen once, stored, and never changes.
        """
        return self.store.names.authority(self._proposed_authority())

    @property
    def first_host(self) -> str:
        """The host in the site's authority."""
        return self.authority.partition(",")[0]

    @property
    def site(self) -> Site:
        """The values of the site from config.toml, and the host from which permanent names are made."""
        return replace(self.config.site, first_host=self.first_host)

    def sources(self, only: Collection[str] = ()) -> list[Source]:
        """Return the sources of config.toml with these names, or all sources if no names are given.

        Raises:
            UsageError: there is no source with one of the names.
        """
        known = [settings.name for settings in self.config.sources]
        for name in only:
            if name not in known:
                raise UsageError(f"no source {name!r} in config.toml; there is: {', '.join(known)}")
        chosen = [settings for settings in self.config.sources if not only or settings.name in only]
        return [open_source(each.kind, each.name, each.options, self.source_site) for each in chosen]

    def held_source(self, name: str) -> Source:
        """Return the source of that name, whose last reading waits for approval.

        Raises:
            UsageError: there is no such source, or no reading of it waits.
        """
        held = [each.name for each in self.config.sources if self.store.sources.state(each.name).hold_reason]
        if name not in held:
            raise UsageError(f"source {name!r} is not held; held now: {', '.join(held) or 'none'}")
        [source] = self.sources([name])
        return source

    @cached_property
    def source_site(self) -> SourceSite:
        """The facts about the site that sources need: time zone, network limits, user agent, labels."""
        site = self.config.site
        agent = f"publisher/{__version__} (+{site.base_url}; {site.author.address})"
        return SourceSite(
            timezone=site.timezone,
            fetching=self.config.fetching,
            user_agent=agent,
            labels=frozenset(label for label, _ in self.config.themes.by_label),
        )

    def collect_rules(self, on_suspicion: OnSuspicion, seen: str = "") -> CollectRules:
        """Return the rules for collecting; see `CollectRules`."""
        policies = {settings.name: settings.policy for settings in self.config.sources}
        return CollectRules(
            site=self.config.site,
            gathering=self.publication.gathering,
            authority=self.first_host,
            policies=policies,
            configured=policies.keys(),
            on_suspicion=on_suspicion,
            seen=seen,
        )

    @cached_property
    def templates(self) -> TemplateFiles:
        """The templates that the site uses."""
        return TemplateFiles(self.config.templates_directory, shipped_templates())

    @cached_property
    def publication(self) -> Publication:
        """Everything besides the items that decides what the public folder looks like."""
        config = self.config
        return Publication(
            site=config.site,
            theme_map=config.themes,
            settings=config.feeds,
            templates=self.templates,
            audiences=tuple(audience for audience in config.audiences if audience.archive),
            open_to=tuple(each for each in config.audiences if each.subscribe_url or each.subscribe_mailto),
            has_forms=config.subscribers is not None,
        )

    @cached_property
    def renderer(self) -> "Renderer":
        """The renderer of digests."""
        from publisher.compose.digest import Renderer  # late: a pass without news renders nothing

        return Renderer(
            site=self.site,
            templates=self.shared_templates,
            style=self.config.digest,
            themes=self.config.themes,
            has_desk=self.config.desk is not None,
        )

    def _proposed_authority(self) -> str:
        return f"{urlsplit(self.config.site.base_url).hostname},{self.clock().date()}"

    def render_site(
        self, planned: PublishPlan, open_files: Callable[[Path], Files], progress: Progress
    ) -> PublishReport:
        """Render the planned feeds and pages. If none are planned, no file is opened."""
        if planned.is_empty:
            return PublishReport()
        from publisher.publish.run import publish  # late: a pass without news renders nothing

        return publish(
            planned,
            store=self.store,
            publication=self.publication,
            files=open_files(self.config.feeds_directory),
            look=replace(self.look),
            authority=self.authority,
            now=self.clock(),
            progress=progress,
        )

    def show_editions(self, open_files: Callable[[Path], Files]) -> None:
        """Write the web pages of editions that have none yet. If all have one, no file is opened."""
        if numbers_of := plan_editions(self.store, self.publication.audiences):
            from publisher.publish.editions import publish_editions  # late: a pass without news renders nothing

            publish_editions(
                numbers_of,
                store=self.store,
                publication=self.publication,
                files=open_files(self.config.feeds_directory),
                look=replace(self.look),
                authority=self.authority,
            )

    def tell_hub(self, report: RunReport) -> RunReport:
        """Tell the configured WebSub hub which feeds changed. If that fails, the report gets a problem."""
        config = self.config
        if not config.feeds.hub:
            return report
        from publisher.publish.websub import tell_hub  # late: few sites have a hub, and the network library costs 30 ms

        problems = tell_hub(self.store, config.feeds, config.site, config.themes)
        return report.with_problems(*problems)

    def desk(self, now: datetime) -> "Desk":
        """Return the editors' desk (the website where editors decide), with the present templates.

        Raises:
            StoreError: the store cannot be used.
            TemplateError: a template cannot be read.
            UsageError: config.toml names nobody in desk.people.
        """
        from publisher.admin.desk import Desk  # late: only the service shows the desk

        config = self.config
        if config.desk is None:
            raise UsageError("there is no desk, because config.toml names nobody in desk.people")
        self.templates.fingerprint()
        write_letter = self._write_desk_letter if config.smtp else None
        return Desk(settings=config.desk, store=self.store, look=self.look, write_letter=write_letter, now=now)

    def _write_desk_letter(self, person: str, token: str, name: str) -> "Letter":
        from publisher.rendering.desk_letter import desk_letter  # late: most commands write no letter

        style, templates, now = self.config.digest, self.shared_templates, self.clock()
        return desk_letter(person, token, name=name, site=self.site, style=style, templates=templates, now=now)

    @cached_property
    def look(self) -> "SiteLook":
        """The look of the site's pages. Its templates are compiled once.

        Each run takes a copy, so that the cached values of its items end with the run.
        """
        from publisher.publish.page_values import SiteLook

        return SiteLook.of(self.publication)

    @cached_property
    def shared_templates(self) -> "Templates":
        """The site's templates, compiled once."""
        from publisher.rendering.templates import Templates

        return Templates(self.templates)
