"""A mailbox on an IMAP server is read over TLS, and only certificates of trusted authorities are accepted. A path
without a mailbox is named with a remedy.
"""

import ssl
from pathlib import Path

import pytest
import trustme

from publisher.deliver.mailboxes import open_imap, open_maildir, open_mbox
from publisher.model.errors import MailboxError
from publisher.model.settings import ImapSettings, Secret, Security
from tests.imap_server import PASSWORD, Box, imap_server

MAIL = b"From: mx@example.net\nSubject: it came back\n\nHello\n"
WAYS = [pytest.param(Security.TLS, id="TLS"), pytest.param(Security.STARTTLS, id="STARTTLS")]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


def context_for(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def read(box: Box, security: Security, ca_file: Path | None) -> list[bytes]:
    """Read the mailbox, and remove each mail."""
    settings = ImapSettings(
        host="127.0.0.1",
        port=box.port,
        security=security,
        user="news",
        password=Secret(value=PASSWORD),
        ca_file=ca_file,
    )
    with open_imap(settings) as inbox:
        found = []
        for key, mail in inbox.mails(0):
            found.append(mail)
            inbox.remove(key)
        return found


@pytest.mark.parametrize("security", WAYS)
def test_a_mailbox_is_read_over_tls_with_our_own_authority(
    authority: trustme.CA, ca_file: Path, security: Security
) -> None:
    context = context_for(authority, "127.0.0.1")
    with imap_server(MAIL, context=context, is_encrypted=security is Security.TLS) as box:
        assert [MAIL] == read(box, security, ca_file)
        assert {} == box.mails


@pytest.mark.parametrize("security", WAYS)
@pytest.mark.parametrize("wrong", ["authority", "name"])
def test_a_strangers_certificate_is_not_trusted(
    authority: trustme.CA, ca_file: Path, security: Security, wrong: str
) -> None:
    signer, name = (trustme.CA(), "127.0.0.1") if wrong == "authority" else (authority, "imap.example.net")
    with imap_server(MAIL, context=context_for(signer, name), is_encrypted=security is Security.TLS) as box:
        with pytest.raises(MailboxError, match="certificate verify failed"):
            read(box, security, ca_file)
        assert ([], {1: MAIL}) == (box.fetched, box.mails)


def test_a_path_without_a_mailbox_is_named_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(MailboxError, match=r"it has no folder `new`.*; name the folder that"), open_maildir(tmp_path):
        pass
    with pytest.raises(MailboxError, match="no such file; correct the path"), open_mbox(tmp_path / "nowhere"):
        pass
