"""A mailbox on an IMAP server of this machine, with just what reads bounces needs of RFC 3501."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

PASSWORD = "secret"


@dataclass(slots=True)
class Box:
    """The mails, by their numbers, and what clients did."""

    mails: dict[int, bytes] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    fetched: list[int] = field(default_factory=list)
    port: int = 0


class _Talk(socketserver.StreamRequestHandler):
    box: Box

    def handle(self) -> None:
        self._say("* OK ready")
        while line := self.rfile.readline().decode().strip():
            tag, _, command = line.partition(" ")
            self._answer(tag, command)
            if command.upper().startswith("LOGOUT"):
                return

    def _answer(self, tag: str, command: str) -> None:
        box, words = self.box, command.split()
        match [word.upper() for word in words[:2]]:
            case ["CAPABILITY", *_]:
                self._say("* CAPABILITY IMAP4rev1")
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
def imap_server(*mails: bytes) -> Iterator[Box]:
    """A server with these mails, numbered from 1."""
    box = Box(mails=dict(enumerate(mails, start=1)))
    handler = type("Talk", (_Talk,), {"box": box})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()
