"""Clock errors: what was recorded while the clock was ahead has times in the future.

Schedules and sources use the present clock. Dates of editions stay as they are, so the operator should know the reason.
"""

from collections.abc import Iterable
from datetime import datetime

from publisher.model.schedules import CLOCK_ERROR


def find_ahead(moments: Iterable[datetime | None], *, now: datetime) -> datetime | None:
    """Return the latest of these times that is further ahead of now than a small clock error explains; None:
    none is.
    """
    return max((moment for moment in moments if moment is not None and moment > now + CLOCK_ERROR), default=None)
