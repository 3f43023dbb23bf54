"""The watch over the mailbox for bounces: a thread of the service that reads it regularly.

It is a separate thread because an IMAP server may be slow, and must delay neither other work nor mails.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from publisher.app import Publisher
from publisher.model.errors import PublisherError

logger = structlog.get_logger("publisher")

LOOK_S = 60.0
"""How many seconds pass between two checks whether config.toml names a mailbox for bounces."""


class MailboxWatch:
    """Reads the mailbox for bounces until it is told to stop. It starts when `follow` has given it the site
    to work on.
    """

    def __init__(self, stopping: threading.Event) -> None:
        self._publisher: Publisher | None = None
        self._stopping = stopping
        self._known = threading.Event()
        self._last_problem = ""

    def follow(self, publisher: Publisher) -> None:
        """Read the mailbox of this site from now on; its configuration may have changed."""
        self._publisher = publisher
        self._known.set()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Run the thread inside a `with` block."""
        thread = threading.Thread(target=self._work, name="bounces")
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            self._known.set()
            thread.join()

    def _work(self) -> None:
        self._known.wait()
        while not self._stopping.is_set():
            settings = self._publisher.config.bounces if self._publisher else None
            if self._publisher is not None and settings is not None:
                self._read(self._publisher)
            self._stopping.wait(settings.every.total_seconds() if settings else LOOK_S)

    def _read(self, publisher: Publisher) -> None:
        """Read the mailbox for bounces once. An error is logged once while it stays the same; the next reading tries
        again.
        """
        try:
            report = publisher.bounces.read_mailboxes()
        except PublisherError as error:
            if str(error) != self._last_problem:
                logger.warning("the mailbox for bounces cannot be read, the next time tries again", problem=str(error))
            self._last_problem = str(error)
        except Exception:
            logger.exception("a bug ended reading bounces, the next time tries again")
        else:
            self._last_problem = ""
            if report.recorded:
                kinds = [row.kind for row in report.recorded]
                counts = {kind.value: kinds.count(kind) for kind in dict.fromkeys(kinds)}
                logger.info("mails came back", **counts, automatic=report.automatic, unknown=report.unknown)
