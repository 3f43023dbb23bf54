"""Clock errors: what was recorded while the clock was ahead has times in the future.

Schedules and sources use the clock as it is now. Editions keep their dates, so the operator should know why some are in
the future.
"""

from collections.abc import Iterable
from datetime import datetime

from publisher.model.schedules import CLOCK_ERROR


def find_ahead(moments: Iterable[datetime | None], *, now: datetime) -> datetime | None:
    """Return the latest of these times that is further in the future than a small clock error explains, or `None` if
    none is.
    """
    return max((moment for moment in moments if moment is not None and moment > now + CLOCK_ERROR), default=None)
