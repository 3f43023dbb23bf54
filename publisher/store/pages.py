"""The pages on which visitors leaf through a feed. What a full one holds is settled, so that none ever shifts."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from publisher.model.records import ChangeKind
from publisher.store.records import full_stretches
from publisher.store.schema import items, log, pages


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRow:
    """One full page of a feed: the items added in (after, upto]."""

    feed: str
    """Its slug."""
    number: int
    """1, 2, 3 … from the oldest on."""
    after: int
    upto: int


def pages_of(connection: Connection, feed: str, *, first: int, last: int) -> list[PageRow]:
    """The full pages of a feed from number `first` to `last`, oldest first."""
    if last < max(first, 1):
        return []
    query = select(pages.c.number, pages.c.upto).where(pages.c.feed == feed, pages.c.number.between(first - 1, last))
    found: list[PageRow] = []
    after = 0
    for number, upto in connection.execute(query.order_by(pages.c.number)):
        found.append(PageRow(feed=feed, number=number, after=after, upto=upto))
        after = upto
    return [page for page in found if page.number >= first]


def last_number(connection: Connection, feed: str) -> int:
    """The number of a feed's newest full page; 0: it has none."""
    query = select(pages.c.number).where(pages.c.feed == feed).order_by(pages.c.number.desc()).limit(1)
    return connection.execute(query).scalar() or 0


def due_pages(connection: Connection, feed: str, *, size: int) -> list[PageRow]:
    """The pages of `size` items that became full, so that at most that many live items are on none."""
    number = last_number(connection, feed)
    after = next((page.upto for page in pages_of(connection, feed, first=number, last=number)), 0)
    stretches = full_stretches(connection, feed, after=after, size=size)
    return [
        PageRow(feed=feed, number=each, after=start, upto=upto)
        for each, (start, upto) in enumerate(stretches, start=number + 1)
    ]


def settle_pages(connection: Connection, full: Iterable[PageRow]) -> None:
    """Settle what these pages hold."""
    if rows := [{"feed": page.feed, "number": page.number, "upto": page.upto} for page in full]:
        connection.execute(insert(pages), rows)


def page_numbers(connection: Connection, feed: str, seqs: Sequence[int]) -> set[int]:
    """The full pages of a feed that hold, or held, the items added under these log numbers."""
    holds = select(pages.c.number).where(pages.c.feed == feed).order_by(pages.c.number).limit(1)
    found = (connection.execute(holds.where(pages.c.upto >= seq)).scalar() for seq in sorted(set(seqs)))
    return {number for number in found if number is not None}


def reworked(connection: Connection, after: int, upto: int) -> dict[str, list[int]]:
    """By feed, the log numbers under which the items were added that were revised or withdrawn in (after, upto]."""
    query = select(log.c.touched, items.c.added_seq).join(items, items.c.number == log.c.item)
    is_change = (log.c.seq > after, log.c.seq <= upto, log.c.kind != ChangeKind.ADDED.value)
    found: dict[str, list[int]] = defaultdict(list)
    for touched, added_seq in connection.execute(query.where(*is_change)):
        for slug in touched.split():
            found[slug].append(added_seq)
    return found
