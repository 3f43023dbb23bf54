"""A web server on this machine that does what a test wants, correctly or not."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server answers at one address."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    """The Content-Length to send, or `None` for the true one."""
    pieces: Callable[[], Iterator[bytes]] | None = None
    """Yields what is sent after the headers instead of the body, as long as the client reads."""


class Server:
    """A web server on 127.0.0.1 that answers until it is closed, and records requests."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, Mapping[str, str]]] = []
        self.at_once = 0
        """The most requests that were handled at the same time."""
        self._in_hand = 0
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def url(self, path: str, *, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self._http.server_port}{path}"

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            self.asked.append((handler.path, {name.lower(): value for name, value in handler.headers.items()}))
            self._in_hand += 1
            self.at_once = max(self.at_once, self._in_hand)
        try:
            self._write(handler, self.answers.get(handler.path, Answer(status=404)))
        except OSError:
            return  # the client has closed the connection
        finally:
            with self._lock:
                self._in_hand -= 1

    @staticmethod
    def _write(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        etag = answer.headers.get("ETag")
        if etag and handler.headers.get("If-None-Match") == etag:
            answer = Answer(status=304, headers={"ETag": etag})
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        if answer.pieces is None:
            handler.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
        handler.end_headers()
        handler.wfile.write(answer.body)
        for piece in answer.pieces() if answer.pieces else ():
            handler.wfile.write(piece)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, *_arguments: Any) -> None:
                """Log nothing: the tests look at `asked`."""

        return Handler


@contextmanager
def speaking(pieces: Callable[[], Iterable[bytes]], *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Yield the address of a server that answers every request with these bytes, whether they are HTTP or not, and
    closes the connection.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_speak, args=(listening, pieces, tls), daemon=True).start()
        yield f"{'https' if tls else 'http'}://127.0.0.1:{listening.getsockname()[1]}/"


def _speak(listening: socket.socket, pieces: Callable[[], Iterable[bytes]], tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return  # the test is over
        with suppress(OSError), connection:  # the client has closed the connection
            talking = tls.wrap_socket(connection, server_side=True) if tls else connection
            with talking:
                talking.recv(65_536)
                for piece in pieces():
                    talking.sendall(piece)


def slowly(pieces: Iterator[bytes], *, every_s: float) -> Iterator[bytes]:
    """Yield the pieces, with a pause before each."""
    for piece in pieces:
        time.sleep(every_s)
        yield piece


@pytest.fixture
def server() -> Iterator[Server]:
    """A web server for this test. Addresses that are not in its `answers` give 404."""
    running = Server()
    yield running
    running.close()
