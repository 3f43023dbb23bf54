"""What a server answered, or a file held."""

from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST_WAIT = timedelta(days=1)
"""However long a server asks to be left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a server answered."""

    body: bytes
    """Unpacked. Empty when `is_unchanged`."""
    url: str
    """Where it came from in the end; relative links start here."""
    charset: str
    """As the server names it; empty when it does not."""
    validator: str
    """For the next `fetch` of the same address."""
    is_unchanged: bool = False
    fresh_until: datetime | None = None
    """Until when the server says that asking again is of no use; None: it does not say."""
    moved_to: str = ""
    """Where the address has moved permanently; empty: it has not moved."""
