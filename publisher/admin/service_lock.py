"""The lock that one service of a site holds for as long as it runs."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from publisher.config.config import Config
from publisher.model.errors import BusyError
from publisher.store import Store

ASKED_S = 0.5
"""How long a starting service waits for the lock: `is_served` takes it for a moment."""
_SERVICE = "service"


@contextmanager
def hold_service_lock(config: Config, store: Store) -> Iterator[None]:
    """Be the only service of the site while the block runs.

    Raises:
        BusyError: another service is at work.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(store.exclusive(_SERVICE, wait_s=ASKED_S))
        except BusyError as error:
            problem = f"{config.path}: a service is at work on this site already; leave it to that one"
            raise BusyError(problem) from error
        yield


def is_served(store: Store) -> bool:
    """Whether a service is at work on the site."""
    return store.is_held(_SERVICE)
