"""Rounds in the store, in both databases. A round is all mails to subscribers that are due at one moment. It is planned
by ranges of people, and moves the cursors of their subscriptions. Other tests are about when an item is new in a theme.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from publisher.model.bounces import BounceKind, BounceRow, BounceScore
from publisher.model.deliveries import DeliveryKind, DeliveryState, Order, Result
from publisher.model.rounds import Round
from publisher.model.subscribers import (
    Consent,
    ConsentKind,
    EndReason,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from publisher.model.themes import Theme
from publisher.store import Store
from publisher.store.people import Moved, RoundEnvelope
from publisher.store.people_rows import insert_subscriber, write_subscriptions
from tests.contract.stories import (
    ASYLUM,
    BORDERS,
    NOON,
    collect,
    finish,
    gathered,
    item,
    record,
    retheme,
    revise,
    withdraw,
)

QUAYS, WORK = Theme(slug="quays", title="Quays"), Theme(slug="work", title="Work")

ENVELOPE = RoundEnvelope(sender="news@example.org", host="example.org", bounces="bounces@example.org")


def subscription(number: int = 1, theme: str = "*", pace: str = "daily", *, cursor: int = 0) -> Subscription:
    return Subscription(
        number=number,
        theme=theme,
        pace=pace,
        state=SubscriptionState.ACTIVE,
        start=cursor,
        cursor=cursor,
        since=NOON,
    )


def reader(name: str, *given: Subscription) -> Subscriber:
    return Subscriber(
        number=0,
        address=f"{name}@example.org",
        language="en",
        since=NOON,
        subscriptions=given or (subscription(),),
    )


def add(store: Store, name: str, *given: Subscription) -> Subscriber:
    new = reader(name, *given)
    consent = Consent(kind=ConsentKind.OPERATOR, at=NOON, language="en", choices={}, words="said so")
    added = store.people.subscribers.write(None, new, consent=consent, now=NOON)
    assert added is not None
    return added


def begin(store: Store, *paces: str, size: int = 2) -> Round:
    before = store.people.rounds.last_ticks()
    begun = store.people.rounds.begin(paces or ("daily",), {}, before=before, upto=store.log.end(), now=NOON, size=size)
    assert begun is not None
    return begun


def plan(
    store: Store, round_: Round, mails: Mapping[int, tuple[int, ...]], moved: Moved | None = None
) -> list[list[tuple[int, str, int]]]:
    """Plan all mails of a round, by ranges (groups) of people. For each range with people, return the subscriptions
    found: (number, theme, whether its pace is due).
    """
    found: list[list[tuple[int, str, int]]] = []
    known: dict[tuple[int, ...], int] = {}
    while True:
        with store.people.rounds.open_range(round_, now=NOON) as range_pass:
            if range_pass is None:
                return found
            followed = range_pass.followed(floor=0)
            if followed:
                found.append([(each.subscriber, each.theme, each.is_due) for each in followed])
            there = {each.subscriber for each in followed}
            its = {who: what for who, what in mails.items() if who in there}
            range_pass.write(its, [moved] if moved and moved.subscriber in there else [], known, envelope=ENVELOPE)


def cursors(store: Store, number: int) -> list[int]:
    found = store.people.subscribers.get(number)
    assert found is not None
    return [each.cursor for each in found.subscriptions]


def test_a_range_has_all_that_those_who_are_due_follow(store: Store) -> None:
    collect(store, record("a"))
    ada = add(store, "ada", subscription(1, "asylum"), subscription(2, "borders", "weekly"))
    ben = add(store, "ben", subscription(1, pace="weekly"))
    eve = add(store, "eve", subscription(1))
    paused = add(store, "dan", subscription(1))
    store.people.subscribers.write(paused, replace(paused, paused_until=NOON + timedelta(days=1)), now=NOON)

    found = plan(store, begin(store), {})

    due = [(ada.number, "asylum", 1), (ada.number, "borders", 0), (eve.number, "*", 1)]
    assert due == [each for some in found for each in some]
    assert [[1, 0], [0], [1], [0]] == [cursors(store, each.number) for each in (ada, ben, eve, paused)]


def test_mails_are_queued_once_with_the_subscribers_own_mark(store: Store) -> None:
    collect(store, record("a"), record("b"))
    people = [add(store, name) for name in ("ada", "ben", "eve")]
    round_ = begin(store)

    plan(store, round_, {people[0].number: (1, 2), people[2].number: (2,)})

    assert store.people.rounds.finish(round_, now=NOON)
    assert [] == store.people.rounds.unplanned()
    due = store.mail.ledger.due(max_age=timedelta(days=3), now=NOON)
    assert [("ada@example.org", f"<round-1.{people[0].number}.20260302T120000Z@example.org>"),
            ("eve@example.org", f"<round-1.{people[2].number}.20260302T120000Z@example.org>")] == [
        (each.recipient, each.message_id) for each in due
    ]  # fmt: skip
    assert {DeliveryKind.ROUND} == {each.kind for each in due}
    assert 2 == len({each.return_path for each in due})
    assert all(each.return_path.startswith("bounces+") for each in due)
    mails = {each.subscriber: each.items for each in store.people.rounds.mails(1, [each.recipient for each in due])}
    assert {people[0].number: (1, 2), people[2].number: (2,)} == mails


def test_a_crash_between_ranges_leaves_the_others_to_the_next_pass(store: Store) -> None:
    collect(store, record("a"))
    people = [add(store, f"reader{number}") for number in range(5)]
    numbers = [each.number for each in people]
    round_ = begin(store, size=2)
    done: set[int] = set()
    while not done:  # the first ranges may contain nobody
        with store.people.rounds.open_range(round_, now=NOON) as range_pass:
            assert range_pass is not None
            done = {each.subscriber for each in range_pass.followed(floor=0)}
            range_pass.write(dict.fromkeys(done, (1,)), [], {}, envelope=ENVELOPE)

    assert not store.people.rounds.finish(round_, now=NOON)
    [unplanned] = store.people.rounds.unplanned()
    found = plan(store, unplanned, dict.fromkeys(numbers, (1,)))

    assert {*numbers} - done == {each[0] for some in found for each in some}
    assert 5 == store.mail.ledger.count_due(max_age=timedelta(days=3), now=NOON)


def test_a_cursor_that_stops_earlier_stays_there(store: Store) -> None:
    collect(store, record("a"), record("b"), record("c"))
    ada = add(store, "ada", subscription(1), subscription(2, "asylum"))

    plan(store, begin(store), {ada.number: (1,)}, Moved(ada.number, 1, 1))

    assert [1, 3] == cursors(store, ada.number)


def test_a_cursor_beyond_the_round_stays_there(store: Store) -> None:
    collect(store, record("a"))
    ada = add(store, "ada", subscription(1), subscription(2, "asylum", cursor=7))

    plan(store, begin(store), {ada.number: (1,)})

    assert [1, 7] == cursors(store, ada.number)


def test_a_suspended_subscriber_is_left_alone(store: Store) -> None:
    collect(store, record("a"))
    ada = add(store, "ada")
    gone = BounceScore(points=5, last_at=NOON, suspended_at=NOON)
    report = BounceRow(
        mark="one", at=NOON, kind=BounceKind.FAILED, name="", recipient="", token="", status="5.1.1", words=""
    )
    store.people.bounce_scores.count_report(report, ada.number, before=None, after=gone)

    assert [] == plan(store, begin(store), {ada.number: (1,)})

    assert [0] == cursors(store, ada.number)


def test_leaving_recalls_the_subscribers_queued_mail(store: Store) -> None:
    collect(store, record("a"))
    ada, ben = add(store, "ada"), add(store, "ben")
    plan(store, begin(store), {ada.number: (1,), ben.number: (1,)})

    now = leave(store, ada)
    assert ["ben@example.org"] == [
        each.recipient for each in store.mail.ledger.due(max_age=timedelta(days=3), now=NOON)
    ]

    come_back(store, now)
    assert 2 == store.mail.ledger.count_due(max_age=timedelta(days=3), now=NOON)


def leave(store: Store, who: Subscriber) -> Subscriber:
    """Unsubscribe; return the subscriber as he was before."""
    before = store.people.subscribers.get(who.number)
    assert before is not None
    ended = replace(
        before.subscriptions[0],
        state=SubscriptionState.ENDED,
        ended_at=NOON,
        ended_because=EndReason.UNSUBSCRIBED,
    )
    store.people.subscribers.write(before, replace(before, subscriptions=(ended,)), now=NOON)
    return before


def come_back(store: Store, before: Subscriber) -> None:
    left = store.people.subscribers.get(before.number)
    store.people.subscribers.write(left, before, now=NOON)


def test_a_subscriber_who_leaves_between_claim_and_fence_gets_nothing(store: Store) -> None:
    collect(store, record("a"))
    ada, ben = add(store, "ada"), add(store, "ben")
    plan(store, begin(store), {ada.number: (1,), ben.number: (1,)})
    claimed = store.mail.ledger.claim(2, max_age=timedelta(days=3), now=NOON)

    leave(store, ada)

    may_go = store.mail.ledger.write(claimed, [], now=NOON)
    assert ["ben@example.org"] == [each.recipient for each in claimed if each.id in may_go]


def test_a_subscriber_who_comes_back_while_his_mail_is_on_its_way_does_not_lose_it(store: Store) -> None:
    collect(store, record("a"))
    ada = add(store, "ada")
    plan(store, begin(store), {ada.number: (1,)})
    [claimed] = store.mail.ledger.claim(1, max_age=timedelta(days=3), now=NOON)
    store.mail.ledger.write([claimed], [], now=NOON)

    come_back(store, leave(store, ada))
    later = Result(delivery=claimed, state=DeliveryState.QUEUED, code=451, reply="later", after=timedelta(hours=1))
    store.mail.ledger.write([], [later], now=NOON)

    [known] = store.mail.ledger.known("round-1")
    assert DeliveryState.QUEUED == known.state


def test_mails_that_the_operator_recalled_are_not_queued_when_a_subscriber_comes_back(store: Store) -> None:
    collect(store, record("a"))
    ada = add(store, "ada")
    plan(store, begin(store), {ada.number: (1,)})

    before = leave(store, ada)
    store.mail.ledger.cancel(DeliveryKind.ROUND, "round-1", now=NOON)
    store.mail.ledger.orders.record(Order(verb="recall", about="round-1", at=NOON, mails=0))
    come_back(store, before)

    assert 0 == store.mail.ledger.count_due(max_age=timedelta(days=3), now=NOON)


def queued_mail(store: Store, *given: Subscription) -> Subscriber:
    """Return a subscriber with a mail in the queue."""
    collect(store, record("a"))
    ada = add(store, "ada", *given)
    plan(store, begin(store), {ada.number: (1,)})
    return ada


def pause(store: Store, who: Subscriber, until: datetime | None, *, now: datetime = NOON) -> None:
    before = store.people.subscribers.get(who.number)
    assert before is not None
    store.people.subscribers.write(before, replace(before, paused_until=until), now=now)


def test_a_mail_waits_while_its_subscriber_pauses_and_is_not_too_old_then(store: Store) -> None:
    ada = queued_mail(store)
    until = datetime.now(UTC) + timedelta(days=300)

    pause(store, ada, until, now=datetime.now(UTC))

    assert 0 == store.mail.ledger.count_due(max_age=timedelta(days=3), now=datetime.now(UTC))
    assert until == store.mail.ledger.next_due(max_age=timedelta(days=3), now=datetime.now(UTC))
    pause(store, ada, None, now=datetime.now(UTC))
    assert 1 == store.mail.ledger.count_due(max_age=timedelta(days=3), now=datetime.now(UTC))


def test_a_pause_between_claim_and_fence_stops_the_mail(store: Store) -> None:
    ada = queued_mail(store)
    [claimed] = store.mail.ledger.claim(1, max_age=timedelta(days=3), now=NOON)

    pause(store, ada, datetime.now(UTC) + timedelta(days=5))

    assert set() == store.mail.ledger.write([claimed], [], now=NOON)
    assert [] == store.mail.ledger.claim(1, max_age=timedelta(days=3), now=NOON)
    [known] = store.mail.ledger.known("round-1")
    assert (DeliveryState.QUEUED, 0) == (known.state, known.attempts)


def test_a_mail_that_comes_back_in_a_pause_waits_for_its_end(store: Store) -> None:
    ada = queued_mail(store)
    [claimed] = store.mail.ledger.claim(1, max_age=timedelta(days=3), now=NOON)
    assert {claimed.id} == store.mail.ledger.write([claimed], [], now=NOON)
    until = datetime.now(UTC) + timedelta(days=5)
    pause(store, ada, until)
    later = Result(delivery=claimed, state=DeliveryState.QUEUED, code=451, reply="later")
    store.mail.ledger.write([], [later], now=NOON)

    [again] = store.mail.ledger.claim(1, max_age=timedelta(days=3), now=NOON)
    [mail] = store.people.rounds.mails(1, [again.recipient])
    assert until == mail.paused_until
    store.people.rounds.let_wait(again, until, now=NOON)

    assert [] == store.mail.ledger.claim(1, max_age=timedelta(days=3), now=NOON)
    assert set() == store.mail.ledger.write([again], [], now=NOON)


def test_a_subscriber_who_pauses_and_undoes_leaving_gets_his_mail_after_the_pause(store: Store) -> None:
    ada = queued_mail(store)
    until = datetime.now(UTC) + timedelta(days=5)
    pause(store, ada, until)

    come_back(store, leave(store, ada))

    assert until == store.mail.ledger.next_due(max_age=timedelta(days=3), now=NOON)


def test_dropping_a_theme_between_claim_and_fence_makes_the_mail_again(store: Store) -> None:
    queued_mail(store, subscription(1, "asylum"), subscription(2, "borders"))
    [claimed] = store.mail.ledger.claim(1, max_age=timedelta(days=3), now=NOON)
    [before] = store.people.rounds.mails(1, [claimed.recipient])

    drop(store, before.subscriber, "asylum")

    assert set() == store.mail.ledger.write([claimed], [], now=NOON)
    [after] = store.people.rounds.mails(1, [claimed.recipient])
    assert (frozenset(), frozenset({"asylum"})) == (before.left, after.left)
    assert ["borders"] == [theme for theme, *_ in after.follows]
    [again] = store.mail.ledger.claim(1, max_age=timedelta(days=3), now=NOON)
    assert (claimed.id, 1) == (again.id, again.attempts)
    assert {again.id} == store.mail.ledger.write([again], [], now=NOON)


def test_another_language_between_claim_and_fence_makes_the_mail_again(store: Store) -> None:
    ada = queued_mail(store)
    [claimed] = store.mail.ledger.claim(1, max_age=timedelta(days=3), now=NOON)

    store.people.subscribers.write(ada, replace(ada, language="fr"), now=NOON)

    assert set() == store.mail.ledger.write([claimed], [], now=NOON)
    assert [claimed.id] == [each.id for each in store.mail.ledger.claim(1, max_age=timedelta(days=3), now=NOON)]


def drop(store: Store, number: int, theme: str) -> None:
    before = store.people.subscribers.get(number)
    assert before is not None
    its = tuple(
        replace(each, state=SubscriptionState.ENDED, ended_at=NOON, ended_because=EndReason.CHANGED)
        if each.theme == theme
        else each
        for each in before.subscriptions
    )
    store.people.subscribers.write(before, replace(before, subscriptions=its), now=NOON)


def test_the_rest_of_a_round_has_what_was_taken_back_and_nothing_that_was_sent(store: Store) -> None:
    collect(store, record("a"))
    ada, ben = add(store, "ada"), add(store, "ben")
    plan(store, begin(store), {ada.number: (1,), ben.number: (1,)})
    [claimed] = store.mail.ledger.claim(1, max_age=timedelta(days=3), now=NOON)
    store.mail.ledger.write([claimed], [], now=NOON)
    store.mail.ledger.write([], [Result(delivery=claimed, state=DeliveryState.SENT, code=250, reply="taken")], now=NOON)
    store.mail.ledger.cancel(DeliveryKind.ROUND, "round-1", now=NOON)

    assert 1 == store.mail.ledger.send_rest(DeliveryKind.ROUND, "round-1", now=datetime.now(UTC))

    states = [each.state for each in store.mail.ledger.known("round-1")]
    assert [DeliveryState.QUEUED, DeliveryState.SENT] == sorted(states)


def test_the_rest_of_a_round_has_no_mail_that_waits_for_the_end_of_a_pause(store: Store) -> None:
    ada = queued_mail(store)
    until = datetime.now(UTC) + timedelta(days=5)
    pause(store, ada, until)

    assert 0 == store.mail.ledger.send_rest(DeliveryKind.ROUND, "round-1", now=datetime.now(UTC))
    assert until == store.mail.ledger.next_due(max_age=timedelta(days=3), now=NOON)


def test_items_are_new_from_when_they_came_into_a_theme(store: Store) -> None:
    collect(store, record("a", ASYLUM), record("b", BORDERS), record("c", BORDERS))
    revise(store, 1, "About a.", ASYLUM, BORDERS)
    withdraw(store, 3)

    found = {each.number: each.themes for each in store.people.rounds.new_items(0, store.log.end())}

    assert {1: {"asylum": 1, "borders": 4}, 2: {"borders": 2}} == found
    assert [1] == [each.number for each in store.people.rounds.new_items(3, store.log.end())]


def test_an_item_that_comes_back_into_a_theme_is_as_old_as_before(store: Store) -> None:
    collect(store, record("a", ASYLUM))
    begin(store)
    revise(store, 1, "About a.", BORDERS)
    begin(store)
    revise(store, 1, "About a.", ASYLUM, BORDERS)
    revise(store, 1, "About a.", ASYLUM)
    revise(store, 1, "About a.", BORDERS)

    [entry] = store.people.rounds.new_items(0, store.log.end())

    assert ({"borders": 2}, {"asylum": 1}) == (entry.themes, entry.left)
    revise(store, 1, "About a.", ASYLUM)
    [entry] = store.people.rounds.new_items(0, store.log.end())
    assert ({"asylum": 1}, {"borders": 2}) == (entry.themes, entry.left)


def test_a_theme_that_an_item_leaves_before_any_mail_is_forgotten(store: Store) -> None:
    collect(store, record("a", ASYLUM))
    revise(store, 1, "About a.", ASYLUM, BORDERS)
    revise(store, 1, "About a.", ASYLUM)
    revise(store, 1, "About a.", BORDERS)
    begin(store)
    revise(store, 1, "About a.", ASYLUM)

    [entry] = store.people.rounds.new_items(0, store.log.end())

    assert ({"asylum": 5}, {"borders": 4}) == (entry.themes, entry.left)


def test_an_item_that_configuration_moves_or_an_editor_shows_remembers_its_themes(store: Store) -> None:
    collect(store, record("a", ASYLUM))
    revise(store, 1, "About a.", ASYLUM, BORDERS)
    begin(store)
    retheme(store, gathered(QUAYS), now=NOON)
    [entry] = store.people.rounds.new_items(0, store.log.end())
    assert ({"quays": 1}, {"asylum": 1, "borders": 2}) == (entry.themes, entry.left)

    store.hidden.hide(store.items.by_number([1])[0], feeds=[], reason="", now=NOON)
    [hidden] = store.hidden.all()
    store.hidden.show(hidden, gathered(BORDERS), wakes=None, now=NOON)

    [entry] = store.people.rounds.new_items(0, store.log.end())
    assert ({"borders": 2}, {"asylum": 1, "quays": 1}) == (entry.themes, entry.left)


def test_a_renamed_theme_has_its_items_since_they_entered_it(store: Store) -> None:
    """An item that entered a theme late is still new to those who had no mail since."""
    collect(store, record("a", ASYLUM), record("b", ASYLUM))
    revise(store, 1, "About a.", ASYLUM, BORDERS)
    begin(store)

    retheme(store, gathered(ASYLUM, QUAYS), renamed={"borders": "quays"}, now=NOON)

    assert [({"asylum": 1, "quays": 3}, {}), ({"asylum": 2, "quays": 2}, {})] == [
        (each.themes, each.left) for each in store.people.rounds.new_items(0, store.log.end())
    ]


def test_an_item_of_two_themes_that_become_one_is_as_old_as_in_the_first(store: Store) -> None:
    its = (ASYLUM, BORDERS, WORK)
    collect(store, *(record(theme.slug, theme) for theme in its))
    for number in (1, 2, 3):
        revise(store, number, f"About {number}.", *its)

    retheme(store, gathered(QUAYS), renamed={theme.slug: "quays" for theme in its}, now=NOON)

    assert [{"quays": 1}, {"quays": 2}, {"quays": 3}] == [
        each.themes for each in store.people.rounds.new_items(0, store.log.end())
    ]


def test_an_item_that_nobody_has_seen_yet_leaves_no_theme(store: Store) -> None:
    """Nothing refers to it, so it can be dropped."""
    collect(store, record("a", ASYLUM))
    with store.log.open_pass("news") as collecting:
        collecting.wait([(item(), NOON)], now=NOON)
        finish(collecting)
    begin(store)
    for theme in (ASYLUM, BORDERS):
        retheme(store, gathered(theme), now=NOON)

    with store.log.open_pass("news") as collecting:
        collecting.drop_waiting([2])
        finish(collecting)

    assert [1] == [each.number for each in store.items.by_number([1, 2])]


def test_another_configuration_makes_no_item_new(store: Store) -> None:
    collect(store, record("a", ASYLUM), record("b", BORDERS))

    retheme(store, gathered(ASYLUM, BORDERS), now=NOON)

    assert [{"asylum": 1, "borders": 1}, {"asylum": 2, "borders": 2}] == [
        each.themes for each in store.people.rounds.new_items(0, store.log.end())
    ]


def test_ticks_are_kept_by_pace(store: Store) -> None:
    store.people.rounds.note_ticks({"daily": NOON})
    seen = store.people.rounds.last_ticks()
    ticks = {"daily": NOON + timedelta(days=1), "weekly": NOON}
    assert store.people.rounds.begin(("weekly",), ticks, before=seen, upto=0, now=NOON)

    assert ticks == store.people.rounds.last_ticks()


def test_a_round_that_another_process_began_is_not_begun_again(store: Store) -> None:
    store.people.rounds.note_ticks({"daily": NOON})
    seen, ticks = store.people.rounds.last_ticks(), {"daily": NOON + timedelta(days=1)}
    assert store.people.rounds.begin(("daily",), ticks, before=seen, upto=0, now=NOON)

    assert store.people.rounds.begin(("daily",), ticks, before=seen, upto=0, now=NOON) is None

    assert 1 == len(store.people.rounds.unplanned())


@pytest.mark.postgres
def test_two_processes_plan_different_ranges(postgresql_url: str) -> None:
    with Store.open(postgresql_url) as one, Store.open(postgresql_url) as other:
        collect(one, record("a"))
        people = [add(one, f"reader{number}") for number in range(4)]
        round_ = begin(one, size=2)

        with (
            one.people.rounds.open_range(round_, now=NOON) as mine,
            other.people.rounds.open_range(round_, now=NOON) as theirs,
        ):
            assert mine is not None
            assert theirs is not None
            found = [{each.subscriber for each in some.followed(floor=0)} for some in (mine, theirs)]
            # with the same selection, the second process would wait until the first has written its range
            mine.write(dict.fromkeys(found[0], (1,)), [], {}, envelope=ENVELOPE)
            theirs.write(dict.fromkeys(found[1], (1, 2)), [], {}, envelope=ENVELOPE)

        assert {each.number for each in people} == found[0] | found[1]
        assert set() == found[0] & found[1]
        assert one.people.rounds.finish(round_, now=NOON)
        assert 4 == one.mail.ledger.count_due(max_age=timedelta(days=3), now=NOON)


@pytest.mark.postgres
def test_a_subscriber_stored_while_his_range_is_planned_loses_nothing(postgresql_url: str) -> None:
    """The transaction that stores him began first, so his number is below that of a subscriber the round knows."""
    with Store.open(postgresql_url) as store, ExitStack() as planning:
        collect(store, record("a"))
        with store.database.writing_beside() as connection:
            number = insert_subscriber(connection, reader("late"), now=NOON)
            write_subscriptions(connection, number, (), [subscription(cursor=1)])
            ada = add(store, "ada")
            collect(store, record("b"))
            range_pass = planning.enter_context(store.people.rounds.open_range(begin(store, size=10), now=NOON))
            assert range_pass is not None
            assert [ada.number] == [each.subscriber for each in range_pass.followed(floor=0)]

        range_pass.write({}, [], {}, envelope=ENVELOPE)
        planning.close()

        assert number < ada.number
        assert [[1], [2]] == [cursors(store, each) for each in (number, ada.number)]
