"""Tries out and imports lists of people that editors sent, in a thread beside the web server's.

A list of 100,000 people takes a quarter of a minute or more, and must not block a thread of the web server for that
time. So one separate thread works on one list after the other. A page waits for some seconds; if the work takes longer,
the page says so.

The list is kept in memory for half an hour, for the editor who sent it. No page shows an address from the list.
"""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from io import BytesIO, TextIOWrapper
from threading import Lock

from publisher.model import retention
from publisher.model.errors import PublisherError
from publisher.serve.desk.visit import COOKIE
from publisher.serve.long_requests import Senders
from publisher.subscribers.transfer import ImportDefaults, Imported

WAIT_S = 5.0
"""How many seconds a page waits for the result of a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentList:
    """A list of people as an editor uploaded it."""

    data: bytes
    encoding: str
    """The encoding of the data."""
    name: str
    """The name of the list's file."""

    def lines(self) -> Iterator[str]:
        """Yield the lines of the list, each with its line end."""
        yield from TextIOWrapper(BytesIO(self.data), encoding=self.encoding, newline="")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOrder:
    """A list of people to import, and the editor's choices about the import."""

    people: SentList
    without: tuple[SentList, ...]
    """Lists of people who must be left out."""
    defaults: ImportDefaults
    at: datetime
    """When the list was sent."""

    @property
    def mark(self) -> str:
        """A short text that differs for another list or other choices."""
        digest = hashlib.sha256(repr((self.defaults, self.at)).encode())
        for each in (self.people, *self.without):
            digest.update(repr((each.name, each.encoding, len(each.data))).encode() + each.data)
        return digest.hexdigest()[:16]


class Work(StrEnum):
    """What can be done with a list."""

    TRY = "try"
    IMPORT = "import"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTask:
    """Work on an editor's list: in progress or finished."""

    order: ListOrder
    work: Work
    future: Future[Imported]

    @property
    def is_running(self) -> bool:
        return not self.future.done()

    @property
    def imported(self) -> Imported | None:
        """The result of the work on the list, or `None` if the work is in progress or failed."""
        return None if self.is_running or self.future.exception() else self.future.result()

    @property
    def failure(self) -> PublisherError | None:
        """The error with which the work failed, or `None` if the work is in progress or did not fail.

        Raises:
            Exception: a bug ended the work.
        """
        error = None if self.is_running else self.future.exception()
        if error is None or isinstance(error, PublisherError):
            return error
        raise error

    @property
    def mark(self) -> str:
        """A short text that changes when the state of the work or its list changes."""
        return f"{self.order.mark}:{self.work}:{'runs' if self.is_running else 'done'}"


class ListTasks:
    """Holds, for each editor, the last list of people that he sent."""

    def __init__(self, *, wait_s: float = WAIT_S) -> None:
        self._wait_s = wait_s
        self._lock = Lock()
        self.senders = Senders(COOKIE)
        """The browsers that may send a long list."""
        self._by_person: dict[str, ListTask] = {}
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="import")

    def begin(self, person: str, order: ListOrder, work: Work, do: Callable[[], Imported]) -> ListTask:
        """Begin work on an editor's list, which replaces his earlier one, and wait some seconds for the result."""
        task = ListTask(order=order, work=work, future=self._worker.submit(do))
        with self._lock:
            self._by_person[person] = task
        wait([task.future], self._wait_s)
        return task

    def get(self, person: str, *, now: datetime) -> ListTask | None:
        """Return the work on an editor's last list, or `None` if there is none, or it is too old."""
        with self._lock:
            old = [
                each
                for each, task in self._by_person.items()
                if now - task.order.at > retention.TRIED and not task.is_running
            ]
            for each in old:
                del self._by_person[each]
            return self._by_person.get(person)

    def drop(self, person: str) -> None:
        """Delete the list of people that an editor sent."""
        with self._lock:
            self._by_person.pop(person, None)
