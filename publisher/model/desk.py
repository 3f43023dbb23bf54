"""The editors' desk, the web pages on which editors work: how long somebody stays signed in, and the record of what was
done.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LINK_WITHIN = timedelta(minutes=15)
"""How long a sign-in link is valid."""
SESSION_WITHIN = timedelta(days=7)
"""How long somebody stays signed in."""
ACTS_WITHIN = timedelta(days=366)
"""How long the record of acts (who did what at the desk) is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSession:
    """The session of a person who is signed in at the desk."""

    person: str
    """The mail address of the person."""
    begun_at: datetime


class ActOutcome(StrEnum):
    """How an act (something that a person did at the desk) ended."""

    BEGUN = "begun"
    """The outcome is unknown: the act is under way, or the program ended during it."""
    DONE = "done"
    REFUSED = "refused"
    """The act was refused, and nothing changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An act: what somebody did at the desk, as it is recorded."""

    number: int
    """The number of the act in the record, from 1."""
    at: datetime
    person: str
    """The mail address of the person."""
    language: str
    """The language of `words`."""
    verb: str
    """The name of the act, such as `release`."""
    about: str
    """The name of the edition or other thing that was acted on, such as `weekly-3`; may be empty."""
    outcome: ActOutcome
    words: str
    """The result of the act in one sentence, in the language of the editor; empty if it is unknown."""
