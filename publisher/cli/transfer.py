"""The commands `publisher subscribers export` and `import`: people move out of a site and into one."""

import os
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

import click

from publisher.cli.group import Options, dry_run_option, site_command
from publisher.cli.output import print_json, print_line
from publisher.cli.subscribers import choices_of
from publisher.model.errors import FilesError
from publisher.model.problems import some_of
from publisher.model.schedules import zone_of
from publisher.subscribers.roster import read_roster
from publisher.subscribers.transfer import Imported, Terms

_SHOWN = 10


@click.command("export")
@site_command
@click.argument("file", type=Path)
def export_people(options: Options, file: Path) -> None:
    """Write all who follow something into FILE as CSV, which only you may read; `import` reads it back equal."""
    with options.open_rehearsal() as publisher:
        people = _write_private(file, publisher.transfer.export()) - 1
    if options.is_json:
        print_json({"file": file, "people": people})
    else:
        print_line(f"{file}: {_people(people)}")


@click.command("import")
@site_command
@click.argument("file", type=Path)
@click.option("--follow", metavar="THEME=PACE", multiple=True, help="What they follow; repeatable, `*` is everything.")
@click.option("--agreed", default="", help="How they agreed, such as the form of the former newsletter; it is kept.")
@click.option("--agreed-at", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), help="The day on which they agreed.")
@click.option("--language", help="Of the fixed texts in the mails; else the site's.")
@dry_run_option
def import_people(  # noqa: PLR0917  (click passes what is typed)
    options: Options,
    file: Path,
    follow: tuple[str, ...],
    agreed: str,
    agreed_at: datetime | None,
    language: str | None,
    dry_run: bool,  # noqa: FBT001
) -> None:
    """Subscribe the people in FILE: of `export`, listmonk, Mailchimp, phpList or Mailman. No mail is sent."""
    roster = read_roster(_read(file))
    with options.open_for(dry_run=dry_run) as publisher:
        site = publisher.config.site
        terms = Terms(
            choices=choices_of(follow),
            agreed=agreed,
            agreed_at=agreed_at and agreed_at.replace(tzinfo=zone_of(site.timezone)),
            language=language or site.language,
        )
        imported = publisher.transfer.bring_in(roster, terms)
    if options.is_json:
        print_json(asdict(imported))
    else:
        _print(imported, is_rehearsal=dry_run)


def _print(imported: Imported, *, is_rehearsal: bool) -> None:
    left_out = sum(map(len, imported.left_out.values()))
    verb = "would be added" if is_rehearsal else "added"
    print_line(f"{imported.dialect.value}: {_people(imported.added)} {verb}, {left_out} left out")
    for reason, lines in imported.left_out.items():
        noun = "line" if len(lines) == 1 else "lines"
        print_line(f"  {len(lines)} {reason}: {noun} {some_of([str(line) for line in lines], _SHOWN)}")


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except OSError as error:
        raise FilesError(f"{file}: {(error.strerror or str(error)).lower()}") from error
    except UnicodeDecodeError as error:
        raise FilesError(f"{file}: byte {error.start + 1} is no UTF-8; save the list as UTF-8") from error


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
