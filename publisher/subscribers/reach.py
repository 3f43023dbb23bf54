"""Whether mails reach the people of a site: bounces are counted, complaints end subscriptions, and the operator can
suppress addresses.

In: reports of returned mails and refusals by the mail server, each with its subscriber. Out: scores, suspensions,
suppressions and probes (letters that test an address). The rule is in `bounce_rule`.

What a crash leaves, by its moment:

- before a report or refusal is recorded: nothing, or ended subscriptions. The report is read again, and counted then;
- after that: nothing to do, because the record and the score are written in one transaction.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from publisher.model.bounces import BounceKind, BounceRow, BounceScore
from publisher.model.decisions import DecisionLog
from publisher.model.deliveries import DeliveryState
from publisher.model.departures import Suppression, SuppressionKind
from publisher.model.errors import OutrunError, TemplateError, UsageError
from publisher.model.problems import Problem
from publisher.model.subscribers import TRUST_PROBE_AFTER, EndReason, LetterKind, Request, Subscriber
from publisher.store import Store
from publisher.store.bounce_scores import new_mark, probe_name
from publisher.store.people import Marked, Suspended, UncountedRefusal
from publisher.subscribers.bounce_rule import (
    PROBE_AFTER,
    BounceAction,
    Weight,
    count_failure,
    stale_after,
    weight_of,
)
from publisher.subscribers.choose import leave
from publisher.subscribers.letter_writer import LetterWriter
from publisher.subscribers.people import People
from publisher.subscribers.retries import retry_outrun

logger = DecisionLog("subscribers")


class Counted(NamedTuple):
    """The result of counting a report or a refusal."""

    is_new: bool
    """Whether the report or refusal is new. If it was recorded before, nothing was changed."""
    step: BounceAction = BounceAction.NOTHING


class Reach:
    """Counts bounces and refusals, tests the addresses of suspended subscribers by letters, and suppresses addresses.
    Every method acts as of the moment `now`.
    """

    def __init__(self, people: People, store: Store, letters: Callable[[], LetterWriter], *, bounces: str) -> None:
        """Prepare for a site. `letters` is called when there is a letter to write. `bounces` is the address for
        bounces, or an empty string if there is none.
        """
        self.people = people
        self._store = store
        self._letters = letters
        self._bounces = bounces
        self._now = people.now

    def holder_of(self, mark: str, stop_token: str) -> Marked | None:
        """Return the subscriber whom a report is about, found by his mark (random text in his return address) or by the
        unsubscribe link in the returned mail.
        """
        found = self._store.people.bounce_scores.holder_of(mark) if mark else None
        if found is not None or not stop_token:
            return found
        reader = self.people.links.holder(stop_token)
        return None if reader is None else self._store.people.bounce_scores.marked(reader.number)

    def scores(self) -> dict[int, BounceScore]:
        """Return the bounce scores (points for mails that came back) of all subscribers who have one, by
        their numbers.
        """
        return self._store.people.bounce_scores.all()

    # --- what came back ----------------------------------------------------------------------------------------------

    def take_report(self, row: BounceRow, holder: Marked) -> Counted:
        """Record and count a report about a mail to a subscriber; suspend him or end his subscriptions if `bounce_rule`
        says so.
        """
        return retry_outrun(lambda: self._take_report(row, holder))

    def _take_report(self, row: BounceRow, holder: Marked) -> Counted:
        if self._store.mail.bounces.is_known(row.mark):
            return Counted(is_new=False)
        reader = self._store.people.subscribers.get(holder.subscriber)
        if row.kind is BounceKind.COMPLAINT:
            if reader is not None:
                self._end(reader, EndReason.COMPLAINED, SuppressionKind.COMPLAINT)
            step = BounceAction.END if reader is not None and reader.active else BounceAction.NOTHING
            return Counted(is_new=self._store.mail.bounces.record(row), step=step)
        weight = Weight.NOTHING if holder.is_former else weight_of(row.kind, row.status)
        before, after, step = self._judge(reader, weight)
        is_new = self._store.people.bounce_scores.count_report(row, holder.subscriber, before=before, after=after)
        return Counted(is_new=is_new, step=step)

    def take_refusal(self, refusal: UncountedRefusal, status: str) -> Counted:
        """Count a mail that the server refused against its subscriber, as `take_report` does; `status` is the enhanced
        status code, or the reply code.
        """
        return retry_outrun(lambda: self._take_refusal(refusal, status))

    def _take_refusal(self, refusal: UncountedRefusal, status: str) -> Counted:
        reader = self._store.people.subscribers.by_address(refusal.address)
        before, after, step = self._judge(reader, weight_of(BounceKind.FAILED, status))
        number = reader.number if reader else None
        is_new = self._store.people.bounce_scores.count_refusal(refusal, number, before=before, after=after)
        return Counted(is_new=is_new, step=step)

    def _judge(
        self, reader: Subscriber | None, weight: Weight
    ) -> tuple[BounceScore | None, BounceScore | None, BounceAction]:
        """Return a subscriber's bounce score before and after a failed mail, and what must be done. If his
        subscriptions must end, they are ended here.

        A failed mail does not count for a subscriber who follows nothing.
        """
        before = self._store.people.bounce_scores.get(reader.number) if reader else None
        if reader is None or not reader.active:
            return before, before, BounceAction.NOTHING
        paces = [each for each in self.people.settings.paces if each.name in reader.choices.values()]
        verdict = count_failure(before, weight, stale_after=stale_after(paces, now=self._now), now=self._now)
        if verdict.step is BounceAction.END:
            self._end(reader, EndReason.BOUNCED, SuppressionKind.BOUNCES)
        if verdict.step is BounceAction.SUSPEND:
            logger.debug("digests are suspended", because="mails came back", subscriber=reader.number)
        return before, verdict.score, verdict.step

    def _end(self, reader: Subscriber, because: EndReason, kind: SuppressionKind, reason: str = "") -> Subscriber:
        """End all subscriptions of a subscriber and suppress his address (it gets no mail), in one transaction."""
        ended = replace(reader, subscriptions=leave(reader.subscriptions, because, now=self._now))
        suppression = Suppression(kind=kind, at=self._now, reason=reason)
        self._store.people.subscribers.write(reader, ended, suppression=suppression, now=self._now)
        logger.debug("subscriptions end", because=because.value, subscriber=reader.number)
        return ended

    # --- the operator ------------------------------------------------------------------------------------------------

    def suppress(self, address: str, *, reason: str = "") -> bool:
        """Suppress an address for the operator and end its subscriptions; return False if he suppressed it before.

        Raises:
            UsageError: mail servers do not accept the address.
        """
        wire = self.people.wire_address(address)
        is_new = SuppressionKind.OPERATOR not in [each.kind for each in self._store.people.suppressions.of(wire)]
        reader = self._store.people.subscribers.by_address(wire)
        if reader is not None:
            self._end(reader, EndReason.OPERATOR, SuppressionKind.OPERATOR, reason)
        else:
            self._store.people.suppressions.add(wire, SuppressionKind.OPERATOR, reason=reason, now=self._now)
        return is_new

    def lift(self, address: str) -> tuple[Suppression, ...]:
        """Lift all suppressions of an address, so that it may get mail again, and return them. This does not subscribe
        the address again.

        Raises:
            UsageError: mail servers do not accept the address.
        """
        wire = self.people.wire_address(address)
        return self._store.people.suppressions.lift(wire, list(SuppressionKind), now=self._now)

    def score_of(self, reader: Subscriber) -> BounceScore | None:
        """Return the bounce score of a subscriber, or `None` if no mail to him came back lately."""
        return self._store.people.bounce_scores.get(reader.number)

    def suppressions_of(self, address: str) -> tuple[Suppression, ...]:
        """Return the suppressions of an address (reasons why it gets no mail).

        Raises:
            UsageError: mail servers do not accept the address.
        """
        return self._store.people.suppressions.of(self.people.wire_address(address))

    def resume(self, address: str) -> BounceScore | None:
        """Delete the bounce score of a subscriber, so that he gets digests again; return the score that he had.

        Return `None` if he had no score. If the address is suppressed (must get no mail), it stays so.

        Raises:
            UsageError: no subscriber has the address.
        """
        reader = self.people.find(address)
        if reader is None:
            raise UsageError(f"no one is subscribed as {address}")
        before = self._store.people.bounce_scores.get(reader.number)
        self._store.people.bounce_scores.forget(reader.number, is_going_on=bool(reader.active), now=self._now)
        logger.debug("mails that came back are forgotten", because="the operator said so", subscriber=reader.number)
        return before

    # --- probes ------------------------------------------------------------------------------------------------------

    def probe(self) -> tuple[Problem, ...]:
        """Send probes (letters that test an address) to subscribers who were suspended a week ago, and evaluate the
        probes sent before. Return the problems because of which some probes cannot be sent yet.
        """
        problems: dict[str, Problem] = {}
        for each in self._store.people.bounce_scores.suspended(before=self._now - PROBE_AFTER):
            try:
                self._probe(each)
            except OutrunError:
                continue  # he changed something at this very moment; the next pass checks again
            except TemplateError as error:
                problems[str(error)] = Problem.of("subscribers", error)
        return tuple(problems.values())

    def _probe(self, suspended: Suspended) -> None:
        """Send a probe to a suspended subscriber, or evaluate the one that was sent."""
        number = suspended.subscriber
        reader = self._store.people.subscribers.get(number)
        if reader is None or not reader.active:
            self._store.people.bounce_scores.forget(number, is_going_on=False, now=self._now)
        elif self._has_arrived(suspended):
            self._store.people.bounce_scores.forget(number, now=self._now)
            logger.debug("digests go on", because="a probe did not come back", subscriber=number)
        elif suspended.probe is DeliveryState.REFUSED:
            self._end(reader, EndReason.BOUNCED, SuppressionKind.BOUNCES)
        elif suspended.probe in (None, DeliveryState.CANCELLED) and not self._is_paused(reader):
            self._send_probe(reader, suspended.score)

    def _has_arrived(self, suspended: Suspended) -> bool:
        at = suspended.probe_sent_at
        return at is not None and self._now - at >= TRUST_PROBE_AFTER

    def _is_paused(self, reader: Subscriber) -> bool:
        return reader.paused_until is not None and reader.paused_until > self._now

    def _send_probe(self, reader: Subscriber, score: BounceScore) -> None:
        mark = new_mark()
        request = Request(address=reader.address, choices=reader.choices, language=reader.language, words="")
        _, mine = self.people.links.tokens_of(reader.number)
        letter = self._letters().write(LetterKind.PROBE, request, mine, name=probe_name(mark), now=self._now)
        local, _, domain = self._bounces.rpartition("@")
        return_path = f"{local}+{mark}@{domain}" if local else ""
        letter = replace(letter, delivery=replace(letter.delivery, return_path=return_path))
        self._store.people.bounce_scores.begin_probe(reader.number, score, letter, mark=mark, now=self._now)
        logger.debug("a probe is sent", because="mails came back a week ago", subscriber=reader.number)
