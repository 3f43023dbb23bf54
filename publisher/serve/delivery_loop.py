"""The delivery loop of the service: a thread that sends mails while the service's other work (collect, publish,
compose) goes on, so that neither waits for the other.

That work (a pass) may take minutes, and so may a mail server. The loop checks the ledger when a pass has ended, when a
mail is to be retried, and every minute, because another machine may have queued mails.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from publisher.app import Publisher
from publisher.model.errors import BusyError, PublisherError
from publisher.model.mail_reports import DeliverReport
from publisher.serve.health import PassHealth
from publisher.serve.logs import PassLog

logger = structlog.get_logger("publisher")

LOOK_S = 60.0
"""How many seconds the loop sleeps at most between two checks."""
SHORTEST_S = 0.5
"""How many seconds the loop sleeps at least between two checks, so that a mail that is always due causes no
busy loop.
"""


class DeliveryLoop:
    """Sends mails until it is told to stop. It starts when `wake` has given it the site to work on."""

    def __init__(self, stopping: threading.Event, health: PassHealth) -> None:
        self._publisher: Publisher | None = None
        self._stopping = stopping
        self._health = health
        self._log = PassLog()
        self._woken = threading.Event()

    def wake(self, publisher: Publisher) -> None:
        """Make the loop check the site's ledger (the table of mails to send) now; the site's configuration may have
        changed.
        """
        self._publisher = publisher
        self._woken.set()

    def look(self) -> None:
        """Make the loop check the ledger (the table of mails to send) now, because a mail may wait there."""
        self._woken.set()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Run the thread inside a `with` block, whose end waits for mails that are being handed over."""
        thread = threading.Thread(target=self._work, name="deliver")
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            self._woken.set()
            thread.join()

    def _work(self) -> None:
        while not self._stopping.is_set():
            publisher, report = self._publisher, None
            if publisher is not None and publisher.config.smtp is not None:
                report = self._deliver(publisher)
            self._woken.wait(_pause_s(report))
            self._woken.clear()

    def _deliver(self, publisher: Publisher) -> DeliverReport | None:
        """Send the mails that are due. An error is logged, and the next check tries again."""
        try:
            report = publisher.deliver(is_stopping=self._stopping.is_set)
            self._health.note_mails(len(report.all_problems), publisher.unsettled_mails())
        except BusyError:
            return None  # another process is delivering, and will do all there is
        except PublisherError as error:
            logger.warning("delivering failed, the next time tries again", problem=str(error))
            self._health.note_mails(1, ())
            return None
        except Exception:
            logger.exception("a bug ended delivering, the next time tries again")
            self._health.note_mails(1, ())
            return None
        self._log.write(report)
        return report.deliver


def _pause_s(report: DeliverReport | None) -> float:
    if report is None or report.wait is None:
        return LOOK_S
    return min(max(report.wait.total_seconds(), SHORTEST_S), LOOK_S)
