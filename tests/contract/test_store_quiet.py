"""A query costs as much as its answer is large, and a run without news leaves no trace."""

import re
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert

from publisher.model.deliveries import DeliveryKind, NewDelivery
from publisher.model.feeds import ALL, Feed, FeedKind
from publisher.model.themes import Theme, ThemeChoice
from publisher.store import AudienceState, RunRow, Store
from publisher.store.people_schema import round_mails, rounds, selections, subscribers
from publisher.store.queue import insert_deliveries
from tests.contract.stories import (
    BORDERS,
    DAY,
    NOON,
    collect,
    due,
    find_no_change,
    finish,
    record,
    records,
    settle_cuts,
    subscriber_rows,
    withdraw,
)
from tests.databases import new_store


def known_today(store: Store) -> object:
    with store.log.open_pass("news") as collecting:
        return collecting.known(since=DAY), collecting.last_published({DAY: NOON})


def taken(store: Store) -> object:
    with store.log.open_pass("news") as collecting:
        return collecting.taken_uids([record("today-1").uid]), collecting.taken_paths([record("today-1").path])


QUESTIONS: dict[str, Callable[[Store], object]] = {
    "retention": lambda store: store.people.retention.forget(now=NOON),
    "log_end": lambda store: store.log.end(),
    "item_count": lambda store: store.items.count(),
    "cursor": lambda store: store.log.cursor("feeds"),
    "source_state": lambda store: store.sources.state("news"),
    "touched_feeds": lambda store: store.log.touched_feeds(store.log.end() - 10, store.log.end()),
    "changed_records": lambda store: list(store.log.changed_records(store.log.end() - 10, store.log.end())),
    "feed_records of all": lambda store: store.items.added_last(ALL, limit=20),
    "feed_records of a theme": lambda store: store.items.added_last("borders", limit=20),
    "feeds of a kind": lambda store: store.feeds.of_kind(FeedKind.THEME),
    "feed_states": lambda store: store.feeds.states(["borders", "keywords/none"]),
    "open_feeds": lambda store: store.feeds.all_open(),
    "revised_records of all": lambda store: store.items.revised_last(ALL, limit=20),
    "revised_records of a feed": lambda store: store.items.revised_last("borders", limit=20),
    "withdrawn_records of all": lambda store: store.items.withdrawn_last(ALL, limit=2),
    "withdrawn_records of a feed": lambda store: store.items.withdrawn_last("borders", limit=2),
    "records_between of all": lambda store: store.items.added_between(ALL, store.log.end() - 10, store.log.end()),
    "records_between of a feed": lambda store: store.items.added_between(
        "borders", store.log.end() - 10, store.log.end()
    ),
    "feed_end of all": lambda store: store.feeds.end(ALL),
    "feed_end of a theme": lambda store: store.feeds.end("borders"),
    "by_number": lambda store: store.items.by_number(range(11, 31)),
    "last_archive": lambda store: store.feeds.archives.last("borders"),
    "latest_records": lambda store: store.items.latest(ThemeChoice.of("borders", "theme-1"), limit=20),
    "due_records": lambda store: store.items.due_for(
        "weekly", themes=ThemeChoice.of("borders"), after=store.log.end() - 10, upto=store.log.end(), start=0
    ),
    "known": known_today,
    "taken_uids": taken,
    "unwritten_editions": lambda store: store.editions.unwritten(),
    "unwritten_notices": lambda store: store.notices.unwritten(),
    "was_noticed": lambda store: store.notices.last_at("weekly-1", "review"),
    "editions": lambda store: store.editions.latest(limit=5),
    "audience_state": lambda store: store.editions.audience("weekly"),
    "runs": lambda store: store.runs.latest(limit=5),
}


def archive(store: Store, count: int) -> None:
    """Fill a store with `count` items of earlier days, all sent and published, and with 20 items of today."""
    themes = [BORDERS, Theme(slug="theme-1", title="One"), Theme(slug="theme-2", title="Two")]
    old = [
        record(f"old-{index}", themes[index % 3], day=date(2020, 1, 1) + timedelta(days=index % 900))
        for index in range(count)
    ]
    collect(store, *old)
    withdraw(store, *range(5, count // 10))
    for number in (1, 2, 3, 4):  # in separate passes: all withdrawals of one pass are returned together
        withdraw(store, number, now=NOON + timedelta(hours=number))
    with store.log.open_pass("news") as collecting:
        collecting.unlist(range(1, count + 1))
    store.editions.record(due(store), start=0, tick=None)
    store.editions.mark_written("weekly", 1, at=NOON)
    for index in range(count // 100):
        store.runs.record(RunRow(verb="run", started=NOON, finished=NOON, exit_code=index % 2, problems=()))
    for feed in (ALL, BORDERS.slug):
        settle_cuts(store, feed, size=25)
    collect(store, *records("today", 20, BORDERS), validator="today")


@contextmanager
def statements(store: Store) -> Iterator[list[tuple[str, Any]]]:
    """Yield a list to which the SQL statements of the store are added, with their values."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        seen.append((statement, values))

    event.listen(store.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(store.database.engine, "before_cursor_execute", note)


@pytest.fixture(scope="module")
def sizes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Store]]:
    """A small store and one ten times its size."""
    folder = tmp_path_factory.mktemp("sizes")
    with new_store(folder / "small.db") as small, new_store(folder / "large.db") as large:
        archive(small, 300)
        archive(large, 3000)
        yield small, large


def test_every_question_is_answered_from_an_index(sizes: tuple[Store, Store]) -> None:
    plans = {question: plans_of(sizes[1], question) for question in QUESTIONS}

    assert [] == [question for question, lines in plans.items() if not lines], "nothing was asked"
    lines = [(question, line) for question in QUESTIONS for line in plans[question]]
    # The counters are one row, and a question without a table is none; the runs are read from their end. Only rows of
    # an answer may be sorted.
    bad = [
        (question, line) for question, line in lines if re.match(r"SCAN (?!counters|CONSTANT ROW|runs|.* USING )", line)
    ]
    bad += [each for each in lines if "TEMP B-TREE FOR ORDER BY" in each[1] and each[0].startswith("feed")]
    assert [] == bad


def plans_of(store: Store, question: str) -> list[str]:
    """Return the lines of SQLite's plan for a query."""
    with statements(store) as asked:
        QUESTIONS[question](store)
    return [line for statement, values in asked for line in plan(store, statement, values)]


def plan(store: Store, statement: str, values: Any) -> list[str]:
    if not statement.startswith("SELECT"):
        return []
    with store.database.reading() as connection:
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]


def test_a_question_costs_the_same_in_an_archive_of_any_size(sizes: tuple[Store, Store]) -> None:
    steps = {name: [database_steps(store, question) for store in sizes] for name, question in QUESTIONS.items()}

    assert {} == {name: (small, large) for name, (small, large) in steps.items() if large > 1.25 * small + 100}


def database_steps(store: Store, question: Callable[[Store], object]) -> int:
    """Return how many instructions SQLite's virtual machine executes for a query."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    with store.database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
    driver.set_progress_handler(count, 1)
    try:
        question(store)
    finally:
        driver.set_progress_handler(None, 1)
    assert steps, "the question went over another connection"
    return steps


def test_opening_and_looking_for_news_is_a_handful_of_statements(sqlite_url: str) -> None:
    with Store.open(sqlite_url) as store:
        collect(store, record("a"))

    opened = Store.open(sqlite_url)
    with statements(opened) as asked:
        opened.sources.state("news")
        opened.log.cursor("feeds")
        opened.log.end()
    opened.close()

    assert len([statement for statement, _ in asked if statement != "BEGIN"]) == 3


def test_a_run_with_no_news_writes_nothing(sqlite_url: str, tmp_path: Path) -> None:
    with Store.open(sqlite_url) as store, store.exclusive("run", wait_s=0):
        collect(store, *records("n", 50))
        store.feeds.ensure([Feed.of_theme(BORDERS)], now=NOON)
        store.log.move_cursor("feeds", expected=0, seq=50, settings={"files": "s"})
        store.editions.pass_over("weekly", AudienceState(cursor=50, start=0, last_number=0, last_tick=NOON))
    before = traces(tmp_path)

    with Store.open(sqlite_url) as store, store.exclusive("run", wait_s=0):
        find_no_change(store)
        with store.log.open_pass("news") as collecting:
            collecting.known(since=None)
            collecting.withdraw([], now=NOON)
            collecting.revise([], now=NOON)
            collecting.add([], now=NOON)
            collecting.unlist([])
            collecting.relist([1])
            finish(collecting, "v", now=NOON + timedelta(days=1))
        store.feeds.ensure([Feed.of_theme(BORDERS)], now=NOON + timedelta(days=1))
        store.log.move_cursor("feeds", expected=50, seq=50, settings={"files": "s"})
        store.editions.pass_over("weekly", AudienceState(cursor=50, start=0, last_number=0, last_tick=NOON))
        store.editions.mark_written("weekly", 1, at=NOON)
        for question in QUESTIONS.values():
            question(store)

    assert traces(tmp_path) == before


def traces(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    found = sorted(path for path in folder.iterdir() if path.is_file())
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) for path in found}


def test_a_store_is_kept_through_power_cuts(bare_sqlite_url: str) -> None:
    with Store.open(bare_sqlite_url) as store, store.database.reading() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }

    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


BATCH = [f"reader{number}@example.org" for number in range(1, 101)]
OF_A_ROUND: dict[str, Callable[[Store], Collection[object]]] = {
    "mails of a batch": lambda store: store.people.rounds.mails(1, BATCH),
    "mails to one address": lambda store: store.people.histories.deliveries("reader7@example.org"),
    "an edition's mail": lambda store: store.mail.ledger.known("weekly-1"),
    "an edition's counts": lambda store: store.mail.ledger.counts(["weekly-1"], max_age=timedelta(days=3), now=NOON),
}


@pytest.mark.parametrize("question", OF_A_ROUND)
def test_a_question_costs_the_same_beside_a_round_of_any_size(tmp_path: Path, question: str) -> None:
    ask, steps = OF_A_ROUND[question], []
    for people in (200, 4_000):
        with new_store(tmp_path / f"{people}.db") as store:
            plan_a_round(store, people)
            assert ask(store)
            steps.append(database_steps(store, ask))

    small, large = steps
    assert large <= 1.25 * small + 100


def plan_a_round(store: Store, people: int) -> None:
    """Plan a round of mails in which every subscriber gets the same item."""
    numbers = range(1, people + 1)
    row = {"number": 1, "paces": ("daily",), "upto": 1, "begun_at": NOON}
    with store.database.writing_beside() as connection:
        connection.execute(insert(rounds).values(**row, planned_at=NOON))
        connection.execute(insert(selections).values(number=1, digest="one", items="[1]"))
        connection.execute(insert(subscribers), subscriber_rows(people))
        connection.execute(insert(round_mails), [{"round": 1, "subscriber": each, "selection": 1} for each in numbers])
        mails = [mail_to("round-1", f"reader{number}@example.org", DeliveryKind.ROUND) for number in numbers]
        insert_deliveries(connection, [mail_to("weekly-1", "list@example.org", DeliveryKind.EDITION), *mails], now=NOON)


def mail_to(name: str, recipient: str, kind: DeliveryKind) -> NewDelivery:
    return NewDelivery(
        kind=kind, name=name, recipient=recipient, sender="news@example.org", message_id="<one@example.org>", dated=NOON
    )
