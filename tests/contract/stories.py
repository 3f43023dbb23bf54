"""Short helpers for the store's tests: items, records and whole passes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from publisher.collect.condition import after_failure, after_listing, after_no_change
from publisher.collect.sources.base import Fetch
from publisher.model.changes import NewRecord, Revision
from publisher.model.deliveries import Letter
from publisher.model.editions import Edition
from publisher.model.errors import SourceError
from publisher.model.feeds import Feed, Gathered
from publisher.model.items import Item
from publisher.model.themes import Theme, ThemeChoice
from publisher.publish.plan import cut
from publisher.store import Store
from publisher.store.archives import Archive
from publisher.store.log_pass import LogPass
from publisher.store.pages import PageRow

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = date(2026, 3, 2)
BORDERS = Theme(slug="borders", title="Borders")
ASYLUM = Theme(slug="asylum", title="Asylum")
NO_NAMES: Mapping[str, str] = MappingProxyType({})


def item(text: str = "A new report is out.", *, day: date = DAY) -> Item:
    return Item(date=day, text=text)


def gathered(*themes: Theme) -> Gathered:
    """Return the themes of an item that is in no feeds but those of its themes."""
    return Gathered(themes=themes, feeds=tuple(map(Feed.of_theme, themes)))


def record(name: str, *themes: Theme, day: date = DAY, published: datetime = NOON) -> NewRecord:
    return NewRecord(
        item=item(f"About {name}.", day=day),
        gathered=gathered(*(themes or (BORDERS,))),
        uid=f"tag:example.org,2026:{name}",
        path=f"items/2026/{name}",
        published=published,
    )


def records(prefix: str, count: int, *themes: Theme, published: datetime = NOON) -> list[NewRecord]:
    return [
        record(f"{prefix}-{index}", *themes, published=published + timedelta(seconds=index)) for index in range(count)
    ]


def collect(store: Store, *new: NewRecord, source: str = "news", now: datetime = NOON, validator: str = "v") -> None:
    with store.log.open_pass(source) as collecting:
        collecting.add(new, now=now)
        finish(collecting, validator, now=now)


def finish(log: LogPass, validator: str = "v", *, now: datetime = NOON) -> None:
    """Record a complete reading of a source."""
    state = after_listing(
        log.state,
        Fetch(items=(), validator=validator),
        fields=(),
        skipped=(),
        usual=0,
        is_changed=log.is_changed,
        next_try=None,
        now=now,
    )
    log.write_state(state)


def fail(store: Store, problem: str, *, source: str = "news", now: datetime = NOON) -> None:
    """Record a failed reading of a source."""
    before = store.sources.state(source)
    after = after_failure(before, SourceError(source, problem), next_try=None, now=now)
    store.sources.write(source, after, before=before)


def find_no_change(store: Store, *, source: str = "news") -> None:
    """Record a reading that found nothing changed."""
    before = store.sources.state(source)
    fetch = Fetch(items=(), validator=before.validator, is_unchanged=True)
    store.sources.write(source, after_no_change(before, fetch, next_try=None), before=before)


def revise(store: Store, number: int, text: str, *themes: Theme, now: datetime = NOON) -> None:
    with store.log.open_pass("news") as collecting:
        revision = Revision(number=number, item=item(text), gathered=gathered(*(themes or (BORDERS,))))
        collecting.revise([revision], now=now)
        finish(collecting, "revised", now=now)


def retheme(store: Store, new: Gathered, *, renamed: Mapping[str, str] = NO_NAMES, now: datetime) -> None:
    """Give every item these themes and feeds instead of its own. `renamed` has the present slugs of renamed themes, by
    their former ones.
    """
    after: int | None = 0
    while after is not None:
        with store.items.open_batch(after=after) as page:
            its = {stored.number: new for stored in page.items}
            page.retheme(its, current=lambda slug: renamed.get(slug, slug), now=now)
            after = page.items[-1].number if page.items else None


def withdraw(store: Store, *numbers: int, now: datetime = NOON) -> None:
    with store.log.open_pass("news") as collecting:
        collecting.withdraw(numbers, now=now)
        finish(collecting, "withdrawn", now=now)


def settle_cuts(store: Store, feed: str, *, size: int) -> None:
    """Record pages and archive documents of a feed, all with `size` items."""
    sequence = store.feeds.whole(feed)
    stretches = list(enumerate(cut(sequence.seqs, after=0, size=size), start=1))
    store.feeds.pages.settle([PageRow(feed=feed, number=n, after=after, upto=upto) for n, (after, upto) in stretches])
    store.feeds.archives.close([Archive(feed=feed, number=n, after=after, upto=upto) for n, (after, upto) in stretches])


def due(store: Store, audience: str = "weekly", *, themes: Sequence[str] = ("*",), now: datetime = NOON) -> Edition:
    """Return the edition that an audience would get now, which may have no items."""
    state = store.editions.audience(audience)
    after, start, number = (state.cursor, state.start, state.last_number) if state else (0, 0, 0)
    upto = store.log.end()
    found = store.items.due_for(audience, themes=ThemeChoice.of(*themes), after=after, upto=upto, start=start)
    return Edition(audience=audience, number=number + 1, after=after, upto=upto, composed_at=now, records=tuple(found))


def numbers_of(found: Sequence[object]) -> list[int]:
    return [one.number for one in found]  # type: ignore[attr-defined] # records and what is known of them alike


def queue_letters(store: Store, letters: Sequence[Letter], *, now: datetime) -> None:
    """Queue letters, as is done for a notice when it is written into the outbox."""
    store.notices.mark_written(1, at=now, letters=letters)


def subscriber_rows(count: int) -> list[dict[str, Any]]:
    """Return rows of the table of subscribers for this many active people, numbered from 1."""
    return [
        {
            "number": number,
            "address": f"reader{number}@example.org",
            "language": "en",
            "since": NOON,
            "came_at": NOON,
            "paused_until": None,
            "bounce_mark": f"{number:020x}",
        }
        for number in range(1, count + 1)
    ]
