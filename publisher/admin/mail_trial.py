"""Tests for the operator that mails can be sent: checks the DNS and the mail server, and sends one test mail."""

from collections.abc import Iterator, Sequence

from publisher.admin.mail_domains import Ask, DomainFinding, Level, ask_dns, judge_domains
from publisher.admin.next_edition import next_digest, sample_digest
from publisher.admin.office import Office
from publisher.deliver.probe import send_one, try_server
from publisher.deliver.smtp import Envelope
from publisher.model.digests import Digest
from publisher.model.editions import Audience, Edition
from publisher.model.errors import MailServerError, SecretError, UsageError
from publisher.model.settings import SmtpSettings
from publisher.model.site import Mailbox
from publisher.rendering.addresses import wire_address
from publisher.rendering.message import message_to_try


def check_mail(office: Office, *, selectors: Sequence[str], ask: Ask = ask_dns) -> Iterator[DomainFinding]:
    """Yield findings about the mail server and about the senders' domains.

    Raises:
        UsageError: config.toml names no mail server.
    """
    settings = _settings(office)
    yield _try(settings)
    addresses = dict.fromkeys(wire_address(each.from_.address) for each in office.config.audiences)
    authors = list(addresses) or [wire_address(office.config.site.author.address)]
    envelope = [settings.bounces] if settings.bounces else authors
    try:
        yield from judge_domains([*map(_domain, authors)], [*map(_domain, envelope)], selectors=selectors, ask=ask)
    except MailServerError as error:
        yield DomainFinding(level=Level.HINT, where="DNS", what=str(error))


def send_test(audience: Audience, office: Office, *, to: str) -> str | None:
    """Send the next edition of an audience, or a mail with its latest items if nothing is new, to one address. Return
    the server's reply.

    Return `None` if there are no items. Nothing is recorded.

    Raises:
        MailServerError: the server cannot be used, or refused the mail.
        SecretError: the server's password could not be read.
        TemplateError: a template of digests cannot be used.
        UsageError: config.toml names no mail server, or `to` is no mail address.
    """
    _settings(office)
    _recipient(to)
    found = next_digest(audience, office) or sample_digest(audience, office)
    return None if found is None else send_trial(found[1], found[0], audience, office, to=to)


def send_trial(digest: Digest, edition: Edition, audience: Audience, office: Office, *, to: str) -> str:
    """Send a digest as a test to one address; return the server's reply.

    Raises:
        MailServerError: the server cannot be used, or refused the mail.
        SecretError: the server's password could not be read.
        UsageError: config.toml names no mail server, or `to` is no mail address.
    """
    settings, recipient = _settings(office), _recipient(to)
    mail = message_to_try(digest, edition, audience=audience, site=office.renderer.site, to=Mailbox(address=to))
    sender = settings.bounces or wire_address(audience.from_.address)
    return send_one(settings, Envelope(sender=sender, recipient=recipient, envid=f"{edition.name}-test"), mail)


def _recipient(to: str) -> str:
    try:
        return wire_address(to)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _try(settings: SmtpSettings) -> DomainFinding:
    where = f"mail server {settings.place}"
    try:
        welcome = try_server(settings)
    except (MailServerError, SecretError) as error:
        what = str(error).removeprefix(f"{where}: ")
        return DomainFinding(level=Level.FIX, where=where, what=what)
    encrypted = f"encrypted by {welcome.encryption}" if welcome.encryption else "not encrypted"
    login = f"logged in as {settings.user}" if settings.user else "without a login"
    return DomainFinding(level=Level.WELL, where=where, what=f"it answers, {encrypted}, {login}")


def _settings(office: Office) -> SmtpSettings:
    if office.config.smtp is None:
        raise UsageError("nothing is sent, because config.toml names no mail server in smtp.host")
    return office.config.smtp


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
