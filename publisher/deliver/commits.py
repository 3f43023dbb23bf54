"""Fences and results of all connections, written in commits that they share.

While one commit is on its way to the disk, what the connections bring goes into the next one. So a slow disk makes
commits larger, not mails slower, and one thread is enough for the ledger.
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
from publisher.store import Ledger

T = TypeVar("T")

AT_ONCE = 50
"""How many deliveries are claimed in one transaction."""


class Commits:
    """The ledger for the connections of one process, for the length of an `async with`."""

    def __init__(
        self,
        ledger: Ledger,
        read: Callable[[Sequence[Delivery]], Sequence[Ready]],
        *,
        max_age: timedelta,
        most: int | None,
        clock: Callable[[], datetime],
    ) -> None:
        """`read` gives claimed deliveries their mails. `most`: how many may be claimed in all; None: any number."""
        self._ledger = ledger
        self._read = read
        self._max_age = max_age
        self._clock = clock
        self._left = most
        self._claimed: deque[Ready] = deque()
        self._claiming = asyncio.Lock()
        self._fences: list[tuple[Delivery, asyncio.Future[bool]]] = []
        self._results: list[Result] = []
        self._writer: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give back what was claimed and not tried, and write what is left.

        Raises:
            StoreError: something could not be written.
        """
        try:
            if self._failure is None:
                for ready in self._claimed:
                    self.record(Result(delivery=ready.delivery, state=DeliveryState.QUEUED, is_attempt=False))
            if self._writer is not None:
                await self._writer
        finally:
            self._thread.shutdown(wait=True)
        if self._failure is not None and error is None:
            raise self._failure

    async def claim(self) -> Ready | None:
        """The next delivery whose turn it is, with its mail; None: there is none.

        Raises:
            StoreError: the ledger cannot be used.
        """
        async with self._claiming:
            self._raise_failure()
            if not self._claimed and self._left != 0:
                if self._writer is not None:
                    await self._writer  # what was queued again may be due again
                    self._raise_failure()
                limit = AT_ONCE if self._left is None else min(AT_ONCE, self._left)
                found = await self._in_thread(partial(self._claim, limit))
                self._claimed.extend(found)
                self._left = None if self._left is None else self._left - len(found)
            return self._claimed.popleft() if self._claimed else None

    def _claim(self, limit: int) -> Sequence[Ready]:
        claimed = self._ledger.claim(limit, max_age=self._max_age, now=self._clock())
        return self._read(claimed) if claimed else ()

    async def fence(self, delivery: Delivery) -> bool:
        """Note that a mail is about to be handed over; return whether that may be done.

        Raises:
            StoreError: the ledger cannot be used.
        """
        self._raise_failure()
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._fences.append((delivery, answer))
        self._write_soon()
        return await answer

    def record(self, result: Result) -> None:
        """Note what became of a delivery. It is written with or before the next fence of this connection."""
        self._results.append(result)
        self._write_soon()

    def _write_soon(self) -> None:
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_all())

    async def _write_all(self) -> None:
        try:
            while (self._fences or self._results) and self._failure is None:
                await asyncio.sleep(0)  # what else was answered in this moment comes along
                await self._write()
        finally:
            self._writer = None

    async def _write(self) -> None:
        """Write what there is in one transaction, and answer the fences in it."""
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

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
