"""Opens connections for `fetch`: to allowed addresses only, and never past a deadline. The only module that imports
httpcore.

httpx resolves host names itself; a check beforehand or afterwards might see another answer of the name server than the
one httpx connects to. So this module resolves the name, checks the address, and connects to exactly that address.
"""

import socket
import ssl
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import httpcore
import httpx

from publisher.collect.sources.networks import is_allowed, is_public, read_address


class BlockedAddressError(Exception):
    """The host has no address to which this machine may connect."""


class Deadline:
    """The time by which a fetch must be finished, even if the answer comes in many small pieces."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left; never 0, which would mean "do not wait at all".

        Raises:
            httpcore.TimeoutException: no time is left.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time is up")
        return left

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Stop the deadline's clock for the length of a `with`, for example while another fetch uses the same host."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self._end += time.monotonic() - begun


class Trust:
    """The certificates this machine trusts. They are loaded at the first encrypted address, because loading takes 15
    ms.
    """

    @cached_property
    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()


class Transport(httpx.BaseTransport):
    """The network connection of one fetch; it is closed when the fetch ends."""

    def __init__(self, *, allowed: Collection[str], deadline: Deadline, tls: ssl.SSLContext | None) -> None:
        """Prepare the connection of one fetch; `tls` is needed for encrypted addresses only."""
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            network_backend=_Backend(allowed, deadline),
            http2=False,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        asked = httpcore.Request(
            method=request.method,
            url=url,
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        answered = self._pool.handle_request(asked)
        return httpx.Response(
            answered.status,
            headers=answered.headers,
            stream=_Body(answered),
            extensions=answered.extensions,
        )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answered: httpcore.Response) -> None:
        self._answered = answered

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answered.iter_stream()

    def close(self) -> None:
        self._answered.close()


def is_of_own_network(host: str) -> bool:
    """Whether a host has no public address on the Internet; False also if the name cannot be resolved."""
    try:
        answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return not any(is_public(read_address(str(answer[4][0]))) for answer in answers)


class _Backend(httpcore.SyncBackend):
    def __init__(self, allowed: Collection[str], deadline: Deadline) -> None:
        self._allowed = allowed
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline is all that counts
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: httpcore.ConnectError | None = None
        for address in self._addresses(host, port):
            try:
                stream = super().connect_tcp(address, port, self._deadline.left(), local_address, socket_options)
            except httpcore.ConnectError as error:
                failure = error
            else:
                return _Stream(stream, self._deadline)
        raise failure or httpcore.ConnectError(f"{host} has no address")

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or error  # without the number, which tells people nothing
            raise httpcore.ConnectError(f"{host} cannot be found: {reason}") from error
        addresses = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
        allowed = [each for each in addresses if is_allowed(read_address(each), host, self._allowed)]
        if addresses and not allowed:
            raise BlockedAddressError(f"{host} is at {addresses[0]}, which is no address of the Internet")
        return allowed


class _Stream(httpcore.NetworkStream):
    """A connection on which every wait ends with the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, self._deadline.left()), self._deadline)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as httpcore has it
        return self._stream.get_extra_info(info)


@contextmanager
def failures() -> Iterator[None]:
    """Turn any failure of the connection into an `httpx.TransportError` or a `BlockedAddressError`."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise httpx.TimeoutException(str(error)) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        raise httpx.TransportError(str(error)) from error
    except (ssl.SSLError, OSError) as error:
        raise httpx.TransportError(str(error)) from error
