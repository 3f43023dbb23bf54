"""Reads files with lists of people: text in any encoding, or an archive from Mailchimp with several lists."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from io import TextIOWrapper
from pathlib import Path, PurePosixPath
from typing import IO
from zipfile import BadZipFile, ZipFile

from publisher.model.errors import FilesError, UsageError
from publisher.subscribers.encodings import LOOKED_AT, codec_of

_SUBSCRIBED = "subscribed_"
"""How the name of the file of subscribed people begins in an archive from Mailchimp."""
_ZIP = b"PK\3\4"
_Opener = Callable[[], AbstractContextManager[IO[bytes]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFile:
    """A list of people, read from a file."""

    name: str
    """The name of the list's file, without folders."""
    lines: Callable[[], Iterator[str]] = field(repr=False)
    """Returns the lines of the list from the first one, each with its line end; may be called more than once.

    Raises:
        FilesError: the file cannot be read, or is not in its encoding.
        UsageError: there is no such encoding.
    """


def lists_in(path: Path, *, encoding: str) -> list[ListFile]:
    """Return the list in a file. For an archive from Mailchimp, return the list of subscribed people, then the other
    lists.

    Raises:
        FilesError: the file cannot be read.
        UsageError: it does not contain exactly one list of subscribed people.
    """
    with _explain_errors(path), path.open("rb") as start:
        is_zip = start.read(len(_ZIP)) == _ZIP
    if not is_zip:
        return [_list_of(path.name, lambda: path.open("rb"), path, encoding)]
    with _explain_errors(path), ZipFile(path) as archive:
        members = [each for each in archive.namelist() if _is_list(PurePosixPath(each))]
    found = [_list_of(PurePosixPath(each).name, partial(_open_member, path, each), path, encoding) for each in members]
    first = [each for each in found if each.name.startswith(_SUBSCRIBED)] if len(found) > 1 else found
    if len(first) != 1:
        names = ", ".join(each.name for each in found) or "no CSV"
        wanted = f"expected an archive of Mailchimp with one file {_SUBSCRIBED}….csv, got {names}"
        raise UsageError(f"{path}: {wanted}; unpack it and import one list, with --without each of the others")
    return [*first, *(each for each in found if each is not first[0])]


def _is_list(member: PurePosixPath) -> bool:
    return member.suffix.lower() == ".csv" and "__MACOSX" not in member.parts


def _list_of(name: str, opener: _Opener, path: Path, encoding: str) -> ListFile:
    return ListFile(name=name, lines=partial(_lines, opener, path, encoding))


def _lines(opener: _Opener, path: Path, encoding: str) -> Iterator[str]:
    with _explain_errors(path, encoding):
        with opener() as start:
            name = codec_of(start.read(LOOKED_AT), encoding)
        with opener() as raw, TextIOWrapper(raw, encoding=name, newline="") as text:
            yield from text


@contextmanager
def _open_member(path: Path, member: str) -> Iterator[IO[bytes]]:
    with ZipFile(path) as archive, archive.open(member) as opened:
        yield opened


@contextmanager
def _explain_errors(path: Path, encoding: str = "") -> Iterator[None]:
    """During a `with`, replace an error about a file by an error that names the file and the next step."""
    try:
        yield
    except OSError as error:
        raise FilesError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    except UnicodeDecodeError as error:
        problem = f"it is not {encoding.upper()}; name its encoding, such as --encoding windows-1252"
        raise FilesError(f"{path}: {problem}") from error
    except LookupError as error:
        raise UsageError(f"no encoding is called {encoding!r}; name one such as utf-8 or windows-1252") from error
    except (BadZipFile, RuntimeError, NotImplementedError) as error:  # damaged, or with a password
        raise FilesError(f"{path}: the archive cannot be read: {error}; unpack it") from error
