"""Planning the mails of a range (a group) of people costs the same on PostgreSQL, however many people a site has."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import event, insert

from publisher.model.subscribers import SubscriptionState
from publisher.store import Store
from publisher.store.people import RoundEnvelope
from publisher.store.people_schema import subscribers, subscriptions
from tests.contract.stories import NOON, collect, record, subscriber_rows

PEOPLE, RANGE, THEMES = 1_000, 50, 3
TABLES = {"subscribers", "subscriptions", "round_mails"}


@pytest.mark.postgres
def test_a_range_reads_its_own_people_only(postgresql_url: str) -> None:
    """PostgreSQL does not carry a range of numbers from one column of a join to the other: each column
    needs its own.
    """
    with Store.open(postgresql_url) as store:
        collect(store, record("a"))
        subscribe_many(store)
        with store.database.reading() as connection:
            connection.exec_driver_sql("ANALYZE")
        asked = asked_of_a_range(store)

        scans = [scan for statement, values in asked for scan in scans_of(store, statement, values)]

    assert TABLES == {table for table, _ in scans}
    assert [] == [(table, bounds) for table, bounds in scans if not (">=" in bounds and "<=" in bounds)]


def subscribe_many(store: Store) -> None:
    people = subscriber_rows(PEOPLE)
    follows = [
        {
            "subscriber": each["number"],
            "number": place,
            "theme": f"theme-{place}",
            "pace": "daily" if place == 1 else "weekly",
            "state": SubscriptionState.ACTIVE,
            "start": 0,
            "cursor": 0,
            "since": NOON,
            "ended_at": None,
            "ended_because": None,
        }
        for each in people
        for place in range(1, THEMES + 1)
    ]
    with store.database.writing_beside() as connection:
        connection.execute(insert(subscribers), people)
        connection.execute(insert(subscriptions), follows)


def asked_of_a_range(store: Store) -> list[tuple[str, Any]]:
    """Plan the mails of a second range (group) of people; return the statements about these people, with
    their values.
    """
    before = store.people.rounds.last_ticks()
    round_ = store.people.rounds.begin(("daily",), {}, before=before, upto=store.log.end(), now=NOON, size=RANGE)
    assert round_ is not None
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        asked.append((statement, values))

    envelope = RoundEnvelope(sender="news@example.org", host="example.org", bounces="")
    for place in (1, 2):
        if place == 2:
            event.listen(store.database.engine, "before_cursor_execute", note)
        with store.people.rounds.open_range(round_, now=NOON) as range_pass:
            assert range_pass is not None
            followed = range_pass.followed(floor=0)
            assert RANGE * THEMES == len(followed)
            range_pass.write({each.subscriber: (1,) for each in followed}, [], {}, envelope=envelope)
    event.remove(store.database.engine, "before_cursor_execute", note)
    return [(statement, values) for statement, values in asked if any(table in statement for table in TABLES)]


def scans_of(store: Store, statement: str, values: Any) -> list[tuple[str, str]]:
    """Return the tables that PostgreSQL reads for a statement, each with the bounds within which it reads its index.

    For the few people of a test, PostgreSQL would read all rows, or look up one person after the other. Both are
    forbidden here, so that it plans as for many people: a table without bounds of its own is read as a whole.
    """
    with store.database.engine.connect() as connection:
        connection.exec_driver_sql("SET LOCAL enable_nestloop = off")
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        [plan] = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values).scalar_one()
    return [
        (node["Relation Name"], node.get("Index Cond") or node.get("Recheck Cond") or "")
        for node in nodes_of(plan["Plan"])
        if node["Node Type"].endswith("Scan") and node.get("Relation Name") in TABLES
    ]


def nodes_of(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from nodes_of(inner)
