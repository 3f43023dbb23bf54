"""Items that a source lists long after their own day; readers are told when they were added."""

from datetime import date

from publisher.model.records import Record
from publisher.model.schedules import local_day

LATE_DAYS = 30
"""A later item would look like an old one that is sent again."""


def late_day_of(record: Record, *, timezone: str) -> date | None:
    """Return the day on which the site first saw an item dated more than `LATE_DAYS` before; None: it is not so late.

    An item of its source's first pass is not late: it was the site that came late.
    """
    if record.added_at is None:
        return None
    added_on = local_day(record.added_at, timezone)
    return added_on if (added_on - record.item.date).days > LATE_DAYS else None
