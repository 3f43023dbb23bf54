"""How fast mails are sent, as the server and config.toml allow."""

from dataclasses import replace

import pytest

from publisher.deliver.answers import Sign
from publisher.deliver.pace import FIRST_GAP_S, GOOD_MAILS, IN_A_ROW, LATEST, PAUSES_S, STOPPED_S, WAITS_S, Throttle
from publisher.model.settings import Security, SmtpSettings

SETTINGS = SmtpSettings(host="localhost", port=25, security=Security.NONE, connections=8)


@pytest.fixture
def pace() -> Throttle:
    return Throttle(SETTINGS)


def note(pace: Throttle, sign: Sign, times: int = 1, *, now_s: float = 0.0) -> None:
    for delivery in range(times):
        pace.note(sign, "450 it said", about=delivery + 1, now_s=now_s)


def test_turns_are_as_far_apart_as_config_says() -> None:
    pace = Throttle(replace(SETTINGS, per_second=20))

    assert [0, 0.05, 0.1] == pytest.approx([pace.take_turn(10.0) for _ in range(3)])
    assert 0 == pace.take_turn(11.0)


def test_without_a_limit_nobody_waits(pace: Throttle) -> None:
    assert [0.0, 0.0] == [pace.take_turn(0.0) for _ in range(2)]


def test_a_busy_server_gets_half_the_connections_and_one_more_after_many_good_mails(pace: Throttle) -> None:
    note(pace, Sign.BUSY)
    assert 4 == pace.connections
    note(pace, Sign.WELL, GOOD_MAILS - 1)
    assert 4 == pace.connections
    note(pace, Sign.WELL)
    assert 5 == pace.connections
    note(pace, Sign.WELL, 10 * GOOD_MAILS)
    assert 8 == pace.connections


def test_a_server_that_hangs_up_again_and_again_is_left_alone(pace: Throttle) -> None:
    note(pace, Sign.BUSY, IN_A_ROW - 1)
    assert 0 == pace.paused_s(0.0)
    note(pace, Sign.BUSY)
    assert (WAITS_S[0], 1) == (pace.paused_s(0.0), pace.connections)


def test_a_server_that_asks_for_less_gets_less_then_nothing_for_a_while(pace: Throttle) -> None:
    note(pace, Sign.THROTTLING)
    pace.take_turn(0.0)
    assert FIRST_GAP_S == pytest.approx(pace.take_turn(0.0))
    note(pace, Sign.THROTTLING)
    pace.take_turn(10.0)
    assert 2 * FIRST_GAP_S == pytest.approx(pace.take_turn(10.0))
    note(pace, Sign.THROTTLING)
    assert PAUSES_S[0] == pace.paused_s(0.0)
    assert "450 it said" in pace.problem
    for pause_s in (*PAUSES_S[1:], PAUSES_S[-1]):
        note(pace, Sign.THROTTLING, IN_A_ROW)
        assert pause_s == pace.paused_s(0.0)


def test_after_good_mails_it_goes_as_fast_as_before(pace: Throttle) -> None:
    note(pace, Sign.THROTTLING, 2)
    note(pace, Sign.WELL, 3 * GOOD_MAILS)

    pace.take_turn(100.0)
    assert 0 == pace.take_turn(100.0)


def test_bad_replies_with_a_good_one_in_between_stop_nothing(pace: Throttle) -> None:
    for sign in (Sign.BUSY, Sign.THROTTLING, Sign.OUR_FAULT):
        for _ in range(3):
            note(pace, sign, IN_A_ROW - 1)
            note(pace, Sign.WELL)

    assert 0 == pace.paused_s(0.0)


def test_a_server_that_does_not_want_our_mail_gets_none(pace: Throttle) -> None:
    note(pace, Sign.OUR_FAULT, IN_A_ROW)

    assert STOPPED_S == pace.paused_s(0.0)
    assert "to any address" in pace.problem


def test_one_list_that_is_not_wanted_holds_up_no_others(pace: Throttle) -> None:
    for _ in range(IN_A_ROW):
        note(pace, Sign.OUR_FAULT)

    assert 0 == pace.paused_s(0.0)


def test_half_of_the_latest_answers_being_suspicious_is_no_accident(pace: Throttle) -> None:
    for _ in range(LATEST // 2 - 1):
        note(pace, Sign.SUSPICIOUS)
        note(pace, Sign.WELL)
    note(pace, Sign.WELL)
    assert 0 == pace.paused_s(0.0)

    note(pace, Sign.SUSPICIOUS)

    assert STOPPED_S == pace.paused_s(0.0)


def test_a_server_that_is_down_is_asked_less_and_less_often(pace: Throttle) -> None:
    waits = []
    for _ in range(len(WAITS_S) + 1):
        pace.note_unreachable("refused", is_ours=False, now_s=0.0)
        waits.append(pace.paused_s(0.0))
    assert [*WAITS_S, WAITS_S[-1]] == waits

    note(pace, Sign.WELL)
    pace.note_unreachable("refused", is_ours=False, now_s=0.0)
    assert WAITS_S[0] == pace.paused_s(0.0)


def test_a_refused_login_is_not_tried_every_minute(pace: Throttle) -> None:
    pace.note_unreachable("535 wrong password", is_ours=True, now_s=0.0)

    assert STOPPED_S == pace.paused_s(0.0)
