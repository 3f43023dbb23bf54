"""[smtp]: the mail server that sends the site's mails."""

import re
import shlex
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from publisher.config.tables import Table, Value, key
from publisher.config.values import (
    ODD_VARIABLE,
    Address,
    File,
    Interval,
    Line,
    absolute,
    is_odd_variable,
    matching,
    names_variable,
    read_line,
)
from publisher.model.settings import Secret, Security, SmtpSettings
from publisher.rendering.addresses import wire_address

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*")
_FILE = "file:"
_COMMAND = "command:"


def _host(value: object) -> str:
    host = read_line(value)
    named, colon, port = host.rpartition(":")
    if colon and port.isdecimal() and ":" not in named:
        raise ValueError(f"expected {HOST.expected}, got {host!r}; the port is a key of its own, port = {port}")
    if not _HOST.fullmatch(host):
        raise ValueError
    return host


def _password(value: object) -> str:
    return _place_of_secret(value, (_FILE,), "expected no password in this file, but env:VARIABLE or file:PATH")


def _place_of_secret(value: object, beginnings: tuple[str, ...], refusal: str) -> str:
    """Return where a secret is. Any other value gets `refusal` as its message: the usual one would contain the
    secret.
    """
    text = value.strip() if isinstance(value, str) else ""
    if is_odd_variable(text):
        raise ValueError(f"{refusal}; {ODD_VARIABLE}")
    if not text.isprintable() or not (names_variable(text) or text.startswith(beginnings)):
        raise ValueError(refusal)
    if not text.partition(":")[2].strip():
        missing = "a program" if text.startswith(_COMMAND) else "the path of a file"
        raise ValueError(f"expected {missing} after the colon, but there is none")
    return text


def _token(value: object) -> str:
    refusal = "expected no token in this file, but env:VARIABLE, file:PATH or command:PROGRAM"
    text = _place_of_secret(value, (_FILE, _COMMAND), refusal)
    if text.startswith(_COMMAND):
        try:
            shlex.split(text.removeprefix(_COMMAND))
        except ValueError as error:  # its message does not say where
            raise ValueError("expected a second quotation mark for each one in the command") from error
    return text


HOST = Value("the name or address of a mail server such as mail.example.org", _host, matching(r"[0-9A-Za-z.:-]+"))
PASSWORD = Value("env:VARIABLE or file:PATH", _password, matching(r"env:\w+|file:.+"))
TOKEN = Value("env:VARIABLE, file:PATH or command:PROGRAM", _token, matching(r"env:\w+|file:.+|command:.+"))


class SmtpTable(Table):
    """Hands digests to a mail server. If a script sent the outbox before, stop it first: docs/deliver.md, "Begin".

    Limits of some services, to be set below: Microsoft 365: connections = 3, per_second = 0.5, per_day = 10000. Gmail
    with an account: per_day = 500, with Workspace: per_day = 2000. Amazon SES: per_second as its console says.
    """

    host: Annotated[str, HOST] | None = key(
        "The mail server. If not set, nothing is sent, and the outbox is the result.", default=None, example="localhost"
    )
    port: Annotated[int, Field(ge=1, le=65_535)] = key("The server's port; 465 goes with `tls`.", default=587)
    security: Literal["starttls", "tls", "none"] = key(
        "How the connection is encrypted; `none` only without a login, or on this machine.", default="starttls"
    )
    ca_file: File | None = key(
        "Certificates of your own authority. If not set, those that the system trusts are used.",
        default=None,
        example="ca.pem",
    )
    user: Line | None = key("The name to log in with. If not set, there is no login.", default=None, example="news")
    password: Annotated[str, PASSWORD] | None = key(
        "Where the password is; a file is read at each login.", default=None, example="env:PUBLISHER_SMTP_PASSWORD"
    )
    oauth: Annotated[str, TOKEN] | None = key(
        "Where a token for XOAUTH2 is, instead of a password; the file or program is read at each login.",
        default=None,
        example="file:token.txt",
    )
    bounces: Address | None = key(
        "The address to which mail servers report failures. If not set, the address in `from` is used.",
        default=None,
        example="bounces@example.org",
    )
    connections: Annotated[int, Field(ge=1, le=100)] = key("How many connections there are at most.", default=4)
    per_second: Annotated[float, Field(ge=0.01, le=10_000)] | None = key(
        "How many mails a second at most. If not set, there is no limit.", default=None, example=20
    )
    per_hour: Annotated[int, Field(ge=1, le=10_000_000)] | None = key(
        "How many mails in any hour at most. If not set, there is no limit.", default=None, example=5000
    )
    per_day: Annotated[int, Field(ge=1, le=100_000_000)] | None = key(
        "How many mails in any 24 hours at most. If not set, there is no limit.", default=None, example=10_000
    )
    max_age: Interval = key("How long a mail may wait; an older one is sent only if you say so.", default="3d")

    def settings(self, folder: Path, environ: Mapping[str, str]) -> SmtpSettings | None:
        """Return how mails are sent, or `None` if none are sent. `folder` is the folder of config.toml."""
        if self.host is None:
            return None
        return SmtpSettings(
            host=self.host,
            port=self.port,
            security=Security(self.security),
            user=self.user or "",
            password=secret_of(self.password, folder, environ),
            oauth=secret_of(self.oauth, folder, environ),
            ca_file=absolute(folder / self.ca_file) if self.ca_file else None,
            bounces=wire_address(self.bounces) if self.bounces else "",
            connections=self.connections,
            per_second=self.per_second,
            per_hour=self.per_hour,
            per_day=self.per_day,
            max_age=self.max_age,
        )


def secret_of(text: str | None, folder: Path, environ: Mapping[str, str]) -> Secret | None:
    """Return a password or token, or where it is found. `text` is the value of its key in config.toml, which names a
    file, a command or an environment variable. Return `None` if `text` is `None`.

    `folder` is the folder of config.toml.
    """
    if text is None:
        return None
    if text.startswith(_FILE):
        return Secret(file=absolute(folder / text.removeprefix(_FILE)))
    if text.startswith(_COMMAND):
        return Secret(command=tuple(shlex.split(text.removeprefix(_COMMAND))))
    return Secret(value=environ[text.removeprefix("env:")])


def smtp_problems(table: SmtpTable, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield contradictions between the keys of `[smtp]`, one line each."""
    if table.host is None:
        if table.model_fields_set:
            yield f"smtp.host: expected {HOST.expected}, but it is missing; nothing is sent without it"
        return
    for name, value in (("password", table.password), ("oauth", table.oauth)):
        if value is None:
            continue
        if value.startswith("env:") and not environ.get(value.removeprefix("env:")):
            yield f"smtp.{name}: the environment variable {value.removeprefix('env:')} is not set"
        if table.user is None:
            yield f"smtp.{name}: expected smtp.user beside it, the name to log in with"
    if table.user is not None and table.password is None and table.oauth is None:
        yield "smtp.user: expected smtp.password or smtp.oauth beside it"
    if table.user is not None and table.security == "none" and not is_this_machine(table.host):
        yield (
            f"smtp.security: expected 'starttls' or 'tls' for a login at {table.host}: without encryption, everybody "
            "on the way reads the password"
        )


def is_this_machine(host: str) -> bool:
    """Whether a host is this machine, judged by its name or address alone, without the DNS."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
