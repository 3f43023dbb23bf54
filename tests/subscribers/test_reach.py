"""Bounces are counted, complaints end subscriptions, and the operator suppresses addresses."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from publisher.model.bounces import BounceKind, BounceRow
from publisher.model.deliveries import DeliveryKind, DeliveryState, Result
from publisher.model.departures import SuppressionKind
from publisher.model.errors import SuppressedError
from publisher.model.subscribers import EndReason, LetterKind, Subscriber
from publisher.store.bounce_scores import probe_name
from publisher.store.mail_schema import bounces
from publisher.store.people import Marked
from publisher.subscribers.bounce_rule import BounceAction
from publisher.subscribers.reach import Counted, Reach
from tests.contract.stories import ASYLUM, BORDERS, collect, record
from tests.contract.test_store_rounds import begin, plan
from tests.databases import sqlite_store
from tests.subscribers.test_people import ADA, MONDAY, Site

DAY = timedelta(days=1)
MAX_AGE = timedelta(days=3)


@dataclass
class World(Site):
    """A site and its bounces."""

    mails: int = 0

    @property
    def reach(self) -> Reach:
        return Reach(self.people, self.store, lambda: self, bounces="bounces@example.org")

    def mark(self, reader: Subscriber) -> str:
        return self.store.people.bounce_scores.mark_of(reader.number)

    def come_back(
        self, mark: str, status: str = "5.2.2", kind: BounceKind = BounceKind.FAILED, *, mail: str = ""
    ) -> Counted | None:
        """Let a mail come back to the address with this mark. Each call is about another mail, unless
        `mail` is given.
        """
        self.mails += 1
        row = BounceRow(
            mark=mail or str(self.mails),
            at=self.now,
            kind=kind,
            name="",
            recipient="",
            token=mark,
            status=status,
            words="",
        )
        holder = self.reach.holder_of(mark, "")
        return None if holder is None else self.reach.take_report(row, holder)

    def suspended(self) -> Subscriber:
        ada = self.subscribed(asylum="daily")
        counted = self.come_back(self.mark(ada), "5.1.1")
        assert counted == Counted(is_new=True, step=BounceAction.SUSPEND)
        return ada

    def probed(self) -> Subscriber:
        """Return a subscriber who was suspended a week ago and to whom a probe (a test mail) is being sent."""
        ada = self.suspended()
        self.now += 7 * DAY
        self.reach.probe()
        assert LetterKind.PROBE is self.letters[-1].kind
        return ada

    def hand_over(self, state: DeliveryState, reply: str = "") -> None:
        """Let the server answer all mails that wait."""
        claimed = self.store.mail.ledger.claim(10, max_age=MAX_AGE, now=self.now)
        results = [Result(delivery=each, state=state, code=int(reply[:3] or 250), reply=reply) for each in claimed]
        self.store.mail.ledger.write([], results, now=self.now)

    def is_due(self, reader: Subscriber) -> bool:
        """Whether a round would include the subscriber."""
        collect(self.store, record(f"item {self.now}", ASYLUM), now=self.now)
        return any(reader.number in {row[0] for row in some} for some in plan(self.store, begin(self.store), {}))

    def reasons(self, reader: Subscriber) -> list[EndReason | None]:
        found = self.store.people.subscribers.get(reader.number)
        assert found is not None
        return [each.ended_because for each in found.subscriptions]

    def kinds(self, address: str = ADA) -> list[SuppressionKind]:
        return [each.kind for each in self.store.people.suppressions.of(address)]


@pytest.fixture
def world() -> Iterator[World]:
    with sqlite_store() as store:
        collect(store, record("a", ASYLUM), record("b", BORDERS))
        yield World(store)


def test_five_days_of_failures_suspend_and_keep_the_subscribers_place(world: World) -> None:
    ada = world.subscribed(asylum="daily")
    cursor = ada.active[0].cursor
    steps = []
    for _ in range(5):
        for status in ("5.2.2", "", "5.7.1"):
            counted = world.come_back(world.mark(ada), status)
            assert counted is not None
            steps.append(counted.step)
        world.now += DAY

    assert [BounceAction.COUNT, BounceAction.SUSPEND] == [each for each in steps if each is not BounceAction.NOTHING][
        3:
    ]
    assert not world.is_due(ada)
    found = world.store.people.subscribers.get(ada.number)
    assert found is not None
    assert (cursor, [None]) == (found.active[0].cursor, world.reasons(ada))


def test_a_mail_that_is_read_twice_counts_once(world: World) -> None:
    ada = world.subscribed(asylum="daily")

    first = world.come_back(world.mark(ada), mail="one")
    world.now += DAY
    second = world.come_back(world.mark(ada), mail="one")

    assert [Counted(is_new=True, step=BounceAction.COUNT), Counted(is_new=False)] == [first, second]
    score = world.store.people.bounce_scores.get(ada.number)
    assert score is not None
    assert 1 == score.points


def test_temporary_refusals_and_those_about_our_server_never_count(world: World) -> None:
    ada = world.subscribed(asylum="daily")
    for status in ("4.2.2", "4.4.7", "5.7.26"):
        world.come_back(world.mark(ada), status)
    world.come_back(world.mark(ada), "5.1.1", BounceKind.DELAYED)

    assert world.store.people.bounce_scores.get(ada.number) is None


def test_a_guessed_mark_is_nobodys(world: World) -> None:
    world.subscribed(asylum="daily")

    assert world.come_back("0" * 20, "5.1.1") is None
    assert world.reach.holder_of("", "A" * 28) is None
    assert {} == world.store.people.bounce_scores.all()


def test_a_mail_that_returns_without_a_mark_has_the_link_to_unsubscribe(world: World) -> None:
    ada = world.subscribed(asylum="daily")

    assert Marked(subscriber=ada.number, is_former=False) == world.reach.holder_of("", world.stop_link(ada))


def test_a_refusal_by_the_server_counts_alike_and_once(world: World) -> None:
    ada = world.subscribed(asylum="daily")
    world.letters.clear()
    world.hand_over(DeliveryState.SENT)  # the letter to confirm
    collect(world.store, record("c", ASYLUM), now=world.now)
    plan(world.store, begin(world.store), {ada.number: (1,)})
    world.now += DAY / 2
    world.hand_over(DeliveryState.REFUSED, "550 5.1.1 no such user")

    [refusal] = world.store.people.bounce_scores.refusals()
    assert (ADA, 550) == (refusal.address, refusal.code)
    counted = [world.reach.take_refusal(refusal, "5.1.1") for _ in range(2)]

    assert [Counted(is_new=True, step=BounceAction.SUSPEND), Counted(is_new=False)] == counted
    assert [] == world.store.people.bounce_scores.refusals()


def test_a_refusal_that_is_taken_back_does_not_count(world: World) -> None:
    ada = world.subscribed(asylum="daily")
    world.hand_over(DeliveryState.SENT)
    plan(world.store, begin(world.store), {ada.number: (1,)})
    claimed = world.store.mail.ledger.claim(10, max_age=MAX_AGE, now=world.now)
    results = [Result(delivery=each, state=DeliveryState.REFUSED, code=550, reply="550 5.7.1 no") for each in claimed]
    world.store.mail.ledger.write([], results, now=world.now)
    earlier = [replace(each, epoch=each.epoch - 1) for each in claimed]

    world.store.mail.ledger.take_back_refusals(earlier, after=timedelta(hours=1), now=world.now)
    assert 1 == len(world.store.people.bounce_scores.refusals()), "another attempt was refused"

    world.store.mail.ledger.take_back_refusals(claimed, after=timedelta(hours=1), now=world.now)
    assert [] == world.store.people.bounce_scores.refusals()


def test_a_refused_edition_or_letter_is_nobodys_score(world: World) -> None:
    world.ask(asylum="daily")

    world.hand_over(DeliveryState.REFUSED, "550 5.1.1 no such user")

    assert [] == world.store.people.bounce_scores.refusals()


def test_a_probe_goes_out_once_after_a_week(world: World) -> None:
    world.suspended()
    world.now += 7 * DAY - timedelta(hours=1)
    world.reach.probe()
    assert LetterKind.CONFIRM is world.letters[-1].kind

    world.now += timedelta(hours=1)
    for _ in range(3):
        world.reach.probe()

    assert [LetterKind.PROBE] == [each.kind for each in world.letters[1:]]
    assert ADA == world.letters[-1].request.address


def test_a_probe_that_comes_back_ends(world: World) -> None:
    ada = world.probed()

    counted = world.come_back(world.mark(ada), "5.1.1")

    assert Counted(is_new=True, step=BounceAction.END) == counted
    assert [EndReason.BOUNCED] == world.reasons(ada)
    assert [SuppressionKind.BOUNCES] == world.kinds()


def test_a_refused_probe_ends(world: World) -> None:
    ada = world.probed()
    world.hand_over(DeliveryState.REFUSED, "550 5.2.1 disabled")

    for refusal in world.store.people.bounce_scores.refusals():
        world.reach.take_refusal(refusal, "5.2.1")
    world.reach.probe()

    assert [EndReason.BOUNCED] == world.reasons(ada)


def test_a_probe_by_which_nothing_comes_back_lets_mails_go_on(world: World) -> None:
    ada = world.probed()
    world.hand_over(DeliveryState.SENT)
    world.now += 7 * DAY - timedelta(hours=1)
    world.reach.probe()
    assert not world.is_due(ada)

    world.now += timedelta(hours=1)
    world.reach.probe()

    assert world.is_due(ada)
    assert {} == world.store.people.bounce_scores.all()


def test_a_probe_that_was_taken_back_is_sent_again(world: World) -> None:
    ada = world.probed()
    name = probe_name(world.mark(ada))
    world.store.mail.ledger.cancel(DeliveryKind.LETTER, name, now=world.now)

    world.reach.probe()

    assert 2 == [each.kind for each in world.letters].count(LetterKind.PROBE)
    assert name != probe_name(world.mark(ada))


def test_a_report_about_a_mail_from_before_the_probe_is_no_answer_to_it(world: World) -> None:
    ada = world.suspended()
    old = world.mark(ada)
    world.now += 7 * DAY
    world.reach.probe()

    assert Counted(is_new=True) == world.come_back(old, "5.1.1")
    assert [None] == world.reasons(ada)


def test_the_subscriber_comes_back_by_his_link_and_old_mails_no_longer_count(world: World) -> None:
    ada = world.suspended()
    old = world.mark(ada)

    world.people.change(world.mine(ada), choices=ada.choices, language="en")

    assert world.is_due(ada)
    assert {} == world.store.people.bounce_scores.all()
    for _ in range(9):
        world.now += DAY
        world.come_back(old, "5.1.1")
    assert {} == world.store.people.bounce_scores.all()
    assert BounceAction.SUSPEND is (world.come_back(world.mark(ada), "5.1.1") or Counted(is_new=False)).step


def test_the_subscriber_comes_back_by_the_form_after_the_end(world: World) -> None:
    ada = world.probed()
    world.come_back(world.mark(ada))
    assert [SuppressionKind.BOUNCES] == world.kinds()

    again = world.subscribed(asylum="weekly")

    assert ada.number == again.number
    assert [] == world.kinds()
    assert {} == world.store.people.bounce_scores.all()
    assert {"asylum": "weekly"} == again.choices


def test_a_subscriber_who_left_gets_no_points_and_no_probe(world: World) -> None:
    ada = world.suspended()
    world.people.stop(world.stop_link(ada))
    assert BounceAction.NOTHING is (world.come_back(world.mark(ada), "5.1.1") or Counted(is_new=False)).step

    world.now += 8 * DAY
    world.reach.probe()

    assert [LetterKind.CONFIRM] == [each.kind for each in world.letters]
    assert {} == world.store.people.bounce_scores.all()


def test_a_complaint_ends_for_good(world: World) -> None:
    """The form answers as usual and sends nothing. No import, operator or link brings the subscriber back."""
    ada = world.subscribed(asylum="daily")
    link, stop = world.mine(ada), world.stop_link(ada)
    world.come_back(world.mark(ada), "", BounceKind.COMPLAINT)
    world.now += 2 * DAY
    letters = len(world.store.mail.ledger.due(max_age=MAX_AGE, now=world.now))

    world.ask(asylum="daily")
    world.people.ask_for_link(ADA)
    changed = world.people.change(link, choices={"asylum": "daily"}, language="en")
    world.people.undo(stop)
    world.people.slow_down(stop)
    with pytest.raises(SuppressedError, match=r"gets no mail \(complaint\); `publisher subscribers suppress"):
        world.people.add(ADA, {"asylum": "daily"}, language="en", words="on paper")

    assert changed is not None
    assert () == changed.active
    assert letters == len(world.store.mail.ledger.due(max_age=MAX_AGE, now=world.now))
    assert [EndReason.COMPLAINED] == world.reasons(ada)
    assert [SuppressionKind.COMPLAINT] == world.kinds()


def test_a_complaint_about_a_subscriber_who_left_ends_nothing_and_still_suppresses(world: World) -> None:
    ada = world.subscribed(asylum="daily")
    mark = world.mark(ada)
    world.people.stop(world.stop_link(ada))

    late = world.come_back(mark, "", BounceKind.COMPLAINT)

    assert Counted(is_new=True, step=BounceAction.NOTHING) == late
    assert [EndReason.UNSUBSCRIBED] == world.reasons(ada)
    assert [SuppressionKind.COMPLAINT] == world.kinds()


def test_a_link_that_was_sent_before_a_complaint_confirms_nothing(world: World) -> None:
    ada = world.subscribed(asylum="daily")
    world.now += 2 * DAY
    world.ask(borders="daily")
    world.come_back(world.mark(ada), "", BounceKind.COMPLAINT)

    assert world.people.confirm(world.letters[-1].token) is None
    assert () == (world.store.people.subscribers.get(ada.number) or ada).active


def test_a_complaint_about_an_old_mail_counts_all_the_same(world: World) -> None:
    ada = world.suspended()
    old = world.mark(ada)
    world.people.change(world.mine(ada), choices=ada.choices, language="en")

    world.come_back(old, "", BounceKind.COMPLAINT)

    assert [SuppressionKind.COMPLAINT] == world.kinds()


def test_the_operator_suppresses_and_lifts(world: World) -> None:
    ada = world.subscribed(asylum="daily")

    assert [True, False] == [world.reach.suppress(f" {ADA.upper()} ", reason="asked by phone") for _ in range(2)]
    assert [EndReason.OPERATOR] == world.reasons(ada)
    assert [SuppressionKind.OPERATOR] == world.kinds()
    assert world.reach.suppress("eve@example.org")

    assert ["asked by phone"] == [each.reason for each in world.reach.lift(ADA)]
    assert () == world.reach.lift(ADA)
    world.people.add(ADA, {"asylum": "daily"}, language="en", words="on paper")
    assert [SuppressionKind.OPERATOR] == world.kinds("eve@example.org")


def test_somebody_erased_may_stay_suppressed(world: World) -> None:
    world.subscribed(asylum="daily")

    world.people.erase(ADA, is_suppressed=True)
    world.people.erase(ADA, is_suppressed=True)
    world.now += 2 * DAY
    before = len(world.store.mail.ledger.due(max_age=MAX_AGE, now=world.now))
    world.ask(asylum="daily")

    assert [SuppressionKind.ERASED] == world.kinds()
    assert before == len(world.store.mail.ledger.due(max_age=MAX_AGE, now=world.now))


def test_a_paused_subscriber_is_probed_when_his_pause_is_over(world: World) -> None:
    ada = world.suspended()
    found = world.store.people.subscribers.get(ada.number)
    assert found is not None
    world.store.people.subscribers.write(found, replace(found, paused_until=MONDAY + 20 * DAY), now=world.now)
    seen = []
    for days in (8, 13):
        world.now += days * DAY
        world.reach.probe()
        seen.append([each.kind for each in world.letters])

    assert [[LetterKind.CONFIRM], [LetterKind.CONFIRM, LetterKind.PROBE]] == seen


@pytest.mark.parametrize("kind", [BounceKind.FAILED, BounceKind.COMPLAINT])
def test_a_crash_between_the_end_and_its_record_is_repaired(world: World, kind: BounceKind) -> None:
    """After the crash, the subscriptions have ended, and the mail is still in its mailbox and not recorded."""
    ada = world.probed()
    world.come_back(world.mark(ada), "5.1.1", kind, mail="one")
    before = world.store.people.subscribers.get(ada.number)
    with world.store.database.writing_beside() as connection:
        connection.execute(bounces.delete())

    again = world.come_back(world.mark(ada), "5.1.1", kind, mail="one")

    assert again is not None
    assert again.is_new
    assert before == world.store.people.subscribers.get(ada.number)
    assert 1 == len(world.kinds())
