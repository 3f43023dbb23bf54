"""The commands of `publisher store`: move what the site remembers."""

import os

import click

from publisher.cli.formats import as_json
from publisher.cli.group import Commands, Options, site_command
from publisher.config.store import named_database


@click.group(cls=Commands)
def store() -> None:
    """Move what the site remembers into another database."""


@store.command()
@site_command
@click.argument("url")
def copy(options: Options, url: str) -> None:
    """Copy the store into the empty database at URL, an address or env:VARIABLE; stop the service before."""
    with options.open_site() as publisher:
        config = publisher.config
        place, rows = publisher.copy_store(named_database(url, config.path.parent, os.environ))
    if options.is_json:
        click.echo(as_json({"to": place, "rows": rows}))
        return
    click.echo(f"{rows} rows are copied to {place}; the store from before is as it was")
    click.echo(f"name the new one in store.url of {config.path}, and move the old one away")
