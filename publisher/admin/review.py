"""Review: what an editor decides about an edition that is held, before its audience gets it.

A decision is one transaction. Then the edition is put out: its folder is made to say the same, or is moved
into the outbox. A crash in between leaves that to the next pass, as with every edition that is recorded.
"""

from datetime import timedelta

from publisher.admin.office import Office
from publisher.compose import run as compose
from publisher.model.editions import Audience, Edition
from publisher.model.errors import FilesError, UsageError
from publisher.model.problems import Problem
from publisher.model.records import Record
from publisher.model.reports import ComposeReport
from publisher.model.site import Site
from publisher.rendering.urls import url_of


def held_edition(name: str, office: Office) -> tuple[Edition, Audience]:
    """The held edition of that name, and whom it is for.

    Raises:
        UsageError: it is not held, or its audience is no longer in config.toml.
    """
    held = compose.held_editions(office.store)
    edition = next((each for each in held if each.name == name), None)
    if edition is None:
        names = ", ".join(each.name for each in held) or "none"
        raise UsageError(f"edition {name!r} is not held; held now: {names}")
    audience = next((each for each in office.config.audiences if each.name == edition.audience), None)
    if audience is None:
        raise UsageError(
            f"edition {name!r}: audience {edition.audience!r} is not in config.toml any more; put it back, or "
            f"`publisher edition discard {name}`"
        )
    return edition, audience


def release(name: str, office: Office) -> ComposeReport:
    """Let it go out now."""
    edition, _ = held_edition(name, office)
    office.store.editions.held.release(edition.audience, edition.number, at=office.now)
    return ComposeReport()


def postpone(name: str, delay: timedelta, office: Office) -> ComposeReport:
    """Hold it for `delay` from now, even if it was held for longer."""
    edition, _ = held_edition(name, office)
    office.store.editions.held.postpone(edition.audience, edition.number, until=office.now + delay)
    return ComposeReport()


def introduce(name: str, text: str, office: Office) -> ComposeReport:
    """Put a text above its items instead of the one before; an empty one takes it away."""
    edition, _ = held_edition(name, office)
    office.store.editions.held.introduce(edition.audience, edition.number, text.strip())
    return ComposeReport()


def drop(name: str, item: str, office: Office) -> ComposeReport:
    """Take an item out for good."""
    edition, _ = held_edition(name, office)
    office.store.editions.held.drop(edition.audience, edition.number, _named(item, edition, office.config.site).number)
    return ComposeReport()


def put_off(name: str, item: str, office: Office) -> ComposeReport:
    """Take an item out until the next edition."""
    edition, _ = held_edition(name, office)
    office.store.editions.held.put_off(
        edition.audience, edition.number, _named(item, edition, office.config.site).number
    )
    return ComposeReport()


def discard(name: str, office: Office) -> ComposeReport:
    """Take all its items out for good; it never goes out. One whose audience is gone need not be held."""
    stranded = {each.name: each for each in compose.stranded_editions(office.config.audiences, office.store)}
    edition = stranded.get(name) or held_edition(name, office)[0]
    office.store.editions.discard(edition.audience, edition.number)
    problems: list[Problem] = []
    try:
        compose.give_up(edition, store=office.store, outbox=office.outbox, now=office.now)
    except FilesError as error:
        problems = [Problem.of(f"edition {edition.name}", error)]
    return ComposeReport(discarded=(edition.name,), problems=tuple(problems))


def _named(item: str, edition: Edition, site: Site) -> Record:
    for record in edition.records:
        if item in (record.uid, record.short_id, record.path, url_of(record, site)):
            return record
    raise UsageError(
        f"edition {edition.name!r} has no item {item!r}; `publisher edition show {edition.name}` names them"
    )
