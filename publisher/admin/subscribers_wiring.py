"""Makes the objects that concern a site's subscribers, and keeps the rounds of their mails.

It is imported when there are people to look after: on a site without [subscribers], data of former ones.
"""

from collections.abc import Callable, Collection
from dataclasses import asdict
from datetime import datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING

from publisher.admin.refusals import count_refusals
from publisher.admin.round_mails import RoundMails
from publisher.admin.rounds import begin_round, keep_rounds
from publisher.admin.wiring import Wiring
from publisher.model.decisions import DecisionLog
from publisher.model.errors import UsageError
from publisher.model.mail_reports import RoundReport
from publisher.model.problems import Problem
from publisher.model.progress import Progress
from publisher.subscribers.people import People
from publisher.subscribers.reach import Reach
from publisher.subscribers.renew import Renewer, end_unanswered

if TYPE_CHECKING:
    from publisher.admin.reception import Reception
    from publisher.rendering.letters import TemplateLetterWriter
    from publisher.subscribers.own_data import OwnData
    from publisher.subscribers.transfer import Transfer

logger = DecisionLog("subscribers")


class SubscribersWiring:
    """Makes the objects that concern a site's subscribers.

    All but the deletion of old data raises `UsageError` if config.toml has no [subscribers].
    """

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._config = wiring.config
        self._store = wiring.store
        self._clock = wiring.clock

    def people(self, now: datetime) -> People:
        """Return the subscribers of the site, as of the moment `now`."""
        config = self._config
        if config.subscribers is None:
            raise UsageError("no one can subscribe, because config.toml has no [subscribers]")
        people = People(
            store=self._store,
            site=self._wiring.site,
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

    def own_data(self, now: datetime) -> "OwnData":
        """Return what subscribers can do with the data held about them, as of the moment `now`."""
        from publisher.subscribers.own_data import OwnData  # late: only forms and a command ask for it

        return OwnData(self.people(now), self._store)

    def transfer(self, now: datetime, progress: Progress) -> "Transfer":
        """Return the export of the site's subscribers, and the import of people."""
        from publisher.subscribers.transfer import Transfer  # late: lists of people are rare

        return Transfer(self.people(now), self._store, words_in=cache(self.consent_words), progress=progress)

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
        return self._wiring.shared_templates.render("forms/consent.txt", language=language, domain="pages").strip()

    def reception(self, now: datetime) -> "Reception":
        """Return the data and actions of subscribers' forms, with the present templates.

        Raises:
            StoreError: the store cannot be used.
            TemplateError: a template cannot be read.
            UsageError: config.toml has no [subscribers].
        """
        from publisher.admin.reception import Reception  # late: only the service shows forms

        self._wiring.templates.fingerprint()
        return Reception(self.people(now), self._wiring.look, self._store)

    def tend_people(self, is_stopping: Callable[[], bool]) -> tuple[Problem, ...]:
        """Delete data about people whose retention period has ended, send probes (letters that test an address) to
        suspended subscribers, and end the subscriptions of those who did not say that they still want their mails.

        Returns the problems because of which some probes cannot be sent yet.
        """
        now = self._clock()
        if forgotten := self._store.people.retention.forget(now=now, is_stopping=is_stopping):
            logger.debug("forgotten", because="it was kept for long enough", **asdict(forgotten))
        if self._config.subscribers is None:
            return ()
        problems = self.reach(now).probe()
        if ended := end_unanswered(self._store, now=now, is_stopping=is_stopping):
            logger.debug("subscriptions end", because="their subscribers were asked and did not answer", readers=ended)
        return problems

    def keep_rounds(self, is_stopping: Callable[[], bool]) -> tuple[RoundReport, ...]:
        """Plan the mails to subscribers that are due."""
        settings, now = self._config.subscribers, self._clock()
        if settings is None:
            return ()
        return keep_rounds(self._config, settings, self._store, self._wiring.site, now=now, is_stopping=is_stopping)

    def begin_round(self, paces: Collection[str], is_stopping: Callable[[], bool]) -> tuple[RoundReport, ...]:
        """Make the mails to all subscribers who follow something at these paces (how often mails come) now.

        Raises:
            UsageError: config.toml has no [subscribers], or see `rounds.begin_round`.
        """
        settings, now = self.people(self._clock()).settings, self._clock()
        return begin_round(
            self._config, settings, self._store, self._wiring.site, paces=paces, now=now, is_stopping=is_stopping
        )

    @cached_property
    def round_mails(self) -> RoundMails:
        """The mails of rounds, rendered when they are sent. One object keeps what several deliveries share."""
        assert self._config.subscribers is not None
        return RoundMails(
            store=self._store,
            settings=self._config.subscribers,
            renderer=lambda: self._wiring.renderer,
            people=self.people,
            clock=self._clock,
        )

    def _letter_writer(self, theme_title: Callable[[str], str]) -> "TemplateLetterWriter":
        from publisher.rendering.letters import TemplateLetterWriter  # late: most commands write no letter

        assert self._config.subscribers is not None
        return TemplateLetterWriter(
            site=self._wiring.site,
            settings=self._config.subscribers,
            style=self._config.digest,
            templates=self._wiring.shared_templates,
            theme_title=theme_title,
        )
