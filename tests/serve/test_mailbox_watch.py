"""The service reads the mailbox for bounces on its own."""

import mailbox
import threading
import time
from pathlib import Path

from publisher.serve.mailbox_watch import MailboxWatch
from tests.deliver.test_bounces import POSTFIX, report
from tests.journey.test_deliver import FERRY, smtp
from tests.smtp_server import smtp_server
from tests.world import CONFIG, NOW, World


def test_mails_that_come_back_leave_the_mailbox_while_the_service_is_at_work(tmp_path: Path) -> None:
    box = mailbox.Maildir(tmp_path / "box")
    with smtp_server() as server:
        config = CONFIG + smtp(server.port) + f'\n[bounces]\nmaildir = "{tmp_path / "box"}"\n'
        world = World(tmp_path / "site", FERRY, config=config)
        assert 0 == world.publisher("run", at=NOW).exit_code
        box.add(report(POSTFIX, returned=f"Message-ID: {server.taken[0].message_id}\n"))
    watch = MailboxWatch(threading.Event())

    with world.opened(NOW) as publisher, watch.at_work():
        watch.follow(publisher)
        give_up_at = time.monotonic() + 30
        while len(box) and time.monotonic() < give_up_at:
            time.sleep(0.02)

    assert 0 == len(box)
    with world.store() as store:
        assert ["weekly-1"] == [
            failed.name for failed in store.mail.bounces.failed_editions(since=NOW.replace(year=2000))
        ]
