"""All data about people moves from one site to another, in either kind of database, and is the same afterwards."""

import json
import shutil
from collections.abc import Iterator, Sequence
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, select

from publisher.model.departures import SuppressionKind
from publisher.model.errors import PublisherError, StoreError
from publisher.model.subscribers import Consent, ConsentKind
from publisher.store import Store, people_schema
from publisher.store.people_archive import PEOPLE
from publisher.store.tables import metadata
from publisher.subscribers.archive import ArchiveReport, is_archive, read_archive, write_archive
from tests.contract.stories import ASYLUM, BORDERS, NOON, collect, record
from tests.contract.test_store_subscribers import ask
from tests.databases import sqlite_store
from tests.subscribers.test_transfer import people_of

ADA, BEN, EVE = "ada@example.org", "ben@example.org", "eve@example.org"
OF_THE_LOG = {
    *("theme_joins", "pace_ticks", "rounds", "ranges", "selections", "round_mails", "owed_departures"),
    *("next_round", "round_items"),
}
"""Tables about items and rounds, or about the site's file of departures. They are not exported."""


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a site with three items. Ada has changed her choices, Ben left, Eve was erased, and one address is
    suppressed.
    """
    folder = tmp_path_factory.mktemp("lived")
    with Store.open(f"sqlite:///{folder}/publisher.db") as site:
        collect(site, record("a", ASYLUM), record("b", BORDERS))
        live(site)
        collect(site, record("c", BORDERS))
    return folder


@pytest.fixture
def site(lived: Path, tmp_path: Path) -> Iterator[Store]:
    """A copy of the site that lived."""
    folder = shutil.copytree(lived, tmp_path / "lived")
    with Store.open(f"sqlite:///{folder}/publisher.db") as site:
        yield site


def live(site: Store) -> None:
    early, late = people_of(site, now=NOON - timedelta(days=9)), people_of(site, now=NOON)
    early.add(ADA, {"asylum": "weekly", "*": "monthly"}, language="fr", words=' Paper, "signé"\nby hand ')
    early.add(BEN, {"borders": "daily"}, language="en", words="By telephone")
    late.add(ADA, {"borders": "daily"}, language="nl", words="Another paper")
    late.end(BEN)
    late.add(EVE, {"*": "daily"}, language="en", words="By telephone")
    late.erase(EVE)
    ask(site, "token")
    site.people.subscribers.key(proposed="a key", now=NOON)
    site.people.suppressions.add("gus@example.org", SuppressionKind.COMPLAINT, reason="by letter", now=NOON)


def archive_of(store: Store) -> str:
    return "".join(write_archive(store))


def restore(store: Store, archive: str) -> ArchiveReport:
    return read_archive(store, lambda: StringIO(archive, newline=""))


def test_every_table_of_people_is_in_the_archive() -> None:
    tables = {each.name for each in vars(people_schema).values() if isinstance(each, Table)}

    assert tables - {"items"} == {table.name for table in PEOPLE} | OF_THE_LOG


def test_an_archive_restored_into_a_site_with_the_same_log_is_exported_again_unchanged(
    site: Store, store: Store
) -> None:
    collect(store, record("a", ASYLUM), record("b", BORDERS))
    collect(store, record("c", BORDERS))
    written = archive_of(site)

    restored = restore(store, written)

    assert (2, True) == (restored.people, restored.is_same_log)
    assert written == archive_of(store)
    assert is_archive(lambda: StringIO(written, newline=""))
    for address in (ADA, BEN):
        assert site.people.subscribers.by_address(address) == store.people.subscribers.by_address(address)
    assert site.people.subscribers.consents(1) == store.people.subscribers.consents(1)
    assert site.people.suppressions.of("gus@example.org") == store.people.suppressions.of("gus@example.org") != ()
    assert "a key" == store.people.subscribers.key(proposed="another", now=NOON)
    assert store.people.subscribers.link("token") is not None


def test_no_number_of_somebody_who_was_erased_is_given_again(site: Store, store: Store) -> None:
    collect(store, record("a", ASYLUM), record("b", BORDERS))
    restore(store, archive_of(site))

    people_of(store, now=NOON).add(EVE, {"asylum": "daily"}, language="en", words="By telephone")

    eve = store.people.subscribers.by_address(EVE)
    assert eve is not None
    assert 4 == eve.number


def test_in_a_site_with_other_items_people_get_what_is_new_from_now_on(site: Store, store: Store) -> None:
    collect(store, record("x", ASYLUM), record("y", BORDERS), record("z", BORDERS), record("q", BORDERS))

    restored = restore(store, archive_of(site))

    ada = store.people.subscribers.by_address(ADA)
    assert ada is not None
    assert not restored.is_same_log
    assert {(store.log.end(), store.log.end())} == {(each.start, each.cursor) for each in ada.subscriptions}
    again = archive_of(store)
    with sqlite_store() as third:
        collect(third, record("x", ASYLUM), record("y", BORDERS), record("z", BORDERS), record("q", BORDERS))
        assert restore(third, again).is_same_log
        assert again == archive_of(third)


def broken(lines: Sequence[str]) -> dict[str, str]:
    """Return archives that cannot be read, by what is wrong with each."""
    head, first, *rest = lines
    ada = next(index for index, line in enumerate(lines) if ADA in line)
    row = json.loads(lines[ada])
    return {
        "not whole: it has": "".join(lines[:-1]),
        "line 2 is no line of an archive": "".join([head, first[:9]]),
        "of format 1": "".join([head.replace('"format":1', '"format":2'), first, *rest]),
        "does not say what is in it": "".join([head.replace('"rows"', '"row"'), first, *rest]),
        "'nothing', which this version does not know": "".join([head, first, '{"table":"nothing"}\n', *rest]),
        "other columns": "".join([*lines[:ada], json.dumps({**row, "age": 7}) + "\n", *lines[ada + 1 :]]),
        "cannot be read": "".join([*lines[:ada], json.dumps({**row, "since": "soon"}) + "\n", *lines[ada + 1 :]]),
        "lacks the key": "".join([head.replace(f'"rows":{len(lines) - 1}', f'"rows":{len(lines) - 2}'), *rest]),
    }


def test_an_archive_that_is_not_whole_or_of_another_version_brings_nobody_in(site: Store, store: Store) -> None:
    for problem, archive in broken([*StringIO(archive_of(site), newline="")]).items():
        with pytest.raises(PublisherError) as raised:
            restore(store, archive)
        assert problem in str(raised.value)
        with store.database.reading() as connection:
            assert not connection.execute(select(metadata.tables["subscribers"])).all()


def test_an_archive_is_imported_only_into_a_site_without_people(site: Store, store: Store) -> None:
    people_of(store, now=NOON).add(ADA, {"*": "daily"}, language="en", words="By telephone")
    before = archive_of(store)

    with pytest.raises(StoreError, match="has subscribers already"):
        restore(store, archive_of(site))

    assert before == archive_of(store)


def test_a_site_keeps_the_suppressions_that_it_has_by_the_same_key(site: Store, tmp_path: Path) -> None:
    """A new site has such suppressions from the file of departures, which survived the first store."""
    written = archive_of(site)
    site.people.suppressions.add(ADA, SuppressionKind.OPERATOR, now=NOON)
    departures, key = site.departures.path, site.departures.key_path
    assert departures is not None
    assert key is not None
    shutil.copy(departures, tmp_path / "again.db.departures")
    shutil.copy(key, tmp_path / "again.db.key")

    with Store.open(f"sqlite:///{tmp_path / 'again.db'}") as again:
        collect(again, record("a", ASYLUM), record("b", BORDERS))
        assert [SuppressionKind.OPERATOR] == [each.kind for each in again.people.suppressions.of(ADA)]
        restore(again, written)

        assert [SuppressionKind.OPERATOR] == [each.kind for each in again.people.suppressions.of(ADA)]
        assert site.people.suppressions.of("gus@example.org") == again.people.suppressions.of("gus@example.org")


def test_a_site_with_suppressions_by_its_own_key_takes_no_archive_of_another(site: Store, tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'other.db'}") as other:
        other.people.suppressions.add(BEN, SuppressionKind.OPERATOR, now=NOON)
        for each in (other.departures.path, other.departures.key_path):
            assert each is not None
            each.unlink()

        with pytest.raises(StoreError, match="has suppressed addresses"):
            restore(other, archive_of(site))

        assert other.people.suppressions.of(BEN)


def test_a_site_that_noted_who_left_takes_no_archive_of_another(site: Store, tmp_path: Path) -> None:
    """The site's file of departures uses the site's own key, and would become meaningless."""
    with Store.open(f"sqlite:///{tmp_path / 'other.db'}") as other:
        collect(other, record("a", ASYLUM), record("b", BORDERS))
        live(other)
        for address in (ADA, BEN):
            people_of(other, now=NOON).erase(address)
        other.people.suppressions.lift("gus@example.org", [SuppressionKind.COMPLAINT], now=NOON)
        own = archive_of(other)

        with pytest.raises(StoreError, match="says who left this one"):
            restore(other, archive_of(site))

        assert restore(other, own).rows


def test_people_erased_or_gone_since_the_archive_stay_so(site: Store) -> None:
    people_of(site, now=NOON).add("fay@example.org", {"*": "daily"}, language="en", words="By telephone")
    written = archive_of(site)
    later = people_of(site, now=NOON + timedelta(hours=1))
    later.end("fay@example.org")
    for address in (ADA, BEN, "fay@example.org"):
        later.erase(address)
    site.people.suppressions.lift("gus@example.org", [SuppressionKind.COMPLAINT], now=NOON)

    restored = restore(site, written)

    assert (3, 3) == (restored.people, restored.gone)
    assert 0 == site.people.subscribers.count()
    assert site.people.subscribers.by_address(ADA) is None


ADDRESSES = st.sampled_from([f"{name}@example.org" for name in "abcd"])
CHOICES = st.dictionaries(
    st.sampled_from(["asylum", "borders", "*"]), st.sampled_from(["daily", "weekly", "monthly"]), min_size=1
)
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
STEP = st.tuples(ADDRESSES, st.sampled_from(["add", "end", "erase", "suppress", "form"]), CHOICES, WORDS)


@pytest.mark.slow
@settings(max_examples=settings().max_examples * 3 // 4)
@given(steps=st.lists(STEP, max_size=20))
def test_any_history_of_people_is_exported_and_imported_equal(
    steps: list[tuple[str, str, dict[str, str], str]],
) -> None:
    with sqlite_store() as site, sqlite_store() as other:
        for each in (site, other):
            collect(each, record("a", ASYLUM), record("b", BORDERS))
        for number, (address, step, choices, words) in enumerate(steps):
            act(site, address, step, choices, words, number)
        written = archive_of(site)

        restore(other, written)

        assert written == archive_of(other)


def act(site: Store, address: str, step: str, choices: dict[str, str], words: str, number: int) -> None:
    now = NOON + timedelta(hours=number, microseconds=number)
    people = people_of(site, now=now)
    known = site.people.subscribers.by_address(address)
    if site.people.suppressions.of(address) and step in {"add", "form"}:
        return  # the address is refused
    match step:
        case "add":
            people.add(address, choices, language="en", words=words)
        case "end" if known:
            people.end(address)
        case "erase" if known:
            people.erase(address)
        case "suppress":
            site.people.suppressions.add(address, SuppressionKind.BOUNCES, reason=words, now=now)
        case "form" if known:
            consent = Consent(kind=ConsentKind.FORM, at=now, language="fr", choices=choices, words=words)
            site.people.subscribers.write(known, known, consent=consent, now=now)
