"""The commands of `publisher store`: move the store's data."""

import os

import click

from publisher.cli.group import Commands
from publisher.cli.options import Options, site_command
from publisher.cli.output import print_json, print_line
from publisher.config.store import named_database


@click.group(cls=Commands)
def store() -> None:
    """Move what the site remembers into another database."""


@store.command()
@site_command
@click.argument("url")
def copy(options: Options, url: str) -> None:
    """Copy the store into the empty database at URL, which may be given as env:VARIABLE. Stop the service first."""
    with options.open_site() as publisher:
        config = publisher.config
        place, rows = publisher.copy_store(named_database(url, config.path.parent, os.environ))
    if options.is_json:
        print_json({"to": place, "rows": rows})
        return
    print_line(f"{rows} rows are copied to {place}; the store from before is as it was")
    print_line(f"name the new one in store.url of {config.path}, and move the old one away")
