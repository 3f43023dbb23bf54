"""Builds the web application from parts, and runs the server that listens for it.

A part is a Flask blueprint: the public folder, the health of the service, the preview. `publisher serve` and `publisher
preview` each choose their parts.
"""

import logging
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import waitress
from flask import Blueprint, Flask, Response
from waitress.channel import HTTPChannel
from waitress.task import WSGITask
from werkzeug.exceptions import MethodNotAllowed

from publisher.model.errors import UsageError
from publisher.serve.long_requests import LONG_REQUEST_S, LongRequests, Senders

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

THREADS = 4
MAX_BODY_BYTES = 1_000_000
"""The most bytes of a request. A longer one is refused (413) before it is stored: forms are short, and strangers must
not fill the disk.
"""
CONNECTIONS = 1000
"""How many connections may be open at once. A waiting connection takes up no thread."""
REQUEST_S = 20.0
"""How many seconds a client may take to send a whole request. A slower client is disconnected."""
_FILES = 2 * CONNECTIONS
"""How many files the process may have open if the system allows it: connections, and the files that are sent through
them.
"""
# it warns whenever five requests come at once, which the operator need not know
logging.getLogger("waitress.queue").setLevel(logging.ERROR)


def application(*parts: Blueprint) -> Flask:
    """Return the web application of these parts. It adds the headers that every answer has."""
    app = Flask(__name__, static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False  # a part answers OPTIONS itself, or not at all
    app.url_map.merge_slashes = False  # a//b is no file, and no redirect to a/b
    app.after_request(_protect)
    app.register_error_handler(MethodNotAllowed, _refuse_method)
    for part in parts:
        app.register_blueprint(part)
    return app


def _protect(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return response


def _refuse_method(error: MethodNotAllowed) -> Response:
    allowed = ", ".join(sorted(error.valid_methods or ()))
    return Response(f"only {allowed}\n", 405, {"Allow": allowed}, mimetype="text/plain")


@contextmanager
def listening(
    app: "WSGIApplication",
    address: str,
    *,
    key: str,
    remedy: str,
    request_s: float = REQUEST_S,
    proxy: str = "",
    long_path: str = "",
    long_senders: Senders | None = None,
) -> Iterator[str]:
    """Listen at `address`, such as 127.0.0.1:8000, inside a `with` block; yield the address in use.

    The error for an address that cannot be used names the `key` of config.toml that has the address, and says what to
    do (`remedy`). A request must be complete within `request_s`. `proxy` is the IP address of the proxy whose headers
    about the visitor are trusted, or empty if there is none. Paths that end in `long_path` accept long requests, a few
    at a time, from `long_senders`, or from any browser if that is `None`. An empty `long_path` accepts none.

    Raises:
        UsageError: the address cannot be used, for example because another program listens there.
    """
    try:
        server = _create_server(app, address, proxy=proxy)
    except OSError as error:
        problem = (error.strerror or str(error)).lower()
        raise UsageError(f"{key}: {address}: {problem}; {remedy}") from error
    server.channel_class = partial(_Channel, request_s, LongRequests(long_path, server.adj, long_senders))
    thread = threading.Thread(target=server.run, name="web")
    thread.start()
    try:
        yield f"{server.effective_host}:{server.effective_port}"
    finally:
        with suppress(OSError):  # its thread was awake, and closed the server before this wake-up
            server.trigger.pull_trigger(lambda: _close(server))
        thread.join()
        server.task_dispatcher.shutdown()


def _create_server(app: "WSGIApplication", address: str, *, proxy: str) -> waitress.server.BaseWSGIServer:
    """Return a server that listens at an address already, and accepts connections once it is run."""
    return waitress.create_server(
        app,
        listen=address,
        threads=THREADS,
        ident=None,
        max_request_body_size=MAX_BODY_BYTES,
        connection_limit=CONNECTIONS * _allow_files() // _FILES,
        # headers that are not trusted still show that there is a proxy: the desk does not answer through one
        clear_untrusted_proxy_headers=False,
        **_trust(proxy),
        channel_timeout=2 * REQUEST_S,
        cleanup_interval=5,
        asyncore_use_poll=True,  # select() supports only the first 1024 files of a process
    )


def _trust(proxy: str) -> dict[str, object]:
    """Return waitress's settings for the headers in which a proxy names the visitor."""
    if not proxy:
        return {}
    headers = {"x-forwarded-for", "x-forwarded-proto"}
    return {"trusted_proxy": proxy, "trusted_proxy_count": 1, "trusted_proxy_headers": headers}


def _allow_files() -> int:
    """Raise the process's limit of open files to what it may need, or as far as the system allows. Return the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < _FILES:
        soft = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return min(soft, _FILES)


class _Task(WSGITask):  # type: ignore[misc]  # waitress has no types
    """Answers one request, and keeps the connection open after an answer without a body, such as 304. waitress itself
    would close it.
    """

    def set_close_on_finish(self) -> None:
        """Close the connection after the answer, unless the answer has no body: it ends with its headers (RFC 9112
        section 6.3).
        """
        asked: str = self.request.headers.get("CONNECTION", "")
        if self.has_body or self.version != "1.1" or asked.lower() == "close":
            super().set_close_on_finish()


class _Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """A connection that must send each request within a time limit. waitress itself only ends connections that are
    silent.
    """

    task_class = _Task

    def __init__(self, request_s: float, long: LongRequests, *connection: Any, **options: Any) -> None:  # noqa: ANN401  waitress's own
        super().__init__(*connection, **options)
        self.parser_class = long.parser
        self._request_s = request_s
        self._began = time.monotonic()

    def received(self, data: bytes) -> bool:
        if self.request is None:
            self._began = time.monotonic()
        is_received: bool = super().received(data)
        return is_received

    def service(self) -> None:
        """Answer the requests that have arrived. waitress calls this in one of its threads."""
        try:
            super().service()
        except OSError:
            if not self.will_close:  # otherwise the server was closed meanwhile, and its thread cannot be woken up
                raise

    def readable(self) -> bool:
        """Return whether the connection waits for data. waitress calls this at least every second, so the time limit is
        checked here.
        """
        request_s = LONG_REQUEST_S if getattr(self.request, "is_long", False) else self._request_s
        if self.request is not None and time.monotonic() - self._began > request_s:
            self.will_close = True
        is_readable: bool = super().readable()
        return is_readable


def _close(server: waitress.server.BaseWSGIServer) -> None:
    """Close the server and every connection. This runs in the server's thread, which ends with the last connection.

    Browsers keep idle connections open for minutes. A browser whose connection is closed in the middle of an answer
    asks again.
    """
    for channel in server.active_channels.values():
        channel.will_close = True
    server.close()
