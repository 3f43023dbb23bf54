"""The commands of `publisher item`: hide an item, show it again, or let it appear now."""

from functools import partial

import click

from publisher.admin.hide import hidden_items, hide_item, let_appear, show_item
from publisher.cli.formats import local_time
from publisher.cli.group import Commands
from publisher.cli.options import Options, dry_run_option, finish, site_command
from publisher.cli.output import print_json, print_line
from publisher.model.schedules import zone_of
from publisher.model.titles import title_of
from publisher.store.hidden import HiddenItem


@click.group(cls=Commands)
def item() -> None:
    """Hide items from readers, whatever their source does, and show them again."""


@item.command()
@site_command
@click.argument("name", metavar="URL|ID")
@click.option("--reason", default="", help="Why, for `publisher item list`; readers never see it.")
@dry_run_option
def hide(options: Options, name: str, reason: str, dry_run: bool) -> None:  # noqa: FBT001
    """Hide the item with this address or id from feeds, pages and held editions, whatever the item's source does."""
    with options.open_for(dry_run=dry_run) as publisher:
        report = publisher.decide_item(partial(hide_item, name, " ".join(reason.split())))
        finish(report, options, publisher, is_rehearsal=dry_run)


@item.command()
@site_command
@click.argument("name", metavar="URL|ID")
@dry_run_option
def show(options: Options, name: str, dry_run: bool) -> None:  # noqa: FBT001
    """Show the hidden item with this address or id again."""
    with options.open_for(dry_run=dry_run) as publisher:
        finish(publisher.decide_item(partial(show_item, name)), options, publisher, is_rehearsal=dry_run)


@item.command()
@site_command
@click.argument("name", metavar="URL|ID")
@dry_run_option
def appear(options: Options, name: str, dry_run: bool) -> None:  # noqa: FBT001
    """Let an item that waits for its time appear now; NAME is the item's address or id."""
    with options.open_for(dry_run=dry_run) as publisher:
        finish(publisher.decide_item(partial(let_appear, name)), options, publisher, is_rehearsal=dry_run)


@item.command("list")
@site_command
def list_items(options: Options) -> None:
    """List the hidden items, the last hidden first."""
    with options.open_rehearsal() as publisher:
        hidden = hidden_items(publisher.office)
        zone = zone_of(publisher.config.site.timezone)
    if options.is_json:
        print_json([_values_of(each) for each in hidden])
        return
    for each in hidden:
        reason = f": {each.reason}" if each.reason else ""
        title = title_of(each.record.item)
        print_line(f"{each.record.short_id}  {title} ({each.record.source}), {local_time(each.at, zone)}{reason}")
    if not hidden:
        print_line("no item is hidden")


def _values_of(hidden: HiddenItem) -> dict[str, object]:
    item = hidden.record.item
    named = {"id": hidden.record.uid, "source": hidden.record.source, "title": title_of(item), "link": item.link}
    return {**named, "date": item.date, "hidden_at": hidden.at, "reason": hidden.reason}
