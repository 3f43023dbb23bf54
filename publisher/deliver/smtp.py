"""The SMTP client (RFC 5321): sessions with one mail server, each on a connection of its own.

If the server offers PIPELINING (RFC 2920), MAIL, RCPT and DATA are sent in one group, which halves the round trips of a
mail. The next mail's group is never sent directly after the end of this one: that makes a real Postfix nine times
slower, because its delayed acknowledgement waits for our next packet.

The client discards what the server said before STARTTLS, always verifies certificate and name, limits the size of
replies, and has a deadline for each step. It decides nothing: `answers` interprets replies.
"""

import asyncio
import base64
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

from publisher.deliver.answers import CLOSING, Reply, SmtpStep
from publisher.deliver.secret import read_secret
from publisher.deliver.wire import Dropped, Silent, Wire, words_of
from publisher.model.errors import MailServerError
from publisher.model.settings import Security, SmtpSettings
from publisher.rendering.wire_form import WireForm

MAILS_A_CONNECTION = 100
REFUSALS_A_CONNECTION = 8
"""The number of refusals on a connection after which a new one is opened. Postfix slows a connection down after 10
errors, and closes it after 20.
"""
IDLE_S = 30.0
_NOT_IN_XTEXT = re.compile(r"[^!-*,-<>-~]")
_ESMTP_SIZE = re.compile(r"\d{1,15}")
_LONGEST_ENVID = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """How long each step may take, in seconds; the steps of a mail follow RFC 5321 section 4.5.3.2."""

    connect: float = 30
    greeting: float = 120
    login: float = 60
    """For the login, and for each of EHLO and STARTTLS."""
    envelope: float = 300
    data: float = 120
    block: float = 180
    """For the server to accept a block of the mail's bytes."""
    dot: float = 600
    quit: float = 2


class BrokenPipeline(Silent):
    """Error: the server offers PIPELINING, but ignored what followed the first command of a group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The envelope of a mail: recipient, sender and id."""

    sender: str
    recipient: str
    envid: str
    """The id of the mail in failure reports (ENVID, RFC 3461 section 4.4), in ASCII."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The server's reply that ended an attempt to send a mail before the mail was handed over."""

    step: SmtpStep
    reply: Reply


class MailServer:
    """The mail server that config.toml names. It opens sessions."""

    def __init__(
        self, settings: SmtpSettings, *, deadlines: Deadlines = Deadlines(), may_pipeline: bool = True
    ) -> None:
        """Prepare what all sessions share. If `may_pipeline` is false, offers of PIPELINING are ignored.

        Raises:
            MailServerError: the file of certificates cannot be read.
        """
        self._settings = settings
        self._deadlines = deadlines
        self.may_pipeline = may_pipeline
        self._context = None if settings.security is Security.NONE else _context(settings)

    async def open(self) -> "SmtpSession":
        """Open a session: connect, encrypt and log in.

        Raises:
            MailServerError: a step failed.
        """
        wire = await self._connect()
        session = SmtpSession(wire, self._settings, self._deadlines, may_pipeline=self.may_pipeline)
        try:
            await session.begin(self._context)
        except Dropped as drop:
            wire.close()
            raise MailServerError(self._settings.place, str(drop)) from drop
        except BaseException:
            wire.close()
            raise
        return session

    async def _connect(self) -> Wire:
        settings, loop = self._settings, asyncio.get_running_loop()
        context = self._context if settings.security is Security.TLS else None
        name = settings.host if context else None
        try:
            async with asyncio.timeout(self._deadlines.connect):
                _, wire = await loop.create_connection(
                    Wire, settings.host, settings.port, ssl=context, server_hostname=name
                )
        except TimeoutError as error:
            problem = f"no connection within {self._deadlines.connect:g} s; see smtp.host and smtp.port"
            raise MailServerError(settings.place, problem) from error
        except ssl.SSLError as error:
            raise _tls_error(settings, error) from error
        except OSError as error:
            raise MailServerError(settings.place, f"{words_of(error)}; see smtp.host and smtp.port") from error
        return wire


class SmtpSession:
    """One connection, greeted, encrypted and logged in, which sends one mail after another."""

    def __init__(self, wire: Wire, settings: SmtpSettings, deadlines: Deadlines, *, may_pipeline: bool) -> None:
        self._wire = wire
        self._may_pipeline = may_pipeline
        self._settings = settings
        self._deadlines = deadlines
        self._offers: dict[str, str] = {}
        """The extensions that the server offers, arguments by keyword (RFC 5321 section 4.1.1.1)."""
        self._has_open_mail = False
        """Whether the server was told the sender or recipient of a mail that was not sent."""
        self._refusals = 0
        self.mails = 0
        """How many envelopes were sent in this session."""

    @property
    def is_spent(self) -> bool:
        """Whether the next mail should go over a new connection, because this one had many mails or refusals, was
        silent for long, or is lost.
        """
        idle_s = asyncio.get_running_loop().time() - self._wire.heard_at
        is_used_up = self.mails >= MAILS_A_CONNECTION or self._refusals >= REFUSALS_A_CONNECTION
        return is_used_up or idle_s > IDLE_S or self._wire.is_lost

    @property
    def encryption(self) -> str:
        """The version of TLS, such as TLSv1.3, or an empty string if the connection is not encrypted."""
        return self._wire.encryption

    @property
    def offers(self) -> frozenset[str]:
        """The server's extensions, such as PIPELINING."""
        return frozenset(self._offers)

    async def begin(self, context: ssl.SSLContext | None) -> None:
        """Read the greeting, say EHLO, encrypt and log in.

        Raises:
            MailServerError: the server refuses, or does not support what config.toml requires.
            Dropped: the connection broke.
        """
        self._need(await self._wire.reply(self._deadlines.greeting), "greeting")
        await self._greet()
        if self._settings.security is Security.STARTTLS and context is not None:
            await self._encrypt(context)
            await self._greet()
        if self._settings.user:
            await self._log_in()

    async def open_mail(self, envelope: Envelope, size: int) -> Refusal | None:
        """Send sender, recipient and DATA. Return the server's refusal, or `None` if the server waits for the mail.

        Raises:
            Dropped: the connection broke.
        """
        self.mails += 1
        if (most := self._offers.get("SIZE", "")) and _ESMTP_SIZE.fullmatch(most) and 0 < int(most) < size:
            self._refusals += 1
            text = f"5.3.4 the server takes mails of at most {most} bytes, and this one has {size}"
            return Refusal(step=SmtpStep.RCPT, reply=Reply(code=552, text=text))
        is_in_one = self._may_pipeline and "PIPELINING" in self._offers
        ask = self._ask_in_one if is_in_one else self._ask_one_by_one
        refusal = await ask(self._commands(envelope, size))
        self._has_open_mail = refusal is not None
        if refusal is not None:
            self._refusals += 1
        return refusal

    async def hand_over(self, mail: WireForm) -> Reply:
        """Send the mail that `open_mail` announced; return the server's reply.

        Raises:
            Dropped: the server did not answer, so it may or may not have the mail.
        """
        await self._wire.write_all(mail.data, self._deadlines.block)
        reply = await self._wire.reply(self._deadlines.dot)
        if reply.code // 100 != 2:  # noqa: PLR2004  (RFC 5321 section 4.2.1)
            self._refusals += 1
        return reply

    async def quit(self) -> None:
        """Send QUIT and close the connection, whatever the server answers."""
        try:
            self._wire.write(b"QUIT\r\n")
            await self._wire.reply(self._deadlines.quit)
        except Dropped:
            pass  # the server has closed it first
        finally:
            self._wire.close()

    def close(self) -> None:
        """Close the connection at once."""
        self._wire.close()

    # --- before the first mail ---------------------------------------------------------------------------------------

    async def _greet(self) -> None:
        name = self._wire.own_name
        reply, lines = await self._command(f"EHLO {name}")
        if reply.code // 100 == 5 and self._settings.security is Security.NONE and not self._settings.user:  # noqa: PLR2004
            reply, lines = (
                (await self._command(f"HELO {name}"))[0],
                [],
            )  # RFC 5321 section 3.2: servers without extensions
        self._need(reply, "EHLO")
        self._offers = {}
        for line in lines[1:]:
            keyword, _, arguments = line.replace("=", " ", 1).partition(" ")  # AUTH=LOGIN is an old form
            known = self._offers.get(keyword.upper(), "")
            self._offers[keyword.upper()] = f"{known} {arguments}".strip()

    async def _encrypt(self, context: ssl.SSLContext) -> None:
        settings = self._settings
        if "STARTTLS" not in self._offers:
            problem = 'it does not offer STARTTLS; set smtp.security = "tls" if it is encrypted from the start'
            raise MailServerError(settings.place, problem, is_ours=True)
        reply, _ = await self._command("STARTTLS")
        self._need(reply, "STARTTLS")
        try:
            await self._wire.encrypt(context, settings.host, self._deadlines.login)
        except ssl.SSLError as error:
            raise _tls_error(settings, error) from error
        except OSError as error:
            raise Dropped(words_of(error)) from error

    async def _log_in(self) -> None:
        settings, methods = self._settings, self._offers.get("AUTH", "").upper().split()
        if settings.oauth is not None:
            wanted = ["XOAUTH2"]
            secret = await asyncio.to_thread(read_secret, settings.oauth, "smtp.oauth")
        elif settings.password is not None:
            wanted = ["PLAIN", "LOGIN"]
            secret = await asyncio.to_thread(read_secret, settings.password, "smtp.password")
        else:
            return
        method = next((each for each in wanted if each in methods), None)
        if method is None:
            offered = ", ".join(methods) or "no login at all"
            problem = f"it does not offer a login by {' or '.join(wanted)}, but {offered}"
            raise MailServerError(settings.place, problem, is_ours=True)
        reply = await self._answer_challenges(method, settings.user, secret)
        if reply.code // 100 == 5:  # noqa: PLR2004
            problem = f"it refused the login of {settings.user!r} ({reply}); check smtp.user and its password or token"
            raise MailServerError(settings.place, problem, is_ours=True)
        self._need(reply, "the login")

    async def _answer_challenges(self, method: str, user: str, secret: str) -> Reply:
        answers = {
            "PLAIN": [f"\0{user}\0{secret}"],
            "LOGIN": ["", user, secret],
            "XOAUTH2": [f"user={user}\1auth=Bearer {secret}\1\1", ""],
        }[method]
        first, *others = (base64.b64encode(answer.encode()).decode() for answer in answers)
        reply, _ = await self._command(f"AUTH {method} {first}".rstrip(), self._deadlines.login)
        for answer in others:
            if reply.code != 334:  # noqa: PLR2004  (RFC 4954 section 4)
                break
            reply, _ = await self._command(answer, self._deadlines.login)
        return reply

    async def _command(self, command: str, deadline_s: float | None = None) -> tuple[Reply, list[str]]:
        """Send a command; return the server's reply, and the lines of the reply."""
        self._wire.write(f"{command}\r\n".encode())
        return await self._wire.reply_and_lines(self._deadlines.login if deadline_s is None else deadline_s)

    def _need(self, reply: Reply, what: str) -> None:
        if reply.code // 100 != 2:  # noqa: PLR2004
            raise MailServerError(self._settings.place, f"it answered {what} with {reply}")

    # --- a mail ------------------------------------------------------------------------------------------------------

    def _commands(self, envelope: Envelope, size: int) -> list[bytes]:
        mail, rcpt = f"MAIL FROM:<{envelope.sender}>", f"RCPT TO:<{envelope.recipient}>"
        if "SIZE" in self._offers:
            mail += f" SIZE={size}"
        if "DSN" in self._offers:  # RFC 3461: a report of failure names the mail, and repeats only its head
            envid = _xtext(envelope.envid)
            mail += " RET=HDRS" + (f" ENVID={envid}" if len(envid) <= _LONGEST_ENVID else "")
            rcpt += f" NOTIFY=FAILURE ORCPT=rfc822;{_xtext(envelope.recipient)}"
        return [f"{command}\r\n".encode("ascii") for command in (mail, rcpt, "DATA")]

    async def _ask_in_one(self, commands: Sequence[bytes]) -> Refusal | None:
        self._wire.write((b"RSET\r\n" if self._has_open_mail else b"") + b"".join(commands))
        if self._has_open_mail:
            await self._wire.reply(self._deadlines.envelope)
        replies = [await self._wire.reply(self._deadlines.envelope)]
        try:
            for deadline_s in (self._deadlines.envelope, self._deadlines.data):
                if replies[-1].code != CLOSING:  # after that reply the server says nothing more
                    replies.append(await self._wire.reply(deadline_s))
        except Silent as silence:
            raise BrokenPipeline(
                f"it answered MAIL, but not the commands that were sent with it: {silence}"
            ) from silence
        refusal = _first_refusal(*replies)
        if refusal is not None and replies[-1].code == 354:  # noqa: PLR2004
            # RFC 2920 section 3.1: the server still waits for a mail; an empty one without recipients ends that
            self._wire.write(b".\r\n")
            await self._wire.reply(self._deadlines.dot)
        return refusal

    async def _ask_one_by_one(self, commands: Sequence[bytes]) -> Refusal | None:
        if self._has_open_mail:
            await self._command("RSET", self._deadlines.envelope)
        for step, command in zip((SmtpStep.MAIL, SmtpStep.RCPT, SmtpStep.DATA), commands, strict=True):
            self._wire.write(command)
            is_data = step is SmtpStep.DATA
            reply = await self._wire.reply(self._deadlines.data if is_data else self._deadlines.envelope)
            if not _is_taken(step, reply):
                return Refusal(step=step, reply=reply)
        return None


def _first_refusal(*replies: Reply) -> Refusal | None:
    """Return the first reply to MAIL, RCPT or DATA that is a refusal, or `None`. Later refusals in the group follow
    from the first, or are missing if the server closed the connection.
    """
    for step, reply in zip((SmtpStep.MAIL, SmtpStep.RCPT, SmtpStep.DATA), replies, strict=False):
        if not _is_taken(step, reply):
            return Refusal(step=step, reply=reply)
    return None


def _is_taken(step: SmtpStep, reply: Reply) -> bool:
    """Whether a reply says that the server accepts a step of SMTP.

    Raises:
        Dropped: the reply neither accepts nor refuses the step.
    """
    is_taken = reply.code == 354 if step is SmtpStep.DATA else reply.code // 100 == 2  # noqa: PLR2004
    if not is_taken and reply.code // 100 not in (4, 5):
        raise Dropped(f"it answered {step.name} with {reply}")
    return is_taken


def _xtext(text: str) -> str:
    """Return the text in xtext (RFC 3461 section 4)."""
    return _NOT_IN_XTEXT.sub(lambda found: f"+{ord(found[0]):02X}", text)


def _context(settings: SmtpSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        problem = f"smtp.ca_file {settings.ca_file} cannot be used: {words_of(error)}"
        raise MailServerError(settings.place, problem, is_ours=True) from error


def _tls_error(settings: SmtpSettings, error: ssl.SSLError) -> MailServerError:
    if isinstance(error, ssl.SSLCertVerificationError):
        problem = f"its certificate cannot be trusted: {error.verify_message}; see smtp.host and smtp.ca_file"
        return MailServerError(settings.place, problem, is_ours=True)
    return MailServerError(settings.place, f"no encryption: {error.reason or error}; see smtp.security and smtp.port")
