"""The commands of `publisher subscribers`: list people; add, end, erase or suppress a person."""

from zoneinfo import ZoneInfo

import click

from publisher.cli.formats import local_time
from publisher.cli.group import Commands
from publisher.cli.options import Options, dry_run_option, site_command
from publisher.cli.output import print_json, print_line
from publisher.model.bounces import BounceScore
from publisher.model.departures import SuppressionKind
from publisher.model.errors import UsageError
from publisher.model.problems import counted
from publisher.model.schedules import zone_of
from publisher.model.subscribers import EVERYTHING, Subscriber


@click.group(cls=Commands)
def subscribers() -> None:
    """List subscribers; add, end, erase or suppress one; export and import all."""


@subscribers.command("list")
@site_command
@click.option("--ended", "is_ended", is_flag=True, help="List those who follow nothing any more, too.")
def list_subscribers(options: Options, is_ended: bool) -> None:  # noqa: FBT001
    """List subscribers, what each follows and at which pace, in the order in which they came."""
    with options.open_rehearsal() as publisher:
        people, zone = publisher.people, zone_of(publisher.config.site.timezone)
        found = [each for batch in people.all() for each in batch if is_ended or each.active]
        scores = publisher.reach.scores()
    if options.is_json:
        print_json([{**_values_of(each), **score_values(scores.get(each.number))} for each in found])
        return
    for each in found:
        score = scores.get(each.number)
        came_back = f" ({score_words(score, zone)})" if score else ""
        print_line(f"{each.address}  since {local_time(each.since, zone)}: {_words_of(each)}{came_back}")
    if not found:
        print_line("no one is subscribed")


@subscribers.command()
@site_command
@click.argument("address")
@click.argument("choices", metavar="THEME=PACE...", nargs=-1, required=True)
@click.option("--agreed", required=True, help="How this person agreed, such as a form on paper; it is kept.")
@click.option("--language", help="The language of their mails; by default the site's.")
@dry_run_option
def add(  # noqa: PLR0917  (click passes what is typed)
    options: Options,
    address: str,
    choices: tuple[str, ...],
    agreed: str,
    language: str | None,
    dry_run: bool,  # noqa: FBT001
) -> None:
    """Add a person who agreed elsewhere, or replace what a subscriber follows. No mail is sent. `*=weekly` means all
    themes.
    """
    with options.open_for(dry_run=dry_run) as publisher:
        spoken = language or publisher.config.site.language
        added = publisher.people.add(address, choices_of(choices), language=spoken, words=agreed)
        score, zone = publisher.reach.score_of(added), zone_of(publisher.config.site.timezone)
    if options.is_json:
        print_json({**_values_of(added), **score_values(score)})
        return
    _print(options, added)
    if score and score.suspended_at:
        print_line(f"  {score_words(score, zone)}; to let them go on: publisher subscribers resume {added.address}")


@subscribers.command()
@site_command
@click.argument("address")
@dry_run_option
def end(options: Options, address: str, dry_run: bool) -> None:  # noqa: FBT001
    """End all subscriptions of an address, and cancel its mails that are not sent yet."""
    with options.open_for(dry_run=dry_run) as publisher:
        ended = publisher.people.end(address)
    _print(options, ended)


@subscribers.command()
@site_command
@click.argument("address")
@dry_run_option
def resume(options: Options, address: str, dry_run: bool) -> None:  # noqa: FBT001
    """Resume mails to a subscriber that were suspended because some came back. Mails that were cancelled are sent."""
    with options.open_for(dry_run=dry_run) as publisher:
        score, zone = publisher.reach.resume(address), zone_of(publisher.config.site.timezone)
        suppressed = publisher.reach.suppressions_of(address)
    if options.is_json:
        changed = score is not None and not dry_run
        print_json({"address": address, "changed": changed, "suppressed": [each.kind for each in suppressed]})
        return
    print_line(
        f"{address}: mails go on; until now: {score_words(score, zone)}" if score else f"{address}: no mails came back"
    )
    if suppressed:
        kinds = ", ".join(each.kind.value for each in suppressed)
        print_line(f"  still suppressed ({kinds}): publisher subscribers suppress {address} --lift")


@subscribers.command()
@site_command
@click.argument("address")
@click.option("--suppress", is_flag=True, help="Keep a fingerprint of the address, so that it never gets mails again.")
@dry_run_option
def erase(options: Options, address: str, suppress: bool, dry_run: bool) -> None:  # noqa: FBT001
    """Erase all that is held about an address. Counts stay, without the address. This cannot be undone."""
    with options.open_for(dry_run=dry_run) as publisher:
        publisher.people.erase(address, is_suppressed=suppress)
    if options.is_json:
        print_json({"address": address, "erased": not dry_run, "suppressed": suppress and not dry_run})
    else:
        print_line(f"{address}: would be erased" if dry_run else f"{address}: erased")


@subscribers.command()
@site_command
@click.argument("address")
def held(options: Options, address: str) -> None:
    """Print all that is held about an address as JSON, to answer a person who asks for it."""
    with options.open_rehearsal() as publisher:
        print_json(publisher.own_data.held_of(address))


@subscribers.command()
@site_command
@click.argument("address")
@click.option(
    "--lift", is_flag=True, help="Allow mails to the address again, whatever suppressed it. This does not subscribe it."
)
@click.option("--reason", default="", help="Why, in your words. They are kept, and must not name an address.")
@dry_run_option
def suppress(options: Options, address: str, lift: bool, reason: str, dry_run: bool) -> None:  # noqa: FBT001
    """Send no more mails to an address, whatever a form or an import says, and end its subscriptions.

    Only a fingerprint of the address is kept. The fingerprint stays when the subscriber is erased.
    """
    if "@" in reason or (lift and reason):
        raise UsageError("a reason may not contain an address" if "@" in reason else "--lift takes no --reason")
    with options.open_for(dry_run=dry_run) as publisher:
        lifted = publisher.reach.lift(address) if lift else ()
        is_changed = bool(lifted) if lift else publisher.reach.suppress(address, reason=reason)
    if options.is_json:
        kinds = [each.kind for each in lifted] if lift else [SuppressionKind.OPERATOR]
        print_json({"address": address, "suppressed": not lift, "changed": is_changed and not dry_run, "kinds": kinds})
        return
    if lift:
        kept = ", ".join(each.kind.value for each in lifted)
        print_line(f"{address}: no longer suppressed ({kept})" if lifted else f"{address}: was not suppressed")
    else:
        print_line(f"{address}: suppressed" if is_changed else f"{address}: was suppressed already")


def score_words(score: BounceScore, zone: ZoneInfo) -> str:
    """Return words that say how often mails to a subscriber came back, and with what consequence."""
    if score.suspended_at is None:
        return f"mails came back, {counted(score.points, 'point')}, the last on {local_time(score.last_at, zone)}"
    suspended = f"no digests since {local_time(score.suspended_at, zone)}, because mails came back"
    return suspended + (f"; a letter tried on {local_time(score.probed_at, zone)}" if score.probed_at else "")


def score_values(score: BounceScore | None) -> dict[str, object]:
    """Return the values of a bounce score in the form in which `--json` prints them. Without a score, the points
    are 0.
    """
    return {
        "bounce_points": score.points if score else 0,
        "suspended_at": score and score.suspended_at,
        "probed_at": score and score.probed_at,
    }


def choices_of(written: tuple[str, ...]) -> dict[str, str]:
    """Return the choices as typed: the name of a pace (such as `weekly`) by theme.

    Raises:
        UsageError: a choice is not a theme with a pace.
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


# by their places, because `transfer` imports this module
subscribers.add_places(
    {"export": "transfer:export_people", "import": "transfer:import_people", "reconsent": "reconsent:reconsent"}
)
