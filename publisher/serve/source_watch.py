"""When each source was asked last, and when it answered last, as far as this service asked it.

It is kept in memory, since a pass without news writes nothing. A service asks its sources as it begins.
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
    """When it could be read last; None: not since the service began."""


class SourceWatch:
    """Remembers the last moments of all sources. Any thread may note and ask."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._times: dict[str, SourceTimes] = {}

    def note(self, readings: Iterable[SourceReading]) -> None:
        """Remember that some sources were asked just now."""
        with self._lock:
            for reading in readings:
                before = self._times.get(reading.source)
                answered_before = before.answered_at if before else None
                answered_at = reading.at if reading.has_answered else answered_before
                self._times[reading.source] = SourceTimes(asked_at=reading.at, answered_at=answered_at)

    def times(self) -> Mapping[str, SourceTimes]:
        """The last moments by source; one that was not asked since the service began is missing."""
        with self._lock:
            return dict(self._times)
