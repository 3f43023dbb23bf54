"""What every store promises about the log of items."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert

from publisher.model.errors import StoreError
from publisher.model.feeds import ALL, Feed, FeedKind, Gathering
from publisher.model.items import Item
from publisher.model.records import Record, State
from publisher.model.sources import FailureKind, HoldReason, SourceCondition
from publisher.model.themes import Theme, ThemeChoice, ThemeMap
from publisher.publish.feeds import newest_items
from publisher.publish.item_cache import ItemCache
from publisher.publish.regather import regather
from publisher.store import Cursor, RunRow, SourceState, Store
from publisher.store.runs import KEPT
from publisher.store.schema import runs
from tests.contract.stories import (
    ASYLUM,
    BORDERS,
    DAY,
    NOON,
    collect,
    due,
    fail,
    find_no_change,
    finish,
    gathered,
    item,
    numbers_of,
    record,
    records,
    retheme,
    revise,
    withdraw,
)
from tests.databases import dump, sqlite_store

LATER = NOON + timedelta(days=1)


def theme_feed(slug: str, title: str) -> Feed:
    return Feed.of_theme(Theme(slug=slug, title=title))


class TestCollecting:
    def test_an_added_item_comes_back_as_it_went_in(self, store: Store) -> None:
        full = Item(
            date=date(2024, 2, 29),
            text="Première ligne.\n\n« Deuxième » – 日本 🙂 \\ \" '",
            title="Titre",
            link="https://example.org/é?a=1&b=2",
            native_id="node/1",
            language="fr",
            labels=("Frontières et visas", "Asile"),
            keywords=("visa", "Schengen"),
        )
        new = replace(record("full", BORDERS, ASYLUM), item=full)
        collect(store, new)

        (found,) = store.items.added_last(ALL, limit=5)

        assert found.item == full
        assert found.themes == (BORDERS, ASYLUM)
        assert (found.uid, found.path, found.published, found.updated) == (new.uid, new.path, NOON, NOON)
        assert (found.number, found.added_seq, found.seq, found.revision, found.state) == (1, 1, 1, 1, State.LISTED)

    def test_numbers_follow_the_order_in_which_items_were_added(self, store: Store) -> None:
        collect(store, record("a"), record("b"))
        collect(store, record("c"), source="other")

        changed = [one for page in store.log.changed_records(0, store.log.end()) for one in page]

        assert [(one.seq, one.number, one.path[-1], one.source) for one in changed] == [
            (1, 1, "a", "news"),
            (2, 2, "b", "news"),
            (3, 3, "c", "other"),
        ]

    def test_a_revision_keeps_what_readers_know_an_item_by(self, store: Store) -> None:
        collect(store, record("a", BORDERS))

        revise(store, 1, "Corrected.", ASYLUM, now=LATER)

        (found,) = store.items.added_last(ALL, limit=5)
        assert found.item.text == "Corrected."
        assert (found.uid, found.path, found.published, found.added_seq) == (record("a").uid, record("a").path, NOON, 1)
        assert (found.updated, found.seq, found.revision, found.themes) == (LATER, 2, 2, (ASYLUM,))
        assert store.log.touched_feeds(1, 2) == {"borders", "asylum"}
        assert store.items.added_last("borders", limit=5) == []
        assert numbers_of(store.items.added_last("asylum", limit=5)) == [1]

    def test_a_withdrawn_item_leaves_the_feeds_and_stays_in_the_log(self, store: Store) -> None:
        collect(store, record("a"), record("b", ASYLUM))

        withdraw(store, 1)
        withdraw(store, 1)

        assert store.log.end() == 3
        assert numbers_of(store.items.added_last(ALL, limit=5)) == [2]
        assert store.items.added_last("borders", limit=5) == []
        ((gone,),) = store.log.changed_records(2, 3)
        assert (gone.number, gone.state, gone.seq, gone.item.text) == (1, State.WITHDRAWN, 3, "About a.")
        assert store.log.touched_feeds(2, 3) == {"borders"}
        assert store.items.count() == 1

    def test_a_withdrawn_item_that_is_revised_is_back(self, store: Store) -> None:
        collect(store, record("a"))
        withdraw(store, 1)

        revise(store, 1, "Here again.", now=LATER)

        (back,) = store.items.added_last("borders", limit=5)
        assert (back.state, back.seq, back.added_seq, back.revision) == (State.LISTED, 3, 1, 2)
        assert store.items.count() == 1
        assert store.sources.state("news").listed == 1

    def test_an_item_the_source_shows_no_longer_stays_and_no_reader_is_told(self, store: Store) -> None:
        collect(store, record("a"), record("b"))

        with store.log.open_pass("news") as collecting:
            collecting.unlist([1])
            finish(collecting, "v2", now=LATER)

        assert store.log.end() == 2
        assert {one.number: one.state for one in store.items.added_last(ALL, limit=5)} == {
            1: State.UNLISTED,
            2: State.LISTED,
        }
        assert store.sources.state("news").listed == 1
        revise(store, 1, "Corrected.")
        assert store.sources.state("news").listed == 2
        with store.log.open_pass("news") as collecting:
            collecting.unlist([1, 2])
            collecting.relist([1, 2])
        assert {one.state for one in store.items.added_last(ALL, limit=5)} == {State.LISTED}

    def test_known_items_are_those_of_the_source_that_are_recent_or_listed(self, store: Store) -> None:
        collect(store, record("a", day=date(2020, 1, 1)), record("b"), record("c"))
        collect(store, record("d"), source="other")
        withdraw(store, 3)

        with store.log.open_pass("news") as collecting:
            everything = collecting.known(since=None)
            listed = collecting.known(since=DAY)
            collecting.unlist([1])
            recent = collecting.known(since=DAY)
            said = collecting.items([3, 1])

        assert [(one.number, one.date, one.state) for one in everything] == [
            (1, date(2020, 1, 1), State.LISTED),
            (2, DAY, State.LISTED),
            (3, DAY, State.WITHDRAWN),
        ]
        assert numbers_of(listed) == [1, 2, 3], "a listed item that left the range must be told from a withdrawn one"
        assert numbers_of(recent) == [2, 3]
        assert everything[0].text_digest != everything[1].text_digest
        assert said == {1: item("About a.", day=date(2020, 1, 1)), 3: item("About c.")}

    def test_an_older_item_with_the_name_of_a_newer_one_is_known_too(self, store: Store) -> None:
        """An id or link that several items share identifies none of them, even if all but one of them scrolled off long
        ago.
        """
        new = [record("a", day=date(2020, 1, 1)), record("b")]
        link = "https://example.org/one"
        collect(store, *(replace(each, item=replace(each.item, native_id="one", link=link)) for each in new))

        with store.log.open_pass("news") as collecting:
            collecting.unlist([1])
            by_id = collecting.known(since=DAY, ids={"one"})
            by_link = collecting.known(since=DAY, links={"https://example.org/one"})

        assert [numbers_of(by_id), numbers_of(by_link)] == [[1, 2], [1, 2]]

    def test_names_and_instants_that_are_taken_are_told(self, store: Store) -> None:
        new = [record(f"n{index}", published=NOON + timedelta(seconds=index)) for index in range(3)]
        collect(store, *new)

        with store.log.open_pass("other") as collecting:
            uids = collecting.taken_uids([new[0].uid, "tag:example.org,2026:none"])
            paths = collecting.taken_paths([new[1].path, "items/2026/none"])
            evening = NOON + timedelta(hours=8)
            published = collecting.last_published({DAY: evening, date(1999, 1, 1): evening})
            before = collecting.last_published({DAY: NOON + timedelta(seconds=2)})

        assert uids == {new[0].uid}
        assert paths == {new[1].path}
        assert published == {DAY: NOON + timedelta(seconds=2)}
        assert before == {DAY: NOON + timedelta(seconds=1)}, "what appeared after its day does not count"

    def test_more_names_than_one_statement_can_hold(self, store: Store) -> None:
        collect(store, record("a"), record("z"))
        asked = [record("a").uid, *(f"tag:example.org,2026:{index}" for index in range(40_000)), record("z").uid]

        with store.log.open_pass("news") as collecting:
            assert collecting.taken_uids(asked) == {record("a").uid, record("z").uid}

    def test_a_pass_that_fails_leaves_nothing(self, store: Store) -> None:
        collect(store, record("a"))
        before = dump(store)

        def fail() -> None:
            with store.log.open_pass("news") as collecting:
                collecting.add(records("new", 3, ASYLUM), now=LATER)
                collecting.withdraw([1], now=LATER)
                finish(collecting, "v2", now=LATER)
                raise RuntimeError("power cut")

        with pytest.raises(RuntimeError, match="power cut"):
            fail()

        assert dump(store) == before

    def test_the_same_calls_make_the_same_rows(self, store_url: str) -> None:
        dumps = []
        for _ in range(2):
            with sqlite_store() as twin:
                self._year(twin)
                dumps.append(dump(twin))
        with Store.open(store_url) as store:
            self._year(store)
            dumps.append(dump(store))

        assert len(set(dumps)) == 1

    def _year(self, store: Store) -> None:
        collect(store, *records("first", 5, BORDERS, ASYLUM))
        collect(store, record("b", ASYLUM), now=LATER)
        revise(store, 2, "Corrected.", ASYLUM, now=LATER)
        withdraw(store, 3, now=LATER)
        store.feeds.ensure([theme_feed("zoo", "Zoo"), theme_feed("a-b", "A b")], now=LATER)
        store.log.move_cursor("feeds", expected=0, seq=8, settings={"files": "s"})

    def test_two_items_cannot_have_one_name(self, store: Store) -> None:
        collect(store, record("a"))

        with pytest.raises(Exception, match=r"(?i)unique"):
            collect(store, record("a"))

        assert store.log.end() == 1


class TestSources:
    def test_a_source_never_read_is_all_empty(self, store: Store) -> None:
        assert store.sources.state("news") == SourceState()

    def test_failures_are_counted_until_a_reading_succeeds(self, store: Store) -> None:
        fail(store, "no such file", now=NOON)
        fail(store, "no access", now=LATER)

        failing = store.sources.state("news")
        assert (failing.failures, failing.problem, failing.failing_since) == (2, "no access", NOON)

        collect(store, record("a"), now=LATER, validator="v1")
        assert store.sources.state("news") == SourceState(validator="v1", listed=1, changed_at=LATER)

    def test_a_reading_without_change_ends_the_failures_and_moves_nothing_else(self, store: Store) -> None:
        collect(store, record("a"), validator="v1")
        before = store.sources.state("news")
        fail(store, "no such file", now=LATER)

        find_no_change(store)

        assert store.sources.state("news") == before

    def test_a_source_that_failed_from_the_start_recovers(self, store: Store) -> None:
        fail(store, "no such file", now=NOON)
        find_no_change(store)
        fail(store, "no access", now=LATER)

        assert store.sources.state("news").failing_since == LATER

    def test_the_state_of_a_source_is_read_as_it_was_written(self, store: Store) -> None:
        known = SourceState(
            validator="v1",
            fields=("title", "a name with blanks"),
            skipped=("news.txt:4: no such day", "two\nlines"),
            lifetime_s=3600,
            most_added=7,
            changed_at=NOON,
            next_try=LATER,
            failure=FailureKind.EMPTY,
            failures=2,
            problem="it lists nothing",
            failing_since=NOON,
            hold_reason=HoldReason.DRIFT,
            held="not one has a title",
            held_added=3,
            held_revised=4,
            held_withdrawn=5,
            held_new=("New, with a comma",),
            held_gone=("Gone\nfrom there", "“Quoted”"),
            held_validator="v2",
            held_at=LATER,
            told=SourceCondition.DRIFTED,
        )

        store.sources.write("news", known, before=SourceState())

        assert store.sources.state("news") == known
        assert store.sources.states() == {"news": known}

    def test_a_source_that_somebody_else_read_is_left_alone(self, store: Store) -> None:
        before = store.sources.state("news")
        fail(store, "no such file")

        with pytest.raises(StoreError, match="source 'news': another publisher read it meanwhile"):
            store.sources.write("news", replace(before, validator="v2"), before=before)

        assert store.sources.state("news").problem == "no such file"

    def test_the_log_counts_what_a_source_lists(self, store: Store) -> None:
        with store.log.open_pass("news") as collecting:
            collecting.add([record("a"), record("b")], now=NOON)
            collecting.write_state(SourceState(validator="v", listed=99, changed_at=NOON))

        assert store.sources.state("news").listed == 2

    def test_reading_the_same_again_changes_nothing(self, store: Store) -> None:
        collect(store, record("a"))
        before = dump(store)

        with store.log.open_pass("news") as collecting:
            collecting.known(since=None)
            finish(collecting, "v", now=LATER)
        find_no_change(store)

        assert dump(store) == before


class TestCursors:
    def test_a_cursor_begins_at_the_beginning_and_moves(self, store: Store) -> None:
        assert store.log.cursor("feeds") == Cursor(seq=0, settings={})

        store.log.move_cursor("feeds", expected=0, seq=7, settings={"files": "blue"})
        store.log.move_cursor("feeds", expected=7, seq=9, settings={"files": "red"})

        assert store.log.cursor("feeds") == Cursor(seq=9, settings={"files": "red"})
        assert store.log.cursor("hub") == Cursor()

    def test_a_cursor_somebody_else_moved_is_left_alone(self, store: Store) -> None:
        store.log.move_cursor("feeds", expected=0, seq=7, settings={})

        with pytest.raises(StoreError, match="cursor 'feeds': another publisher moved it"):
            store.log.move_cursor("feeds", expected=0, seq=9, settings={})

        assert store.log.cursor("feeds").seq == 7


def newest(store: Store, feed: str, *, limit: int) -> list[Record]:
    """Return the items that a feed shows. Check that reading the whole feed and reading its end give the same."""
    whole = newest_items(ItemCache(store), store.feeds.whole(feed), limit=limit)
    assert whole == newest_items(ItemCache(store), store.feeds.end(feed), limit=limit)
    return whole


class TestReading:
    def test_each_changed_item_is_read_once_and_as_it_is_now(self, store: Store) -> None:
        collect(store, *records("n", 5))
        revise(store, 1, "Once.")
        revise(store, 4, "Once.")
        revise(store, 1, "Twice.")
        withdraw(store, 5)

        pages = list(store.log.changed_records(0, store.log.end(), batch=2))

        assert [numbers_of(page) for page in pages] == [[2, 3], [4, 1], [5]]
        assert {one.number: one.revision for page in pages for one in page} == {1: 3, 2: 1, 3: 1, 4: 2, 5: 1}
        assert [numbers_of(page) for page in store.log.changed_records(5, 7)] == [[1, 4]]
        assert list(store.log.changed_records(9, 9)) == []

    def test_a_feed_holds_the_items_added_last_newest_published_first(self, store: Store) -> None:
        collect(store, record("old", published=NOON - timedelta(days=9)))
        collect(store, record("new", published=NOON))
        collect(store, record("back-dated", published=NOON - timedelta(days=999)))

        assert numbers_of(store.items.added_last(ALL, limit=2)) == [3, 2]
        assert numbers_of(store.items.added_last(ALL, limit=9, after=1)) == [3, 2]
        assert numbers_of(newest(store, ALL, limit=2)) == [2, 3]

    @pytest.mark.parametrize(("added", "held"), [(3, 4), (4, 4), (5, 5), (7, 7), (16, 16), (20, 16)])
    def test_a_feed_stretches_to_hold_one_pass(self, store: Store, added: int, held: int) -> None:
        collect(store, *records("archive", 30))
        collect(store, *records("pass", added, published=NOON + timedelta(days=1)))

        for theme in (ALL, "borders"):
            found = newest(store, theme, limit=4)

            assert len(found) == held
            assert found[0].number == 30 + added
            assert min(one.added_seq for one in found) == 30 + added - held + 1

    def test_a_first_pass_does_not_stretch_a_feed(self, store: Store) -> None:
        fail(store, "not there yet", now=NOON)
        collect(store, *records("archive", 30))

        assert len(newest(store, ALL, limit=4)) == 4

    def test_the_latest_records_of_several_themes(self, store: Store) -> None:
        collect(store, record("a"), record("b", ASYLUM), record("c", ASYLUM, BORDERS), record("d"))
        withdraw(store, 4)

        assert numbers_of(store.items.latest(ThemeChoice.of("*"), limit=2)) == [2, 3]
        assert numbers_of(store.items.latest(ThemeChoice.of("borders"), limit=2)) == [1, 3]
        assert numbers_of(store.items.latest(ThemeChoice.of("borders", "asylum"), limit=9)) == [1, 2, 3]
        assert store.items.latest(ThemeChoice.of("nothing"), limit=9) == []
        assert numbers_of(store.items.latest(ThemeChoice.of("*", "!asylum"), limit=9)) == [1, 3]
        assert numbers_of(store.items.latest(ThemeChoice.of("asylum", "*", "!borders"), limit=1)) == [3]


class TestFeeds:
    def test_themes_count_their_live_items_and_say_when_they_changed(self, store: Store) -> None:
        collect(store, record("a", BORDERS, ASYLUM), record("b"))
        withdraw(store, 2, now=LATER)

        told = {state.feed.slug: (state.items, state.changed_at) for state in store.feeds.of_kind(FeedKind.THEME)}

        assert told == {"asylum": (1, NOON), "borders": (1, LATER)}

    def test_configured_themes_are_there_before_their_first_item(self, store: Store) -> None:
        store.feeds.ensure([Feed.of_theme(BORDERS)], now=NOON)
        before = dump(store)
        store.feeds.ensure([Feed.of_theme(BORDERS)], now=LATER)
        assert dump(store) == before

        store.feeds.ensure([theme_feed("borders", "Borders & visa")], now=LATER)

        (state,) = store.feeds.of_kind(FeedKind.THEME)
        assert (state.feed.title, state.items, state.changed_at) == ("Borders & visa", 0, LATER)

    def test_a_changed_theme_map_moves_items_without_telling_anybody(self, store: Store) -> None:
        collect(store, *records("n", 600), record("kept", ASYLUM))
        withdraw(store, 7)
        end = store.log.end()
        steps: list[tuple[int, int]] = []

        regather(
            store,
            Gathering(theme_map=ThemeMap(default=ASYLUM), language="en"),
            now=LATER,
            progress=lambda _step, done, total: steps.append((done, total)),
        )

        assert store.log.end() == end
        assert {state.feed.slug: state.items for state in store.feeds.of_kind(FeedKind.THEME)} == {
            "asylum": 600,
            "borders": 0,
        }
        assert store.items.added_last("borders", limit=5) == []
        assert store.items.added_last("asylum", limit=1)[0].themes == (ASYLUM,)
        assert steps == [(0, 601), (500, 601), (601, 601)]

    def test_an_unchanged_theme_map_changes_nothing(self, store: Store) -> None:
        collect(store, *records("n", 3))
        before = dump(store)

        retheme(store, gathered(BORDERS), now=LATER)

        assert dump(store) == before


class TestRuns:
    def test_runs_are_kept_latest_first(self, store: Store) -> None:
        for code in (0, 75, 2):
            store.runs.record(
                RunRow(verb="run", started=NOON, finished=LATER, exit_code=code, problems=("source 'a': gone", "b: é"))
            )

        told = store.runs.latest(limit=2)

        assert [(run.verb, run.exit_code, run.started, run.finished) for run in told] == [
            ("run", 2, NOON, LATER),
            ("run", 75, NOON, LATER),
        ]
        assert told[0].problems == ("source 'a': gone", "b: é")

    def test_old_runs_are_forgotten_but_for_the_last_of_each_kind(self, store: Store) -> None:
        """`publisher status` shows the last run of each kind (a delivery, or any other run), and the next run is
        compared with them.
        """
        run = RunRow(verb="run", started=NOON, finished=LATER, exit_code=75, problems=("gone",))
        store.runs.record(replace(run, verb="deliver", exit_code=2))
        with store.database.writing() as connection:
            values = {"verb": "run", "started": NOON, "finished": LATER, "exit_code": 75, "problems": ("gone",)}
            connection.execute(insert(runs), [values] * KEPT)

        for verb in ("run", "deliver", "deliver"):
            store.runs.record(replace(run, verb=verb))
        kept = store.runs.latest(limit=2 * KEPT)

        assert KEPT == len(kept)
        assert ["deliver", "deliver", "run"] == [each.verb for each in kept[:3]]
        store.runs.record(replace(run, exit_code=0))
        assert (75, 0) == tuple(
            (last := store.runs.last_before(verb)) and last.exit_code for verb in ("deliver", "run")
        )


class TestRehearsal:
    def test_changes_of_a_rehearsal_are_visible_in_it_and_forgotten(self, store: Store, store_url: str) -> None:
        collect(store, record("a"))
        before = dump(store)

        with Store.rehearse(store_url) as rehearsal:
            collect(rehearsal, record("b"), record("c", ASYLUM), now=LATER)
            withdraw(rehearsal, 1)
            rehearsal.editions.record(due(rehearsal), start=0, tick=NOON)
            rehearsal.log.move_cursor("feeds", expected=0, seq=rehearsal.log.end(), settings={})
            assert numbers_of(rehearsal.items.added_last(ALL, limit=9)) == [3, 2]
            assert [len(page) for page in rehearsal.log.changed_records(0, 4, batch=2)] == [2, 1]
            assert [edition.number for edition in rehearsal.editions.unwritten()] == [1]

        assert dump(store) == before
        collect(store, record("b"))
        assert store.log.end() == 2

    def test_a_step_that_fails_leaves_the_rehearsal_as_it_was(self, store: Store, store_url: str) -> None:
        with Store.rehearse(store_url) as rehearsal:
            collect(rehearsal, record("a"))
            before = dump(rehearsal)

            with pytest.raises(Exception, match=r"(?i)unique"):
                collect(rehearsal, record("b"), record("a"))

            assert dump(rehearsal) == before

        assert store.log.end() == 0


def test_the_authority_of_ids_is_chosen_once(store: Store) -> None:
    assert store.names.authority("news.example.org,2026-03-02") == "news.example.org,2026-03-02"
    before = dump(store)

    assert store.names.authority("moved.example.net,2030-01-01") == "news.example.org,2026-03-02"
    assert dump(store) == before


def test_instants_come_back_in_utc_whatever_zone_they_came_in(store: Store) -> None:
    brussels = datetime.fromisoformat("2026-07-01T14:00:00+02:00")

    collect(store, record("a", published=brussels))

    (found,) = store.items.added_last(ALL, limit=1)
    assert found.published == datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert found.published.tzinfo is UTC


def test_a_naive_datetime_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match="naive"):
        collect(store, record("a", published=datetime(2026, 7, 1)))  # noqa: DTZ001 the mistake in question
