"""Prints everything that commands write on standard output and standard error.

Server messages, file names and titles of items are untrusted. Control characters in them could colour, move and erase
text on the terminal, or begin a line that looks like a line of this program, so control characters are escaped. Only
click's help and usage errors, and the progress bars of `bars`, are printed elsewhere.
"""

import io
import json
import os
import sys
import traceback
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from types import TracebackType

import click

from publisher.model.characters import STEERING, as_line
from publisher.model.errors import FilesError
from publisher.model.problems import counted


def print_line(line: str) -> None:
    """Print a line on standard output."""
    _print(as_line(line))


def print_lines(lines: Iterable[str]) -> None:
    """Print lines on standard output, all in one write."""
    _print("\n".join(as_line(line) for line in lines))


def print_json(values: object) -> None:
    """Print values as JSON on standard output."""
    _print(as_json(values))


def as_json(values: object) -> str:
    """Return values as JSON, as every command prints it: indented, times in ISO 8601, durations as in config.toml."""
    text = json.dumps(values, indent=2, ensure_ascii=False, default=_json_value)
    # JSON escapes control characters inside texts, so every line end here is between values
    return "\n".join(STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", line) for line in text.split("\n"))


def warn(line: str) -> None:
    """Print a line on standard error. If standard error cannot be written, the exit code alone tells of the failure."""
    with suppress(OSError):
        click.echo(as_line(line), err=True)


def print_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print a traceback on standard error. It is installed as `sys.excepthook`."""
    for part in traceback.format_exception(kind, error, trace):
        for line in part.rstrip("\n").split("\n"):
            warn(line)


def accept_any_characters() -> None:
    """Make standard output escape characters that its encoding lacks, as standard error does; otherwise printing would
    fail.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _print(text: str) -> None:
    try:
        click.echo(text)
    except BrokenPipeError:
        raise  # nobody reads standard output any more; click then ends quietly
    except OSError as error:
        # otherwise Python would try to flush again at exit, and print an error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        reason = (error.strerror or str(error)).lower()
        raise FilesError(f"standard output cannot be written: {reason}; what was to be done is done") from error


def _json_value(value: object) -> str:
    match value:
        case datetime():
            return value.isoformat()
        case timedelta():
            return counted(value.days, "day")  # as in config.toml
        case _:
            return str(value)
