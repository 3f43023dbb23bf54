"""Tokens of links: what each allows, and for how long."""

from datetime import UTC, datetime, timedelta

import pytest

from publisher.subscribers import tokens

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEY, OTHER = "0a" * 32, "0b" * 32


def test_a_stop_token_has_no_time_and_is_good_for_its_key_only() -> None:
    token = tokens.stop_token(7, KEY)

    assert 28 == len(token)
    assert 7 == tokens.read_stop(token, KEY)
    assert tokens.read_stop(token, OTHER) is None


def test_the_token_of_ones_own_page_is_good_for_sixty_days() -> None:
    token = tokens.mine_token(7, KEY, now=NOW)

    assert 7 == tokens.read_mine(token, KEY, now=NOW + timedelta(days=60))
    assert tokens.read_mine(token, KEY, now=NOW + timedelta(days=62)) is None
    assert tokens.read_mine(token, KEY, now=NOW - timedelta(days=1)) is None


def test_no_token_is_good_for_another_right() -> None:
    assert tokens.read_mine(tokens.stop_token(7, KEY), KEY, now=NOW) is None
    assert tokens.read_stop(tokens.mine_token(7, KEY, now=NOW), KEY) is None


@pytest.mark.parametrize("place", range(28))
def test_a_token_with_one_changed_character_is_refused(place: int) -> None:
    token = tokens.stop_token(7, KEY)
    other = "A" if token[place] != "A" else "B"

    assert tokens.read_stop(token[:place] + other + token[place + 1 :], KEY) is None


@pytest.mark.parametrize("damage", ["{}.", "{}>", " {} ", "{}\u200b", "{}\r\n"])
def test_a_token_that_a_mail_program_changed_at_its_end_is_read(damage: str) -> None:
    single = tokens.new_single()

    assert 7 == tokens.read_stop(damage.format(tokens.stop_token(7, KEY)), KEY)
    assert 7 == tokens.read_mine(damage.format(tokens.mine_token(7, KEY, now=NOW)), KEY, now=NOW)
    assert tokens.digest_of(single) == tokens.digest_of(damage.format(single))


@pytest.mark.parametrize("token", ["", "x", "é" * 28, "=" * 28, "A" * 28, "A" * 2_000])
def test_an_invalid_token_is_refused(token: str) -> None:
    assert tokens.read_stop(token, KEY) is None
    assert tokens.read_mine(token, KEY, now=NOW) is None
