"""The people of a site: what they, the forms and the operator can do with subscriptions.

Every method that changes something may be called again with the same arguments, and then changes nothing more. `links`
finds the owner of a link. Visitors cannot find out whether an address is known: `subscribe` and `ask_for_link` return
nothing.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property

from publisher.model.decisions import DecisionLog
from publisher.model.deliveries import Letter, Rank
from publisher.model.departures import Suppression, SuppressionKind
from publisher.model.errors import SuppressedError, UsageError
from publisher.model.feeds import FeedKind
from publisher.model.problems import suggestion
from publisher.model.settings import SubscriberSettings
from publisher.model.site import Site
from publisher.model.subscribers import (
    EVERYTHING,
    LETTER_EVERY,
    Choices,
    Consent,
    ConsentKind,
    EndReason,
    LetterKind,
    Request,
    Subscriber,
    letter_name,
)
from publisher.model.themes import Theme, ThemeMap
from publisher.rendering.mail_languages import checked_language
from publisher.store import Store
from publisher.store.feeds import FeedState
from publisher.subscribers import tokens
from publisher.subscribers.choose import (
    choose,
    leave,
    may_choose,
    present_choices,
    present_subscriber,
    present_subscriptions,
    slow_down,
    undo,
)
from publisher.subscribers.letter_writer import LetterWriter
from publisher.subscribers.links import ReaderLinks
from publisher.subscribers.reader_address import reader_address

logger = DecisionLog("subscribers")

MOST_CHOICES = 200
"""How many themes one subscriber may choose."""


class People:
    """The subscribers of a site. Every method acts as of the moment `now`."""

    def __init__(
        self,
        *,
        store: Store,
        site: Site,
        settings: SubscriberSettings,
        themes: ThemeMap,
        letters: Callable[[], LetterWriter],
        now: datetime,
    ) -> None:
        """Serve the people of a store. When there is a letter to write, `letters` is called for its writer."""
        self.site = site
        self.settings = settings
        self.now = now
        self._store = store
        self._theme_map = themes
        self._letters = letters
        self.links = ReaderLinks(store, themes, settings, now=now)

    # --- what a form shows -------------------------------------------------------------------------------------------

    @cached_property
    def themes(self) -> tuple[Theme, ...]:
        """The themes to choose from: first those of config.toml in their order, then others that have a feed, then the
        default theme.
        """
        feeds = (state.feed for state in self._theme_feeds if state.items)
        default = self._theme_map.default
        found = {theme.slug: theme for theme in self._theme_map.themes}
        for feed in feeds:
            slug = self._theme_map.current(feed.slug)
            if slug != default.slug:
                found.setdefault(slug, Theme(slug=slug, title=feed.title))
        return (*found.values(), default)

    @cached_property
    def _titles(self) -> dict[str, str]:
        """The titles of all themes that there are or were, by slug."""
        had = {state.feed.slug: state.feed.title for state in self._theme_feeds}
        return had | {theme.slug: theme.title for theme in self.themes}

    @cached_property
    def _theme_feeds(self) -> Sequence[FeedState]:
        return list(self._store.feeds.of_kind(FeedKind.THEME))

    def theme_title(self, slug: str) -> str:
        """Return the title of a theme that somebody follows. If the theme no longer exists, return its last title, or
        else its slug.
        """
        return self._titles.get(slug, slug)

    def current(self, slug: str) -> str:
        """Return the present slug of a theme that somebody follows."""
        return self._theme_map.current(slug)

    def present_choices(self, choices: Choices) -> dict[str, str]:
        """Return choices with the present slugs of their themes; a pace (how often mails come) that config.toml no
        longer has becomes the default.
        """
        return present_choices(choices, self._theme_map, self.settings)

    # --- subscribe and confirm ---------------------------------------------------------------------------------------

    def subscribe(self, request: Request) -> None:
        """Store a request from the form, and send its address a letter with a link to confirm it.

        Nothing is sent if the address got such a letter within a day, or has a suppression by complaint or by the
        operator. A person who is subscribed already gets the same letter; its link replaces what he follows.

        Raises:
            UsageError: mail servers do not accept the address, or a theme or pace does not exist; `problems_of` checks
                the same beforehand.
        """
        request = replace(request, address=self.wire_address(request.address), choices=self.checked(request.choices))
        self.send_letter(LetterKind.CONFIRM, request)

    def wire_address(self, address: str) -> str:
        """Return a mail address in the form in which it is stored.

        Raises:
            UsageError: no subscriber may have the address (see `reader_address`); the message says what to change.
        """
        try:
            return reader_address(address)
        except ValueError as error:
            raise UsageError(str(error)) from None

    def checked(self, choices: Choices, *, followed: Collection[str] = ()) -> dict[str, str]:
        """Check choices, and return them with the present slugs of their themes, in the order of `themes`.

        Themes that are `followed` now may be chosen, even if they no longer have items.

        Raises:
            UsageError: there are no choices, or a theme or pace does not exist.
        """
        named = {self._theme_map.current(slug): pace for slug, pace in choices.items()}
        known = [*dict.fromkeys((EVERYTHING, *(theme.slug for theme in self.themes), *followed))]
        for slug, pace in named.items():
            if slug not in known:
                raise UsageError(f"no theme {slug!r}{suggestion(slug, known)}")
            if pace not in self.settings.pace_names:
                raise UsageError(f"no pace {pace!r}; there is: {', '.join(self.settings.pace_names)}")
        if not named or len(named) > MOST_CHOICES:
            raise UsageError("choose at least one theme" if not named else f"choose at most {MOST_CHOICES} themes")
        return {slug: named[slug] for slug in known if slug in named}

    def confirm(self, token: str) -> Subscriber | None:
        """Confirm the request of a link; return the subscriber, or `None` if the link is wrong, too old or used.

        The subscriber's earlier bounces no longer count.
        """
        request = self.links.requested(token)
        if request is None:
            return None
        before = self._store.people.subscribers.by_address(request.address)
        is_renewal = request.subscriber is not None
        if is_renewal and (before is None or not before.active):
            return None
        consent = Consent(
            kind=ConsentKind.FORM, at=self.now, language=request.language, choices=request.choices, words=request.words
        )
        if before and is_renewal:
            after = before  # his subscriptions and cursors stay
        else:
            after = self._chosen(before, request.address, request.choices, request.language)
        used = tokens.digest_of(token)
        with suppress(SuppressedError):  # suppressed since the letter was sent
            return self._store.people.subscribers.write(
                before, after, consent=consent, used=used, is_reached=True, now=self.now
            )
        return None

    # --- a reader's own page -----------------------------------------------------------------------------------------

    def change(
        self, token: str, *, choices: Choices, language: str, paused_until: datetime | None = None
    ) -> Subscriber | None:
        """Make the owner of a link follow exactly these themes at these paces (how often mails come). Return him, or
        `None` if the link is invalid.

        Without choices, all his subscriptions end. If he follows nothing and may not choose (`may_choose`), nothing
        changes. His earlier bounces no longer count, because a mail with the link reached him.

        Raises:
            UsageError: a theme or pace does not exist.
        """
        before = self.links.mine(token)
        if before is None or not may_choose(before.subscriptions, now=self.now):
            return before
        if choices:
            checked = self.checked(choices, followed=[each.theme for each in before.active])
            after = self._chosen(before, before.address, checked, language)
        else:
            ended = leave(before.subscriptions, EndReason.UNSUBSCRIBED, now=self.now)
            after = replace(before, subscriptions=ended, language=language)
        return self._write(before, replace(after, paused_until=paused_until), is_reached=True)

    def is_suspended(self, subscriber: Subscriber) -> bool:
        """Whether a subscriber gets no digests because mails came back. If he saves his choices, he gets them again."""
        score = self._store.people.bounce_scores.get(subscriber.number)
        return score is not None and score.suspended_at is not None

    # --- leaving -----------------------------------------------------------------------------------------------------

    def stop(self, token: str) -> bool:
        """End all subscriptions of the owner of an unsubscribe link; return whether the link is from this site.

        The end takes effect at once: mails already queued for him are not sent.
        """
        before = self.links.holder(token)
        if before is not None and before.active:
            self._write(before, self._left(before, EndReason.UNSUBSCRIBED))
            logger.debug("subscriptions end", because="the subscriber unsubscribed", subscriber=before.number)
        return before is not None

    def undo(self, token: str) -> Subscriber | None:
        """Undo that the owner of a link unsubscribed, within seven days; return him, or `None` if the link
        is invalid.
        """
        before = self.links.holder(token)
        return before and self._write(before, replace(before, subscriptions=undo(before.subscriptions, now=self.now)))

    def slow_down(self, token: str) -> Subscriber | None:
        """Let a link's owner get mails most rarely, even if he left; return him, or `None` if the link is invalid."""
        before = self.links.holder(token)
        if before is None:
            return None
        back = undo(before.subscriptions, now=self.now)
        slowed = slow_down(back, self.settings.pace_names[-1])
        return self._write(before, replace(before, subscriptions=slowed))

    # --- a fresh link ------------------------------------------------------------------------------------------------

    def ask_for_link(self, address: str) -> None:
        """Send a subscriber a letter with a link to his own page, at most one a day. Other addresses get no letter.

        Raises:
            UsageError: mail servers do not accept the address.
        """
        wire = self.wire_address(address)
        found = self._store.people.subscribers.by_address(wire)
        if found is not None:
            self.send_letter(LetterKind.LINK, Request(address=wire, choices={}, language=found.language, words=""))
            return
        # writing a letter takes most of the time; doing it always hides whether an address is subscribed
        nobody = Request(address=wire, choices={}, language=self.site.language, words="")
        self._letters().write(LetterKind.LINK, nobody, tokens.new_single(), name="nobody", now=self.now)

    # --- the operator ------------------------------------------------------------------------------------------------

    def all(self) -> Iterator[list[Subscriber]]:
        """Yield all subscribers in the order of their numbers, in batches, including those who follow nothing now."""
        for batch in self._store.people.subscribers.all():
            yield [
                replace(each, subscriptions=present_subscriptions(each.subscriptions, self._theme_map))
                for each in batch
            ]

    def find(self, address: str) -> Subscriber | None:
        """Return the subscriber with an address, with the present slugs of his themes, or `None` if there is none.

        Raises:
            UsageError: mail servers would not accept the address.
        """
        found = self._store.people.subscribers.by_address(self.wire_address(address))
        return found and present_subscriber(found, self._theme_map)

    def add(self, address: str, choices: Choices, *, language: str, words: str) -> Subscriber:
        """Add a person who consented elsewhere (`words` says how), or replace what he follows. No mail is sent.

        Raises:
            SuppressedError: the address is suppressed.
            UsageError: mail servers do not accept the address, a theme, pace or language does not exist, or `words` is
                empty.
        """
        if not words.strip():
            raise UsageError("say how this person agreed, such as by a form on paper: it is kept as a proof")
        wire, checked = self.wire_address(address), self.checked(choices)
        language = checked_language(language, self.site)
        before = self._store.people.subscribers.by_address(wire)
        consent = Consent(kind=ConsentKind.OPERATOR, at=self.now, language=language, choices=checked, words=words)
        after = self._chosen(before, wire, checked, language)
        added = self._store.people.subscribers.write(before, after, consent=consent, now=self.now)
        return added or after

    def end(self, address: str) -> Subscriber:
        """End all subscriptions of an address.

        Raises:
            UsageError: no subscriber has the address.
        """
        wire = self.wire_address(address)
        before = self._store.people.subscribers.by_address(wire)
        if before is None or not before.active:
            # a restored store may lack what a newer backup has
            self._store.people.subscribers.note_left(wire, because=EndReason.OPERATOR, now=self.now)
        if before is None:
            raise UsageError(f"no one is subscribed as {address}")
        return self._write(before, self._left(before, EndReason.OPERATOR))

    def erase(self, address: str, *, is_suppressed: bool = False) -> None:
        """Erase all data about an address. Counts that include the address stay.

        With `is_suppressed`, the address never gets mails again.

        Raises:
            UsageError: there is no data about the address.
        """
        wire = self.wire_address(address)
        suppression = Suppression(kind=SuppressionKind.ERASED, at=self.now) if is_suppressed else None
        is_held = self._store.people.subscribers.erase(wire, suppression=suppression, now=self.now)
        if not is_held and suppression is None:
            raise UsageError(f"nothing is held of {address}")

    # --- shared ------------------------------------------------------------------------------------------------------

    def _chosen(self, before: Subscriber | None, address: str, choices: Choices, language: str) -> Subscriber:
        subscriptions = present_subscriptions(before.subscriptions, self._theme_map) if before else ()
        chosen = choose(subscriptions, choices, log_end=self._store.log.end(), now=self.now)
        known = before or Subscriber(number=0, address=address, language=language, since=self.now)
        return replace(known, language=language, subscriptions=chosen)

    def _left(self, before: Subscriber, because: EndReason) -> Subscriber:
        return replace(before, subscriptions=leave(before.subscriptions, because, now=self.now))

    def _write(self, before: Subscriber, after: Subscriber, *, is_reached: bool = False) -> Subscriber:
        """Store a subscriber's new state; return it, or his former one if his address is suppressed (gets no mail)."""
        if after == before:
            if is_reached:
                self._store.people.bounce_scores.forget(before.number, is_going_on=bool(before.active), now=self.now)
            return after
        with suppress(SuppressedError):
            self._store.people.subscribers.write(before, after, is_reached=is_reached, now=self.now)
            return after
        return before

    def send_letter(
        self, kind: LetterKind, request: Request, *, rank: Rank = Rank.LETTER, every: timedelta = LETTER_EVERY
    ) -> bool:
        """Queue a letter, unless the address got a letter of this kind within `every`; return whether it was queued.

        Of several simultaneous requests for the same letter, one is stored.
        """
        not_since = self.now - every
        asked_at = self._store.people.subscribers.asked_at(kind, request.address)
        if asked_at is not None and asked_at > not_since:
            logger.debug("no letter is sent", because="the address got one lately", kind=kind.value)
            return False
        token = tokens.new_single()
        digest = tokens.digest_of(token)
        letter = self.letter(kind, request, token, name=letter_name(kind, digest))
        # checked last, so that the answer takes equally long for everybody
        if any(not each.kind.is_lifted_by_form for each in self._store.people.suppressions.of(request.address)):
            logger.debug("no letter is sent", because="the address is suppressed", kind=kind.value)
            return False
        letter = replace(letter, delivery=replace(letter.delivery, rank=rank))
        return self._store.people.subscribers.ask(
            kind, request, letter, token_digest=digest, not_since=not_since, now=self.now
        )

    def letter(self, kind: LetterKind, request: Request, token: str = "", *, name: str) -> Letter:
        """Return a letter without queueing it, with the `token` of its link; `name` names it in the ledger of mails.

        Raises:
            TemplateError: the template of the letter cannot be used.
        """
        return self._letters().write(kind, request, token, name=name, now=self.now)
