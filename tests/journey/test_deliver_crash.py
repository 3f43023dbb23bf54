"""Processes that deliver mails are killed at each commit and at each line of SMTP.

In every case the server's log agrees with the ledger: every recipient gets his mail, and a mail that arrived twice is
counted as doubtful.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, select

from publisher.store import Store
from publisher.store.mail_schema import deliveries
from tests.delivering import AGAIN, MortalLedger, delivery_to, hand_over, make_pass, start
from tests.processes import Process
from tests.smtp_server import CONNECT, DOT, Keep, Say, SayAndHangUp, Server, Step, smtp_server

READERS = tuple(f"reader{number}@example.org" for number in range(6))
COMMITS = [
    f"{call}:{number}:{when}"
    for call, most in (("claim", 2), ("write", 8))
    for number in range(1, most + 1)
    for when in ("before", "after")
]
LINES = [
    (verb, number, is_answered)
    for verb in (CONNECT, "EHLO", "MAIL", "RCPT", "DATA", DOT)
    for number in (1, 3)
    for is_answered in (False, True)
    if number == 1 or verb not in (CONNECT, "EHLO")
]
QUICK = {"write:1:after", (DOT, 1, True)}
"""The moments that the plain tests try: after a mail is recorded as being handed over, and before its result is. The
slow tests try all moments.
"""
LEASE = timedelta(hours=1)
CHAOS_S = 60.0 if os.environ.get("CI") else 15.0
FEW, MANY = 300, 1000
"""When only `FEW` mails are left, `MANY` more are queued."""


def moments() -> list[object]:
    found = [*COMMITS, *LINES]
    return [pytest.param(each, id=str(each), marks=() if each in QUICK else pytest.mark.slow) for each in found]


@pytest.fixture
def url(sqlite_url: str) -> str:
    """The address of a ledger with a few deliveries."""
    queue(sqlite_url, READERS)
    return sqlite_url


def queue(url: str, readers: tuple[str, ...]) -> None:
    with Store.open(url) as store:
        store.mail.ledger.queue([delivery_to(reader) for reader in readers], now=datetime.now(UTC))


def broken_promises(url: str, server: Server, *, kills: int, connections: int) -> list[str]:
    """Return in which ways the mail server's log and the ledger of mails differ."""
    with Store.open(url) as store, store.database.reading() as connection:
        rows = connection.execute(select(deliveries)).all()
    taken = Counter(server.recipients)
    copies: dict[str, set[bytes]] = {}
    for each in server.taken:
        copies.setdefault(each.recipient, set()).add(each.mail)
    doubts = sum(row.doubts for row in rows)
    return [
        *(problem for row in rows if (problem := _problem_of(row, taken[row.recipient]))),
        *(f"{reader} has two mails that differ" for reader, found in copies.items() if len(found) > 1),
        *([f"{doubts} doubts of {kills} kills"] if doubts > connections * kills else []),
    ]


def _problem_of(row: Row[Any], mails: int) -> str:
    """Return how one delivery differs from the server's log, or an empty string if it does not."""
    least, most = {"sent": (1, 1 + row.doubts), "refused": (0, row.doubts)}.get(row.state, (1, 0))
    return "" if least <= mails <= most else f"{row.recipient} is {row.state}, {row.doubts} doubts, {mails} mails"


@contextmanager
def killer_at(moment: object, server: Server) -> Iterator[list[int]]:
    """Yield a list, into which a test puts the number of a process. The server kills that process at the moment
    `moment`.
    """
    victims: list[int] = []
    seen: Counter[tuple[str, bool]] = Counter()

    def on_line(verb: str, is_answered: bool) -> None:
        seen[verb, is_answered] += 1
        if (verb, seen[verb, is_answered], is_answered) == moment and victims:
            os.kill(victims[0], signal.SIGKILL)

    server.on_line = on_line
    yield victims
    server.on_line = lambda _verb, _is_answered: None


@pytest.mark.parametrize("moment", moments())
def test_a_killed_deliverer_loses_no_mail_and_sends_twice_only_doubtful_ones(url: str, moment: object) -> None:
    with smtp_server() as server, killer_at(moment, server) as victims:
        point = moment if isinstance(moment, str) else ""
        with start(url, server.port, connections=1, lease_s=LEASE.total_seconds(), point=point) as deliverer:
            victims.append(deliverer.pid)
            assert -signal.SIGKILL == deliverer.wait(timeout=60)

        _make_passes(url, server, connections=2)

        assert [] == broken_promises(url, server, kills=1, connections=1)
        assert set(READERS) == set(server.recipients)


@pytest.mark.parametrize(
    ("verb", "doubled"),
    [
        pytest.param("DATA", 0, id="before the fence"),
        pytest.param(DOT, 1, id="behind it", marks=pytest.mark.slow),
    ],
)
def test_a_suspended_deliverer_that_wakes_up_sends_only_mails_counted_as_doubtful(
    url: str, verb: str, doubled: int
) -> None:
    """The process was suspended until its lease had ended, and another process has sent everything by then."""
    with smtp_server() as server, ExitStack() as stack:
        stopped: list[int] = []
        server.on_line = lambda heard, is_answered: _stop(stopped) if (heard, is_answered) == (verb, False) else None
        sleeper = stack.enter_context(start(url, server.port, connections=1, lease_s=0.3, point=""))
        stopped.append(sleeper.pid)
        _wait_until_stopped(sleeper)
        server.on_line = lambda _verb, _is_answered: None
        time.sleep(0.4)
        with Store.open(url) as store:
            hand_over(MortalLedger(store, LEASE, ""), server.port, connections=2)
        before = server.recipients

        sleeper.send_signal(signal.SIGCONT)
        assert 0 == sleeper.wait(timeout=60)

        assert before == server.recipients
        assert (len(READERS), len(READERS) + doubled) == (len(set(before)), len(before))
        assert [] == broken_promises(url, server, kills=doubled, connections=1)


def _make_passes(url: str, server: Server, *, connections: int) -> None:
    """Run passes that repair what a kill left, until one finds nothing to do."""
    for _ in range(2):
        with Store.open(url) as store:
            make_pass(store, server.port, connections=connections, lease=LEASE)
    before = len(server.taken)
    with Store.open(url) as store:
        make_pass(store, server.port, connections=connections, lease=LEASE)
    assert before == len(server.taken)


def _stop(processes: list[int]) -> None:
    if processes:
        os.kill(processes[0], signal.SIGSTOP)


def _wait_until_stopped(process: Process) -> None:
    status = Path(f"/proc/{process.pid}/stat")
    give_up_at = time.monotonic() + 60
    while status.read_text().rpartition(")")[2].split()[0] != "T":
        assert time.monotonic() < give_up_at
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.postgres
def test_several_deliverers_that_are_killed_at_random_keep_the_promise(postgresql_url: str) -> None:
    """They share one ledger, and the server refuses mails, closes connections, accepts mails without an answer, and is
    restarted.
    """
    chance, connections = random.Random(15), 3
    kinds = (
        Step("MAIL", SayAndHangUp("421 4.3.2 busy")),
        Step("RCPT", Say("550 5.1.1 no")),
        Step("RCPT", Say("450 4.2.2 full")),
        Step(DOT, Keep()),
        Step(DOT, SayAndHangUp()),
    )
    kills = restarts = silences = queued = 0
    with smtp_server() as server:
        begin = partial(start, postgresql_url, server.port, connections=connections, lease_s=1.5, point=AGAIN)
        deliverers = [begin() for _ in range(3)]
        ends_at = time.monotonic() + CHAOS_S
        while time.monotonic() < ends_at:
            if len(server.taken) > queued - FEW:
                queue(postgresql_url, tuple(f"reader{queued + number}@example.org" for number in range(MANY)))
                queued += MANY
            _wait_for_lines(server, len(server.said) + chance.randrange(100, 300))
            mishaps = chance.choices(kinds, k=4)
            silences += sum(step.verb == DOT for step in mishaps)
            server.script += mishaps
            if chance.random() < 1 / 4:
                server.restart()
                restarts += 1
            else:
                place = chance.randrange(len(deliverers))
                deliverers[place].close()
                deliverers[place] = begin()
                kills += 1
        for each in deliverers:
            each.close()
        silences -= sum(step.verb == DOT for step in server.script)
        server.script = []
        time.sleep(2)
        _make_all_due(postgresql_url)
        _make_passes(postgresql_url, server, connections=8)

        assert min(kills, restarts, silences) > 0
        most = kills + len(deliverers) * (restarts + 1) + silences
        assert [] == broken_promises(postgresql_url, server, kills=most, connections=connections)
        assert queued * 0.9 < len(set(server.recipients)) <= queued


def _wait_for_lines(server: Server, lines: int) -> None:
    give_up_at = time.monotonic() + 6  # when the server has paused them all
    while len(server.said) < lines and time.monotonic() < give_up_at:
        time.sleep(0.01)


def _make_all_due(url: str) -> None:
    """End the waiting of greylisted and doubtful mails."""
    with Store.open(url) as store, store.database.writing_beside() as connection:
        connection.execute(
            deliveries.update().where(deliveries.c.due_at.is_not(None)).values(due_at=datetime(2026, 1, 1, tzinfo=UTC))
        )
