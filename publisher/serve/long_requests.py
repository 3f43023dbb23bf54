"""Long requests, such as uploads of lists: the web server accepts them on one path, a few at a time, from browsers that
have loaded the form there.

The server stores a request on disk before any check, and a slow request takes minutes. So no other browser may send a
long request, their total size is limited, and all other requests stay short. The browsers that loaded a form are kept
in memory: the thread that reads requests must not wait for a database.
"""

import copy
import hashlib
import weakref
from collections import OrderedDict
from threading import Lock
from typing import Any

from waitress.parser import HTTPRequestParser

MAX_LONG_BODY_BYTES = 11_000_000
AT_ONCE = 3
"""How many long requests are accepted at a time. Further ones are refused (413)."""
LONG_REQUEST_S = 180.0
"""How many seconds a client may take to send a long request."""


SENDERS = 200
"""How many browsers are remembered. The browser that loaded a form longest ago is forgotten first."""


class Senders:
    """The browsers that may send long requests, by the hash of a cookie that only they have. Any thread may call the
    methods.
    """

    def __init__(self, cookie: str) -> None:
        """Recognise browsers by the cookie with this name."""
        self._cookie = cookie
        self._lock = Lock()
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def admit(self, value: str) -> None:
        """Allow a browser with this value of the cookie to send long requests."""
        digest = _digest(value)
        with self._lock:
            self._known[digest] = None
            self._known.move_to_end(digest)
            while len(self._known) > SENDERS:
                self._known.popitem(last=False)

    def know(self, cookies: str) -> bool:
        """Return whether a request with this Cookie header comes from a browser that may send long requests."""
        pairs = (each.strip().partition("=") for each in cookies.split(";"))
        digests = [_digest(value) for name, _, value in pairs if name == self._cookie]
        with self._lock:
            return any(digest in self._known for digest in digests)


def _digest(value: str) -> bytes:
    return hashlib.sha256(value.encode("utf-8", "replace")).digest()


class LongRequests:
    """Allows long requests to paths with a certain ending."""

    def __init__(self, path: str, adjustments: Any, senders: Senders | None) -> None:  # noqa: ANN401  waitress's own
        """Accept long requests to paths that end in `path`. If it is empty, accept none. `adjustments` (settings of
        waitress) apply to all other requests.

        Only the browsers in `senders` may send long requests; `None` means any browser.
        """
        self._path = path
        self._senders = senders
        self._adjustments = copy.copy(adjustments)
        self._adjustments.max_request_body_size = MAX_LONG_BODY_BYTES
        # a connection that ends drops its parser without a call
        self._taken: weakref.WeakSet[LongParser] = weakref.WeakSet()

    def parser(self, adjustments: Any) -> HTTPRequestParser:  # noqa: ANN401  as above
        """Return the parser for the next request of a connection."""
        return LongParser(self, adjustments)

    def take(self, parser: "LongParser") -> Any:  # noqa: ANN401  as above
        """Return the adjustments (settings of waitress) for a long request whose headers are read, or `None` if the
        request must not be long.
        """
        if not self._path or not str(parser.path).endswith(self._path) or len(self._taken) >= AT_ONCE:
            return None
        if self._senders is not None and not self._senders.know(str(parser.headers.get("COOKIE", ""))):
            return None
        self._taken.add(parser)
        return self._adjustments

    def leave(self, parser: "LongParser") -> None:
        """Record that a long request is answered, so that another one may be accepted."""
        self._taken.discard(parser)


class LongParser(HTTPRequestParser):  # type: ignore[misc]  # waitress has no types
    """Reads one request, which may be a long one."""

    is_long = False

    def __init__(self, long: LongRequests, adjustments: Any) -> None:  # noqa: ANN401  as above
        super().__init__(adjustments)
        self._long = long
        self._limit: int = adjustments.max_request_body_size

    def parse_header(self, header_plus: bytes) -> None:
        """Read the headers, and allow a long body if the request may have one."""
        super().parse_header(header_plus)
        if self.content_length >= self._limit and (adjustments := self._long.take(self)):
            self.adj, self.is_long = adjustments, True

    def close(self) -> None:
        """Delete the data of the request. waitress calls this once the request is answered."""
        self._long.leave(self)
        super().close()
