"""Who gets mail after any sequence of leaving, erasing, suppressing, coming back, importing, losing the store and
restoring it. The oracle follows the rule of docs/adr/imports-leave-out-people-who-left.md.
"""

import secrets
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.departures import SuppressionKind
from publisher.model.errors import SuppressedError
from publisher.model.subscribers import Consent, ConsentKind, Subscriber
from publisher.store import Store
from publisher.store.snapshot import take_snapshot
from publisher.subscribers.choose import choose
from tests.contract.stories import NOON
from tests.databases import empty_sqlite
from tests.subscribers.test_transfer import people_of

MINUTE = timedelta(minutes=1)
LONG_AGO = NOON - timedelta(days=3000)
ADDRESSES = ("ada@example.org", "ben@example.org")
KINDS = (SuppressionKind.OPERATOR, SuppressionKind.BOUNCES)
Step = tuple[str, int]
"""An event of `STEPS`, and the number of the address, the cause or the backup that it is about."""
STEPS = ("leave", "erase", "return", "import", "suppress", "lift", "backup", "restore", "lose")


@dataclass(frozen=True)
class Held:
    """What a store knows about one address, as far as it decides about mail."""

    came_at: datetime | None = None
    """When the owner of the address subscribed, or `None` if no subscriber has the address."""
    is_active: bool = False
    suppressions: frozenset[SuppressionKind] = frozenset()


@dataclass
class Oracle:
    """What is known of one address according to the rule."""

    held: Held = Held()
    is_out: bool = False
    """Whether the owner of the address left, as far as his last decision says."""
    erased_at: datetime | None = None
    suppressed: set[SuppressionKind] = field(default_factory=set)
    """The suppressions of the address, which are kept even if the store is lost."""
    backups: list[Held] = field(default_factory=list)

    def happens(self, what: str, kind: SuppressionKind, now: datetime) -> None:
        held = self.held
        match what:
            case "leave" if held.is_active:
                self.held, self.is_out = replace(held, is_active=False), True
            case "erase" if held.came_at:
                self.held, self.is_out, self.erased_at = Held(suppressions=held.suppressions), True, now
            case "return" if not held.suppressions:
                came_at = held.came_at if held.is_active else now
                self.held, self.is_out = Held(came_at=came_at, is_active=True), False
            case "import" if not (held.suppressions or held.came_at or self.is_out):
                self.held = Held(came_at=now, is_active=True)
            case "suppress":
                self.held = replace(held, suppressions=held.suppressions | {kind})
                if kind not in held.suppressions:
                    self.suppressed.add(kind)
            case "lift" if kind in held.suppressions:
                self.held = replace(held, suppressions=held.suppressions - {kind})
                self.suppressed.discard(kind)

    def is_restored(self, backup: Held) -> None:
        came_at = backup.came_at
        if came_at and self.erased_at and self.erased_at > came_at:
            came_at = None
        self.held = Held(
            came_at=came_at,
            is_active=came_at is not None and backup.is_active and not self.is_out,
            suppressions=backup.suppressions | self.suppressed,
        )


class Site:
    """A real store, its backups, and the file of departures beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "publisher.db"
        self.database.write_bytes(empty_sqlite())
        self.backups = 0
        self.store = Store.open(f"sqlite:///{self.database}")
        self.happens("import", "first@example.org", KINDS[0], NOON)

    def happens(self, what: str, address: str, kind: SuppressionKind, now: datetime) -> None:
        people = people_of(self.store, now=now)
        known = self.store.people.subscribers.by_address(address)
        match what:
            case "leave" if known and known.active:
                people.end(address)
            case "erase" if known:
                people.erase(address)
            case "return":
                try:
                    people.add(address, {"*": "daily"}, language="en", words="By telephone")
                except SuppressedError:
                    return
            case "import":
                gone = self.store.people.subscribers.gone()
                self.store.people.subscribers.add_new([listed(address)], gone=gone, now=now)
            case "suppress":
                self.store.people.suppressions.add(address, kind, now=now)
            case "lift":
                self.store.people.suppressions.lift(address, [kind], now=now)

    def back_up(self) -> None:
        take_snapshot(self.database, self.folder / f"backup-{self.backups}")
        self.backups += 1

    def restore(self, number: int) -> None:
        self._exchange((self.folder / f"backup-{number}").read_bytes())
        self.store.repeat_departures()

    def lose(self) -> None:
        self._exchange(None)

    def _exchange(self, data: bytes | None) -> None:
        self.store.close()
        for ending in ("", "-wal", "-shm"):
            self.database.with_name(f"publisher.db{ending}").unlink(missing_ok=True)
        # what a new store is: one with a key of its own, if nothing is beside it
        self.database.write_bytes(data if data is not None else empty_sqlite())
        if data is None:
            with closing(sqlite3.connect(self.database)) as connection:
                connection.execute("UPDATE address_key SET key = ?", (secrets.token_hex(32),))
                connection.commit()
        self.store = Store.open(f"sqlite:///{self.database}")

    def held(self, address: str) -> tuple[bool, bool, frozenset[SuppressionKind]]:
        reader = self.store.people.subscribers.by_address(address)
        kinds = frozenset(each.kind for each in self.store.people.suppressions.of(address))
        return reader is not None, bool(reader and reader.active), kinds


def listed(address: str) -> tuple[Subscriber, Consent]:
    """Return a person in a list, who consented long ago."""
    consent = Consent(kind=ConsentKind.OPERATOR, at=LONG_AGO, language="en", choices={"*": "daily"}, words="On paper")
    subs = choose((), consent.choices, log_end=0, now=LONG_AGO)
    return Subscriber(number=0, address=address, language="en", since=LONG_AGO, subscriptions=subs), consent


@contextmanager
def a_site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder))
        try:
            yield site
        finally:
            site.store.close()


def live(steps: Sequence[Step]) -> None:
    oracles = [Oracle() for _ in ADDRESSES]
    with a_site() as site:
        for number, (what, which) in enumerate(steps):
            now = NOON + number * MINUTE
            if what == "backup":
                site.back_up()
                for oracle in oracles:
                    oracle.backups.append(oracle.held)
            elif what in {"restore", "lose"}:
                chosen = which % site.backups if what == "restore" and site.backups else None
                site.lose() if chosen is None else site.restore(chosen)
                for oracle in oracles:
                    oracle.is_restored(Held() if chosen is None else oracle.backups[chosen])
            else:
                kind = KINDS[which // len(ADDRESSES) % len(KINDS)]
                site.happens(what, ADDRESSES[which % len(ADDRESSES)], kind, now)
                oracles[which % len(ADDRESSES)].happens(what, kind, now)
            expected = [(bool(o.held.came_at), o.held.is_active, o.held.suppressions) for o in oracles]
            assert expected == [site.held(address) for address in ADDRESSES], (number, what, which)


@pytest.mark.parametrize(
    "story",
    [
        "return backup leave restore import",
        "import backup leave lose import restore",
        "import backup erase restore import return restore",
        "import erase import backup return backup restore",
        "return erase return backup restore",
        "return backup erase return backup restore",
        "return backup erase return restore import backup restore",
        "return leave return leave backup return restore",
        "return suppress backup lift restore return lift return",
        "import suppress lose import lift import lose import",
        "import leave lose import return backup lose restore",
    ],
)
def test_a_life_goes_by_the_rule(story: str) -> None:
    live([(what, -1 if what == "restore" else 0) for what in story.split()])


@pytest.mark.slow
@settings(max_examples=settings().max_examples * 3)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 3)), max_size=16))
def test_any_life_goes_by_the_rule(steps: list[Step]) -> None:
    live(steps)
