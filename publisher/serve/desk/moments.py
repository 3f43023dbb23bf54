"""The moments until which an edition can be postponed, as an editor would name them. Pure."""

from datetime import UTC, datetime, time, timedelta

from publisher.model.schedules import Schedule, instant_of, local_day

HOURS = (1, 2, 4)
MORNING = time(8)
DAYS = (1, 2, 3, 7)
LONGEST = timedelta(days=31)


def choices_after(now: datetime, timezone: str, schedule: Schedule | None) -> list[datetime]:
    """Return the moments to which an editor may postpone mails, in UTC, earliest first: whole hours, mornings, and the
    next moment at which the schedule makes an edition due.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    hours = [hour + timedelta(hours=each + 1) for each in HOURS]
    today = local_day(now, timezone)
    mornings = [instant_of(datetime.combine(today + timedelta(days=each), MORNING), timezone) for each in DAYS]
    ticks = [schedule.next_after(now)] if schedule else []
    return sorted({each.astimezone(UTC) for each in (*hours, *mornings, *ticks)})


def read_choice(text: str, *, now: datetime) -> datetime | None:
    """Return the moment that a form names. Return `None` if it names none, or a moment that is past or too far in the
    future.
    """
    try:
        until = datetime.fromisoformat(text)
    except ValueError:
        return None
    if until.tzinfo is None or not now < until <= now + LONGEST:
        return None
    return until.astimezone(UTC)
