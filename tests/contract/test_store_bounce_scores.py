"""Bounce scores of subscribers, refusals and probes in the store, in both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert

from publisher.model.bounces import BounceKind, BounceRow, BounceScore
from publisher.model.deliveries import DeliveryState, Result
from publisher.model.errors import OutrunError
from publisher.model.subscribers import Subscriber
from publisher.store import Store
from publisher.store.bounce_scores import new_mark, probe_name
from publisher.store.bounces import keep_bounce
from publisher.store.mail_schema import mailboxes
from publisher.store.people import Marked, Suspended
from tests.contract.stories import NOON, collect, record
from tests.contract.test_store_rounds import add, begin, plan
from tests.contract.test_store_subscribers import DAY, MAX_AGE, letter

ONE = BounceScore(points=1, last_at=NOON)
GONE = BounceScore(points=5, last_at=NOON, suspended_at=NOON)


def came_back(mark: str) -> BounceRow:
    return BounceRow(
        mark=mark, at=NOON, kind=BounceKind.FAILED, name="", recipient="", token="", status="5.1.1", words=""
    )


def refuse_all(store: Store, *, now: datetime = NOON) -> None:
    claimed = store.mail.ledger.claim(10, max_age=MAX_AGE, now=now)
    refused = [Result(delivery=each, state=DeliveryState.REFUSED, code=550, reply="550 5.1.1 no") for each in claimed]
    for _ in range(2):  # the second time the claim has ended
        store.mail.ledger.write([], refused, now=now)


@pytest.fixture
def ada(store: Store) -> Subscriber:
    collect(store, record("a"))
    return add(store, "ada")


def test_a_report_is_kept_with_its_score_once(store: Store, ada: Subscriber) -> None:
    scores = store.people.bounce_scores

    assert scores.count_report(came_back("one"), ada.number, before=None, after=ONE)
    assert not scores.count_report(came_back("one"), ada.number, before=ONE, after=GONE)
    assert scores.count_report(came_back("two"), ada.number, before=ONE, after=GONE)

    assert GONE == scores.get(ada.number)
    assert {ada.number: GONE} == scores.all()
    assert 1 == scores.count_suspended()
    assert store.mail.bounces.is_known("two")
    assert not store.mail.bounces.is_known("three")


@pytest.mark.postgres
def test_a_report_that_two_processes_read_at_once_is_recorded_once(postgresql_url: str) -> None:
    """Both read the same mailbox."""
    with Store.open(postgresql_url) as one, Store.open(postgresql_url) as other, ThreadPoolExecutor(1) as thread:
        with one.database.writing_beside() as connection:
            assert keep_bounce(connection, came_back("one"))
            theirs = thread.submit(other.mail.bounces.record, came_back("one"))
            with pytest.raises(TimeoutError):
                theirs.result(0.5)  # it waits for the first to commit

        assert not theirs.result()


@pytest.mark.postgres
def test_two_processes_may_read_a_mailbox_for_the_first_time_at_once(postgresql_url: str) -> None:
    with Store.open(postgresql_url) as one, Store.open(postgresql_url) as other, ThreadPoolExecutor(1) as thread:
        with one.database.writing_beside() as connection:
            connection.execute(insert(mailboxes).values(place="imap", validity="1", last=7))
            theirs = thread.submit(other.mail.bounces.note_read, "imap", "1", 8)
            with pytest.raises(TimeoutError):
                theirs.result(0.5)  # it waits for the first to commit

        theirs.result()
        assert 8 == one.mail.bounces.read_up_to("imap", "1")


def test_of_two_reports_at_once_one_is_decided_again(store: Store, ada: Subscriber) -> None:
    store.people.bounce_scores.count_report(came_back("one"), ada.number, before=None, after=ONE)

    with pytest.raises(OutrunError):
        store.people.bounce_scores.count_report(came_back("two"), ada.number, before=None, after=GONE)

    assert ONE == store.people.bounce_scores.get(ada.number)
    assert not store.mail.bounces.is_known("two")


def test_a_suspended_subscriber_is_not_due_and_keeps_his_cursor(store: Store, ada: Subscriber) -> None:
    ben = add(store, "ben")
    store.people.bounce_scores.count_report(came_back("one"), ada.number, before=None, after=GONE)

    found = plan(store, begin(store), {})

    assert [[(ben.number, "*", 1)]] == found
    again = store.people.subscribers.get(ada.number)
    assert again is not None
    assert ada.active[0].cursor == again.active[0].cursor


def test_a_refusal_of_a_subscribers_mail_waits_until_it_is_counted(store: Store, ada: Subscriber) -> None:
    plan(store, begin(store), {ada.number: (1,)})
    refuse_all(store)

    [refusal] = store.people.bounce_scores.refusals()
    assert ("ada@example.org", 550, "550 5.1.1 no") == (refusal.address, refusal.code, refusal.reply)
    counted = [store.people.bounce_scores.count_refusal(refusal, ada.number, before=None, after=GONE) for _ in range(2)]

    assert [True, False] == counted
    assert [] == store.people.bounce_scores.refusals()
    assert GONE == store.people.bounce_scores.get(ada.number)


def test_a_probe_gives_a_new_mark_and_is_found_by_it(store: Store, ada: Subscriber) -> None:
    scores, old, new = store.people.bounce_scores, store.people.bounce_scores.mark_of(ada.number), new_mark()
    scores.count_report(came_back("one"), ada.number, before=None, after=GONE)
    probe = letter(probe_name(new))

    assert not scores.begin_probe(ada.number, ONE, probe, mark=new, now=NOON + DAY)
    assert scores.begin_probe(ada.number, GONE, probe, mark=new, now=NOON + DAY)

    assert Marked(subscriber=ada.number, is_former=True) == scores.holder_of(old)
    assert Marked(subscriber=ada.number, is_former=False) == scores.holder_of(new)
    assert scores.holder_of(new_mark()) is None
    assert Marked(subscriber=ada.number, is_former=True) == scores.marked(ada.number)
    probed = BounceScore(points=5, last_at=NOON, suspended_at=NOON, probed_at=NOON + DAY)
    waits = Suspended(subscriber=ada.number, score=probed, probe=DeliveryState.QUEUED, probe_sent_at=None)
    assert [waits] == scores.suspended(before=NOON)
    assert [] == scores.suspended(before=NOON - timedelta(seconds=1))

    refuse_all(store, now=NOON + DAY)
    assert [each.probe for each in scores.suspended(before=NOON)] == [DeliveryState.REFUSED]
    assert 1 == len(scores.refusals())


def test_a_forgotten_score_leaves_a_new_mark(store: Store, ada: Subscriber) -> None:
    old = store.people.bounce_scores.mark_of(ada.number)
    store.people.bounce_scores.count_report(came_back("one"), ada.number, before=None, after=GONE)

    assert [True, False] == [store.people.bounce_scores.forget(ada.number, now=NOON) for _ in range(2)]

    assert store.people.bounce_scores.get(ada.number) is None
    assert Marked(subscriber=ada.number, is_former=True) == store.people.bounce_scores.holder_of(old)
    assert old != store.people.bounce_scores.mark_of(ada.number)
