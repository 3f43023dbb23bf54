"""How each kind of reading (a listing, no change, a failure, a hold) changes what is stored about a source."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from publisher.collect.condition import (
    after_failure,
    after_hold,
    after_listing,
    after_no_change,
    check_not_empty,
    condition_of,
)
from publisher.collect.sources.base import Fetch
from publisher.model.errors import EmptySourceError, SourceError
from publisher.model.sources import FailureKind, HeldChange, HoldReason, SourceCondition, Suspicion
from publisher.store import SourceState
from tests.values import POLICY

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
READ = SourceState(validator="v1", listed=3, changed_at=NOW)
UNREADABLE = SourceError("news", "it lists nothing readable")
SUSPICION = Suspicion(
    reason=HoldReason.LOSS,
    words="not one of its items is left",
    change=HeldChange(added=1, revised=2, withdrawn=3, new=("A new one",), gone=("One", "Two", "Three")),
)


def fetch(validator: str, *, lifetime: timedelta = timedelta(0)) -> Fetch:
    return Fetch(items=(), validator=validator, lifetime=lifetime)


def listed(state: SourceState, validator: str = "v2", *, usual: int = 0, is_changed: bool = False) -> SourceState:
    return after_listing(
        state,
        fetch(validator),
        fields=("title",),
        skipped=("news.txt:4: no such day",),
        usual=usual,
        is_changed=is_changed,
        next_try=None,
        now=LATER,
    )


def condition(state: SourceState) -> SourceCondition:
    return condition_of(state, POLICY, now=LATER)


def test_a_source_that_lists_nothing_is_told_from_one_that_cannot_be_read_whatever_the_words_are() -> None:
    with pytest.raises(EmptySourceError, match="it lists nothing now, but 3 items when it was last read") as caught:
        check_not_empty("news", [], READ)

    assert condition(after_failure(READ, caught.value, next_try=None, now=NOW)) is SourceCondition.EMPTY
    assert condition(after_failure(READ, UNREADABLE, next_try=None, now=NOW)) is SourceCondition.FAILING


@pytest.mark.parametrize("reason", HoldReason)
def test_a_changed_layout_is_told_from_other_accidents_whatever_the_words_are(reason: HoldReason) -> None:
    held = after_hold(READ, replace(SUSPICION, reason=reason), fetch("v2"), now=NOW)

    assert condition(held) is (SourceCondition.DRIFTED if reason is HoldReason.DRIFT else SourceCondition.HELD)


def test_failures_count_up_and_keep_when_they_began() -> None:
    once = after_failure(READ, UNREADABLE, next_try=LATER, now=NOW)
    twice = after_failure(once, SourceError("news", "no access"), next_try=None, now=LATER)

    assert (once.failure, once.failures, once.next_try) == (FailureKind.UNREADABLE, 1, LATER)
    assert (twice.failures, twice.problem, twice.failing_since, twice.next_try) == (2, "no access", NOW, None)
    assert after_no_change(twice, fetch("v1"), next_try=None) == READ


def test_a_held_reading_waits_while_the_source_gives_that_reading() -> None:
    held = after_hold(READ, SUSPICION, fetch("v2"), now=NOW)

    assert held.held_change == SUSPICION.change
    assert after_no_change(held, fetch("v2"), next_try=None) == held
    assert after_no_change(held, fetch("v1"), next_try=None) == READ
    assert after_hold(held, SUSPICION, fetch("v3"), now=LATER).held_at == NOW, "since the first of them"


def test_a_failure_is_told_before_a_reading_that_waits_and_leaves_it_waiting() -> None:
    held = after_hold(READ, SUSPICION, fetch("v2"), now=NOW)
    failed = after_failure(held, UNREADABLE, next_try=None, now=LATER)

    assert condition(failed) is SourceCondition.FAILING
    assert after_no_change(failed, fetch("v2"), next_try=None) == held


def test_a_listing_that_is_recorded_ends_failures_and_what_waits() -> None:
    held = after_failure(after_hold(READ, SUSPICION, fetch("v2"), now=NOW), UNREADABLE, next_try=LATER, now=NOW)

    state = listed(held)

    assert condition(state) is SourceCondition.WELL
    assert state == replace(
        READ, validator="v2", fields=("title",), skipped=("news.txt:4: no such day",), changed_at=LATER
    )


@pytest.mark.parametrize(
    ("validator", "is_changed", "changed_at"), [("v1", False, NOW), ("v1", True, LATER), ("v2", False, LATER)]
)
def test_a_reading_differs_by_its_validator_or_by_what_it_changes(
    validator: str, is_changed: bool, changed_at: datetime
) -> None:
    assert listed(READ, validator, is_changed=is_changed).changed_at == changed_at
    assert listed(SourceState(), "").changed_at == LATER, "a first reading is always new"


def test_the_most_that_came_at_once_leaves_out_the_first_reading() -> None:
    first = listed(SourceState(), usual=900)

    later = listed(first, usual=7)

    assert [first.most_added, later.most_added, listed(later, usual=2).most_added] == [0, 7, 7]


def test_the_lifetime_of_a_listing_is_recorded_at_every_reading() -> None:
    hour = fetch("v2", lifetime=timedelta(hours=1))
    recorded = after_listing(READ, hour, fields=(), skipped=(), usual=0, is_changed=False, next_try=None, now=LATER)

    assert [recorded.lifetime_s, after_hold(READ, SUSPICION, hour, now=NOW).lifetime_s] == [3600, 3600]
    assert after_no_change(recorded, fetch("v2"), next_try=None).lifetime_s == 3600
