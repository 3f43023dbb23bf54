"""The next mails to subscribers: when they are sent, to how many people, and what they wait for."""

from dataclasses import dataclass
from datetime import datetime

from publisher.admin.office import Office
from publisher.admin.rounds import held_by
from publisher.subscribers.plan import ticks_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceOverview:
    """The next mails at one pace (how often mails come)."""

    pace: str
    due_at: datetime
    """When the mails at this pace are due, in UTC. If they are overdue, this is in the past."""
    people: int
    """How many people follow something at this pace (how often mails come). Those to whom nothing is new
    get no mail.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundOverview:
    """The next mails to subscribers, by pace (how often they come)."""

    paces: tuple[PaceOverview, ...]
    """The paces (how often mails come), the one that is due next first."""
    held_by: tuple[str, ...]
    """The names of editions that wait for their editor. Until he decides, no mails to subscribers are made."""
    people: int
    """How many people follow something."""


def oversee_round(office: Office) -> RoundOverview | None:
    """Return the next mails to subscribers, or `None` if the site has no subscribers."""
    settings, store, now = office.config.subscribers, office.store, office.now
    if settings is None:
        return None
    due = ticks_of(settings.paces, store.people.rounds.last_ticks(), default=settings.default_pace, now=now).due
    followers = store.people.following.people_by_pace(now)
    paces = [
        PaceOverview(
            pace=each.name,
            due_at=due[each.name] if each.name in due else each.schedule.next_after(now),
            people=followers.get(each.name, 0),
        )
        for each in settings.paces
    ]
    return RoundOverview(
        paces=tuple(sorted(paces, key=lambda each: each.due_at)),
        held_by=held_by(office.config, store),
        people=store.people.subscribers.count(),
    )
