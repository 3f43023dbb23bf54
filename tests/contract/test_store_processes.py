"""Several processes that use one store at the same time. They are real processes, because threads share more."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from publisher.model.editions import Edition
from publisher.model.errors import BusyError, StoreError
from publisher.model.feeds import ALL
from publisher.store import Store
from tests.contract.stories import NOON, collect, due, finish, numbers_of, record, records
from tests.databases import dump
from tests.processes import FORKS

PATIENCE_S = 60


class Child:
    """A process that runs one function, with a pipe for its messages."""

    def __init__(self, work: Callable[..., None], *arguments: Any) -> None:
        self._pipe, theirs = FORKS.Pipe()
        self._process = FORKS.Process(target=work, args=(theirs, *arguments))
        self._process.start()
        theirs.close()

    def hear(self) -> Any:
        """Return the next message of the process; fail if it ended without one."""
        assert self._pipe.poll(PATIENCE_S), "the child says nothing"
        return self._pipe.recv()

    def say(self, word: str) -> None:
        self._pipe.send(word)

    def kill(self) -> None:
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.join(PATIENCE_S)

    def finish(self) -> None:
        self._process.join(PATIENCE_S)
        assert self._process.exitcode == 0
        self.close()

    def close(self) -> None:
        if self._process.is_alive():
            self._process.kill()
            self._process.join(PATIENCE_S)
        self._process.close()
        self._pipe.close()


@pytest.fixture
def child() -> Iterator[Callable[..., Child]]:
    """Returns a function that starts processes of class `Child`; they end with the test."""
    with ExitStack() as stack:

        def start(work: Callable[..., None], *arguments: Any) -> Child:
            started = Child(work, *arguments)
            stack.callback(lambda: started.close() if started._process._popen else None)  # type: ignore[attr-defined]
            return started

        yield start


# --- functions of the children -----------------------------------------------------------------------------------


def open_and_count(pipe: Connection, url: str) -> None:
    pipe.send("ready")
    pipe.recv()
    with Store.open(url) as store:
        pipe.send(store.items.count())


def collect_passes(pipe: Connection, url: str, source: str, passes: int) -> None:
    with Store.open(url) as store:
        pipe.send("ready")
        pipe.recv()
        for index in range(passes):
            collect(store, *records(f"{source}-{index}", 2), source=source, validator=str(index))
        pipe.send("done")


def compose_and_publish(pipe: Connection, url: str, end: int) -> None:
    """Compose and publish what is new, again and again, until all changes up to number `end` are dealt with."""
    moved: list[tuple[int, int]] = []
    with Store.open(url) as store:
        pipe.send("ready")
        pipe.recv()
        while cursor_of(store, "weekly") < end or store.log.cursor("feeds").seq < end:
            compose_once(store)
            moved += publish_once(store)
    pipe.send(moved)


def cursor_of(store: Store, audience: str) -> int:
    state = store.editions.audience(audience)
    return state.cursor if state else 0


def compose_once(store: Store) -> None:
    edition = due(store)
    if edition.records:
        with outrun_is_fine():
            store.editions.record(edition, start=0, tick=None)


def publish_once(store: Store) -> list[tuple[int, int]]:
    after, upto = store.log.cursor("feeds").seq, store.log.end()
    if after != upto:
        with outrun_is_fine():
            store.log.move_cursor("feeds", expected=after, seq=upto, settings={})
            return [(after, upto)]
    return []


@contextmanager
def outrun_is_fine() -> Iterator[None]:
    """Ignore that another process was quicker, and no other error."""
    try:
        yield
    except StoreError as error:
        if "meanwhile" not in str(error):
            raise


def collect_slowly(pipe: Connection, url: str) -> None:
    """Write changes to the log, then wait for a message before the commit."""
    with Store.open(url) as store, store.log.open_pass("slow") as collecting:
        collecting.add(records("slow", 3), now=NOON)
        finish(collecting, "slow", now=NOON)
        pipe.send("numbered")
        pipe.recv()


def collect_at_once(pipe: Connection, url: str) -> None:
    with Store.open(url) as store:
        pipe.send("ready")
        collect(store, *records("quick", 2), source="quick")
        pipe.send("done")


def hold_and_hang(pipe: Connection, url: str) -> None:
    """Take the lock, change the log, and hang."""
    with Store.open(url) as store, store.exclusive("run", wait_s=1), store.log.open_pass("news") as collecting:
        collecting.add(records("lost", 500), now=NOON)
        pipe.send("hanging")
        pipe.recv()


# --- the promises --------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_two_processes_that_open_a_fresh_database_at_once_both_succeed(
    bare_url: str, child: Callable[..., Child]
) -> None:
    children = [child(open_and_count, bare_url) for _ in range(2)]
    for one in children:
        assert one.hear() == "ready"
    for one in children:
        one.say("go")

    assert [one.hear() for one in children] == [0, 0]
    for one in children:
        one.finish()


def test_processes_at_work_together_never_number_twice_nor_lose_nor_repeat(
    durable_url: str, child: Callable[..., Child]
) -> None:
    passes, end = 15, 60
    with Store.open(durable_url) as store:
        collectors = [child(collect_passes, durable_url, source, passes) for source in ("one", "two")]
        readers = [child(compose_and_publish, durable_url, end) for _ in range(2)]
        for one in (*collectors, *readers):
            assert one.hear() == "ready"
        for one in (*collectors, *readers):
            one.say("go")

        assert [one.hear() for one in collectors] == ["done", "done"]
        moved = sorted([*readers[0].hear(), *readers[1].hear()])
        for one in (*collectors, *readers):
            one.finish()

        everything = [one for page in store.log.changed_records(0, 10_000) for one in page]
        assert [one.seq for one in everything] == list(range(1, end + 1))
        assert sorted(one.number for one in everything) == list(range(1, end + 1))
        assert store.items.count() == store.log.end() == end
        assert [after for after, _ in moved] == [0, *(upto for _, upto in moved[:-1])]
        assert moved[-1][1] == end
        editions = store.editions.unwritten()
        assert [edition.number for edition in editions] == list(range(1, len(editions) + 1))
        sent = [number for edition in editions for number in numbers_of(edition.records)]
        assert sorted(sent) == list(range(1, end + 1))


def test_a_reader_never_passes_a_number_that_is_committed_later(durable_url: str, child: Callable[..., Child]) -> None:
    with Store.open(durable_url) as store:
        collect(store, record("first"))
        slow = child(collect_slowly, durable_url)
        assert slow.hear() == "numbered"
        quick = child(collect_at_once, durable_url)
        assert quick.hear() == "ready"
        time.sleep(0.1)  # without the order of commits, the quick one could commit now

        seen, cursor = read_on(store, 0)
        assert seen == ["first"]

        slow.say("go on")
        slow.finish()
        assert quick.hear() == "done"
        quick.finish()
        assert read_on(store, cursor) == (["slow-0", "slow-1", "slow-2", "quick-0", "quick-1"], 6)


def read_on(store: Store, cursor: int) -> tuple[list[str], int]:
    end = store.log.end()
    pages = store.log.changed_records(cursor, end)
    return [one.path.rpartition("/")[2] for page in pages for one in page], end


def test_a_process_killed_in_the_middle_frees_the_lock_and_leaves_no_trace(
    durable_url: str, child: Callable[..., Child]
) -> None:
    with Store.open(durable_url) as store:
        collect(store, record("before"))
        before = dump(store)
        victim = child(hold_and_hang, durable_url)
        assert victim.hear() == "hanging"
        with (
            pytest.raises(BusyError, match=r"another publisher is at work \(run\)"),
            store.exclusive("run", wait_s=0.2),
        ):
            pytest.fail("two processes hold one lock")
        with store.exclusive("other", wait_s=0):
            pass

        victim.kill()

        with store.exclusive("run", wait_s=5):
            assert dump(store) == before
            collect(store, record("after"))
        assert store.log.end() == 2


def test_a_lock_is_free_again_after_its_block_and_after_an_error(store: Store) -> None:
    for _ in range(2):
        with pytest.raises(RuntimeError, match="mid-run"), store.exclusive("run", wait_s=0):
            raise RuntimeError("mid-run")

    with store.exclusive("run", wait_s=0), pytest.raises(BusyError), store.exclusive("run", wait_s=0.01):
        pytest.fail("the lock was given twice")


def test_two_names_of_one_file_have_one_lock(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    with (
        Store.open(f"sqlite:///{tmp_path}/a.db") as one,
        Store.open(f"sqlite:///{tmp_path}/link/a.db") as other,
        one.exclusive("run", wait_s=0),
        pytest.raises(BusyError),
        other.exclusive("run", wait_s=0),
    ):
        pytest.fail("the lock was given twice")


@pytest.mark.slow
def test_a_database_another_program_holds_locked_is_one_line(
    durable_url: str, child: Callable[..., Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    # patched, because ten seconds of patience suit an operator and are long for a test
    monkeypatch.setattr("publisher.store.engine.PATIENCE_S", 1)
    with Store.open(durable_url) as store:
        collect(store, record("a"))
        holder = child(collect_slowly, durable_url)
        assert holder.hear() == "numbered"

        with pytest.raises(StoreError, match=r"^store [^\n]*: another program holds it locked; try again[^\n]*$"):
            collect(store, record("b"))
        assert store.log.end() == 1

        holder.say("go on")
        holder.finish()
        collect(store, record("b"))
        assert store.log.end() == 5


def test_a_rehearsal_without_news_is_in_nobody_s_way(durable_url: str) -> None:
    with Store.open(durable_url) as other, Store.rehearse(durable_url) as rehearsal:
        assert rehearsal.items.added_last(ALL, limit=9) == []

        collect(other, record("a"))

        assert other.log.end() == 1


def test_an_edition_composed_twice_at_once_is_recorded_once(durable_url: str) -> None:
    with Store.open(durable_url) as one, Store.open(durable_url) as other:
        collect(one, record("a"))
        editions: list[Edition] = [due(one), replace(due(other), composed_at=NOON)]

        one.editions.record(editions[0], start=0, tick=None)
        with pytest.raises(StoreError, match="meanwhile"):
            other.editions.record(editions[1], start=0, tick=None)

        assert len(one.editions.latest(limit=9)) == 1
