"""`publisher serve`: what it does on its own, how it ends, and what else may run at the same time."""

import json
import logging
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import feedparser
import pytest
import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from publisher.config.config import Config
from publisher.model.schedules import Schedule
from publisher.serve.logs import configure_logs
from publisher.serve.scheduler import LEAP_S, ClockWatch, ScheduleTrigger, one_at_a_time, set_alarms
from tests.judges import program, run
from tests.processes import FORKS
from tests.world import CONFIG, ROOT, Outcome, World, news, run_main

PATIENCE_S = 60.0
"""How many seconds a test waits at most, for a busy machine. Every wait ends as soon as possible."""
BORDER = news("2 March 2026", "A new rule at the border.", theme="Borders & Visa")
LISTENING = '\n[service]\nlisten = "127.0.0.1:0"\n'
STORE_BY_ENVIRONMENT = '\n[store]\nurl = "env:PUBLISHER_STORE_URL"\n'


class Service:
    """A service in a separate process."""

    def __init__(self, world: World, *options: str) -> None:
        self.process = world.start("serve", *options)
        self.lines: list[str] = []
        self._events: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stderr:
            self.lines.append(line)

    @property
    def events(self) -> list[dict[str, Any]]:
        self._events += [json.loads(line) for line in self.lines[len(self._events) :]]
        return self._events

    def has_told(self, event: str) -> bool:
        return any(event == each["event"] for each in self.events)

    def wait_until_told(self, event: str) -> None:
        wait_until(lambda: self.has_told(event) or self.process.poll() is not None)
        assert self.has_told(event), self.lines

    def end(self, number: signal.Signals) -> int:
        """Send a signal; return the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        exit_code = self.process.wait(timeout=PATIENCE_S)
        self._reader.join(timeout=PATIENCE_S)
        self.process.close()
        return exit_code


def wait_until(is_so: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < give_up_at, "it never happened"
        time.sleep(0.02)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A site that has never run."""
    return World(tmp_path / "site", BORDER)


@contextmanager
def services() -> Iterator[Callable[..., Service]]:
    """Returns a function that starts services; those that are left end with the module."""
    started: list[Service] = []

    def start(world: World, *options: str) -> Service:
        started.append(Service(world, *options))
        return started[-1]

    yield start
    for service in started:
        if service.process.poll() is None:
            service.end(signal.SIGKILL)


@pytest.fixture
def serve() -> Iterator[Callable[..., Service]]:
    """Returns a function that starts services; those that the test leaves end with it."""
    with services() as start:
        yield start


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket at which services report to systemd."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(PATIENCE_S)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listening


# --- one service -----------------------------------------------------------------------------------------------------


def test_a_service_publishes_at_once_follows_its_site_and_ends_when_told_to(
    world: World, serve: Callable[..., Service], systemd: socket.socket
) -> None:
    service = serve(world)
    service.wait_until_told("published")
    assert world.publisher("status", "--json").json["is_served"]
    assert [b"READY=1", b"WATCHDOG=1"] == [systemd.recv(100) for _ in range(2)]
    assert {"all", "borders-visa"} == world.in_feeds("A new rule at the border")
    assert not world.outbox.exists()  # its schedule begins to count now

    # a manual run makes its own pass beside it
    world.list_above(news("3 March 2026", "By hand."))
    outcome = world.program("run")
    assert (0, "") == (outcome.exit_code, outcome.err)
    assert ["collect: 1 added", "compose: weekly-1 with 2 items"] == [outcome.lines[0], outcome.lines[-1]]

    # it keeps the former configuration when the new one is wrong
    good = world.config.read_text("utf-8")
    world.config.write_text(good + "\n[nonsense]\n", "utf-8")
    service.process.send_signal(signal.SIGHUP)
    service.wait_until_told("config.toml is wrong, the former one stays")
    world.config.write_text(good.replace('title = "', 'title = "Renamed: '), "utf-8")
    service.process.send_signal(signal.SIGHUP)
    service.wait_until_told("config.toml was read again")
    wait_until(lambda: b"Renamed: " in (world.feeds / "index.html").read_bytes())

    assert 0 == service.end(signal.SIGTERM)
    assert b"STOPPING=1" in iter(lambda: systemd.recv(100), b"")
    assert not world.publisher("status", "--json").json["is_served"]
    assert ["service started", "collected", "published"] == [event["event"] for event in service.events][:3]
    assert "service stopped" == service.events[-1]["event"]
    assert not service.has_told("problem")
    for event in service.events:
        assert event["level"] in ("info", "warning")
        assert datetime.fromisoformat(event["timestamp"]).tzinfo is not None
    [wrong] = [event for event in service.events if event["level"] == "warning"]
    assert "nonsense" in wrong["problems"][0]


@pytest.mark.slow
def test_service_ends_by_interrupt_as_when_it_is_told_to(world: World, serve: Callable[..., Service]) -> None:
    service = serve(world)
    service.wait_until_told("published")

    assert 0 == service.end(signal.SIGINT)

    assert ["service started", "collected", "published"] == [event["event"] for event in service.events][:3]
    assert "service stopped" == service.events[-1]["event"]


@pytest.mark.slow
def test_second_service_of_a_site_is_refused_in_one_line(world: World, serve: Callable[..., Service]) -> None:
    first = serve(world)
    first.wait_until_told("service started")

    outcome = world.program("serve")

    assert (75, "") == (outcome.exit_code, outcome.out)
    assert [
        f"publisher: {world.config}: a service is at work on this site already; leave it to that one"
    ] == outcome.problems
    assert 0 == first.end(signal.SIGTERM)


@pytest.mark.slow
def test_service_told_to_end_in_the_middle_of_a_pass_leaves_whole_steps(
    world: World, serve: Callable[..., Service], tmp_path: Path
) -> None:
    world.list_above(*(news("1 March 2026", f"Item number {number}.") for number in range(400)))
    service = serve(world)
    service.wait_until_told("service started")
    wait_until(world.database.with_name("publisher.db-wal").exists)

    assert 0 == service.end(signal.SIGTERM)

    # the feeds of a pass are there completely or not at all, and the next pass goes on from there
    assert world.publisher("status", "--json").json["unpublished"] in (0, 401)
    assert 0 == world.publisher("run").exit_code
    assert [401] == world.composed()


@pytest.mark.slow
def test_killed_service_frees_the_site_and_the_next_one_goes_on(world: World, serve: Callable[..., Service]) -> None:
    killed = serve(world)
    killed.wait_until_told("service started")
    assert -signal.SIGKILL == killed.end(signal.SIGKILL)
    world.list_above(news("3 March 2026", "Meanwhile."))

    service = serve(world)
    service.wait_until_told("published")

    assert 0 == service.end(signal.SIGTERM)
    assert {"all", "general"} == world.in_feeds("Meanwhile")


def test_a_verbose_service_goes_on_past_problems_and_logs_decisions_with_their_reasons(
    world: World, serve: Callable[..., Service]
) -> None:
    listed = world.listing.read_text("utf-8")
    world.listing.unlink()
    service = serve(world, "--verbose")
    service.wait_until_told("problem")
    service.wait_until_told("no edition is due")
    world.listing.write_text(listed, "utf-8")
    service.process.send_signal(signal.SIGHUP)
    service.wait_until_told("item is new")

    assert 0 == service.end(signal.SIGTERM)

    [problem] = [event for event in service.events if event["event"] == "problem"]
    assert ("warning", "source 'news'") == (problem["level"], problem["where"])
    assert f"there is no {world.listing}" in problem["what"]
    [told] = [event for event in service.events if event["event"] == "item is new"]
    assert {"because", "event", "level", "source", "timestamp", "uid"} == told.keys()
    assert ("debug", "its source is read for the first time", "news") == (
        told["level"],
        told["because"],
        told["source"],
    )


@pytest.mark.slow
def test_service_composes_at_a_tick_of_the_schedule(world: World, serve: Callable[..., Service]) -> None:
    world.configure("0 8 * * MON", "* * * * *")
    service = serve(world)
    wait_until(lambda: service.has_told("published"))

    give_up_at = time.monotonic() + 2 * PATIENCE_S
    while not service.has_told("composed") and time.monotonic() < give_up_at:
        time.sleep(0.2)

    assert 0 == service.end(signal.SIGTERM)
    [edition] = world.editions().values()
    assert datetime.fromisoformat(edition["composed_at"]).second < 10
    assert [1] == world.composed()


def test_web_server_is_up_while_the_store_is_broken_and_health_says_why(
    world: World, serve: Callable[..., Service]
) -> None:
    world.publisher("run")
    world.config.write_text(world.config.read_text("utf-8") + LISTENING, "utf-8")
    whole = world.database.read_bytes()
    world.database.write_bytes(b"no database" * 1000)

    service = serve(world)
    service.wait_until_told("pass failed, the next one tries again")
    [listening] = [event for event in service.events if event["event"] == "listening"]
    with urlopen(f"http://{listening['address']}/all/atom.xml", timeout=PATIENCE_S) as answer:
        assert b"A new rule at the border" in answer.read()
    with pytest.raises(HTTPError, match="503") as caught:
        urlopen(f"http://{listening['address']}/health", timeout=PATIENCE_S)
    assert "the store cannot be used" == json.load(caught.value)["why"]

    world.database.write_bytes(whole)
    world.list_above(news("3 March 2026", "Mended."))
    service.process.send_signal(signal.SIGHUP)
    service.wait_until_told("published")
    assert {"all", "general"} == world.in_feeds("Mended")
    assert 0 == service.end(signal.SIGTERM)


# --- alarms ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def scheduler() -> Iterator[BackgroundScheduler]:
    """The scheduler of the service, which is not started."""
    scheduler = one_at_a_time()
    yield scheduler
    if scheduler.running:
        scheduler.shutdown(wait=True)


def test_wake_ups_missed_for_a_day_become_one_of_each_kind(world: World, scheduler: BackgroundScheduler) -> None:
    woken: list[float] = []
    scheduler.start(paused=True)
    set_alarms(scheduler, Config.load(world.config), lambda: woken.append(time.monotonic()))
    for job in scheduler.get_jobs():
        job.modify(next_run_time=datetime.now(UTC) - timedelta(days=1))

    scheduler.resume()
    wait_until(lambda: len(woken) >= 2)
    time.sleep(0.2)

    assert 2 == len(woken)  # the interval's and the audience's: either would be enough


def test_alarms_set_under_a_clock_a_year_ahead_are_set_anew(world: World, scheduler: BackgroundScheduler) -> None:
    config = Config.load(world.config)
    scheduler.start()
    set_alarms(scheduler, config, lambda: None)
    for job in scheduler.get_jobs():
        job.modify(next_run_time=datetime.now(UTC) + timedelta(days=365))

    set_alarms(scheduler, config, lambda: None)

    latest = {"collect": timedelta(minutes=15), "compose weekly": timedelta(days=7, hours=1)}
    assert set(latest) == {job.id for job in scheduler.get_jobs()}
    for job in scheduler.get_jobs():
        assert job.next_run_time <= datetime.now(UTC) + latest[job.id]


def test_clock_that_was_set_or_slept_is_noticed_once() -> None:
    wall, steady = [1000.0], [50.0]
    watch = ClockWatch(lambda: wall[0], lambda: steady[0])

    def pass_by(on_the_wall: float, really: float) -> bool:
        wall[0] += on_the_wall
        steady[0] += really
        return watch.has_leapt()

    assert not pass_by(15.0, 15.0)
    assert not pass_by(15.0 + LEAP_S / 2, 15.0)  # a clock that is adjusted gradually
    assert pass_by(3600.0, 15.0)  # the machine slept, or the clock was set forward
    assert not pass_by(15.0, 15.0)
    assert pass_by(-3600.0, 15.0)  # the clock was set back
    assert not pass_by(15.0, 15.0)


def test_alarms_are_the_ticks_of_the_schedule() -> None:
    schedule = Schedule.parse("0 8 * * 1", "Europe/Brussels")
    trigger = ScheduleTrigger(schedule)
    now = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)

    first = trigger.get_next_fire_time(None, now)

    assert datetime(2026, 3, 9, 7, 0, tzinfo=UTC) == first  # a Monday, at eight in Brussels
    assert datetime(2026, 3, 16, 7, 0, tzinfo=UTC) == trigger.get_next_fire_time(first, first)
    much_later = first + timedelta(weeks=3, hours=1)
    assert schedule.next_after(much_later) == trigger.get_next_fire_time(first, much_later)


# --- logs ------------------------------------------------------------------------------------------------------------


def test_warnings_of_libraries_are_lines_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    handlers, level = logging.root.handlers[:], logging.root.level
    try:
        configure_logs()
        logging.getLogger("apscheduler.scheduler").warning("a wake-up of %s was skipped", "collect")
        logging.getLogger("apscheduler.scheduler").info("too much to tell")
        structlog.get_logger().warning("problem", where="source 'news'")
    finally:
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)
        structlog.reset_defaults()

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert ["a wake-up of collect was skipped", "problem"] == [line["event"] for line in lines]
    assert ["warning", "warning"] == [line["level"] for line in lines]


# --- several at once -------------------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.slow])])
def shared_world(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A site on each kind of database in turn."""
    monkeypatch.setenv("PUBLISHER_STORE_URL", request.getfixturevalue(f"{request.param}_url"))
    return World(tmp_path / "site", BORDER, config=CONFIG + STORE_BY_ENVIRONMENT)


def test_any_number_of_runs_at_once_double_nothing(shared_world: World) -> None:
    rounds, at_once = 2, 3
    for number in range(rounds):
        shared_world.list_above(news("3 March 2026", f"Item of round {number}.", theme="Asylum"))
        outcomes = run_at_once(shared_world, at_once)

        assert [(0, "")] * at_once == [(outcome.exit_code, outcome.err) for outcome in outcomes]
        assert 1 == sum("compose: " in outcome.out for outcome in outcomes)

    assert [2, 1] == shared_world.composed()
    assert rounds == len(shared_world.feed("asylum").entries)
    assert rounds + 1 == len(set(shared_world.ids()["all"]))
    assert "nothing new\n" == shared_world.publisher("run").out


def run_at_once(world: World, count: int) -> list[Outcome]:
    """Run `publisher run` in `count` processes that begin together. They are forked from a process that has imported
    everything they need.
    """
    beginning = (FORKS.Barrier(count), os.environ["PUBLISHER_STORE_URL"])
    with FORKS.Pool(count, _begin_together, beginning) as pool:
        return pool.map(_run_of, [world.config] * count, chunksize=1)


def _begin_together(barrier: Barrier, store_url: str) -> None:
    os.environ["PUBLISHER_STORE_URL"] = store_url
    barrier.wait(PATIENCE_S)


def _run_of(config: Path) -> Outcome:
    return run_main("run", "--config", str(config))


# --- systemd ---------------------------------------------------------------------------------------------------------


UNIT = ROOT / "docs" / "publisher.service"


def test_unit_is_one_that_systemd_takes_without_a_word(tmp_path: Path) -> None:
    program = tmp_path / "publisher"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    text = UNIT.read_text("utf-8")
    unit = tmp_path / "publisher.service"
    unit.write_text(text.replace("/srv/publisher/.venv/bin/publisher", str(program)), encoding="utf-8")
    assert text != unit.read_text("utf-8")

    outcome = systemd_analyze("verify", "--man=no", str(unit))

    assert (0, "") == (outcome.returncode, outcome.stdout + outcome.stderr)


def test_unit_gives_the_service_no_more_than_it_needs() -> None:
    outcome = systemd_analyze("security", "--offline=true", "--threshold=15", "--no-pager", str(UNIT))

    assert 0 == outcome.returncode, outcome.stdout


def systemd_analyze(*arguments: str) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            ["systemd-analyze", *arguments],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            env={**os.environ, "SYSTEMD_COLORS": "0"},
        )
    except FileNotFoundError:
        pytest.skip("systemd is not installed")


# --- its web server --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service that has published."""
    world = World(tmp_path_factory.mktemp("served") / "site", BORDER, config=CONFIG + LISTENING)
    with services() as serve:
        service = serve(world)
        service.wait_until_told("published")
        [listening] = [event for event in service.events if event["event"] == "listening"]
        yield f"http://{listening['address']}"


def test_service_is_all_the_web_server_a_site_needs(address: str) -> None:
    first = feedparser.parse(f"{address}/all/atom.xml")
    second = feedparser.parse(f"{address}/all/atom.xml", etag=first.etag, modified=first.modified)

    assert (200, 1, False) == (first.status, len(first.entries), first.bozo)
    assert "application/atom+xml" == first.headers["content-type"]
    assert (304, 0) == (second.status, len(second.entries))
    with urlopen(f"{address}/health", timeout=PATIENCE_S) as answer:
        assert {"status": "ok", "problems": 0} == {k: v for k, v in json.load(answer).items() if k != "last_pass_age_s"}
    with pytest.raises(HTTPError, match="404"):
        urlopen(f"{address}/../publisher.db", timeout=PATIENCE_S)


def test_newsboat_reads_it_and_later_is_told_that_nothing_changed(address: str, tmp_path: Path) -> None:
    newsboat = program("newsboat")
    (tmp_path / "urls").write_text(f"{address}/all/rss.xml\n", "utf-8")
    logs = [tmp_path / name for name in ("first", "second", "third")]
    for log in logs:
        command = [newsboat, "-u", str(tmp_path / "urls"), "-c", str(tmp_path / "cache.db"), "-l", "6", "-d", str(log)]
        run([*command, "-x", "reload"], environ={"HOME": str(tmp_path)})

    first, *_, last = (log.read_text("utf-8") for log in logs)
    assert (True, False) == ("<rss " in first, "<rss " in last)


def test_address_that_is_taken_is_told_in_one_line(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        world.config.write_text(world.config.read_text("utf-8") + f'\n[service]\nlisten = "{place}"\n', "utf-8")

        outcome = world.program("serve")

    assert 2 == outcome.exit_code
    assert f"publisher: service.listen: {place}: address already in use; choose another address in config.toml" in (
        outcome.problems
    )
