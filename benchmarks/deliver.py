"""Measures how fast mails go to a mail server, compared in one run with other SMTP clients that one might use.

The server is a sink in a separate process, which answers each packet after a round trip of a given number of
milliseconds. smtplib gets one thread for each connection; aiosmtplib and Publisher's client get one task. Publisher's
client is measured alone, and together with the ledger on SQLite. `--memory` measures how large the process becomes with
few and with many mails in the queue.
"""

import argparse
import asyncio
import multiprocessing
import resource
import smtplib
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import aiosmtplib
from sqlalchemy import text

from publisher.deliver.pace import Throttle
from publisher.deliver.run import DeliveryOptions, deliver
from publisher.deliver.smtp import Envelope, MailServer
from publisher.model.deliveries import DeliveryKind
from publisher.model.settings import Security, SmtpSettings
from publisher.rendering.wire_form import WireForm
from publisher.store import Store

NOW = datetime.now(UTC)
SENDER = "news@example.org"
LINE = b"This line stands for what a digest says to those who read it, in seventy columns.\r\n"
QUEUE = """
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)
    INSERT INTO deliveries (kind, name, recipient, sender, message_id, dated, audience, rank, return_path, state,
        due_at, queued_at, epoch, attempts, doubts, reply)
    SELECT 'edition', 'weekly-1', 'reader' || n || '@example.org', 'news@example.org', '<weekly-1@example.org>',
        :now, 'weekly', 2, '', 'queued', :now, :now, 0, 0, 0, '' FROM numbers
"""


def mail_of(size: int) -> bytes:
    head = (
        f"From: {SENDER}\r\nSubject: news\r\nMessage-ID: <weekly-1@example.org>\r\nDate: {format_datetime(NOW)}\r\n\r\n"
    )
    return head.encode() + LINE * (size // len(LINE))


def recipient(number: int) -> str:
    return f"reader{number}@example.org"


# --- the sink --------------------------------------------------------------------------------------------------------


class Sink(asyncio.Protocol):
    """Accepts every mail. It answers everything that came in one packet after one round trip."""

    round_trip_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._heard = bytearray()
        self._is_mail = False
        self._answer(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._heard += data
        answers = []
        while True:
            if self._is_mail:
                end = self._heard.find(b"\r\n.\r\n")
                if end < 0:
                    break
                del self._heard[: end + 5]
                self._is_mail = False
                answers.append(b"250 2.0.0 taken\r\n")
                continue
            end = self._heard.find(b"\r\n")
            if end < 0:
                break
            verb = bytes(self._heard[:4]).upper()
            del self._heard[: end + 2]
            if verb == b"EHLO":
                answers.append(b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 50000000\r\n")
            elif verb == b"DATA":
                self._is_mail = True
                answers.append(b"354 go on\r\n")
            elif verb == b"QUIT":
                answers.append(b"221 2.0.0 bye\r\n")
            else:
                answers.append(b"250 2.0.0 done\r\n")
        if answers:
            self._answer(b"".join(answers))

    def _answer(self, data: bytes) -> None:
        if self.round_trip_s:
            asyncio.get_running_loop().call_later(self.round_trip_s, self._transport.write, data)
        else:
            self._transport.write(data)


def run_sink(round_trip_s: float, port: "multiprocessing.queues.Queue[int]") -> None:
    async def serve() -> None:
        Sink.round_trip_s = round_trip_s
        server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


# --- the clients -----------------------------------------------------------------------------------------------------


def by_smtplib(port: int, mail: bytes, numbers: Sequence[Sequence[int]]) -> None:
    def work(mine: Sequence[int]) -> None:
        with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as client:
            for number in mine:
                client.sendmail(SENDER, [recipient(number)], mail)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def by_aiosmtplib(port: int, mail: bytes, numbers: Sequence[Sequence[int]]) -> None:
    async def work(mine: Sequence[int]) -> None:
        client = aiosmtplib.SMTP(
            hostname="127.0.0.1", port=port, start_tls=False, use_tls=False, local_hostname="localhost"
        )
        async with client:
            for number in mine:
                await client.sendmail(SENDER, [recipient(number)], mail)

    async def all_of_them() -> None:
        await asyncio.gather(*(work(mine) for mine in numbers))

    asyncio.run(all_of_them())


def by_ours(port: int, mail: bytes, numbers: Sequence[Sequence[int]]) -> None:
    async def work(mine: Sequence[int]) -> None:
        server, wire = MailServer(settings(port, len(numbers))), WireForm.of(mail)
        session = await server.open()
        for number in mine:
            if session.is_spent:
                await session.quit()
                session = await server.open()
            envelope = Envelope(sender=SENDER, recipient=recipient(number), envid="weekly-1@example.org")
            assert await session.open_mail(envelope, wire.size) is None
            await session.hand_over(wire)
        await session.quit()

    async def all_of_them() -> None:
        await asyncio.gather(*(work(mine) for mine in numbers))

    asyncio.run(all_of_them())


def settings(port: int, connections: int, per_day: int | None = None) -> SmtpSettings:
    return SmtpSettings(
        host="127.0.0.1",
        port=port,
        security=Security.NONE,
        connections=connections,
        per_day=per_day,
        max_age=timedelta(days=30),
    )


def by_the_ledger(store: Store, port: int, mail: bytes, connections: int, per_day: int | None = None) -> None:
    chosen = settings(port, connections, per_day)
    with store.mail.ledger.delivering(now=datetime.now(UTC)):
        mails_of = {DeliveryKind.EDITION: lambda claimed: {each.id: mail for each in claimed}}
        options = DeliveryOptions(settings=chosen, clock=lambda: datetime.now(UTC))
        report = deliver(store.mail.ledger, mails_of, Throttle(chosen), options)
    assert not report.problems, report.problems


def queue(store: Store, count: int) -> None:
    with store.database.writing_beside() as connection:
        connection.execute(text(QUEUE), {"count": count, "now": f"{NOW:%Y-%m-%d %H:%M:%S.%f}"})


# --- what is measured ------------------------------------------------------------------------------------------------


def timed(work: Callable[[], None]) -> float:
    began_s = time.perf_counter()
    work()
    return time.perf_counter() - began_s


@contextmanager
def sink(round_trip_ms: int) -> Iterator[int]:
    """Yield the port of a sink, which runs inside the `with` block."""
    ports: multiprocessing.Queue[int] = multiprocessing.Queue()
    process = multiprocessing.Process(target=run_sink, args=(round_trip_ms / 1000, ports), daemon=False)
    process.start()
    yield ports.get()
    process.terminate()
    process.join()


def measure(port: int, connections: int, mails: int, mail: bytes, repeats: int) -> dict[str, float]:
    """Return how many mails a second each client sends: the best of several repetitions, in which the clients take
    turns.
    """
    numbers = [range(place, mails, connections) for place in range(connections)]
    best: dict[str, float] = {}
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder, Store.open(f"sqlite:///{folder}/publisher.db") as store:
            queue(store, mails)
            clients: dict[str, Callable[[], None]] = {
                "smtplib": lambda: by_smtplib(port, mail, numbers),
                "aiosmtplib": lambda: by_aiosmtplib(port, mail, numbers),
                "ours": lambda: by_ours(port, mail, numbers),
                "ours, with the ledger": lambda: by_the_ledger(store, port, mail, connections),
            }
            for name, work in clients.items():
                best[name] = max(best.get(name, 0.0), mails / timed(work))
    return best


def show(label: str, port: int, connections: int, given: argparse.Namespace, mail: bytes) -> None:
    rates = measure(port, connections, given.mails, mail, given.repeats)
    peer = max(rates["smtplib"], rates["aiosmtplib"])
    for name, rate in rates.items():
        ratios = [f"{rate / peer:.2f}", f"{rate / rates['ours']:.2f}"]
        print(f"| {' | '.join([label, str(connections), name, f'{rate:.0f}', *ratios])} |", flush=True)


def memory(mail: bytes, sizes: Sequence[int]) -> None:
    print("| Queued | Largest size of the process, 2,000 mails sent |\n|---|---|")
    for queued in sizes:
        process = multiprocessing.get_context("spawn").Process(target=peak_mib_of, args=(queued, len(mail)))
        process.start()
        process.join()


def peak_mib_of(queued: int, size: int) -> None:
    """Print the peak memory of a delivery with so many mails in the queue, as a row of a table. Call this in a new
    process, because the peak of a process never shrinks.
    """
    with (
        sink(0) as port,
        tempfile.TemporaryDirectory() as folder,
        Store.open(f"sqlite:///{folder}/publisher.db") as store,
    ):
        queue(store, queued)
        by_the_ledger(store, port, mail_of(size), 4, per_day=2000)
    print(f"| {queued:,} | {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=600)
    parser.add_argument("--size", type=int, default=37_000, help="bytes of a mail")
    parser.add_argument("--round-trips", type=int, nargs="+", default=[0, 20], help="milliseconds")
    parser.add_argument("--connections", type=int, nargs="+", default=[4, 8])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--port", type=int, help="of a server that is there already, such as a Postfix")
    parser.add_argument("--memory", type=int, nargs="*", help="sizes of queues, such as 10000 1000000")
    given = parser.parse_args()
    mail = mail_of(given.size)
    if given.memory is not None:
        memory(mail, given.memory or [10_000, 1_000_000])
        return
    print("| Round trip | Connections | Client | Mails a second | Times the better peer | Times ours alone |")
    print("|---|---|---|---|---|---|")
    if given.port:
        for connections in given.connections:
            show("server", given.port, connections, given, mail)
        return
    for round_trip_ms in given.round_trips:
        for connections in given.connections:
            with sink(round_trip_ms) as port:
                show(f"{round_trip_ms} ms", port, connections, given, mail)


if __name__ == "__main__":
    main()
