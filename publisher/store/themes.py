"""The themes, how many live items each has, and which items belong to which."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from publisher.model import Item, State, Theme
from publisher.store.content import item_of, themes_of, themes_text
from publisher.store.engine import BATCH, batches
from publisher.store.schema import item_themes, items, themes


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeState:
    """What the store knows of one theme."""

    theme: Theme
    items: int
    """How many live items it has."""
    changed_at: datetime
    """UTC; when one of its items, or its name, last changed."""


@dataclass(frozen=True, slots=True)
class ThemeChanges:
    """What a transaction does to the themes, gathered so that each is written once."""

    now: datetime
    gains: Counter[str] = field(default_factory=Counter)
    """Live items more (or fewer) by slug; a slug with 0 was touched all the same."""
    seen: dict[str, Theme] = field(default_factory=dict)
    """The themes that items have now, with their latest titles."""

    def joined(self, joined: Iterable[Theme]) -> None:
        """A live item has these themes from now on."""
        for theme in joined:
            self.gains[theme.slug] += 1
            self.seen[theme.slug] = theme

    def left(self, left: Iterable[Theme]) -> None:
        """A live item no longer has these themes."""
        for theme in left:
            self.gains[theme.slug] -= 1

    def write(self, connection: Connection) -> None:
        """Make the themes' rows say so; before the items' own rows, which refer to them."""
        ensure_themes(connection, list(self.seen.values()), now=self.now)
        rows = [{"theme": slug, "gain": gain, "now": self.now} for slug, gain in sorted(self.gains.items())]
        if rows:
            gained = update(themes).where(themes.c.slug == bindparam("theme"))
            gained = gained.values(items=themes.c["items"] + bindparam("gain"), changed_at=bindparam("now"))
            connection.execute(gained, rows)


def ensure_themes(connection: Connection, wanted: Sequence[Theme], *, now: datetime) -> None:
    """Make sure that every theme is there under its title; nothing is written when all are."""
    titles = {theme.slug: theme.title for theme in wanted}
    known: dict[str, str] = {}
    for slugs in batches(list(titles)):
        rows = connection.execute(select(themes.c.slug, themes.c.title).where(themes.c.slug.in_(slugs)))
        known.update((row.slug, row.title) for row in rows)
    if new := [slug for slug in titles if slug not in known]:
        added = [{"slug": slug, "title": titles[slug], "items": 0, "changed_at": now} for slug in new]
        connection.execute(insert(themes), added)
    if renamed := [slug for slug, title in known.items() if title != titles[slug]]:
        named = update(themes).where(themes.c.slug == bindparam("theme"))
        named = named.values(title=bindparam("name"), changed_at=bindparam("now"))
        connection.execute(named, [{"theme": slug, "name": titles[slug], "now": now} for slug in renamed])


def theme_states(connection: Connection) -> list[ThemeState]:
    """Every theme there ever was, by slug."""
    rows = connection.execute(select(themes).order_by(themes.c.slug))
    return [
        ThemeState(theme=Theme(slug=row.slug, title=row.title), items=row.items, changed_at=row.changed_at)
        for row in rows
    ]


def join_themes(connection: Connection, joined: Iterable[tuple[int, int, Sequence[Theme]]]) -> None:
    """Enter live items, given as (number, added_seq, themes), under their themes."""
    rows = [
        {"theme": theme.slug, "added_seq": added_seq, "item": number}
        for number, added_seq, of_item in joined
        for theme in of_item
    ]
    if rows:
        connection.execute(insert(item_themes), rows)


def leave_themes(connection: Connection, numbers: Iterable[int]) -> None:
    """Take items out of all their themes."""
    rows = [{"number": number} for number in numbers]
    if rows:
        connection.execute(delete(item_themes).where(item_themes.c.item == bindparam("number")), rows)


def retheme_page(
    connection: Connection, assign: Callable[[Item], tuple[Theme, ...]], *, after: int, now: datetime
) -> int | None:
    """Assign anew the themes of the next `BATCH` items beyond number `after`; the last number seen, None at the end.

    The log does not grow: the organisation changed nothing, so no audience shall get old items again.
    """
    page = select(*items.c["number", "added_seq", "state", "content", "themes"])
    rows = connection.execute(page.where(items.c.number > after).order_by(items.c.number).limit(BATCH)).all()
    assigned = [(row, assign(item_of(row.content))) for row in rows]
    _reassign(connection, [(row, new) for row, new in assigned if themes_text(new) != row.themes], now=now)
    return rows[-1].number if rows else None


def _reassign(connection: Connection, moved: Sequence[tuple[Row[Any], tuple[Theme, ...]]], *, now: datetime) -> None:
    if not moved:
        return
    changes = ThemeChanges(now)
    live = [(row, new) for row, new in moved if row.state != State.WITHDRAWN]
    for row, new in live:
        changes.left(themes_of(row.themes))
        changes.joined(new)
    changes.write(connection)
    leave_themes(connection, [row.number for row, _ in live])
    join_themes(connection, [(row.number, row.added_seq, new) for row, new in live])
    assigned = update(items).where(items.c.number == bindparam("of_number")).values(themes=bindparam("new_themes"))
    connection.execute(assigned, [{"of_number": row.number, "new_themes": themes_text(new)} for row, new in moved])
