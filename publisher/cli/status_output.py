"""Prints the results of `publisher status`."""

from dataclasses import asdict
from zoneinfo import ZoneInfo

from publisher.cli.delivery_output import mails_words
from publisher.cli.formats import clock_line, held_words, local_time
from publisher.cli.output import print_json, print_lines
from publisher.model.deliveries import DeliveryCounts, Order
from publisher.model.editions import UNTIL_DECIDED
from publisher.model.problems import counted, some_of
from publisher.model.round_names import is_round_name
from publisher.model.sources import SourceCondition
from publisher.model.status import AudienceStatus, HeldStatus, RestoreStatus, SourceStatus, Status, SubscribersStatus

_MOMENTS = 5
"""How many different times at which items will appear are shown."""


def show_status(status: Status, *, is_json: bool, timezone: str) -> None:
    """Print the status on standard output."""
    if is_json:
        print_json(asdict(status))
    else:
        print_lines(status_lines(status, timezone=timezone))


def status_lines(status: Status, *, timezone: str) -> list[str]:
    """Return the lines that describe the status in words."""
    zone = ZoneInfo(timezone)
    service = "a service is at work" if status.is_served else "no service is running"
    lines = [f"{status.site}: {counted(status.items, 'item')}; {service}"]
    if status.ahead:
        lines.append(clock_line(status.ahead, zone))
    if status.restored:
        lines.append(_restore_line(status.restored, zone))
    for source in status.sources:
        lines.append(_source_line(source, zone))
        lines += [f"source {source.name}: skipped: {line}" for line in source.skipped]
        lines += _lines_of_unseen(source, zone)
    if status.unpublished:
        lines.append(f"feeds: {counted(status.unpublished, 'change')} wait for `publisher publish`")
    lines += [_audience_line(audience, zone) for audience in status.audiences]
    if status.subscribers:
        lines += _subscribers_lines(status.subscribers, zone)
        lines += _postponed_lines(status.subscribers, zone)
    if status.left_behind:
        are = "1 person is" if status.left_behind == 1 else f"{status.left_behind} people are"
        lines.append(
            f"subscribers: {are} still subscribed, and kept for good, but config.toml has no [subscribers]; put it "
            "back, and end or erase each (`publisher subscribers list` names them)"
        )
    lines += [
        f"edition {name}: recorded, not in the outbox yet; the next run puts it there" for name in status.unwritten
    ]
    lines += [
        f"edition {name}: its audience is not in config.toml any more, so it is not sent; put it back, or "
        f"`publisher edition discard {name}`"
        for name in status.stranded
    ]
    lines += [_held_line(held, zone) for held in status.held]
    lines += _lines_of_mails(status, zone)
    for run in status.runs:
        result = f"exit code {run.exit_code}" if run.exit_code else "done"
        lines.append(f"{run.verb} on {local_time(run.started, zone)}: {result}")
        lines += [f"  problem: {problem}" for problem in run.problems if run.is_latest]
    return lines


def _lines_of_mails(status: Status, zone: ZoneInfo) -> list[str]:
    lines = [
        f"mails{f' of {audience}' if audience else ''}: paused since {local_time(since, zone)}; "
        f"`publisher deliver --resume{f' {audience}' if audience else ''}` sends them"
        for audience, since in status.paused.items()
    ]
    if status.outage:
        since = local_time(status.outage.since, zone)
        lines.append(f"mails: none can be sent since {since}: {status.outage.problem}")
    for mails in status.deliveries:
        lines.append(f"mails of {mails.name}: {mails_words(mails, zone)}")
        lines += _lines_of_next_steps(mails)
    return [*lines, *(_order_line(order, zone) for order in status.orders)]


def _lines_of_next_steps(mails: DeliveryCounts) -> list[str]:
    """Return the commands that send the mails that wait for the operator."""
    is_round = is_round_name(mails.name)
    lines = []
    if mails.held:
        lines.append(f"  `publisher deliver --{'again' if is_round else 'from'} {mails.name}` sends what is held")
    if mails.refused and not (mails.sent or is_round):
        again = f"`publisher deliver --again {mails.name}`"
        lines.append(f"  correct `to` of its audience, or ask who runs the list; then {again} sends it")
    return lines


def _order_line(order: Order, zone: ZoneInfo) -> str:
    """Return a line such as `deliver --recall weekly-3 on 4 March 2026, 10:30: 1 mail`."""
    about = f" {order.about}" if order.about else ""
    mails = f": {counted(order.mails, 'mail')}" if order.mails else ""
    return f"deliver --{order.verb}{about} on {local_time(order.at, zone)}{mails}"


def _lines_of_unseen(source: SourceStatus, zone: ZoneInfo) -> list[str]:
    """Return lines that say how many items of a source readers do not see: items that wait, by reason and time, and
    hidden items.
    """
    lines: list[str] = []
    for why, words in _WAITING.items():
        some = [each for each in source.waiting if each.why == why]
        if some:
            total = counted(sum(each.items for each in some), "item")
            shown = some_of([f"{each.items} until {local_time(each.until, zone)}" for each in some], _MOMENTS)
            lines.append(f"source {source.name}: {total} {words}: {shown}")
    if source.hidden:
        lines.append(f"source {source.name}: {counted(source.hidden, 'item')} hidden; `publisher item list` names them")
    return lines


_WAITING = {"waits": "waiting", "settles": "settling", "comes back": "withdrawn and coming back"}


def _restore_line(restored: RestoreStatus, zone: ZoneInfo) -> str:
    waits = [f"no edition is composed for {', '.join(restored.audiences)}"] if restored.audiences else []
    waits += ["no round begins"] if restored.has_readers else []
    return (
        f"restored on {local_time(restored.restored_at, zone)}: {' and '.join(waits)} until you say what went out "
        "since the backup; `publisher restore` shows how"
    )


def _source_line(source: SourceStatus, zone: ZoneInfo) -> str:
    return f"source {source.name}: {_condition_words(source, zone)}"


def _condition_words(source: SourceStatus, zone: ZoneInfo) -> str:
    changed = f"last change {local_time(source.changed_at, zone)}" if source.changed_at else "never read"
    match source.condition:
        case SourceCondition.FAILING | SourceCondition.EMPTY if source.failing_since:
            how = "failing" if source.condition is SourceCondition.FAILING else "empty"
            since = local_time(source.failing_since, zone)
            times = counted(source.failures, "time")
            return f"{how} since {since} ({times}): {source.problem}{_waiting_words(source, zone)}"
        case SourceCondition.DRIFTED | SourceCondition.HELD if source.held_at:
            decide = f"`publisher source release {source.name}` or `publisher source discard {source.name}`"
            return f"{source.condition} since {local_time(source.held_at, zone)}: {source.held}; {decide}"
        case SourceCondition.SILENT if source.expect_every:
            return f"silent for longer than {counted(source.expect_every.days, 'day')}: {changed}"
        case _:
            told = f"{counted(source.listed, 'item')} listed, {changed}" if source.changed_at else changed
            return f"{told}{_waiting_words(source, zone)}"


def _waiting_words(source: SourceStatus, zone: ZoneInfo) -> str:
    if source.next_try is None:
        return ""
    return f"; asked again {local_time(source.next_try, zone)}, or at once by `publisher collect {source.name}`"


def _audience_line(audience: AudienceStatus, zone: ZoneInfo) -> str:
    parts = [f"{counted(audience.waiting, 'item')} waiting"]
    if audience.last_composed_at:
        parts.append(f"last edition {audience.last_edition} on {local_time(audience.last_composed_at, zone)}")
    parts.append(f"next {local_time(audience.next_tick, zone)}" if audience.next_tick else "composed by hand")
    return f"audience {audience.name}: " + ", ".join(parts)


def _subscribers_lines(subscribers: SubscribersStatus, zone: ZoneInfo) -> list[str]:
    parts = [counted(subscribers.people, "subscriber")]
    if subscribers.suspended:
        of_them = "of them gets" if subscribers.suspended == 1 else "of them get"
        parts.append(f"{subscribers.suspended} {of_them} no digests because mails came back")
    if subscribers.pending:
        parts.append(f"{subscribers.pending} not confirmed yet")
    if subscribers.suppressions:
        why = ", ".join(f"{number} {kind}" for kind, number in subscribers.suppressions.items())
        parts.append(f"{counted(sum(subscribers.suppressions.values()), 'suppression')} ({why})")
    if subscribers.last_round_at:
        parts.append(f"last {subscribers.last_round} on {local_time(subscribers.last_round_at, zone)}")
    parts += [f"{pace} next {local_time(tick, zone)}" for pace, tick in subscribers.next_ticks.items()]
    lines = [f"subscribers: {', '.join(parts)}"]
    if subscribers.asked:
        asked = "1 subscriber was" if subscribers.asked == 1 else f"{subscribers.asked} subscribers were"
        lines.append(f"subscribers: {asked} asked whether mails are still wanted, and did not answer yet")
    if owed := subscribers.owed_departures:
        lines.append(f"departures: {owed} not in their file, which cannot be written; `publisher check` says why")
    return lines


def _postponed_lines(subscribers: SubscribersStatus, zone: ZoneInfo) -> list[str]:
    if subscribers.postponed_until is None:
        return []
    until = held_words(subscribers.postponed_until, zone)
    return [f"mails to subscribers: {until}; `publisher round resume` lets them go on"]


def _held_line(held: HeldStatus, zone: ZoneInfo) -> str:
    then = ", then it goes out" if held.on_silence == "send" else ", and after that until you decide"
    how_long = f"until {local_time(held.held_until, zone)}{then}"
    return (
        f"edition {held.edition}: held for you {'until you decide' if held.held_until == UNTIL_DECIDED else how_long}; "
        f"look into held/{held.edition} of the outbox"
    )
