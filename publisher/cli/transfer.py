"""The commands `publisher subscribers export` and `import`: write the site's subscribers to a file, and read people
from one.
"""

import os
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

import click

from publisher.admin.backup import check_place
from publisher.cli.list_files import lists_in
from publisher.cli.options import Options, dry_run_option, site_command
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
@click.option("--all", "is_all", is_flag=True, help="Write all that is held about all people, as an archive.")
def export_people(options: Options, file: Path, is_all: bool) -> None:  # noqa: FBT001
    """Write everybody who follows something into FILE as CSV, which only you may read. `import` reads such a file."""
    with options.open_rehearsal() as publisher:
        place = check_place(publisher.config, file, "export")
        transfer = publisher.transfer
        written = _write_private(place, transfer.export_all() if is_all else transfer.export()) - 1
    if options.is_json:
        print_json({"file": file, "rows" if is_all else "people": written})
    else:
        print_line(f"{file}: {counted(written, 'row') if is_all else _people(written)}")


@click.command("import")
@site_command
@click.argument("file", type=Path)
@click.option(
    "--follow", metavar="THEME=PACE", multiple=True, help="What they follow; repeatable. `*=weekly` is everything."
)
@click.option("--agreed", default="", help="How they agreed, such as the form of the former newsletter; it is kept.")
@click.option(
    "--agreed-at",
    metavar="DATE",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day on which people agreed, where FILE does not say it.",
)
@click.option("--language", help="The language of their mails; by default the site's.")
@click.option(
    "--without", metavar="FILE", type=Path, multiple=True, help="Leave out everybody in this list; repeatable."
)
@click.option("--encoding", default="utf-8", show_default=True, help="The encoding of the lists.")
@click.option(
    "--confirm", "is_asked", is_flag=True, help="Mail each person a link; only those who confirm are subscribed."
)
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
    is_asked: bool,  # noqa: FBT001
    is_agreed: bool,  # noqa: FBT001
    dry_run: bool,  # noqa: FBT001
) -> None:
    """Say how many people in FILE would be subscribed; with --yes, subscribe them. Mails are sent only with --confirm.

    FILE is an export or archive of Publisher, an export of listmonk, Mailchimp (zipped, as it comes), phpList or
    Mailman, or a table with the columns email, agreed and agreed_at.
    """
    is_rehearsal = dry_run or not is_agreed
    first, *others = lists_in(file, encoding=encoding)
    if is_archive(first.lines):
        if is_asked:
            raise UsageError("an archive says how its people agreed: import it without --confirm")
        _import_archive(options, file, is_rehearsal=is_rehearsal)
        return
    others += [each for path in without for each in lists_in(path, encoding=encoding)]
    roster, *left_out = (read_roster(each.lines, name=each.name) for each in (first, *others))
    with options.open_for(dry_run=is_rehearsal) as publisher:
        site = publisher.config.site
        terms = ImportDefaults(
            choices=choices_of(follow),
            agreed=agreed,
            agreed_at=agreed_at and agreed_at.replace(tzinfo=zone_of(site.timezone)),
            language=language or site.language,
        )
        transfer = publisher.transfer
        bring_in = transfer.ask_in if is_asked else transfer.bring_in
        imported = bring_in(roster, terms, without=left_out)
    if options.is_json:
        print_json({**asdict(imported), "is_rehearsal": is_rehearsal})
    else:
        _print(imported, is_asked=is_asked, is_rehearsal=is_rehearsal)


def _import_archive(options: Options, file: Path, *, is_rehearsal: bool) -> None:
    with options.open_for(dry_run=is_rehearsal) as publisher:
        restored = publisher.transfer.bring_back(lists_in(file, encoding="utf-8")[0].lines)
    if options.is_json:
        print_json({**asdict(restored), "is_rehearsal": is_rehearsal})
        return
    verb = "would be added" if is_rehearsal else "added"
    print_line(f"archive: {_people(restored.people)} {verb}, {counted(restored.rows, 'row')} in all")
    if restored.gone:
        print_line(f"  {_people(restored.gone)} of these left or were erased since, and stay so")
    if not restored.is_same_log:
        print_line("  this site does not have the items that they got: they get what is new from now on")
    _say_how_to_go_on(is_rehearsal=is_rehearsal)


def _print(imported: Imported, *, is_asked: bool, is_rehearsal: bool) -> None:
    left_out = sum(map(len, imported.left_out.values()))
    people = _people(imported.asked if is_asked else imported.added)
    verb = "asked to confirm" if is_asked else "added"
    print_line(f"{imported.dialect.value}: {people} {'would be ' if is_rehearsal else ''}{verb}, {left_out} left out")
    for reason, lines in imported.left_out.items():
        noun = "line" if len(lines) == 1 else "lines"
        print_line(f"  {len(lines)} {reason}: {noun} {some_of([str(line) for line in lines], _SHOWN)}")
    _say_how_to_go_on(is_rehearsal=is_rehearsal)


def _say_how_to_go_on(*, is_rehearsal: bool) -> None:
    if is_rehearsal:
        print_line("nothing is written yet; to import, add --yes")


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def _write_private(file: Path, lines: Iterable[str]) -> int:
    """Write, in one step, a file that only its owner may read; return the number of lines."""
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
