"""After any sequence of changes to a site, the precomputed values in the store agree with its items."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from publisher.model.changes import NewRecord, Revision
from publisher.model.feeds import FeedKind
from publisher.model.items import Enclosure, Item
from publisher.model.records import State
from publisher.model.themes import Theme
from publisher.store import Store
from publisher.store.content import content_of, item_of, themes_of
from publisher.store.log_pass import LogPass
from publisher.store.schema import item_feeds, items, log
from tests.contract.stories import finish, gathered, retheme
from tests.databases import sqlite_store

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = date(2026, 3, 2)
THEMES = [Theme(slug=slug, title=slug.title()) for slug in ("asylum", "borders", "general")]

Step = Callable[[LogPass, list[int]], None]

some_themes = st.lists(st.sampled_from(THEMES), min_size=1, max_size=3, unique=True).map(tuple)
some_numbers = st.lists(st.integers(min_value=0, max_value=30), max_size=4)


def adding(names: list[str], themes: tuple[Theme, ...]) -> Step:
    def step(collecting: LogPass, known: list[int]) -> None:
        taken = collecting.taken_uids(names)
        new = [name for name in names if name not in taken]
        item = Item(date=DAY, text="New.")
        records = [NewRecord(item=item, gathered=gathered(*themes), uid=name, path=name, published=NOW) for name in new]
        collecting.add(records, now=NOW)

    return step


def revising(picks: list[int], themes: tuple[Theme, ...]) -> Step:
    def step(collecting: LogPass, known: list[int]) -> None:
        chosen = chosen_from(picks, known)
        item = Item(date=DAY, text="Revised.")
        collecting.revise(
            [Revision(number=number, item=item, gathered=gathered(*themes)) for number in chosen], now=NOW
        )

    return step


def chosen_from(picks: list[int], known: list[int]) -> list[int]:
    return sorted({known[pick % len(known)] for pick in picks}) if known else []


steps = st.one_of(
    st.builds(adding, st.lists(st.text("abcdef", min_size=1, max_size=2), max_size=4, unique=True), some_themes),
    st.builds(revising, some_numbers, some_themes),
    some_numbers.map(lambda picks: lambda log, known: log.withdraw(chosen_from(picks, known), now=NOW)),
    some_numbers.map(lambda picks: lambda log, known: log.unlist(chosen_from(picks, known))),
    some_numbers.map(lambda picks: lambda log, known: log.relist(chosen_from(picks, known))),
)


@given(st.lists(st.lists(steps, max_size=3), max_size=8), st.lists(some_themes, max_size=1))
@settings(max_examples=settings().max_examples // 3)
def test_stored_sums_agree_with_the_rows(passes: list[list[Step]], rethemed: list[tuple[Theme, ...]]) -> None:
    with sqlite_store() as store:
        for number, taken in enumerate(passes):
            with store.log.open_pass("news") as collecting:
                for step in taken:
                    step(collecting, [known.number for known in collecting.known(since=None)])
                finish(collecting, f"validator {number}", now=NOW)
        for themes in rethemed:
            retheme(store, gathered(*themes), now=NOW)
        assert_sums(store)


def assert_sums(store: Store) -> None:
    with store.database.reading() as connection:
        rows = connection.execute(select(items)).all()
        changes = connection.execute(select(log).order_by(log.c.seq)).all()
        entered = Counter(connection.execute(select(item_feeds.c.feed)).scalars())
    live = [row for row in rows if row.state != State.WITHDRAWN]
    counted = Counter(theme.slug for row in live for theme in themes_of(row.themes))

    assert [change.seq for change in changes] == list(range(1, store.log.end() + 1))
    assert store.items.count() == len(live)
    assert store.sources.state("news").listed == sum(row.state == State.LISTED for row in rows)
    assert (
        {state.feed.slug: state.items for state in store.feeds.of_kind(FeedKind.THEME) if state.items}
        == counted
        == entered
    )
    for row in rows:
        own = [change for change in changes if change.item == row.number]
        assert (row.added_seq, row.seq) == (own[0].seq, own[-1].seq)
        assert row.revision == 1 + sum(change.kind == "revised" for change in own)
        assert [change.content for change in own if change.content][-1] == row.content


text = st.text(st.characters(exclude_categories=("Cs", "Cc")))
enclosures = st.builds(Enclosure, url=text, media_type=text, size_bytes=st.none() | st.integers(1), title=text)


@given(
    st.builds(
        Item,
        date=st.dates(),
        text=text,
        title=text,
        link=text,
        language=text,
        keywords=st.tuples(text),
        enclosures=st.lists(enclosures, max_size=2).map(tuple),
    )
)
def test_content_is_read_back_as_it_was(item: Item) -> None:
    assert item_of(content_of(item)) == item
