"""The commands of `publisher desk`, with which editors sign in at the desk, the web pages on which they work."""

import click

from publisher.cli.group import Commands
from publisher.cli.options import Options, site_command
from publisher.cli.output import print_json, print_line


@click.group(cls=Commands)
def desk() -> None:
    """Give editors access to the desk."""


@desk.command()
@site_command
@click.argument("address")
def link(options: Options, address: str) -> None:
    """Print a link with which ADDRESS, one of desk.people, signs in at the desk. It works once, within 15 minutes."""
    with options.open_site() as publisher:
        url = publisher.desk.new_link(address)
    print_json({"url": url}) if options.is_json else print_line(url)
