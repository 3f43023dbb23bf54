"""Errors that the operator can fix, one line each.

Anything that is not a `PublisherError` is a bug and keeps its traceback::

    PublisherError        exit 75: the rest was done, trying later may work
    ├── UsageError        exit 2: the command line asks for something that is not there
    │   └── SuppressedError    somebody asked for mails to a suppressed address
    ├── ConfigError       exit 2: config.toml, all its problems at once
    ├── TemplateError     exit 2: a template, with file and line
    ├── SourceError       a source could not be read at all
    │   └── EmptySourceError   a source lists nothing, though it did before
    ├── StoreError        the database is locked, unreadable or newer than this program
    │   └── OutrunError   somebody else changed the same facts first
    ├── BusyError         another publisher process is at work on this site
    ├── FilesError        a file or folder could not be written
    ├── MailServerError   the mail server cannot be used
    ├── MailboxError      a mailbox cannot be read
    └── SecretError       a password or token cannot be read
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Self

from publisher.model.sources import FailureKind

EXIT_BUG = 1
EXIT_USAGE = 2
EXIT_TRY_LATER = 75
"""The exit code EX_TEMPFAIL of sysexits.h."""


EXIT_INTERRUPTED = 130
"""The exit code that shells give a program ended by Ctrl-C: 128 and the number of SIGINT."""


class PublisherError(Exception):
    """Something the operator can fix: the message is one line that names the thing and the next step."""

    exit_code = EXIT_TRY_LATER

    @property
    def lines(self) -> tuple[str, ...]:
        """The error as printed: one line, or several for a `ConfigError`."""
        return (str(self),)


class UsageError(PublisherError):
    """The command asks for something that is not there, such as an audience that is not in config.toml."""

    exit_code = EXIT_USAGE


class SuppressedError(UsageError):
    """Somebody asked for mails to a suppressed address. The message does not name the address, because forms show this
    error, too.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"this address gets no mail ({kind}); `publisher subscribers suppress ADDRESS --lift` allows it"
        )
        self.kind = kind


class ConfigError(PublisherError):
    """config.toml is wrong; `problems` has one line per error, which begins with the path of the key."""

    exit_code = EXIT_USAGE

    def __init__(self, path: str, problems: Sequence[str]) -> None:
        self.path = path
        self.problems = tuple(problems)
        super().__init__("\n".join(self.lines))

    @property
    def lines(self) -> tuple[str, ...]:
        """One line for each problem."""
        return tuple(f"{self.path}: {problem}" for problem in self.problems)


class TemplateError(PublisherError):
    """A template cannot be used."""

    exit_code = EXIT_USAGE

    def __init__(self, template: str, line: int | None, problem: str) -> None:
        where = template if line is None else f"{template}:{line}"
        super().__init__(f"template {where}: {problem}")
        self.template = template
        self.line = line


class SourceError(PublisherError):
    """A source could not be read at all."""

    def __init__(
        self,
        source: str,
        problem: str,
        *,
        wait: timedelta | None = None,
        kind: FailureKind = FailureKind.UNREADABLE,
    ) -> None:
        super().__init__(f"source {source!r}: {problem}")
        self.source = source
        self.problem = problem
        self.wait = wait
        """The pause in seconds that a server asked for, 0 if it asked for none; `None` if the error is not about a
        server.
        """
        self.kind = kind

    def __reduce__(self) -> tuple[partial[Self], tuple[str, str]]:
        return partial(type(self), wait=self.wait, kind=self.kind), (self.source, self.problem)


class EmptySourceError(SourceError):
    """A source could be read but lists nothing, although it listed items before."""


class StoreError(PublisherError):
    """The store cannot be used now. Nothing of the current step was recorded."""


class OutrunError(StoreError):
    """Somebody else, such as an editor or another process, changed the facts behind a decision. Deciding again from the
    present facts will work.
    """


class BusyError(PublisherError):
    """Another process is at work on the same site."""


class FilesError(PublisherError):
    """A file or folder could not be written. The file that was there before is still whole."""


class MailServerError(PublisherError):
    """The mail server cannot be used now."""

    def __init__(self, server: str, problem: str, *, is_ours: bool = False) -> None:
        super().__init__(f"mail server {server}: {problem}")
        self.is_ours = is_ours
        """Whether retrying is useless until somebody changes config.toml or the server."""


class MailboxError(PublisherError):
    """A mailbox cannot be used."""

    def __init__(self, mailbox: str, problem: str) -> None:
        super().__init__(f"mailbox {mailbox}: {problem}")


class SecretError(PublisherError):
    """A password or token could not be read."""
