"""The rule for subscribers whose mails come back, compared with Mailman's rule."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.model.bounces import BounceKind, BounceScore
from publisher.subscribers.bounce_rule import (
    STALE_AFTER,
    SUSPEND_AT,
    BounceAction,
    BounceVerdict,
    Weight,
    count_failure,
    stale_after,
    weight_of,
)
from tests.subscribers.test_people import SETTINGS

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def after(*hours: int, weight: Weight = Weight.POINT) -> BounceVerdict:
    """Return what the rule decides after failed mails, one at each of these `hours` after noon."""
    verdict = BounceVerdict(step=BounceAction.NOTHING, score=None)
    for each in hours:
        verdict = count_failure(verdict.score, weight, now=NOON + each * HOUR)
    return verdict


@pytest.mark.parametrize(
    ("kind", "status", "weight"),
    [
        (BounceKind.FAILED, "5.1.1", Weight.GONE),
        (BounceKind.FAILED, "5.1.2", Weight.GONE),
        (BounceKind.FAILED, "5.1.10", Weight.GONE),
        (BounceKind.FAILED, "5.2.2", Weight.POINT),
        (BounceKind.FAILED, "5.3.4", Weight.POINT),
        (BounceKind.FAILED, "5.7.1", Weight.POINT),
        (BounceKind.FAILED, "550", Weight.POINT),
        (BounceKind.FAILED, "", Weight.POINT),
        (BounceKind.FAILED, "5.1.8", Weight.NOTHING),
        (BounceKind.FAILED, "5.7.26", Weight.NOTHING),
        (BounceKind.FAILED, "5.7.515", Weight.NOTHING),
        (BounceKind.FAILED, "4.4.7", Weight.NOTHING),
        (BounceKind.FAILED, "4.2.2", Weight.NOTHING),
        (BounceKind.FAILED, "451", Weight.NOTHING),
        (BounceKind.DELAYED, "5.1.1", Weight.NOTHING),
        (BounceKind.COMPLAINT, "", Weight.NOTHING),
        (BounceKind.AUTOMATIC, "", Weight.NOTHING),
    ],
)
def test_reports_give_their_points(kind: BounceKind, status: str, weight: Weight) -> None:
    assert weight is weight_of(kind, status)


def test_a_day_gives_one_point_however_many_mails_come_back() -> None:
    flood = after(*([0] * 50), 1, 11)

    assert BounceScore(points=1, last_at=NOON) == flood.score
    assert BounceAction.NOTHING is flood.step
    assert BounceScore(points=2, last_at=NOON + 12 * HOUR) == after(0, 12).score


def test_five_points_suspend() -> None:
    four, five = after(0, 24, 48, 72), after(0, 24, 48, 72, 96)

    assert four == BounceVerdict(step=BounceAction.COUNT, score=BounceScore(points=4, last_at=NOON + 3 * DAY))
    at = NOON + 4 * DAY
    assert five == BounceVerdict(step=BounceAction.SUSPEND, score=BounceScore(points=5, last_at=at, suspended_at=at))


def test_old_points_expire() -> None:
    assert BounceScore(points=1, last_at=NOON + 11 * DAY) == after(0, 24, 48, 72, 11 * 24).score
    assert (
        BounceScore(points=5, last_at=NOON + 10 * DAY, suspended_at=NOON + 10 * DAY)
        == after(0, 24, 48, 72, 10 * 24).score
    )


def test_a_mailbox_that_does_not_exist_suspends_at_once() -> None:
    assert after(0, weight=Weight.GONE).score == BounceScore(points=5, last_at=NOON, suspended_at=NOON)


def test_a_suspended_subscriber_gets_no_points_and_is_ended_by_the_probe() -> None:
    suspended = BounceScore(points=5, last_at=NOON, suspended_at=NOON)
    probed = BounceScore(points=5, last_at=NOON, suspended_at=NOON, probed_at=NOON + 7 * DAY)

    for weight in (Weight.POINT, Weight.GONE):
        assert BounceVerdict(step=BounceAction.NOTHING, score=suspended) == count_failure(
            suspended, weight, now=NOON + DAY
        )
        assert BounceAction.END is count_failure(probed, weight, now=NOON + 8 * DAY).step
    assert BounceAction.NOTHING is count_failure(probed, Weight.NOTHING, now=NOON + 8 * DAY).step


def test_points_of_rare_mails_stay_longer() -> None:
    paces = {pace.name: pace for pace in SETTINGS.paces}

    assert STALE_AFTER == stale_after([paces["daily"]], now=NOON) == stale_after([], now=NOON)
    assert 14 * DAY == stale_after([paces["daily"], paces["weekly"]], now=NOON)
    assert 56 * DAY <= stale_after([paces["monthly"]], now=NOON) <= 70 * DAY


class Mailman:
    """The steps of Mailman 3 for one member (manual, "Bounce processing"), implemented independently."""

    def __init__(self) -> None:
        self.score = 0.0
        self.last: datetime | None = None
        self.is_disabled = False

    def bounce(self, at: datetime) -> None:
        if self.is_disabled or (self.last is not None and at.date() == self.last.date()):
            return
        is_stale = self.last is not None and at > self.last + timedelta(days=7)
        self.score = 1.0 if self.last is None or is_stale else self.score + 1.0
        self.last = at
        self.is_disabled = self.score >= 5.0


@given(st.lists(st.integers(0, 12 * 24), max_size=40))
def test_the_rule_is_mailmans(gaps: list[int]) -> None:
    """Whatever the time between the failures, our rule and Mailman's give the same result."""
    theirs, ours, at = Mailman(), BounceVerdict(step=BounceAction.NOTHING, score=None), NOON
    for gap in gaps:
        at += gap * HOUR
        theirs.bounce(at)
        ours = count_failure(ours.score, Weight.POINT, now=at)

        assert ours.score is not None
        assert (theirs.score, theirs.last) == (ours.score.points, ours.score.last_at)
        assert theirs.is_disabled is (ours.score.suspended_at is not None)


@given(st.lists(st.sampled_from(list(Weight)), max_size=60))
def test_a_flood_of_one_day_suspends_only_if_the_mailbox_is_gone(flood: list[Weight]) -> None:
    score = None
    for weight in flood:
        score = count_failure(score, weight, now=NOON).score

    assert (Weight.GONE in flood) is (score is not None and score.suspended_at is not None)
    assert score is None or score.points in (1, SUSPEND_AT)
