"""Permanent names: the slugs of labels (names of themes) and of keywords, and the authority (host and date) in the
site's `tag:` ids.
"""

import hashlib
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet

from sqlalchemy import Connection, bindparam, insert, select

from publisher.model.feeds import FeedKind
from publisher.model.slugs import Names, WantedNames, candidate_slugs, give_slugs
from publisher.store.engine import Database, batches
from publisher.store.schema import names, site

_LONGEST = 200
"""How many characters of a label are stored at most: an index entry may have a few thousand bytes."""


class NamesGiven:
    """The permanent names that the site has given so far."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, wanted: WantedNames) -> Names:
        """Return the slugs of these labels (themes' names) and keywords; one that has no slug yet is missing."""
        with self._database.reading() as connection:
            return Names(
                labels=find_names(connection, FeedKind.THEME, wanted.labels),
                keywords=find_names(connection, FeedKind.KEYWORD, wanted.keywords),
            )

    def has_authority(self) -> bool:
        """Whether the authority of the site's ids has been chosen. The first reading of a source chooses it."""
        with self._database.reading() as connection:
            return connection.execute(_AUTHORITY).scalar_one_or_none() is not None

    def authority(self, proposed: str) -> str:
        """Return the authority of the site's `tag:` ids (RFC 4151); the first call stores `proposed` as the
        authority.
        """
        with self._database.reading() as connection:
            kept: str | None = connection.execute(_AUTHORITY).scalar_one_or_none()
        if kept is not None:
            return kept
        with self._database.writing() as connection:
            kept = connection.execute(_AUTHORITY).scalar_one_or_none()
            if kept is None:
                connection.execute(insert(site).values(id=1, authority=proposed))
        return kept or proposed


# Statements are built once: building one costs more than a query for a few rows in SQLite.
_AUTHORITY = select(site.c.authority)
_OF_KIND = names.c.kind == bindparam("kind")
_GIVEN = select(names.c.label, names.c.slug).where(_OF_KIND, names.c.label.in_(bindparam("labels", expanding=True)))
_TAKEN = select(names.c.slug).where(_OF_KIND, names.c.slug.in_(bindparam("slugs", expanding=True)))


def settle_names(connection: Connection, wanted: WantedNames) -> Names:
    """Give a free slug to each of these labels (themes' names) and keywords that has none; return the slugs of all."""
    return Names(
        labels=_settle(connection, FeedKind.THEME, wanted.labels, wanted.taken),
        keywords=_settle(connection, FeedKind.KEYWORD, wanted.keywords, frozenset()),
    )


def _settle(
    connection: Connection, kind: FeedKind, wanted: Mapping[str, str], reserved: AbstractSet[str]
) -> dict[str, str]:
    known = find_names(connection, kind, wanted)
    new: dict[str, str] = {}
    number = 1
    while waiting := {label: slug for label, slug in wanted.items() if label not in known and label not in new}:
        candidates = candidate_slugs(waiting, number)
        taken = _find_taken(connection, kind, candidates.values())
        new |= give_slugs(candidates, taken | reserved | {*new.values()})
        number += 1
    if new:
        rows = [{"kind": kind, "label": key_of(label), "slug": slug} for label, slug in new.items()]
        connection.execute(insert(names), rows)
    return known | new


def _find_taken(connection: Connection, kind: FeedKind, slugs: Collection[str]) -> AbstractSet[str]:
    """Return which of the slugs already belong to a label (theme's name) or keyword."""
    found: set[str] = set()
    for some in batches(sorted({*slugs})):
        found |= set(connection.execute(_TAKEN, {"kind": kind, "slugs": some}).scalars())
    return found


def find_names(connection: Connection, kind: FeedKind, labels: Collection[str]) -> dict[str, str]:
    """Return the slugs of these labels (themes' names), folded as for comparison; a label without a slug is missing."""
    by_key = {key_of(label): label for label in labels}
    found: dict[str, str] = {}
    for some in batches(sorted(by_key)):
        rows = connection.execute(_GIVEN, {"kind": kind, "labels": some})
        found.update((by_key[key], slug) for key, slug in rows)
    return found


def key_of(label: str) -> str:
    """Return the key under which a label, folded for comparison, is stored: itself, or the beginning of a very long one
    with a hash of the whole.
    """
    if len(label) <= _LONGEST:
        return label
    return f"{label[:_LONGEST]} {hashlib.sha256(label.encode('utf-8', 'replace')).hexdigest()}"
