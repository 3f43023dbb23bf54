"""A restored store learns from the file of departures who left, was suppressed or was erased since the backup."""

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from publisher.model.departures import SuppressionKind
from publisher.model.errors import StoreError
from publisher.model.subscribers import Consent, ConsentKind, EndReason, Subscriber
from publisher.store import Store
from publisher.store.address_key import AddressKey
from publisher.store.replay import Repeated
from publisher.subscribers.choose import choose, leave, undo
from tests.contract.stories import NOON, collect, record
from tests.contract.test_store_rounds import add, begin, plan
from tests.contract.test_store_subscribers import MAX_AGE, ask
from tests.databases import empty_sqlite

HOUR = timedelta(hours=1)
LATER, LATEST = NOON + HOUR, NOON + 2 * HOUR


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an empty store."""
    (tmp_path / "publisher.db").write_bytes(empty_sqlite())
    return tmp_path


@pytest.fixture
def people(folder: Path) -> list[Subscriber]:
    """Four subscribers, each with a waiting mail, in a store that is then backed up."""
    with opened(folder) as store:
        collect(store, record("a"))
        found = [add(store, name) for name in ("ada", "ben", "cy", "di")]
        plan(store, begin(store), {each.number: (1,) for each in found})
        found = next(store.people.subscribers.all())
    shutil.copy(folder / "publisher.db", folder / "backup.db")
    return found


def opened(folder: Path) -> Store:
    return Store.open(f"sqlite:///{folder / 'publisher.db'}")


def put_back(folder: Path) -> None:
    """Restore the store from its backup by copying the file, without the program."""
    (folder / "publisher.db-wal").unlink(missing_ok=True)
    shutil.copy(folder / "backup.db", folder / "publisher.db")


def leaves(store: Store, who: Subscriber, *, at: datetime = LATER) -> Subscriber:
    after = replace(who, subscriptions=leave(who.subscriptions, EndReason.UNSUBSCRIBED, now=at))
    return store.people.subscribers.write(who, after, now=at) or after


def following(store: Store) -> list[str]:
    return [each.address for some in store.people.subscribers.all() for each in some if each.active]


def waiting(store: Store) -> list[str]:
    return [each.recipient for each in store.mail.ledger.due(max_age=MAX_AGE, now=LATEST)]


def test_opening_an_older_store_repeats_what_it_does_not_know(folder: Path, people: list[Subscriber]) -> None:
    with opened(folder) as store:
        leaves(store, people[0])
        store.people.subscribers.erase(people[1].address, now=LATER)
        store.people.suppressions.add(people[2].address, SuppressionKind.COMPLAINT, now=LATER)
    put_back(folder)

    with opened(folder) as store:
        assert [people[2].address, people[3].address] == following(store) == waiting(store)
        assert store.people.subscribers.by_address(people[1].address) is None
        assert [SuppressionKind.COMPLAINT] == [each.kind for each in store.people.suppressions.of(people[2].address)]
        left = store.people.subscribers.by_address(people[0].address)
        assert left is not None
        assert [LATER] == [each.ended_at for each in left.subscriptions]
        assert 1 == store.people.retention.forget(now=LATER + timedelta(days=29)).ended


def test_a_file_that_was_lost_and_begun_anew_is_repeated_whole(folder: Path, people: list[Subscriber]) -> None:
    """The older store expects a longer file."""
    ada, ben, cy, di = people
    with opened(folder) as store:
        leaves(store, ada)
        leaves(store, cy)
    shutil.copy(folder / "publisher.db", folder / "backup.db")
    (folder / "publisher.db.departures").unlink()
    with opened(folder) as store:
        leaves(store, ben)
    put_back(folder)

    with opened(folder) as store:
        assert [di.address] == following(store)


def test_a_subscriber_who_came_back_after_leaving_stays_subscribed(folder: Path, people: list[Subscriber]) -> None:
    """This holds even if he came back before the backup, or undid that he left."""
    with opened(folder) as store:
        left = leaves(store, people[0])
        again = choose(left.subscriptions, {"*": "daily"}, log_end=1, now=LATEST)
        store.people.subscribers.write(left, replace(left, subscriptions=again), now=LATEST)
        left = leaves(store, people[1])
        store.people.subscribers.write(
            left, replace(left, subscriptions=undo(left.subscriptions, now=LATEST)), now=LATEST
        )
        store.people.subscribers.erase(people[2].address, now=LATER)
        add_again(store, people[2])
        assert Repeated() == store.repeat_departures()
        assert people[2].address in following(store)
        assert 4 == len(following(store))


def add_again(store: Store, who: Subscriber) -> None:
    since = [replace(each, since=LATEST) for each in who.subscriptions]
    store.people.subscribers.write(None, replace(who, number=0, since=LATEST, subscriptions=tuple(since)), now=LATEST)


def test_an_unconfirmed_person_erased_since_stays_erased(folder: Path, people: list[Subscriber]) -> None:
    with opened(folder) as store:
        store.people.subscribers.erase(people[0].address, now=NOON)
        ask(store, "confirm-one")
    shutil.copy(folder / "publisher.db", folder / "backup.db")
    with opened(folder) as store:
        store.people.subscribers.erase(people[0].address, now=LATER)
    put_back(folder)

    with opened(folder) as store:
        assert store.people.subscribers.link("confirm-one") is None


def test_each_subscriber_gets_back_his_end_and_its_date(folder: Path, people: list[Subscriber]) -> None:
    """Everything is repeated in one pass: two subscribers left at different times, one was erased, and one left and
    came back.
    """
    ada, ben, cy, di = people
    with opened(folder) as store:
        leaves(store, ada)
        leaves(store, ben, at=LATEST)
        store.people.subscribers.erase(cy.address, now=LATER)
        left = leaves(store, di)
        back = choose(left.subscriptions, {"*": "daily"}, log_end=1, now=LATEST)
        store.people.subscribers.write(left, replace(left, subscriptions=back), now=LATEST)
    (folder / "publisher.db.departures").rename(folder / "elsewhere")
    put_back(folder)

    with opened(folder) as store:
        (folder / "elsewhere").rename(folder / "publisher.db.departures")
        assert Repeated(left=2, erased=1) == store.repeat_departures()
        assert Repeated() == store.repeat_departures()

        found = {
            each.address: each.subscriptions[0].ended_at for some in store.people.subscribers.all() for each in some
        }
        assert {ada.address: LATER, ben.address: LATEST, di.address: None} == found
        assert [di.address] == waiting(store)


def test_repeating_the_whole_file_changes_nothing_more(folder: Path, people: list[Subscriber]) -> None:
    with opened(folder) as store:
        leaves(store, people[0])
        store.people.subscribers.erase(people[1].address, now=LATER)
        store.people.suppressions.add(people[2].address, SuppressionKind.BOUNCES, now=LATER)
    put_back(folder)
    (folder / "publisher.db.departures").rename(folder / "elsewhere")

    with opened(folder) as store:
        assert 4 == len(following(store)), "without the file nobody knows"
    (folder / "elsewhere").rename(folder / "publisher.db.departures")
    with opened(folder) as store:
        assert 2 == len(following(store))
        assert Repeated() == store.repeat_departures()


def lose(folder: Path) -> None:
    """Remove the store, and SQLite's files beside it."""
    for ending in ("", "-wal", "-shm"):
        (folder / f"publisher.db{ending}").unlink(missing_ok=True)


def newcomer(address: str) -> tuple[Subscriber, Consent]:
    consent = Consent(kind=ConsentKind.OPERATOR, at=NOON, language="en", choices={"*": "daily"}, words="On paper")
    subs = choose((), consent.choices, log_end=0, now=NOON)
    return Subscriber(number=0, address=address, language="en", since=NOON, subscriptions=subs), consent


def bring_in(store: Store, people: list[Subscriber], *, at: datetime = LATEST) -> list[str]:
    """Import people; return the addresses of those who are left out."""
    new = [newcomer(each.address) for each in people]
    return [*store.people.subscribers.add_new(new, gone=store.people.subscribers.gone(), now=at)]


def test_why_each_subscriber_left_is_known_again(folder: Path, people: list[Subscriber]) -> None:
    reasons = (EndReason.UNSUBSCRIBED, EndReason.OPERATOR, EndReason.COMPLAINED, EndReason.BOUNCED)
    with opened(folder) as store:
        for who, because in zip(people, reasons, strict=True):
            after = replace(who, subscriptions=leave(who.subscriptions, because, now=LATER))
            store.people.subscribers.write(who, after, now=LATER)
    put_back(folder)

    with opened(folder) as store:
        found = next(store.people.subscribers.all())
        assert [(each,) for each in reasons] == [tuple(sub.ended_because for sub in who.subscriptions) for who in found]


def test_a_new_store_knows_who_left(folder: Path, people: list[Subscriber]) -> None:
    ada, ben, cy, di = people
    with opened(folder) as store:
        leaves(store, ada)
        store.people.subscribers.erase(ben.address, now=LATER)
        store.people.suppressions.add(cy.address, SuppressionKind.COMPLAINT, now=LATER)
    lose(folder)

    with Store.rehearse(f"sqlite:///{folder / 'publisher.db'}") as rehearsal:
        assert {cy.address, ada.address, ben.address} == {*bring_in(rehearsal, people)}
    assert not (folder / "publisher.db").exists()

    with opened(folder) as store:
        assert [SuppressionKind.COMPLAINT] == [each.kind for each in store.people.suppressions.of(cy.address)]
        assert {cy.address, ada.address, ben.address} == {*bring_in(store, people)}
        assert [di.address] == following(store)
        add_again(store, ada)
        store.people.subscribers.erase(ada.address, now=LATEST)
        assert ada.address in bring_in(store, people)


def test_a_file_of_another_store_is_refused_before_anybody_comes_in(folder: Path, people: list[Subscriber]) -> None:
    """Without the key of that store, nobody can find out from the file who left."""
    with opened(folder) as store:
        leaves(store, people[0])
    lose(folder)
    departures, key = folder / "publisher.db.departures", folder / "publisher.db.key"
    aside = key.rename(folder / "aside")
    refused = f"departures {departures}: another store wrote it"

    with pytest.raises(StoreError, match=refused):
        opened(folder)
    departures.rename(folder / "elsewhere")
    with opened(folder) as store:
        for each in people:
            store.people.suppressions.add(each.address, SuppressionKind.OPERATOR, now=LATER)
        (folder / "elsewhere").replace(departures)
        with pytest.raises(StoreError, match=refused):
            bring_in(store, people)

    lose(folder)
    aside.rename(key)
    with opened(folder) as store:
        assert [people[0].address] == bring_in(store, people)


def test_a_subscriber_who_left_is_not_imported_even_if_only_his_departure_is_known(
    folder: Path, people: list[Subscriber]
) -> None:
    """This holds even if the line about him is not in the file of departures yet. Once he has come back himself, he can
    be imported again.
    """
    late = LATER + timedelta(days=29)
    with opened(folder) as store:
        leaves(store, people[0])
        store.people.retention.forget(now=late)
        assert [people[0].address] == bring_in(store, people[:1])
        aside = (folder / "publisher.db.departures").rename(folder / "aside")
        (folder / "publisher.db.departures").mkdir()
        store.people.subscribers.erase(people[1].address, now=late)
        (folder / "publisher.db.departures").rmdir()
        aside.rename(folder / "publisher.db.departures")
        assert [people[1].address] == bring_in(store, people[1:2])
        add_again(store, people[1])
        store.people.subscribers.erase(people[2].address, now=late)
        assert [people[1].address] == [
            each
            for each, follows in store.people.subscribers.known(
                [people[1].address, people[2].address], gone=store.people.subscribers.gone()
            ).items()
            if follows
        ]


def test_a_crash_between_the_line_and_its_commit_is_repaired_by_the_next_opening(
    folder: Path, people: list[Subscriber]
) -> None:
    """The line in the file of departures counts: the subscriber has pressed the button, and wants no more mails."""
    with opened(folder) as store:
        mark = store.people.suppressions.mark_of(people[0].address)
        with store.database.reading() as connection:
            key = AddressKey.of(connection).name
    line = f'{{"at":"{LATER.isoformat()}","key":"{key}","kind":"left","mark":"{mark}"}}\n'
    with (folder / "publisher.db.departures").open("a", encoding="utf-8") as file:
        file.write(line)

    with opened(folder) as store:
        assert 3 == len(following(store))
