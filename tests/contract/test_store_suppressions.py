"""Suppressed addresses and the file of departures, in both databases."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from publisher.model.departures import Departure, DepartureKind, Suppression, SuppressionKind
from publisher.model.errors import FilesError
from publisher.model.subscribers import EndReason
from publisher.store import Store
from publisher.store.address_key import AddressKey
from publisher.store.departure_text import read_departures
from publisher.store.departures import Journal
from publisher.store.tables import metadata
from publisher.subscribers.choose import leave
from tests.contract.stories import NOON
from tests.contract.test_store_rounds import add
from tests.contract.test_store_subscribers import DAY, tables_with

ADA = "ada@example.org"
BEN = "ben@example.org"


def lines_of(store: Store) -> list[Departure]:
    """Return the lines of the file of departures."""
    with store.database.reading() as connection:
        key = AddressKey.of(connection)
    return list(read_departures(store.departures, key))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "people.departures"


@pytest.fixture
def kept(store_url: str, path: Path) -> Iterator[Store]:
    """A store that has a file of departures."""
    with closing(Store.open(store_url, departures=path)) as store:
        yield store


def test_a_suppression_is_made_once_for_each_cause_and_lifted_for_each(kept: Store) -> None:
    operator, bounces = SuppressionKind.OPERATOR, SuppressionKind.BOUNCES
    suppressions = kept.people.suppressions

    assert [True, False] == [suppressions.add(ADA, operator, reason=why, now=NOON) for why in ("he asked", "again")]
    assert suppressions.add(ADA, bounces, now=NOON + DAY)

    first, second = Suppression(kind=operator, at=NOON, reason="he asked"), Suppression(kind=bounces, at=NOON + DAY)
    assert (first, second) == suppressions.of(ADA)
    assert () == suppressions.of(BEN)
    assert {ADA: frozenset({operator, bounces})} == suppressions.among([BEN, ADA])
    assert {operator: 1, bounces: 1} == suppressions.counts()

    assert (second,) == suppressions.lift(ADA, [bounces, SuppressionKind.COMPLAINT], now=NOON + DAY)
    assert () == suppressions.lift(ADA, [bounces], now=NOON + DAY)
    assert (first,) == suppressions.of(ADA)


def test_no_address_stands_in_the_store_or_beside_it(kept: Store, path: Path) -> None:
    kept.people.suppressions.add(ADA, SuppressionKind.COMPLAINT, now=NOON)

    assert [] == tables_with(kept, "ada@")
    assert "ada@" not in path.read_text()
    assert kept.people.suppressions.mark_of(ADA) in path.read_text()
    assert kept.people.suppressions.mark_of(ADA) != kept.people.suppressions.mark_of(BEN)


def test_each_departure_and_return_is_one_line(kept: Store) -> None:
    mark = kept.people.suppressions.mark_of(ADA)
    ada = add(kept, "ada")
    left = replace(ada, subscriptions=leave(ada.subscriptions, EndReason.UNSUBSCRIBED, now=NOON))
    kept.people.subscribers.write(ada, left, now=NOON)
    kept.people.subscribers.write(left, replace(left, language="nl"), now=NOON)
    kept.people.suppressions.add(ADA, SuppressionKind.BOUNCES, now=NOON + DAY)
    kept.people.suppressions.lift(ADA, [SuppressionKind.BOUNCES], now=NOON + DAY)
    kept.people.subscribers.erase(ADA, now=NOON + DAY)
    kept.people.subscribers.erase(ADA, now=NOON + DAY)

    bounces = SuppressionKind.BOUNCES
    assert [
        Departure(at=NOON, kind=DepartureKind.RETURNED, mark=mark),
        Departure(at=NOON, kind=DepartureKind.LEFT, mark=mark, because=EndReason.UNSUBSCRIBED),
        Departure(at=NOON + DAY, kind=DepartureKind.SUPPRESSED, mark=mark, suppression=bounces),
        Departure(at=NOON + DAY, kind=DepartureKind.LIFTED, mark=mark, suppression=bounces),
        Departure(at=NOON + DAY, kind=DepartureKind.ERASED, mark=mark),
    ] == lines_of(kept)


def test_suppressing_and_erasing_work_and_are_owed_while_the_file_cannot_be_written(kept: Store, path: Path) -> None:
    path.mkdir()
    ada = add(kept, "ada")

    kept.people.suppressions.add(ADA, SuppressionKind.BOUNCES, now=NOON)
    kept.people.subscribers.erase(ADA, now=NOON + DAY)

    assert [SuppressionKind.BOUNCES] == [each.kind for each in kept.people.suppressions.of(ADA)]
    assert kept.people.subscribers.get(ada.number) is None
    assert 3 == kept.people.owed_departures.count()
    with pytest.raises(FilesError, match="a directory is where a file should be"):
        kept.people.owed_departures.note()
    assert 3 == kept.people.owed_departures.count()
    assert [] == tables_with(kept, "ada@")


@pytest.mark.parametrize("by_a_pass", [True, False])
def test_owed_lines_are_written_before_new_ones(kept: Store, path: Path, by_a_pass: bool) -> None:
    path.mkdir()
    kept.people.suppressions.add(ADA, SuppressionKind.BOUNCES, now=NOON)
    path.rmdir()

    assert kept.holds_people(), "a pass would not write the lines"
    if by_a_pass:
        kept.people.owed_departures.note()
    kept.people.suppressions.lift(ADA, [SuppressionKind.BOUNCES], now=NOON + DAY)

    kinds = [DepartureKind.SUPPRESSED, DepartureKind.LIFTED]
    assert kinds == [each.kind for each in lines_of(kept)]
    assert 0 == kept.people.owed_departures.count()
    kept.people.owed_departures.note()
    assert kinds == [each.kind for each in lines_of(kept)]


def test_a_torn_line_is_passed_over_and_hurts_no_other(kept: Store, path: Path) -> None:
    kept.people.suppressions.add(ADA, SuppressionKind.BOUNCES, now=NOON)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:40])

    kept.people.suppressions.add(BEN, SuppressionKind.BOUNCES, now=NOON)

    marks = [kept.people.suppressions.mark_of(address) for address in (ADA, BEN)]
    assert marks == [each.mark for each in lines_of(kept)]
    assert 3 == len(path.read_text().splitlines())
    assert {"at", "key", "kind", "mark", "suppression"} == set(json.loads(whole))


def test_only_the_owner_reads_the_file_and_its_key(kept: Store, path: Path) -> None:
    kept.people.suppressions.add(ADA, SuppressionKind.BOUNCES, now=NOON)

    assert 0o600 == path.stat().st_mode & 0o777
    assert 0o600 == path.with_suffix(".key").stat().st_mode & 0o777


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_a_thing_in_the_place_of_the_file_keeps_nobody_from_opening_the_store(
    store_url: str, path: Path, make: Callable[[Path], None]
) -> None:
    make(path)

    with closing(Store.open(store_url, departures=path)) as kept:
        kept.people.suppressions.add(ADA, SuppressionKind.BOUNCES, now=NOON)
        assert 1 == kept.people.owed_departures.count()
        with pytest.raises(FilesError, match="move it away"):
            kept.departures.size()


def test_a_store_in_a_file_keeps_it_beside(sqlite_url: str, tmp_path: Path) -> None:
    with Store.open(sqlite_url) as store:
        store.people.suppressions.add(ADA, SuppressionKind.BOUNCES, now=NOON)
        assert tmp_path / "publisher.db.departures" == store.departures.path

    with Store.rehearse(sqlite_url) as rehearsal:
        rehearsal.people.suppressions.add(BEN, SuppressionKind.BOUNCES, now=NOON)
        assert 1 == len(lines_of(rehearsal))

    assert 1 == len((tmp_path / "publisher.db.departures").read_text().splitlines())


def test_no_file_has_no_departures(tmp_path: Path) -> None:
    key = AddressKey("00" * 32)

    assert [] == list(read_departures(Journal(tmp_path / "none"), key)) == list(read_departures(Journal(None), key))


def test_a_copy_of_the_store_knows_the_same_addresses(sqlite_url: str, tmp_path: Path) -> None:
    """A backup knows the suppressed addresses, too: the key of their fingerprints is made together with the tables."""
    with Store.open(sqlite_url) as store, Store.open_empty(f"sqlite:///{tmp_path}/copy.db") as copy:
        store.people.suppressions.add(ADA, SuppressionKind.BOUNCES, now=NOON)
        assert copy.people.suppressions.mark_of(ADA) != store.people.suppressions.mark_of(ADA)

        store.copy_to(copy, progress=lambda *_: None)

        assert copy.people.suppressions.mark_of(ADA) == store.people.suppressions.mark_of(ADA)
        assert store.people.suppressions.of(ADA) == copy.people.suppressions.of(ADA)


def test_every_row_of_a_subscriber_goes_with_him(kept: Store) -> None:
    """Tables about people refer to his number; none may still contain it."""
    ada = add(kept, "ada")
    tables: dict[str, dict[str, Any]] = {
        "bounce_scores": {"points": 1, "last_at": NOON},
        "former_marks": {"bounce_mark": "x"},
    }
    with kept.database.writing_beside() as connection:
        for name, row in tables.items():
            connection.execute(metadata.tables[name].insert().values(subscriber=ada.number, **row))

    kept.people.subscribers.erase(ADA, now=NOON)

    with kept.database.reading() as connection:
        assert [[], []] == [connection.execute(select(metadata.tables[name])).all() for name in tables]
