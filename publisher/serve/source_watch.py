"""When this service last tried to read each source, and when each could last be read.

It is kept in memory, because a pass without news writes nothing. A service reads its sources when it starts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from publisher.model.reports import SourceReading


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTimes:
    """The last moments of one source, in UTC."""

    asked_at: datetime
    answered_at: datetime | None
    """When it could last be read; None: not since the service began."""


class SourceWatch:
    """The last times of all sources. Any thread may call it."""

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
        """Return the last times by source; a source not read since the service began is missing."""
        with self._lock:
            return dict(self._times)
