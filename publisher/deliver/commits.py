"""Collects the fences (records that a mail is about to be handed over) and results of all connections to the mail
server, and writes them to the ledger in shared commits.

Each mail costs its connection one commit: the result of its last mail is written together with the fence of the next.
While a commit is written to disk, the connections' next fences and results are collected. So if the disk is slow,
commits become larger, and one thread is enough to write the ledger.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from publisher.deliver.mails import Ready
from publisher.model.deliveries import Delivery, DeliveryState, Result
from publisher.store.ledger import Ledger

T = TypeVar("T")

AT_ONCE = 100
"""How many mails a process claims (reserves for itself) in one transaction."""
COMPANY_S = 0.001
"""How many seconds a mail about to be handed over waits at most for mails of other connections, to be recorded with
them. If the server is near, they come within this time.
"""
LINGER_S = 0.01
"""How many seconds a result waits to be written together with the record that the next mail is about to be handed over.
A crash in this time makes the mail doubtful.
"""


class Commits:
    """Gives the mails of one process to its connections, and writes their fences (records that a mail is about to be
    handed over) and results. It works inside an `async with` block.
    """

    def __init__(
        self,
        ledger: Ledger,
        read: Callable[[Sequence[Delivery]], Sequence[Ready]],
        *,
        max_age: timedelta,
        most: int | None,
        clock: Callable[[], datetime],
    ) -> None:
        """`read` returns the mails of deliveries that this process has claimed (reserved). `most` is how many it may
        claim in total; `None` means no limit.
        """
        self._ledger = ledger
        self._read = read
        self._max_age = max_age
        self._clock = clock
        self._left = most
        self._claimed: deque[Ready] = deque()
        self._claiming = asyncio.Lock()
        self._fences: list[tuple[Delivery, asyncio.Future[bool]]] = []
        self._results: list[Result] = []
        self._at_work = 0
        """How many deliveries the connections work on now."""
        self._company: asyncio.Future[None] | None = None
        """Completed when all connections wait for permission to hand a mail over, or when enough time has passed."""
        self._timer: asyncio.TimerHandle | None = None
        self._writer: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give deliveries that were reserved and not attempted back to the ledger, and write all fences (mails about to
        be handed over) and results that wait.

        Raises:
            StoreError: a fence or result could not be written.
        """
        try:
            if self._failure is None:
                for ready in self._claimed:
                    self.record(Result(delivery=ready.delivery, state=DeliveryState.QUEUED, is_attempt=False))
            await self._write_all()
        finally:
            if self._timer is not None:
                self._timer.cancel()
            self._thread.shutdown(wait=True)
        if self._failure is not None and error is None:
            raise self._failure

    async def claim(self) -> Ready | None:
        """Claim (reserve for this process) and return the next due delivery, with its mail, or `None` if there is none.

        Raises:
            StoreError: the ledger cannot be used.
        """
        async with self._claiming:
            self._raise_failure()
            if not self._claimed and self._left != 0:
                await self._write_all()  # a delivery that is queued again may be due again
                self._raise_failure()
                limit = AT_ONCE if self._left is None else min(AT_ONCE, self._left)
                found = await self._in_thread(partial(self._claim, limit))
                self._claimed.extend(found)
                self._left = None if self._left is None else self._left - len(found)
            if not self._claimed:
                return None
            self._at_work += 1
            return self._claimed.popleft()

    def _claim(self, limit: int) -> Sequence[Ready]:
        claimed = self._ledger.claim(limit, max_age=self._max_age, now=self._clock())
        return self._read(claimed) if claimed else ()

    async def fence(self, delivery: Delivery) -> bool:
        """Record that a mail is about to be handed over; return whether that is allowed.

        Raises:
            StoreError: the ledger cannot be used.
        """
        self._raise_failure()
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._fences.append((delivery, answer))
        self._write_now()
        return await answer

    def record(self, result: Result) -> None:
        """Record the result of a delivery. It is written before this connection hands over its next mail."""
        self._at_work -= 1
        self._results.append(result)
        self._write_later()

    # --- the writer --------------------------------------------------------------------------------------------------

    def _write_later(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LINGER_S, self._write_what_is_left)

    def _write_what_is_left(self) -> None:
        self._timer = None
        if self._results and self._failure is None:
            self._write_now()

    def _write_now(self) -> None:
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_while_fences_wait())
        elif self._company is not None and self._is_complete() and not self._company.done():
            self._company.set_result(None)

    async def _write_all(self) -> None:
        """Write all fences (records that a mail is about to be handed over) and results that wait; return when all are
        written.
        """
        while self._writer is not None or ((self._fences or self._results) and self._failure is None):
            self._write_now()
            if self._writer is not None:
                await self._writer

    async def _write_while_fences_wait(self) -> None:
        try:
            await self._write()
            while self._fences and self._failure is None:
                await self._write()
        finally:
            self._writer = None
        if self._results:
            self._write_later()

    def _is_complete(self) -> bool:
        """Whether each delivery that a connection works on waits for permission to be handed over. If so, waiting
        longer brings no more.
        """
        return len(self._fences) >= self._at_work

    async def _wait_for_company(self) -> None:
        if self._is_complete():
            return
        loop = asyncio.get_running_loop()
        self._company = loop.create_future()
        timer = loop.call_later(COMPANY_S, _finish, self._company)
        await self._company
        timer.cancel()
        self._company = None

    async def _write(self) -> None:
        """Write all fences (mails about to be handed over) and results that wait now in one transaction, and tell the
        connections which mails may be handed over.
        """
        await self._wait_for_company()
        fences, self._fences = self._fences, []
        results, self._results = self._results, []
        asked = [delivery for delivery, _ in fences]
        try:
            allowed = await self._in_thread(partial(self._ledger.write, asked, results, now=self._clock()))
        except BaseException as error:  # noqa: BLE001  (the connections have to know of any failure)
            self._failure = error
            for _, answer in fences:
                if not answer.done():
                    answer.set_exception(error)
            return
        for delivery, answer in fences:
            if not answer.done():
                answer.set_result(delivery.id in allowed)
        self._at_work -= len(asked) - len(allowed)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _finish(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
