"""Asks subscribers who consented long ago whether they still want their mails, and ends the subscriptions of those who
do not answer.

One letter is queued for each of them, after all other mails. A subscriber who presses the button behind its link goes
on as before, and the new consent is recorded. If he gets the letter and does not press the button in time, his
subscriptions end. After a crash, some subscribers are asked or ended and others not; repeating the command, or the next
pass, does the rest.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from publisher.model.decisions import DecisionLog
from publisher.model.errors import OutrunError
from publisher.model.progress import Progress, Steps, quiet
from publisher.model.subscribers import EndReason, LetterKind, Request, letter_name
from publisher.store import Store
from publisher.store.people import NewRenewal, OldConsent
from publisher.subscribers import tokens
from publisher.subscribers.choose import leave
from publisher.subscribers.letter_writer import LetterWriter
from publisher.subscribers.people import People

logger = DecisionLog("subscribers")

_BATCH = 100
"""How many subscribers are asked in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """Counts of a run that asks subscribers to renew their consent."""

    subscribers: int
    """How many subscribers follow something."""
    old_by_year: Mapping[int, int]
    """How many subscribers consented too long ago and are not asked yet, by the year of their last consent."""
    waiting: int
    """How many subscribers have been asked and may still answer."""
    asked: int
    """How many subscribers are asked now whether they still want their mails. Those with the oldest consent
    come first.
    """


class Renewer:
    """Asks the subscribers of a site to renew their consent."""

    def __init__(
        self,
        people: People,
        store: Store,
        *,
        letters: Callable[[], LetterWriter],
        words_in: Callable[[str], str],
        progress: Progress = quiet,
    ) -> None:
        """Prepare to ask the subscribers of a store whether they still want their mails. `words_in` returns the words
        of consent in a language.
        """
        self._people = people
        self._store = store
        self._letters = letters
        self._words_in = words_in
        self._progress = progress

    def ask(self, *, agreed_before: datetime, limit: int | None = None) -> Renewal:
        """Ask subscribers whose last consent is older than `agreed_before` whether they still want their mails; ask at
        most `limit` of them.

        Raises:
            TemplateError: a template of the letter cannot be used.
        """
        old = self._store.people.renewals.old_consents(before=agreed_before)
        waiting, chosen = self._store.people.renewals.count_asked(), old if limit is None else old[:limit]
        steps, asked = Steps(self._progress, "letters", len(chosen)), 0
        for start in range(0, len(chosen), _BATCH):
            some = chosen[start : start + _BATCH]
            asked += self._store.people.renewals.ask(list(self._write_letters(some)), now=self._people.now)
            steps.advance(len(some))
        return Renewal(
            subscribers=self._store.people.subscribers.count(),
            old_by_year=dict(sorted(Counter(each.agreed_at.year for each in old).items())),
            waiting=waiting,
            asked=asked,
        )

    def _write_letters(self, some: Sequence[OldConsent]) -> Iterator[NewRenewal]:
        for each in some:
            reader = self._store.people.subscribers.get(each.number)
            if reader is None or not reader.active:
                continue
            request = Request(
                address=reader.address,
                choices=self._people.present_choices(reader.choices),
                language=reader.language,
                words=self._words_in(reader.language),
                subscriber=reader.number,
            )
            token = tokens.new_single()
            digest = tokens.digest_of(token)
            name = letter_name(LetterKind.RENEW, digest)
            letter = self._letters().write(LetterKind.RENEW, request, token, name=name, now=self._people.now)
            yield NewRenewal(request=request, token_digest=digest, letter=letter)


def end_unanswered(store: Store, *, now: datetime, is_stopping: Callable[[], bool]) -> int:
    """End the subscriptions of people who were asked to renew their consent and did not answer in time; return the
    number of these people.
    """
    ended = 0
    for number, token_digest in store.people.renewals.unanswered(now=now):
        if is_stopping():
            break
        ended += _end(number, token_digest, store, now=now)
    store.people.renewals.forget(now=now)
    return ended


def _end(number: int, token_digest: str, store: Store, *, now: datetime) -> bool:
    reader, link = store.people.subscribers.get(number), store.people.subscribers.link(token_digest)
    if reader is None or link is None or not reader.active:
        store.people.subscribers.use(token_digest, now=now)
        return False
    consents = store.people.subscribers.consents(number)
    if any(each.at >= link.confirmation.asked_at for each in consents):
        # he has consented again in a form
        store.people.subscribers.use(token_digest, now=now)
        return False
    after = replace(reader, subscriptions=leave(reader.subscriptions, EndReason.UNANSWERED, now=now))
    try:
        # The link is used in the same transaction: if he answers at this very moment, only one of the two counts.
        is_ended = store.people.subscribers.write(reader, after, used=token_digest, now=now) is not None
    except OutrunError:
        return False  # he changed something at this very moment; the next pass checks again
    if is_ended:
        logger.debug(
            "subscriptions end", because="the subscriber did not say that he still wants mails", subscriber=number
        )
    return is_ended
