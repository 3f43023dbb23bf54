"""The operating system's signals to the service: stop (SIGTERM, SIGINT), or reload (SIGHUP)."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Signals:
    """Stores the signals that arrived, for the threads that react to them."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.is_reload_asked = False
        self._came = threading.Event()

    def stop(self, *_: object) -> None:
        """Handle SIGTERM and SIGINT, which stop the service."""
        self.stopping.set()
        self._came.set()

    def reload(self, *_: object) -> None:
        """Handle SIGHUP, which makes the service read its configuration again."""
        self.is_reload_asked = True
        self._came.set()

    def wait(self, timeout_s: float) -> None:
        """Return when a signal comes, or after `timeout_s` seconds."""
        self._came.wait(timeout_s)
        self._came.clear()

    def take_reload(self) -> bool:
        """Return whether SIGHUP came since the last call."""
        was_asked, self.is_reload_asked = self.is_reload_asked, False
        return was_asked


@contextmanager
def handled_signals(signals: Signals) -> Iterator[None]:
    """Deliver the system's signals to `signals` inside a `with` block, then restore the former handlers."""
    handlers = {signal.SIGTERM: signals.stop, signal.SIGINT: signals.stop, signal.SIGHUP: signals.reload}
    previous = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
