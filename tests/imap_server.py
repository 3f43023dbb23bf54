"""An IMAP server on this machine with one mailbox, and only the part of RFC 3501 that tests need."""

import re
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

PASSWORD = "secret"


@dataclass(slots=True)
class Box:
    """The mails by number, and a record of what clients did."""

    mails: dict[int, bytes] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    fetched: list[int] = field(default_factory=list)
    port: int = 0
    context: ssl.SSLContext | None = None
    is_encrypted: bool = False
    """Whether the server uses TLS from the first byte. If not, and if it has a `context`, it offers STARTTLS."""


class _Server(socketserver.ThreadingTCPServer):
    def __init__(self, box: Box) -> None:
        super().__init__(("127.0.0.1", 0), type("Talk", (_Talk,), {"box": box}))
        self._box = box

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        if self._box.context is not None and self._box.is_encrypted:
            connection = self._box.context.wrap_socket(connection, server_side=True)
        return connection, address


class _Talk(socketserver.StreamRequestHandler):
    box: Box

    def handle(self) -> None:
        with suppress(ssl.SSLError):  # the client does not trust us
            self._talk()

    def _talk(self) -> None:
        self._say("* OK ready")
        while line := self.rfile.readline().decode().strip():
            tag, _, command = line.partition(" ")
            self._answer(tag, command)
            if command.upper().startswith("LOGOUT"):
                return

    def finish(self) -> None:
        super().finish()
        self.connection.close()  # not the server's own connection object any more, after STARTTLS

    def go_on_encrypted(self, context: ssl.SSLContext) -> None:
        """Start encryption, if the client trusts the certificate."""
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)

    def _answer(self, tag: str, command: str) -> None:
        box, words = self.box, command.split()
        match [word.upper() for word in words[:2]]:
            case ["CAPABILITY", *_]:
                self._say("* CAPABILITY IMAP4rev1 STARTTLS")
            case ["STARTTLS"] if box.context is not None:
                self._say(f"{tag} OK begin")
                self.go_on_encrypted(box.context)
                return
            case ["LOGIN", *_]:
                if words[2].strip('"') != PASSWORD:
                    self._say(f"{tag} NO wrong password")
                    return
            case ["SELECT", *_]:
                self._say(f"* {len(box.mails)} EXISTS\r\n* OK [UIDVALIDITY 7] valid")
            case ["UID", "SEARCH"]:
                start = int(words[3].partition(":")[0])
                last = max(box.mails, default=0)
                found = [number for number in sorted(box.mails) if number >= start or number == last]
                self._say("* SEARCH " + " ".join(map(str, found)))
            case ["UID", "FETCH"]:
                number = int(words[2])
                box.fetched.append(number)
                mail = box.mails[number]
                self._say(f"* 1 FETCH (UID {number} BODY[] {{{len(mail)}}}")
                self.wfile.write(mail + b")\r\n")
            case ["UID", "STORE"]:
                assert re.search(r"\\Deleted", command)
                box.deleted.add(int(words[2]))
            case ["EXPUNGE", *_]:
                for number in box.deleted:
                    box.mails.pop(number, None)
            case ["LOGOUT", *_]:
                self._say("* BYE")
        self._say(f"{tag} OK done")

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def imap_server(*mails: bytes, context: ssl.SSLContext | None = None, is_encrypted: bool = False) -> Iterator[Box]:
    """Run a server with these mails, numbered from 1."""
    box = Box(mails=dict(enumerate(mails, start=1)), context=context, is_encrypted=is_encrypted)
    with _Server(box) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()
