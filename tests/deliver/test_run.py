"""A delivery pass, which sends the mails that the ledger has as due: the server's replies, and what becomes of the
mails.
"""

import asyncio
import re
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from publisher.deliver.answers import RETRIES
from publisher.deliver.pace import IN_A_ROW, STOPPED_S, WAITS_S, Throttle
from publisher.deliver.run import DeliveryOptions, deliver
from publisher.deliver.smtp import Deadlines
from publisher.model.deliveries import Delivery, DeliveryCounts, DeliveryKind, NewDelivery, Result
from publisher.model.errors import FilesError, PublisherError, StoreError
from publisher.model.mail_reports import DeliverReport
from publisher.model.settings import Security, SmtpSettings
from publisher.store import Store
from publisher.store.ledger import HANDING_LEASE, Ledger
from publisher.store.locks import Locks
from tests.databases import sqlite_store
from tests.smtp_server import (
    CONNECT,
    DOT,
    TCP_REPAIR,
    Action,
    Keep,
    Reset,
    Say,
    SayAndHangUp,
    Server,
    Step,
    Talk,
    Vanish,
    Wait,
    smtp_server,
)

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
IMPATIENT = Deadlines(envelope=0.2, data=0.2, dot=0.2, quit=0.1)
ADA, BOB, EVE = "ada@example.org", "bob@example.org", "eve@example.org"


class Mails:
    """Returns the mails of editions, by name. Some cannot be read."""

    def __init__(self, unreadable: Sequence[str] = ()) -> None:
        self.unreadable = list(unreadable)

    def __call__(self, claimed: Sequence[Delivery]) -> dict[int, bytes | PublisherError]:
        return {each.id: self._mail(each) for each in claimed}

    def _mail(self, delivery: Delivery) -> bytes | PublisherError:
        if delivery.name in self.unreadable:
            return FilesError(f"outbox/{delivery.name} is damaged")
        return f"Message-ID: {delivery.message_id}\r\n\r\n{delivery.name}\r\n".encode()


@dataclass(slots=True)
class Office:
    """A ledger (the record of mails to send) with a clock, and passes that deliver its mails."""

    store: Store
    settings: SmtpSettings
    mails: Mails = field(default_factory=Mails)
    now: datetime = NOON
    pace: Throttle = field(init=False)

    def __post_init__(self) -> None:
        self.pace = Throttle(self.settings)

    def queue(self, *recipients: str, name: str = "weekly-1", kind: DeliveryKind = DeliveryKind.EDITION) -> None:
        new = [
            NewDelivery(
                kind=kind,
                name=name,
                recipient=recipient,
                sender="news@example.org",
                message_id=f"<{name}@example.org>",
                dated=NOON,
            )
            for recipient in recipients
        ]
        self.store.mail.ledger.queue(new, now=self.now)

    def deliver(self, *, after: timedelta = timedelta(0), is_patient: bool = True, **values: object) -> DeliverReport:
        """Run a delivery pass, some time after the last one."""
        self.now += after
        options = self.options(is_patient=is_patient, **values)
        with self.store.mail.ledger.delivering(now=self.now):
            return deliver(self.store.mail.ledger, dict.fromkeys(DeliveryKind, self.mails), self.pace, options)

    def options(self, *, is_patient: bool = True, **values: object) -> DeliveryOptions:
        """Return the options of a delivery pass."""
        return DeliveryOptions(
            settings=self.settings,
            clock=lambda: self.now,
            deadlines=Deadlines(quit=0.1) if is_patient else IMPATIENT,
            luck=lambda: 0.5,
            **values,  # type: ignore[arg-type]  # whatever a test gives
        )

    def rested(self) -> None:
        """Forget the server's replies, as if the next pass had another process."""
        self.pace = Throttle(self.settings)

    def counts(self, name: str = "weekly-1") -> DeliveryCounts:
        return self.store.mail.ledger.counts([name], max_age=self.settings.max_age, now=self.now)[name]

    def is_later(self, wait: timedelta) -> bool:
        """Whether the only waiting delivery is retried after exactly this time."""
        found = self.counts()
        return (found.later, found.next_at) == (1, self.now + wait)


Begin = Callable[..., tuple[Office, Server]]


@pytest.fixture
def begin() -> Iterator[Begin]:
    """Returns a function that starts an office with a server that follows a script."""
    with sqlite_store() as store, smtp_server() as server:

        def begin(*script: Step, **settings: object) -> tuple[Office, Server]:
            server.script = list(script)
            plain = SmtpSettings(host="127.0.0.1", port=server.port, security=Security.NONE, connections=1)
            return Office(store, replace(plain, **settings)), server  # type: ignore[arg-type]  # whatever a test gives

        yield begin


def words(report: DeliverReport) -> str:
    return "\n".join(map(str, report.problems))


def test_a_due_mail_is_sent_once(begin: Begin) -> None:
    office, server = begin(connections=4)
    office.queue(*(f"reader{number}@example.org" for number in range(30)))

    report = office.deliver()

    assert [(30, 0, 0, 0)] == [(each.sent, each.refused, each.later, each.doubtful) for each in report.editions]
    assert ((), None) == (report.problems, report.next_at)
    assert 30 == len(set(server.recipients)) == len(server.taken)
    assert 1 < server.connections <= 4
    assert () == office.deliver().editions
    assert 30 == len(server.taken)


# --- the table of replies, and the ledger's results ------------------------------------------------------------------


def test_greylisting_waits_longer_each_time_and_the_mail_arrives(begin: Begin) -> None:
    office, server = begin(Step("RCPT", Say("450 4.7.1 greylisted"), times=2))
    office.queue(ADA)

    report = office.deliver()
    assert (1, ()) == (report.editions[0].later, report.problems)
    assert office.is_later(RETRIES[0])
    assert RETRIES[0] == report.wait
    office.deliver(after=RETRIES[0])
    assert office.is_later(RETRIES[1])
    office.deliver(after=RETRIES[1])
    assert [ADA] == server.recipients


def test_a_mail_refused_for_days_is_refused_for_good(begin: Begin) -> None:
    office, server = begin(Step("RCPT", Say("450 4.2.2 mailbox full"), times=99), max_age=timedelta(days=30))
    office.queue(ADA)
    office.deliver()

    report = office.deliver(after=timedelta(days=4, minutes=1))

    assert 1 == report.editions[0].refused
    assert "refused it for good: 450 4.2.2 mailbox full" in words(report)
    assert [] == server.taken


def test_a_letter_that_is_refused_is_no_problem_of_the_site(begin: Begin) -> None:
    """Anybody may enter an address in the form that does not exist."""
    office, _ = begin(Step("RCPT", Say("550 5.1.1 no such mailbox"), about=BOB))
    office.queue(BOB, name="confirm-1", kind=DeliveryKind.LETTER)

    report = office.deliver()

    assert (1, "") == (report.editions[0].refused, words(report))


def test_a_refusal_is_told_once_and_holds_up_nobody(begin: Begin) -> None:
    office, server = begin(Step("RCPT", Say("550 5.1.1 no such list"), about=BOB))
    office.queue(ADA, BOB, EVE)

    report = office.deliver()

    assert [ADA, EVE] == server.recipients
    assert (2, 1) == (report.editions[0].sent, report.editions[0].refused)
    assert words(report) == (
        f"edition weekly-1: {BOB}: the mail server refused it for good: 550 5.1.1 no such list; once that is "
        "corrected, `publisher deliver --again weekly-1` sends it"
    )
    assert "" == words(office.deliver())
    assert (2, 1, "550 5.1.1 no such list") == (office.counts().sent, office.counts().refused, office.counts().reply)


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", DOT])
@pytest.mark.parametrize("action", [SayAndHangUp("421 4.3.2 shutting down"), SayAndHangUp()], ids=["421", "drop"])
def test_a_server_that_hangs_up_gets_the_mail_again(begin: Begin, verb: str, action: Action) -> None:
    office, server = begin(Step(verb, action))
    office.queue(ADA)
    office.deliver()
    is_doubtful = verb == DOT and action == SayAndHangUp()
    assert is_doubtful == bool(office.counts().doubtful)
    said = "421 4.3.2 shutting down" if action == SayAndHangUp("421 4.3.2 shutting down") else "closed the connection"
    assert said in office.counts().reply

    office.deliver(after=RETRIES[0] if is_doubtful else timedelta(minutes=1))

    assert [ADA] == server.recipients


def test_a_connection_that_was_good_and_broke_is_opened_anew_at_once(begin: Begin) -> None:
    office, server = begin(Step("MAIL", Wait(0)), Step("MAIL", Reset()))
    office.queue(ADA, BOB)

    assert 2 == office.deliver().editions[0].sent
    assert 2 == server.connections


def test_a_server_that_hangs_up_after_some_refusals_never_comes_to_it(begin: Begin) -> None:
    """Postfix slows down after ten refusals on a connection, and closes it after twenty; by then our client has opened
    a new one.
    """
    strangers = [f"nobody{number}@example.org" for number in range(25)]
    office, server = begin(Step("RCPT", Say("550 5.1.1 no such list"), times=25, about="nobody"))
    asked: Counter[int] = Counter()
    server.on_line = lambda verb, _is_answered: asked.update([server.connections] if verb == "RCPT" else [])
    office.queue(*strangers, ADA)

    report = office.deliver()

    assert (25, 1) == (report.editions[0].refused, report.editions[0].sent)
    assert 8 == max(asked.values()) // 2, "each line is told before and after its answer"


def test_a_server_that_asks_for_less_gets_it_later_and_nobody_is_blamed(begin: Begin) -> None:
    office, server = begin(Step("MAIL", Say("454 4.7.0 throttled"), times=IN_A_ROW))
    office.queue(ADA, BOB, EVE)

    report = office.deliver()

    assert "it asks us to send less: 454 4.7.0 throttled; " in words(report) or report.next_at is not None
    assert (0, 3) == (office.counts().sent, office.counts().queued + office.counts().later)
    office.rested()
    office.deliver(after=timedelta(minutes=1))
    assert [ADA, BOB, EVE] == server.recipients


@pytest.mark.parametrize("verb", ["MAIL", "DATA"])
def test_a_server_that_does_not_want_us_gets_no_more_and_no_subscriber_is_blamed(begin: Begin, verb: str) -> None:
    office, server = begin(Step(verb, Say("550 5.7.1 your domain is not welcome"), times=99))
    office.queue(*(f"reader{number}@example.org" for number in range(10)))

    report = office.deliver()

    assert IN_A_ROW == sum(line.startswith("MAIL") for line in server.said)
    assert "it takes no mail of ours, to any address: 550 5.7.1 your domain is not welcome; 7 mails wait" in words(
        report
    )
    assert timedelta(seconds=STOPPED_S) - timedelta(seconds=5) < (report.wait or timedelta(0))
    assert (7, 3, 0) == (office.counts().queued, office.counts().later, office.counts().refused)


def test_one_list_whose_mail_is_not_wanted_is_told_and_holds_up_no_others(begin: Begin) -> None:
    office, server = begin(Step("MAIL", Wait(0)), Step("MAIL", Say("550 5.7.1 not from you"), times=1))
    office.queue(ADA, BOB, EVE)

    report = office.deliver()

    assert [ADA, EVE] == server.recipients
    assert "edition weekly-1: the mail server does not take our mail: 550 5.7.1 not from you" == words(report)
    assert office.is_later(RETRIES[0])


def test_mails_refused_because_of_our_server_are_tried_again(begin: Begin) -> None:
    """If half of the last twenty replies refuse a mail by policy, they are about our server, and the mails are retried.
    One such refusal alone counts against the mailbox.
    """
    office, server = begin(Step("RCPT", Say("550 5.7.1 rejected by policy"), times=99))
    office.queue(*(f"reader{number}@example.org" for number in range(30)))

    report = office.deliver()

    assert "it refused half of the latest 20 mails by its rules: 550 5.7.1" in words(report)
    assert [(0, 20)] == [(each.refused, each.later) for each in report.editions]
    assert (0, 20, 10) == (office.counts().refused, office.counts().later, office.counts().queued)
    server.script = []
    office.rested()
    office.deliver(after=timedelta(hours=2))
    assert 30 == len(set(server.recipients)) == len(server.taken)


def test_a_domain_that_greylists_is_asked_once_a_minute_and_others_go_on(begin: Begin) -> None:
    office, server = begin(Step("RCPT", Say("451 4.7.1 greylisted"), about="example.net"))
    office.queue("ada@example.net", "bob@example.net", "eve@example.net", ADA)

    office.deliver()

    assert [ADA] == server.recipients
    assert 1 == sum("example.net>" in line for line in server.said if line.startswith("RCPT"))
    assert 3 == office.counts().later
    office.rested()
    office.deliver(after=timedelta(minutes=6))
    assert 4 == len(server.recipients)


def test_a_full_mailbox_holds_up_nobody_else_of_its_domain(begin: Begin) -> None:
    office, server = begin(Step("RCPT", Say("452 4.2.2 mailbox full"), about=ADA))
    office.queue(ADA, BOB)

    office.deliver()

    assert [BOB] == server.recipients


def test_a_storm_of_temporary_refusals_loses_nothing(begin: Begin) -> None:
    office, server = begin(
        Step("RCPT", Say("451 4.3.0 try later"), times=15), Step(DOT, Say("451 4.3.0 disk"), times=15), connections=4
    )
    readers = [f"reader{number}@host{number}.example.org" for number in range(40)]
    office.queue(*readers)

    for after in (0, 6, 18, 54, 144):
        office.rested()
        office.deliver(after=timedelta(minutes=after))

    assert sorted(readers) == server.recipients


def test_a_server_that_loses_what_comes_in_one_group_is_asked_one_by_one(begin: Begin) -> None:
    office, server = begin(Step("RCPT", Wait(5)))
    office.queue(ADA, BOB, EVE)

    report = office.deliver(is_patient=False)

    assert ([ADA, BOB, EVE], ()) == (server.recipients, report.problems)
    assert not office.pace.may_pipeline


# --- doubtful deliveries ---------------------------------------------------------------------------------------------


def test_a_server_that_dies_while_it_waits_for_the_mail_makes_it_doubtful(begin: Begin) -> None:
    """The server answered 354, so the mail was being handed over."""
    office, server = begin(Step("DATA", SayAndHangUp("354 go on")))
    office.queue(ADA)

    assert "no answer after the mail was handed over" in words(office.deliver())
    office.deliver(after=RETRIES[0])

    assert ([ADA], 1) == (server.recipients, office.counts().doubtful)


@pytest.mark.parametrize(("seconds", "sent", "doubtful"), [(590, 1, 0), (610, 0, 1)])
def test_an_answer_may_take_ten_minutes(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, seconds: float, sent: int, doubtful: int
) -> None:
    """RFC 5321 section 4.5.3.2.6 allows this. The clocks of the connection and of the ledger of mails are set forward,
    so that the test need not wait.
    """
    office, server = begin()
    office.queue(ADA)
    leaped = 0.0

    def leap() -> None:
        nonlocal leaped
        leaped = seconds
        office.now += timedelta(seconds=seconds)

    monkeypatch.setattr(asyncio.BaseEventLoop, "time", lambda _loop: time.monotonic() + leaped)
    server.script = [Step(DOT, Leap(leap))]

    report = office.deliver()

    assert (sent, doubtful) == (office.counts().sent, office.counts().doubtful)
    assert (ADA in words(report)) is (doubtful == 1)
    assert [ADA] == server.recipients
    assert Deadlines().dot < HANDING_LEASE.total_seconds(), "the fence holds for as long"


@dataclass(frozen=True, slots=True)
class Leap(Action):
    """Answers as usual after some time, by setting the clocks forward."""

    let_it_go_by: Callable[[], None]

    async def do(self, talk: Talk) -> None:
        await asyncio.sleep(0.1)  # the client is waiting for the answer by then: its deadline is before the jump
        self.let_it_go_by()
        await talk.answer_as_usual()


@pytest.fixture
def half_open() -> None:
    """Skip the test if a connection cannot be left half-open on this system."""
    with socket.socket() as trial:
        try:
            trial.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        except OSError as error:
            pytest.skip(f"only root may end a connection without a packet: {error}")


@pytest.mark.usefixtures("half_open")
@pytest.mark.parametrize("is_kept", [True, False], ids=["with the mail", "without it"])
def test_a_server_that_lost_power_after_the_final_dot_is_a_doubt(begin: Begin, is_kept: bool) -> None:
    office, server = begin(Step(DOT, Vanish(is_kept=is_kept)))
    office.queue(ADA)

    report = office.deliver(is_patient=False)

    assert "it did not answer within 0.2 s" in words(report)
    office.deliver(after=RETRIES[0])
    assert ([ADA] * (1 + is_kept), 1) == (server.recipients, office.counts().doubtful)


@pytest.mark.usefixtures("half_open")
def test_a_connection_that_is_half_open_costs_no_mail_and_no_doubt(begin: Begin) -> None:
    """The server lost power between two mails and restarted, so it does not know the connection."""
    office, server = begin(Step(DOT, Vanish(is_answered=True)))
    office.queue(ADA, BOB)

    report = office.deliver()

    assert ([ADA, BOB], 2) == (server.recipients, server.connections)
    assert ((), 2, 0) == (report.problems, office.counts().sent, office.counts().doubtful)


def test_a_disk_that_is_full_when_the_server_has_the_mail_leaves_a_named_doubt(begin: Begin) -> None:
    office, server = begin()
    office.queue(ADA)
    with pytest.raises(StoreError), office.store.mail.ledger.delivering(now=office.now):
        deliver(FullDisk(office.store), {DeliveryKind.EDITION: office.mails}, office.pace, office.options())
    assert [ADA] == server.recipients

    office.deliver()

    assert ([ADA, ADA], 1, 1) == (server.recipients, office.counts().sent, office.counts().doubtful)
    assert 1 == len({taken.mail for taken in server.taken})


class FullDisk(Ledger):
    """A ledger of mails that cannot record the server's reply."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.database, Locks(store.database))

    def write(
        self,
        fences: Sequence[Delivery],
        results: Sequence[Result],
        *,
        now: datetime,
        lease: timedelta = HANDING_LEASE,
    ) -> set[int]:
        if results:
            raise StoreError("store: the disk is full")
        return super().write(fences, results, now=now, lease=lease)


@pytest.mark.parametrize("action", [Keep(), Reset(), Wait(5), SayAndHangUp()], ids=["kept", "rst", "silent", "gone"])
def test_silence_after_the_final_dot_is_a_named_doubt_and_the_same_mail_is_sent_again(
    begin: Begin, action: Action
) -> None:
    office, server = begin(Step(DOT, action))
    office.queue(ADA)

    report = office.deliver(is_patient=False)

    assert re.search(rf"{ADA}: no answer after the mail was handed over: .*same Message-ID <weekly-1@", words(report))
    assert (1, 1) == (report.editions[0].later, office.counts().doubtful)
    assert office.is_later(RETRIES[0])
    report = office.deliver(after=RETRIES[0])
    assert (1, 1) == (report.editions[0].sent, report.editions[0].doubtful)
    assert (2 if action == Keep() else 1, 1) == (len(server.taken), len({taken.mail for taken in server.taken}))


def test_silence_before_the_mail_is_no_doubt_and_holds_up_nobody(begin: Begin) -> None:
    office, server = begin(Step("RCPT", Wait(5), about=ADA, times=99))
    office.queue(ADA, BOB)

    office.deliver(is_patient=False)

    assert [BOB] == server.recipients
    assert (1, 0) == (office.counts().later, office.counts().doubtful)


# --- a server that cannot be used ------------------------------------------------------------------------------------


def test_a_server_that_is_down_is_left_alone_for_a_while_and_nothing_is_lost(begin: Begin) -> None:
    office, server = begin(Step(CONNECT, Say("421 4.3.2 busy"), times=2))
    office.queue(ADA)

    report = office.deliver()
    assert re.fullmatch(
        r"deliver: mail server .*: it answered greeting with 421 4\.3\.2 busy; 1 mail waits", words(report)
    )
    assert report.wait is not None
    assert 0 < report.wait.total_seconds() <= WAITS_S[0]
    again = office.deliver()
    assert (words(report), [False], [True]) == (
        words(again),
        [problem.is_repeated for problem in report.problems],
        [problem.is_repeated for problem in again.problems],
    )
    assert 1 == server.connections

    office.rested()
    office.deliver()
    office.rested()
    assert 1 == office.deliver().editions[0].sent
    assert 0 == office.counts().later


def test_a_server_with_few_connections_gets_all_mails_through_them(begin: Begin) -> None:
    office, server = begin(
        Step(CONNECT, Wait(0)), Step(CONNECT, Say("421 4.7.0 too many connections"), times=3), connections=4
    )
    office.queue(*(f"reader{number}@example.org" for number in range(20)))

    report = office.deliver()

    assert ((), 20) == (report.problems, len(set(server.recipients)))
    assert 1 == office.pace.connections


def test_mails_that_cannot_be_read_wait_and_hold_up_no_others(begin: Begin) -> None:
    office, server = begin()
    office.mails = Mails(["weekly-1"])
    office.queue(ADA)
    office.queue(BOB, name="daily-1")

    report = office.deliver()
    assert ("edition weekly-1: outbox/weekly-1 is damaged", [BOB]) == (words(report), server.recipients)

    office.mails = Mails()
    office.deliver(after=timedelta(minutes=5))
    assert [ADA, BOB] == server.recipients


def test_when_it_is_told_to_stop_it_ends_with_the_mail_in_hand(begin: Begin) -> None:
    office, server = begin()
    office.queue(*(f"reader{number}@example.org" for number in range(50)))

    office.deliver(is_stopping=lambda: len(server.taken) >= 3)

    assert 3 <= len(server.taken) < 50
    assert (len(server.taken), 0) == (office.counts().sent, office.counts().doubtful)
    office.deliver()
    assert 50 == len(set(server.recipients)) == len(server.taken)


def test_a_process_that_lost_its_claim_sends_nothing(begin: Begin) -> None:
    """The process was suspended after it had claimed a mail, until its lease (the time in which it may send the mail)
    had ended.
    """
    office, server = begin()
    office.queue(ADA)

    def sleep_through_the_lease_once(verb: str, is_answered: bool) -> None:
        if verb == "RCPT" and not is_answered and office.now == NOON:
            office.now += timedelta(hours=1)

    server.on_line = sleep_through_the_lease_once
    office.deliver()

    assert ["MAIL", "RCPT", "DATA"] * 2 == [re.split("[ :]", line)[0] for line in server.said if line[0] in "MRD"]
    assert ([ADA], 2, 0) == (server.recipients, server.connections, office.counts().doubtful)
