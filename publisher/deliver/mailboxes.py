"""Mailboxes to which bounces come: a Maildir, an mbox file, or a folder on an IMAP server.

A mail is deleted from its mailbox only by `remove`, which the caller calls after recording the mail. After a crash
before that, the mail is read again and recognised as recorded.
"""

import imaplib
import mailbox
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from publisher.deliver.secret import read_secret
from publisher.deliver.wire import words_of
from publisher.model.errors import MailboxError
from publisher.model.settings import ImapSettings, Security

DEADLINE_S = 30
_VALIDITY = "UIDVALIDITY"
_MBOX = b"From "
"""The beginning of an mbox file that has mails (RFC 4155)."""


class Inbox(Protocol):
    """The mails of a mailbox, in order. A mail's `key` identifies it until the mailbox is closed."""

    place: str
    """The name of the mailbox in messages and in the store."""
    validity: str
    """The numbers of the mails are valid while this text stays the same. If it is empty, the mailbox has no numbers for
    mails, and all mails are read each time.
    """

    def mails(self, after: int) -> Iterator[tuple[str, bytes]]:
        """Yield the keys and bytes of whole mails. If the mailbox numbers its mails, only mails with a number above
        `after` are read.

        Raises:
            MailboxError: the mailbox cannot be read.
        """
        ...

    def remove(self, key: str) -> None:
        """Delete a mail, either now or when the mailbox is closed."""
        ...


class _Folder:
    """A Maildir or an mbox on this machine."""

    validity = ""

    def __init__(self, box: "mailbox.Mailbox[mailbox.Message]", place: str) -> None:
        self._box = box
        self.place = place

    def mails(self, after: int) -> Iterator[tuple[str, bytes]]:  # noqa: ARG002  (it keeps no numbers)
        for key in list(self._box.keys()):
            with suppress(KeyError):  # another program has removed it
                yield str(key), self._box.get_bytes(key)

    def remove(self, key: str) -> None:
        self._box.discard(int(key) if isinstance(self._box, mailbox.mbox) else key)  # type: ignore[arg-type]  # numbers


@contextmanager
def open_maildir(path: Path) -> Iterator[Inbox]:
    """Open a Maildir for the time of a `with` block.

    Raises:
        MailboxError: the folder is no Maildir, or cannot be read.
    """
    if not (path / "new").is_dir():
        raise MailboxError(str(path), "it has no folder `new`, as a Maildir has; name the folder that contains it")
    with _explain_errors(str(path)):
        box = mailbox.Maildir(path, create=False)
        yield _Folder(box, str(path))


@contextmanager
def open_mbox(path: Path) -> Iterator[Inbox]:
    """Open and lock an mbox file for the time of a `with` block. Removed mails are deleted at its end.

    Raises:
        MailboxError: the file is missing, is no mbox file, cannot be read, or another program has locked it.
    """
    if not path.is_file():
        raise MailboxError(str(path), "there is no such file; correct the path, or create an empty file")
    with _explain_errors(str(path)):
        with path.open("rb") as file:
            if file.read(len(_MBOX)) not in (b"", _MBOX):
                raise MailboxError(str(path), "it is no mbox file: it does not begin with `From `; correct the path")
        box = mailbox.mbox(path, create=False)
        box.lock()
        try:
            yield _Folder(box, str(path))
            box.flush()
        finally:
            box.unlock()
            box.close()


class _ImapFolder:
    def __init__(self, server: imaplib.IMAP4, place: str, validity: str) -> None:
        self._server = server
        self.place = place
        self.validity = validity

    def mails(self, after: int) -> Iterator[tuple[str, bytes]]:
        _, found = self._server.uid("SEARCH", f"UID {after + 1}:*")
        numbers = sorted(int(each) for each in (found[0] or b"").split())
        for number in (each for each in numbers if each > after):  # `*` is the last mail, however low its number
            _, parts = self._server.uid("FETCH", str(number), "(BODY.PEEK[])")
            data = next((part[1] for part in parts if isinstance(part, tuple)), None)
            if isinstance(data, bytes):
                yield str(number), data

    def remove(self, key: str) -> None:
        self._server.uid("STORE", key, "+FLAGS.SILENT", r"(\Deleted)")

    def expunge(self) -> None:
        self._server.expunge()


@contextmanager
def open_imap(settings: ImapSettings) -> Iterator[Inbox]:
    """Open a folder on an IMAP server for the time of a `with` block. Removed mails are deleted at its end.

    Raises:
        MailboxError: the server cannot be reached, refuses the login, or has no such folder.
        SecretError: the password cannot be read.
    """
    place = f"{settings.user} at {settings.host}"
    with _explain_errors(place):
        server = _connect(settings)
        try:
            server.login(settings.user, read_secret(settings.password, "bounces.password"))
            status, said = server.select(f'"{settings.folder}"')
            if status != "OK":
                raise MailboxError(place, f"it has no folder {settings.folder!r}: {_words(said)}")
            _, validity = server.response(_VALIDITY)
            folder = _ImapFolder(server, f"{place}/{settings.folder}", _words(validity))
            yield folder
            folder.expunge()
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                server.logout()


def _connect(settings: ImapSettings) -> imaplib.IMAP4:
    context = ssl.create_default_context(cafile=settings.ca_file)
    if settings.security is Security.TLS:
        return imaplib.IMAP4_SSL(settings.host, settings.port, ssl_context=context, timeout=DEADLINE_S)
    server = imaplib.IMAP4(settings.host, settings.port, timeout=DEADLINE_S)
    if settings.security is Security.STARTTLS:
        server.starttls(context)
    return server


@contextmanager
def _explain_errors(place: str) -> Iterator[None]:
    try:
        yield
    except (imaplib.IMAP4.error, mailbox.Error, ssl.SSLError) as error:
        raise MailboxError(place, re.sub(r"^b'|'$", "", str(error)) or type(error).__name__) from error
    except OSError as error:
        raise MailboxError(place, words_of(error)) from error


def _words(said: "list[bytes | None] | list[None] | list[bytes]") -> str:
    return " ".join(each.decode("utf-8", "replace") for each in said if each)
