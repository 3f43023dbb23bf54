"""`publisher status`: the state of the site, in words."""

import sys

import click

from publisher.cli.options import Options, site_command
from publisher.cli.status_output import show_status


@click.command()
@site_command
def status(options: Options) -> None:
    """Say what ran, what is due, what waits and what is wrong; exit with 75 if something needs attention."""
    with options.open_rehearsal() as publisher:
        found = publisher.status()
        show_status(found, is_json=options.is_json, timezone=publisher.config.site.timezone)
    if found.exit_code:
        sys.exit(found.exit_code)
