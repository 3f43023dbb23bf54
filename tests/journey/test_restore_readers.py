"""A site with subscribers is restored from a backup: nobody who left gets a mail, and no mail is sent before the
operator has said which mails went out since the backup.
"""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from publisher.model.departures import SuppressionKind
from tests.journey.test_subscribers import (
    AGREED,
    ANY_PORT,
    BOTH,
    CRANE,
    FERRY,
    MONDAY,
    MORE,
    SENDING,
    THURSDAY,
    people,
    sending_to,
)
from tests.sink import Sink, mail_sink
from tests.world import NOW, World, news, prepared

FRIDAY = THURSDAY + timedelta(days=1)
NEXT = MONDAY + timedelta(days=1)
STAYED, LEFT, ERASED, COMPLAINED = (f"{name}@example.org" for name in ("stayed", "left", "erased", "complained"))
LATEST = news("8 March 2026", "The harbour has a new master.", theme="Ferries")


@pytest.fixture
def world(tmp_path: Path, sink: Sink) -> World:
    """A site without lists and with four subscribers. It was backed up, then sent a round, and lost three subscribers
    since.
    """
    return sending_to(sink, prepared(tmp_path / "site", three_left))


def three_left(folder: Path) -> World:
    """Return the site of `world`, but with a round of mails that was sent to another server than the fixture `sink`."""
    with mail_sink() as sink:
        world = sending_to(sink, backed_up(folder))
        world.publisher("run", at=THURSDAY)
        assert 4 == len(sink.taken)
    world.configure(f"port = {sink.port}", f"port = {ANY_PORT}")
    people(world, "end", LEFT, at=FRIDAY)
    people(world, "erase", ERASED, at=FRIDAY)
    with world.store() as store:
        store.people.suppressions.add(COMPLAINED, SuppressionKind.COMPLAINT, now=FRIDAY)
    world.list_above(BOTH)
    return world


def backed_up(folder: Path) -> World:
    """Return the site of `world` as it was backed up, before its round of mails."""
    world = World.after_run(folder, f"{FERRY}\n\n{CRANE}", config=SENDING)
    for address in (STAYED, LEFT, ERASED, COMPLAINED):
        assert 0 == people(world, "add", address, "*=daily", *AGREED).exit_code
    world.list_above(MORE)
    world.publisher("backup", str(world.folder / "news.backup"), at=NOW)
    return world


def restore(world: World, *arguments: str, at: datetime = FRIDAY) -> list[str]:
    outcome = world.publisher("restore", *arguments, at=at)
    assert (0, "") == (outcome.exit_code, outcome.err)
    return outcome.lines


def backup_with_newcomer(world: World) -> tuple[str, str]:
    """Make a backup with a new subscriber, and restore the older backup. Return the file of the new backup, and the
    address.
    """
    newer, joined = str(world.folder / "newer.backup"), "joined@example.org"
    people(world, "add", joined, "*=daily", *AGREED, at=FRIDAY)
    world.publisher("backup", newer, at=FRIDAY)
    restore(world, str(world.folder / "news.backup"))
    return newer, joined


def test_nobody_who_left_gets_a_mail_after_a_restore_and_sending_waits_for_a_word(world: World, sink: Sink) -> None:
    lines = restore(world, str(world.folder / "news.backup"))

    gone = "1 subscriber left, 1 erased, 1 suppressed"
    assert f"since the backup, by publisher.db.departures: {gone}; so it is again" in lines
    assert "publisher restore --rounds-sent" in lines
    world.publisher("run", at=FRIDAY)
    world.publisher("run", at=MONDAY)
    assert [] == sink.taken
    status = world.publisher("status", at=MONDAY)
    assert 75 == status.exit_code
    assert any("no round begins until you say what went out since the backup" in line for line in status.lines)

    assert ["composing goes on"] == restore(world, "--rounds-sent", at=MONDAY)
    assert ["no audience waits for you after a restore"] == restore(world, at=MONDAY)
    world.list_above(LATEST)
    world.publisher("run", at=NEXT)

    mails = {taken.recipients[0]: taken.mail.decode() for taken in sink.taken}
    assert STAYED in mails
    assert not {LEFT, ERASED, COMPLAINED} & set(mails)
    assert "The harbour has a new master" in mails[STAYED]
    assert "The ferry sails thrice" not in mails[STAYED], "he had it before"
    listed = [each["address"] for each in people(world, "list", "--json").json]
    assert [STAYED, COMPLAINED] == listed


def test_if_nothing_went_out_since_subscribers_get_all_of_it(world: World, sink: Sink) -> None:
    restore(world, str(world.folder / "news.backup"))
    restore(world, "--nothing-sent")

    world.publisher("run", at=MONDAY)

    [mail] = [taken.mail.decode() for taken in sink.taken if taken.recipients == (STAYED,)]
    assert "The ferry sails thrice" in mail
    assert "The crane lifts the ferry" in mail


def test_a_subscriber_whom_an_older_backup_lacks_and_who_asks_for_erasure_stays_erased_after_a_newer_one(
    world: World,
) -> None:
    """The operator restored the older of two backups first."""
    newer, joined = backup_with_newcomer(world)
    outcome = people(world, "erase", joined, at=NEXT)
    assert (2, [f"publisher: nothing is held of {joined}"]) == (outcome.exit_code, outcome.problems)

    lines = restore(world, newer, at=NEXT)

    assert (
        "since the backup, by publisher.db.departures: 0 subscribers left, 1 erased, 0 suppressed; so it is again"
        in lines
    )
    assert [f"publisher: nothing is held of {joined}"] == people(world, "held", joined, at=NEXT).problems


def test_a_subscriber_whom_an_older_backup_lacks_and_who_is_ended_stays_so_after_a_newer_one(
    world: World,
) -> None:
    newer, joined = backup_with_newcomer(world)
    lines_before = world.database.with_name("publisher.db.departures").read_text("ascii").count("\n")
    for _ in range(2):
        outcome = people(world, "end", joined, at=NEXT)
        assert (2, [f"publisher: no one is subscribed as {joined}"]) == (outcome.exit_code, outcome.problems)
    assert lines_before + 1 == world.database.with_name("publisher.db.departures").read_text("ascii").count("\n")

    lines = restore(world, newer, at=NEXT)

    gone = "1 subscriber left, 0 erased, 0 suppressed"
    assert f"since the backup, by publisher.db.departures: {gone}; so it is again" in lines
    assert joined not in [each["address"] for each in people(world, "list", "--json", at=NEXT).json]


def test_a_missing_file_of_departures_is_reported(world: World) -> None:
    world.database.with_name("publisher.db.departures").unlink()

    lines = restore(world, str(world.folder / "news.backup"))

    words = "publisher.db.departures is not there: who left since the backup is a subscriber again"
    assert any(words in line for line in lines)


def test_leaving_works_while_the_file_of_departures_cannot_be_written(world: World, sink: Sink) -> None:
    file = world.database.with_name("publisher.db.departures")
    aside = file.rename(world.folder / "aside")
    file.mkdir()

    assert 0 == people(world, "end", STAYED, at=FRIDAY).exit_code

    refused = f"{file}: a directory is where a file should be: move it away"
    run = world.publisher("run", at=FRIDAY)
    assert any(f"departures: {refused}; until then 1 departure would be" in line for line in run.problems), run.problems
    assert any(line.startswith("departures: 1 not in their file") for line in world.publisher("status").lines)
    fix = f"fix: departures: {file} is a folder where a file should be; move it away"
    assert any(line.startswith(fix) for line in world.publisher("check", at=FRIDAY).lines)
    assert [] == sink.taken
    backup = str(world.folder / "news.backup")
    assert [f"publisher: {refused}"] == world.publisher("restore", backup, at=FRIDAY).problems

    file.rmdir()
    aside.rename(file)
    gone = "2 subscribers left, 1 erased, 1 suppressed"
    assert f"since the backup, by publisher.db.departures: {gone}; so it is again" in restore(world, backup)


def test_a_folder_in_the_place_of_the_file_stops_no_command_and_each_pass_reports_it(
    tmp_path: Path, sink: Sink
) -> None:
    world = sending_to(sink, World(tmp_path / "site", FERRY, config=SENDING))
    file = world.database.with_name("publisher.db.departures")
    file.mkdir()

    told = f"{file}: a directory is where a file should be: move it away; until then departures would be forgotten"
    assert any(told in line for line in world.publisher("run", at=NOW).problems)
    for command in (("add", STAYED, "*=daily", *AGREED), ("list",), ("end", STAYED)):
        assert 0 == people(world, *command).exit_code, command
    assert [STAYED] == [each["address"] for each in people(world, "list", "--ended", "--json").json]
    assert any("2 departures would be forgotten" in line for line in world.publisher("run", at=NOW).problems)
