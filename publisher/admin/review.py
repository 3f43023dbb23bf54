"""Review: what an editor decides about an edition that is held, before its audience gets it.

A decision is one transaction. Then the edition is put out: its folder is made to say the same, or is moved
into the outbox. A crash in between leaves that to the next pass, as with every edition that is recorded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.compose import run as compose
from publisher.compose.outbox import Outbox
from publisher.model.editions import Audience, Edition
from publisher.model.errors import FilesError, UsageError
from publisher.model.problems import Problem
from publisher.model.records import Record
from publisher.model.reports import ComposeReport
from publisher.model.site import Site
from publisher.rendering.urls import url_of
from publisher.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The editor's desk at one moment."""

    store: Store
    outbox: Outbox
    site: Site
    audiences: Sequence[Audience]
    now: datetime

    def held(self, name: str) -> tuple[Edition, Audience]:
        """The held edition of that name, and whom it is for.

        Raises:
            UsageError: it is not held, or its audience is no longer in config.toml.
        """
        held = compose.held_editions(self.store)
        edition = next((each for each in held if each.name == name), None)
        if edition is None:
            names = ", ".join(each.name for each in held) or "none"
            raise UsageError(f"edition {name!r} is not held; held now: {names}")
        audience = next((each for each in self.audiences if each.name == edition.audience), None)
        if audience is None:
            raise UsageError(
                f"edition {name!r}: audience {edition.audience!r} is not in config.toml any more; put it back, or "
                f"`publisher edition discard {name}`"
            )
        return edition, audience

    def release(self, name: str) -> ComposeReport:
        """Let it go out now."""
        edition, _ = self.held(name)
        self.store.editions.held.release(edition.audience, edition.number, at=self.now)
        return ComposeReport()

    def postpone(self, name: str, delay: timedelta) -> ComposeReport:
        """Hold it for `delay` from now, whatever it was."""
        edition, _ = self.held(name)
        self.store.editions.held.postpone(edition.audience, edition.number, until=self.now + delay)
        return ComposeReport()

    def introduce(self, name: str, text: str) -> ComposeReport:
        """Put a text above its items instead of the one before; an empty one takes it away."""
        edition, _ = self.held(name)
        self.store.editions.held.introduce(edition.audience, edition.number, text.strip())
        return ComposeReport()

    def drop(self, name: str, item: str) -> ComposeReport:
        """Take an item out for good."""
        edition, _ = self.held(name)
        self.store.editions.held.drop(edition.audience, edition.number, self._named(item, edition).number)
        return ComposeReport()

    def put_off(self, name: str, item: str) -> ComposeReport:
        """Take an item out until the next edition."""
        edition, _ = self.held(name)
        self.store.editions.held.put_off(edition.audience, edition.number, self._named(item, edition).number)
        return ComposeReport()

    def discard(self, name: str) -> ComposeReport:
        """Take all its items out for good; it never goes out. One whose audience is gone need not be held."""
        stranded = {each.name: each for each in compose.stranded_editions(self.audiences, self.store)}
        edition = stranded.get(name) or self.held(name)[0]
        self.store.editions.discard(edition.audience, edition.number)
        problems: list[Problem] = []
        try:
            compose.give_up(edition, store=self.store, outbox=self.outbox, now=self.now)
        except FilesError as error:
            problems = [Problem.of(f"edition {edition.name}", error)]
        return ComposeReport(discarded=(edition.name,), problems=tuple(problems))

    def _named(self, item: str, edition: Edition) -> Record:
        for record in edition.records:
            if item in (record.uid, record.short_id, record.path, url_of(record, self.site)):
                return record
        raise UsageError(
            f"edition {edition.name!r} has no item {item!r}; `publisher edition show {edition.name}` names them"
        )
