"""The answer of a server, or the content of a file."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The answer of a server."""

    body: bytes
    """The decompressed bytes of the answer; empty if `is_unchanged`."""
    url: str
    """The final address of the answer, after redirects; the base of relative links."""
    charset: str
    """The encoding that the server declares; empty if it declares none."""
    validator: str
    """The validator to give to the next `fetch` of the same address."""
    is_unchanged: bool = False
    fresh_until: datetime | None = None
    """Until when the server says that its answer is fresh; `None` if it does not say."""
    moved_to: str = ""
    """The address to which the requested one has moved permanently; empty if it has not moved."""
