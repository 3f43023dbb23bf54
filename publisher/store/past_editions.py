"""Past editions (digests to a mailing list) as the website shows them: an edition with its newest items, the editions
before and after it, and the latest editions.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Integer, Select, and_, bindparam, func, select

from publisher.model.editions import Formerly
from publisher.model.records import Record
from publisher.store.edition_records import newest_of, records_of
from publisher.store.edition_schema import edition_corrections, edition_items, editions
from publisher.store.engine import Database, batches
from publisher.store.formerly import formerly_of, told_of
from publisher.store.schema import IS_LIVE, items


@dataclass(frozen=True, slots=True, kw_only=True)
class PastEdition:
    """A past edition with its newest items."""

    number: int
    composed_at: datetime
    items: int
    """How many of the edition's items are not withdrawn."""
    records: tuple[Record, ...]
    """The newest of the edition's items, newest first."""
    corrections: tuple[Record, ...]
    introduction: str
    formerly: tuple[Formerly, ...] = ()
    """See `Edition.formerly`."""
    first: tuple[int, ...] = ()
    """See `Edition.first`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionHead:
    """A past edition as an entry of a feed shows it."""

    number: int
    composed_at: datetime
    items: int
    """How many of the edition's items are not withdrawn."""
    records: tuple[Record, ...]
    """The newest of the edition's items, newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionPlace:
    """What a link to a past edition shows: its number, date and number of items."""

    number: int
    composed_at: datetime
    items: int
    """How many items the edition had."""


class PastEditions:
    """The past editions that have a page on the website."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, audience: str, number: int, *, newest: int) -> PastEdition | None:
        """Return an edition with at most `newest` of its latest items and corrections, or `None` if it does
        not exist.
        """
        its = {"audience": audience, "number": number}
        with self._database.reading() as connection:
            row = connection.execute(_EDITION, its).one_or_none()
            if row is None:
                return None
            corrections = records_of(connection, edition_corrections, audience, number, newest=newest)
            corrected = [record.number for record in corrections]
            return PastEdition(
                number=number,
                composed_at=row.composed_at,
                items=connection.execute(_LIVE_ITEMS, its).scalar_one(),
                records=records_of(connection, edition_items, audience, number, newest=newest),
                corrections=corrections,
                formerly=formerly_of(connection, audience, corrected, before=number),
                introduction=row.introduction or "",
                first=tuple(json.loads(row.first_items or "[]")),
            )

    def heads(self, audience: str, numbers: Sequence[int], *, newest: int) -> Sequence[EditionHead]:
        """Return these editions (at most `BATCH`) in the order of `numbers`, each with at most `newest` of its latest
        items.
        """
        with self._database.reading() as connection:
            rows = connection.execute(_COMPOSED, {"audience": audience, "numbers": numbers})
            composed: dict[int, datetime] = {row.number: row.composed_at for row in rows}
            found = newest_of(connection, audience, numbers, newest=newest)
        return [
            EditionHead(number=number, composed_at=composed[number], items=live, records=records)
            for number in numbers
            if number in composed
            for live, records in [found.get(number, (0, ()))]
        ]

    def holding(
        self, items: Sequence[int], *, upto: Mapping[str, int], most_items: int | None = None
    ) -> dict[int, list[tuple[str, EditionPlace]]]:
        """Return the editions that contained these items, by item number: sorted pairs of the audience's name and the
        edition. An item that was in no edition is missing.

        `upto` gives, by audience, the number of the latest edition that counts. Editions of more than `most_items`
        items are left out, because their pages do not show all items; `None` means no limit.
        """
        found: dict[int, list[tuple[str, EditionPlace]]] = {}
        query: Select[Any] = _HOLDING
        values: dict[str, Any] = {"audiences": sorted(upto)}
        if most_items is not None:
            query, values = _HOLDING_FEW, values | {"most_items": most_items}
        with self._database.reading() as connection:
            for some in batches(items) if upto else ():
                rows = connection.execute(query, {**values, "numbers": some})
                for row in rows:
                    if row.number <= upto[row.audience]:
                        place = EditionPlace(number=row.number, composed_at=row.composed_at, items=row.items)
                        found.setdefault(row.item, []).append((row.audience, place))
        return found

    def told_of(self, items: Sequence[int], *, upto: Mapping[str, int]) -> dict[int, list[tuple[str, Formerly]]]:
        """Return, by item number, the versions of these items that editions show, each with the name of the edition's
        audience, latest version first. `upto` gives, by audience, the number of the latest edition that counts.
        """
        with self._database.reading() as connection:
            return told_of(connection, items, upto=upto)

    def beside(self, audience: str, number: int, *, upto: int) -> tuple[EditionPlace | None, EditionPlace | None]:
        """Return the editions with items just before and after this one, up to number `upto`. Each is `None` if there
        is none.
        """
        which = {"audience": audience, "number": number, "upto": upto}
        with self._database.reading() as connection:
            found = [connection.execute(query, which).mappings().one_or_none() for query in (_BEFORE, _BEHIND)]
        older, newer = (None if row is None else EditionPlace(**row) for row in found)
        return older, newer

    def latest(self, audience: str, *, upto: int, limit: int) -> Sequence[EditionPlace]:
        """Return the `limit` latest editions with items up to number `upto`, latest first."""
        which = {"audience": audience, "upto": upto, "limit": limit}
        with self._database.reading() as connection:
            return [EditionPlace(**row) for row in connection.execute(_LATEST, which).mappings()]


# Statements are built once: building one costs more than a query for a few rows in SQLite.
_AUDIENCE: BindParameter[str] = bindparam("audience")
_NUMBER: BindParameter[int] = bindparam("number")
_NUMBERS: BindParameter[Any] = bindparam("numbers", expanding=True)
_EDITION = select(*editions.c["composed_at", "introduction", "first_items"]).where(
    editions.c.audience == _AUDIENCE, editions.c.number == _NUMBER
)
_LIVE_ITEMS = (
    select(func.count())
    .select_from(edition_items)
    .join(items, items.c.number == edition_items.c.item)
    .where(edition_items.c.audience == _AUDIENCE, edition_items.c.number == _NUMBER, IS_LIVE)
)
_COMPOSED = select(*editions.c["number", "composed_at"]).where(
    editions.c.audience == _AUDIENCE, editions.c.number.in_(_NUMBERS)
)
_HOLDING = (
    select(edition_items.c.item, *editions.c["audience", "number", "composed_at", "items"])
    .join(
        editions,
        and_(editions.c.audience == edition_items.c.audience, editions.c.number == edition_items.c.number),
    )
    .where(editions.c.audience.in_(bindparam("audiences", expanding=True)), edition_items.c.item.in_(_NUMBERS))
    .order_by(editions.c.audience)
)
_HOLDING_FEW = _HOLDING.where(editions.c["items"] <= bindparam("most_items"))
_PLACES = select(*editions.c["number", "composed_at", "items"]).where(
    editions.c.audience == _AUDIENCE, editions.c.number <= bindparam("upto"), editions.c["items"] > 0
)
_LATEST = _PLACES.order_by(editions.c.number.desc()).limit(bindparam("limit", type_=Integer))
_BEFORE = _PLACES.where(editions.c.number < _NUMBER).order_by(editions.c.number.desc()).limit(1)
_BEHIND = _PLACES.where(editions.c.number > _NUMBER).order_by(editions.c.number).limit(1)
