"""A mail server on this machine that accepts everything and relays nothing."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One mail as it was handed over."""

    sender: str
    recipients: tuple[str, ...]
    mail: bytes
    """The whole mail, with CRLF as line ends."""


@dataclass(slots=True)
class Sink:
    """A mail server that accepts everything, and the mails that were handed over to it so far."""

    port: int = 0
    taken: list[Taken] = field(default_factory=list)


@contextmanager
def mail_sink() -> Iterator[Sink]:
    """Run a sink on 127.0.0.1 inside a `with` block."""
    sink = Sink()

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 sink")
            sender = ""
            recipients: list[str] = []
            while line := self.rfile.readline():
                verb, _, argument = line.decode("ascii").strip().partition(":")
                self._say("354 go on" if verb.upper() == "DATA" else "250 done")
                match verb.upper():
                    case "MAIL FROM":
                        sender, recipients = argument.strip(" <>"), []
                    case "RCPT TO":
                        recipients.append(argument.strip(" <>"))
                    case "DATA":
                        sink.taken.append(Taken(sender=sender, recipients=tuple(recipients), mail=self._mail()))
                        self._say("250 taken")
                    case "QUIT":
                        return

        def _say(self, words: str) -> None:
            self.wfile.write(f"{words}\r\n".encode())

        def _mail(self) -> bytes:
            lines = iter(self.rfile.readline, b".\r\n")
            return b"".join(line.removeprefix(b".") for line in lines)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        sink.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield sink
        server.shutdown()
