"""What happened to one subscriber, as the store tells it, in both databases."""

from publisher.model.bounces import BounceKind, BounceRow
from publisher.model.deliveries import DeliveryState
from publisher.store import Store
from tests.contract.stories import ASYLUM, BORDERS, NOON, collect, record, revise
from tests.contract.test_store_rounds import add, begin, plan


def bounce(mark: str, recipient: str) -> BounceRow:
    return BounceRow(
        mark=mark, at=NOON, kind=BounceKind.FAILED, name="", recipient=recipient, token="", status="5.1.1", words="no"
    )


def test_a_subscribers_mails_deliveries_and_bounces_are_his_alone(store: Store) -> None:
    ada, ben = add(store, "ada"), add(store, "ben")
    collect(store, record("a"), record("b"))
    first = begin(store)
    plan(store, first, {ada.number: (1,), ben.number: (1, 2)})
    second = begin(store)
    plan(store, second, {ada.number: (2,)})
    for row in (bounce("one", ada.address), bounce("two", ben.address)):
        store.mail.bounces.record(row)

    mails = store.people.histories.mails(ada.number)
    assert [(first, (1,)), (second, (2,))] == [(each.round, each.items) for each in mails]
    sent = store.people.histories.deliveries(ada.address)
    assert [(first.name, DeliveryState.QUEUED), (second.name, DeliveryState.QUEUED)] == [
        (each.name, each.state) for each in sent
    ]
    assert ["one"] == [row.mark for row in store.people.histories.bounces(ada.number)]
    assert [] == store.people.histories.bounces(99)


def test_an_items_entry_says_when_it_came_into_each_theme(store: Store) -> None:
    collect(store, record("a", BORDERS), record("b", BORDERS))
    revise(store, 1, "About a.", BORDERS, ASYLUM)
    end = store.log.end()

    entry = store.people.histories.entry(1, 1, upto=end)

    assert entry is not None
    assert (1, 1, {"borders": 1, "asylum": end}) == (entry.number, entry.added_seq, entry.themes)
    assert store.people.histories.entry(9, 1, upto=end) is None
