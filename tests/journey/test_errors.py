"""Errors are reported in one line, lose nothing, and do not stop other work."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.compose.run import HELD
from tests.world import CONFIG, NOW, Outcome, World, news

LATER = NOW + timedelta(hours=1)
LATER_STILL = NOW + timedelta(hours=2)
OLD = news("2 March 2026", "An old rule at the border.", theme="Borders & Visa")
NEW = news("3 March 2026", "A new rule.", theme="Asylum")
PATIENCE = '\n[store]\nurl = "sqlite:///publisher.db?timeout=0.1"\n'


@pytest.fixture(scope="module")
def after_first_run(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A site after one run, which other fixtures copy."""
    world = World(tmp_path_factory.mktemp("first") / "site", OLD, config=CONFIG + PATIENCE)
    assert 0 == world.publisher("run", at=NOW).exit_code
    return world


@pytest.fixture
def world(after_first_run: World, tmp_path: Path) -> World:
    """A site after one run, with something new since."""
    world = after_first_run.copied_to(tmp_path / "site")
    world.list_above(NEW)
    return world


@pytest.fixture(scope="module")
def undisturbed(after_first_run: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A site with the listings of the fixture `world`, on which everything went well."""
    world = after_first_run.copied_to(tmp_path_factory.mktemp("undisturbed") / "site")
    world.list_above(NEW)
    world.publisher("run", at=LATER)
    return world


def only_line(outcome: Outcome, *, exit_code: int) -> str:
    """Return the only line of output, which reports the error. Fail if there is a traceback, or if it looks as if
    nothing was new.
    """
    assert exit_code == outcome.exit_code
    assert "Traceback" not in outcome.err
    assert "nothing new" not in outcome.out
    [line] = outcome.problems
    return line


@contextmanager
def in_the_way(folder: Path) -> Iterator[None]:
    """Put a file at the path of a folder, so that nobody can write there, not even root."""
    aside = folder.with_name(f"{folder.name}.aside")
    if folder.exists():
        folder.rename(aside)
    folder.write_text("in the way", encoding="utf-8")
    yield
    folder.unlink()
    if aside.exists():
        aside.rename(folder)


# --- config.toml -----------------------------------------------------------------------------------------------------


def test_everything_wrong_in_the_configuration_is_told_together(world: World) -> None:
    world.configure('timezone = "Europe/Brussels"', 'timezone = "Europe/Brusels"\nlangauge = "en"')
    world.configure('schedule = "0 8 * * MON"', 'schedule = "0 25 * * MON"')
    world.configure('to = "readers@lists.example.org"', "")
    before = world.files()

    outcome = world.publisher("run", at=LATER)

    assert (2, "") == (outcome.exit_code, outcome.out)
    keys = ["site.timezone", "site.langauge", "audiences.weekly.schedule", "audiences.weekly.to"]
    assert [f"publisher: {world.config}: {key}:" for key in keys] == [
        ":".join(line.split(":")[:3]) + ":" for line in outcome.problems
    ]
    assert "did you mean Europe/Brussels?" in outcome.problems[0]
    assert "did you mean language?" in outcome.problems[1]
    assert before == world.files()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[site", "this is not TOML"),
        ('[site]\ntitle = "\udcff"', "line 2 is not in UTF-8"),
    ],
)
def test_configuration_that_is_no_toml_is_one_line(world: World, text: str, told: str) -> None:
    world.config.write_bytes(text.encode("utf-8", "surrogateescape"))

    assert told in only_line(world.publisher("status"), exit_code=2)


def test_missing_configuration_is_one_line_with_the_next_step(world: World) -> None:
    world.config.unlink()

    line = only_line(world.publisher("run"), exit_code=2)

    assert f"publisher: {world.config}: no such file; `publisher init` makes a new site" == line


# --- folders ---------------------------------------------------------------------------------------------------------


def test_feeds_that_cannot_be_written_hold_the_edition_until_they_can(world: World, undisturbed: World) -> None:
    with in_the_way(world.feeds):
        outcome = world.publisher("run", at=LATER)
        assert ["collect: 1 added"] == outcome.lines
        assert 75 == outcome.exit_code
        assert [
            f"problem: publish: {world.feeds}: a file is where a directory should be: move it away",
            f"problem: audience 'weekly': {HELD}",
        ] == outcome.problems
        assert [1] == world.composed()

    assert 0 == world.publisher("run", at=LATER).exit_code
    assert [1, 1] == world.composed()
    assert undisturbed.contents() == world.contents()
    assert undisturbed.contents("outbox") == world.contents("outbox")


def test_feeds_that_cannot_be_written_are_one_line_when_no_edition_waits(world: World) -> None:
    world.publisher("run", at=LATER)
    world.edit("A new rule.", "A newer rule.")

    with in_the_way(world.feeds):
        line = only_line(world.publisher("run", at=LATER_STILL), exit_code=75)

    assert line.startswith(f"problem: publish: {world.feeds}: ")


def test_outbox_that_cannot_be_written_gets_the_same_edition_later_and_nothing_there_is_overwritten(
    world: World, undisturbed: World
) -> None:
    with in_the_way(world.outbox):
        line = only_line(world.publisher("run", at=LATER), exit_code=75)
        assert line.startswith(f"problem: edition weekly-2: {world.outbox}")
        assert ["weekly-2"] == world.publisher("status", "--json").json["unwritten"]
        only_line(world.publisher("run", at=LATER_STILL), exit_code=75)

    stray = world.outbox / "weekly-2"
    stray.mkdir()
    (stray / "digest.eml").write_text("not ours", encoding="utf-8")
    line = only_line(world.publisher("run", at=LATER_STILL), exit_code=75)
    assert f"problem: edition weekly-2: {stray} is damaged: move it away, then run again to write it again" == line
    assert "not ours" == (stray / "digest.eml").read_text("utf-8")
    shutil.rmtree(stray)

    outcome = world.publisher("run", at=LATER_STILL)

    assert ["compose: weekly-2 with 1 item"] == outcome.lines
    assert undisturbed.contents("outbox") == world.contents("outbox")
    assert "nothing new\n" == world.publisher("run", at=LATER_STILL).out


# --- templates -------------------------------------------------------------------------------------------------------


def test_broken_digest_template_costs_no_edition(world: World, undisturbed: World) -> None:
    template = broken(world, "digest.html")
    line = only_line(world.publisher("run", at=LATER), exit_code=2)

    assert line.startswith(f"problem: audience 'weekly': template {template}:2: ")
    assert [1] == world.composed()
    assert {"all", "asylum"} == world.in_feeds("A new rule")

    template.unlink()
    assert "compose: weekly-2 with 1 item" in world.publisher("run", at=LATER).lines
    assert undisturbed.contents("outbox") == world.contents("outbox")


def test_broken_page_template_keeps_the_pages_that_are_there_and_status_names_it_until_it_is_mended(
    world: World, undisturbed: World
) -> None:
    template = broken(world, "item.html")
    before = world.contents()

    outcome = world.publisher("run", at=LATER)

    assert 2 == outcome.exit_code
    assert f"problem: publish: template {template}:2: " in outcome.problems[0]
    assert ["collect: 1 added"] == outcome.lines
    assert before == world.contents()
    assert [1] == world.composed()
    assert any(f"template {template}:2" in line for line in world.publisher("status").lines)

    template.unlink()
    assert "compose: weekly-2 with 1 item" in world.publisher("run", at=LATER).lines
    assert undisturbed.contents() == world.contents()
    lines = world.publisher("status").lines
    assert not any("template" in line for line in lines)
    assert "run on Wed 2026-03-04 11:30: done" in lines


def broken(world: World, name: str) -> Path:
    """Return a template of the site's own that uses an unknown value on its second line."""
    path = world.folder / "templates" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("<!DOCTYPE html>\n{{ nobody.knows }}\n", encoding="utf-8")
    return path


# --- the store -------------------------------------------------------------------------------------------------------


def test_locked_database_is_one_line_and_tried_later(world: World, undisturbed: World) -> None:
    with sqlite3.connect(world.database, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        before = world.contents("feeds"), world.contents("outbox")
        line = only_line(world.publisher("run", at=LATER), exit_code=75)
        other.execute("ROLLBACK")
    other.close()

    assert (
        line == f"publisher: store {world.database}: another program holds it locked; try again when that has finished"
    )
    assert before == (world.contents("feeds"), world.contents("outbox"))
    world.publisher("run", at=LATER)
    assert undisturbed.contents("outbox") == world.contents("outbox")


def test_reading_commands_work_beside_a_locked_database(world: World) -> None:
    with sqlite3.connect(world.database, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        outcome = world.publisher("status", at=LATER)
        other.execute("ROLLBACK")
    other.close()

    assert (0, "") == (outcome.exit_code, outcome.err)


@pytest.mark.parametrize("verb", ["run", "status", "preview"])
def test_file_that_is_no_database_is_one_line_and_left_alone(world: World, verb: str) -> None:
    world.database.write_bytes(b"this is no database" * 1000)
    before = world.files()

    line = only_line(world.publisher(verb), exit_code=75)

    assert (
        f"publisher: store {world.database}: the file is not an SQLite database, or its first page is damaged; put "
        "back a copy (`publisher restore`), or name another file in store.url" == line
    )
    assert before == world.files()


def test_damaged_database_is_one_line(world: World) -> None:
    data = bytearray(world.database.read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    world.database.write_bytes(data)

    line = only_line(world.publisher("run", at=LATER), exit_code=75)

    assert line.startswith(f"publisher: store {world.database}: ")


def test_database_in_a_folder_that_is_not_there_is_one_line(world: World) -> None:
    world.configure("sqlite:///publisher.db", "sqlite:///nowhere/publisher.db")

    line = only_line(world.publisher("run", at=LATER), exit_code=75)

    assert str(world.folder / "nowhere") in line


# --- sources ---------------------------------------------------------------------------------------------------------


def vanished(listing: Path) -> None:
    listing.unlink()


def emptied(listing: Path) -> None:
    listing.write_text("", encoding="utf-8")


def replaced_by_a_folder(listing: Path) -> None:
    listing.unlink()
    listing.mkdir()


def in_another_encoding(listing: Path) -> None:
    listing.write_text(listing.read_text("utf-8") + "Café", encoding="latin-1")


def unreadable(listing: Path) -> None:
    listing.write_text("<html>502 Bad Gateway</html>\n\n32 March 2026\n\nLost.", encoding="utf-8")


HARMS = (vanished, emptied, replaced_by_a_folder, in_another_encoding, unreadable)


def source(name: str) -> str:
    return f'\n[[sources]]\nname = "{name}"\npath = "{name}.txt"\n'


def test_failed_sources_are_told_and_lose_nothing_while_the_others_go_on(tmp_path: Path) -> None:
    """Each source fails in a way of its own."""
    harms = {harm.__name__.replace("_", "-"): harm for harm in HARMS}
    world = World(tmp_path / "site", OLD, config=CONFIG + "".join(source(name) for name in [*harms, "agenda"]))
    listings = {name: world.folder / f"{name}.txt" for name in harms}
    for name, listing in listings.items():
        listing.write_text(news("3 March 2026", f"A new rule of {name}.", theme="Asylum"), encoding="utf-8")
    (world.folder / "agenda.txt").write_text(news("2 March 2026", "An old meeting."), encoding="utf-8")
    assert 0 == world.publisher("run", at=NOW).exit_code
    (world.folder / "agenda.txt").write_text(news("4 March 2026", "A meeting."), encoding="utf-8")
    whole = {name: listing.read_text("utf-8") for name, listing in listings.items()}
    for name, harm in harms.items():
        harm(listings[name])

    outcome = world.publisher("run", at=LATER_STILL)

    assert 75 == outcome.exit_code
    assert "Traceback" not in outcome.err
    told = {line.split("'")[1]: line for line in outcome.problems if line.startswith("problem: source '")}
    assert len(told) == len(outcome.problems)
    assert harms.keys() == told.keys()
    assert ["emptied"] == [name for name, line in told.items() if str(listings[name]) not in line]
    assert outcome.lines[0].startswith("collect: 1 added")
    assert "compose: weekly-2 with 1 item" in outcome.lines
    assert [{"all", "asylum"}] * len(harms) == [world.in_feeds(f"A new rule of {name}") for name in harms]

    for name, listing in listings.items():
        shutil.rmtree(listing) if listing.is_dir() else listing.unlink(missing_ok=True)
        listing.write_text(whole[name], encoding="utf-8")
    # an empty listing is reported at once, and so is its end; another failure may pass by itself
    assert "source emptied: well\n" == world.publisher("run", at=LATER_STILL).out


def test_status_tells_since_when_a_source_fails_until_it_is_back(world: World) -> None:
    listing = world.listing.read_text("utf-8")
    world.listing.unlink()
    for hours in (1, 2, 3):
        only_line(world.publisher("run", at=NOW + timedelta(hours=hours)), exit_code=75)

    [line] = [line for line in world.publisher("status").lines if line.startswith("source")]
    assert line.startswith("source news: failing since Wed 2026-03-04 11:30 (3 times): there is no ")

    world.listing.write_text(listing, encoding="utf-8")
    world.publisher("run", at=NOW + timedelta(hours=4))
    [line] = [line for line in world.publisher("status").lines if line.startswith("source")]
    assert "source news: 2 items listed, last change Wed 2026-03-04 14:30" == line


def test_unreadable_item_is_told_and_not_withdrawn_and_the_others_are_published(world: World) -> None:
    world.list_above("31 February 2026\n\nOn a day that never was.")

    outcome = world.publisher("run", at=LATER)

    line = only_line(outcome, exit_code=75)
    assert f"{world.listing}:1" in line
    assert "31 February 2026" in line
    assert {"all", "asylum"} == world.in_feeds("A new rule")
    assert [1, 1] == world.composed()
    assert not world.in_feeds("On a day that never was")

    world.edit("3 March 2026", "33 March 2026")
    world.publisher("run", at=LATER_STILL)

    assert {"all", "asylum"} == world.in_feeds("A new rule")
