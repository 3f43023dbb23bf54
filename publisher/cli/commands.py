"""The command line: parse, call, print the report, exit code. Nothing is decided here."""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.admin.office import audiences_named
from publisher.cli import output
from publisher.cli.editions import edition
from publisher.cli.group import Options, cli, dry_run_option, finish, site_command
from publisher.collect.rules import OnSuspicion
from publisher.model.errors import PublisherError
from publisher.publish.plan import Extent

if TYPE_CHECKING:
    from publisher.model.editions import Digest


@cli.command()
@click.argument("directory", type=Path, default=Path())
@click.option("--templates", is_flag=True, help="Copy the shipped templates into the site's folder, to edit them.")
def init(directory: Path, templates: bool) -> None:  # noqa: FBT001
    """Make a new site in DIRECTORY: config.toml, sample content, a folder for templates of your own."""
    from publisher.cli.init import copy_templates, make_site

    if templates and (directory / "config.toml").exists():
        click.echo(f"{len(copy_templates(directory))} templates copied; keep those you change, delete the others")
        return
    make_site(directory)
    if templates:
        copy_templates(directory)
    click.echo(f"{directory / 'config.toml'}: edit it to taste, then")
    click.echo(f"publisher run --config {directory / 'config.toml'}")


@cli.command()
@site_command
@dry_run_option
@click.option("--due", is_flag=True, help="Compose only for audiences whose schedule asks for it, as the service does.")
def run(options: Options, dry_run: bool, due: bool) -> None:  # noqa: FBT001
    """One whole pass now: collect, publish, compose."""
    with options.for_(dry_run=dry_run) as publisher:
        finish(publisher.run_due() if due else publisher.run(), options, publisher, is_rehearsal=dry_run)


@cli.command()
@site_command
@dry_run_option
@click.argument("sources", metavar="[SOURCE...]", nargs=-1)
def collect(options: Options, dry_run: bool, sources: tuple[str, ...]) -> None:  # noqa: FBT001
    """Read the sources and number what changed; those named are read at once, even if they wait for their turn."""
    with options.for_(dry_run=dry_run) as publisher:
        finish(publisher.collect(sources), options, publisher, is_rehearsal=dry_run)


@cli.command("release")
@site_command
@click.argument("source")
def release_source(options: Options, source: str) -> None:
    """Accept what SOURCE, which is held, lists now: it is recorded as usual."""
    with options.publisher() as publisher:
        finish(publisher.decide_source(source, OnSuspicion.RELEASE), options, publisher)


@cli.command("discard")
@site_command
@click.argument("source")
def discard_source(options: Options, source: str) -> None:
    """Hide what is new in SOURCE, which is held, from readers for good; what is gone from it stays."""
    with options.publisher() as publisher:
        finish(publisher.decide_source(source, OnSuspicion.DISCARD), options, publisher)


@cli.command()
@site_command
@dry_run_option
@click.option("--all", "extent", flag_value="ALL", help="Render every feed and page, changed or not.")
@click.option(
    "--archives", "extent", flag_value="ARCHIVES", help="Also the archives of feeds, without what is withdrawn."
)
def publish(options: Options, dry_run: bool, extent: str | None) -> None:  # noqa: FBT001
    """Render the feeds and pages that changed."""
    with options.for_(dry_run=dry_run) as publisher:
        finish(publisher.publish(Extent[extent or "NEWS"]), options, publisher, is_rehearsal=dry_run)


@cli.command()
@site_command
@dry_run_option
@click.argument("audience", required=False)
@click.option("--test-to", metavar="ADDRESS", help="Write the mail as a test for this address, and record nothing.")
def compose(options: Options, dry_run: bool, audience: str | None, test_to: str | None) -> None:  # noqa: FBT001
    """Compose an edition of what is new to AUDIENCE, or to every one."""
    if test_to is not None:
        if dry_run:
            raise click.UsageError("--test-to writes a mail, and --dry-run nothing; choose one of them")
        _try_out(options, audience, test_to)
        return
    with options.for_(dry_run=dry_run) as publisher:
        finish(publisher.compose(audience), options, publisher, is_rehearsal=dry_run)


def _try_out(options: Options, audience: str | None, to: str) -> None:
    from publisher.admin.next_edition import try_out  # late: no pass needs it, and reading HTML costs 20 ms

    with options.rehearsal() as publisher:
        folders = try_out(audiences_named(audience, publisher.config), publisher.office, to=to)
    mails = [str(folder / "digest.eml") for folder in folders]
    if options.is_json:
        click.echo(output.as_json(mails))
    else:
        click.echo("\n".join(mails) or "nothing new")


@cli.command()
@site_command
def serve(options: Options) -> None:
    """Collect and publish at an interval, compose by schedule, until told to stop."""
    with options.service() as publisher:
        from publisher.serve.scheduler import serve as serve_site  # late: APScheduler and structlog cost 0.16 s

        serve_site(publisher)


@cli.command()
@site_command
def status(options: Options) -> None:
    """What ran, what is due, what waits, what is wrong."""
    with options.rehearsal() as publisher:
        found = publisher.status()
        output.show_status(found, is_json=options.is_json, timezone=publisher.config.site.timezone)


@cli.command()
@site_command
@click.option("--source", metavar="NAME", help="Show what this source gives; an address or file: how to make it one.")
def check(options: Options, source: str | None) -> None:
    """Say what must be mended and what could be better, before anybody gets it; nothing is recorded."""
    if source is not None:
        _check_source(options, source)
        return
    from publisher.admin import check as checks  # late: as above

    with options.rehearsal() as publisher:
        problems = publisher.collect().all_problems
        report = checks.check(publisher.office, problems)
    output.show_check(report, is_json=options.is_json)
    if report.exit_code:
        sys.exit(report.exit_code)


def _check_source(options: Options, source: str) -> None:
    with options.rehearsal() as publisher:
        examined = publisher.examine(source)
        output.show_examined(examined, is_json=options.is_json, timezone=publisher.config.site.timezone)
    if examined.exit_code:
        sys.exit(examined.exit_code)


@cli.command()
@site_command
@click.argument("audience", required=False)
@click.option("--at", metavar="ISO-8601", help="Show the edition of that moment; the same as --now.")
@click.option("--port", metavar="NUMBER", type=click.IntRange(0, 65535), help="Serve on this port; 0: any free one.")
@click.option("--output", "folder", type=Path, help="Write digest.html and digest.txt into this folder instead.")
def preview(options: Options, audience: str | None, at: str | None, port: int | None, folder: Path | None) -> None:
    """Show the next edition of AUDIENCE as it would be now, in a browser; nothing is recorded."""
    options = replace(options, now=at or options.now)
    if folder is None and not options.is_json and (port is not None or sys.stdout.isatty()):
        _serve_preview(options, audience, port=port or 0)
        return
    from publisher.admin.next_edition import first_digest  # late: as above

    with options.rehearsal() as publisher:
        report = publisher.collect()  # a preview shows what is listed by now, too
        found = first_digest(audiences_named(audience, publisher.config), publisher.office)
    output.show_problems(report)
    if found is None:
        click.echo(output.as_json(None) if options.is_json else "nothing new")
        return
    edition, digest = found
    files = _write_preview(folder or Path(tempfile.mkdtemp(prefix="publisher-preview-")), digest)
    if options.is_json:
        click.echo(output.as_json({"edition": edition.name, "subject": digest.subject, "files": files}))
        return
    click.echo(f"{edition.name}: {digest.subject}")
    click.echo("\n".join(files))


def _serve_preview(options: Options, audience: str | None, *, port: int) -> None:
    from publisher.serve.preview import serve as serve_preview  # late: no pass needs it

    with options.rehearsal() as publisher:
        audiences_named(audience, publisher.config)  # a wrong name is told at once, and on the terminal

    def ready(address: str) -> None:
        click.echo(f"{address}  (end with Ctrl-C)")
        if sys.stdout.isatty():
            click.launch(address)

    try:
        serve_preview(options.config, options.rehearsal, audience, port=port, ready=ready)
    except KeyboardInterrupt:
        return


def _write_preview(folder: Path, digest: "Digest") -> list[str]:
    from publisher.store.files import explained  # late: most commands write no file of their own

    files = {folder / "digest.html": digest.html, folder / "digest.txt": digest.text}
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            path.write_text(text, encoding="utf-8", newline="\n")
    return [str(path) for path in files]


cli.add_command(edition)


def main(arguments: Sequence[str] | None = None) -> None:
    """The `publisher` program; None: with the arguments of the process."""
    try:
        cli(arguments, prog_name="publisher")
    except PublisherError as error:
        for line in str(error).splitlines():
            click.echo(f"publisher: {line}", err=True)
        sys.exit(error.exit_code)
