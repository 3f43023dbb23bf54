"""An item is read from the store once per pass, for all uses."""

from publisher.publish.item_cache import ItemCache
from tests.contract.stories import collect, numbers_of, records, revise, settle_cuts
from tests.databases import sqlite_store


def texts(cache: ItemCache, *numbers: int) -> list[str]:
    return [record.item.text for record in cache.get(numbers)]


def test_items_come_in_the_order_asked_for_and_are_read_once() -> None:
    with sqlite_store() as store:
        collect(store, *records("n", 4))
        cache = ItemCache(store)
        before = texts(cache, 3, 1)

        revise(store, 1, "Another text.")

        assert before == texts(cache, 3, 1)
        assert ["Another text."] == texts(ItemCache(store), 1)


def test_records_kept_in_the_cache_are_not_read_again() -> None:
    with sqlite_store() as store:
        collect(store, *records("n", 2))
        cache = ItemCache(store)
        cache.keep(store.items.by_number([1, 2]))
        before = texts(cache, 1, 2)

        revise(store, 2, "Another text.")

        assert before == texts(cache, 1, 2)


def test_items_older_than_the_cached_range_are_found() -> None:
    with sqlite_store() as store:
        collect(store, *records("n", 31))
        settle_cuts(store, "borders", size=3)
        end, cache = store.feeds.end("borders"), ItemCache(store)

        assert [2, 3] == numbers_of(cache.added_between(end, 1, 3))
        assert [29, 30] == numbers_of(cache.added_between(end, 28, 30))
        assert [31, 30] == numbers_of(cache.added_last(end, limit=2))
        assert list(range(31, 11, -1)) == numbers_of(cache.added_last(end, limit=20))
        assert list(range(31, 20, -1)) == numbers_of(cache.added_last(end, limit=20, after=20))
