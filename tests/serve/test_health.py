"""The answers of /health."""

import json

import pytest

from publisher.serve.health import STALLED_AFTER, PassHealth, health_page
from publisher.serve.web import application


@pytest.mark.parametrize(("problems", "status", "word"), [(0, 200, "ok"), (3, 503, "failing")])
def test_health_is_answered_and_never_kept(problems: int, status: int, word: str) -> None:
    health = PassHealth(60.0, lambda: 0.0)
    health.note(problems, "problems with publish" if problems else "")

    answer = application(health_page(health)).test_client().get("/health")

    assert (status, "no-store") == (answer.status_code, answer.headers["Cache-Control"])
    why = {"why": "problems with publish"} if problems else {}
    assert {"status": word, "problems": problems, "last_pass_age_s": 0, **why} == json.loads(answer.data)


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
