"""After a restore: what every store does until the operator has said what went out."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from publisher.model.deliveries import DeliveryKind, DeliveryState, NewDelivery
from publisher.model.editions import REVIEW, Edition, Notice
from publisher.model.site import Mailbox
from publisher.store import Store
from publisher.store.notices import KEPT
from publisher.store.schema import notices
from publisher.store.settlement import Settlement
from tests.contract.stories import NOON, collect, due, numbers_of, record

LATER = NOON + timedelta(days=1)
MAX_AGE = timedelta(days=3650)
LEASE = timedelta(days=3)


def delivery(name: str) -> NewDelivery:
    return NewDelivery(
        kind=DeliveryKind.EDITION,
        name=name,
        recipient="readers@example.org",
        sender="news@example.org",
        message_id=f"<{name}@example.org>",
        dated=NOON,
    )


def compose(store: Store, *, is_written: bool = True) -> Edition:
    edition = due(store)
    store.editions.record(edition, start=0, tick=None)
    if is_written:
        store.editions.mark_written("weekly", edition.number, at=NOON, deliveries=[delivery(edition.name)])
    return edition


def settle(store: Store, *, sent_up_to: int, last_number: int, **more: object) -> None:
    values = {"audience": "weekly", "start": 0, "last_tick": None} | more
    settlement = Settlement(sent_up_to=sent_up_to, last_number=last_number, **values)  # type: ignore[arg-type]
    store.settlements.settle([settlement], audiences_of_site=["weekly"], now=LATER)


def states(store: Store, *names: str) -> list[tuple[int, int, int, int]]:
    found = store.mail.ledger.counts(names, max_age=MAX_AGE, now=LATER)
    return [(each.queued, each.held, each.sent, each.doubtful) for each in (found[name] for name in names)]


def test_a_store_that_was_not_put_back_waits_for_nobody(store: Store) -> None:
    assert store.restorations.current() is None


def test_mails_wait_and_one_that_was_on_its_way_is_doubtful(store: Store) -> None:
    for name in ("a", "b"):
        collect(store, record(name))
        compose(store)
    [first, _] = store.mail.ledger.claim(2, max_age=MAX_AGE, now=NOON, lease=LEASE)
    store.mail.ledger.write([first], [], now=NOON, lease=LEASE)

    store.settlements.begin(taken_at=NOON, at=LATER)

    found = store.restorations.current()
    assert found
    assert (found.taken_at, found.restored_at, found.log_end, found.answered) == (NOON, LATER, 2, ())
    assert found.holds("weekly")
    assert 0 == store.mail.ledger.count_due(max_age=MAX_AGE, now=LATER)
    assert [(0, 1, 0, 1), (0, 1, 0, 0)] == states(store, "weekly-1", "weekly-2")

    settle(store, sent_up_to=1, last_number=2)

    assert store.restorations.current() is None
    assert [(0, 0, 1, 1), (1, 0, 0, 0)] == states(store, "weekly-1", "weekly-2")
    [second] = store.mail.ledger.claim(2, max_age=MAX_AGE, now=LATER, lease=LEASE)
    assert (second.name, DeliveryState.SENT) == ("weekly-2", DeliveryState("sent"))


def test_sent_items_collected_before_or_after_are_never_due_again(store: Store) -> None:
    collect(store, record("a"), record("b"))
    store.settlements.begin(taken_at=None, at=LATER)

    settle(store, sent_up_to=4, last_number=6, had=frozenset({record("a").uid, record("c").path}))
    collect(store, record("c"), record("d"))

    edition = compose(store)
    assert (7, [2, 4]) == (edition.number, numbers_of(edition.records))


def test_an_edition_that_went_out_otherwise_than_recorded_gives_back_what_it_had_not(store: Store) -> None:
    collect(store, record("a"), record("b"), record("c"))
    compose(store, is_written=False)
    store.settlements.begin(taken_at=NOON, at=LATER)

    settle(store, sent_up_to=1, last_number=1, in_outbox={1: frozenset({record("a").uid, record("c").uid})})

    assert [] == store.editions.unwritten()
    assert [1, 3] == numbers_of(store.editions.get("weekly", 1).records)  # type: ignore[union-attr]
    edition = compose(store)
    assert (2, [2]) == (edition.number, numbers_of(edition.records))


def test_one_that_did_not_go_out_and_is_in_the_outbox_is_queued(store: Store) -> None:
    collect(store, record("a"))
    compose(store, is_written=False)
    store.settlements.begin(taken_at=NOON, at=LATER)

    settle(
        store,
        sent_up_to=0,
        last_number=1,
        in_outbox={1: frozenset({record("a").uid})},
        deliveries=(delivery("weekly-1"),),
    )

    assert [] == store.editions.unwritten()
    assert ["weekly-1"] == [each.name for each in store.mail.ledger.due(max_age=MAX_AGE, now=LATER)]


def test_an_audience_that_waits_is_asked_until_all_are_settled(store: Store) -> None:
    store.settlements.begin(taken_at=None, at=LATER)
    names = ["weekly", "daily"]
    settlement = Settlement(audience="daily", sent_up_to=2, last_number=2, start=0, last_tick=NOON)

    store.settlements.settle([settlement], audiences_of_site=names, now=LATER)

    found = store.restorations.current()
    assert found
    assert (found.holds("weekly"), found.holds("daily")) == (True, False)
    state = store.editions.audience("daily")
    assert state
    assert (state.last_number, state.last_tick, state.cursor) == (2, NOON, 0)


def test_notices_go_on_above_those_that_the_store_forgot(store: Store) -> None:
    notice = Notice(
        about="news",
        kind="failing",
        at=NOON,
        to=Mailbox(address="operator@example.org"),
        language="en",
        subject="News",
        text="It fails.",
    )
    assert [1] == numbers_of(store.notices.record([notice], told={}))
    assert [8] == numbers_of(store.notices.record([notice], told={}, above=7))
    assert [9] == numbers_of(store.notices.record([notice], told={}, above=7))


def test_old_notices_are_forgotten_but_not_those_that_wait_or_tell_of_what_is_held(store: Store) -> None:
    collect(store)
    held = replace(due(store), held_until=LATER)
    store.editions.record(held, start=0, tick=None)
    notice = Notice(
        about="news", kind="failing", at=NOON, to=Mailbox(address="a@example.org"), language="en", subject="", text=""
    )
    review = replace(notice, about=held.name, kind=REVIEW)
    waits, *written = store.notices.record([notice, review, *[notice] * KEPT], told={})
    for each in written:
        store.notices.mark_written(each.number, at=NOON)

    store.notices.record([notice], told={})
    (last,) = store.notices.record([notice], told={})

    with store.database.reading() as connection:
        kept = connection.execute(select(notices.c.number).order_by(notices.c.number)).scalars().all()
    assert [waits.number, review_number := waits.number + 1, *range(review_number + 3, last.number + 1)] == kept
    assert NOON == store.notices.last_at(held.name, REVIEW)
