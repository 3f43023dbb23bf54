"""Makes the objects that a site's stages need, from its configuration and store."""

from collections.abc import Callable, Collection
from dataclasses import asdict, replace
from datetime import datetime
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from publisher import __version__
from publisher.admin.deliveries import DeliverySetup, letter_mails
from publisher.admin.edition_mails import EditionMails
from publisher.admin.office import Office
from publisher.admin.refusals import count_refusals
from publisher.admin.round_mails import RoundMails
from publisher.admin.rounds import begin_round, keep_rounds
from publisher.collect.rules import CollectRules, OnSuspicion
from publisher.collect.sources.base import Source, SourceSite, open_source
from publisher.compose.outbox import Outbox
from publisher.config.config import Config
from publisher.deliver.mails import Mails
from publisher.deliver.pace import Throttle
from publisher.model.decisions import DecisionLog
from publisher.model.deliveries import DeliveryKind, Letter
from publisher.model.errors import UsageError
from publisher.model.progress import Progress
from publisher.model.reports import PublishReport, RoundReport, RunReport
from publisher.model.site import Site
from publisher.publish.files import Files
from publisher.publish.plan import Publication, PublishPlan, plan_editions
from publisher.rendering.template_files import TemplateFiles, shipped_templates
from publisher.store import Store
from publisher.subscribers.people import People
from publisher.subscribers.reach import Reach
from publisher.subscribers.renew import Renewer, end_unanswered

if TYPE_CHECKING:
    from publisher.admin.bounces import BounceDesk
    from publisher.admin.desk import Desk
    from publisher.admin.reception import Reception
    from publisher.compose.digest import Renderer
    from publisher.publish.page_values import SiteLook
    from publisher.rendering.letters import TemplateLetterWriter
    from publisher.rendering.templates import Templates

logger = DecisionLog("subscribers")


class Wiring:
    """Makes the objects that the stages of one site need.

    Everything about subscribers raises `UsageError` if config.toml has no [subscribers].
    """

    def __init__(self, config: Config, store: Store, clock: Callable[[], datetime]) -> None:
        self._config = config
        self._store = store
        self._clock = clock
        self._pace = Throttle(config.smtp) if config.smtp else None

    def settle_authority(self) -> None:
        """Choose the authority of the site's ids, unless that has been done."""
        self._store.names.authority(self._proposed_authority())

    @cached_property
    def authority(self) -> str:
        """The authority of the site's `tag:` URIs (RFC 4151 section 2.1): a host, and a day on which the site owned it.

        The authority is chosen once, stored, and never changes.
        """
        return self._store.names.authority(self._proposed_authority())

    @property
    def first_host(self) -> str:
        """The host in the site's authority."""
        return self.authority.partition(",")[0]

    @property
    def site(self) -> Site:
        """The values of the site from config.toml, and the host from which permanent names are made."""
        return replace(self._config.site, first_host=self.first_host)

    def sources(self, only: Collection[str] = ()) -> list[Source]:
        """Return the sources of config.toml with these names, or all sources if no names are given.

        Raises:
            UsageError: there is no source with one of the names.
        """
        known = [settings.name for settings in self._config.sources]
        for name in only:
            if name not in known:
                raise UsageError(f"no source {name!r} in config.toml; there is: {', '.join(known)}")
        chosen = [settings for settings in self._config.sources if not only or settings.name in only]
        return [open_source(each.kind, each.name, each.options, self.source_site) for each in chosen]

    def held_source(self, name: str) -> Source:
        """Return the source of that name, whose last reading waits for approval.

        Raises:
            UsageError: there is no such source, or no reading of it waits.
        """
        held = [each.name for each in self._config.sources if self._store.sources.state(each.name).hold_reason]
        if name not in held:
            raise UsageError(f"source {name!r} is not held; held now: {', '.join(held) or 'none'}")
        [source] = self.sources([name])
        return source

    @cached_property
    def source_site(self) -> SourceSite:
        """The facts about the site that sources need: time zone, network limits, user agent, labels."""
        site = self._config.site
        agent = f"publisher/{__version__} (+{site.base_url}; {site.author.address})"
        return SourceSite(
            timezone=site.timezone,
            fetching=self._config.fetching,
            user_agent=agent,
            labels=frozenset(label for label, _ in self._config.themes.by_label),
        )

    def collect_rules(self, on_suspicion: OnSuspicion, seen: str = "") -> CollectRules:
        """Return the rules for collecting; see `CollectRules`."""
        policies = {settings.name: settings.policy for settings in self._config.sources}
        return CollectRules(
            site=self._config.site,
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
        return TemplateFiles(self._config.templates_directory, shipped_templates())

    @cached_property
    def publication(self) -> Publication:
        """Everything besides the items that decides what the public folder looks like."""
        config = self._config
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
            templates=self._shared_templates,
            style=self._config.digest,
            themes=self._config.themes,
            has_desk=self._config.desk is not None,
        )

    def _proposed_authority(self) -> str:
        return f"{urlsplit(self._config.site.base_url).hostname},{self._clock().date()}"

    def render_site(
        self, planned: PublishPlan, open_files: Callable[[Path], Files], progress: Progress
    ) -> PublishReport:
        """Render the planned feeds and pages. If none are planned, no file is opened."""
        if planned.is_empty:
            return PublishReport()
        from publisher.publish.run import publish  # late: a pass without news renders nothing

        return publish(
            planned,
            store=self._store,
            publication=self.publication,
            files=open_files(self._config.feeds_directory),
            look=replace(self._look),
            authority=self.authority,
            now=self._clock(),
            progress=progress,
        )

    def show_editions(self, open_files: Callable[[Path], Files]) -> None:
        """Write the web pages of editions that have none yet. If all have one, no file is opened."""
        if numbers_of := plan_editions(self._store, self.publication.audiences):
            from publisher.publish.editions import publish_editions  # late: a pass without news renders nothing

            publish_editions(
                numbers_of,
                store=self._store,
                publication=self.publication,
                files=open_files(self._config.feeds_directory),
                look=replace(self._look),
                authority=self.authority,
            )

    def tell_hub(self, report: RunReport) -> RunReport:
        """Tell the configured WebSub hub which feeds changed. If that fails, the report gets a problem."""
        config = self._config
        if not config.feeds.hub:
            return report
        from publisher.publish.websub import tell_hub  # late: few sites have a hub, and the network library costs 30 ms

        problems = tell_hub(self._store, config.feeds, config.site, config.themes)
        return report.with_problems(*problems)

    def people(self, now: datetime) -> People:
        """Return the subscribers of the site, as of the moment `now`."""
        config = self._config
        if config.subscribers is None:
            raise UsageError("no one can subscribe, because config.toml has no [subscribers]")
        people = People(
            store=self._store,
            site=self.site,
            settings=config.subscribers,
            themes=config.themes,
            letters=lambda: self._letter_writer(people.theme_title),
            now=now,
        )
        return people

    def reach(self, now: datetime) -> Reach:
        """Return the object that counts bounces and suppresses addresses, as of the moment `now`."""
        people, smtp = self.people(now), self._config.smtp
        bounces = smtp.bounces if smtp else ""
        return Reach(people, self._store, lambda: self._letter_writer(people.theme_title), bounces=bounces)

    def count_refusals(self) -> None:
        """Count mails that the mail server refused in the bounce scores of their recipients."""
        if self._config.subscribers is not None:
            count_refusals(self._store, self.reach(self._clock()))

    def bounce_desk(self, now: datetime) -> "BounceDesk":
        """Return the facts and objects needed to read bounces."""
        from publisher.admin.bounces import BounceDesk  # late: importing it takes 40 ms, and bounces are rare

        smtp, reach = self._config.smtp, self.reach(now) if self._config.subscribers else None
        return BounceDesk(store=self._store, bounces=smtp.bounces if smtp else "", reach=reach, now=now)

    def renewer(self, now: datetime, progress: Progress) -> Renewer:
        """Return an object that asks subscribers who consented long ago whether they still want their mails."""
        people = self.people(now)

        @cache
        def letters() -> "TemplateLetterWriter":
            return self._letter_writer(people.theme_title)

        return Renewer(people, self._store, letters=letters, words_in=cache(self.consent_words), progress=progress)

    def consent_words(self, language: str) -> str:
        """Return the words with which people consent to get mails, in a language.

        Raises:
            TemplateError: forms/consent.txt cannot be used.
        """
        return self._shared_templates.render("forms/consent.txt", language=language, domain="pages").strip()

    def reception(self, now: datetime) -> "Reception":
        """Return the data and actions of subscribers' forms, with the present templates.

        Raises:
            StoreError: the store cannot be used.
            TemplateError: a template cannot be read.
            UsageError: config.toml has no [subscribers].
        """
        from publisher.admin.reception import Reception  # late: only the service shows forms

        self.templates.fingerprint()
        return Reception(self.people(now), self._look, self._store)

    def desk(self, now: datetime) -> "Desk":
        """Return the editors' desk (the website where editors decide), with the present templates.

        Raises:
            StoreError: the store cannot be used.
            TemplateError: a template cannot be read.
            UsageError: config.toml names nobody in desk.people.
        """
        from publisher.admin.desk import Desk  # late: only the service shows the desk

        config = self._config
        if config.desk is None:
            raise UsageError("there is no desk, because config.toml names nobody in desk.people")
        self.templates.fingerprint()
        write_letter = self._write_desk_letter if config.smtp else None
        return Desk(settings=config.desk, store=self._store, look=self._look, write_letter=write_letter, now=now)

    def _write_desk_letter(self, person: str, token: str, name: str) -> Letter:
        from publisher.rendering.desk_letter import desk_letter  # late: most commands write no letter

        style, templates, now = self._config.digest, self._shared_templates, self._clock()
        return desk_letter(person, token, name=name, site=self.site, style=style, templates=templates, now=now)

    @cached_property
    def _look(self) -> "SiteLook":
        """The look of the site's pages. Its templates are compiled once.

        Each run takes a copy, so that the cached values of its items end with the run.
        """
        from publisher.publish.page_values import SiteLook

        return SiteLook.of(self.publication)

    def keep_rounds(self, is_stopping: Callable[[], bool]) -> tuple[RoundReport, ...]:
        """Plan the mails to subscribers that are due.

        Before that, data about people whose retention period has ended is deleted, and suspended subscribers get probes
        (letters that test the address).
        """
        settings, now = self._config.subscribers, self._clock()
        if settings is None and not self._store.holds_people():
            return ()
        if forgotten := self._store.people.retention.forget(now=now, is_stopping=is_stopping):
            logger.debug("forgotten", because="it was kept for long enough", **asdict(forgotten))
        if settings is None:
            return ()
        self.reach(now).probe()
        if ended := end_unanswered(self._store, now=now, is_stopping=is_stopping):
            logger.debug("subscriptions end", because="their subscribers were asked and did not answer", readers=ended)
        return keep_rounds(self._config, settings, self._store, self.site, now=now, is_stopping=is_stopping)

    def begin_round(self, paces: Collection[str], is_stopping: Callable[[], bool]) -> tuple[RoundReport, ...]:
        """Make the mails to all subscribers who follow something at these paces (how often mails come) now.

        Raises:
            UsageError: config.toml has no [subscribers], or see `rounds.begin_round`.
        """
        settings, now = self.people(self._clock()).settings, self._clock()
        return begin_round(
            self._config, settings, self._store, self.site, paces=paces, now=now, is_stopping=is_stopping
        )

    @cached_property
    def _round_mails(self) -> RoundMails:
        assert self._config.subscribers is not None
        return RoundMails(
            store=self._store,
            settings=self._config.subscribers,
            renderer=lambda: self.renderer,
            people=self.people,
            clock=self._clock,
        )

    def _letter_writer(self, theme_title: Callable[[str], str]) -> "TemplateLetterWriter":
        from publisher.rendering.letters import TemplateLetterWriter  # late: most commands write no letter

        assert self._config.subscribers is not None
        return TemplateLetterWriter(
            site=self.site,
            settings=self._config.subscribers,
            style=self._config.digest,
            templates=self._shared_templates,
            theme_title=theme_title,
        )

    @cached_property
    def _shared_templates(self) -> "Templates":
        """The site's templates, compiled once."""
        from publisher.rendering.templates import Templates

        return Templates(self.templates)

    def delivery_setup(
        self,
        outbox: Outbox,
        progress: Progress,
        is_stopping: Callable[[], bool],
        open_office: Callable[[], Office],
    ) -> DeliverySetup:
        """Return the settings and objects that delivering mails needs.

        Raises:
            UsageError: config.toml names no mail server.
        """
        if self._pace is None or self._config.smtp is None:
            raise UsageError("nothing is sent, because config.toml names no mail server in smtp.host")
        mails_of: dict[DeliveryKind, Mails] = {
            DeliveryKind.EDITION: EditionMails(outbox, self._store, self._config.audiences, open_office),
            DeliveryKind.LETTER: partial(letter_mails, self._store),
        }
        if self._config.subscribers is not None:
            mails_of[DeliveryKind.ROUND] = self._round_mails
        return DeliverySetup(
            settings=self._config.smtp,
            store=self._store,
            mails_of=mails_of,
            pace=self._pace,
            clock=self._clock,
            progress=progress,
            is_stopping=is_stopping,
        )
