"""Feeds besides those of themes: their items, withdrawals and archives."""

from datetime import timedelta

import pytest

from publisher.model.changes import NewRecord
from publisher.model.feeds import ALL, Feed, FeedKind, Gathering, gather, keyword_feed
from publisher.model.items import Item
from publisher.model.progress import quiet
from publisher.model.themes import Theme, ThemeMap
from publisher.publish.open_feeds import plan_take_overs
from publisher.publish.regather import regather
from publisher.store import Store
from publisher.store.archives import Archive
from publisher.store.pages import PageRow
from tests.contract.stories import (
    BORDERS,
    DAY,
    NOON,
    collect,
    finish,
    gathered,
    numbers_of,
    record,
    records,
    retheme,
    revise,
    settle_cuts,
    withdraw,
)

LATER = NOON + timedelta(days=1)
GATHERING = Gathering(theme_map=ThemeMap(default=BORDERS), language="en")


def collect_with_keywords(store: Store, *keywords: str) -> None:
    """Collect one item for each keyword."""
    items = [Item(date=DAY, text=f"About {word}.", keywords=(word,)) for word in keywords]
    new = [
        NewRecord(
            item=item,
            gathered=gather(item, GATHERING, source="news"),
            uid=f"tag:example.org,2026:{number}",
            path=f"items/2026/{number}",
            published=NOON + timedelta(seconds=number),
        )
        for number, item in enumerate(items)
    ]
    with store.log.open_pass("news") as collecting:
        collecting.add(new, now=NOON)
        finish(collecting, "v", now=NOON)


class TestGathering:
    def test_items_are_counted_and_found_in_every_feed_of_theirs(self, store: Store) -> None:
        collect_with_keywords(store, "ice", "Ice", "snow")

        counts = {state.feed.slug: state.items for state in store.feeds.of_kind(FeedKind.KEYWORD)}

        assert counts == {"keywords/ice": 2, "keywords/snow": 1}
        assert numbers_of(store.items.added_last("keywords/ice", limit=9)) == [2, 1]
        assert store.log.touched_feeds(2, 3) == {"borders", "keywords/snow", "languages/en"}

    def test_a_keyword_keeps_its_first_spelling(self, store: Store) -> None:
        collect_with_keywords(store, "Ice", "ice")

        assert store.feeds.states(["keywords/ice"])["keywords/ice"].feed == keyword_feed("Ice")

    def test_a_revision_without_the_keyword_leaves_the_feed_and_touches_it(self, store: Store) -> None:
        collect_with_keywords(store, "ice")
        revise(store, 1, "No word of it.")

        assert store.items.added_last("keywords/ice", limit=9) == []
        assert store.feeds.states(["keywords/ice"])["keywords/ice"].items == 0
        assert "keywords/ice" in store.log.touched_feeds(1, 2)

    def test_a_changed_configuration_gathers_the_items_again(self, store: Store) -> None:
        collect(store, *records("n", 3))
        end = store.log.end()

        regather(store, GATHERING, now=LATER, progress=quiet)

        assert numbers_of(store.items.added_last("languages/en", limit=9)) == [3, 2, 1]
        assert store.log.end() == end


class TestFollowingOn:
    """What a feed takes over when its theme is renamed."""

    def renamed(self, store: Store, slug: str, *former: str) -> Feed:
        theme = Theme(slug=slug, title=slug)
        retheme(store, gathered(theme), now=LATER)
        store.feeds.ensure([Feed.of_theme(theme)], now=LATER)
        renamed = ThemeMap(default=theme, was=tuple((each, slug) for each in former))
        for each in plan_take_overs(renamed, store.feeds.states([slug, *former])):
            store.feeds.take_over(each.slug, first_slug=each.first_slug, former=each.former)
        store.feeds.mark_open([slug], now=LATER + timedelta(days=len(former)))
        return store.feeds.states([slug])[slug].feed

    def test_it_keeps_id_archive_pages_and_withdrawals(self, store: Store) -> None:
        collect(store, *records("n", 5))
        settle_cuts(store, "borders", size=2)
        store.feeds.mark_open(["borders"], now=NOON)
        assert frozenset() == store.items.withdrawn_feeds()
        withdraw(store, 3)
        assert {ALL, "borders"} == store.items.withdrawn_feeds()

        for _ in range(2):  # an interrupted pass does it again
            assert "borders" == self.renamed(store, "quays", "borders").first_slug
        assert "borders" == self.renamed(store, "docks", "borders", "quays").first_slug

        for feed in ("quays", "docks"):
            cuts = store.feeds.whole(feed)
            assert [(1, 2), (2, 4)] == [(archive.number, archive.upto) for archive in cuts.archives]
            assert [(1, 2), (2, 4)] == [(page.number, page.upto) for page in cuts.pages]
            assert 2 == store.feeds.pages.last_number(feed)
            assert [3] == numbers_of(store.items.withdrawn_last(feed, limit=9))
        assert {ALL, "borders", "quays", "docks"} >= store.items.withdrawn_feeds() > {"quays", "docks"}

    def test_an_item_withdrawn_from_both_feeds_is_announced_once(self, store: Store) -> None:
        collect(store, record("n", BORDERS, Theme(slug="quays", title="Quays")))
        store.feeds.mark_open(["borders"], now=NOON)
        withdraw(store, 1)

        assert "borders" == self.renamed(store, "quays", "borders").first_slug

        assert [1] == numbers_of(store.items.withdrawn_last("quays", limit=9))

    def test_a_feed_that_readers_know_stays_itself(self, store: Store) -> None:
        collect(store, *records("n", 5))
        store.feeds.mark_open(["borders"], now=NOON)
        assert "" == self.renamed(store, "quays").first_slug

        assert "" == self.renamed(store, "quays", "borders").first_slug

    def test_in_a_store_made_anew_the_first_name_counts(self, store: Store) -> None:
        collect(store, record("n"))

        assert "ice" == self.renamed(store, "quays", "ice", "snow").first_slug


class TestOpen:
    def test_a_feed_is_opened_once(self, store: Store) -> None:
        store.feeds.ensure([Feed.of_theme(BORDERS)], now=NOON)
        assert store.feeds.all_open() == []

        for _ in range(2):
            store.feeds.mark_open(["borders"], now=NOON)

        (state,) = store.feeds.all_open()
        assert (state.feed.slug, state.is_open) == ("borders", True)


class TestWithdrawals:
    def test_the_latest_come_first_and_say_when(self, store: Store) -> None:
        collect(store, *records("n", 4))
        withdraw(store, 2, now=NOON)
        withdraw(store, 1, now=LATER)

        for feed in ("borders", ALL):
            found = store.items.withdrawn_last(feed, limit=9)
            assert numbers_of(found) == [1, 2]
            assert found[0].updated == LATER
        assert numbers_of(store.items.withdrawn_last("borders", limit=1)) == [1]

    def test_a_withdrawn_item_that_came_back_is_not_listed_as_withdrawn(self, store: Store) -> None:
        collect(store, record("a"))
        withdraw(store, 1)
        revise(store, 1, "Back.")

        assert store.items.withdrawn_last("borders", limit=9) == store.items.withdrawn_last(ALL, limit=9) == []

    def test_the_revised_are_told_latest_first(self, store: Store) -> None:
        collect(store, *records("n", 4))
        revise(store, 3, "Once.")
        revise(store, 1, "Again.")

        for feed in ("borders", ALL):
            assert numbers_of(store.items.revised_last(feed, limit=9)) == [1, 3]


class TestSequence:
    def test_it_has_the_items_in_the_order_in_which_they_were_added(self, store: Store) -> None:
        collect_with_keywords(store, "ice", "fog", "ice")

        for feed, numbers in (("borders", [1, 2, 3]), ("keywords/ice", [1, 3]), (ALL, [1, 2, 3]), ("nothing", [])):
            whole = store.feeds.whole(feed)
            assert (whole.feed, whole.after, whole.seqs, whole.numbers) == (feed, 0, numbers, numbers)
            assert (whole.pages, whole.archives) == ([], [])
            assert store.feeds.end(feed) == whole

    @pytest.mark.parametrize("feed", ["borders", ALL])
    def test_the_end_has_what_news_can_change_however_long_the_feed_is(self, store: Store, feed: str) -> None:
        collect(store, *records("n", 31))
        settle_cuts(store, feed, size=3)

        whole, end = store.feeds.whole(feed), store.feeds.end(feed)

        last_pages = [(page.number, page.after, page.upto) for page in whole.pages[-3:]]
        assert last_pages == [(8, 21, 24), (9, 24, 27), (10, 27, 30)]
        assert (len(whole.pages), len(whole.archives)) == (10, 10)
        assert (end.pages, end.archives) == (whole.pages[-3:], whole.archives[-2:])
        assert (end.after, end.numbers) == (21, whole.numbers[21:])

    def test_it_is_read_from_where_either_was_cut_last(self, store: Store) -> None:
        collect(store, *records("n", 9))
        store.feeds.archives.close([Archive(feed="borders", number=1, after=0, upto=4)])

        assert store.feeds.end("borders").after == 0  # no page is full

        store.feeds.pages.settle([PageRow(feed="borders", number=1, after=0, upto=8)])
        end = store.feeds.end("borders")
        assert (end.after, list(end.between(4, 8)), list(end.beyond(7))) == (0, [5, 6, 7, 8], [8, 9])

    def test_a_withdrawal_moves_no_cut(self, store: Store) -> None:
        collect(store, *records("n", 4))
        settle_cuts(store, ALL, size=3)
        withdraw(store, 2)
        collect(store, *records("m", 3))

        whole = store.feeds.whole(ALL)

        assert [(archive.number, archive.after, archive.upto) for archive in whole.archives] == [(1, 0, 3)]
        assert list(whole.between(0, 3)) == numbers_of(store.items.added_between(ALL, 0, 3)) == [1, 3]
        assert list(whole.beyond(3)) == [4, 5, 6, 7]

    def test_a_feed_without_an_archive_has_no_last_document(self, store: Store) -> None:
        collect(store, *records("n", 3))

        assert store.feeds.archives.last(ALL) is None


class TestErasing:
    def test_withdrawn_items_are_found_by_the_log_number_of_their_adding(self, store: Store) -> None:
        collect_with_keywords(store, "ice", "ice", "snow")
        withdraw(store, 2)
        withdraw(store, 3)

        assert numbers_of(store.items.withdrawn_between(ALL, 0, 3)) == [2, 3]
        assert numbers_of(store.items.withdrawn_between(ALL, 0, 2)) == [2]
        assert numbers_of(store.items.withdrawn_between("keywords/ice", 0, 9)) == [2]
        assert numbers_of(store.items.withdrawn_between("keywords/ice", 2, 9)) == []


def test_unchanged_items_are_distinguished_from_changed_ones(store: Store) -> None:
    collect_with_keywords(store, "ice", "fog", "snow")
    end = store.log.end()
    revise(store, 2, "Another text.")

    assert numbers_of(store.items.unchanged("borders", upto=end, limit=9)) == [1, 3]
    assert numbers_of(store.items.unchanged("borders", upto=end, limit=1)) == [1]
    assert numbers_of(store.items.unchanged("borders", upto=1, limit=9)) == [1]
