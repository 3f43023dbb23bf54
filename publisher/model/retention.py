"""How long what is held of people is kept. Every such period stands here."""

from dataclasses import dataclass
from datetime import timedelta

UNCONFIRMED = timedelta(days=30)
"""From when somebody asked to subscribe, if he does not confirm."""
ENDED = timedelta(days=28)
"""From the end of somebody's last subscription. He can undo that for a quarter of this time."""
MAILS = timedelta(days=90)
"""From when a mail to a reader, or a letter, was sent, refused or taken back. Counts stay."""
BOUNCES = timedelta(days=30)
"""From when a mail that came back was read."""
LINKS = timedelta(days=7)
"""From when a link was sent that was used, or that is good for an hour. A link to confirm is good for as long."""
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
    """People who follow nothing any more."""
    mails: int = 0
    """Mails of rounds; their counts stay."""
    letters: int = 0
    bounces: int = 0
    links: int = 0

    def __bool__(self) -> bool:
        return bool(self.unconfirmed or self.ended or self.mails or self.letters or self.bounces or self.links)
