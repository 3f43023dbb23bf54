"""Deliver. In: the due deliveries of the ledger, which are sent to the mail server. Out: their results in the ledger.

Each mail goes through five steps:

1. *claim*: this process reserves the delivery for a while, and the attempt is counted;
2. *envelope*: the server accepts sender and recipient;
3. *fence*: the ledger records that the mail is being handed over, if the claim is still valid;
4. *mail*: the server gets it, and answers;
5. *result*: the ledger records the answer.

Connections share commits (`commits`). `answers` interprets replies, `pace` decides how fast mails are sent.

What a crash leaves, by its moment:

- before the fence: a claimed delivery, and a server that has no mail. The next pass sends it.
- after the fence, before the server has the whole mail: the same, but the next pass cannot know that, so the delivery
  is *doubtful*: it is sent again with the same Message-ID and Date, and counted.
- after the server has the mail, before the result is written: the same. This is the one case in which a mail comes
  twice; a server or list that keeps Message-IDs drops the second one. SMTP does not allow more (RFC 1047).
- after the result is written: nothing to do.

A process that is suspended for longer than the lease of its claim loses it: its fence fails, and it sends nothing.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from publisher.deliver.answers import (
    DROPPED,
    GIVE_UP,
    Fate,
    Reply,
    Sign,
    SmtpStep,
    meaning_of,
    wait_after,
    wait_before,
)
from publisher.deliver.commits import Commits
from publisher.deliver.mails import Mails, read_mails
from publisher.deliver.pace import Throttle
from publisher.deliver.plan import Tallies
from publisher.deliver.smtp import BrokenPipeline, Deadlines, Envelope, MailServer, SmtpSession
from publisher.deliver.wire import Dropped, Silent
from publisher.deliver.wording import addressee, facts_of, words_said
from publisher.model.decisions import DecisionLog
from publisher.model.deliveries import Delivery, DeliveryKind, DeliveryState, Result
from publisher.model.errors import MailServerError, SecretError
from publisher.model.mail_reports import DeliverReport
from publisher.model.problems import Problem, counted
from publisher.model.progress import Progress, Steps, quiet
from publisher.model.settings import SmtpSettings
from publisher.rendering.wire_form import WireForm
from publisher.store.ledger import Ledger

logger = DecisionLog("deliver")

DECISIONS = {
    Fate.SENT: "mail is sent",
    Fate.REFUSED: "mail is refused",
    Fate.LATER: "mail is tried later",
    Fate.AGAIN: "mail is tried again",
}
STOP_S = 60.0
"""How many seconds a mail that is being sent may still take after the process was told to stop."""
LOOK_S = 0.2
"""How many seconds pass between two checks whether the service or operator told this process to stop."""
LIMITED = timedelta(minutes=5)
"""How long sending waits before the hourly and daily limits are checked again."""
OURS = timedelta(hours=1)
"""How long a mail waits that was refused by a policy against this site."""
UNREADABLE = timedelta(minutes=5)
"""How long a delivery waits if its mail cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryOptions:
    """The settings with which the due mails are sent."""

    settings: SmtpSettings
    clock: Callable[[], datetime]
    is_stopping: Callable[[], bool] = lambda: False
    progress: Progress = quiet
    deadlines: Deadlines = field(default_factory=Deadlines)
    luck: Callable[[], float] = random.random
    """Returns a number from 0 to 1, which spreads the retries of mails that failed together."""


def deliver(
    ledger: Ledger, mails_of: Mapping[DeliveryKind, Mails], pace: Throttle, options: DeliveryOptions
) -> DeliverReport:
    """Send the due deliveries, until none is left, or until the mail server or the operator wants a pause.

    `mails_of` returns the mails of each kind of delivery.

    Raises:
        StoreError: the ledger cannot be used.
    """
    return asyncio.run(_Pass(ledger, mails_of, pace, options).run())


class _Pass:
    """One run of sending the due mails, with the state that its connections to the mail server share."""

    def __init__(
        self, ledger: Ledger, mails_of: Mapping[DeliveryKind, Mails], pace: Throttle, options: DeliveryOptions
    ) -> None:
        self._ledger = ledger
        self._mails_of = mails_of
        self._pace = pace
        self._options = options
        self._settings = options.settings
        self._tallies = Tallies()
        self._problems: dict[str, Problem] = {}
        self._suspects: list[Delivery] = []  # refused by a policy that is either about their mailbox or about this site
        self._open = 0  # open sessions

    async def run(self) -> DeliverReport:
        settings, now = self._settings, self._options.clock()
        due = self._ledger.count_due(max_age=settings.max_age, now=now)
        allowed = self._allowance(now)
        self._pace.is_suspected = False
        self._was_paused = self._pace.paused_s(self._now_s()) > 0
        workers = min(self._pace.connections, due if allowed is None else min(due, allowed))
        self._steps = Steps(self._options.progress, "mails", due)
        if workers and self._is_open_for_mail():
            try:
                may_pipeline = self._pace.may_pipeline
                self._server = MailServer(settings, deadlines=self._options.deadlines, may_pipeline=may_pipeline)
            except MailServerError as error:
                self._note_unreachable(error)
            else:
                await self._work_until_stopped(workers, allowed)
        if self._suspects and self._pace.is_suspected:
            self._take_back_refusals()
        return self._report(is_limited=allowed is not None and due > allowed)

    def _allowance(self, now: datetime) -> int | None:
        """Return how many mails the hourly and daily limits allow now, or `None` if neither limit is set."""
        limits = ((self._settings.per_hour, timedelta(hours=1)), (self._settings.per_day, timedelta(days=1)))
        left = [limit - self._ledger.count_sent(since=now - span) for limit, span in limits if limit is not None]
        return max(0, min(left)) if left else None

    async def _work_until_stopped(self, workers: int, allowed: int | None) -> None:
        read, max_age = partial(read_mails, mails_of=self._mails_of), self._settings.max_age
        commits = Commits(self._ledger, read, max_age=max_age, most=allowed, clock=self._options.clock)
        async with commits as self._commits:
            try:
                async with asyncio.TaskGroup() as group:
                    tasks = {group.create_task(self._work()) for _ in range(workers)}
                    group.create_task(self._end_when_stopped(tasks))
            except BaseExceptionGroup as failures:
                raise failures.exceptions[0] from None

    async def _end_when_stopped(self, workers: set["asyncio.Task[None]"]) -> None:
        """Stop the workers `STOP_S` seconds after the process was told to stop, so that the server can still answer."""
        while workers and not self._options.is_stopping():
            _, workers = await asyncio.wait(workers, timeout=LOOK_S)
        if workers:
            _, workers = await asyncio.wait(workers, timeout=STOP_S)
        for worker in workers:
            worker.cancel()

    # --- one connection ----------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        """Send one mail after another over one connection."""
        session: SmtpSession | None = None
        try:
            while self._is_open_for_mail() and (ready := await self._commits.claim()) is not None:
                if ready.mail is None:
                    self._settle_without_mail(ready.delivery, ready.problem)
                    continue
                if wait := self._pace.greylist.wait(ready.delivery.recipient, self._options.clock()):
                    self._requeue(ready.delivery, after=wait, is_attempt=False)
                    continue
                session = await self._open_session(session)
                if session is None:
                    self._commits.record(Result(delivery=ready.delivery, state=DeliveryState.QUEUED, is_attempt=False))
                    return
                if not await self._send(session, ready.delivery, ready.mail):
                    self._close(session)
                    session = None
        finally:
            if session is not None:
                await session.quit()
                self._open -= 1

    def _is_open_for_mail(self) -> bool:
        return not self._options.is_stopping() and not self._pace.paused_s(self._now_s())

    async def _open_session(self, session: SmtpSession | None) -> SmtpSession | None:
        """Wait for the next mail's turn and return a session for it, or `None` if no connection can be opened now."""
        if wait_s := self._pace.take_turn(self._now_s()):
            await asyncio.sleep(wait_s)
        if session is not None and session.is_spent:
            await session.quit()
            self._open -= 1
            session = None
        if session is not None:
            return session
        if self._open >= self._pace.connections:
            return None
        self._open += 1
        try:
            return await self._server.open()
        except (MailServerError, SecretError) as error:
            self._open -= 1
            self._note_unreachable(error)
            return None
        except BaseException:
            self._open -= 1
            raise

    def _close(self, session: SmtpSession) -> None:
        session.close()
        self._open -= 1

    def _note_unreachable(self, error: MailServerError | SecretError) -> None:
        is_ours = isinstance(error, SecretError) or error.is_ours
        if self._open and not is_ours:
            self._pace.note_open(self._open)  # the server has enough connections, and the others go on
            return
        self._pace.note_unreachable(str(error), is_ours=is_ours, now_s=self._now_s())

    # --- one mail ----------------------------------------------------------------------------------------------------

    async def _send(self, session: SmtpSession, delivery: Delivery, mail: WireForm) -> bool:
        """Send one mail and record the result; return whether the session can be used again."""
        is_used = session.mails > 0
        try:
            refusal = await session.open_mail(_envelope(delivery, self._settings), mail.size)
        except Dropped as drop:
            self._settle_drop(delivery, drop, is_used=is_used)
            return False
        if refusal is not None:
            return self._settle(delivery, refusal.step, refusal.reply, is_used=is_used)
        if not await self._commits.fence(delivery):
            logger.debug("mail is not handed over", because="it is no longer ours to hand over", **facts_of(delivery))
            return False
        try:
            reply = await session.hand_over(mail)
        except Dropped as drop:
            self._settle_doubt(delivery, drop)
            return False
        return self._settle(delivery, SmtpStep.DOT, reply, is_used=is_used)

    def _settle_without_mail(self, delivery: Delivery, problem: str) -> None:
        """Record what becomes of a mail that is missing: it is retried if there was a `problem`, otherwise
        cancelled.
        """
        if not problem:
            because = "nothing is left in it, or its recipient gets no mail now"
            logger.debug("mail is not sent", because=because, **facts_of(delivery))
            result = Result(delivery=delivery, state=DeliveryState.CANCELLED, reply="nothing is left in it")
            self._commits.record(result)
            self._steps.advance(1)
            return
        self._note(delivery.title, problem)
        self._requeue(delivery, after=UNREADABLE, is_attempt=False, reply=problem)

    def _settle(self, delivery: Delivery, step: SmtpStep, reply: Reply, *, is_used: bool) -> bool:
        """Record the result for a delivery that follows from a reply; return whether the session can be used again."""
        meaning, said = meaning_of(step, reply), words_said(delivery, reply)
        if logger.is_heard:
            logger.debug(DECISIONS[meaning.fate], because=f"{step.name}: {said}", **facts_of(delivery))
        self._pace.note(meaning.sign, said, about=delivery.id, now_s=self._now_s())
        self._pace.greylist.note(delivery.recipient, step, reply, self._options.clock())
        if meaning.sign is Sign.SUSPICIOUS and delivery.kind is not DeliveryKind.LETTER:
            self._suspects.append(delivery)
        match meaning.fate:
            case Fate.SENT:
                self._finish(delivery, DeliveryState.SENT, reply, said, sent=1, doubtful=min(delivery.doubts, 1))
            case Fate.REFUSED:
                self._refuse(delivery, reply, said)
            case Fate.LATER if self._options.clock() - delivery.queued_at > GIVE_UP:
                self._refuse(delivery, reply, said)
            case Fate.AGAIN if meaning.sign is Sign.OUR_FAULT:
                self._requeue(delivery, after=self._wait(delivery), code=reply.code, reply=said)
                self._tallies.add(delivery, later=1)
                self._note(delivery.title, f"the mail server does not take our mail: {said}")
            case Fate.LATER:
                self._requeue(delivery, after=self._wait(delivery), code=reply.code, reply=said)
                self._tallies.add(delivery, later=1)
            case Fate.AGAIN:
                after = wait_after(meaning, is_used=is_used)
                self._requeue(delivery, after=after, is_attempt=False, code=reply.code, reply=said)
        return meaning.sign is not Sign.BUSY

    def _settle_drop(self, delivery: Delivery, drop: Dropped, *, is_used: bool) -> None:
        """Record that the connection was lost before the mail was handed over."""
        logger.debug("mail is tried again", because=str(drop), **facts_of(delivery))
        if isinstance(drop, BrokenPipeline):
            self._pace.may_pipeline = self._server.may_pipeline = False
            self._requeue(delivery, after=timedelta(0), is_attempt=False, reply=words_said(delivery, drop))
            return
        if isinstance(drop, Silent):  # perhaps only for this recipient: others go on
            self._requeue(delivery, after=self._wait(delivery), reply=words_said(delivery, drop))
            self._tallies.add(delivery, later=1)
            return
        self._pace.note(Sign.BUSY, words_said(delivery, drop), about=delivery.id, now_s=self._now_s())
        self._requeue(
            delivery, after=timedelta(0) if is_used else DROPPED, is_attempt=False, reply=words_said(delivery, drop)
        )

    def _settle_doubt(self, delivery: Delivery, drop: Dropped) -> None:
        """Record that the connection was lost after the mail was handed over, so that the server may have it."""
        reply = f"no answer after the mail was handed over: {words_said(delivery, drop)}"
        logger.debug("mail is doubtful", because=str(drop), **facts_of(delivery))
        self._requeue(delivery, after=self._wait(delivery), is_doubtful=True, reply=reply)
        self._tallies.add(delivery, later=1)
        self._note(
            delivery.title,
            f"{addressee(delivery)}{reply}; it is sent again with the same Message-ID {delivery.message_id}",
        )

    def _take_back_refusals(self) -> None:
        """Queue refused mails again: the policy that refused them was about this site, not their recipients."""
        self._ledger.take_back_refusals(self._suspects, after=OURS, now=self._options.clock())
        for delivery in self._suspects:
            self._tallies.add(delivery, refused=-1, later=1)
            self._problems.pop(delivery.title, None)

    def _refuse(self, delivery: Delivery, reply: Reply, said: str) -> None:
        self._finish(delivery, DeliveryState.REFUSED, reply, said, refused=1)
        problem = f"{addressee(delivery)}the mail server refused it for good: {said}"
        is_edition = delivery.kind is DeliveryKind.EDITION
        again = f"; once that is corrected, `publisher deliver --again {delivery.name}` sends it" if is_edition else ""
        if delivery.kind is not DeliveryKind.LETTER:  # a visitor may have entered an address that does not exist
            self._note(delivery.title, f"{problem}{again}")

    def _finish(self, delivery: Delivery, state: DeliveryState, reply: Reply, said: str, **counts: int) -> None:
        """Record a final result; `said` is the reply without the address of a subscriber."""
        self._commits.record(Result(delivery=delivery, state=state, code=reply.code, reply=said))
        self._tallies.add(delivery, **counts)
        self._steps.advance(1)

    def _requeue(
        self,
        delivery: Delivery,
        *,
        after: timedelta,
        is_attempt: bool = True,
        is_doubtful: bool = False,
        code: int | None = None,
        reply: str = "",
    ) -> None:
        self._commits.record(
            Result(
                delivery=delivery,
                state=DeliveryState.QUEUED,
                after=after,
                is_attempt=is_attempt,
                is_doubtful=is_doubtful,
                code=code,
                reply=reply,
            )
        )
        self._steps.advance(1)

    def _wait(self, delivery: Delivery) -> timedelta:
        return wait_before(delivery.attempts, luck=self._options.luck())

    def _note(self, where: str, what: str) -> None:
        """Report a problem under the name `where`, unless a problem with this name is reported already."""
        self._problems.setdefault(where, Problem(where=where, what=what))

    # --- what is reported --------------------------------------------------------------------------------------------

    def _report(self, *, is_limited: bool) -> DeliverReport:
        settings, now = self._settings, self._options.clock()
        paused_s = self._pace.paused_s(self._now_s())
        problems = list(self._problems.values())
        next_at = self._ledger.next_due(max_age=settings.max_age, now=now)
        left = self._ledger.count_due(max_age=settings.max_age, now=now)
        if paused_s and left:
            waiting = f"{counted(left, 'mail')} {'waits' if left == 1 else 'wait'}"
            what = f"{self._pace.problem}; {waiting}"
            problems.insert(0, Problem(where="deliver", what=what, is_repeated=self._was_paused))
            next_at = now + timedelta(seconds=paused_s)
        elif left and is_limited:
            next_at = now + LIMITED
        wait = next_at - now if next_at else None
        outage = self._pace.problem if paused_s and left and self._pace.is_outage else ""
        return DeliverReport(
            editions=self._tallies.all, next_at=next_at, wait=wait, problems=tuple(problems), outage=outage
        )

    def _now_s(self) -> float:
        return time.monotonic()


def _envelope(delivery: Delivery, settings: SmtpSettings) -> Envelope:
    sender = delivery.return_path or settings.bounces or delivery.sender
    return Envelope(sender=sender, recipient=delivery.recipient, envid=delivery.message_id.strip("<>"))
