"""The `publisher` command: where each of its commands is, and how the program begins and ends."""

import sys
from collections.abc import Sequence

import click

from publisher import __version__
from publisher.cli.group import Commands
from publisher.cli.output import accept_any_characters, print_bug, warn
from publisher.model.errors import PublisherError

PLACES = {
    "init": "init:init",
    "run": "passes:run",
    "collect": "passes:collect",
    "publish": "passes:publish",
    "compose": "compose:compose",
    "deliver": "mails:deliver",
    "serve": "serve:serve",
    "status": "status:status",
    "check": "check:check",
    "bounces": "bounces:bounces",
    "preview": "preview:preview",
    "edition": "editions:edition",
    "round": "rounds:mail_round",
    "item": "items:item",
    "subscribers": "subscribers:subscribers",
    "why": "why:why",
    "source": "sources:source",
    "desk": "desk:desk",
    "store": "store:store",
    "backup": "backup:backup",
    "restore": "backup:restore",
}
"""The module of each command, and its name there, in the order of `--help`. The module is imported when the command is
invoked, so it imports what its commands need at its top.
"""


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Per-theme feeds and email digests from dated news items."""


cli.add_places(PLACES)


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
