"""Prints the results of `publisher check`."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from publisher.cli.output import print_json, print_line

if TYPE_CHECKING:
    from publisher.admin.check import CheckReport


def show_check(report: "CheckReport", *, is_json: bool) -> None:
    """Print findings on standard output, one line each. Findings that must be fixed come first."""
    if is_json:
        values = {"exit_code": report.exit_code, "found": [asdict(found) for found in report.found]}
        print_json(values)
        return
    for found in sorted(report.found, key=lambda each: each.is_hint):
        print_line(str(found))
    if not report.found:
        print_line("all is well")
