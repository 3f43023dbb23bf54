"""A process that delivers mails and that tests kill: it kills itself around a commit of the ledger (the record of mails
to send), or the server that it talks to kills it.

Run it as `python -m tests.delivering URL PORT CONNECTIONS LEASE_S POINT`. It makes passes over the ledger until nothing
is due, or without end if POINT is `again`. With the POINT `write:3:after`, it kills itself right after the third
transaction of `write`.
"""

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from publisher.deliver.pace import Throttle
from publisher.deliver.run import DeliveryOptions, deliver
from publisher.model.deliveries import Delivery, DeliveryKind, NewDelivery, Result
from publisher.model.settings import Security, SmtpSettings
from publisher.store import Store
from publisher.store.ledger import Ledger
from publisher.store.locks import Locks
from tests.processes import Process

QUEUED_AT = datetime(2026, 3, 4, 12, tzinfo=UTC)
FOR_EVER = timedelta(days=10_000)
AGAIN = "again"


def mails(claimed: Sequence[Delivery]) -> dict[int, bytes]:
    """Return a mail for each delivery, which names its recipient."""
    return {each.id: mail_to(each) for each in claimed}


def mail_to(delivery: NewDelivery) -> bytes:
    """Return the mail of a delivery."""
    head = f"Message-ID: {delivery.message_id}\r\nDate: Wed, 04 Mar 2026 12:00:00 +0000\r\n"
    return f"{head}Subject: one\r\n\r\nFor {delivery.recipient}.\r\n".encode()


class MortalLedger(Ledger):
    """A ledger of mails with short leases. It kills its process just before or after one of its transactions."""

    def __init__(self, store: Store, lease: timedelta, point: str) -> None:
        super().__init__(store.database, Locks(store.database))
        self._lease = lease
        self._point = point
        self._calls: Counter[str] = Counter()

    def claim(self, limit: int, *, max_age: timedelta, now: datetime, lease: timedelta = FOR_EVER) -> list[Delivery]:
        self._die_at("claim", "before")
        claimed = super().claim(min(limit, 4), max_age=max_age, now=now, lease=self._lease)
        self._die_at("claim", "after")
        return claimed

    def write(
        self, fences: Sequence[Delivery], results: Sequence[Result], *, now: datetime, lease: timedelta = FOR_EVER
    ) -> set[int]:
        self._die_at("write", "before")
        allowed = super().write(fences, results, now=now, lease=self._lease)
        self._die_at("write", "after")
        return allowed

    def _die_at(self, call: str, when: str) -> None:
        self._calls[call] += when == "before"
        if f"{call}:{self._calls[call]}:{when}" == self._point:
            os.kill(os.getpid(), signal.SIGKILL)


def settings(port: int, connections: int) -> SmtpSettings:
    return SmtpSettings(host="127.0.0.1", port=port, security=Security.NONE, connections=connections, max_age=FOR_EVER)


def delivery_to(recipient: str) -> NewDelivery:
    return NewDelivery(
        kind=DeliveryKind.EDITION,
        name="weekly-1",
        recipient=recipient,
        sender="news@example.org",
        message_id=f"<weekly-1.{recipient}>",
        dated=QUEUED_AT,
    )


def make_pass(store: Store, port: int, *, connections: int, lease: timedelta, point: str = "") -> None:
    """Send once what is due in the ledger, the record of mails to send."""
    ledger = MortalLedger(store, lease, point)
    with ledger.delivering(now=datetime.now(UTC)):
        hand_over(ledger, port, connections=connections)


def hand_over(ledger: Ledger, port: int, *, connections: int, kind: DeliveryKind = DeliveryKind.EDITION) -> None:
    """Deliver while another process delivers too: a server allows this, but the lock of SQLite does not, so it is not
    taken.
    """
    config = settings(port, connections)
    deliver(
        ledger,
        {kind: mails},
        Throttle(config),
        DeliveryOptions(settings=config, clock=lambda: datetime.now(UTC)),
    )


def start(url: str, port: int, *, connections: int, lease_s: float, point: str) -> Process:
    """Start a process that delivers."""
    arguments = [url, str(port), str(connections), str(lease_s), point]
    return Process("from tests.delivering import main; main()", *arguments)


def main() -> None:
    url, port, connections, lease_s, point = sys.argv[1:]
    with Store.open(url) as store:
        while True:
            make_pass(
                store,
                int(port),
                connections=int(connections),
                lease=timedelta(seconds=float(lease_s)),
                point=point,
            )
            if point != AGAIN:
                return
            time.sleep(0.02)


if __name__ == "__main__":
    main()
