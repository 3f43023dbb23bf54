"""What config.toml says about mails, subscribers and the desk. Every command reads it, and most need nothing else of
these subjects.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from publisher.model.schedules import Schedule
from publisher.model.site import Mailbox

# --- the mail server, and the mailboxes for bounces -------------------------------------------------------------------


class Security(StrEnum):
    """How a connection to the mail server is protected."""

    STARTTLS = "starttls"
    """The connection begins unencrypted, and is encrypted before anything else is said."""
    TLS = "tls"
    """The connection is encrypted from the start."""
    NONE = "none"
    """The connection is never encrypted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A password or token, or the place from which it is read each time it is needed."""

    value: str = field(default="", repr=False)
    file: Path | None = None
    command: tuple[str, ...] = ()
    """A program, with its arguments, that prints the secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """How to reach the mail server, and the limits of sending."""

    host: str
    port: int
    security: Security
    user: str = ""
    """The user name; empty if the server needs no login."""
    password: Secret | None = None
    oauth: Secret | None = None
    """A token for a login by XOAUTH2. If `None`, the password is used."""
    ca_file: Path | None = None
    """Certificates of the authority that signed the server's certificate. If `None`, the authorities are those that
    this machine trusts.
    """
    bounces: str = ""
    """The envelope sender, in ASCII. If empty, the address in `from` is used."""
    connections: int = 4
    per_second: float | None = None
    """The most mails per second; `None` for no limit. `per_hour` and `per_day` are the same for longer times."""
    per_hour: int | None = None
    per_day: int | None = None
    max_age: timedelta = timedelta(days=3)
    """A mail that waited longer is held until the operator decides."""

    @property
    def place(self) -> str:
        """The server's host and port, for messages."""
        return f"{self.host}:{self.port}"


class ImapSettings(NamedTuple):
    """A folder on an IMAP server."""

    host: str
    port: int
    security: Security
    user: str
    password: Secret
    ca_file: Path | None = None
    """Certificates of the authority that signed the server's certificate. If `None`, the authorities are those that
    this machine trusts.
    """
    folder: str = "INBOX"


class BounceSettings(NamedTuple):
    """The mailboxes in which bounces are read."""

    maildir: Path | None = None
    mbox: Path | None = None
    imap: ImapSettings | None = None
    every: timedelta = timedelta(minutes=5)
    """How often the service reads the mailboxes."""


# --- subscribers and the desk -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """A pace: how often mails come."""

    name: str
    """Lower-case letters, digits and hyphens, such as `weekly`."""
    schedule: Schedule
    words: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The operator's own words for the pace, by language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberSettings:
    """How the site serves subscribers."""

    paces: tuple[Pace, ...]
    """The paces in the order of config.toml: the most frequent first."""
    default_pace: str
    from_: Mailbox
    reply_to: Mailbox | None
    """The address for answers of subscribers. If `None`, answers go to the sender."""
    privacy_url: str
    postal_address: str
    max_items: int
    """How many items a mail has at most: the oldest items go into it, and the rest into the next mail."""
    stop_by_mail: str = ""
    """The mailbox to which mail programs write to unsubscribe, and which is read automatically. If empty, they write to
    the address for answers.
    """

    @property
    def pace_names(self) -> tuple[str, ...]:
        return tuple(pace.name for pace in self.paces)


class DeskSettings(NamedTuple):
    """The settings of the editors' desk: who may sign in."""

    people: tuple[str, ...]
    """Mail addresses of the people who may sign in at the editors' desk, in the form used in headers and compared
    without regard to case; at least one.
    """

    def person(self, address: str) -> str:
        """Return a person's address as config.toml writes it; return an empty string if no person of the desk has this
        address.
        """
        return next((each for each in self.people if each.lower() == address.lower()), "")
