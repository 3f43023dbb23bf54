"""The commands, one function each: open the site, call one verb of `Publisher`, print its report, and exit with the
report's code.

`publisher deliver` and the commands of `edition`, `round`, `item`, `subscribers`, `source` and `preview` have their own
modules.
"""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import click

from publisher.admin.office import audiences_named
from publisher.cli.backup import backup, restore
from publisher.cli.bounces import bounces
from publisher.cli.check_output import show_check
from publisher.cli.desk import desk
from publisher.cli.editions import edition
from publisher.cli.formats import sample_words
from publisher.cli.group import Options, cli, dry_run_option, finish, site_command
from publisher.cli.init import copy_templates, make_site
from publisher.cli.items import item
from publisher.cli.mails import deliver
from publisher.cli.output import accept_any_characters, print_bug, print_json, print_line, print_lines, warn
from publisher.cli.preview import preview
from publisher.cli.reconsent import reconsent
from publisher.cli.rounds import mail_round
from publisher.cli.sources import source
from publisher.cli.status_output import show_status
from publisher.cli.store import store
from publisher.cli.subscribers import subscribers
from publisher.cli.transfer import export_people, import_people
from publisher.cli.why import why
from publisher.model.errors import EXIT_USAGE, PublisherError
from publisher.publish.plan import Scope


@cli.command()
@click.argument("directory", type=Path, default=Path())
@click.option("--templates", is_flag=True, help="Copy the shipped templates into the site's folder, to edit them.")
def init(directory: Path, templates: bool) -> None:  # noqa: FBT001
    """Make a new site in DIRECTORY: config.toml, sample content, a folder for templates of your own."""
    if templates and (directory / "config.toml").exists():
        print_line(f"{len(copy_templates(directory))} templates copied; keep those you change, delete the others")
        return
    make_site(directory)
    if templates:
        copy_templates(directory)
    config = directory / "config.toml"
    print_line(f"A new site is there. Edit {config} as you like, then make its first pass with this command:")
    print_line(f"publisher run --config {shlex.quote(str(config))}")


@cli.command()
@site_command
@dry_run_option
@click.option("--due", is_flag=True, help="Compose only editions that are due by their schedule, as the service does.")
@click.option("--fresh", is_flag=True, help="Begin with an empty store although feeds/ or outbox/ is full.")
def run(options: Options, dry_run: bool, due: bool, fresh: bool) -> None:  # noqa: FBT001
    """Collect, publish, compose and deliver now."""
    options = replace(options, is_unwatched=due and not sys.stderr.isatty())
    with options.open_for(dry_run=dry_run) as publisher:
        if fresh:
            publisher.begin_anew()
        finish(publisher.run_due() if due else publisher.run(), options, publisher, is_rehearsal=dry_run)


@cli.command()
@site_command
@dry_run_option
@click.argument("sources", metavar="[SOURCE...]", nargs=-1)
def collect(options: Options, dry_run: bool, sources: tuple[str, ...]) -> None:  # noqa: FBT001
    """Read the sources and record what changed. Sources that you name are read at once, and no others."""
    with options.open_for(dry_run=dry_run) as publisher:
        finish(publisher.collect(sources), options, publisher, is_rehearsal=dry_run)


@cli.command()
@site_command
@dry_run_option
@click.option("--all", "extent", flag_value="ALL", help="Render every feed and page, changed or not.")
@click.option(
    "--archives", "extent", flag_value="ARCHIVES", help="Render the archives of feeds, too, without withdrawn items."
)
def publish(options: Options, dry_run: bool, extent: str | None) -> None:  # noqa: FBT001
    """Render the feeds and pages that changed."""
    with options.open_for(dry_run=dry_run) as publisher:
        finish(publisher.publish(Scope[extent or "NEWS"]), options, publisher, is_rehearsal=dry_run)


@cli.command()
@site_command
@dry_run_option
@click.argument("audience", required=False)
@click.option("--test-to", metavar="ADDRESS", help="Write the mail as a test for this address, and record nothing.")
def compose(options: Options, dry_run: bool, audience: str | None, test_to: str | None) -> None:  # noqa: FBT001
    """Compose an edition of the new items now, for AUDIENCE or for every audience."""
    if test_to is not None:
        if dry_run:
            raise click.UsageError("--test-to writes a mail, and --dry-run nothing; choose one of them")
        _write_test_mails(options, audience, test_to)
        return
    with options.open_for(dry_run=dry_run) as publisher:
        finish(publisher.compose(audience), options, publisher, is_rehearsal=dry_run)


cli.add_command(deliver)


def _write_test_mails(options: Options, audience: str | None, to: str) -> None:
    """Write the next editions as mails to `to`, and print the paths of their files."""
    from publisher.admin.next_edition import try_out  # late: no pass needs it, and it takes 20 ms

    with options.open_rehearsal() as publisher:
        found = try_out(audiences_named(audience, publisher.config), publisher.office, to=to)
    for tried in found:
        if tried.is_sample:
            warn(sample_words(tried.audience.name))
    mails = [str(tried.folder / "digest.eml") for tried in found]
    if options.is_json:
        print_json(mails)
    else:
        print_lines(mails or ["nothing new"])


@cli.command()
@site_command
def serve(options: Options) -> None:
    """Collect, publish and deliver at an interval and compose by schedule, until SIGTERM or Ctrl-C."""
    from publisher.serve.scheduler import serve as serve_site  # late: importing APScheduler and structlog takes 0.16 s

    config, opener = options.service_site()
    serve_site(config, opener, is_verbose=options.is_verbose)


@cli.command()
@site_command
def status(options: Options) -> None:
    """Say what ran, what is due, what waits and what is wrong; exit with 75 if something needs attention."""
    with options.open_rehearsal() as publisher:
        found = publisher.status()
        show_status(found, is_json=options.is_json, timezone=publisher.config.site.timezone)
    if found.exit_code:
        sys.exit(found.exit_code)


@cli.command()
@site_command
@click.option(
    "--source",
    "name",
    metavar="NAME",
    help="Show what this source gives now; for an address, a file or a folder, how to make it a source.",
)
@click.option(
    "--mail", is_flag=True, help="Ask the DNS about the sender, and the mail server whether it takes us; send nothing."
)
@click.option("--dkim", metavar="SELECTOR", help="With --mail: the name of the key by which mails are signed.")
def check(options: Options, name: str | None, mail: bool, dkim: str | None) -> None:  # noqa: FBT001
    """Say what must be fixed and what could be better before anything goes out; nothing is recorded."""
    if name is not None:
        _check_source(options, name)
        return
    if mail or dkim is not None:
        _check_mail(options, dkim)
        return
    from publisher.admin import check as checks  # late: as above

    with options.open_rehearsal() as publisher:
        problems = publisher.collect().all_problems
        report = checks.check(publisher.office, problems)
    show_check(report, is_json=options.is_json)
    if report.exit_code:
        sys.exit(report.exit_code)


def _check_mail(options: Options, dkim: str | None) -> None:
    from publisher.admin.mail_domains import SELECTORS, Level  # late: as above
    from publisher.admin.mail_trial import check_mail

    with options.open_rehearsal() as publisher:
        found = list(check_mail(publisher.office, selectors=[dkim] if dkim else SELECTORS))
    if options.is_json:
        print_json([asdict(each) for each in found])
    else:
        print_lines(str(each) for each in found)
    if any(each.level is Level.FIX for each in found):
        sys.exit(EXIT_USAGE)


def _check_source(options: Options, name: str) -> None:
    from publisher.cli.source_output import show_examined  # late: as above

    with options.open_rehearsal() as publisher:
        examined = publisher.examine(name)
        show_examined(examined, is_json=options.is_json, timezone=publisher.config.site.timezone)
    if examined.exit_code:
        sys.exit(examined.exit_code)


for each in (export_people, import_people, reconsent):
    subscribers.add_command(each)
for each in (bounces, preview, edition, mail_round, item, subscribers, why, source, desk, store, backup, restore):
    cli.add_command(each)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the `publisher` command with these arguments. If `None`, the arguments of the process are used."""
    sys.excepthook = print_bug
    accept_any_characters()
    try:
        cli(arguments, prog_name="publisher")
    except PublisherError as error:
        for line in error.lines:
            warn(f"publisher: {line}")
        sys.exit(error.exit_code)
