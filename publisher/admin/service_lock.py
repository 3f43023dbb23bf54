"""Locks of a whole site. A service holds one of them while it runs. Work that needs the site idle holds all of them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from publisher.config.config import Config
from publisher.model.errors import BusyError
from publisher.store import Store

ASKED_S = 0.5
"""How many seconds a starting service waits for its lock, because `is_served` may hold it for a moment."""
_SERVICE = "service"


@contextmanager
def hold_service_lock(config: Config, store: Store) -> Iterator[None]:
    """Hold the lock of the site's only service while the block runs.

    Raises:
        BusyError: another service is running.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(store.exclusive(_SERVICE, wait_s=ASKED_S))
        except BusyError as error:
            problem = f"{config.path}: a service is at work on this site already; leave it to that one"
            raise BusyError(problem) from error
        yield


@contextmanager
def hold_at_rest(store: Store, *, now: datetime) -> Iterator[None]:
    """Keep a service and all other work on a store from starting while the block runs.

    Raises:
        BusyError: a service or other work is running.
    """
    place = store.database.place
    with ExitStack() as stack:
        for purpose, what in ((_SERVICE, "a service"), ("pass", "a pass")):
            try:
                stack.enter_context(store.exclusive(purpose, wait_s=ASKED_S))
            except BusyError as error:
                raise BusyError(f"store {place}: {what} is at work on it; stop it, then try again") from error
        try:
            stack.enter_context(store.mail.ledger.delivering(now=now))
            is_delivering = store.mail.ledger.is_delivering(now=now)
        except BusyError:
            is_delivering = True
        if is_delivering:
            raise BusyError(f"store {place}: mails are being handed over; try again when that has finished")
        yield


def is_served(store: Store) -> bool:
    """Whether a service is running for the site."""
    return store.is_held(_SERVICE)
