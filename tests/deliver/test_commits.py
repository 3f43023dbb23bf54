"""Commits that several mails share: how many commits a mail costs, and that no connection waits without need."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from publisher.deliver.commits import Commits
from publisher.deliver.mails import Ready
from publisher.model.deliveries import Delivery, DeliveryKind, DeliveryState, NewDelivery, Result
from publisher.rendering.wire_form import WireForm
from publisher.store import Store
from tests.databases import sqlite_store

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
MAX_AGE = timedelta(days=3)
MAIL = WireForm.of(b"Subject: news\r\n\r\nnews\r\n")


@pytest.fixture
def store() -> Iterator[Store]:
    with sqlite_store() as store:
        new = NewDelivery(
            kind=DeliveryKind.EDITION,
            name="weekly-1",
            recipient="",
            sender="news@example.org",
            message_id="<weekly-1@example.org>",
            dated=NOON,
        )
        others = {name: getattr(new, name) for name in ("kind", "name", "sender", "message_id", "dated")}
        queued = [NewDelivery(recipient=f"reader{number}@example.org", **others) for number in range(6)]
        store.mail.ledger.queue(queued, now=NOON)
        yield store


def run(store: Store, work: Callable[[Commits], Coroutine[None, None, None]]) -> None:
    async def all_of_it() -> None:
        async with Commits(store.mail.ledger, read, max_age=MAX_AGE, most=None, clock=lambda: NOON) as commits:
            await work(commits)

    asyncio.run(all_of_it())


def read(claimed: Sequence[Delivery]) -> list[Ready]:
    return [Ready(delivery=each, mail=MAIL) for each in claimed]


async def next_of(commits: Commits) -> Delivery:
    ready = await commits.claim()
    assert ready is not None
    return ready.delivery


def sent(delivery: Delivery) -> Result:
    return Result(delivery=delivery, state=DeliveryState.SENT, code=250, reply="taken")


def count_sent(store: Store) -> int:
    return store.mail.ledger.counts(["weekly-1"], max_age=MAX_AGE, now=NOON)["weekly-1"].sent


class Counter:
    """Counts the commits of a store."""

    def __init__(self, store: Store) -> None:
        self.commits = 0
        event.listen(store.database.engine, "commit", self._count)

    def _count(self, _connection: object) -> None:
        self.commits += 1


def test_the_result_of_a_mail_and_the_fence_of_the_next_one_are_one_commit(store: Store) -> None:
    async def work(commits: Commits) -> None:
        first, second = await next_of(commits), await next_of(commits)
        assert await commits.fence(first)
        counter = Counter(store)
        commits.record(sent(first))
        assert await commits.fence(second)
        assert counter.commits == 1
        assert count_sent(store) == 1
        commits.record(sent(second))

    run(store, work)
    assert count_sent(store) == 2


def test_fences_of_all_connections_are_one_commit_when_they_come_together(store: Store) -> None:
    async def work(commits: Commits) -> None:
        mine = [await next_of(commits) for _ in range(4)]
        counter = Counter(store)
        assert [True] * 4 == await asyncio.gather(*map(commits.fence, mine))
        assert counter.commits == 1
        for each in mine:
            commits.record(sent(each))

    run(store, work)


def test_a_fence_waits_for_no_connection_that_is_busy(store: Store) -> None:
    async def work(commits: Commits) -> None:
        first, slow = await next_of(commits), await next_of(commits)
        assert await asyncio.wait_for(commits.fence(first), 10)
        commits.record(sent(first))
        commits.record(sent(slow))

    run(store, work)


def test_a_result_is_written_soon_though_no_fence_comes(store: Store) -> None:
    async def work(commits: Commits) -> None:
        only = await next_of(commits)
        assert await commits.fence(only)
        loop, is_written = asyncio.get_running_loop(), asyncio.Event()
        event.listen(store.database.engine, "commit", lambda _: loop.call_soon_threadsafe(is_written.set))
        commits.record(sent(only))
        await asyncio.wait_for(is_written.wait(), 10)

    run(store, work)


def test_untried_claims_are_given_back_at_the_end(store: Store) -> None:
    async def work(commits: Commits) -> None:
        commits.record(sent(await next_of(commits)))

    run(store, work)
    assert store.mail.ledger.count_due(max_age=MAX_AGE, now=NOON) == 5
    again = store.mail.ledger.claim(10, max_age=MAX_AGE, now=NOON)
    assert [1] * 5 == [each.attempts for each in again]
