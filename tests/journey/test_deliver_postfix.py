"""A real Postfix accepts the mails that are handed over, and relays them to a sink."""

import os
import shutil
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.admin.bounces import BounceDesk, take_bounce
from publisher.model.deliveries import DeliveryKind, DeliveryState
from publisher.store import Store
from tests.contract.stories import ASYLUM, BORDERS, collect, record
from tests.contract.test_store_rounds import begin, plan
from tests.databases import sqlite_store
from tests.delivering import delivery_to, hand_over, make_pass
from tests.judges import program, run
from tests.smtp_server import Say, Server, Step, Taken, smtp_server
from tests.subscribers.test_reach import World

pytestmark = pytest.mark.slow

PATIENCE_S = 60.0
LEASE = timedelta(hours=1)
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = relay.example.org
mydestination =
local_recipient_maps =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:{sink}
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtputf8_enable = no
smtpd_recipient_restrictions =
    check_recipient_access inline:{{ {{ nobody@example.org = 550 5.1.1 no such list }} }}
    permit_mynetworks, reject
maillog_file_prefixes = {folder}
maillog_file = {folder}/log
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@pytest.fixture
def sink() -> Iterator[Server]:
    with smtp_server() as server:
        yield server


@pytest.fixture
def postfix(tmp_path: Path, sink: Server) -> Iterator[int]:
    """The port of a Postfix in a folder of its own, which relays to the sink."""
    command = program("/usr/sbin/postfix", "postfix")
    if os.geteuid():
        pytest.skip("Postfix starts as root only")
    folder = Path("/var/tmp") / f"publisher-postfix-{os.getpid()}"  # its own users must be able to enter
    settings, port = folder / "etc", _free_port()
    for each in (settings, folder / "spool", folder / "data"):
        each.mkdir(parents=True)
    folder.chmod(0o755)
    shutil.chown(folder / "data", "postfix")
    (settings / "main.cf").write_text(MAIN.format(folder=folder, sink=sink.port))
    (settings / "master.cf").write_text(MASTER.format(port=port))
    run([command, "-c", settings, "start"])
    try:
        _wait_for(port)
        yield port
    finally:
        run([command, "-c", settings, "stop"], may_fail=True)
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(port: int) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while True:
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < give_up_at, "Postfix does not listen"
        time.sleep(0.1)


def test_postfix_takes_each_mail_once_and_refuses_whom_it_does_not_know(
    postfix: int, sink: Server, sqlite_url: str
) -> None:
    readers = [f"reader{number}@example.org" for number in range(40)]
    with Store.open(sqlite_url) as store:
        new = [delivery_to(reader) for reader in (*readers, "nobody@example.org")]
        store.mail.ledger.queue(new, now=new[0].dated)

        for _ in range(2):
            make_pass(store, postfix, connections=4, lease=LEASE)

        fares = store.mail.ledger.counts(["weekly-1"], max_age=timedelta(days=10_000), now=new[0].dated)["weekly-1"]
    assert (40, 1, 0) == (fares.sent, fares.refused, fares.doubtful)
    assert fares.reply.startswith("550 5.1.1 ")
    give_up_at = time.monotonic() + PATIENCE_S
    while len(sink.taken) < len(readers) and time.monotonic() < give_up_at:
        time.sleep(0.1)
    assert sorted(readers) == sink.recipients
    assert {f"<weekly-1.{reader}>" for reader in readers} == {taken.message_id for taken in sink.taken}


def test_a_real_bounce_counts_for_the_subscriber_it_is_about(postfix: int, sink: Server) -> None:
    """Postfix accepts both mails, and finds out only afterwards that one mailbox does not exist."""
    sink.script.append(Step("RCPT", Say("550 5.1.1 <eve@example.org>: no such user"), about="eve@example.org"))
    with sqlite_store() as store:
        collect(store, record("a", ASYLUM), record("b", BORDERS))
        site = World(store)
        ada, eve = (
            site.subscribed("ada@example.org", asylum="daily"),
            site.subscribed("eve@example.org", asylum="daily"),
        )
        site.hand_over(DeliveryState.SENT)  # the letters to confirm
        plan(store, begin(store), {ada.number: (1,), eve.number: (1,)})
        mark = site.mark(eve)

        hand_over(store.mail.ledger, postfix, connections=1, kind=DeliveryKind.ROUND)
        returned = [mail for mail in _wait_for_mails(sink, 2) if not mail.sender]
        desk = BounceDesk(store=store, bounces="bounces@example.org", reach=site.reach, now=site.now)
        reports = [take_bounce(mail.mail, desk) for mail in returned * 2]

        assert [f"bounces+{mark}@example.org"] == [mail.recipient for mail in returned]
        assert [(1, 1, 0), (0, 0, 1)] == [(len(each.recorded), each.suspended, each.repeated) for each in reports]
        assert ("5.1.1", mark) == (reports[0].recorded[0].status, reports[0].recorded[0].token)
        assert [eve.number] == list(store.people.bounce_scores.all())


def _wait_for_mails(sink: Server, number: int) -> list[Taken]:
    give_up_at = time.monotonic() + PATIENCE_S
    while len(sink.taken) < number:
        assert time.monotonic() < give_up_at, sink.taken
        time.sleep(0.1)
    return sink.taken
