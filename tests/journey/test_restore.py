"""A restored site sends nothing twice and loses nothing, once the operator has said what went out."""

import json
import re
import shutil
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from publisher.store import Store
from tests.databases import dump
from tests.killed import killed_at
from tests.sink import Sink
from tests.world import CONFIG, NOW, World, news, run_main

FERRY = news("3 March 2026", "The ferry sails twice a day.")
CRANE = news("4 March 2026", "A new crane arrived.")
BRIDGE = news("5 March 2026", "The bridge is closed.")
TOWER = news("6 March 2026", "The tower is open.")
LATER = NOW + timedelta(days=1)
LATEST = NOW + timedelta(days=2)
AFTER = NOW + timedelta(days=3)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A site that was backed up after its first edition, and has composed two more since."""
    world = World(tmp_path_factory.mktemp("first") / "site", FERRY)
    world.publisher("run", at=NOW)
    assert 0 == world.publisher("backup", str(world.folder / "news.backup"), at=NOW).exit_code
    for at, item in ((LATER, CRANE), (LATEST, BRIDGE)):
        world.list_above(item)
        world.publisher("run", at=at)
    return world


@pytest.fixture
def world(first: World, tmp_path: Path) -> World:
    """A copy of the site `first` for one test."""
    return first.copied_to(tmp_path / "site")


def restore(world: World, *arguments: str) -> list[str]:
    outcome = world.publisher("restore", *arguments, at=AFTER)
    assert (0, "") == (outcome.exit_code, outcome.err)
    return outcome.lines


def put_back(world: World) -> list[str]:
    return restore(world, str(world.folder / "news.backup"))


def texts(world: World, name: str) -> list[str]:
    """Return the items of an edition in the outbox."""
    described: Any = json.loads((world.outbox / name / "edition.json").read_text("utf-8"))
    return sorted(item["title"] for item in described["items"])


def dump_of(world: World) -> str:
    with Store.rehearse(f"sqlite:///{world.database}") as store:
        return dump(store)


# --- a backup --------------------------------------------------------------------------------------------------------


def test_a_backup_has_the_store_and_the_outbox_as_they_are_while_a_service_is_at_work(
    world: World, tmp_path: Path
) -> None:
    file = tmp_path / "now.backup"
    before, outbox = dump_of(world), world.contents("outbox")
    with Store.open(f"sqlite:///{world.database}") as store, store.exclusive("service", wait_s=0):
        outcome = world.publisher("backup", str(file), at=AFTER)
    assert (0, "") == (outcome.exit_code, outcome.err)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [file] == [path for path in tmp_path.iterdir() if path.is_file()]

    elsewhere = World(tmp_path / "elsewhere", FERRY)
    elsewhere.lose_store()
    restore(elsewhere, str(file))

    assert before == "\n".join(line for line in dump_of(elsewhere).splitlines() if not line.startswith("restoration "))
    assert outbox == elsewhere.contents("outbox")


def test_a_backup_waits_for_a_pass_that_may_write_to_the_outbox(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publisher.admin.backup.WAIT_S", 0)
    with Store.open(f"sqlite:///{world.database}") as store, store.exclusive("pass", wait_s=0):
        outcome = world.publisher("backup", str(world.folder / "new.backup"), at=AFTER)

    assert 75 == outcome.exit_code
    assert "another publisher is at work (pass)" in outcome.problems[0]
    assert not (world.folder / "new.backup").exists()


@pytest.mark.parametrize("where", ["feeds/news.backup", "outbox/news.backup", "publisher.db", "feeds"])
def test_a_backup_is_not_written_where_it_does_harm(world: World, where: str) -> None:
    before = world.files()

    outcome = world.publisher("backup", str(world.folder / where), at=AFTER)

    assert 2 == outcome.exit_code
    assert 1 == len(outcome.problems)
    assert before == {name: state for name, state in world.files().items() if not name.endswith(".lock")} | {
        name: state for name, state in before.items() if name.endswith(".lock")
    }


def test_a_damaged_store_is_not_backed_up_over_a_good_backup(world: World) -> None:
    with world.database.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * 20_000)
    good = (world.folder / "news.backup").read_bytes()

    outcome = world.publisher("backup", str(world.folder / "news.backup"), at=AFTER)

    assert 75 == outcome.exit_code
    assert "the file is damaged" in outcome.problems[0]
    assert good == (world.folder / "news.backup").read_bytes()


def test_a_server_is_backed_up_by_its_own_program(world: World) -> None:
    world.config.write_text(CONFIG + '\n[store]\nurl = "postgresql+psycopg://nobody@127.0.0.1/none"\n', "utf-8")

    for command, program in (("backup", "pg_dump"), ("restore", "pg_restore")):
        outcome = world.publisher(command, str(world.folder / "news.backup"), at=AFTER)
        [line] = outcome.problems
        assert 2 == outcome.exit_code
        assert program in line
        assert str(world.outbox) in line


@pytest.mark.parametrize(
    "name", ["feeds/news", "outbox/news", "config.toml", "publisher.db", "publisher.db.departures", "publisher.db.key"]
)
def test_a_backup_lies_nowhere_where_others_read_nor_in_place_of_the_sites_own_files(world: World, name: str) -> None:
    file = world.folder / name
    before = file.read_bytes() if file.exists() else None

    outcome = world.publisher("backup", str(file), at=AFTER)

    assert (2, True) == (outcome.exit_code, f"backup {file}: " in outcome.err)
    assert before == (file.read_bytes() if file.exists() else None)


# --- a restore -------------------------------------------------------------------------------------------------------


def test_after_a_restore_composing_waits_and_all_else_goes_on(world: World) -> None:
    shutil.rmtree(world.outbox / "weekly-1")
    newer = world.contents("outbox")
    kept = dump_of(world)

    lines = put_back(world)

    assert "audience weekly: the last edition that the store knows: weekly-1" in lines
    assert [line for line in lines if line.startswith("  ")] == [
        "  weekly-2: in the outbox, 1 item",
        "  weekly-3: in the outbox, 1 item",
    ]
    assert lines[-2:] == [
        "publisher restore --sent-up-to weekly-3",
        "or, if nothing went out since the backup: publisher restore --nothing-sent",
    ]
    assert newer.items() <= world.contents("outbox").items()
    assert (world.outbox / "weekly-1" / "digest.eml").is_file()
    with Store.rehearse(f"sqlite:///{world.database}.before-restore-1") as store:
        assert kept == dump(store)

    world.list_above(TOWER)
    run = world.publisher("run", at=AFTER)
    assert 75 == run.exit_code
    assert ["audience 'weekly': held because the store was restored"] == [
        line.partition("problem: ")[2].partition(": say")[0] for line in run.problems
    ]
    assert "The tower is open." in world.summaries("all")
    assert not (world.outbox / "weekly-4").exists()
    status = world.publisher("status", at=AFTER)
    assert 75 == status.exit_code
    assert any("no edition is composed for weekly until you say what went out" in line for line in status.lines)
    check = world.publisher("check", at=AFTER)
    assert 2 == check.exit_code
    assert any("held because the store was restored" in line for line in check.lines)


@pytest.mark.parametrize("is_collected_first", [True, False])
def test_sent_editions_are_known_from_the_outbox(world: World, is_collected_first: bool) -> None:
    put_back(world)
    world.list_above(TOWER)
    if is_collected_first:
        world.publisher("collect", at=AFTER)

    lines = restore(world, "--sent-up-to", "weekly-3")

    assert lines == [
        "audience weekly: its next edition is weekly-4",
        "  weekly-2 went out: its items are not sent again",
        "  weekly-3 went out: its items are not sent again",
        "composing goes on",
    ]
    assert 0 == world.publisher("run", at=AFTER).exit_code
    assert ["The tower is open"] == texts(world, "weekly-4")
    assert 0 == world.publisher("status", at=AFTER).exit_code


def test_sent_editions_are_known_from_the_web_pages_if_the_outbox_was_emptied(world: World) -> None:
    put_back(world)
    shutil.rmtree(world.outbox)
    world.list_above(TOWER)

    lines = restore(world, "--sent-up-to", "weekly-2")

    assert lines[:2] == [
        "audience weekly: its next edition is weekly-4",
        "  weekly-2 went out: its items are not sent again",
    ]
    world.publisher("run", at=AFTER)
    assert ["The bridge is closed", "The tower is open"] == texts(world, "weekly-4")


def test_where_nothing_tells_items_are_sent_again_rather_than_never(world: World) -> None:
    put_back(world)
    shutil.rmtree(world.outbox / "weekly-3")
    (world.feeds / "archive/weekly/3.html").unlink()

    lines = restore(world, "--sent-up-to", "weekly-3")

    assert "  weekly-2 went out: its items are not sent again" in lines
    assert any(line.startswith("  weekly-3 went out, and nothing tells which items it had") for line in lines)
    world.publisher("run", at=AFTER)
    assert ["The bridge is closed"] == texts(world, "weekly-4")
    page = (world.feeds / "archive/weekly/4.html").read_text("utf-8")
    assert ["1.html"] == re.findall(r'href="(\d+\.html)" rel="prev"', page)  # and no link to a page that may not exist


def test_unsent_editions_are_sent_and_no_number_is_used_twice(world: World) -> None:
    put_back(world)

    lines = restore(world, "--nothing-sent")

    assert [line.partition(":")[0] for line in lines[1:-1]] == [
        "  weekly-2 did not go out",
        "  weekly-3 did not go out",
    ]
    world.publisher("run", at=AFTER)
    assert ["A new crane arrived", "The bridge is closed"] == texts(world, "weekly-4")
    ids = {edition["message_id"] for edition in world.editions().values()}
    assert 4 == len(ids)


def test_without_a_backup_a_site_that_begins_anew_uses_no_number_twice(world: World) -> None:
    world.lose_store()

    assert 0 == world.publisher("run", "--fresh", at=AFTER).exit_code

    assert {"weekly-1", "weekly-2", "weekly-3", "weekly-4"} == {*world.editions()}
    assert 3 == len(texts(world, "weekly-4"))


def test_each_audience_is_asked_for_itself(tmp_path: Path) -> None:
    other = '\n[[audiences]]\nname = "board-2"\nto = "board@lists.example.org"\n'
    world = World.after_run(tmp_path / "site", FERRY, config=CONFIG + other)
    world.publisher("backup", str(world.folder / "news.backup"), at=NOW)
    world.list_above(CRANE)
    world.publisher("run", at=LATER)
    put_back(world)

    assert "these still wait: board-2" in restore(world, "--sent-up-to", "weekly-2")
    world.list_above(BRIDGE)
    assert 75 == world.publisher("run", at=AFTER).exit_code
    assert ["The bridge is closed"] == texts(world, "weekly-3")
    assert not (world.outbox / "board-2-3").exists()
    for again in ("weekly-2", "board-9", "weekly-x"):
        outcome = world.publisher("restore", "--sent-up-to", again, at=AFTER)
        assert (2, 1) == (outcome.exit_code, len(outcome.problems))
    assert "composing goes on" in restore(world, "--nothing-sent")
    world.publisher("run", at=AFTER)
    assert ["A new crane arrived", "The bridge is closed"] == texts(world, "board-2-3")
    assert ["no audience waits for you after a restore"] == restore(world)
    assert 2 == world.publisher("restore", "--nothing-sent", at=AFTER).exit_code


def test_an_edition_that_was_held_in_the_backup_and_released_since_is_not_sent_again(tmp_path: Path) -> None:
    world = World.after_run(
        tmp_path / "site", f"{CRANE}\n\n{FERRY}", config=f'{CONFIG}review = "2h"\non_silence = "keep"\n'
    )
    world.publisher("backup", str(world.folder / "news.backup"), at=NOW)
    [ferry] = [line.split()[0] for line in world.publisher_edition("show", "weekly-1", at=NOW).lines if "ferry" in line]
    world.publisher_edition("drop", "weekly-1", ferry, "--until-next", at=NOW)
    world.publisher_edition("release", "weekly-1", at=NOW)
    sent = world.contents("outbox/weekly-1")
    put_back(world)
    world.publisher("run", at=AFTER)

    restore(world, "--sent-up-to", "weekly-1")
    world.publisher("run", at=AFTER)

    assert sent == world.contents("outbox/weekly-1")
    assert ["weekly-2", "weekly-2.txt"] == sorted(path.name for path in (world.outbox / "held").iterdir())
    described = json.loads((world.outbox / "held/weekly-2/edition.json").read_text("utf-8"))
    assert ["The ferry sails twice a day"] == [item["title"] for item in described["items"]]


# --- mails -----------------------------------------------------------------------------------------------------------


def test_no_mail_of_a_restored_ledger_goes_out_unasked(tmp_path: Path, sink: Sink) -> None:
    def smtp(port: int) -> str:
        return f'{CONFIG}\n[smtp]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n'

    world = World(tmp_path / "site", FERRY, config=smtp(1))
    world.publisher("run", at=NOW)  # nobody listens there
    world.list_above(CRANE)
    world.publisher("run", at=LATER)
    world.publisher("backup", str(world.folder / "news.backup"), at=LATER)
    world.config.write_text(smtp(sink.port), "utf-8")
    put_back(world)

    world.publisher("run", at=AFTER)
    world.publisher("deliver", at=AFTER)
    assert 2 == world.publisher("deliver", "--from", "weekly-1", at=AFTER).exit_code
    assert [] == sink.taken

    restore(world, "--sent-up-to", "weekly-1")
    world.publisher("deliver", at=AFTER)
    assert [(world.outbox / "weekly-2" / "digest.eml").read_bytes()] == [taken.mail for taken in sink.taken]
    assert "nothing new\n" == world.publisher("deliver", at=AFTER).out
    assert "nothing new\n" == world.publisher("deliver", "--from", "weekly-1", at=AFTER).out


# --- obstacles -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lock", ["service", "pass", "deliver"])
def test_nothing_is_restored_while_somebody_is_at_work(world: World, lock: str) -> None:
    before = dump_of(world)
    with Store.open(f"sqlite:///{world.database}") as store, store.exclusive(lock, wait_s=0):
        outcome = world.publisher("restore", str(world.folder / "news.backup"), at=AFTER)

    assert 75 == outcome.exit_code
    assert "a restore needs the service stopped" in outcome.problems[0]
    assert before == dump_of(world)


@pytest.mark.parametrize("damage", ["cut", "other", "missing"])
def test_an_incomplete_backup_changes_nothing(world: World, damage: str) -> None:
    file = world.folder / "news.backup"
    data = file.read_bytes()
    before = dump_of(world)
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(data[: len(data) // 2] if damage == "cut" else b"something else" * 100)

    outcome = world.publisher("restore", str(file), at=AFTER)

    assert (75, 1) == (outcome.exit_code, len(outcome.problems))
    assert outcome.problems[0].startswith(f"publisher: backup {file}: ")
    assert before == dump_of(world)
    assert not (world.folder / "publisher.db.restoring").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("where", "call"),
    [
        ("publisher.store.backup_file:unpack_backup", 1),
        ("publisher.store.settlement:Settlements.begin", 1),
        ("publisher.store.files:write_folder", 1),
        ("publisher.admin.restore:put_in_place", 1),
        ("pathlib:Path.replace", 1),
        ("pathlib:Path.replace", 2),
        ("pathlib:Path.replace", 3),
        ("publisher.admin.restore:flush_folder", 1),
        ("shutil:rmtree", 1),
    ],
)
def test_a_restore_that_was_killed_is_ended_by_the_same_one(world: World, where: str, call: int) -> None:
    shutil.rmtree(world.outbox / "weekly-1")
    backup = str(world.folder / "news.backup")
    undisturbed = world.copied_to(world.folder.parent / "undisturbed")
    put_back(undisturbed)

    again = ("restore", "--config", str(world.config), "--now", AFTER.isoformat(), backup)

    assert -signal.SIGKILL == killed_at(where, *again, call=call)

    if world.database.exists():  # the former store, or the whole new one
        assert dump_of(world) in (dump_of(undisturbed), dump_of_kept(undisturbed))
    put_back(world)

    assert dump_of(undisturbed) == dump_of(world)
    assert undisturbed.contents("outbox") == world.contents("outbox")
    assert not (world.folder / "publisher.db.restoring").exists()
    assert dump_of_kept(undisturbed) == dump_of_kept(world)


def dump_of_kept(world: World) -> str:
    with Store.rehearse(f"sqlite:///{world.database}.before-restore-1") as store:
        return dump(store)


@pytest.mark.slow
@pytest.mark.parametrize("where", ["tarfile:TarFile.addfile", "os:fsync", "pathlib:Path.replace"])
def test_a_backup_that_was_killed_leaves_the_one_before(world: World, where: str) -> None:
    file = world.folder / "news.backup"
    good = file.read_bytes()

    assert -signal.SIGKILL == killed_at(where, "backup", "--config", str(world.config), str(file))

    assert good == file.read_bytes()
    assert 0 == run_main("backup", "--config", str(world.config), str(file)).exit_code
    put_back(world)


@pytest.mark.slow
def test_a_word_that_was_killed_is_recorded_whole_or_not(world: World) -> None:
    put_back(world)
    before = dump_of(world)
    answer = ("restore", "--config", str(world.config), "--now", AFTER.isoformat(), "--sent-up-to", "weekly-3")

    assert -signal.SIGKILL == killed_at("publisher.store.settlement:insert_deliveries", *answer)

    assert before == dump_of(world)
    assert "composing goes on" in run_main(*answer).lines


@pytest.mark.slow
def test_a_store_that_a_killed_program_left_is_kept_with_what_it_had_committed(world: World) -> None:
    world.list_above(TOWER)
    undisturbed = world.copied_to(world.folder.parent / "undisturbed")
    put_back(undisturbed)
    run = ("run", "--config", str(world.config), "--now", AFTER.isoformat())
    assert -signal.SIGKILL == killed_at("publisher.publish.run:publish", *run)
    assert (world.folder / "publisher.db-wal").stat().st_size
    before = dump_of(world)
    assert "The tower is open." in before

    put_back(world)

    assert before == dump_of_kept(world)
    assert dump_of(undisturbed) == dump_of(world)


@pytest.mark.postgres
def test_a_database_that_its_own_program_put_back_is_asked_about_just_the_same(
    tmp_path: Path, bare_postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World.after_run(tmp_path / "site", FERRY)
    monkeypatch.setenv("PUBLISHER_STORE_URL", bare_postgresql_url)
    world.publisher_store("copy", "env:PUBLISHER_STORE_URL", at=NOW)  # as the server's own program would restore it
    world.list_above(CRANE)
    world.publisher("run", at=LATER)
    world.config.write_text(CONFIG + '\n[store]\nurl = "env:PUBLISHER_STORE_URL"\n', "utf-8")

    lines = restore(world, "--put-back")

    assert "  weekly-2: in the outbox, 1 item" in lines
    assert 75 == world.publisher("status", at=AFTER).exit_code
    restore(world, "--sent-up-to", "weekly-2")
    world.list_above(BRIDGE)
    assert 0 == world.publisher("run", at=AFTER).exit_code
    assert ["The bridge is closed"] == texts(world, "weekly-3")
