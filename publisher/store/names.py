"""Names given once and kept for ever: the slugs of labels and keywords, and the authority of the site's ids."""

import hashlib
from collections.abc import Callable, Collection, Mapping
from collections.abc import Set as AbstractSet

from sqlalchemy import Connection, insert, select

from publisher.model.feeds import FeedKind
from publisher.model.labels import Names, Wanted, free_slugs
from publisher.store.engine import Database, batches
from publisher.store.schema import names, site

_LONGEST = 200
"""Characters of a label that are kept to know it by: no index takes more than some thousand bytes."""


class NamesGiven:
    """The names given so far."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, wanted: Wanted) -> Names:
        """The slugs of those of the labels and keywords that have one."""
        with self._database.reading() as connection:
            return Names(
                labels=_known(connection, FeedKind.THEME, wanted.labels),
                keywords=_known(connection, FeedKind.KEYWORD, wanted.keywords),
            )

    def authority(self, proposed: str) -> str:
        """What the site's ids are named after (RFC 4151): what was proposed the first time, whatever is now."""
        query = select(site.c.authority)
        with self._database.reading() as connection:
            kept: str | None = connection.execute(query).scalar_one_or_none()
        if kept is not None:
            return kept
        with self._database.writing() as connection:
            kept = connection.execute(query).scalar_one_or_none()
            if kept is None:
                connection.execute(insert(site).values(id=1, authority=proposed))
        return kept or proposed


def settle_names(connection: Connection, wanted: Wanted) -> Names:
    """Return the slugs of what is wanted, after giving those that have none a free one; else nothing is written."""
    return Names(
        labels=_settled(connection, FeedKind.THEME, wanted.labels, wanted.taken),
        keywords=_settled(connection, FeedKind.KEYWORD, wanted.keywords, frozenset()),
    )


def _settled(
    connection: Connection, kind: FeedKind, wanted: Mapping[str, str], reserved: AbstractSet[str]
) -> dict[str, str]:
    known = _known(connection, kind, wanted)
    unknown = {label: slug for label, slug in wanted.items() if label not in known}
    new = free_slugs(unknown, _taken(connection, kind, reserved))
    if new:
        rows = [{"kind": kind, "label": key_of(label), "slug": slug} for label, slug in new.items()]
        connection.execute(insert(names), rows)
    return known | new


def _taken(
    connection: Connection, kind: FeedKind, reserved: AbstractSet[str]
) -> Callable[[Collection[str]], AbstractSet[str]]:
    def taken(slugs: Collection[str]) -> AbstractSet[str]:
        found = reserved & set(slugs)
        for some in batches(sorted(slugs)):
            query = select(names.c.slug).where(names.c.kind == kind, names.c.slug.in_(some))
            found |= set(connection.execute(query).scalars())
        return found

    return taken


def _known(connection: Connection, kind: FeedKind, labels: Collection[str]) -> dict[str, str]:
    by_key = {key_of(label): label for label in labels}
    found: dict[str, str] = {}
    for some in batches(sorted(by_key)):
        query = select(names.c.label, names.c.slug).where(names.c.kind == kind, names.c.label.in_(some))
        found.update((by_key[key], slug) for key, slug in connection.execute(query))
    return found


def key_of(label: str) -> str:
    """What a folded label is known by: itself, or the beginning of a very long one and a digest of all of it."""
    if len(label) <= _LONGEST:
        return label
    return f"{label[:_LONGEST]} {hashlib.sha256(label.encode('utf-8', 'replace')).hexdigest()}"
