"""Schedules and time zones; pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Schedule:
    """A cron line in a time zone."""

    expression: str
    timezone: str

    def next_after(self, instant: datetime) -> datetime:
        raise NotImplementedError
