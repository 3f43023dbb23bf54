"""When this service last tried to read each source, and when each could last be read.

The times are kept in memory, because a reading without news writes nothing to the store. A service reads its sources
when it starts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from publisher.model.reports import SourceReading


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTimes:
    """When one source was last tried and when it could last be read, in UTC."""

    asked_at: datetime
    answered_at: datetime | None
    """When the source could last be read, or `None` if it could not since the service began."""


class SourceWatch:
    """When each source was last tried and when it could last be read. Any thread may call the methods."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._times: dict[str, SourceTimes] = {}

    def note(self, readings: Iterable[SourceReading]) -> None:
        """Record that some sources were read just now."""
        with self._lock:
            for reading in readings:
                before = self._times.get(reading.source)
                answered_before = before.answered_at if before else None
                answered_at = reading.at if reading.has_answered else answered_before
                self._times[reading.source] = SourceTimes(asked_at=reading.at, answered_at=answered_at)

    def times(self) -> Mapping[str, SourceTimes]:
        """Return when each source was last tried and read, by name. A source that was not tried since the service began
        is missing.
        """
        with self._lock:
            return dict(self._times)
