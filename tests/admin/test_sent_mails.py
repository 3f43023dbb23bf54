"""The list of sent mails at the editors' desk: editions, and rounds of mails to subscribers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from publisher.admin.sent_mails import Sent, SentState, latest_first, state_of
from publisher.model.deliveries import DeliveryCounts
from publisher.store import EditionRow

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
ROW = EditionRow(
    audience="weekly",
    number=3,
    after=1,
    upto=9,
    composed_at=MONDAY,
    items=5,
    written_at=MONDAY,
    held_until=None,
    dropped=0,
)
SENT = Sent(name="weekly-3", audience="weekly", number=3, at=MONDAY, items=5, state=SentState.OUT, mails=None)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, SentState.OUT),
        ({"held_until": MONDAY}, SentState.OUT),
        ({"written_at": None}, SentState.UNWRITTEN),
        ({"written_at": None, "held_until": MONDAY}, SentState.HELD),
        ({"items": 0, "dropped": 5}, SentState.DISCARDED),
        ({"items": 0}, SentState.EMPTIED),
    ],
)
def test_how_far_an_edition_is(changes: dict[str, object], state: SentState) -> None:
    assert state_of(replace(ROW, **changes)) is state  # type: ignore[arg-type]  # each case names its fields


@pytest.mark.parametrize(
    ("mails", "waiting"),
    [
        (DeliveryCounts(name="weekly-3"), 0),
        (DeliveryCounts(name="weekly-3", sent=9), 0),
        (DeliveryCounts(name="weekly-3", queued=1, sent=9), 1),
        (DeliveryCounts(name="weekly-3", later=2), 2),
        (DeliveryCounts(name="weekly-3", held=3, refused=1), 3),
    ],
)
def test_mails_that_are_not_handed_over_can_be_recalled(mails: DeliveryCounts, waiting: int) -> None:
    sent = replace(SENT, mails=mails)

    assert (sent.waiting, sent.is_recallable) == (waiting, waiting > 0)


def test_an_edition_of_which_nothing_is_known_is_not_taken_back() -> None:
    assert not SENT.is_recallable


def test_the_latest_comes_first() -> None:
    later = replace(SENT, name="round-1", audience="", number=1, at=MONDAY + timedelta(hours=1))
    fourth = replace(SENT, name="weekly-4", number=4)

    assert latest_first([SENT, later, fourth]) == [later, fourth, SENT]
