"""How long data about people is kept. Every such period stands here."""

from dataclasses import dataclass
from datetime import timedelta

UNCONFIRMED = timedelta(days=30)
"""How long a request to subscribe is kept that is not confirmed, from when it was made."""
ENDED = timedelta(days=28)
"""How long a person is kept after the end of the last subscription; for a quarter of that time, leaving can be undone.
"""
MAILS = timedelta(days=90)
"""How long a mail to a reader or a letter is kept after it was sent, refused or taken back. Counts stay."""
BOUNCES = timedelta(days=30)
"""How long a bounce is kept after it was read."""
LINKS = timedelta(days=7)
"""How long a link is kept that was used, or that is good for an hour; from when it was sent. As long as a link to
confirm.
"""
TRIED = timedelta(minutes=30)
"""From when an editor tried a list of people; it is in memory."""
FORMS = timedelta(hours=1)
"""The networks from which forms came are counted for an hour of the clock, in memory only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """How much was forgotten because its time was over."""

    unconfirmed: int = 0
    """People who never confirmed."""
    ended: int = 0
    """People who were erased because they followed nothing any more."""
    mails: int = 0
    """Mails of rounds; their counts stay."""
    letters: int = 0
    bounces: int = 0
    links: int = 0

    def __bool__(self) -> bool:
        return bool(self.unconfirmed or self.ended or self.mails or self.letters or self.bounces or self.links)
