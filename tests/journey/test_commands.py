"""What every command does, prints and leaves behind."""

import os
import pty
import resource
import shlex
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from publisher.cli.commands import cli
from tests.processes import Process
from tests.world import CONFIG, NOW, World, environment, news, prepared, run_main

LATER = NOW + timedelta(days=1)
BORDER = news("2 March 2026", "A new rule at the border. It is short.", theme="Borders & Visa")
GENERAL = news("3 March 2026", "The office is closed on Friday.")
LISTING = f"{GENERAL}\n\n{BORDER}"
DAILY = """
[[audiences]]
name = "daily"
themes = ["borders-visa"]
first = "none"
to = "daily@lists.example.org"
"""
COMMANDS = ("check", "collect", "compose", "edition", "init", "preview", "publish", "run", "serve", "status")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A site that has never run."""
    return World(tmp_path / "site", LISTING)


@pytest.fixture
def ran(tmp_path: Path) -> World:
    """The site of the fixture `world` after one run."""
    return World.after_run(tmp_path / "site", LISTING)


# --- the steps -------------------------------------------------------------------------------------------------------


def test_run_does_each_step_in_turn(ran: World, tmp_path: Path) -> None:
    steps = World(tmp_path / "steps", LISTING)
    assert ["collect: 2 added"] == steps.publisher("collect", at=NOW).lines
    assert not steps.feeds.exists()
    assert steps.publisher("publish", at=NOW).out.startswith("publish: 3 feeds, ")
    assert not steps.outbox.exists()
    assert ["compose: weekly-1 with 2 items"] == steps.publisher("compose", at=NOW).lines

    assert ran.contents() == steps.contents()
    assert ran.contents("outbox") == steps.contents("outbox")


def test_publish_all_renders_everything_and_touches_only_what_differs(ran: World) -> None:
    before = ran.files()
    (ran.feeds / "general" / "rss.xml").write_text("damaged", encoding="utf-8")

    assert "nothing new\n" == ran.publisher("publish", at=LATER).out
    outcome = ran.publisher("publish", "--all", at=LATER)

    assert ["publish: 1 feed, 1 file written"] == outcome.lines
    after = ran.files()
    assert {"feeds/general/rss.xml", "publisher.db"} == {name for name in before if before[name] != after[name]}
    assert before["feeds/general/rss.xml"].sha256 == after["feeds/general/rss.xml"].sha256

    (ran.feeds / "style.css").unlink()
    assert ["publish: 1 file written"] == ran.publisher("publish", "--all", at=LATER).lines


def test_compose_can_be_asked_for_one_audience(world: World) -> None:
    world.configure(CONFIG, CONFIG + DAILY)
    world.publisher("collect", at=NOW)
    assert "nothing new\n" == world.publisher("compose", "daily", at=NOW).out
    world.list_above(news("4 March 2026", "The border is open.", theme="Borders & Visa"))
    world.publisher("collect", at=LATER)

    outcome = world.publisher("compose", "daily", at=LATER)

    assert ["compose: daily-1 with 1 item"] == outcome.lines
    assert ["daily-1"] == list(world.editions())


def test_composing_for_nobody_we_know_is_refused_with_the_names_there_are(world: World) -> None:
    outcome = world.publisher("compose", "weakly", at=NOW)

    assert (2, "") == (outcome.exit_code, outcome.out)
    assert ["publisher: no audience 'weakly' in config.toml; there is: weekly"] == outcome.problems


@pytest.mark.parametrize("verb", ["run", "compose", "preview", "status"])
def test_site_of_feeds_alone_needs_no_audience(tmp_path: Path, verb: str) -> None:
    world = World(tmp_path, BORDER, config=CONFIG.partition("[[audiences]]")[0])

    outcome = world.publisher(verb, at=NOW)

    assert (0, "") == (outcome.exit_code, outcome.err)


# --- queries ---------------------------------------------------------------------------------------------------------


def test_status_tells_what_was_listed_what_waits_and_what_ran(world: World) -> None:
    world.publisher("collect", at=NOW)

    outcome = world.publisher("status", at=LATER)

    assert [
        "Example News: 2 items; no service is running",
        "source news: 2 items listed, last change Wed 2026-03-04 10:30",
        "feeds: 2 changes wait for `publisher publish`",
        "audience weekly: 2 items waiting, next Mon 2026-03-09 08:00",
        "collect on Wed 2026-03-04 10:30: done",
    ] == outcome.lines


def test_status_after_a_run_tells_the_last_edition(ran: World) -> None:
    lines = ran.publisher("status", at=LATER).lines

    assert (
        "audience weekly: 0 items waiting, last edition 1 on Wed 2026-03-04 10:30, next Mon 2026-03-09 08:00" in lines
    )


def test_status_for_machines_has_the_same_facts(world: World) -> None:
    world.configure('path = "news.txt"', 'path = "news.txt"\nexpect_every = "60 days"')
    world.publisher("run", at=NOW)

    status = world.publisher("status", "--json", at=LATER).json

    assert ("Example News", 2, False, 0, []) == tuple(
        status[key] for key in ("site", "items", "is_served", "unpublished", "unwritten")
    )
    assert [("weekly", 0, 1)] == [(a["name"], a["waiting"], a["last_edition"]) for a in status["audiences"]]
    assert ["2026-03-09T07:00:00+00:00"] == [a["next_tick"] for a in status["audiences"]]
    [source] = status["sources"]
    assert ("news", "well", 2, 0, "", "60 days") == tuple(
        source[key] for key in ("name", "condition", "listed", "failures", "problem", "expect_every")
    )
    assert [("run", 0, [])] == [(run["verb"], run["exit_code"], run["problems"]) for run in status["runs"]]


def test_preview_shows_what_is_listed_but_not_yet_collected_and_records_nothing(ran: World, tmp_path: Path) -> None:
    ran.list_above(news("4 March 2026", "Fresh from the listing."))
    before, folder = ran.files(), tmp_path / "preview"

    outcome = ran.publisher("preview", "--output", str(folder), at=LATER)

    assert ["weekly-2: Fresh from the listing"] == outcome.lines[:1]
    assert [str(folder / "digest.html"), str(folder / "digest.txt")] == outcome.lines[1:]
    assert "Fresh from the listing" in (folder / "digest.html").read_text("utf-8")
    assert "Fresh from the listing" in (folder / "digest.txt").read_text("utf-8")
    assert before == ran.files()


def test_preview_is_the_edition_that_a_run_composes(ran: World, tmp_path: Path) -> None:
    world = World(tmp_path / "same", LISTING)

    world.publisher("preview", "weekly", "--output", str(tmp_path / "preview"), at=NOW)

    for name in ("digest.html", "digest.txt"):
        assert (tmp_path / "preview" / name).read_bytes() == (ran.outbox / "weekly-1" / name).read_bytes()


def test_preview_of_the_first_audience_that_has_something_new(ran: World, tmp_path: Path) -> None:
    ran.configure(CONFIG, CONFIG + DAILY.replace('first = "none"', ""))

    outcome = ran.publisher("preview", "--json", "--output", str(tmp_path / "preview"), at=LATER)

    assert "daily-1" == outcome.json["edition"]


def test_preview_tells_when_nothing_is_new(ran: World) -> None:
    outcome = ran.publisher("preview", at=LATER)

    assert ["weekly has no new edition; these are its latest items"] == outcome.problems
    assert outcome.out.startswith("weekly-2: ")


# --- rehearsing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["run"], ["collect"], ["publish", "--all"], ["compose"], ["status"], ["preview"]])
def test_asking_a_site_that_never_ran_leaves_no_trace(world: World, command: list[str]) -> None:
    world.forget_runs()
    before = world.files()
    dry = [] if command[0] in ("status", "preview") else ["--dry-run"]

    assert 0 == world.publisher(*command, *dry, at=NOW).exit_code

    assert before == world.files()


@pytest.mark.parametrize(
    "command", [["run"], ["run", "--due"], ["collect"], ["publish"], ["publish", "--all"], ["compose", "weekly"]]
)
def test_rehearsal_reports_exactly_what_is_then_done(tmp_path: Path, command: list[str]) -> None:
    world = prepared(tmp_path / "site", with_much_to_do)
    if command[0] == "compose":
        world.publisher("collect", at=LATER)
    before, when = world.files(), NOW + timedelta(days=7)

    rehearsed = world.publisher(*command, "--dry-run", "--json", at=when)
    assert before == world.files()
    done = world.publisher(*command, "--json", at=when)

    assert rehearsed.json == done.json
    assert done.json["is_news"]


def with_much_to_do(folder: Path) -> World:
    """Return a site that ran, and on which everything changed since."""
    world = World.after_run(folder, LISTING)
    world.publisher("run", "--due", at=NOW)  # the schedule counts from here on
    world.configure('language = "en"', 'language = "fr"')  # every page and feed changes
    world.list_above(news("4 March 2026", "One more."), news("4 March 2026", "On asylum.", theme="Asylum"))
    return world


def test_rehearsal_says_that_it_is_one(world: World) -> None:
    outcome = world.publisher("run", "--dry-run", at=NOW)

    assert "nothing is kept of this rehearsal; a run would do:" == outcome.lines[0]
    assert ["collect: 2 added", "compose: weekly-1 with 2 items"] == [outcome.lines[1], outcome.lines[3]]


def test_rehearsal_with_nothing_to_do_says_just_that(ran: World) -> None:
    assert "nothing new\n" == ran.publisher("run", "--dry-run", at=LATER).out


def test_rehearsal_knows_that_an_emptied_folder_is_filled_again(ran: World) -> None:
    shutil.rmtree(ran.feeds)

    rehearsed = ran.publisher("run", "--dry-run", at=LATER)

    assert rehearsed.lines[1:] == ran.publisher("run", at=LATER).lines
    assert not rehearsed.problems


# --- options ---------------------------------------------------------------------------------------------------------


def test_report_for_machines_has_every_stage(world: World) -> None:
    report = world.publisher("run", "--json", at=NOW).json

    stages = {"collect", "publish", "compose", "deliver", "rounds"}
    assert {"is_news", "exit_code", *stages, "condition_changes", "notices", "problems"} == set(report)
    assert (True, 0, []) == (report["is_news"], report["exit_code"], report["problems"])
    assert [] == report["condition_changes"] == report["notices"]
    counts = {"sources_read": 1, "sources_unchanged": 0, "sources_waiting": 0, "sources_held": 0}
    told = ("revised", "withdrawn", "kept_from_readers", "joined", "waiting", "expired", "hidden", "shown")
    nothing = dict.fromkeys(told, 0)
    assert {"added": 2, "notes": [], **nothing, **counts} == report["collect"]
    assert ["borders-visa", "general", "all"] == report["publish"]["feeds"]
    [edition] = report["compose"]["editions"]
    assert ("weekly-1", "weekly", 1, 0, 2) == tuple(
        edition[key] for key in ("name", "audience", "number", "after", "upto")
    )
    assert world.ids()["all"] == edition["uids"]


def test_report_for_machines_tells_nothing_new_too(ran: World) -> None:
    report = ran.publisher("run", "--json", at=LATER).json

    assert (False, 0, []) == (report["is_news"], report["exit_code"], report["compose"]["editions"])


def test_now_without_an_offset_is_on_the_site_s_clock(world: World) -> None:
    world.publisher("run", "--now", "2026-07-01T08:00")

    [edition] = world.editions().values()
    assert datetime(2026, 7, 1, 6, 0, tzinfo=UTC) == datetime.fromisoformat(edition["composed_at"])


@pytest.mark.parametrize("when", ["yesterday", "2026-13-01", ""])
def test_now_that_is_no_time_is_refused(world: World, when: str) -> None:
    world.forget_runs()

    outcome = world.publisher("run", "--now", when)

    assert 2 == outcome.exit_code
    assert f"Error: Invalid value for --now: {when!r} is not ISO 8601, such as 2026-11-23T08:00" in outcome.problems
    assert not world.database.exists()


def test_configuration_is_found_by_the_environment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISHER_CONFIG", str(world.config))

    assert ["collect: 2 added"] == run_main("collect").lines


def test_configuration_is_found_in_the_current_folder(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(world.folder)

    assert ["collect: 2 added"] == run_main("collect").lines


def test_help_names_every_command() -> None:
    short, long = run_main("-h"), run_main("--help")

    assert (0, long.out) == (short.exit_code, short.out)
    for command in COMMANDS:
        assert f"\n  {command} " in short.out
        assert run_main(command, "-h").out.startswith(f"Usage: publisher {command} ")


def test_the_list_of_commands_has_the_first_paragraph_of_each() -> None:
    for arguments, group in (((), cli), (("edition",), cli.commands["edition"])):
        shown = " ".join(run_main(*arguments, "--help").out.split())
        assert isinstance(group, click.Group)
        first = {name: (each.help or "-").partition("\n\n")[0] for name, each in group.commands.items()}
        assert [name for name, words in first.items() if " ".join(words.split()) not in shown] == []


def test_version_is_told() -> None:
    assert run_main("--version").out.startswith("publisher, version ")


# --- a new site ------------------------------------------------------------------------------------------------------


def test_new_site_works_at_once(tmp_path: Path) -> None:
    site = tmp_path / "deep" / "Ada's site"

    made = run_main("init", str(site))
    ran = run_main("run", "--config", str(site / "config.toml"))

    assert (0, 0) == (made.exit_code, ran.exit_code)
    sentence, command = made.lines
    assert (
        f"A new site is there. Edit {site / 'config.toml'} as you like, then make its first pass with this command:"
        == sentence
    )
    assert ["publisher", "run", "--config", str(site / "config.toml")] == shlex.split(command)
    assert "collect: 25 added" == ran.lines[0]
    assert (site / "outbox" / "weekly-1" / "digest.eml").is_file()


def test_new_site_never_replaces_one_that_is_there(world: World) -> None:
    before = world.files()

    outcome = run_main("init", str(world.folder))

    assert 2 == outcome.exit_code
    assert [f"publisher: {world.config} is there already; choose another folder, or move it away"] == outcome.problems
    assert before == world.files()


def test_half_a_new_site_does_not_stand_in_the_way_of_the_next_try(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))  # room for less than config.toml
    try:
        failed = run_main("init", str(tmp_path / "site"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert (75, 1) == (failed.exit_code, len(failed.problems))
    assert 0 == run_main("init", str(tmp_path / "site")).exit_code


def test_preview_that_cannot_be_written_is_one_line(world: World) -> None:
    outcome = world.publisher("preview", "--output", str(world.config / "preview"), at=NOW)

    assert 75 == outcome.exit_code
    [problem] = outcome.problems
    assert problem.startswith(f"publisher: {world.config / 'preview'}: ")


def test_new_site_in_a_place_where_nothing_can_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    outcome = run_main("init", str(tmp_path / "file" / "site"))

    assert (75, 1) == (outcome.exit_code, len(outcome.problems))


# --- the program -----------------------------------------------------------------------------------------------------


def test_program_itself_runs_in_a_site_s_folder(world: World) -> None:
    command = [sys.executable, "-m", "publisher", "run"]
    done = subprocess.run(command, cwd=world.folder, env=environment(), capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)
    assert "compose: weekly-1 with 2 items" == done.stdout.splitlines()[-1]


def test_long_work_shows_a_bar_on_a_terminal(world: World) -> None:
    shown = on_a_terminal(world, "run")

    assert "collect: 2 added" in shown
    assert "item pages" in shown
    assert "━" in shown


@pytest.mark.slow
def test_long_work_shows_no_bar_elsewhere(world: World) -> None:
    world.list_above(*(news("1 March 2026", f"Item number {number}.") for number in range(300)))

    outcome = world.publisher("run", at=NOW)

    assert ("", 3) == (outcome.err, len(outcome.lines))
    assert "━" not in outcome.out


def on_a_terminal(world: World, *arguments: str) -> str:
    """Return what the program prints on a terminal, with a progress bar for all work."""
    ours, its = pty.openpty()
    program = f"""
import os
terminal = os.open({os.ttyname(its)!r}, os.O_RDWR | os.O_NOCTTY)
print("it is open", flush=True)
for standard in range(3):
    os.dup2(terminal, standard)
os.close(terminal)
from publisher.cli import bars, commands
bars.Bars.WORTH_A_BAR_S = 0
commands.main()
"""
    shown = b""
    looks = {**environment(), "TERM": "xterm", "COLUMNS": "100"}
    with Process(program, *arguments, cwd=world.folder, environment=looks) as process:
        assert "it is open\n" == process.stdout.readline()
        os.close(its)
        try:
            while piece := os.read(ours, 65536):
                shown += piece
        except OSError:  # EIO: the program has ended, and with it the other end
            pass
        finally:
            os.close(ours)
        assert 0 == process.wait(timeout=60)
    return shown.decode()


def test_status_exits_with_75_when_something_needs_a_look(ran: World) -> None:
    assert ran.publisher("status", at=NOW).exit_code == 0

    ran.listing.unlink()
    ran.publisher("run", at=LATER)

    assert ran.publisher("status", at=LATER).exit_code == 75


@pytest.mark.parametrize("left", ["feeds", "outbox"])
def test_an_empty_store_beside_full_folders_is_refused(ran: World, left: str) -> None:
    ran.lose_store()
    shutil.rmtree(ran.outbox if left == "feeds" else ran.feeds)
    before = ran.contents()

    for command in ("run", "collect", "publish", "compose", "run --dry-run"):
        outcome = ran.publisher(*command.split(), at=LATER)

        assert (2, "") == (outcome.exit_code, outcome.out), command
        [line] = outcome.problems
        assert f"{getattr(ran, left)} came from another one" in line, command
        assert line.endswith("or start with an empty store by `publisher run --fresh`"), command
        assert before == ran.contents(), command


def test_a_site_that_begins_anew_is_asked_once(ran: World) -> None:
    ran.lose_store()
    shutil.rmtree(ran.outbox)

    assert "collect: 2 added" in ran.publisher("run", "--fresh", at=LATER).lines
    assert "nothing new\n" == ran.publisher("run", at=LATER).out
