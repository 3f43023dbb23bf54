"""The SMTP client, with correct and misbehaving servers."""

import asyncio
import base64
import ssl
import sys
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
import trustme

from publisher.deliver.answers import Reply, SmtpStep
from publisher.deliver.smtp import (
    IDLE_S,
    MAILS_A_CONNECTION,
    REFUSALS_A_CONNECTION,
    Deadlines,
    Envelope,
    MailServer,
    Refusal,
    SmtpSession,
)
from publisher.deliver.wire import MOST_BYTES, Dropped, Silent
from publisher.model.errors import MailServerError, SecretError
from publisher.model.settings import Secret, Security, SmtpSettings
from publisher.rendering.wire_form import WireForm
from tests.smtp_server import (
    CONNECT,
    DOT,
    EVERY_EXTENSION,
    Action,
    Drip,
    Keep,
    Reset,
    Say,
    SayAndHangUp,
    SayBytes,
    Server,
    TakeDataAnyway,
    Wait,
    smtp_server,
)
from tests.smtp_server import Step as Scripted

PATIENT = Deadlines(quit=0.2)
IMPATIENT = Deadlines(envelope=0.1, data=0.1, block=0.1, dot=0.1, quit=0.1)
MAIL = b"Subject: one\r\nMessage-ID: <1@example.org>\r\n\r\n.dot\r\n..two\r\nthe end\r\n"
ENVELOPE = Envelope(sender="news@example.org", recipient="ada@example.org", envid="weekly-1@example.org")
WITHOUT_PIPELINING = tuple(each for each in EVERY_EXTENSION if each != "PIPELINING")
CA = trustme.CA()
T = TypeVar("T")


def server_context(*names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CA.issue_cert(*names).configure_cert(context)
    return context


@pytest.fixture(scope="module")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    CA.cert_pem.write_to_path(path)
    return path


def settings_for(server: Server, **values: object) -> SmtpSettings:
    plain = SmtpSettings(host="127.0.0.1", port=server.port, security=Security.NONE)
    return replace(plain, **values)  # type: ignore[arg-type]  # whatever a test gives


def with_session(
    settings: SmtpSettings, work: Callable[[SmtpSession], Awaitable[T]], deadlines: Deadlines = PATIENT
) -> T:
    """Open a session and call `work` with it; return the result."""
    return asyncio.run(in_session(settings, work, deadlines))


async def in_session(settings: SmtpSettings, work: Callable[[SmtpSession], Awaitable[T]], deadlines: Deadlines) -> T:
    session = await MailServer(settings, deadlines=deadlines).open()
    try:
        return await work(session)
    finally:
        await session.quit()


async def send(session: SmtpSession, envelope: Envelope = ENVELOPE, mail: bytes = MAIL) -> Reply | Refusal:
    """Send a mail; return the reply."""
    wire = WireForm.of(mail)
    return await session.open_mail(envelope, wire.size) or await session.hand_over(wire)


# --- a mail ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("extensions", [EVERY_EXTENSION, WITHOUT_PIPELINING, ()], ids=["all", "no pipelining", "none"])
def test_a_mail_arrives_as_it_was(extensions: tuple[str, ...]) -> None:
    with smtp_server(extensions=extensions) as server:
        answers = with_session(settings_for(server), lambda session: send_many(session, 3))

    assert [250] * 3 == [answer.code for answer in answers]
    assert [("news@example.org", "ada@example.org", MAIL)] * 3 == [
        (taken.sender, taken.recipient, taken.mail) for taken in server.taken
    ]


async def send_many(session: SmtpSession, number: int) -> list[Reply]:
    answers = [await send(session) for _ in range(number)]
    return [answer for answer in answers if isinstance(answer, Reply)]


def test_sender_recipient_and_data_go_in_one_group_but_never_the_next_mail_after_the_final_dot() -> None:
    """The server answers a group only at its end, and a mail only if nothing follows the mail."""
    with smtp_server([Scripted("MAIL", Wait(0.05)), Scripted(DOT, Wait(0.05))]) as server:
        with_session(settings_for(server), lambda session: send_many(session, 2))

    commands = [line.partition(":")[0].partition(" ")[0] for line in server.said]
    assert ["EHLO", *["MAIL", "RCPT", "DATA", "."] * 2, "QUIT"] == commands


def test_the_server_is_told_the_size_and_whom_to_tell_of_a_failure() -> None:
    envelope = replace(ENVELOPE, recipient="a+b=c@example.org")
    with smtp_server() as server:
        with_session(settings_for(server), lambda session: send(session, envelope))

    # `a+b=c` in xtext (RFC 3461 section 4)
    assert [
        f"MAIL FROM:<news@example.org> SIZE={len(MAIL)} RET=HDRS ENVID=weekly-1@example.org",
        "RCPT TO:<a+b=c@example.org> NOTIFY=FAILURE ORCPT=rfc822;a+2Bb+3Dc@example.org",
    ] == server.said[1:3]


def test_a_mail_that_is_too_large_is_not_sent() -> None:
    with smtp_server(extensions=("SIZE 10", "PIPELINING")) as server:
        refusal = with_session(settings_for(server), send)

    assert isinstance(refusal, Refusal)
    assert (552, "5.3.4") == (refusal.reply.code, refusal.reply.status)
    assert ["EHLO", "QUIT"] == [line.partition(" ")[0] for line in server.said]


@pytest.mark.parametrize("mail", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\n", b"a\r\r\n"])
def test_a_mail_with_half_a_line_end_is_never_sent(mail: bytes) -> None:
    with pytest.raises(ValueError, match="alone"):
        WireForm.of(mail)


def test_a_mail_without_a_last_line_end_gets_one() -> None:
    assert b"..a\r\nb\r\n.\r\n" == WireForm.of(b".a\r\nb").data


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("extensions", [EVERY_EXTENSION, WITHOUT_PIPELINING], ids=["pipelining", "one by one"])
@pytest.mark.parametrize(
    ("verb", "action", "step", "code"),
    [
        ("MAIL", Say("550 5.1.8 no"), SmtpStep.MAIL, 550),
        ("RCPT", Say("450 4.7.1 later"), SmtpStep.RCPT, 450),
        ("RCPT", Say("550-5.1.1 no such\r\n550 5.1.1 user"), SmtpStep.RCPT, 550),
        ("DATA", Say("452 4.3.1 no room"), SmtpStep.DATA, 452),
    ],
)
def test_a_refusal_is_of_its_step_and_the_next_mail_goes_through(
    extensions: tuple[str, ...], verb: str, action: Action, step: SmtpStep, code: int
) -> None:
    async def work(session: SmtpSession) -> tuple[Reply | Refusal, Reply | Refusal]:
        return await send(session), await send(session)

    with smtp_server([Scripted(verb, action)], extensions=extensions) as server:
        refusal, reply = with_session(settings_for(server), work)

    assert isinstance(refusal, Refusal)
    assert (step, code) == (refusal.step, refusal.reply.code)
    assert isinstance(reply, Reply)
    assert (250, 1, 1) == (reply.code, len(server.taken), server.connections)
    assert "RSET" in server.said


def test_a_server_that_wants_a_mail_for_nobody_gets_an_empty_one() -> None:
    script = [Scripted("RCPT", Say("550 5.1.1 no")), Scripted("DATA", TakeDataAnyway())]
    with smtp_server(script) as server:
        refusal = with_session(settings_for(server), send)

    assert isinstance(refusal, Refusal)
    assert (SmtpStep.RCPT, 550, []) == (refusal.step, refusal.reply.code, server.taken)


def test_a_connection_is_done_after_many_mails_or_some_refusals_or_a_rest() -> None:
    async def count(session: SmtpSession, envelope: Envelope) -> int:
        count = 0
        while not session.is_spent:
            await send(session, envelope)
            count += 1
        return count

    with smtp_server([Scripted("RCPT", Say("550 5.1.1 no"), times=99, about="eve@")]) as server:
        eve = replace(ENVELOPE, recipient="eve@example.org")
        assert MAILS_A_CONNECTION == with_session(settings_for(server), lambda session: count(session, ENVELOPE))
        assert REFUSALS_A_CONNECTION == with_session(settings_for(server), lambda session: count(session, eve))
        assert 0 < IDLE_S <= 30


# --- servers that break the connection -------------------------------------------------------------------------------


@pytest.mark.parametrize("extensions", [EVERY_EXTENSION, WITHOUT_PIPELINING], ids=["pipelining", "one by one"])
@pytest.mark.parametrize(
    ("verb", "action", "kept"),
    [
        *((verb, SayAndHangUp(), 0) for verb in ("MAIL", "RCPT", "DATA", DOT)),
        *((verb, Reset(), 0) for verb in ("MAIL", DOT)),
        (DOT, Keep(), 1),
        ("MAIL", SayBytes(b"what?\r\n"), 0),
        ("MAIL", SayBytes(b"\0\0\0\r\n"), 0),
        ("DATA", Say("250 what mail?"), 0),
    ],
)
def test_a_connection_that_breaks_is_dropped(extensions: tuple[str, ...], verb: str, action: Action, kept: int) -> None:
    with smtp_server([Scripted(verb, action)], extensions=extensions) as server:
        with pytest.raises(Dropped):
            with_session(settings_for(server), send, Deadlines(quit=0.1))

        assert kept == len(server.taken)


@pytest.mark.parametrize("extensions", [EVERY_EXTENSION, WITHOUT_PIPELINING], ids=["pipelining", "one by one"])
def test_a_connection_that_is_silent_is_dropped(extensions: tuple[str, ...]) -> None:
    silences: list[tuple[str, Action]] = [
        *((verb, SayBytes(b"250 2.0")) for verb in ("MAIL", DOT)),
        *((verb, Wait(5)) for verb in ("MAIL", "RCPT", "DATA", DOT)),
        *((verb, Drip("250 2.0.0 slowly", 0.1)) for verb in ("MAIL", DOT)),
    ]
    with ExitStack() as stack:
        servers = [stack.enter_context(smtp_server([Scripted(*each)], extensions=extensions)) for each in silences]

        async def send_to_all() -> list[BaseException | Reply | Refusal]:
            sent = (in_session(settings_for(server), send, IMPATIENT) for server in servers)
            return await asyncio.gather(*sent, return_exceptions=True)

        ends = asyncio.run(send_to_all())

    assert [] == [(*each, end) for each, end in zip(silences, ends, strict=True) if not isinstance(end, Dropped)]
    assert [] == [taken for server in servers for taken in server.taken]


def test_silence_is_told_from_a_broken_connection() -> None:
    with smtp_server([Scripted("MAIL", Wait(5))]) as server, pytest.raises(Silent, match=r"not answer within 0\.1 s"):
        with_session(settings_for(server), send, IMPATIENT)


@pytest.mark.parametrize("junk", [b"250-" + b"x" * 200 + b"\r\n", b"2" * 1000])
def test_an_endless_reply_is_not_kept(junk: bytes) -> None:
    endless = SayBytes(junk * (10_000_000 // len(junk)))
    with smtp_server([Scripted("MAIL", endless)]) as server, pytest.raises(Dropped, match=f"more than {MOST_BYTES}"):
        with_session(settings_for(server), send)


def test_a_line_end_without_cr_is_understood() -> None:
    with smtp_server([Scripted("RCPT", SayBytes(b"550-5.1.1 no\n550 5.1.1 body\n"))]) as server:
        refusal = with_session(settings_for(server), send)

    assert isinstance(refusal, Refusal)
    assert "550 5.1.1 no 5.1.1 body" == str(refusal.reply)


def test_words_of_the_server_are_one_printable_line() -> None:
    with smtp_server([Scripted("RCPT", SayBytes(b"550-5.1.1 no\0body\r\n550 5.1.1 \x1b[31mred\xff\r\n"))]) as server:
        refusal = with_session(settings_for(server), send)

    assert isinstance(refusal, Refusal)
    assert "550 5.1.1 no?body 5.1.1 ?[31mred\ufffd" == str(refusal.reply)


# --- how a session begins --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (Say("554 5.7.1 go away"), "greeting with 554 5.7.1 go away"),
        (Say("421 4.3.2 too many connections"), "greeting with 421"),
        (SayAndHangUp(), "closed the connection"),
        (Wait(5), "did not answer"),
        (SayBytes(b"SSH-2.0-OpenSSH_9.2\r\n"), "cannot be read: 'SSH-2.0"),
    ],
)
def test_a_greeting_that_is_none_is_a_problem_of_the_server(action: Action, words: str) -> None:
    deadlines = Deadlines(greeting=0.2) if isinstance(action, Wait) else Deadlines()
    with smtp_server([Scripted(CONNECT, action)]) as server, pytest.raises(MailServerError, match=words) as error:
        with_session(settings_for(server), send, deadlines)

    assert f"mail server 127.0.0.1:{server.port}: " in str(error.value)
    assert not error.value.is_ours


def test_a_server_without_extensions_is_greeted_the_old_way() -> None:
    with smtp_server([Scripted("EHLO", Say("502 5.5.1 what?"))]) as server:
        with_session(settings_for(server), send)

    assert ["EHLO", "HELO", "MAIL"] == [line.partition(" ")[0] for line in server.said[:3]]


def test_a_refused_connection_is_a_problem_of_the_server() -> None:
    with smtp_server() as server:
        settings = settings_for(server)

    with pytest.raises(MailServerError, match="refused"):
        with_session(settings, send)


@pytest.mark.parametrize(("security", "is_encrypted"), [(Security.STARTTLS, False), (Security.TLS, True)])
def test_a_connection_is_encrypted_and_the_login_goes_through_it(
    ca_file: Path, security: Security, is_encrypted: bool
) -> None:
    with smtp_server(context=server_context("127.0.0.1"), is_encrypted=is_encrypted) as server:
        settings = settings_for(
            server, security=security, ca_file=ca_file, user="news", password=Secret(value="secret")
        )
        reply = with_session(settings, send)

    assert isinstance(reply, Reply)
    assert 250 == reply.code
    greetings = ["EHLO"] if is_encrypted else ["EHLO", "STARTTLS", "EHLO"]
    assert [*greetings, "AUTH", "MAIL"] == [line.partition(" ")[0] for line in server.said[: len(greetings) + 2]]


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_certificate_of_a_stranger_or_for_another_name_is_not_trusted(ca_file: Path, security: Security) -> None:
    is_encrypted = security is Security.TLS
    for names, trusted in ((["127.0.0.1"], None), (["mail.example.org"], ca_file)):
        with smtp_server(context=server_context(*names), is_encrypted=is_encrypted) as server:
            settings = settings_for(server, security=security, ca_file=trusted)
            with pytest.raises(MailServerError, match="certificate cannot be trusted") as error:
                with_session(settings, send)

        assert error.value.is_ours
        assert not any(line.startswith(("AUTH", "MAIL")) for line in server.said)


def test_a_certificate_that_has_expired_is_not_trusted(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    expired = authority.issue_cert("127.0.0.1", not_after=datetime(2020, 1, 1, tzinfo=UTC))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    expired.configure_cert(context)
    with smtp_server(context=context) as server:
        settings = settings_for(server, security=Security.STARTTLS, ca_file=tmp_path / "ca.pem")
        with pytest.raises(MailServerError, match="cannot be trusted: certificate has expired") as error:
            with_session(settings, send)

    assert error.value.is_ours


@pytest.mark.parametrize("verb", ["EHLO", "AUTH"])
def test_a_server_that_closes_before_the_first_mail_is_tried_again(verb: str) -> None:
    with smtp_server([Scripted(verb, SayAndHangUp("421 4.3.2 shutting down"))]) as server:
        settings = settings_for(server, user="news", password=Secret(value="secret"))
        with pytest.raises(MailServerError, match=r"421 4\.3\.2") as error:
            with_session(settings, send, IMPATIENT)

    assert not error.value.is_ours


def test_a_server_whose_encryption_was_stripped_gets_no_password() -> None:
    with smtp_server() as server:
        settings = settings_for(server, security=Security.STARTTLS, user="news", password=Secret(value="secret"))
        with pytest.raises(MailServerError, match="does not offer STARTTLS") as error:
            with_session(settings, send)

    assert error.value.is_ours
    assert ["EHLO"] == [line.partition(" ")[0] for line in server.said]


def test_replies_from_before_the_encryption_are_not_trusted(ca_file: Path) -> None:
    injected = SayBytes(b"220 go on\r\n250-evil\r\n250 AUTH PLAIN\r\n")
    with smtp_server([Scripted("STARTTLS", injected)], context=server_context("127.0.0.1")) as server:
        settings = settings_for(server, security=Security.STARTTLS, ca_file=ca_file)
        with pytest.raises(MailServerError, match="between STARTTLS and the encryption"):
            with_session(settings, send)


def test_certificates_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    settings = SmtpSettings(host="localhost", port=25, security=Security.TLS, ca_file=tmp_path / "none.pem")

    with pytest.raises(MailServerError, match=r"smtp\.ca_file .*none\.pem cannot be used"):
        MailServer(settings)


# --- logins ----------------------------------------------------------------------------------------------------------


def said(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("offered", "secret", "method", "answers"),
    [
        ("PLAIN LOGIN", "password", "PLAIN", [said("\0news\0secret")]),
        ("LOGIN", "password", "LOGIN", [said("news"), said("secret")]),
        ("PLAIN XOAUTH2", "oauth", "XOAUTH2", [said("user=news\1auth=Bearer secret\1\1")]),
    ],
)
def test_each_login_sends_the_words_of_its_protocol(offered: str, secret: str, method: str, answers: list[str]) -> None:
    heard = []

    def login(method: str, answers: list[str]) -> bool:
        heard.append((method, answers))
        return True

    with smtp_server(extensions=(f"AUTH {offered}",), login=login) as server:
        with_session(settings_for(server, user="news", **{secret: Secret(value="secret")}), send)

    assert ([(method, answers)], 1) == (heard, len(server.taken))


@pytest.mark.parametrize("secret", ["password", "oauth"])
def test_a_refused_login_is_for_the_operator_and_names_no_secret(secret: str) -> None:
    with smtp_server(login=lambda _method, _answers: False) as server:
        settings = settings_for(server, user="news", **{secret: Secret(value="hush-hush")})
        with pytest.raises(MailServerError, match="535") as error:
            with_session(settings, send)

    assert error.value.is_ours
    assert "hush-hush" not in str(error.value)


def test_a_login_that_is_not_possible_now_is_tried_again() -> None:
    not_now = Scripted("AUTH", Say("454 4.7.0 not now"))
    with smtp_server([not_now]) as server, pytest.raises(MailServerError, match="454") as error:
        with_session(settings_for(server, user="news", password=Secret(value="secret")), send)

    assert not error.value.is_ours


def test_a_server_without_a_login_we_know_is_told() -> None:
    words = "PLAIN or LOGIN, but CRAM-MD5"
    with smtp_server(extensions=("AUTH CRAM-MD5",)) as server, pytest.raises(MailServerError, match=words):
        with_session(settings_for(server, user="news", password=Secret(value="secret")), send)


def test_a_token_is_read_again_at_each_login(tmp_path: Path) -> None:
    token = tmp_path / "token"
    heard: list[str] = []

    def login(_method: str, answers: list[str]) -> bool:
        heard.append(base64.b64decode(answers[0]).decode())
        return True

    with smtp_server(login=login) as server:
        for secret in (
            Secret(file=token),
            Secret(command=(sys.executable, "-c", f"print(open({str(token)!r}).read())")),
        ):
            for content in ("first", "second\n"):
                token.write_text(content)
                with_session(settings_for(server, user="news", oauth=secret), send)

    assert ["first", "second"] * 2 == [said.split("Bearer ")[1].strip("\1") for said in heard]


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        (Secret(file=Path("/nowhere/token")), "smtp.password: /nowhere/token cannot be read"),
        (Secret(command=("/nowhere/program",)), "smtp.password: /nowhere/program cannot be run"),
        (Secret(command=(sys.executable, "-c", "raise SystemExit('no luck')")), "ended with 1: no luck"),
    ],
)
def test_a_secret_that_cannot_be_had_is_told(secret: Secret, words: str) -> None:
    with smtp_server() as server, pytest.raises(SecretError, match=words):
        with_session(settings_for(server, user="news", password=secret), send)
