"""`publisher check`: what must be fixed and what could be better in the site, in one source, or for sending mails."""

import sys
from dataclasses import asdict

import click

from publisher.admin import check as checks
from publisher.admin.mail_domains import SELECTORS, Level
from publisher.admin.mail_trial import check_mail
from publisher.cli.options import Options, site_command
from publisher.cli.output import print_json, print_line, print_lines
from publisher.cli.source_output import show_examined
from publisher.model.errors import EXIT_USAGE


@click.command()
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
    with options.open_rehearsal() as publisher:
        problems = publisher.collect().all_problems
        report = checks.check(publisher.office, problems)
    _show(report, is_json=options.is_json)
    if report.exit_code:
        sys.exit(report.exit_code)


def _show(report: checks.CheckReport, *, is_json: bool) -> None:
    """Print findings on standard output, one line each. Findings that must be fixed come first."""
    if is_json:
        values = {"exit_code": report.exit_code, "found": [asdict(found) for found in report.found]}
        print_json(values)
        return
    for found in sorted(report.found, key=lambda each: each.is_hint):
        print_line(str(found))
    if not report.found:
        print_line("all is well")


def _check_mail(options: Options, dkim: str | None) -> None:
    with options.open_rehearsal() as publisher:
        found = list(check_mail(publisher.office, selectors=[dkim] if dkim else SELECTORS))
    if options.is_json:
        print_json([asdict(each) for each in found])
    else:
        print_lines(str(each) for each in found)
    if any(each.level is Level.FIX for each in found):
        sys.exit(EXIT_USAGE)


def _check_source(options: Options, name: str) -> None:
    with options.open_rehearsal() as publisher:
        examined = publisher.examine(name)
        show_examined(examined, is_json=options.is_json, timezone=publisher.config.site.timezone)
    if examined.exit_code:
        sys.exit(examined.exit_code)
