"""The commands of `publisher subscribers`: list people, add one, end one's subscriptions, erase one."""

import click

from publisher.cli.formats import local_time
from publisher.cli.group import Commands, Options, dry_run_option, site_command
from publisher.cli.output import print_json, print_line
from publisher.model.errors import UsageError
from publisher.model.schedules import zone_of
from publisher.model.subscribers import EVERYTHING, Subscriber


@click.group(cls=Commands)
def subscribers() -> None:
    """List the people who subscribed, add, end or erase one, or move all out and in."""


@subscribers.command("list")
@site_command
@click.option("--ended", "is_ended", is_flag=True, help="List those who follow nothing any more, too.")
def list_subscribers(options: Options, is_ended: bool) -> None:  # noqa: FBT001
    """List who follows what at which pace, in the order in which they came."""
    with options.open_rehearsal() as publisher:
        people, zone = publisher.people, zone_of(publisher.config.site.timezone)
        found = [each for batch in people.all() for each in batch if is_ended or each.active]
    if options.is_json:
        print_json([_values_of(each) for each in found])
        return
    for each in found:
        print_line(f"{each.address}  since {local_time(each.since, zone)}: {_words_of(each)}")
    if not found:
        print_line("no one is subscribed")


@subscribers.command()
@site_command
@click.argument("address")
@click.argument("choices", metavar="THEME=PACE...", nargs=-1, required=True)
@click.option("--agreed", required=True, help="How this person agreed, such as a form on paper; it is kept.")
@click.option("--language", help="Of the fixed texts in the mails; else the site's.")
@dry_run_option
def add(  # noqa: PLR0917  (click passes what is typed)
    options: Options,
    address: str,
    choices: tuple[str, ...],
    agreed: str,
    language: str | None,
    dry_run: bool,  # noqa: FBT001
) -> None:
    """Add somebody who agreed elsewhere, or replace what he follows; `*` is everything. No mail is sent."""
    with options.open_for(dry_run=dry_run) as publisher:
        spoken = language or publisher.config.site.language
        added = publisher.people.add(address, choices_of(choices), language=spoken, words=agreed)
    _print(options, added)


@subscribers.command()
@site_command
@click.argument("address")
@dry_run_option
def end(options: Options, address: str, dry_run: bool) -> None:  # noqa: FBT001
    """End all subscriptions of an address; its mails that are not sent yet are taken back."""
    with options.open_for(dry_run=dry_run) as publisher:
        ended = publisher.people.end(address)
    _print(options, ended)


@subscribers.command()
@site_command
@click.argument("address")
@dry_run_option
def erase(options: Options, address: str, dry_run: bool) -> None:  # noqa: FBT001
    """Erase all that is held of an address; what is counted stays, without it. It cannot be undone."""
    with options.open_for(dry_run=dry_run) as publisher:
        publisher.people.erase(address)
    if options.is_json:
        print_json({"address": address, "erased": not dry_run})
    else:
        print_line(f"{address}: would be erased" if dry_run else f"{address}: erased")


@subscribers.command()
@site_command
@click.argument("address")
def held(options: Options, address: str) -> None:
    """Print all that is held of a subscriber as JSON: for somebody who asks for it by letter."""
    with options.open_rehearsal() as publisher:
        print_json(publisher.own_data.held_of(address))


def choices_of(written: tuple[str, ...]) -> dict[str, str]:
    """The name of a pace by theme, as typed.

    Raises:
        UsageError: one is no theme with its pace.
    """
    pairs = [each.rpartition("=") for each in written]
    if wrong := [pace for theme, _, pace in pairs if not theme]:
        raise UsageError(f"expected a theme and a pace such as asylum=weekly, got {wrong[0]!r}")
    return {theme: pace for theme, _, pace in pairs}


def _print(options: Options, subscriber: Subscriber) -> None:
    if options.is_json:
        print_json(_values_of(subscriber))
    else:
        print_line(f"{subscriber.address}: {_words_of(subscriber)}")


def _words_of(subscriber: Subscriber) -> str:
    words = ", ".join(
        f"{'everything' if theme == EVERYTHING else theme} {pace}" for theme, pace in subscriber.choices.items()
    )
    return words or "follows nothing"


def _values_of(subscriber: Subscriber) -> dict[str, object]:
    return {
        "address": subscriber.address,
        "language": subscriber.language,
        "since": subscriber.since,
        "paused_until": subscriber.paused_until,
        "choices": dict(subscriber.choices),
    }
