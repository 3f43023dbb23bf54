"""Prints the report of a command that collects, publishes, composes or decides."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from publisher.cli.formats import clock_line, edition_line, local_time
from publisher.cli.output import print_json, print_line, warn
from publisher.model.editions import Edition, Notice
from publisher.model.problems import Problem, counted
from publisher.model.reports import CollectReport, ComposeReport, RunReport

if TYPE_CHECKING:
    from publisher.model.mail_reports import DeliverReport, DeliveryTally, RoundReport


def show_report(report: RunReport, *, is_json: bool, timezone: str, is_rehearsal: bool = False) -> None:
    """Print on standard output what was done."""
    if is_json:
        print_json(report_as_values(report))
    else:
        for line in report_lines(report, is_rehearsal=is_rehearsal, zone=ZoneInfo(timezone)):
            print_line(line)


def show_problems(problems: Sequence[Problem]) -> None:
    """Print problems on standard error, one line each."""
    for problem in problems:
        warn(f"problem: {problem}")


def report_lines(report: RunReport, *, is_rehearsal: bool, zone: ZoneInfo) -> list[str]:
    """Return the report in words, one line per stage. It says `nothing new` only if no source failed."""
    lines = _collect_lines(report.collect) if report.collect else []
    if (published := report.publish) and published.is_news:
        feeds = f"{counted(len(published.feeds), 'feed')}, " if published.feeds else ""
        lines.append(f"publish: {feeds}{counted(published.files_written, 'file')} written")
    if report.compose:
        lines += _compose_lines(report.compose, zone)
    lines += [_round_line(each) for each in report.rounds]
    if report.deliver:
        lines += [_tally_line(tally) for tally in report.deliver.editions if tally.is_news]
    lines += [f"source {change.source}: {change.condition}" for change in report.condition_changes]
    lines += [f"notice: {notice.name}: {notice.subject}" for notice in report.notices]
    if report.ahead:
        lines.append(clock_line(report.ahead, zone))
    if not lines:
        # a source that could not be read may have news
        return [] if report.all_problems else [_nothing_new(report, zone)]
    if report.deliver and report.deliver.paused:
        lines.append(f"deliver: {_words_of_stopped(report.deliver)[0]}: see `publisher status`")
    return ["nothing is kept of this rehearsal; a run would do:", *lines] if is_rehearsal else lines


def _collect_lines(collected: CollectReport) -> list[str]:
    counts = {
        "added": collected.added,
        "revised": collected.revised,
        "withdrawn": collected.withdrawn,
        "expired": collected.expired,
        "waiting": collected.waiting,
        "hidden": collected.hidden,
        "shown again": collected.shown,
        "kept from readers": collected.kept_from_readers,
    }
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    return [f"collect: {told}"] if collected.is_news else []


def _compose_lines(composed: ComposeReport, zone: ZoneInfo) -> list[str]:
    lines = [*composed.decided, *(f"compose: {edition_line(edition, zone)}" for edition in composed.editions)]
    lines += [f"compose: {name} discarded" for name in composed.discarded]
    lines += [f"compose: {name} is discarded: no item is left in it" for name in composed.emptied]
    if composed.restored and not composed.editions:
        restored = counted(composed.restored, "item")
        lines.append(f"compose: {restored} restored, for the next edition")
    return lines


def _round_line(report: "RoundReport") -> str:
    """Return a line about a round of mails to subscribers, such as `subscribers: round-3 (daily, weekly) with 12
    mails`.
    """
    more = "" if report.is_planned else "; the next run plans the others"
    return f"subscribers: {report.name} ({', '.join(report.paces)}) with {counted(report.mails, 'mail')}{more}"


def _tally_line(tally: "DeliveryTally") -> str:
    """Return a line such as `deliver: weekly-1 to list@example.org: 1 sent`."""
    more = tally.mails - 1
    to = f"{tally.to} and {counted(more, 'other')}" if more > 0 else tally.to
    to = to if tally.to else counted(tally.mails, "subscriber")
    counts = {
        "to be sent": tally.planned,
        "sent": tally.sent,
        "refused": tally.refused,
        "later": tally.later,
        "doubtful": tally.doubtful,
    }
    return f"deliver: {tally.name} to {to}: " + ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def _nothing_new(report: RunReport, zone: ZoneInfo) -> str:
    """Return `nothing new`, followed by the sources that may have news because their listing is held for the operator
    or they were not read, and by what is known of mails that wait.
    """
    silent = []
    if report.collect and report.collect.sources_held:
        silent.append(f"{counted(report.collect.sources_held, 'source')} held")
    if report.collect and report.collect.sources_waiting:
        silent.append(f"{counted(report.collect.sources_waiting, 'source')} not asked yet")
    if report.deliver:
        silent += _words_of_stopped(report.deliver)
    if report.deliver and report.deliver.next_at:  # also of mails that a process had claimed which was killed
        silent.append(f"mails wait until {local_time(report.deliver.next_at, zone)}")
    return f"nothing new; {' and '.join(silent)}: see `publisher status`" if silent else "nothing new"


def _words_of_stopped(report: "DeliverReport") -> list[str]:
    """Return lines that say how many mails wait for the operator, and why."""
    counts = {"paused": report.paused, "held": report.held}
    return [f"{counted(count, 'mail')} {word}" for word, count in counts.items() if count]


def report_as_values(report: RunReport) -> dict[str, object]:
    """Return the report's values in the form in which `--json` prints them."""
    return {
        "is_news": report.is_news,
        "exit_code": report.exit_code,
        "collect": report.collect and _without_problems(asdict(report.collect)),
        "publish": report.publish and _without_problems(asdict(report.publish)),
        "compose": report.compose
        and {
            "editions": [edition_values(edition) for edition in report.compose.editions],
            "discarded": report.compose.discarded,
            "emptied": report.compose.emptied,
            "restored": report.compose.restored,
            "decided": report.compose.decided,
        },
        "rounds": [asdict(each) for each in report.rounds],
        "deliver": report.deliver
        and {
            "editions": [asdict(tally) for tally in report.deliver.editions],
            "next_at": report.deliver.next_at,
            "paused": report.deliver.paused,
            "held": report.deliver.held,
        },
        "condition_changes": [asdict(change) for change in report.condition_changes],
        "notices": [_notice_values(notice) for notice in report.notices],
        "problems": [asdict(problem) for problem in report.all_problems],
    }


def edition_values(edition: Edition) -> dict[str, object]:
    """Return the edition's values in the form in which `--json` prints them."""
    return {
        "name": edition.name,
        "audience": edition.audience,
        "number": edition.number,
        "after": edition.after,
        "upto": edition.upto,
        "uids": [record.uid for record in edition.records],
        "held_until": edition.held_until,
    }


def _without_problems(values: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in values.items() if key not in ("problems", "readings")}


def _notice_values(notice: Notice) -> dict[str, object]:
    return {"name": notice.name, "about": notice.about, "kind": notice.kind, "subject": notice.subject}
