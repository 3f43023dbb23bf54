"""[fetching]: limits for fetching from the web."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from publisher.config.source_values import NETWORKS, OWN_NETWORKS
from publisher.config.tables import Table, Value, key
from publisher.config.values import matching, read_interval
from publisher.model.sources import Fetching

_SHORTEST, _LONGEST = timedelta(seconds=1), timedelta(minutes=10)


def _seconds(value: object) -> timedelta:
    interval = read_interval(value)
    if not _SHORTEST <= interval <= _LONGEST:
        raise ValueError(f"expected 1s to 10m, got {value!r}")
    return interval


SECONDS = Value("a number with s or m such as 30s", _seconds, matching(r"\s*[1-9][0-9]*\s*[smSM]\s*"))


class FetchingTable(Table):
    """Limits of what is fetched from the web."""

    timeout: Annotated[timedelta, SECONDS] = key("How long one fetch may take, with all redirects.", default="30s")
    max_megabytes: Annotated[int, Field(ge=1, le=1000)] = key("How large an answer may be, unpacked.", default=10)
    private: Annotated[tuple[str, ...], NETWORKS] = key(
        "Your own hosts or networks that all sources may fetch from; `private` of one source is safer.",
        default=[],
        example=OWN_NETWORKS,
    )

    def limits(self) -> Fetching:
        """Return the limits as the program uses them."""
        return Fetching(
            timeout_s=self.timeout.total_seconds(),
            max_bytes=self.max_megabytes * 1_000_000,
            private=self.private,
        )
