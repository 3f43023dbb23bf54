"""Late items: a source lists them long after their date. Readers are told the day they were added."""

from datetime import date

from publisher.model.records import Record
from publisher.model.schedules import local_day

LATE_DAYS = 30
"""An item older than this when it was added is marked as late; without the mark it would look like an old item sent
again.
"""


def late_day_of(record: Record, *, timezone: str) -> date | None:
    """Return the day the site first saw an item, if the item's date is more than `LATE_DAYS` earlier; otherwise return
    `None`.

    Items of a source's first pass are not late: the site started after them.
    """
    if record.added_at is None:
        return None
    added_on = local_day(record.added_at, timezone)
    return added_on if (added_on - record.item.date).days > LATE_DAYS else None
