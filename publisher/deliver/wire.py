"""One connection to a mail server: writes bytes and reads replies."""

import asyncio
import os
import re
import socket
import ssl
from functools import lru_cache
from ipaddress import ip_address

from publisher.deliver.answers import Reply

MOST_BYTES = 65_536
"""The most bytes from the server that may be unread; if there are more, the connection is closed."""
_MOST_WORDS = 500
_LINE = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?", re.DOTALL)


class Dropped(Exception):  # noqa: N818  (a thing that happened, which the caller expects)
    """Error: the connection to the mail server broke, or the server was silent for too long or sent an invalid
    reply.
    """


class Silent(Dropped):
    """Error: the mail server was silent for too long."""


class Wire(asyncio.Protocol):
    """The bytes of one connection to a mail server: writes data, and splits what is read into replies."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._heard = bytearray()
        self._waiter: asyncio.Future[None] | None = None
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._lost = ""
        """Why the connection is closed, or an empty string if it is open."""
        self.heard_at = self._loop.time()

    @property
    def is_lost(self) -> bool:
        return bool(self._lost)

    @property
    def own_name(self) -> str:
        """This machine's name, or its address in the form of RFC 5321 section 4.1.3. The DNS is not asked."""
        name = socket.gethostname()
        if "." in name and re.fullmatch(r"[A-Za-z0-9.-]+", name):
            return name
        address = ip_address(self._transport.get_extra_info("sockname")[0].partition("%")[0])
        return f"[{address}]" if address.version == 4 else f"[IPv6:{address}]"  # noqa: PLR2004

    @property
    def encryption(self) -> str:
        """The version of TLS of the connection, or an empty string if the connection is not encrypted."""
        encrypted = self._transport.get_extra_info("ssl_object")
        return str(encrypted.version()) if encrypted is not None else ""

    # --- called by asyncio -------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if (plain := transport.get_extra_info("socket")) is not None:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        self.heard_at = self._loop.time()
        if len(self._heard) > MOST_BYTES:
            self._end(f"it said more than {MOST_BYTES} bytes at once")
            self._transport.abort()
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._end(f"the connection broke ({words_of(error)})" if error else "it closed the connection")
        self._may_write.set()
        self._wake()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    # --- called by sessions ------------------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Write bytes to the connection without waiting."""
        if self._lost:
            raise Dropped(self._lost)
        self._transport.write(data)

    async def write_all(self, data: bytes, deadline_s: float) -> None:
        """Write bytes to the connection, and wait until the operating system has accepted nearly all of them."""
        self.write(data)
        if self._may_write.is_set():
            return
        try:
            async with asyncio.timeout(deadline_s):
                await self._may_write.wait()
        except TimeoutError as error:
            self._transport.abort()
            raise Silent(f"it did not take the mail within {deadline_s:g} s") from error

    async def reply(self, deadline_s: float) -> Reply:
        """Return the next reply of the mail server.

        Raises:
            Dropped: no valid reply came in time.
        """
        return (await self.reply_and_lines(deadline_s))[0]

    async def reply_and_lines(self, deadline_s: float) -> tuple[Reply, list[str]]:
        """Return the next reply of the mail server, and the lines of the reply without the code."""
        if (there := self._take_reply()) is not None:
            return there
        try:
            async with asyncio.timeout(deadline_s):
                while (there := self._take_reply()) is None:
                    if self._lost:
                        raise Dropped(self._lost)
                    self._waiter = self._loop.create_future()
                    await self._waiter
        except TimeoutError as error:
            self._transport.abort()
            raise Silent(f"it did not answer within {deadline_s:g} s") from error
        return there

    async def encrypt(self, context: ssl.SSLContext, host: str, deadline_s: float) -> None:
        """Start encryption on the connection."""
        if self._heard:
            # CVE-2011-0411 and others: an attacker in between sent it, to have it accepted after encryption
            raise Dropped("it said something between STARTTLS and the encryption")
        transport = await self._loop.start_tls(
            self._transport, self, context, server_hostname=host, ssl_handshake_timeout=deadline_s
        )
        if transport is None:
            raise Dropped("it closed the connection at STARTTLS")
        self._transport = transport

    def close(self) -> None:
        self._end("the connection was closed")
        self._transport.abort()

    # --- replies -----------------------------------------------------------------------------------------------------

    def _take_reply(self) -> tuple[Reply, list[str]] | None:
        """Remove the first whole reply from the bytes that were read and return it. Return `None` if no reply is
        complete yet.
        """
        lines: list[str] = []
        start = 0
        while (end := self._heard.find(b"\n", start)) >= 0:
            line = _read_line(bytes(self._heard[start:end]))
            if line is None:
                self._transport.abort()
                raise Dropped(
                    f"it sent a reply that cannot be read: {_printable(bytes(self._heard[start : start + 60]))!r}"
                )
            code, is_last, words = line
            lines.append(words)
            start = end + 1
            if is_last:
                del self._heard[:start]
                text = " ".join(filter(None, lines))[:_MOST_WORDS]
                return Reply(code=code, text=text), lines
        return None

    def _end(self, why: str) -> None:
        self._lost = self._lost or why

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


@lru_cache(32)
def _read_line(line: bytes) -> tuple[int, bool, str] | None:
    """Return the code of a reply's line, whether the line is the last one, and its words; return None if it is no line
    of a reply. Cached, because servers send most lines again for each mail.
    """
    found = _LINE.fullmatch(line.removesuffix(b"\r"))
    if found is None:
        return None
    code, mark, words = found.groups()
    return int(code), mark != b"-", _printable(words or b"")


def _printable(words: bytes) -> str:
    text = words.decode("utf-8", "replace").strip()
    return text if text.isprintable() else "".join(char if char.isprintable() else "?" for char in text)


def words_of(error: BaseException) -> str:
    """Return the message of an error of the operating system or of a library."""
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno).lower()  # asyncio would say only "Connect call failed"
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
