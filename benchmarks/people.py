"""Measures imports, exports and erasures of people.

People are imported from this program's CSV and from listmonk's, exported, archived, imported from the archive, erased
with their mails, and removed according to the file of departures after a backup was restored.

Each step has a separate process, so that its memory is its own. Times are CPU seconds, which other work on the machine
affects little, and beside them seconds of the clock. Memory is what the step added at its peak.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NoReturn

from sqlalchemy import update

from publisher.model.changes import NewRecord
from publisher.model.departures import Departure, DepartureKind, SuppressionKind
from publisher.model.feeds import Feed, Gathered
from publisher.model.items import Item
from publisher.model.retention import ENDED
from publisher.model.schedules import Schedule
from publisher.model.settings import Pace, SubscriberSettings
from publisher.model.site import Mailbox, Site
from publisher.model.subscribers import EndReason, SubscriptionState
from publisher.model.themes import Theme, ThemeMap
from publisher.store import Store
from publisher.store.address_key import AddressKey
from publisher.store.departure_text import append_departures
from publisher.store.departures import Journal
from publisher.store.people import RoundEnvelope
from publisher.store.people_schema import subscribers, subscriptions
from publisher.store.replay import repeat_departures
from publisher.subscribers.archive import read_archive, write_archive
from publisher.subscribers.export_lines import HEAD
from publisher.subscribers.people import People
from publisher.subscribers.roster import read_roster
from publisher.subscribers.transfer import ImportDefaults, Transfer

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
THEMES = tuple(Theme(slug=f"theme-{number}", title=f"Theme {number}") for number in range(1, 21))
SITE = Site(
    title="News",
    base_url="https://news.example.org/",
    language="en",
    timezone="UTC",
    author=Mailbox(name="News", address="news@example.org"),
)
SETTINGS = SubscriberSettings(
    paces=tuple(Pace(name=name, schedule=Schedule.parse("0 8 * * *", "UTC")) for name in ("daily", "weekly")),
    default_pace="weekly",
    from_=Mailbox(address="news@example.org"),
    reply_to=None,
    privacy_url="https://example.org/privacy",
    postal_address="Quay 1",
    max_items=40,
)
CLAIMED, ASKED = 50, 20_000
TERMS = ImportDefaults(choices={"theme-1": "weekly"}, agreed="the form of the old letter", language="en")


def collect(store: Store) -> None:
    with store.log.open_pass("news") as collecting:
        collecting.add(
            [
                NewRecord(
                    item=Item(date=date(2026, 3, 2), text=f"Item {number}."),
                    gathered=Gathered(themes=(theme,), feeds=(Feed.of_theme(theme),)),
                    uid=f"tag:example.org,2026:{number}",
                    path=f"items/2026/{number}",
                    published=NOW + timedelta(seconds=number),
                )
                for number, theme in enumerate(THEMES, start=1)
            ],
            now=NOW,
        )


def people_of(store: Store) -> People:
    def no_letters() -> NoReturn:
        raise NotImplementedError

    themes = ThemeMap(default=Theme(slug="general", title="General"), themes=THEMES)
    return People(store=store, site=SITE, settings=SETTINGS, themes=themes, letters=no_letters, now=NOW)


def transfer_of(store: Store) -> Transfer:
    return Transfer(people_of(store), store, words_in=lambda _: "Yes, send me these mails")


# --- the files -------------------------------------------------------------------------------------------------------


def write_ours(path: Path, people: int) -> None:
    since = "2025-01-02T03:04:05+00:00"
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        for number in range(people):
            follows = f"theme-{number % 20 + 1}=weekly theme-{number % 7 + 2}=daily"
            file.write(f'reader{number}@example.org,en,{since},,{follows},form,{since},"Yes, send me these mails"\n')


def write_listmonk(path: Path, people: int) -> None:
    at = "2024-01-02 03:04:05.678901 +0000 UTC"
    with path.open("w", encoding="utf-8") as file:
        file.write("uuid,email,name,attributes,status,created_at,updated_at\n")
        for number in range(people):
            file.write(f'u{number},Member{number}@example.com,"Member {number}",{{}},enabled,{at},{at}\n')


# --- the steps -------------------------------------------------------------------------------------------------------


def bring_in(path: Path, store: Store) -> int:
    roster = read_roster(partial(path.open, encoding="utf-8", newline=""))
    return transfer_of(store).bring_in(roster, TERMS).added


def export(path: Path, store: Store) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        return sum(1 for line in transfer_of(store).export() if file.write(line)) - 1


def archive(path: Path, store: Store) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        return sum(1 for line in write_archive(store) if file.write(line)) - 1


def bring_back(path: Path, store: Store) -> int:
    return read_archive(store, partial(path.open, encoding="utf-8", newline="")).rows


def end_some(store: Store, people: int) -> None:
    """Let so many people leave, longer ago than the data of people who left is kept."""
    long_ago = NOW - ENDED - timedelta(days=1)
    ended = {"state": SubscriptionState.ENDED, "ended_at": long_ago, "ended_because": EndReason.UNSUBSCRIBED}
    with store.database.writing_beside() as connection:
        connection.execute(update(subscriptions).where(subscriptions.c.subscriber <= people).values(ended))
        connection.execute(update(subscribers).where(subscribers.c.number <= people).values(left_at=long_ago))


def mail_all(store: Store, rounds: int) -> None:
    """Queue a mail to every person, for so many rounds."""
    envelope = RoundEnvelope(sender="news@example.org", host="example.org", bounces="bounces@example.org")
    for _ in range(rounds):
        before = store.people.rounds.last_ticks()
        begun = store.people.rounds.begin(("daily", "weekly"), {}, before=before, upto=store.log.end(), now=NOW)
        known: dict[tuple[int, ...], int] = {}
        while begun is not None:
            with store.people.rounds.open_range(begun, now=NOW) as range_pass:
                if range_pass is None:
                    break
                mails = {each.subscriber: (1,) for each in range_pass.followed(floor=0)}
                range_pass.write(mails, [], known, envelope=envelope)


def write_departures(store: Store, path: Path) -> None:
    """Write a file of departures. Of every three people, one left, one reported a mail as spam, and one was erased."""
    later, journal = NOW + timedelta(hours=1), Journal(path)
    with store.database.reading() as connection:
        key = AddressKey.of(connection)
    for batch in store.people.subscribers.all():
        marks = [key.mark_of(each.address) for each in batch]
        lines = [
            Departure(at=later, kind=DepartureKind.ERASED if number % 3 == 0 else DepartureKind.LEFT, mark=mark)
            for number, mark in enumerate(marks)
        ]
        complaints = (
            Departure(at=later, kind=DepartureKind.SUPPRESSED, mark=mark, suppression=SuppressionKind.COMPLAINT)
            for mark in marks[1::3]
        )
        append_departures(journal, [*lines, *complaints], key)


def erase(_path: Path, store: Store) -> int:
    return store.people.retention.forget(now=NOW).ended


def repeat(path: Path, store: Store) -> int:
    repeated = repeat_departures(store.database, Journal(path))
    return repeated.left + repeated.erased


def ask(_path: Path, store: Store) -> int:
    """Ask whether addresses are suppressed, each time for as many addresses as a process claims mails. Return how often
    was asked.
    """
    addresses = [f"reader{number}@example.org" for number in range(ASKED)]
    for start in range(0, ASKED, CLAIMED):
        store.people.suppressions.among(addresses[start : start + CLAIMED])
    return ASKED // CLAIMED


def run(
    step: Callable[[Path, Store], int],
    path: Path,
    url: str,
    told: "multiprocessing.Queue[tuple[int, float, float, float]]",
) -> None:
    with Store.open(url) as store:
        before, started, began = peak_mib(), time.process_time(), time.perf_counter()
        count = step(path, store)
        taken_s, clock_s = time.process_time() - started, time.perf_counter() - began
        told.put((count, taken_s, clock_s, max(peak_mib() - before, 0)))


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(name: str, step: Callable[[Path, Store], int], path: Path, url: str) -> None:
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    worker = context.Process(target=run, args=(step, path, url, told))
    worker.start()
    worker.join()
    if worker.exitcode:
        raise SystemExit(f"{name}: failed")
    count, taken_s, clock_s, mib = told.get()
    told_of = f"{taken_s:.1f} s ({clock_s:.1f} s by the clock)"
    print(f"{name}: {count} in {told_of}, {count / taken_s:,.0f}/s, +{mib:.0f} MiB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--erased", type=int, help="how many are erased; else all")
    parser.add_argument("--rounds", type=int, default=2, help="how many mails each had who is erased")
    parser.add_argument("--stores", nargs=3, help="of three empty databases; else SQLite files that go afterwards")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        urls = given.stores or [f"sqlite:///{here / name}.db" for name in ("first", "second", "third")]
        first, second, third = urls
        for url in urls:
            with Store.open(url) as store:
                collect(store)
        write_ours(here / "ours.csv", given.people)
        write_listmonk(here / "listmonk.csv", given.people)
        print(f"{given.people} people in each list, ours with two themes each")
        measure("imported from our CSV", bring_in, here / "ours.csv", first)
        measure("imported from listmonk", bring_in, here / "listmonk.csv", second)
        measure("exported as CSV", export, here / "out.csv", first)
        measure("archived, in rows", archive, here / "out.jsonl", first)
        measure("archive brought back, in rows", bring_back, here / "out.jsonl", third)
        measure("archived again, in rows", archive, here / "again.jsonl", third)
        is_equal = (here / "out.jsonl").read_bytes() == (here / "again.jsonl").read_bytes()
        print(f"the archive of what was brought back is the same file: {is_equal}")
        with Store.open(second) as store:
            mail_all(store, given.rounds)
            end_some(store, given.erased or given.people)
        measure(f"erased by a pass, each with {given.rounds} mails", erase, here, second)
        with Store.open(first) as store:
            mail_all(store, 1)
            write_departures(store, here / "departures")
        measure("gone again after a restore", repeat, here / "departures", first)
        measure(f"asked who of {CLAIMED} is suppressed, in batches", ask, here, first)


if __name__ == "__main__":
    main()
