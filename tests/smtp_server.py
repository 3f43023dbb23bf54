"""A mail server on this machine that follows a script of misbehaviour. Without a script, it accepts everything.

A script is a list of `Step`s. A step waits for a verb such as RCPT; the first step that matches a command replaces the
usual answer, and is then used up. Everything that a server can do is a subclass of `Action`.
"""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

TCP_REPAIR = 19
"""A socket option of linux/tcp.h. A socket that is closed in this mode sends nothing."""
CONNECT, DOT = "CONNECT", "DOT"
"""Verbs for moments at which there is no command: the beginning of a connection, and the end of a mail."""
EVERY_EXTENSION = ("PIPELINING", "SIZE 10000000", "8BITMIME", "DSN", "ENHANCEDSTATUSCODES", "AUTH PLAIN LOGIN XOAUTH2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One mail that the server accepted."""

    sender: str
    recipient: str
    mail: bytes
    """The mail, after the doubling of dots was undone."""

    @property
    def message_id(self) -> str:
        head = self.mail.partition(b"\r\n\r\n")[0].decode("ascii")
        return next(line.partition(": ")[2] for line in head.split("\r\n") if line.startswith("Message-ID: "))


class HangUp(Exception):  # noqa: N818
    """Raised to end a conversation."""


@dataclass(frozen=True, slots=True)
class Action:
    """What the server does instead of its usual answer."""

    async def do(self, talk: "Talk") -> None:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Say(Action):
    """Sends an answer, and continues."""

    words: str

    async def do(self, talk: "Talk") -> None:
        await talk.say(self.words)


@dataclass(frozen=True, slots=True)
class SayBytes(Action):
    """Sends bytes, which may be a whole line or not, and continues."""

    data: bytes

    async def do(self, talk: "Talk") -> None:
        await talk.write(self.data)


@dataclass(frozen=True, slots=True)
class SayAndHangUp(Action):
    """Sends an answer, then closes the connection."""

    words: str = ""

    async def do(self, talk: "Talk") -> None:
        if self.words:
            await talk.say(self.words)
        raise HangUp


@dataclass(frozen=True, slots=True)
class Keep(Action):
    """Accepts the mail, and closes the connection without an answer."""

    async def do(self, talk: "Talk") -> None:
        talk.keep()
        raise HangUp


@dataclass(frozen=True, slots=True)
class Reset(Action):
    """Breaks the connection (RST)."""

    async def do(self, talk: "Talk") -> None:
        talk.writer.transport.abort()
        raise HangUp


@dataclass(frozen=True, slots=True)
class Vanish(Action):
    """Disappears without a packet, like a machine that lost power, so that the client's connection is half-open.

    Linux allows this for root. What the client sends afterwards is answered with RST, as by a machine that restarted.
    """

    is_kept: bool = False
    """Whether the server accepts the mail first."""
    is_answered: bool = False
    """Whether the server answers as usual first."""

    async def do(self, talk: "Talk") -> None:
        if self.is_kept:
            talk.keep()
        if self.is_answered:
            await talk.answer_as_usual()
        talk.writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        talk.writer.transport.abort()
        raise HangUp


@dataclass(frozen=True, slots=True)
class Wait(Action):
    """Waits, then answers as usual or performs another action."""

    seconds: float
    then: Action | None = None

    async def do(self, talk: "Talk") -> None:
        await asyncio.sleep(self.seconds)
        await (self.then.do(talk) if self.then else talk.answer_as_usual())


@dataclass(frozen=True, slots=True)
class Drip(Action):
    """Sends an answer byte by byte."""

    words: str
    pause_s: float

    async def do(self, talk: "Talk") -> None:
        for byte in f"{self.words}\r\n".encode():
            await talk.write(bytes([byte]))
            await asyncio.sleep(self.pause_s)


@dataclass(frozen=True, slots=True)
class Step:
    """What the server does at a command, once or several times."""

    verb: str
    action: Action
    times: int = 1
    about: str = ""
    """A text, such as an address, that the command must contain for this step."""


@dataclass(slots=True)
class Server:
    """The behaviour of the server, and what it has received."""

    script: list[Step] = field(default_factory=list)
    extensions: tuple[str, ...] = EVERY_EXTENSION
    context: ssl.SSLContext | None = None
    """The settings for STARTTLS, or for TLS from the start if `is_encrypted`."""
    is_encrypted: bool = False
    login: Callable[[str, list[str]], bool] = lambda _method, _answers: True
    """Returns whether a login succeeds, given its method and the client's answers in base64."""
    on_line: Callable[[str, bool], None] = lambda _verb, _is_answered: None
    """Called before and after each answer, with the verb and whether it is answered."""
    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """All commands of all clients, in order."""
    connections: int = 0
    conversations: set["asyncio.Task[None]"] = field(default_factory=set)
    restart: Callable[[], None] = lambda: None
    """Breaks all conversations, and listens again at the same port."""

    def step_for(self, verb: str, command: str) -> Step | None:
        """Return the step for this command, which is then used up."""
        for place, step in enumerate(self.script):
            if step.verb == verb and step.about in command:
                if step.times == 1:
                    del self.script[place]
                else:
                    left = step.times - 1
                    self.script[place] = Step(step.verb, step.action, times=left, about=step.about)
                return step
        return None

    @property
    def recipients(self) -> list[str]:
        """The recipients of all mails, sorted. A recipient of two mails is there twice."""
        return sorted(taken.recipient for taken in self.taken)


class Talk:
    """One conversation with a client."""

    def __init__(self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server = server
        self.reader = reader
        self.writer = writer
        self.sender = ""
        self.recipient = ""
        self._mail: list[bytes] = []
        self._verb = CONNECT
        self._command = ""
        self._is_encrypted = server.is_encrypted

    async def run(self) -> None:
        """Answer commands until one side closes the connection."""
        try:
            await self._answer(CONNECT, "")
            while line := await self.reader.readline():
                command = line.decode("ascii", "replace").rstrip("\r\n")
                self.server.said.append(command)
                verb = command.partition(" ")[0].partition(":")[0].upper()
                await self._answer(verb, command)
                if verb == "QUIT":
                    break
        except (HangUp, ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.writer.close()

    async def _answer(self, verb: str, command: str) -> None:
        self._verb, self._command = verb, command
        self.server.on_line(verb, False)
        step = self.server.step_for(verb, command)
        await (step.action.do(self) if step else self.answer_as_usual())
        self.server.on_line(verb, True)

    async def answer_as_usual(self) -> None:
        """Answer like a correct server."""
        argument = self._command.partition(":")[2].partition(">")[0].strip(" <")
        match self._verb:
            case "CONNECT":
                await self.say("220 sink.example.org ESMTP")
            case "EHLO":
                await self._greet()
            case "STARTTLS":
                await self.say("220 2.0.0 go on")
                assert self.server.context is not None
                await self.writer.start_tls(self.server.context)
                self._is_encrypted = True
            case "AUTH":
                await self._check_login()
            case "MAIL":
                self.sender, self.recipient = argument, ""
                await self.say("250 2.1.0 done")
            case "RCPT":
                self.recipient = argument
                await self.say("250 2.1.5 done")
            case "DATA" if not self.recipient:
                await self.say("554 5.5.1 no valid recipients")
            case "DATA":
                await self.say("354 go on")
                await self._hear_mail()
            case "DOT" if not self._mail:
                await self.say("554 5.5.1 no valid recipients")
            case "DOT":
                self.keep()
                await self.say("250 2.0.0 taken")
            case "HELO" | "RSET" | "NOOP":
                await self.say("250 2.0.0 done")
            case "QUIT":
                await self.say("221 2.0.0 bye")
            case _:
                await self.say("500 5.5.2 no such command")

    async def hear_mail_after(self, words: str) -> None:
        """Send an answer, and accept a mail even if the answer refuses it."""
        await self.say(words)
        await self._hear_mail()

    async def _hear_mail(self) -> None:
        self._mail = []
        while (line := await self.reader.readuntil(b"\n")) != b".\r\n":
            self._mail.append(line.removeprefix(b"."))
        self.server.said.append(".")
        await self._answer(DOT, "")
        self.sender = self.recipient = ""

    def keep(self) -> None:
        """Store the mail as accepted."""
        self.server.taken.append(Taken(sender=self.sender, recipient=self.recipient, mail=b"".join(self._mail)))

    async def _greet(self) -> None:
        offers = list(self.server.extensions)
        if self.server.context is not None and not self._is_encrypted:
            offers = [*(each for each in offers if not each.startswith("AUTH")), "STARTTLS"]
        lines = ["sink.example.org", *offers]
        await self.say("\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"]))

    async def _check_login(self) -> None:
        _, method, *first = self._command.split()
        answers = list(first)
        while len(answers) < (2 if method == "LOGIN" else 1):
            await self.say("334 VXNlcm5hbWU6")
            answers.append((await self.reader.readline()).decode().strip())
        is_right = self.server.login(method, answers)
        if not is_right and method == "XOAUTH2":
            await self.say("334 eyJzdGF0dXMiOiI0MDAifQ==")
            await self.reader.readline()
        await self.say("235 2.7.0 welcome" if is_right else "535 5.7.8 wrong name or password")

    async def say(self, words: str) -> None:
        await self.write(f"{words}\r\n".encode())

    async def write(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()


@dataclass(frozen=True, slots=True)
class TakeDataAnyway(Action):
    """Answers DATA with 354 although there is no recipient (RFC 2920 section 3.1)."""

    async def do(self, talk: Talk) -> None:
        await talk.hear_mail_after("354 go on")


@contextmanager
def smtp_server(script: Sequence[Step] = (), **options: object) -> Iterator[Server]:
    """Run a server on 127.0.0.1 inside a `with` block."""
    server = Server(script=list(script), **options)  # type: ignore[arg-type]  # as the fields say
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="smtp server")
    thread.start()
    listeners = [asyncio.run_coroutine_threadsafe(_listen(server), loop).result()]

    def restart() -> None:
        asyncio.run_coroutine_threadsafe(_close(server, listeners.pop()), loop).result()
        listeners.append(asyncio.run_coroutine_threadsafe(_listen(server), loop).result())

    server.restart = restart
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(_close(server, listeners.pop()), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _listen(server: Server) -> asyncio.Server:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        task = asyncio.current_task()
        assert task is not None
        server.conversations.add(task)
        task.add_done_callback(server.conversations.discard)
        await Talk(server, reader, writer).run()

    listener = await asyncio.start_server(
        talk, "127.0.0.1", server.port, ssl=server.context if server.is_encrypted else None, limit=2**22
    )
    server.port = listener.sockets[0].getsockname()[1]
    return listener


async def _close(server: Server, listener: asyncio.Server) -> None:
    # Accept nothing more, and let what was accepted begin: if the listener is closed in between, the connection stays
    # open, and nobody answers it (https://github.com/python/cpython/issues/109564).
    for listening in listener.sockets:
        asyncio.get_running_loop().remove_reader(listening)
    for _ in range(3):
        await asyncio.sleep(0)
    listener.close()
    for task in list(server.conversations):
        task.cancel()
    await asyncio.gather(*server.conversations, return_exceptions=True)
