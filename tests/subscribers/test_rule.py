"""The rule that decides which items a subscriber gets: it loses and doubles nothing in thousands of lives. Four other
rules fail.
"""

from datetime import timedelta

import pytest

from publisher.model.rounds import ItemEntry
from publisher.model.subscribers import EVERYTHING, Subscription
from publisher.subscribers.rule import Follow, Share, Window, moved, share_of
from tests.subscribers.lives import Reader, mistakes_of, our_rule, with_cursors

FEW, SOME, MANY = range(10), range(40), range(40, 3_000)


def item(number: int, *themes: str, **later: int) -> ItemEntry:
    return ItemEntry(number=number, added_seq=number, themes={**dict.fromkeys(themes, number), **later})


def shares(follows: list[Follow], window: Window, *, limit: int = 40) -> tuple[tuple[int, ...], list[int]]:
    """Return the numbers of the items that a subscriber gets, and his cursors after a round up to log number 100."""
    share = share_of(follows, window, limit=limit)
    return window.numbers(share.items), [moved(follow, share, window, upto=100) for follow in follows]


def test_an_item_of_two_themes_comes_once() -> None:
    window = Window([item(11, "asylum", "borders"), item(12, "borders")], upto=100)
    follows = [Follow("asylum", 10, 10, is_due=True), Follow("borders", 10, 10, is_due=True)]

    assert ((11, 12), [100, 100]) == shares(follows, window)


def test_items_sent_at_the_faster_pace_are_not_sent_again() -> None:
    window = Window([item(11, "asylum", "borders"), item(12, "borders")], upto=100)
    follows = [Follow("asylum", 0, 50, is_due=False), Follow("borders", 0, 5, is_due=True)]

    assert ((12,), [50, 100]) == shares(follows, window)


def test_an_ended_subscription_counts() -> None:
    window = Window([item(11, "asylum")], upto=100)
    follows = [Follow("asylum", 0, 20, is_due=False), Follow(EVERYTHING, 0, 5, is_due=True)]

    assert ((), [20, 100]) == shares(follows, window)


def test_items_from_before_are_nobodys_concern() -> None:
    window = Window([item(11, "asylum"), item(12, "borders", asylum=30)], upto=100)

    assert ((), [100]) == shares([Follow("asylum", 12, 12, is_due=True)], window)


def test_an_item_that_moves_between_two_followed_themes_comes_once() -> None:
    moved_later = ItemEntry(number=11, added_seq=11, themes={"borders": 40}, left={"asylum": 11})
    window = Window([moved_later], upto=100)
    borders = Follow("borders", 0, 30, is_due=True)

    assert ((), [30, 100]) == shares([Follow("asylum", 0, 30, is_due=False), borders], window)
    assert ((11,), [100, 100]) == shares([Follow("asylum", 0, 10, is_due=True), borders], window)
    assert ((11,), [100, 30]) == shares([Follow("asylum", 0, 10, is_due=True), borders._replace(is_due=False)], window)


def test_an_item_that_moved_goes_only_to_followers_of_its_present_themes() -> None:
    window = Window([ItemEntry(number=11, added_seq=11, themes={"borders": 40}, left={"asylum": 11})], upto=100)
    asylum, ended = Follow("asylum", 0, 10, is_due=True), Follow("borders", 0, 10, is_due=False, is_active=False)

    assert ((), [100]) == shares([asylum], window)
    assert ((), [100, 10]) == shares([asylum, ended], window)
    assert ((11,), [100, 10]) == shares([asylum, Follow(EVERYTHING, 20, 10, is_due=False)], window)


def test_of_too_many_items_the_oldest_are_sent_and_the_others_stay_due() -> None:
    window = Window([item(number, "asylum") for number in range(11, 20)], upto=100)
    follows = [Follow("asylum", 0, 10, is_due=True), Follow("borders", 0, 10, is_due=True)]

    assert ((11, 12, 13), [13, 100]) == shares(follows, window, limit=3)
    assert ((14, 15, 16), [16, 100]) == shares([Follow("asylum", 0, 13, is_due=True), follows[1]], window, limit=3)


def test_a_cursor_stops_before_no_item_that_it_would_have_to_repeat() -> None:
    window = Window([item(11, "asylum", borders=50), item(12, "borders"), item(13, "borders")], upto=100)
    follows = [Follow("borders", 0, 10, is_due=True)]

    taken, [cursor] = shares(follows, window, limit=1)

    assert (11, 12, 13) == taken
    assert 100 == cursor


def test_only_subscriptions_that_are_due_make_a_mail_longer() -> None:
    window = Window([item(11, "asylum", borders=50), item(12, "borders", "asylum")], upto=100)
    follows = [Follow("asylum", 0, 10, is_due=True), Follow("borders", 0, 10, is_due=False)]

    assert ((11,), [11, 10]) == shares(follows, window, limit=1)


def test_an_item_that_makes_a_mail_longer_takes_no_others_with_it() -> None:
    window = Window([item(11, borders=50), item(12, "borders", asylum=60), item(13, "asylum")], upto=100)
    follows = [Follow("asylum", 0, 10, is_due=True), Follow("borders", 0, 10, is_due=True)]

    assert ((11, 12), [12, 100]) == shares(follows, window, limit=1)
    assert ((13,), [100, 100]) == shares(
        [Follow("asylum", 0, 12, is_due=True), Follow("borders", 0, 100, is_due=True)], window, limit=1
    )


def test_an_item_that_enters_a_theme_after_the_round_ends_waits_for_the_next_one() -> None:
    window = Window([item(11, "asylum", borders=150), item(12, "borders")], upto=100)
    borders = Follow("borders", 0, 10, is_due=True)

    assert ((12,), [100]) == shares([borders], window)
    assert ((11, 12), [100, 100]) == shares([Follow("asylum", 0, 10, is_due=True), borders], window)


def test_a_cursor_never_moves_back() -> None:
    share = Share(0, 0)

    assert 120 == moved(Follow("asylum", 0, 120, is_due=True), share, Window([], upto=100), upto=100)


def test_nothing_is_lost_and_nothing_comes_twice() -> None:
    found = mistakes_of(our_rule, SOME)

    assert found["items"] > 1_000
    assert (0, 0) == (found["lost"], found["doubled"])


@pytest.mark.slow
@pytest.mark.parametrize("limit", [1, 3, 10, 1_000])
def test_nothing_is_lost_and_nothing_comes_twice_in_thousands_of_lives(limit: int) -> None:
    found = mistakes_of(our_rule, MANY[:750], limit=limit)

    assert found["readers"] > 2_000
    assert (0, 0) == (found["lost"], found["doubled"])


# --- other rules -----------------------------------------------------------------------------------------------------

Outcome = tuple[Share, tuple[Subscription, ...]]


def active_only(reader: Reader, window: Window, upto: int, limit: int) -> Outcome:
    """A wrong rule: ended subscriptions are ignored."""
    share = share_of(reader.follows(ended_too=False), window, limit=limit)
    return share, with_cursors(reader, [moved(each, share, window, upto=upto) for each in reader.follows()])


def cursor_alone(reader: Reader, window: Window, upto: int, limit: int) -> Outcome:
    """A wrong rule: everything up to a subscription's cursor (a log number) counts as dealt with, whenever the
    subscription began.
    """
    follows = [follow._replace(start=0) for follow in reader.follows()]
    share = share_of(follows, window, limit=limit)
    return share, with_cursors(reader, [moved(each, share, window, upto=upto) for each in follows])


def plain_assignment(reader: Reader, window: Window, upto: int, limit: int) -> Outcome:
    """A wrong rule: a subscription's cursor is set to the last item that was taken, even if it was further before."""
    follows = reader.follows()
    share = share_of(follows, window, limit=limit)
    last = max((window.items[place].added_seq for place in window.places(share.items)), default=0)
    return share, with_cursors(reader, [last if follow.is_due else follow.cursor for follow in follows])


SPANS = {"daily": timedelta(days=1), "weekly": timedelta(days=7), "monthly": timedelta(days=30)}


def time_windows(reader: Reader, window: Window, upto: int, limit: int) -> Outcome:
    """A wrong rule: a daily mail has what is at most one day old, and so on. Here, a day brings about three log
    numbers.
    """
    mask = 0
    for each in reader.subscriptions:
        if reader.is_due(each):
            since = upto - 3 * SPANS[each.pace].days
            mask |= window.masks(each.theme, max(0, since), max(0, since)).due
    return Share(mask, 0), reader.subscriptions


@pytest.mark.parametrize("rule", [active_only, cursor_alone, plain_assignment, time_windows])
def test_other_rules_lose_or_double(rule: object) -> None:
    found = mistakes_of(rule, FEW)  # type: ignore[arg-type]  # each is a Rule

    assert found["lost"] + found["doubled"] > 0


def test_masks_are_those_of_the_subscription() -> None:
    window = Window([item(11, "asylum"), item(12, "borders"), item(13, "asylum", "borders")], upto=100)

    assert (0b100, 0b001) == window.masks("asylum", 0, 12)
    assert (0b100, 0b000) == window.masks("asylum", 11, 12)
    assert (0b110, 0b001) == window.masks(EVERYTHING, 0, 11)
    assert (0, 0) == window.masks("gone", 0, 0)
