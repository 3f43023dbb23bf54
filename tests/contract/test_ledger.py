"""What every store promises about its ledger, the record of mails to send."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from publisher.model.deliveries import Delivery, DeliveryKind, DeliveryState, Letter, NewDelivery, Rank, Result
from publisher.model.errors import BusyError
from publisher.store import Store
from tests.contract.stories import NOON, collect, due, queue_letters, record

MAX_AGE = timedelta(days=3)
GONE = timedelta(0)
"""A lease that has ended at once, as that of a process that was suspended for longer than its lease."""
SECOND = timedelta(seconds=1)


def new(number: int = 1, *, name: str = "weekly-1") -> NewDelivery:
    return NewDelivery(
        kind=DeliveryKind.EDITION,
        name=name,
        recipient=f"reader{number}@example.org",
        sender="news@example.org",
        message_id=f"<{name}.{number}@example.org>",
        dated=NOON,
    )


def queue(store: Store, *numbers: int) -> None:
    store.mail.ledger.queue([new(number) for number in numbers or (1,)], now=NOON)


def claim(store: Store, limit: int = 10, *, at: datetime = NOON, lease: timedelta = MAX_AGE) -> list[Delivery]:
    return store.mail.ledger.claim(limit, max_age=MAX_AGE, now=at, lease=lease)


def claim_one(store: Store, **values: timedelta) -> Delivery:
    [delivery] = claim(store, **values)  # type: ignore[arg-type]  # only a lease is given
    return delivery


def fence(store: Store, *deliveries: Delivery, lease: timedelta = MAX_AGE) -> set[int]:
    return store.mail.ledger.write(deliveries, [], now=NOON, lease=lease)


def note(store: Store, delivery: Delivery, state: DeliveryState, **values: object) -> None:
    result = Result(delivery=delivery, state=state, reply="said", **values)  # type: ignore[arg-type]
    store.mail.ledger.write([], [result], now=NOON)


def counts(store: Store, name: str = "weekly-1") -> dict[str, int]:
    found = store.mail.ledger.counts([name], max_age=MAX_AGE, now=NOON)[name]
    known = {
        each: getattr(found, each) for each in ("queued", "later", "sent", "refused", "held", "cancelled", "doubtful")
    }
    return {each: count for each, count in known.items() if count}


class TestQueue:
    def test_a_delivery_is_queued_once(self, store: Store) -> None:
        assert 2 == store.mail.ledger.queue([new(1), new(2)], now=NOON)
        assert 1 == store.mail.ledger.queue([new(3)], now=NOON)

        assert [1, 2, 3] == [int(each.recipient[6]) for each in claim(store)]
        assert [] == claim(store)

    def test_a_sent_or_refused_delivery_is_not_queued_again(self, store: Store) -> None:
        queue(store, 1, 2)
        for delivery, state in zip(claim(store), (DeliveryState.SENT, DeliveryState.REFUSED), strict=True):
            note(store, delivery, state)

        assert 0 == store.mail.ledger.queue([new(1), new(2)], now=NOON)

        assert ([], {"sent": 1, "refused": 1}) == (claim(store), counts(store))

    def test_an_edition_is_queued_when_it_is_noted_as_written_and_then_only(self, store: Store) -> None:
        collect(store, record("a"))
        edition = due(store)
        store.editions.record(edition, start=0, tick=None)
        for _ in range(2):
            store.editions.mark_written("weekly", 1, at=NOON, deliveries=[new()])
        assert {"queued": 1} == counts(store)

        collect(store, record("b"))
        store.editions.record(due(store), start=0, tick=None)
        store.editions.mark_written("weekly", 2, at=NOON)
        store.editions.mark_written("weekly", 2, at=NOON, deliveries=[new(name="weekly-2")])
        assert ["weekly-1"] == store.mail.ledger.unfinished()

    def test_the_identity_of_a_delivery_never_changes(self, store: Store) -> None:
        queue(store)
        store.mail.ledger.queue([replace(new(), message_id="<other@example.org>", dated=NOON + SECOND)], now=NOON)

        delivery = claim_one(store)
        note(store, delivery, DeliveryState.QUEUED)
        again = claim_one(store)

        assert (new().message_id, NOON) == (delivery.message_id, delivery.dated) == (again.message_id, again.dated)


class TestClaim:
    def test_the_longest_waiting_goes_first_and_an_attempt_is_counted_before_it_is_made(self, store: Store) -> None:
        for number in (1, 2, 3):
            queue(store, number)

        first, second = claim(store, 1), claim(store, 5)

        assert [1, 2, 3] == [int(each.recipient[6]) for each in (*first, *second)]
        assert [(1, 1, 0)] * 3 == [(each.epoch, each.attempts, each.doubts) for each in (*first, *second)]

    def test_a_claim_whose_lease_is_over_is_claimed_again(self, store: Store) -> None:
        queue(store)
        claim_one(store, lease=GONE)

        again = claim_one(store)

        assert (2, 2, 0) == (again.epoch, again.attempts, again.doubts)
        assert {"queued": 1} == counts(store)

    def test_a_postponed_delivery_is_not_due_yet(self, store: Store) -> None:
        queue(store)
        note(store, claim_one(store), DeliveryState.QUEUED, after=timedelta(hours=1))

        assert ([], 0, []) == (
            claim(store),
            store.mail.ledger.count_due(max_age=MAX_AGE, now=NOON),
            store.mail.ledger.due(max_age=MAX_AGE, now=NOON),
        )
        assert {"later": 1} == counts(store)
        assert store.mail.ledger.next_due(max_age=MAX_AGE, now=NOON) is not None

    def test_an_attempt_in_which_the_recipient_had_no_part_does_not_count(self, store: Store) -> None:
        queue(store)
        for _ in range(3):
            note(store, claim_one(store), DeliveryState.QUEUED, is_attempt=False)

        assert 1 == claim_one(store).attempts

    def test_a_delivery_that_waited_too_long_is_held_until_it_is_queued_again(self, store: Store) -> None:
        queue(store)
        assert [] == store.mail.ledger.claim(10, max_age=GONE, now=NOON)
        assert 0 == store.mail.ledger.count_due(max_age=GONE, now=NOON)
        assert 1 == store.mail.ledger.counts(["weekly-1"], max_age=GONE, now=NOON)["weekly-1"].held

        assert 1 == store.mail.ledger.queue([new()], now=NOON)

        assert 1 == len(claim(store))


class TestFence:
    def test_each_claim_has_a_fence_of_its_own(self, store: Store) -> None:
        queue(store, 1, 2, 3)
        lost, first = claim(store, 2, lease=GONE)
        [again, second, third] = claim(store)
        assert lost.id == again.id

        assert {second.id, third.id} == fence(store, lost, second, third)
        assert set() == fence(store, lost, first)
        assert {again.id} == fence(store, again)

    def test_a_process_that_slept_beyond_its_lease_sends_nothing(self, store: Store) -> None:
        queue(store)
        asleep = claim_one(store, lease=GONE)

        assert set() == fence(store, asleep)

    def test_a_delivery_taken_over_by_another_process_is_not_fenced_or_settled_by_the_first(self, store: Store) -> None:
        queue(store)
        asleep = claim_one(store, lease=GONE)
        awake = claim_one(store)

        assert set() == fence(store, asleep)
        note(store, asleep, DeliveryState.REFUSED)
        assert {"queued": 1} == counts(store)
        assert {awake.id} == fence(store, awake)
        note(store, awake, DeliveryState.SENT)
        note(store, asleep, DeliveryState.QUEUED)
        assert {"sent": 1} == counts(store)

    def test_a_process_that_dies_after_the_fence_leaves_a_named_doubt(self, store: Store) -> None:
        queue(store)
        dead = claim_one(store)
        fence(store, dead, lease=GONE)
        assert {"queued": 1, "doubtful": 1} == counts(store)

        again = claim_one(store)

        assert (2, 1, dead.message_id, dead.dated) == (again.epoch, again.doubts, again.message_id, again.dated)
        fence(store, again)
        note(store, again, DeliveryState.SENT)
        assert {"sent": 1, "doubtful": 1} == counts(store)

    def test_silence_after_the_fence_is_a_doubt(self, store: Store) -> None:
        queue(store)
        delivery = claim_one(store)
        fence(store, delivery)
        note(store, delivery, DeliveryState.QUEUED, is_doubtful=True)

        assert 1 == claim_one(store).doubts

    def test_fences_and_results_share_a_transaction(self, store: Store) -> None:
        queue(store, 1, 2, 3)
        first, second, third = claim(store)
        fence(store, first, second)
        results = [
            Result(delivery=first, state=DeliveryState.SENT, code=250, reply="250 ok"),
            Result(delivery=second, state=DeliveryState.REFUSED, code=550, reply="550 5.1.1 no"),
        ]

        assert {third.id} == store.mail.ledger.write([third], results, now=NOON)

        found = store.mail.ledger.counts(["weekly-1"], max_age=MAX_AGE, now=NOON)["weekly-1"]
        assert (1, 1, 1, "550 5.1.1 no") == (found.queued, found.sent, found.refused, found.reply)
        assert 1 == store.mail.ledger.count_sent(since=NOON - SECOND)
        assert 0 == store.mail.ledger.count_sent(since=NOON + SECOND)


def letter(name: str, rank: Rank = Rank.NOTICE) -> Letter:
    return Letter(delivery=replace(new(name=name), kind=DeliveryKind.LETTER, rank=rank), mail=name.encode())


class TestLetters:
    def test_a_letter_goes_before_all_that_waits_longer(self, store: Store) -> None:
        queue(store, 1, 2)
        late = NOON + SECOND
        queue_letters(store, [letter("confirm-1", Rank.LETTER), letter("0001-news-failing")], now=late)

        assert ["0001-news-failing", "confirm-1", "weekly-1", "weekly-1"] == [
            each.name for each in (*claim(store, 1, at=late), *claim(store, at=late))
        ]

    def test_its_mail_is_kept_until_it_is_sent_and_it_is_queued_once(self, store: Store) -> None:
        queue_letters(store, [letter("one"), letter("two")], now=NOON)
        queue_letters(store, [replace(letter("one"), mail=b"other")], now=NOON)
        one, two = claim(store)
        assert {one.id: b"one", two.id: b"two"} == store.mail.ledger.letters([one, two])

        note(store, one, DeliveryState.SENT)
        note(store, two, DeliveryState.QUEUED)

        assert {two.id: b"two"} == store.mail.ledger.letters([one, two])

    def test_an_answer_that_counts_no_more_takes_no_mail_away(self, store: Store) -> None:
        queue_letters(store, [letter("one")], now=NOON)
        asleep = claim_one(store, lease=GONE)
        awake = claim_one(store)
        note(store, asleep, DeliveryState.SENT)

        assert {awake.id: b"one"} == store.mail.ledger.letters([awake])

    def test_it_is_sent_late_rather_than_held(self, store: Store) -> None:
        queue_letters(store, [letter("one")], now=NOON)

        assert ["one"] == [each.name for each in store.mail.ledger.claim(10, max_age=GONE, now=NOON)]


class TestCancel:
    def cancel(self, store: Store) -> int:
        return store.mail.ledger.cancel(DeliveryKind.EDITION, "weekly-1", now=NOON)

    def test_queued_mails_are_recalled_and_sent_ones_stay_sent(self, store: Store) -> None:
        queue(store, 1, 2)
        note(store, claim(store, 1)[0], DeliveryState.SENT)
        store.mail.ledger.queue([new(name="daily-1")], now=NOON)

        assert (1, 0) == (self.cancel(store), self.cancel(store))

        assert {"sent": 1, "cancelled": 1} == counts(store)
        assert ["daily-1"] == [each.name for each in claim(store)]
        assert 0 == store.mail.ledger.queue([new(2)], now=NOON)

    def test_what_is_claimed_is_not_handed_over(self, store: Store) -> None:
        """A subscriber gets nothing if he unsubscribes after a process has claimed his mail and before it is handed
        over.
        """
        queue(store)
        claimed = claim_one(store)
        self.cancel(store)

        assert set() == fence(store, claimed)
        note(store, claimed, DeliveryState.QUEUED)
        assert ({"cancelled": 1}, []) == (counts(store), claim(store))

    def test_a_mail_on_its_way_may_arrive_and_is_not_tried_again(self, store: Store) -> None:
        queue(store, 1, 2, 3)
        arrived, came_back, lost = claim(store)
        fence(store, arrived, came_back)
        fence(store, lost, lease=GONE)
        assert 3 == self.cancel(store)

        note(store, arrived, DeliveryState.SENT)
        note(store, came_back, DeliveryState.QUEUED)

        assert [] == claim(store)
        assert {"sent": 1, "cancelled": 2, "doubtful": 1} == counts(store)

    def test_a_mail_on_its_way_that_is_refused_stays_refused(self, store: Store) -> None:
        queue(store)
        claimed = claim_one(store)
        fence(store, claimed)
        self.cancel(store)

        note(store, claimed, DeliveryState.REFUSED)

        assert {"refused": 1} == counts(store)

    def test_the_mail_of_a_letter_goes_with_it(self, store: Store) -> None:
        queue_letters(store, [letter("one")], now=NOON)
        claimed = claim_one(store)

        store.mail.ledger.cancel(DeliveryKind.LETTER, "one", now=NOON)

        assert {} == store.mail.ledger.letters([claimed])


class TestPause:
    def test_one_audience_waits_and_others_go_on(self, store: Store) -> None:
        store.mail.ledger.queue([replace(new(name="weekly-1"), audience="weekly")], now=NOON)
        store.mail.ledger.queue([replace(new(name="daily-1"), audience="daily")], now=NOON)

        assert (True, False) == (
            store.mail.ledger.pauses.begin("weekly", now=NOON),
            store.mail.ledger.pauses.begin("weekly", now=NOON),
        )

        assert {"weekly": NOON} == store.mail.ledger.pauses.current()
        assert 1 == store.mail.ledger.count_due(max_age=MAX_AGE, now=NOON)
        assert ["daily-1"] == [each.name for each in claim(store)]
        assert ["weekly"] == store.mail.ledger.pauses.end("weekly")
        assert ["weekly-1"] == [each.name for each in claim(store)]

    def test_what_is_claimed_is_not_handed_over_and_its_attempt_does_not_count(self, store: Store) -> None:
        queue(store, 1, 2)
        claimed, on_its_way = claim(store)
        fence(store, on_its_way)

        store.mail.ledger.pauses.begin(now=NOON)

        assert (set(), []) == (fence(store, claimed), claim(store))
        assert (0, None) == (
            store.mail.ledger.count_due(max_age=MAX_AGE, now=NOON),
            store.mail.ledger.next_due(max_age=MAX_AGE, now=NOON),
        )
        note(store, on_its_way, DeliveryState.SENT)
        assert [""] == store.mail.ledger.pauses.end()
        assert [(claimed.id, 2, 1)] == [(each.id, each.epoch, each.attempts) for each in claim(store)]

    def test_how_many_mails_wait_for_the_operator_is_known(self, store: Store) -> None:
        queue(store, 1, 2)
        store.mail.ledger.queue([replace(new(3), audience="daily"), replace(new(4), rank=Rank.NOTICE)], now=NOON)

        assert (0, 0) == store.mail.ledger.count_stopped(max_age=MAX_AGE, now=NOON)
        assert (0, 3) == store.mail.ledger.count_stopped(max_age=GONE, now=NOON)
        store.mail.ledger.pauses.begin("daily", now=NOON)
        assert (1, 0) == store.mail.ledger.count_stopped(max_age=MAX_AGE, now=NOON)
        store.mail.ledger.pauses.begin(now=NOON)
        assert (4, 0) == store.mail.ledger.count_stopped(max_age=MAX_AGE, now=NOON)
        assert (1, 3) == store.mail.ledger.count_stopped(max_age=GONE, now=NOON)


class TestProcesses:
    @pytest.fixture
    def other(self, store_url: str, store: Store) -> Iterator[Store]:
        """The same store, opened as if by another process."""
        with Store.open(store_url) as other:
            yield other

    def test_two_never_claim_the_same(self, store: Store, other: Store) -> None:
        queue(store, *range(1, 10))
        claimed = [*claim(store, 3), *claim(other, 3), *claim(store, 3), *claim(other, 3)]

        assert 9 == len(claimed) == len({each.id for each in claimed})

    def test_the_log_may_be_written_meanwhile(self, store: Store, other: Store) -> None:
        """This holds on a server only, because SQLite has one writer at a time."""
        if store.database.is_sqlite:
            pytest.skip("SQLite has one writer at a time")
        queue(store)
        with other.database.writing():
            delivery = claim_one(store)
            fence(store, delivery)
            note(store, delivery, DeliveryState.SENT)

        assert {"sent": 1} == counts(store)

    def test_sqlite_has_one_delivering_process_which_takes_over_from_dead_ones(
        self, store: Store, other: Store
    ) -> None:
        if not store.database.is_sqlite:
            pytest.skip("a server has any number")
        queue(store, 1, 2)
        with store.mail.ledger.delivering(now=NOON):
            first, _ = claim(store)
            fence(store, first)
            with pytest.raises(BusyError), other.mail.ledger.delivering(now=NOON):
                pass

        with other.mail.ledger.delivering(now=NOON):
            again = claim(other)

        assert [(2, 1), (2, 0)] == [(each.epoch, each.doubts) for each in again]

    def test_any_number_of_processes_delivers_on_a_server(self, store: Store, other: Store) -> None:
        if store.database.is_sqlite:
            pytest.skip("SQLite has one")
        queue(store, 1, 2)
        with store.mail.ledger.delivering(now=NOON), other.mail.ledger.delivering(now=NOON):
            assert [1, 1] == [len(claim(store, 1)), len(claim(other, 1))]

    @pytest.mark.postgres
    def test_a_claim_takes_no_more_than_it_may_however_the_server_finds_it(self, postgresql_url: str) -> None:
        """PostgreSQL joins small tables row by row, and could then find the due rows again for each row."""
        row_by_row = "%20".join(
            f"-c%20enable_{way}%3Doff" for way in ("hashjoin", "mergejoin", "hashagg", "material", "sort")
        )
        with Store.open(f"{postgresql_url}&options={row_by_row}") as store:
            queue(store, *range(1, 10))

            assert [2, 1, 6] == [len(claim(store, most)) for most in (2, 1, 50)]


@pytest.mark.postgres
def test_mails_are_queued_and_links_are_signed_while_a_source_is_recorded(postgresql_url: str) -> None:
    """The log is locked for as long as a source with many changes needs."""
    with Store.open(postgresql_url) as one, Store.open(postgresql_url) as other, one.log.open_pass("news"):
        assert 1 == other.mail.ledger.queue([new()], now=NOON)
        assert "proposed" == other.people.subscribers.key(proposed="proposed", now=NOON)
