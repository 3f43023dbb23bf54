"""What cron mails to the operator, and the state after Ctrl-C."""

import signal
import socket
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from tests.processes import Process
from tests.world import CONFIG, NOW, Outcome, World, news

AGENDA = """
[[sources]]
name = "agenda"
path = "agenda.txt"
"""
STEP = timedelta(minutes=15)
# a shell lets its background processes ignore Ctrl-C, and so their children
PROGRAM = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from publisher.__main__ import main
main()
"""


class Cron:
    """Runs its command every quarter of an hour, and mails the command's standard error."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._now = NOW

    def run(self, *options: str) -> Outcome:
        self._now += STEP
        return self.world.publisher("run", "--due", *options, at=self._now)


@pytest.fixture
def cron(tmp_path: Path) -> Cron:
    return Cron(World(tmp_path / "site", news("2 March 2026", "A rule."), config=CONFIG + AGENDA))


def test_only_new_and_returning_problems_are_printed(cron: Cron) -> None:
    runs = [cron.run() for _ in range(2)]
    assert [75, 75] == [run.exit_code for run in runs]
    assert [1, 0] == [len(run.problems) for run in runs]
    assert "agenda.txt" in runs[0].err

    assert 1 == len(cron.run("--json").json["problems"]), "machines get all"
    assert 1 == len(cron.world.publisher("run", at=NOW + 3 * STEP).problems), "and so does a person"
    assert 75 == cron.world.publisher("status", at=NOW + 3 * STEP).exit_code

    cron.world.listing.write_text("31 February 2026\n\nNo day.\n\n2 March 2026\n\nA rule.\n", "utf-8")
    assert ["news.txt:1"] == [line.partition("news.txt:1")[1] for line in cron.run().problems]
    assert [] == cron.run().problems

    (cron.world.folder / "agenda.txt").write_text(news("3 March 2026", "A day."), "utf-8")
    assert [] == cron.run().problems
    (cron.world.folder / "agenda.txt").unlink()
    assert 1 == len(cron.run().problems)


@pytest.mark.parametrize("sources", [1, 2])
def test_ctrl_c_ends_a_run_at_once_with_130_and_the_next_one_goes_on(tmp_path: Path, sources: int) -> None:
    """This holds even while servers keep the threads that read sources waiting."""
    with ExitStack() as servers:
        # one host per source, because one host gets one request at a time
        hosts = [f"127.0.0.{number + 1}" for number in range(sources)]
        silent = [servers.enter_context(socket.create_server((host, 0))) for host in hosts]
        tables = (
            f"""
[[sources]]
name = "silent-{number}"
kind = "feed"
url = "http://{hosts[number]}:{server.getsockname()[1]}/"
private = ["{hosts[number]}"]
"""
            for number, server in enumerate(silent)
        )
        world = World(
            tmp_path / "site",
            config=CONFIG.replace('\n[[sources]]\nname = "news"\npath = "news.txt"\n', "".join(tables)),
        )
        with Process(PROGRAM, "run", "--config", str(world.config)) as run:
            asked = [server.accept()[0] for server in silent]
            run.send_signal(signal.SIGINT)
            ended = (run.wait(timeout=20), run.stdout.read(), run.stderr.read())
        for connection in asked:
            connection.close()

    assert (130, "", "publisher: interrupted; the same command goes on from here\n") == ended
    again = world.publisher("run", at=NOW)
    assert (75, sources) == (again.exit_code, len(again.problems))
