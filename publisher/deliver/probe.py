"""Tests the mail server: whether it can be used, and what it replies to one mail. The ledger is not used."""

import asyncio
from dataclasses import dataclass

from publisher.deliver.smtp import Deadlines, Envelope, MailServer
from publisher.deliver.wire import Dropped
from publisher.model.errors import MailServerError
from publisher.model.settings import SmtpSettings
from publisher.rendering.wire_form import WireForm

IMPATIENT = Deadlines(connect=10, greeting=30, login=30, envelope=60, data=60, block=60, dot=120)
"""Short deadlines: somebody waits at a terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """What a mail server offered when a connection to it was opened."""

    encryption: str
    """The version of TLS, such as TLSv1.3, or an empty string if the connection is not encrypted."""
    offers: frozenset[str]
    """The extensions that the server offers (RFC 5321 section 2.2), such as PIPELINING."""


def try_server(settings: SmtpSettings) -> Welcome:
    """Connect to the mail server, encrypt, log in, and disconnect without sending a mail.

    Raises:
        MailServerError: a step failed.
        SecretError: the password or token could not be read.
    """

    async def visit() -> Welcome:
        session = await MailServer(settings, deadlines=IMPATIENT).open()
        welcome = Welcome(encryption=session.encryption, offers=session.offers)
        await session.quit()
        return welcome

    return asyncio.run(visit())


def send_one(settings: SmtpSettings, envelope: Envelope, mail: bytes) -> str:
    """Send one mail; return the server's reply.

    Raises:
        MailServerError: the server cannot be used, or refused the mail.
        SecretError: the password or token could not be read.
    """

    async def hand_over() -> str:
        form = WireForm.of(mail)
        session = await MailServer(settings, deadlines=IMPATIENT).open()
        try:
            refusal = await session.open_mail(envelope, form.size)
            if refusal is not None:
                raise MailServerError(settings.place, f"it refused {refusal.step.name}: {refusal.reply}")
            reply = await session.hand_over(form)
        except Dropped as drop:
            raise MailServerError(settings.place, str(drop)) from drop
        finally:
            await session.quit()
        if reply.code // 100 != 2:  # noqa: PLR2004  (RFC 5321 section 4.2.1)
            raise MailServerError(settings.place, f"it refused the mail: {reply}")
        return str(reply)

    return asyncio.run(hand_over())
