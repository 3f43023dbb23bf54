"""What people see of a command: reports in words, or as JSON, and progress bars where there is a terminal."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from publisher.model.editions import Edition, Notice
from publisher.model.problems import counted
from publisher.model.reports import (
    AudienceStatus,
    CollectReport,
    HeldStatus,
    RunReport,
    SourceCondition,
    SourceStatus,
    Status,
)
from publisher.model.titles import title_of

if TYPE_CHECKING:
    from publisher.admin.check import CheckReport
    from publisher.admin.examine import Examined
    from publisher.store import EditionRow


def show_report(report: RunReport, *, is_json: bool, timezone: str, is_rehearsal: bool = False) -> None:
    """What was done on standard output, what went wrong on standard error."""
    if is_json:
        click.echo(as_json(report_as_values(report)))
    else:
        for line in report_lines(report, is_rehearsal=is_rehearsal, zone=ZoneInfo(timezone)):
            click.echo(line)
    show_problems(report)


def show_problems(report: RunReport) -> None:
    """What went wrong, a line each, on standard error."""
    for problem in report.all_problems:
        click.echo(f"problem: {problem}", err=True)


def show_check(report: "CheckReport", *, is_json: bool) -> None:
    """What was found, a line each, on standard output; what must be mended first."""
    if is_json:
        values = {"exit_code": report.exit_code, "found": [asdict(found) for found in report.found]}
        click.echo(as_json(values))
        return
    for found in sorted(report.found, key=lambda each: each.is_hint):
        click.echo(str(found))
    if not report.found:
        click.echo("all is well")


def show_examined(examined: "Examined", *, is_json: bool, timezone: str) -> None:
    """What was found out about a source, on standard output."""
    if is_json:
        click.echo(as_json({"exit_code": examined.exit_code, **asdict(examined)}))
        return
    from publisher.cli.source_output import lines_of  # late: no pass needs it

    click.echo("\n".join(lines_of(examined, timezone=timezone)))


def show_editions(rows: "Sequence[EditionRow]", *, is_json: bool, timezone: str) -> None:
    """The editions on standard output, a line each."""
    if is_json:
        click.echo(as_json([{"name": row.name, **asdict(row)} for row in rows]))
        return
    zone = ZoneInfo(timezone)
    for row in rows:
        click.echo(
            f"{row.name} of {_when(row.composed_at, zone)} with {counted(row.items, 'item')}: {_fate(row, zone)}"
        )
    if not rows:
        click.echo("no edition yet")


def _fate(row: "EditionRow", zone: ZoneInfo) -> str:
    if row.held_until and not row.written_at:
        return f"held until {_when(row.held_until, zone)}"
    if row.items:
        return f"in the outbox since {_when(row.written_at, zone)}" if row.written_at else "not in the outbox yet"
    return "discarded" if row.dropped else "withdrawn"


def show_edition(edition: Edition, *, is_json: bool, timezone: str) -> None:
    """A held edition on standard output, a line for each item."""
    if is_json:
        click.echo(as_json({**_edition_values(edition), "introduction": edition.introduction}))
        return
    click.echo(_edition_line(edition, ZoneInfo(timezone)))
    if edition.introduction:
        click.echo(edition.introduction)
    for record in edition.records:
        click.echo(f"{record.short_id}  {record.item.date}  {title_of(record.item)}")


def report_lines(report: RunReport, *, is_rehearsal: bool, zone: ZoneInfo) -> list[str]:
    """The report in words, a line a stage; one line when nothing is new, none when nobody can tell."""
    lines = []
    if (collected := report.collect) and collected.is_news:
        counts = {
            "added": collected.added,
            "revised": collected.revised,
            "withdrawn": collected.withdrawn,
            "kept from readers": collected.kept_from_readers,
        }
        lines.append("collect: " + ", ".join(f"{count} {word}" for word, count in counts.items() if count))
    if (published := report.publish) and published.is_news:
        feeds = f"{counted(len(published.feeds), 'feed')}, " if published.feeds else ""
        lines.append(f"publish: {feeds}{counted(published.files_written, 'file')} written")
    if report.compose:
        lines += [f"compose: {_edition_line(edition, zone)}" for edition in report.compose.editions]
        lines += [f"compose: {name} discarded" for name in report.compose.discarded]
    lines += [f"source {change.source}: {change.condition}" for change in report.condition_changes]
    lines += [f"notice: {notice.name}: {notice.subject}" for notice in report.notices]
    if not lines:
        # A source that failed may have news: silence is no answer then.
        return [] if report.all_problems else [_nothing_new(report.collect)]
    return ["nothing is kept of this rehearsal; a run would do:", *lines] if is_rehearsal else lines


def _nothing_new(collected: CollectReport | None) -> str:
    """Not the whole truth while sources are not asked, or not listened to."""
    silent = []
    if collected and collected.sources_held:
        silent.append(f"{counted(collected.sources_held, 'source')} held")
    if collected and collected.sources_waiting:
        silent.append(f"{counted(collected.sources_waiting, 'source')} not asked yet")
    return f"nothing new; {' and '.join(silent)}: see `publisher status`" if silent else "nothing new"


def report_as_values(report: RunReport) -> dict[str, object]:
    """The report for machines: as `--json` prints it."""
    return {
        "is_news": report.is_news,
        "exit_code": report.exit_code,
        "collect": report.collect and _without_problems(asdict(report.collect)),
        "publish": report.publish and _without_problems(asdict(report.publish)),
        "compose": report.compose
        and {
            "editions": [_edition_values(edition) for edition in report.compose.editions],
            "discarded": report.compose.discarded,
        },
        "condition_changes": [asdict(change) for change in report.condition_changes],
        "notices": [_notice_values(notice) for notice in report.notices],
        "problems": [asdict(problem) for problem in report.all_problems],
    }


def show_status(status: Status, *, is_json: bool, timezone: str) -> None:
    """The status on standard output."""
    click.echo(as_json(asdict(status)) if is_json else "\n".join(status_lines(status, timezone=timezone)))


def status_lines(status: Status, *, timezone: str) -> list[str]:
    """The status in words."""
    zone = ZoneInfo(timezone)
    service = "a service is at work" if status.is_served else "no service is running"
    lines = [f"{status.site}: {counted(status.items, 'item')}; {service}"]
    for source in status.sources:
        lines.append(_source_line(source, zone))
        lines += [f"source {source.name}: skipped: {line}" for line in source.skipped]
    if status.unpublished:
        lines.append(f"feeds: {counted(status.unpublished, 'change')} wait for `publisher publish`")
    lines += [_audience_line(audience, zone) for audience in status.audiences]
    lines += [
        f"edition {name}: recorded, not in the outbox yet; the next run puts it there" for name in status.unwritten
    ]
    lines += [
        f"edition {name}: its audience is not in config.toml any more, so nobody gets it; put it back, or "
        f"`publisher edition discard {name}`"
        for name in status.stranded
    ]
    lines += [_held_line(held, zone) for held in status.held]
    for run in status.runs:
        lines.append(
            f"{run.verb} on {_when(run.started, zone)}: {f'exit code {run.exit_code}' if run.exit_code else 'done'}"
        )
        lines += [f"  problem: {problem}" for problem in run.problems if run is status.runs[0]]
    return lines


def as_json(values: object) -> str:
    """JSON as every command prints it: readable, times as ISO 8601, days as in config.toml."""
    return json.dumps(values, indent=2, ensure_ascii=False, default=_json_value)


def _json_value(value: object) -> str:
    match value:
        case datetime():
            return value.isoformat()
        case timedelta():
            return counted(value.days, "day")  # as it stands in config.toml
        case _:
            return str(value)


def _without_problems(values: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in values.items() if key != "problems"}


def _edition_values(edition: Edition) -> dict[str, object]:
    return {
        "name": edition.name,
        "audience": edition.audience,
        "number": edition.number,
        "after": edition.after,
        "upto": edition.upto,
        "uids": [record.uid for record in edition.records],
        "held_until": edition.held_until,
    }


def _notice_values(notice: Notice) -> dict[str, object]:
    return {"name": notice.name, "about": notice.about, "kind": notice.kind, "subject": notice.subject}


def _edition_line(edition: Edition, zone: ZoneInfo) -> str:
    held = f", held until {_when(edition.held_until, zone)}" if edition.held_until else ""
    return f"{edition.name} with {counted(len(edition.records), 'item')}{held}"


def _source_line(source: SourceStatus, zone: ZoneInfo) -> str:
    return f"source {source.name}: {_condition_words(source, zone)}"


def _condition_words(source: SourceStatus, zone: ZoneInfo) -> str:
    changed = f"last change {_when(source.changed_at, zone)}" if source.changed_at else "never read"
    match source.condition:
        case SourceCondition.FAILING | SourceCondition.EMPTY if source.failing_since:
            how = "failing" if source.condition is SourceCondition.FAILING else "empty"
            since = _when(source.failing_since, zone)
            times = counted(source.failures, "time")
            return f"{how} since {since} ({times}): {source.problem}{_waiting_words(source, zone)}"
        case SourceCondition.DRIFTED | SourceCondition.HELD if source.held_at:
            decide = f"`publisher release {source.name}` or `publisher discard {source.name}`"
            return f"{source.condition} since {_when(source.held_at, zone)}: {source.held}; {decide}"
        case SourceCondition.SILENT if source.expect_every:
            return f"silent for longer than {counted(source.expect_every.days, 'day')}: {changed}"
        case _:
            told = f"{counted(source.listed, 'item')} listed, {changed}" if source.changed_at else changed
            return f"{told}{_waiting_words(source, zone)}"


def _waiting_words(source: SourceStatus, zone: ZoneInfo) -> str:
    if source.next_try is None:
        return ""
    return f"; asked again {_when(source.next_try, zone)}, or at once by `publisher collect {source.name}`"


def _audience_line(audience: AudienceStatus, zone: ZoneInfo) -> str:
    parts = [f"{counted(audience.waiting, 'item')} waiting"]
    if audience.last_composed_at:
        parts.append(f"last edition {audience.last_edition} on {_when(audience.last_composed_at, zone)}")
    parts.append(f"next {_when(audience.next_tick, zone)}" if audience.next_tick else "composed by hand")
    return f"audience {audience.name}: " + ", ".join(parts)


def _held_line(held: HeldStatus, zone: ZoneInfo) -> str:
    then = "then it goes out" if held.on_silence == "send" else "and after that until you decide"
    return (
        f"edition {held.edition}: held for you until {_when(held.held_until, zone)}, {then}; "
        f"look into held/{held.edition} of the outbox"
    )


def _when(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%a %Y-%m-%d %H:%M}"
