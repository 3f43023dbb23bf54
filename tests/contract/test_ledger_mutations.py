"""The checks of the ledger (the record of mails to send) detect each missing promise: no fence, no epoch, no lease, no
unique key.

Each mutation removes one promise, and at least one check of `test_ledger` must then fail. Without a mutation, all
checks pass.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import IntegrityError

from publisher.model.deliveries import Delivery, DeliveryState, NewDelivery, Result
from publisher.store import Store, delivery_rows, ledger, queue
from publisher.store.mail_schema import deliveries
from tests.contract import test_ledger
from tests.databases import sqlite_store

Check = Callable[[Store], None]
FOR_EVER = timedelta(days=10_000)


def checks() -> Iterator[tuple[str, Check]]:
    """Yield the checks in `test_ledger` that need one store, by name."""
    for group_name, group in inspect.getmembers(test_ledger, inspect.isclass):
        for name, check in inspect.getmembers(group, inspect.isfunction):
            if name.startswith("test_") and list(inspect.signature(check).parameters) == ["self", "store"]:
                yield f"{group_name}.{name}", getattr(group(), name)


@contextmanager
def no_mutation(_store: Store, _patch: pytest.MonkeyPatch) -> Iterator[None]:
    yield


@contextmanager
def no_fence(_store: Store, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Mutation: a process may hand over a mail although its claim on the mail has ended."""
    patch.setattr(ledger, "fence_rows", lambda _connection, fences, **_named: {each.id for each in fences})
    yield


@contextmanager
def no_epoch(_store: Store, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Mutation: a process may still begin to hand over (fence) a mail, and record its result, after another process has
    claimed the mail.
    """

    def latest(connection: Connection, each: Delivery) -> Delivery:
        epoch = connection.execute(select(deliveries.c.epoch).where(deliveries.c.id == each.id)).scalar_one()
        return replace(each, epoch=epoch)

    def fence(connection: Connection, fences: Sequence[Delivery], **named: Any) -> set[int]:
        return delivery_rows.fence_rows(connection, [latest(connection, each) for each in fences], **named)

    def settle(connection: Connection, results: Sequence[Result], **named: Any) -> None:
        renewed = [replace(each, delivery=latest(connection, each.delivery)) for each in results]
        delivery_rows.settle_rows(connection, renewed, **named)

    patch.setattr(ledger, "fence_rows", fence)
    patch.setattr(ledger, "settle_rows", settle)
    yield


@contextmanager
def no_lease(_store: Store, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Mutation: a process's claim on a mail never ends, even if the process dies."""
    claim = delivery_rows.claim_rows

    def for_ever(*which: Any, lease: timedelta, **terms: Any) -> list[Delivery]:
        return claim(*which, lease=FOR_EVER, **terms)

    patch.setattr(ledger, "claim_rows", for_ever)
    yield


@contextmanager
def no_unique_key(store: Store, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Mutation: the same mail to the same recipient can be queued twice."""
    with store.database.writing() as connection:
        made = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = 'deliveries'")).scalar_one()
        before, key, after = made.partition("UNIQUE (kind, name, recipient)")
        assert key
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        connection.execute(text("DROP TABLE deliveries"))
        connection.execute(text(before.rstrip().rstrip(",").removesuffix("CONSTRAINT uq_deliveries") + after))

    def insert_all(connection: Connection, new: Sequence[NewDelivery], *, now: Any) -> int:
        clock = delivery_rows.clock_of(connection, now)
        begun = {"state": DeliveryState.QUEUED, "epoch": 0, "attempts": 0, "doubts": 0, "reply": ""}
        for each in new:
            row = {**delivery_rows.row_of_new(each), **begun}
            connection.execute(insert(deliveries).values(row).values(due_at=clock(), queued_at=clock()))
        return len(new)

    for module in (ledger, queue):  # editions import it from the queue when they need it
        patch.setattr(module, "insert_deliveries", insert_all)
    yield


Mutation = Callable[[Store, pytest.MonkeyPatch], AbstractContextManager[None]]


def failed(mutation: Mutation) -> list[str]:
    """Return the names of the checks that fail under a mutation."""
    found = []
    for name, check in checks():
        with sqlite_store() as store, pytest.MonkeyPatch.context() as patch, mutation(store, patch):
            try:
                check(store)
            except (AssertionError, ValueError, IntegrityError):  # for example, a list of claims that is too long
                found.append(name)
    return found


@pytest.mark.slow
def test_without_a_mutation_every_check_holds() -> None:
    assert 20 < len([*checks()])
    assert [] == failed(no_mutation)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mutation", "seen_by"),
    [
        (no_fence, "TestFence.test_a_process_that_slept_beyond_its_lease_sends_nothing"),
        (no_epoch, "TestFence.test_a_delivery_taken_over_by_another_process_is_not_fenced_or_settled_by_the_first"),
        (no_lease, "TestClaim.test_a_claim_whose_lease_is_over_is_claimed_again"),
        (no_unique_key, "TestQueue.test_a_sent_or_refused_delivery_is_not_queued_again"),
    ],
)
def test_a_promise_that_is_taken_away_is_missed(mutation: Mutation, seen_by: str) -> None:
    assert seen_by in failed(mutation)
