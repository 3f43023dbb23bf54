"""A pass, one run of the program, is killed at one of its system calls, or the call fails; then the program runs once
more.

The plain tests try some of the calls, the slow tests all.
"""

import json
import os
import queue
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from tests.crash import Call, Ended, Program, require_strace
from tests.passes import FIRST, Pass, first_pass, identity, never_ran, news_pass, themes_pass

PASSES: Mapping[str, Callable[..., Pass]] = {"first": first_pass, "news": news_pass, "themes": themes_pass}
KINDS = (*PASSES,)
QUICK_KINDS = ("news", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("first", "themes")))
"""The kinds of pass to disturb. The plain tests disturb the one that does most, the slow tests all of them."""
WORKERS = 1 if "PYTEST_XDIST_WORKER" in os.environ else 2
SPREAD = 2
"""How many calls of each kind of pass the plain tests try."""

ROOM_KIB = 2_048
"""How much larger than the site the largest tried disk is, in KiB. A file of one byte takes four KiB, and the largest
pass writes three hundred files.
"""
SURE = 4
"""The highest number of a call in other threads that is tried. In every run some thread makes its fourth flush, because
four threads share at least sixteen files.
"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A fresh site on which one pass is disturbed. Its methods return what is wrong afterwards, or an empty string if
    all is well.
    """

    plan: Pass
    site: Path
    program: Program

    @property
    def arguments(self) -> list[str]:
        return self.plan.arguments(self.site)

    def killed(self, point: Call) -> str:
        """Kill the pass at this call, and run once more."""
        ended = self.program.killed_at(point, *self.arguments)
        if not ended.is_killed or not _is_struck(point, ended):
            return f"it was not killed there, but ended with {ended.exit_code} after {ended.calls[-1]}"
        return self.repaired()

    def killed_twice(self, points: tuple[Call, Call]) -> str:
        """Kill the pass, then kill the run that repairs the site, and run once more."""
        for point in points:
            ended = self.program.killed_at(point, *self.arguments)
            if not ended.is_killed and ended.exit_code:  # the second pass may have less to do, and succeed
                return f"it ended with {ended.exit_code}: {ended.err}"
        return self.repaired()

    def refused(self, point: Call, error: str) -> str:
        """Make this call fail, and run once more."""
        ended = self.program.refused(point, error, *self.arguments)
        if not _is_struck(point, ended):
            return f"it was not refused that, but ended with {ended.exit_code}: {ended.err}"
        return self.said(ended) or self.repaired()

    def said(self, ended: Ended) -> str:
        """Check that a run did everything, or that it told the operator in lines what it did not do."""
        if ended.exit_code == 0:
            return ended.err if self.plan.is_shown(self.site) else "it ended with 0, and something is missing"
        is_plain = all(line.startswith(("publisher: ", "problem: ")) for line in ended.err.splitlines())
        return "" if ended.exit_code == 75 and ended.err and is_plain else f"{ended.exit_code}: {ended.err}"

    def repaired(self) -> str:
        """Check that no promise is broken, and that one more run gives the undisturbed result without writing any file
        twice.
        """
        if broken := self.plan.broken_promises(self.site):
            return "; ".join(broken)
        settled = self.plan.settled(self.site)
        ended = self.program.run(*self.arguments)
        if ended.exit_code or ended.err:
            return f"the next run ended with {ended.exit_code}: {ended.err}"
        touched = [f"{path} was written again" for path, was in settled.items() if identity(path) != was]
        return "; ".join(touched) or self.plan.unfinished(self.site)


class Bench:
    """Sites for passes that tests disturb, and some programs that are ready to run."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        site = never_ran(folder)
        self._places: queue.SimpleQueue[tuple[Path, Program]] = queue.SimpleQueue()
        for number in range(WORKERS):
            place = folder / f"worker-{number}"
            trial = Path(shutil.copytree(site, place / "trial"))
            program = stack.enter_context(Program(place, first=[*FIRST, "--config", str(trial / "config.toml")]))
            self._places.put((place / "site", program))
        self._folder = folder
        self._plans: dict[str, Pass] = {}
        self._calls: dict[str, tuple[Call, ...]] = {}

    @contextmanager
    def _ready(self) -> Iterator[tuple[Path, Program]]:
        """Yield a program that is ready, and the place for its site. Each is used by one caller at a time."""
        place = self._places.get()
        try:
            yield place
        finally:
            self._places.put(place)

    def plan(self, kind: str) -> Pass:
        """Return an undisturbed pass of a kind, such as the first of a site. It is made at the first call, from the
        result of the pass of the kind before.
        """
        if kind not in self._plans:
            earlier = [self.plan(before) for before in KINDS[: KINDS.index(kind)][-1:]]
            with self._ready() as (_, program):
                self._plans[kind] = PASSES[kind](self._folder, program, *earlier)
        return self._plans[kind]

    @contextmanager
    def attempt(self, kind: str, *, elsewhere: Path | None = None) -> Iterator[Attempt]:
        """Yield a fresh site on which a test can disturb one pass of this kind."""
        plan = self.plan(kind)
        with self._ready() as (site, program):
            yield Attempt(plan=plan, site=plan.start(elsewhere or site), program=program)

    def calls(self, kind: str) -> tuple[Call, ...]:
        """Return the system calls of an undisturbed pass, without those that print."""
        if kind not in self._calls:
            with self.attempt(kind) as attempt:
                ended = attempt.program.traced(*attempt.arguments)
                assert (0, "", "") == (ended.exit_code, ended.err, attempt.plan.unfinished(attempt.site))
                self._calls[kind] = tuple(call for call in ended.calls if call.is_below(attempt.site))
        return self._calls[kind]

    def problems(self, kind: str, points: Sequence[T], disturb: Callable[[Attempt, T], str]) -> list[str]:
        """Return what is wrong after the pass was disturbed at each of these points, with the point. Several points are
        tried at once.
        """

        def one(point: T) -> str:
            with self.attempt(kind) as attempt:
                problem = disturb(attempt, point)
            return problem and f"{point}: {problem}"

        with ThreadPoolExecutor(WORKERS) as pool:
            return [problem for problem in pool.map(one, points) if problem]


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    memory = Path("/dev/shm")  # many times as quick, and a killed process leaves the same
    with ExitStack() as stack:
        parent = memory if os.access(memory, os.W_OK) else None
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="publisher-crash-", dir=parent)))
        require_strace(folder)
        yield Bench(folder, stack)


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Returns a function that prints a text even if the test succeeds: how much was tried, and how long it
    took so far.
    """
    began = time.monotonic()

    def say(what: str) -> None:
        with capsys.disabled():
            print(f"\n{what} in {time.monotonic() - began:.0f} s", end=" ")  # noqa: T201

    return say


def _is_struck(point: Call, ended: Ended) -> bool:
    return any(call.is_struck and call.is_like(point) for call in ended.calls)


def _strikable(calls: Sequence[Call]) -> list[Call]:
    """Return the calls that are made in every run: those of the main thread, and the first few of the other threads."""
    others: dict[tuple[str, int], Call] = {}
    by_main: Counter[str] = Counter()
    for call in calls:
        if call.is_main:
            by_main[call.name] = call.number
        elif by_main[call.name] < call.number <= SURE:  # a lower number would hit the main thread first
            others[call.name, call.number] = call
    return [*(call for call in calls if call.is_main), *others.values()]


def _changes(calls: Sequence[Call]) -> list[Call]:
    return [call for call in _strikable(calls) if call.is_change]


def _refusable(calls: Sequence[Call], error: str) -> list[Call]:
    """Return the calls that can fail with this error: on a full disk those that need space, on a bad disk
    the others.
    """
    # The operator's own files do not count: a source that cannot be read is skipped, and the rest is published.
    ours = [
        call for call in _strikable(calls) if not any(path.name in ("config.toml", "news.txt") for path in call.paths)
    ]
    return [call for call in ours if call.takes_room == (error == "ENOSPC")]


def _spread(points: Sequence[T], count: int) -> list[T]:
    """Return `count` of the points. The points are divided into as many equal parts, and the middle of each part is
    taken.
    """
    count = min(count, len(points))
    return [points[(2 * index + 1) * len(points) // (2 * count)] for index in range(count)]


# --- undisturbed -----------------------------------------------------------------------------------------------------


def test_an_undisturbed_site_has_each_item_in_one_edition(bench: Bench) -> None:
    """Disturbed sites are compared with the result of this one."""
    done = bench.plan("news").after
    editions = [json.loads(file.read_text()) for file in sorted(done.glob("outbox/*/edition.json"))]

    uids = [item["uid"] for edition in editions for item in edition["items"]]
    assert ["weekly-1", "weekly-2"] == [f"{edition['audience']}-{edition['number']}" for edition in editions]
    assert 6 == len(uids) == len(set(uids))


# --- killed ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", QUICK_KINDS)
def test_a_killed_pass_is_finished_by_the_next_to_the_same_bytes(bench: Bench, kind: str) -> None:
    points = _spread(_changes(bench.calls(kind)), SPREAD)

    assert [] == bench.problems(kind, points, Attempt.killed)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_pass_may_be_killed_at_any_moment(bench: Bench, kind: str, tell: Callable[[str], None]) -> None:
    points = _changes(bench.calls(kind))

    problems = bench.problems(kind, points, Attempt.killed)

    tell(f"{kind} pass: killed at each of {len(points)} calls")
    assert [] == problems


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_pass_that_repairs_may_be_killed_too(bench: Bench, kind: str, tell: Callable[[str], None]) -> None:
    calls = _spread(_changes(bench.calls(kind)), 40)
    points = list(zip(calls, [*calls[::2], *calls[1::2]], strict=True))

    problems = bench.problems(kind, points, Attempt.killed_twice)

    tell(f"{kind} pass: killed twice at {len(points)} pairs of calls")
    assert [] == problems


# --- refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_the_disk_may_refuse_anything(bench: Bench, kind: str, error: str, tell: Callable[[str], None]) -> None:
    points = _refusable(bench.calls(kind), error)

    problems = bench.problems(kind, points, lambda attempt, point: attempt.refused(point, error))

    tell(f"{kind} pass: {error} at each of {len(points)} calls")
    assert [] == problems


# --- a full disk -----------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Returns a function that makes a file system with a given size in KiB. A second call changes the size and keeps
    the content.
    """
    place = tmp_path / "disk"
    place.mkdir()
    is_mounted = False

    def disk(size_kib: int) -> Path:
        nonlocal is_mounted
        options = f"{'remount,' if is_mounted else ''}size={size_kib}k"
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        mounting = subprocess.run(command, capture_output=True, text=True, check=False)
        if mounting.returncode:
            # In CI too: a container may not mount, and the injected errors above are the same.
            pytest.skip(f"no small disk can be made: {mounting.stderr.strip()}")
        is_mounted = True
        return place

    yield disk
    if is_mounted:
        subprocess.run(["umount", place], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_disk_may_be_full_at_any_size(
    bench: Bench, kind: str, small_disk: Callable[[int], Path], tell: Callable[[str], None]
) -> None:
    """The sizes go from a disk that can just contain the site to one that is large enough."""
    large_kib, steps, refused = 16_384, 30, 0
    for step in range(steps):
        with bench.attempt(kind, elsewhere=small_disk(large_kib) / "site") as attempt:
            used_kib = -(-_used(attempt.site) // 1024)
            small_disk(used_kib + ROOM_KIB * step // (steps - 1))
            ended = attempt.program.run(*attempt.arguments)
            refused += ended.exit_code != 0
            problem = attempt.said(ended)
            small_disk(large_kib)
            assert "" == (problem or attempt.repaired()), f"step {step}"

    tell(f"{kind} pass: {steps} sizes of disk, {refused} too small")
    assert 0 < refused < steps


def _used(site: Path) -> int:
    disk = os.statvfs(site)
    return (disk.f_blocks - disk.f_bfree) * disk.f_frsize


# --- power cuts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", QUICK_KINDS)
def test_all_is_flushed_before_it_is_shown_and_shown_before_the_store_relies_on_it(bench: Bench, kind: str) -> None:
    """Killing a process cannot show this, because the system keeps what the process wrote. A power cut loses what was
    not flushed.
    """
    calls = bench.calls(kind)
    shown = [call for call in calls if call.name == "rename"]

    editions = [call.paths[1].name for call in shown if call.paths[1].parent.name == "outbox"]
    assert {"first": ["weekly-1"], "news": ["weekly-2"], "themes": []}[kind] == editions
    assert len(shown) > 2
    for rename in shown:
        at = calls.index(rename)
        assert [] == _unflushed(calls[:at], below=rename.paths[0])
        assert rename.paths[1].parent in _flushed_before_the_store_is_written(calls[at:])


def _unflushed(calls: Sequence[Call], *, below: Path) -> list[Path]:
    """Return files and folders whose content was changed and not flushed since."""
    unflushed: dict[Path, None] = {}
    for call in calls:
        if call.name == "fsync":
            unflushed.pop(call.paths[0], None)
        elif call.name == "write" and call.is_below(below):
            unflushed[call.paths[0]] = None
        elif call.name == "openat" and call.is_change and call.is_below(below):
            unflushed |= dict.fromkeys((call.paths[0], *([below] if below in call.paths[0].parents else [])))
    return list(unflushed)


def _flushed_before_the_store_is_written(calls: Sequence[Call]) -> set[Path]:
    written = next(at for at, call in enumerate(calls) if call.name == "pwrite64")
    return {call.paths[0] for call in calls[:written] if call.name == "fsync"}
