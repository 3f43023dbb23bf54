"""Days on which everything goes wrong at once. In the end, the site equals another one to which nothing happened.

A site and its twin get the same news at the same moments. For each quiet pass of the twin, the site is killed at
random, finds its disk full, belongs to another user for a while, is served by two services at once, is upgraded and
downgraded, and is restored from a backup. The clock jumps for both sites.
"""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.crash import Ended, Program
from tests.world import CONFIG, NOW, ROOT, World, news

SEED = 20261126
DAYS = 12
SPEND_S = 75
"""How many seconds the test may take for all the days that it simulates. On a slower machine these are fewer, but at
least four.
"""
STRANGER = 65533
DAILY = """
[[audiences]]
name = "daily"
schedule = "0 6 * * *"
themes = ["asylum"]
to = "daily@lists.example.org"
"""
THEMES = ("Asylum", "Borders", "Work, Study", "")


@dataclass(slots=True)
class News:
    """The news that the organisation lists. Items are added, edited and removed."""

    chance: random.Random
    listed: list[tuple[str, str, str]] = field(default_factory=list)
    """The date, text and theme of each item, latest first."""
    count: int = 0

    def change(self, now: datetime) -> None:
        for _ in range(self.chance.randint(0, 3)):
            self.count += 1
            day = (now - timedelta(days=self.chance.choice((0, 0, 1, 2)))).date()
            text = f"Notice {self.count} of the office: the {self.chance.choice(('ferry', 'library', 'bridge'))} opens."
            self.listed.insert(0, (f"{day.day} {day:%B %Y}", text, self.chance.choice(THEMES)))
        if self.listed and self.chance.random() < 0.3:
            place = self.chance.randrange(len(self.listed))
            day_of, text, theme = self.listed[place]
            self.listed[place] = (day_of, f"{text} It was corrected {self.count} times.", theme)
        if len(self.listed) > 8 and self.chance.random() < 0.2:
            self.listed.pop(self.chance.randrange(4))

    def write(self, *worlds: World) -> None:
        text = "\n\n".join(news(day, text, theme=theme) for day, text, theme in self.listed)
        for world in worlds:
            world.listing.write_text(text, "utf-8")


class Chaos:
    """What happens to one site, moment by moment."""

    def __init__(self, world: World, programs: list[Program], chance: random.Random, disk: "Disk | None") -> None:
        self.world = world
        self.happened: list[str] = []
        self._programs = programs
        self._chance = chance
        self._disk = disk

    def strike(self, now: datetime) -> None:
        """Disturb a pass at this moment in some ways. The pass may not reach its end."""
        kinds: list[Callable[[datetime], None]] = [self.kill, self.two_at_once, self.wrong_owner, self.restore]
        kinds.append(self.full_disk if self._disk else self.kill)
        for _ in range(self._chance.randint(1, 3)):
            kind = self._chance.choice(kinds)
            self.happened.append(kind.__name__)
            kind(now)

    def quiet(self, now: datetime) -> Ended:
        """Run one pass undisturbed, with the version of the program that is installed."""
        return self._any().run(*self._pass(now))

    def kill(self, now: datetime) -> None:
        """Kill a pass at a random moment, and perhaps also the next run, which repairs the site."""
        for _ in range(self._chance.randint(1, 2)):
            program = self._any()
            run = program.start(*self._pass(now))
            self._kill_soon(run)
            assert program.ended().exit_code in (0, -signal.SIGKILL)

    def two_at_once(self, now: datetime) -> None:
        """Let two services, of two versions, run the same pass at the same time. One of them may be killed."""
        first, second = self._chance.sample(self._programs, 2)
        run = first.start(*self._pass(now))
        second.start(*self._pass(now))
        if self._chance.random() < 0.5:
            self._kill_soon(run)
        ends = (first.ended(), second.ended())
        assert all("Traceback" not in each.err for each in ends), ends

    def wrong_owner(self, now: datetime) -> None:
        """Give a part of the site to another owner, let root run a pass, and give everything back."""
        part = self._chance.choice((self.world.folder, self.world.feeds, self.world.outbox))
        if os.geteuid() != 0 or not part.exists():
            return
        for path in (part, *part.rglob("*")):
            os.chown(path, STRANGER, STRANGER, follow_symlinks=False)
        self.kill(now)
        assert 0 == self.quiet(now).exit_code
        made = [path for path in part.rglob("*") if path.stat().st_uid != STRANGER]
        assert [] == made
        for path in (part, *part.rglob("*")):
            os.chown(path, 0, 0, follow_symlinks=False)

    def full_disk(self, now: datetime) -> None:
        """Limit the free space of the disk to a part of what a pass writes. The operator gets messages of one line;
        then the limit ends.
        """
        assert self._disk
        with self._disk.nearly_full(self._chance.choice((0, 8, 60, 200))):
            ended = self.quiet(now)
        lines = ended.err.splitlines()
        assert ended.exit_code in (0, 75), ended
        assert all(line.startswith(("publisher: ", "problem: ")) for line in lines), ended.err

    def restore(self, now: datetime) -> None:
        """After an undisturbed pass, back up the site and restore it. The operator says what went out."""
        if self.quiet(now).exit_code:
            return
        backup = self.world.folder.parent / "backup"
        program, at = self._any(), ["--config", str(self.world.config), "--now", now.isoformat()]
        last: dict[str, int] = {}
        for edition in self.world.editions().values():
            last[edition["audience"]] = max(edition["number"], last.get(edition["audience"], 0))
        said = [f"--sent-up-to={audience}-{number}" for audience, number in last.items()]
        for command in (["backup", str(backup)], ["restore", str(backup)], ["restore", *said, "--nothing-sent"]):
            ended = program.run(*command, *at)
            assert (0, "") == (ended.exit_code, ended.err), command
        for kept in self.world.folder.glob("*.before-restore-*"):
            kept.unlink()

    def _kill_soon(self, run: int) -> None:
        time.sleep(self._chance.uniform(0, 0.4))
        with suppress(ProcessLookupError):  # the process has ended already
            os.kill(run, signal.SIGKILL)

    def _any(self) -> Program:
        return self._chance.choice(self._programs)

    def _pass(self, now: datetime) -> list[str]:
        return ["run", "--due", "--config", str(self.world.config), "--now", now.isoformat()]


class Disk:
    """A small disk for one site."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def nearly_full(self, left_kib: int) -> Iterator[None]:
        """Leave only `left_kib` KiB free during a `with` block."""
        filler = self.folder / "filler"
        found = os.statvfs(self.folder)
        filler.write_bytes(b"\0" * max(0, found.f_bavail * found.f_frsize - left_kib * 1024))
        try:
            yield
        finally:
            filler.unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk | None]:
    """A disk to fill, or `None` if this user may not mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    is_mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    yield Disk(folder) if is_mounted else None
    if is_mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def other_version(folder: Path) -> Path:
    """Return a checkout of a version that behaves the same, but whose code differs in everything that a store can
    notice.
    """
    for part in ("publisher", "templates", "content"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "tests").mkdir()
    for name in ("__init__.py", "forks.py"):
        shutil.copy(ROOT / "tests" / name, folder / "tests" / name)
    with (folder / "publisher" / "publish" / "document.py").open("a", encoding="utf-8") as module:
        module.write("\n# Another version.\n")
    return folder


def moments(chance: random.Random) -> Iterator[datetime]:
    """Yield some moments of each day. Sometimes the clock is an hour behind, or years ahead, at one of them."""
    for day in range(DAYS):
        for hour in sorted(chance.sample(range(24), 2)):
            now = NOW.replace(hour=hour, minute=5) + timedelta(days=day)
            yield now
            if chance.random() < 0.1:
                yield now - timedelta(hours=1)
            if chance.random() < 0.06:
                yield now.replace(year=2031)


def of_readers(world: World) -> Mapping[str, bytes]:
    """Return everything that readers and mail servers get."""
    return {f"{part}/{name}": data for part in ("feeds", "outbox") for name, data in world.contents(part).items()}


@pytest.mark.slow
def test_after_days_of_chaos_a_site_is_as_its_quiet_twin(tmp_path: Path, disk: Disk | None) -> None:
    chance = random.Random(SEED)
    world = World((disk.folder if disk else tmp_path) / "site", config=CONFIG + DAILY)
    twin = World(tmp_path / "twin", config=CONFIG + DAILY)
    office = News(random.Random(SEED + 1))
    with ExitStack() as stack:
        programs = []
        for name, checkout in (("old", ROOT), ("new", other_version(tmp_path / "checkout")), ("second", ROOT)):
            scratch = tmp_path / name
            scratch.mkdir()
            trial = World(scratch / "site", news("1 March 2026", "A trial."))
            first = ["run", "--config", str(trial.config)]
            programs.append(stack.enter_context(Program(scratch, first=first, checkout=checkout)))
        quiet = programs.pop()
        chaos = Chaos(world, programs, chance, disk)
        give_up_at = time.monotonic() + SPEND_S
        days: set[date] = set()
        for now in moments(random.Random(SEED + 2)):
            days.add(now.date())
            office.change(now)
            office.write(world, twin)
            chaos.strike(now)
            due = ["run", "--due", "--config", str(twin.config), "--now", now.isoformat()]
            ended = [chaos.quiet(now), quiet.run(*due)]
            assert [0, 0] == [each.exit_code for each in ended], (chaos.happened, ended)
            assert of_readers(twin) == of_readers(world), (now, chaos.happened)
            if time.monotonic() > give_up_at and len(days) >= 4:
                break

    left = {path.name for path in world.folder.rglob("*") if path.name == ".staging" or path.suffix == ".new"}
    weekly = [edition for edition in world.editions().values() if edition["audience"] == "weekly"]
    sent = [item["uid"] for edition in weekly for item in edition["items"]]
    assert (set(), len(set(sent))) == (left, len(sent))
    assert len(world.composed()) > 0
    assert len(set(chaos.happened)) > 2  # a slow machine has fewer days
    world.publisher(
        "run", "--due", at=now
    )  # whichever version came last, this one renders everything and finds it equal
    assert of_readers(twin) == of_readers(world)
    assert "nothing new\n" == world.publisher("run", "--due", at=now).out
    assert 0 == world.publisher("status", at=now).exit_code
