"""A site continues in another database as if it had always been there."""

import signal
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from publisher.config.store import URL
from publisher.store import Store
from tests.databases import dump
from tests.journey.test_subscribers import ADA, BEN, ONLY_PEOPLE, people
from tests.killed import killed_at
from tests.world import CONFIG, NOW, World, news, run_main

FERRY = news("3 March 2026", "The ferry sails twice a day.", theme="Asylum", keywords="boats, harbours")
CRANE = news("4 March 2026", "A new crane – « grue » – arrived 🙂.", theme="Borders & Visa")
BRIDGE = news("4 March 2026", "The bridge is closed.", theme="Asylum")
LATER = NOW + timedelta(days=7)
TWO = (
    CONFIG
    + '\n[[audiences]]\nname = "reviewed"\nto = "others@lists.example.org"\nreview = "90d"\non_silence = "keep"\n'
)
SMTP = '\n[smtp]\nhost = "127.0.0.1"\nport = 1\nsecurity = "none"\n'


def store_at(url: str) -> str:
    return f'\n[store]\nurl = "{url}"\n'


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A site with everything: editions, one of which is held, mails that wait, an edited item, and a withdrawn item."""
    world = World(tmp_path_factory.mktemp("first") / "site", f"{CRANE}\n\n{FERRY}", config=TWO + SMTP)
    assert world.publisher("run", at=NOW).exit_code == 75  # nobody listens at the mail server's port
    world.edit("twice a day", "three times a day")
    world.listing.write_text(world.listing.read_text("utf-8").replace(CRANE, "").strip(), "utf-8")
    world.publisher("run", at=NOW + timedelta(hours=1))
    return world


@pytest.fixture
def world(first: World, tmp_path: Path) -> World:
    """A copy of the site `first` for one test."""
    return first.copied_to(tmp_path / "site")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.slow])])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, for each kind of database in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'other.db'}"
    url: str = request.getfixturevalue("bare_postgresql_url")
    return url


def dump_of(url: str) -> str:
    with Store.rehearse(url) as store:
        return dump(store)


def but_for_deliveries(url: str) -> list[str]:
    return [line for line in dump_of(url).splitlines() if not line.startswith("deliveries ")]


def with_store_at(world: World, folder: Path, url: str) -> World:
    """Return the site of `world` with its store at another address, which is given by the environment."""
    other = world.copied_to(folder)
    other.config.write_text(other.config.read_text("utf-8") + store_at("env:PUBLISHER_STORE_URL"), "utf-8")
    return other


def test_a_copied_site_goes_on_to_the_same_bytes(
    world: World, empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLISHER_STORE_URL", empty_url)
    here = f"sqlite:///{world.database}"

    outcome = world.publisher_store("copy", "env:PUBLISHER_STORE_URL", at=NOW)

    assert (0, "") == (outcome.exit_code, outcome.err)
    assert "copied to" in outcome.lines[0]
    assert dump_of(here) == dump_of(empty_url)
    moved = with_store_at(world, tmp_path / "moved", empty_url)
    before = moved.files()
    assert "nothing new" in moved.publisher("publish", at=LATER).out
    assert {name: state for name, state in moved.files().items() if not name.startswith("publisher.db")} == {
        name: state for name, state in before.items() if not name.startswith("publisher.db")
    }
    for site in (world, moved):
        site.list_above(BRIDGE)
        site.publisher("run", at=LATER)
        site.publisher("publish", "--archives", at=LATER)
        site.publisher_edition("release", "reviewed-1", at=LATER)
    assert world.contents("feeds") == moved.contents("feeds")
    assert world.contents("outbox") == moved.contents("outbox")
    assert but_for_deliveries(here) == but_for_deliveries(empty_url)  # a server's ledger uses the server's clock
    # and back: sequences of the server continue too
    assert 0 == moved.publisher_store("copy", f"sqlite:///{tmp_path / 'back.db'}", at=LATER).exit_code
    assert dump_of(f"sqlite:///{tmp_path / 'back.db'}") == dump_of(empty_url)


@pytest.mark.postgres
def test_a_server_has_every_row_of_a_copied_site_gives_the_next_numbers_and_all_is_copied_back(
    world: World, bare_postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What differs on a server, without the passes of the test above."""
    monkeypatch.setenv("PUBLISHER_STORE_URL", bare_postgresql_url)
    moved, back = with_store_at(world, tmp_path / "moved", bare_postgresql_url), f"sqlite:///{tmp_path / 'back.db'}"

    assert 0 == world.publisher_store("copy", "env:PUBLISHER_STORE_URL", at=NOW).exit_code

    assert dump_of(f"sqlite:///{world.database}") == dump_of(bare_postgresql_url)
    moved.publisher_edition("release", "reviewed-1", at=LATER)  # its mail gets the next number
    assert 0 == moved.publisher_store("copy", back, at=LATER).exit_code
    assert dump_of(back) == dump_of(bare_postgresql_url) != dump_of(f"sqlite:///{world.database}")


def test_a_database_that_is_not_empty_is_refused_by_one_line_and_left_alone(
    world: World, bare_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTHER", bare_url)
    engine = create_engine(bare_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE others (id INTEGER)"))
    for drop in (True, False):
        outcome = world.publisher_store("copy", "env:OTHER", at=NOW)
        assert 75 == outcome.exit_code
        [line] = outcome.problems
        assert line.endswith(": it is not empty; name an empty database to copy to")
        if drop:  # the second time it has the tables of a site in use
            with engine.begin() as connection:
                connection.execute(text("DROP TABLE others"))
            assert 0 == world.publisher_store("copy", "env:OTHER", at=NOW).exit_code
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("env:NOT_SET", "publisher: env:NOT_SET: the environment variable NOT_SET is not set"),
        ("mysql://news", f"publisher: the address names no database; expected {URL.expected}"),
    ],
)
def test_an_address_that_is_none_is_told(world: World, url: str, line: str) -> None:
    outcome = world.publisher_store("copy", url, at=NOW)

    assert (2, [line]) == (outcome.exit_code, outcome.problems)


@pytest.mark.parametrize(
    ("lock", "what"),
    [
        ("service", "a service is at work on it; stop it, then try again"),
        ("pass", "a pass is at work on it; stop it, then try again"),
        ("deliver", "mails are being handed over; try again when that has finished"),
    ],
)
def test_nothing_is_copied_while_somebody_is_at_work(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lock: str, what: str
) -> None:
    monkeypatch.setattr("publisher.admin.service_lock.ASKED_S", 0.01)
    with Store.open(f"sqlite:///{world.database}") as store, store.exclusive(lock, wait_s=0):
        outcome = world.publisher_store("copy", f"sqlite:///{tmp_path / 'other.db'}", at=NOW)

    assert (75, [f"publisher: store {world.database}: {what}"]) == (outcome.exit_code, outcome.problems)
    assert not (tmp_path / "other.db").exists()


def test_who_was_erased_stays_so_in_the_other_database_and_back(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Imports ask the file of departures, which a store on a server has elsewhere."""
    monkeypatch.setenv("PUBLISHER_STORE_URL", empty_url)
    world = World(tmp_path / "site", FERRY, config=ONLY_PEOPLE + SMTP)
    world.publisher("collect", at=NOW)
    list_of_both = tmp_path / "people.csv"
    list_of_both.write_text("email,agreed,agreed_at\n" + f"{ADA},paper,2026-01-01\n{BEN},paper,2026-01-01\n", "utf-8")

    def erase(address: str) -> str:
        """Erase a subscriber, and return what an import of both people would do."""
        people(world, "add", address, "*=weekly", "--agreed", "on paper")
        people(world, "erase", address)
        return people(world, "import", str(list_of_both), "--follow", "*=weekly").lines[0]

    assert "1 person would be added, 1 left out" in erase(ADA)
    assert 0 == world.publisher_store("copy", "env:PUBLISHER_STORE_URL", at=NOW).exit_code
    world.database.unlink()
    world.config.write_text(ONLY_PEOPLE + SMTP + store_at("env:PUBLISHER_STORE_URL"), "utf-8")
    assert "0 people would be added, 2 left out" in erase(BEN)

    assert 0 == world.publisher_store("copy", f"sqlite:///{world.database}", at=NOW).exit_code
    world.config.write_text(ONLY_PEOPLE + SMTP, "utf-8")
    assert (
        "0 people would be added, 2 left out"
        in people(world, "import", str(list_of_both), "--follow", "*=weekly").lines[0]
    )


def test_a_copy_that_was_killed_is_made_by_the_next_one(world: World, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path / 'other.db'}"
    killed = killed_at(
        "publisher.model.progress:Steps.advance", "store", "copy", "--config", str(world.config), other, call=3
    )
    assert killed == -signal.SIGKILL
    assert (tmp_path / "other.db").exists()

    outcome = run_main("store", "copy", "--config", str(world.config), other)

    assert (0, "") == (outcome.exit_code, outcome.err)
    assert dump_of(other) == dump_of(f"sqlite:///{world.database}")
