"""How commands print values: JSON for machines, and times in the site's time zone."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from publisher.model.problems import counted


def as_json(values: object) -> str:
    """JSON as every command prints it: readable, times as ISO 8601, days as in config.toml."""
    return json.dumps(values, indent=2, ensure_ascii=False, default=_json_value)


def _json_value(value: object) -> str:
    match value:
        case datetime():
            return value.isoformat()
        case timedelta():
            return counted(value.days, "day")  # as it stands in config.toml
        case _:
            return str(value)


def local_time(instant: datetime, zone: ZoneInfo) -> str:
    """A moment as `Mon 2026-03-02 08:00`."""
    return f"{instant.astimezone(zone):%a %Y-%m-%d %H:%M}"


def sample_words(audience: str) -> str:
    """What is said of an edition that only shows how a mail looks."""
    return f"{audience} has no new edition; these are its latest items"
