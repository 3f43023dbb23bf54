"""[bounces]: the mailbox in which bounces are read."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from publisher.config.smtp import HOST, PASSWORD, is_this_machine, secret_of
from publisher.config.tables import Table, key
from publisher.config.values import File, Interval, Line, absolute, names_variable
from publisher.model.settings import BounceSettings, ImapSettings, Security


class BouncesTable(Table):
    """Reads mails that came back, in a Maildir, an mbox file, or a folder on an IMAP server.

    `smtp.bounces` is the mailbox's address. Mails about mails of this site are recorded and removed; all others stay.
    """

    maildir: File | None = key("A Maildir on this machine.", default=None, example="bounces/")
    mbox: File | None = key("An mbox file on this machine.", default=None, example="/var/mail/bounces")
    host: Annotated[str, HOST] | None = key("An IMAP server.", default=None, example="mail.example.org")
    port: Annotated[int, Field(ge=1, le=65_535)] = key("The server's port; 143 goes with `starttls`.", default=993)
    security: Literal["starttls", "tls", "none"] = key(
        "How the connection is encrypted; `none` only on this machine.", default="tls"
    )
    ca_file: File | None = key(
        "Certificates of your own authority. If not set, those that the system trusts are used.",
        default=None,
        example="ca.pem",
    )
    user: Line | None = key("The name to log in with.", default=None, example="bounces")
    password: Annotated[str, PASSWORD] | None = key(
        "Where the password is.", default=None, example="env:PUBLISHER_BOUNCES_PASSWORD"
    )
    folder: Line = key("The folder of the mailbox.", default="INBOX")
    every: Interval = key("How often the service reads the mailbox.", default="5m")

    def settings(self, folder: Path, environ: Mapping[str, str]) -> BounceSettings | None:
        """Return where bounces are read, or `None` if they are not read. `folder` is the folder of config.toml."""
        if self.maildir is None and self.mbox is None and self.host is None:
            return None
        return BounceSettings(
            maildir=absolute(folder / self.maildir) if self.maildir else None,
            mbox=absolute(folder / self.mbox) if self.mbox else None,
            imap=self._imap(folder, environ) if self.host else None,
            every=self.every,
        )

    def _imap(self, folder: Path, environ: Mapping[str, str]) -> ImapSettings:
        password = secret_of(self.password, folder, environ)
        assert self.host is not None, "without a server there is no folder on it"
        assert self.user is not None, "its absence is told before"
        assert password is not None, "its absence is told before"
        return ImapSettings(
            host=self.host,
            port=self.port,
            security=Security(self.security),
            ca_file=absolute(folder / self.ca_file) if self.ca_file else None,
            user=self.user,
            password=password,
            folder=self.folder,
        )


def bounces_problems(table: BouncesTable, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield contradictions between the keys of `[bounces]`, one line each."""
    if table.host is None:
        return
    for name in ("user", "password"):
        if getattr(table, name) is None:
            yield f"bounces.{name}: expected the name and the password to log in with at {table.host}"
    variable = (table.password or "").removeprefix("env:")
    if table.password and names_variable(table.password) and not environ.get(variable):
        yield f"bounces.password: the environment variable {variable} is not set"
    if table.security == "none" and not is_this_machine(table.host):
        yield f"bounces.security: expected 'starttls' or 'tls' for a login at {table.host}"
