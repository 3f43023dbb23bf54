"""The commands `publisher backup` and `publisher restore`."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from publisher.admin.backup import back_up
from publisher.admin.restore import (
    OpenAudience,
    Settled,
    note_put_back,
    open_audiences,
    restore_backup,
    settle,
    waits_for_readers,
)
from publisher.cli.formats import local_time
from publisher.cli.options import Options, site_command
from publisher.cli.output import print_json, print_line, print_lines
from publisher.compose.traces import Trace
from publisher.model.problems import counted
from publisher.store.replay import Repeated


@click.command()
@site_command
@click.argument("file", type=Path)
def backup(options: Options, file: Path) -> None:
    """Write the store and the outbox into FILE, and replace an earlier backup; the service may be running."""
    config, now = options.settings()
    size = back_up(config, file.absolute(), now=now)
    if options.is_json:
        print_json({"file": file, "bytes": size})
    else:
        print_line(f"{file}: {size} bytes")


@click.command()
@site_command
@click.argument("file", type=Path, required=False)
@click.option("--put-back", is_flag=True, help="Say that another program put the database back, such as pg_restore.")
@click.option(
    "--sent-up-to",
    metavar="EDITION",
    multiple=True,
    help="Say that this was the last edition of its audience that was sent; repeatable.",
)
@click.option("--rounds-sent", is_flag=True, help="Say that subscribers got mails since the backup.")
@click.option("--nothing-sent", is_flag=True, help="Say that since the backup nothing was sent to all others.")
def restore(  # noqa: PLR0917  (click passes what is typed)
    options: Options,
    file: Path | None,
    put_back: bool,  # noqa: FBT001
    sent_up_to: Sequence[str],
    rounds_sent: bool,  # noqa: FBT001
    nothing_sent: bool,  # noqa: FBT001
) -> None:
    """Put the store of the backup FILE back, or say which mails went out since. Without FILE and options, show the next
    step.
    """
    is_answer = bool(sent_up_to or rounds_sent or nothing_sent)
    if sum((file is not None, put_back, is_answer)) > 1:
        raise click.UsageError(
            "FILE, --put-back and answers are steps: first put the store back, then say what was sent"
        )
    if file is not None:
        _restore_file(options, file)
    elif put_back:
        with options.open_site() as publisher:
            note_put_back(publisher.office)
    if is_answer:
        _settle(options, sent_up_to, had_rounds=rounds_sent, is_rest_unsent=nothing_sent)
    else:
        _show_open(options)


def _restore_file(options: Options, file: Path) -> None:
    config, now = options.settings()
    restored = restore_backup(config, file.absolute(), now=now)
    if options.is_json:
        return
    taken = local_time(restored.taken_at, ZoneInfo(config.site.timezone))
    print_line(f"{config.store.file} is what it was on {taken}")
    if restored.kept:
        print_line(f"the store from before is {restored.kept}")
    print_line(f"{counted(restored.added, 'file')} came back into the outbox; what was there stays as it is")
    if config.subscribers:
        print_line(_departures_line(restored.repeated, config.departures))


def _departures_line(repeated: Repeated | None, file: Path) -> str:
    if repeated is None:
        return f"{file} is not there: who left since the backup is a subscriber again"
    gone = f"{counted(repeated.left, 'subscriber')} left, {repeated.erased} erased, {repeated.suppressed} suppressed"
    return f"since the backup, by {file.name}: {gone}; so it is again"


def _show_open(options: Options) -> None:
    """Print the audiences that wait for the operator after a restore, what is known of each, and the commands to
    type.
    """
    with options.open_rehearsal() as publisher:
        found, are_readers = open_audiences(publisher.office), waits_for_readers(publisher.office)
    if options.is_json:
        print_json([asdict(audience) for audience in found])
    elif found or are_readers:
        print_lines(_open_lines(found, are_readers=are_readers))
    else:
        print_line("no audience waits for you after a restore")


def _open_lines(found: Sequence[OpenAudience], *, are_readers: bool) -> Iterator[str]:
    if found:
        yield from _audience_lines(found)
    if are_readers:
        yield "subscribers get no mail until you say whether they got any since the backup; if so:"
        yield "publisher collect"
        yield "publisher restore --rounds-sent"
    yield "or, if nothing went out since the backup: publisher restore --nothing-sent"


def _audience_lines(found: Sequence[OpenAudience]) -> Iterator[str]:
    yield "no edition is composed, and no mail sent, until you say which editions went out:"
    for audience in found:
        known = f"{audience.name}-{audience.known}" if audience.known else "none"
        yield f"audience {audience.name}: the last edition that the store knows: {known}"
        yield from (f"  {audience.name}-{trace.number}: {_trace_words(trace)}" for trace in audience.since)
    last = [f"{each.name}-{each.since[-1].number if each.since else max(each.known, 1)}" for each in found]
    yield "say the last one of each that went out, such as:"
    yield f"publisher restore {' '.join(f'--sent-up-to {name}' for name in last)}"


def _trace_words(trace: Trace) -> str:
    where = "in the outbox" if trace.is_in_outbox else "on the web"
    return f"{where}, {'its items are unknown' if trace.had is None else counted(len(trace.had), 'item')}"


def _settle(options: Options, sent_up_to: Sequence[str], *, had_rounds: bool, is_rest_unsent: bool) -> None:
    with options.open_site() as publisher:
        settled = settle(sent_up_to, publisher.office, had_rounds=had_rounds, is_rest_unsent=is_rest_unsent)
        left = [audience.name for audience in open_audiences(publisher.office)]
        left += ["subscribers"] if waits_for_readers(publisher.office) else []
    if options.is_json:
        print_json([asdict(each) for each in settled])
        return
    for each in settled:
        print_lines(_settled_lines(each))
    if left:
        print_line(f"these still wait: {', '.join(left)}")
    else:
        print_line("composing goes on")


def _settled_lines(settled: Settled) -> Iterator[str]:
    name = settled.audience
    yield f"audience {name}: its next edition is {name}-{settled.next_number}"
    for number in settled.told:
        yield f"  {name}-{number} went out: its items are not sent again"
    for number in settled.untold:
        yield (
            f"  {name}-{number} went out, and nothing tells which items it had: what is new since the backup is in the "
            "next edition, perhaps a second time"
        )
    for number in settled.left:
        yield (
            f"  {name}-{number} did not go out: its items are in the next edition; take its folder out of the outbox, "
            "so that nothing sends it"
        )
