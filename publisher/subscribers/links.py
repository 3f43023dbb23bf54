"""Finds the subscriber to whom a link in a mail belongs, and makes a subscriber's links. Each link gives one right
(such as to unsubscribe), and never works for another.

Nothing here changes a subscription; `use_fresh` marks a link as used.
"""

from dataclasses import replace
from datetime import datetime
from functools import cached_property

from publisher.model.settings import SubscriberSettings
from publisher.model.subscribers import (
    CONFIRM_WITHIN,
    DOUBLE_CLICK,
    FRESH_WITHIN,
    Confirmation,
    LetterKind,
    Request,
    Subscriber,
)
from publisher.model.themes import ThemeMap
from publisher.store import Store
from publisher.subscribers import tokens
from publisher.subscribers.choose import present_choices, present_subscriber


class ReaderLinks:
    """The links of a site's subscribers at one moment."""

    def __init__(self, store: Store, themes: ThemeMap, settings: SubscriberSettings, *, now: datetime) -> None:
        self._store = store
        self._themes = themes
        self._settings = settings
        self._now = now

    @cached_property
    def key(self) -> str:
        """The key with which links are signed."""
        return self._store.people.subscribers.key(proposed=tokens.new_key(), now=self._now)

    def mine(self, token: str) -> Subscriber | None:
        """Return the subscriber whose own page a token opens, or `None` if the link is invalid."""
        number = tokens.read_mine(token, self.key, now=self._now)
        return None if number is None else self.present(number)

    def is_stop(self, token: str) -> bool:
        """Whether a token is of one of this site's unsubscribe links, even if its owner's data was deleted."""
        return tokens.read_stop(token, self.key) is not None

    def holder(self, token: str) -> Subscriber | None:
        """Return the subscriber to whom an unsubscribe link belongs. The page behind an unsubscribe link must not show
        anything about him.
        """
        number = tokens.read_stop(token, self.key)
        return None if number is None else self.present(number)

    def fresh(self, token: str) -> Subscriber | None:
        """Return the subscriber to whom a fresh link (one for his data that works once) belongs, or `None` if the link
        is wrong, too old or used.
        """
        link = self._store.people.subscribers.link(tokens.digest_of(token))
        if link is None or link.kind is not LetterKind.LINK or link.confirmation.used_at is not None:
            return None
        if self._now - link.confirmation.asked_at > FRESH_WITHIN:
            return None
        return self._store.people.subscribers.by_address(link.confirmation.request.address)

    def use_fresh(self, token: str) -> Subscriber | None:
        """Mark a fresh link (one from a letter that works once) as used. Return the subscriber to whom it belongs, or
        `None` if it is wrong, too old, or was used before, except a moment ago.
        """
        if self.fresh(token) is not None:
            self._store.people.subscribers.use(tokens.digest_of(token), now=self._now)
        return self.used_now(token, LetterKind.LINK)

    def tokens_of(self, number: int) -> tuple[str, str]:
        """Return the tokens of two links of a subscriber: to unsubscribe, and to his own page."""
        return tokens.stop_token(number, self.key), tokens.mine_token(number, self.key, now=self._now)

    def requested(self, token: str) -> Request | None:
        """Return the request that the link in a letter would confirm, or `None` if the link is wrong, too old or used.

        A renamed theme has its present slug. A pace (how often mails come) that no longer exists is replaced by the
        default one.
        """
        link = self._store.people.subscribers.link(tokens.digest_of(token))
        if link is None or link.confirmation.used_at is not None:
            return None
        if link.kind is LetterKind.RENEW:
            return self._renewable(link.confirmation)
        if link.kind is not LetterKind.CONFIRM:
            return None
        if self._now - link.confirmation.asked_at > CONFIRM_WITHIN:
            return None
        request = link.confirmation.request
        return replace(request, choices=present_choices(request.choices, self._themes, self._settings))

    def used_now(self, token: str, *kinds: LetterKind) -> Subscriber | None:
        """Return the subscriber who used the link of a letter of one of these `kinds` a moment ago, or `None`. A person
        who clicks twice sees the answer to the second click.
        """
        link = self._store.people.subscribers.link(tokens.digest_of(token))
        if link is None or link.kind not in kinds:
            return None
        used_at, request = link.confirmation.used_at, link.confirmation.request
        if used_at is None or self._now - used_at > DOUBLE_CLICK:
            return None
        if request.subscriber is not None:
            return self.present(request.subscriber)
        return self._store.people.subscribers.by_address(request.address)

    def _renewable(self, confirmation: Confirmation) -> Request | None:
        """Return what a subscriber would renew by the link in a letter, namely what he follows now. Return `None` if he
        left or was erased.

        The link is valid as long as he gets mails, because he, or his letter, may be slow.
        """
        request = confirmation.request
        reader = None if request.subscriber is None else self.present(request.subscriber)
        if reader is None or not reader.active:
            return None
        choices = present_choices(reader.choices, self._themes, self._settings)
        return replace(request, address=reader.address, choices=choices)

    def present(self, number: int) -> Subscriber | None:
        """Return the subscriber with this number, with the present slugs of the themes he follows."""
        found = self._store.people.subscribers.get(number)
        return None if found is None else present_subscriber(found, self._themes)
