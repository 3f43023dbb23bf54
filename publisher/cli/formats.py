"""How commands print values: times in the site's time zone, and words and lines that several commands use."""

from datetime import datetime
from zoneinfo import ZoneInfo

from publisher.model.editions import UNTIL_DECIDED, Edition
from publisher.model.problems import counted


def local_time(instant: datetime, zone: ZoneInfo) -> str:
    """Return a moment in the site's time zone, such as `Mon 2026-03-02 08:00`."""
    return f"{instant.astimezone(zone):%a %Y-%m-%d %H:%M}"


def held_words(until: datetime, zone: ZoneInfo) -> str:
    """Return how long an edition is held, such as `held until Mon 2026-03-02 08:00`."""
    return "held until you decide" if until == UNTIL_DECIDED else f"held until {local_time(until, zone)}"


def sample_words(audience: str) -> str:
    """Return the words shown with a sample edition, which is made of the latest items."""
    return f"{audience} has no new edition; these are its latest items"


def edition_line(edition: Edition, zone: ZoneInfo) -> str:
    """Return a line about an edition, such as `weekly-1 with 3 items`, which also says how long the edition is held."""
    held = f", {held_words(edition.held_until, zone)}" if edition.held_until else ""
    return f"{edition.name} with {counted(len(edition.records), 'item')}{held}"


def clock_line(ahead: datetime, zone: ZoneInfo) -> str:
    """Return the line that warns of something recorded with a time in the future."""
    moment = local_time(ahead, zone)
    return f"clock: it was ahead on {moment}, or is behind now; schedules and sources follow the clock as it is now"
