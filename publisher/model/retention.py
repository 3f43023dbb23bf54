"""How long data about people is kept: all retention periods are in this module."""

from dataclasses import dataclass
from datetime import timedelta

UNCONFIRMED = timedelta(days=30)
"""How long an unconfirmed request to subscribe is kept after it was made."""
ENDED = timedelta(days=28)
"""How long a person is kept after the last subscription ended. For a quarter of that time, leaving can be undone."""
MAILS = timedelta(days=90)
"""How long letters are kept after they were sent, refused or cancelled, and mails to subscribers after the last mail of
their round. Counts stay.
"""
BOUNCES = timedelta(days=30)
"""How long a bounce is kept after it was read."""
LINKS = timedelta(days=7)
"""How long a link in a letter is kept after the letter was sent, if the link was used, or expires after an hour: as
long as a confirmation link is valid.
"""
TRIED = timedelta(minutes=30)
"""How long a list of people is kept, in memory, after an editor tried its import (a rehearsal that changes nothing)."""
FORMS = timedelta(hours=1)
"""For how long forms are counted by the network they came from: one hour of the clock, in memory only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """How many people, mails and other data were deleted because their retention period ended."""

    unconfirmed: int = 0
    """People who never confirmed."""
    ended: int = 0
    """People who were erased because they followed nothing."""
    mails: int = 0
    """Mails of rounds that were deleted; the counts of mails stay."""
    letters: int = 0
    bounces: int = 0
    links: int = 0

    def __bool__(self) -> bool:
        return bool(self.unconfirmed or self.ended or self.mails or self.letters or self.bounces or self.links)
