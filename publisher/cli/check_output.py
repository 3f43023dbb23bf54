"""What `publisher check` prints."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from publisher.cli.formats import as_json

if TYPE_CHECKING:
    from publisher.admin.check import CheckReport


def show_check(report: "CheckReport", *, is_json: bool) -> None:
    """Print what was found on standard output, a line each; what must be fixed comes first."""
    if is_json:
        values = {"exit_code": report.exit_code, "found": [asdict(found) for found in report.found]}
        click.echo(as_json(values))
        return
    for found in sorted(report.found, key=lambda each: each.is_hint):
        click.echo(str(found))
    if not report.found:
        click.echo("all is well")
