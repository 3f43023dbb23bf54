"""The operator is notified once of a problem of the site itself, and once of its end."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.journey.test_deliver import smtp
from tests.smtp_server import smtp_server
from tests.world import CONFIG, NOW, Outcome, World, news, prepared

OPERATOR = '\n[notices]\nto = "The operator <ops@example.org>"\n'
STEP = timedelta(minutes=15)


@contextmanager
def broken_template(world: World) -> Iterator[None]:
    template = world.folder / "templates" / "index.html"
    template.parent.mkdir()
    template.write_text("{% if %}", "utf-8")
    yield
    template.unlink()


@contextmanager
def something_in_the_way(folder: Path) -> Iterator[None]:
    """Put a file at the path of a folder, so that nobody can write there, not even root."""
    aside = folder.with_name(f"{folder.name}.aside")
    folder.rename(aside)
    folder.write_text("in the way", "utf-8")
    yield
    folder.unlink()
    aside.rename(folder)


def feeds_in_the_way(world: World) -> AbstractContextManager[None]:
    return something_in_the_way(world.feeds)


def outbox_in_the_way(world: World) -> AbstractContextManager[None]:
    return something_in_the_way(world.outbox)


class Runs:
    """A site whose operator is notified. It runs every quarter of an hour, each time with one more item."""

    def __init__(self, world: World, *, count: int = 0) -> None:
        """Take over a site that has run `count` times."""
        self.world = world
        self._count = count

    def run(self, *, is_news: bool = True) -> Outcome:
        self._count += 1
        if is_news:
            self.world.list_above(news("2 March 2026", f"Item number {self._count}."))
        return self.world.publisher("run", at=NOW + self._count * STEP)

    def notices(self) -> list[str]:
        """Return the subjects of all notices."""
        texts = sorted(self.world.outbox.glob("notices/*/notice.eml"))
        heads = [text.read_text("utf-8").partition("\n\n")[0] for text in texts]
        return [line.removeprefix("Subject: ") for head in heads for line in head.splitlines() if "Subject: " in line]


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(prepared(tmp_path / "site", _ran_once), count=1)


def _ran_once(folder: Path) -> World:
    world = World(folder, config=CONFIG + OPERATOR)
    Runs(world).run()
    return world


@pytest.mark.parametrize("trouble", [broken_template, feeds_in_the_way, outbox_in_the_way])
def test_a_problem_of_two_runs_is_reported_once_and_so_is_its_end(
    runs: Runs, trouble: Callable[[World], AbstractContextManager[None]]
) -> None:
    with trouble(runs.world):
        met = [runs.run() for _ in range(3)]
    after = runs.run()
    runs.run()

    assert [True] * 3 == [outcome.exit_code in (2, 75) for outcome in met]
    assert not any("Traceback" in outcome.err for outcome in met)
    assert 0 == after.exit_code
    assert ["Example News cannot do all of its work", "Example News is well again"] == runs.notices()


def test_a_mishap_of_one_run_is_not_told(runs: Runs) -> None:
    with broken_template(runs.world):
        runs.run()
    runs.run()

    assert [] == runs.notices()


def test_a_problem_that_comes_back_is_reported_again(runs: Runs) -> None:
    for _ in range(2):
        with feeds_in_the_way(runs.world):
            for _ in range(2):
                runs.run()
        runs.world.publisher("collect", at=NOW)  # a manual step, which does not meet the problem
        runs.run()

    assert ["Example News cannot do all of its work", "Example News is well again"] * 2 == runs.notices()


def test_the_notice_names_what_is_in_the_way(runs: Runs) -> None:
    with broken_template(runs.world):
        for _ in range(2):
            runs.run()

    (text,) = [path.read_text("utf-8") for path in runs.world.outbox.glob("notices/*/notice.txt")]
    assert f"publish: template {runs.world.folder}/templates/index.html:1: " in text


def test_that_the_outbox_cannot_be_written_is_told_by_mail(tmp_path: Path) -> None:
    with smtp_server() as server:
        runs = Runs(World(tmp_path / "site", config=CONFIG + OPERATOR + smtp(server.port)))
        runs.run()
        with outbox_in_the_way(runs.world):
            for _ in range(3):
                runs.run()
        told = [each.recipient for each in server.taken]

    assert 1 == told.count("ops@example.org")
