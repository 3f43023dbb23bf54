"""The answers of /health."""

import json

import pytest

from publisher.model.deliveries import DeliveryCounts
from publisher.serve.health import STALLED_AFTER, PassHealth, health_page
from publisher.serve.web import application
from tests.world import NOW


@pytest.mark.parametrize(("problems", "status", "word"), [(0, 200, "ok"), (3, 503, "failing")])
def test_health_is_answered_and_never_kept(problems: int, status: int, word: str) -> None:
    health = PassHealth(60.0, lambda: 0.0)
    health.note(problems, "problems with publish" if problems else "")

    answer = application(health_page(health)).test_client().get("/health")

    assert (status, "no-store") == (answer.status_code, answer.headers["Cache-Control"])
    why = {"why": "problems with publish"} if problems else {}
    assert {"status": word, "problems": problems, "last_pass_age_s": 0, **why} == json.loads(answer.data)


def test_the_time_of_the_next_mail_is_iso_8601() -> None:
    health = PassHealth(60.0, lambda: 0.0)
    health.note(0)
    health.note_mails(0, [DeliveryCounts(name="round-1", later=1, next_at=NOW)])

    answer = application(health_page(health)).test_client().get("/health")

    assert NOW.isoformat() == json.loads(answer.data)["mails"][0]["next_at"]


def test_health_is_that_of_the_last_pass_and_of_the_time_since() -> None:
    now = [0.0]
    health = PassHealth(60.0, lambda: now[0])
    assert (False, {"problems": None, "last_pass_age_s": 0, "why": "no pass has ended yet"}) == health.state()

    health.note(0)
    assert health.state()[0]
    now[0] = STALLED_AFTER * 60.0 + 1
    assert health.is_stalled()
    why = "no pass has ended for too long"
    assert (False, {"problems": 0, "last_pass_age_s": 241, "why": why}) == health.state()
    health.note(2, "the store cannot be used")
    assert (False, {"problems": 2, "last_pass_age_s": 0, "why": "the store cannot be used"}) == health.state()
