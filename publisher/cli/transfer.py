"""The commands `publisher subscribers export` and `import`: people move out of a site and into one."""

import os
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile

import click

from publisher.cli.group import Options, dry_run_option, site_command
from publisher.cli.output import print_json, print_line
from publisher.cli.subscribers import choices_of
from publisher.model.errors import FilesError, UsageError
from publisher.model.problems import counted, some_of
from publisher.model.schedules import zone_of
from publisher.subscribers.archive import is_archive
from publisher.subscribers.roster import read_roster
from publisher.subscribers.transfer import ImportDefaults, Imported

_SHOWN = 10


@click.command("export")
@site_command
@click.argument("file", type=Path)
@click.option("--all", "is_all", is_flag=True, help="Write all that is held of all people, as an archive.")
def export_people(options: Options, file: Path, is_all: bool) -> None:  # noqa: FBT001
    """Write all who follow something into FILE as CSV, which only you may read; `import` reads it back equal."""
    with options.open_rehearsal() as publisher:
        transfer = publisher.transfer
        written = _write_private(file, transfer.export_all() if is_all else transfer.export()) - 1
    if options.is_json:
        print_json({"file": file, "rows" if is_all else "people": written})
    else:
        print_line(f"{file}: {counted(written, 'row') if is_all else _people(written)}")


@click.command("import")
@site_command
@click.argument("file", type=Path)
@click.option("--follow", metavar="THEME=PACE", multiple=True, help="What they follow; repeatable, `*` is everything.")
@click.option("--agreed", default="", help="How they agreed, such as the form of the former newsletter; it is kept.")
@click.option(
    "--agreed-at",
    metavar="DATE",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day on which those agreed of whom FILE does not say it.",
)
@click.option("--language", help="Of the fixed texts in the mails; else the site's.")
@click.option("--without", metavar="FILE", type=Path, multiple=True, help="Leave out who is in this list; repeatable.")
@click.option("--encoding", default="utf-8", show_default=True, help="Of the lists, if they are not UTF-8.")
@click.option("--yes", "is_agreed", is_flag=True, help="Import; without it nothing is written.")
@dry_run_option
def import_people(  # noqa: PLR0917  (click passes what is typed)
    options: Options,
    file: Path,
    follow: tuple[str, ...],
    agreed: str,
    agreed_at: datetime | None,
    language: str | None,
    without: tuple[Path, ...],
    encoding: str,
    is_agreed: bool,  # noqa: FBT001
    dry_run: bool,  # noqa: FBT001
) -> None:
    """Say who in FILE would be subscribed, and with --yes subscribe them; no mail is sent.

    FILE is an export or archive of Publisher, an export of listmonk, Mailchimp, phpList or Mailman, or a table with the
    columns email, agreed and agreed_at.
    """
    is_rehearsal = dry_run or not is_agreed
    if is_archive(partial(_lines, file, encoding)):
        _import_archive(options, file, is_rehearsal=is_rehearsal)
        return
    roster, *others = (read_roster(partial(_lines, each, encoding), name=each.name) for each in (file, *without))
    with options.open_for(dry_run=is_rehearsal) as publisher:
        site = publisher.config.site
        terms = ImportDefaults(
            choices=choices_of(follow),
            agreed=agreed,
            agreed_at=agreed_at and agreed_at.replace(tzinfo=zone_of(site.timezone)),
            language=language or site.language,
        )
        imported = publisher.transfer.bring_in(roster, terms, without=others)
    if options.is_json:
        print_json({**asdict(imported), "is_rehearsal": is_rehearsal})
    else:
        _print(imported, is_rehearsal=is_rehearsal)


def _import_archive(options: Options, file: Path, *, is_rehearsal: bool) -> None:
    with options.open_for(dry_run=is_rehearsal) as publisher:
        restored = publisher.transfer.bring_back(partial(_lines, file, "utf-8"))
    if options.is_json:
        print_json({**asdict(restored), "is_rehearsal": is_rehearsal})
        return
    verb = "would be added" if is_rehearsal else "added"
    print_line(f"archive: {_people(restored.people)} {verb}, {counted(restored.rows, 'row')} in all")
    if restored.gone:
        print_line(f"  {_people(restored.gone)} of these left or were erased since, and stay so")
    if not restored.is_same_log:
        print_line("  this site has not the items of theirs: they get what is new from now on")
    _say_how_to_go_on(is_rehearsal=is_rehearsal)


def _print(imported: Imported, *, is_rehearsal: bool) -> None:
    left_out = sum(map(len, imported.left_out.values()))
    verb = "would be added" if is_rehearsal else "added"
    print_line(f"{imported.dialect.value}: {_people(imported.added)} {verb}, {left_out} left out")
    for reason, lines in imported.left_out.items():
        noun = "line" if len(lines) == 1 else "lines"
        print_line(f"  {len(lines)} {reason}: {noun} {some_of([str(line) for line in lines], _SHOWN)}")
    _say_how_to_go_on(is_rehearsal=is_rehearsal)


def _say_how_to_go_on(*, is_rehearsal: bool) -> None:
    if is_rehearsal:
        print_line("nothing is written yet; to import, add --yes")


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def _lines(file: Path, encoding: str) -> Iterator[str]:
    """The lines of a file, each with its end."""
    try:
        # Spreadsheets begin a file with a mark of its encoding, and UTF-16 always has one.
        with file.open("rb") as start:
            has_mark = start.read(2) in (BOM_UTF16_LE, BOM_UTF16_BE)
        name = "utf-16" if has_mark else "utf-8-sig" if encoding.lower() in {"utf-8", "utf8"} else encoding
        with file.open(encoding=name, newline="") as text:
            yield from text
    except OSError as error:
        raise FilesError(f"{file}: {(error.strerror or str(error)).lower()}") from error
    except UnicodeDecodeError as error:
        problem = f"it is not {encoding.upper()}; name its encoding, such as --encoding windows-1252"
        raise FilesError(f"{file}: {problem}") from error
    except LookupError as error:
        raise UsageError(f"no encoding is called {encoding!r}; name one such as utf-8 or windows-1252") from error


def _write_private(file: Path, lines: Iterable[str]) -> int:
    """Write a file that only its owner may read, in one step; how many lines."""
    try:
        with NamedTemporaryFile("w", encoding="utf-8", newline="", dir=file.parent, delete=False) as staged:
            try:
                count = sum(1 for line in lines if staged.write(line))
                staged.flush()
                os.fsync(staged.fileno())
                Path(staged.name).replace(file)
            except BaseException:
                Path(staged.name).unlink()
                raise
    except OSError as error:
        raise FilesError(f"{file}: {(error.strerror or str(error)).lower()}") from error
    return count
