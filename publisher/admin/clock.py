"""A clock that was wrong: what was done while it was ahead bears moments that are still to come.

Schedules and sources go on by the clock of now. Dates of editions stay what they were, so the operator should know why.
"""

from collections.abc import Iterable
from datetime import datetime

from publisher.model.schedules import CLOCK_ERROR


def find_ahead(moments: Iterable[datetime | None], *, now: datetime) -> datetime | None:
    """Return the latest of these moments that is further in the future than a nearly right clock could explain; None:
    none.
    """
    return max((moment for moment in moments if moment is not None and moment > now + CLOCK_ERROR), default=None)
