"""`publisher preview`: the next edition in a browser, or as files on a machine without one."""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import click

from publisher.admin.next_edition import next_digest, sample_digest
from publisher.admin.office import audiences_named
from publisher.cli.digest_output import write_digest
from publisher.cli.formats import sample_words
from publisher.cli.options import Options, site_command
from publisher.cli.output import print_json, print_line, print_lines, warn
from publisher.cli.report_output import show_problems
from publisher.serve.preview import serve


@click.command()
@site_command
@click.argument("audience", required=False)
@click.option("--at", metavar="ISO-8601", help="Show the edition of that moment; the same as --now.")
@click.option("--port", metavar="NUMBER", type=click.IntRange(0, 65535), help="Serve on this port; 0: any free one.")
@click.option("--output", "folder", type=Path, help="Write digest.html and digest.txt into this folder instead.")
def preview(options: Options, audience: str | None, at: str | None, port: int | None, folder: Path | None) -> None:
    """Show the next edition of AUDIENCE as it would be now, in a browser; nothing is recorded."""
    options = replace(options, now=at or options.now)
    if folder is None and not options.is_json and (port is not None or sys.stdout.isatty()):
        _serve(options, audience, port=port or 0)
    else:
        _write(options, audience, folder)


def _serve(options: Options, audience: str | None, *, port: int) -> None:
    with options.open_rehearsal() as publisher:
        audiences_named(audience, publisher.config)  # an unknown name is reported at once, on the terminal

    def announce(address: str) -> None:
        print_line(f"{address}  (end with Ctrl-C)")
        if sys.stdout.isatty():
            click.launch(address)

    try:
        serve(options.config, options.open_rehearsal, audience, port=port, ready=announce)
    except KeyboardInterrupt:
        return


def _write(options: Options, audience: str | None, folder: Path | None) -> None:
    """Write the next edition into `folder`, or into a new temporary folder if `None`, and print the folder's path."""
    with options.open_rehearsal() as publisher:
        report = publisher.collect()  # so that the preview has items that sources list only now
        audiences, office = audiences_named(audience, publisher.config), publisher.office
        new = next((new for each in audiences if (new := next_digest(each, office))), None)
        found = new or next((sample for each in audiences if (sample := sample_digest(each, office))), None)
    show_problems(report.all_problems)
    if found and not new:
        warn(sample_words(found[0].audience))
    if found is None:
        print_line("null" if options.is_json else "nothing new")
        return
    edition, digest = found
    files = write_digest(folder or Path(tempfile.mkdtemp(prefix="publisher-preview-")), digest)
    if options.is_json:
        print_json({"edition": edition.name, "subject": digest.subject, "files": files})
    else:
        print_lines([f"{edition.name}: {digest.subject}", *files])
