"""Finds what prevents or delays the mails to all subscribers, to explain why one of them got none."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from publisher.admin.rounds import held_by
from publisher.config.config import Config
from publisher.store import READERS, Store


class HindranceKind(StrEnum):
    """Why no mail is sent, or no new mail is made."""

    OUTAGE = "outage"
    """The mail server cannot be used."""
    PAUSED = "paused"
    """The operator or an editor paused all mails."""
    RESTORED = "restored"
    """After a restore, the operator has not said what went out."""
    REVIEWED = "reviewed"
    """An edition waits for its editor, and mails to subscribers wait for it."""
    POSTPONED = "postponed"
    """An editor postponed mails to subscribers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindrance:
    """Something that prevents or delays the mails to all subscribers."""

    kind: HindranceKind
    since: datetime | None = None
    """Since when mails have been held back, in UTC, or `None` if that is unknown."""
    about: str = ""
    """The words of the mail server, or the name of the edition; may be empty."""
    until: datetime | None = None
    """When the hindrance ends by itself, in UTC, or `None` if that is unknown. `UNTIL_DECIDED` means that somebody must
    decide.
    """

    @property
    def is_of_rounds(self) -> bool:
        """Whether the hindrance prevents new mails to subscribers from being made, but not the sending of mails that
        are queued already.
        """
        return self.kind in {HindranceKind.RESTORED, HindranceKind.REVIEWED, HindranceKind.POSTPONED}


def find_hindrances(config: Config, store: Store, *, now: datetime) -> tuple[Hindrance, ...]:
    """Return what now holds back mails to subscribers, or prevents new ones from being made."""
    return (*_of_sending(store), *_of_rounds(config, store, now=now))


def _of_sending(store: Store) -> Iterator[Hindrance]:
    if (outage := store.mail.outages.current()) is not None:
        yield Hindrance(kind=HindranceKind.OUTAGE, since=outage.since, about=outage.problem)
    if (paused_at := store.mail.ledger.pauses.current().get("")) is not None:
        yield Hindrance(kind=HindranceKind.PAUSED, since=paused_at)


def _of_rounds(config: Config, store: Store, *, now: datetime) -> Iterator[Hindrance]:
    restoration = store.restorations.current()
    names = (*(audience.name for audience in config.audiences), READERS)
    if restoration is not None and any(map(restoration.holds, names)):
        yield Hindrance(kind=HindranceKind.RESTORED, since=restoration.restored_at)
    for edition in held_by(config, store):
        yield Hindrance(kind=HindranceKind.REVIEWED, about=edition)
    edit = store.people.rounds.next.edit()
    if edit.is_postponed(now):
        yield Hindrance(kind=HindranceKind.POSTPONED, until=edit.postponed_until)
