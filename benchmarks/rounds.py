"""Measures the planning of a round (who gets which items) for many people, and the evaluation of each person alone.

People follow a few of 20 themes each, the first themes most often (Zipf), at three paces and in three languages. The
round is that of the daily pace, at which about half of the people follow something. With `--processes`, several
processes plan one round, on PostgreSQL. Planning has a separate process, so that its memory is its own. Times are CPU
seconds, which other work on the machine affects little; for several processes, they are seconds of the clock.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, NoReturn

from deliver import mail_of, queue, settings, sink
from sqlalchemy import insert, select, update

from publisher.admin.round_mails import RoundMails
from publisher.compose.digest import Renderer
from publisher.config.document import Document
from publisher.deliver.mails import Mails
from publisher.deliver.pace import Throttle
from publisher.deliver.run import DeliveryOptions, deliver
from publisher.model.changes import NewRecord
from publisher.model.deliveries import Delivery, DeliveryKind, NewDelivery
from publisher.model.errors import PublisherError
from publisher.model.feeds import Feed, Gathered
from publisher.model.items import Item
from publisher.model.rounds import Round
from publisher.model.schedules import Schedule
from publisher.model.settings import Pace, SubscriberSettings
from publisher.model.site import Mailbox
from publisher.model.subscribers import EVERYTHING, SubscriptionState
from publisher.model.themes import Theme, ThemeMap
from publisher.rendering.template_files import TemplateFiles, shipped_templates
from publisher.rendering.templates import Templates
from publisher.rendering.wire_form import WireForm
from publisher.store import Store
from publisher.store.mail_schema import deliveries
from publisher.store.people import RoundEnvelope
from publisher.store.people_schema import round_mails, rounds, selections, subscribers, subscriptions
from publisher.store.queue import insert_deliveries
from publisher.subscribers.people import People
from publisher.subscribers.rounds import RoundKeeper

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
THEMES = [Theme(slug=f"theme-{number}", title=f"Theme {number}") for number in range(1, 21)]
PACES = {"daily": (0.12, 0), "weekly": (0.63, 200), "monthly": (0.25, 600)}
"""For each pace, the share of subscriptions that have it, and by how many log numbers their cursors are behind those of
the daily pace.
"""
SETTINGS = SubscriberSettings(
    paces=tuple(Pace(name=name, schedule=Schedule.parse("0 8 * * *", "UTC")) for name in PACES),
    default_pace="weekly",
    from_=Mailbox(address="news@example.org"),
    reply_to=None,
    privacy_url="https://example.org/privacy",
    postal_address="Quay 1",
    max_items=200,
)
THEME_MAP = ThemeMap(default=Theme(slug="general", title="General"), themes=tuple(THEMES))
ENVELOPE = RoundEnvelope(sender="news@example.org", host="example.org", bounces="bounces@example.org")
OLD_ITEMS = 1_000
CHUNK = 20_000


# --- the site --------------------------------------------------------------------------------------------------------


def collect(store: Store, first: int, count: int, random: Random) -> None:
    weights = [1 / place for place in range(1, len(THEMES) + 1)]
    new = []
    for number in range(first, first + count):
        themes = tuple(dict.fromkeys(random.choices(THEMES, weights, k=random.choice((1, 1, 2, 3)))))
        new.append(
            NewRecord(
                item=Item(date=date(2026, 3, 2), text=f"Item {number}."),
                gathered=Gathered(themes=themes, feeds=tuple(map(Feed.of_theme, themes))),
                uid=f"tag:example.org,2026:{number}",
                path=f"items/2026/{number}",
                published=NOW + timedelta(seconds=number),
            )
        )
    with store.log.open_pass("news") as collecting:
        collecting.add(new, now=NOW)


def subscriptions_of(number: int, random: Random, log_end: int) -> Iterator[dict[str, Any]]:
    """Return the subscriptions of one person: five on average. One person in twenty follows everything. Four fifths of
    them began when the person came, the others on a day of their own.
    """
    weights = [1 / place for place in range(1, len(THEMES) + 1)]
    slugs = dict.fromkeys(theme.slug for theme in random.choices(THEMES, weights, k=random.randint(4, 11)))
    chosen = [EVERYTHING] if random.random() < 0.05 else list(slugs)
    came_at = moment_before(NOW, random)
    for place, theme in enumerate(chosen, start=1):
        [pace] = random.choices(list(PACES), [share for share, _ in PACES.values()])
        cursor = log_end - PACES[pace][1]
        is_ended = random.random() < 0.1
        yield {
            "subscriber": number,
            "number": place,
            "theme": theme,
            "pace": pace,
            "state": SubscriptionState.ENDED if is_ended else SubscriptionState.ACTIVE,
            # Most came long ago; each day some come.
            "start": min(cursor, int(log_end * random.random() ** 0.3)),
            "cursor": cursor,
            "since": came_at if random.random() < 0.8 else moment_before(NOW, random),
            "ended_at": NOW - timedelta(days=9) if is_ended else None,
            "ended_because": None,
        }


def moment_before(now: datetime, random: Random) -> datetime:
    """Return a moment of the last five years."""
    return now - timedelta(seconds=random.randrange(5 * 365 * 86_400))


def populate(store: Store, people: int, items: int) -> None:
    random = Random(1)
    collect(store, 1, OLD_ITEMS, random)
    log_end = store.log.end()
    numbers = iter(range(1, people + 1))
    while chunk := list(islice(numbers, CHUNK)):
        rows = [
            {
                "number": number,
                "address": f"reader{number}@example.org",
                "language": ("en", "fr", "nl")[number % 3],
                "since": NOW,
                "came_at": NOW,
                "paused_until": None,
                "bounce_mark": f"{number:020x}",
            }
            for number in chunk
        ]
        follows = [row for number in chunk for row in subscriptions_of(number, random, log_end)]
        with store.database.writing_beside() as connection:
            connection.execute(insert(subscribers), rows)
            connection.execute(insert(subscriptions), follows)
    collect(store, OLD_ITEMS + 1, items, random)
    store.people.rounds.note_ticks({"daily": NOW - timedelta(days=2), "weekly": NOW, "monthly": NOW})


# --- ours ------------------------------------------------------------------------------------------------------------


def keeper(store: Store) -> RoundKeeper:
    return RoundKeeper(store=store, settings=SETTINGS, themes=THEME_MAP, envelope=ENVELOPE, now=NOW)


def plan(url: str, told: "multiprocessing.queues.Queue[tuple[float, int, float]]") -> None:
    """Plan the rest of the round. Put the seconds it took, the number of mails, and the peak memory in MiB
    into `told`.
    """
    with Store.open(url) as store:
        before = peak_mib()
        started = time.process_time()
        mails = sum(report.mails for report in keeper(store).keep(is_held=False))
        told.put((time.process_time() - started, mails, max(peak_mib() - before, 0)))


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(url: str, processes: int) -> tuple[float, int, float]:
    """Return how many seconds the round took, how many mails it has, and the most memory that one process needed."""
    with Store.open(url) as store:
        keeper(store).keep(is_held=False, is_stopping=lambda: True)
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    workers = [context.Process(target=plan, args=(url, told)) for _ in range(processes)]
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    found = [told.get() for _ in workers]
    for worker in workers:
        worker.join()
    taken_s = found[0][0] if processes == 1 else time.perf_counter() - started
    return taken_s, sum(mails for _, mails, _ in found), max(mib for _, _, mib in found)


# --- each reader by himself ------------------------------------------------------------------------------------------


class UndoneError(Exception):
    """Raised to roll back a transaction."""


def delivery_to(subscriber: int) -> NewDelivery:
    return NewDelivery(
        kind=DeliveryKind.ROUND,
        name="round-0",
        recipient=f"reader{subscriber}@example.org",
        sender=ENVELOPE.sender,
        message_id=f"<round-0.{subscriber}@example.org>",
        dated=NOW,
    )


def plan_one_by_one(store: Store, round_: Round, most: int) -> tuple[float, int]:
    """Evaluate at most `most` people who are due, each with queries of their own. Return the seconds it took, and the
    number of mails.
    """
    items = store.people.rounds.new_items(OLD_ITEMS, round_.upto)
    with store.database.reading() as connection:
        is_due = (subscriptions.c.state == SubscriptionState.ACTIVE, subscriptions.c.pace.in_(round_.paces))
        due = list(
            connection.execute(select(subscriptions.c.subscriber).where(*is_due).distinct().limit(most)).scalars()
        )
    mails = 0
    started = time.process_time()
    taken_s = 0.0
    with suppress(UndoneError), store.database.writing_beside() as connection:
        row = {"number": round_.number, "paces": round_.paces, "upto": round_.upto, "begun_at": NOW}
        connection.execute(insert(rounds).values(**row, planned_at=NOW))
        for subscriber in due:
            rows = connection.execute(select(subscriptions).where(subscriptions.c.subscriber == subscriber)).all()
            new: set[int] = set()
            dealt: set[int] = set()
            for each in rows:
                for item in items:
                    seq = item.added_seq if each.theme == EVERYTHING else item.themes.get(each.theme)
                    if seq is None or item.added_seq <= each.start:
                        continue
                    if seq <= each.cursor:
                        dealt.add(item.number)
                    elif each.state is SubscriptionState.ACTIVE and each.pace in round_.paces:
                        new.add(item.number)
            if chosen := sorted(new - dealt):
                mails += 1
                made = insert(selections).values(digest=f"reader {subscriber}", items=str(chosen))
                [selection] = connection.execute(made).inserted_primary_key or (0,)
                its_mail = {"round": 0, "subscriber": subscriber, "selection": selection}
                connection.execute(insert(round_mails).values(its_mail))
                insert_deliveries(connection, [delivery_to(subscriber)], now=NOW)
            its = (subscriptions.c.subscriber == subscriber, *is_due)
            connection.execute(update(subscriptions).where(*its).values(cursor=round_.upto))
        taken_s = time.process_time() - started
        raise UndoneError
    return taken_s, mails


# --- the whole way to a mail server ----------------------------------------------------------------------------------


def send(store: Store) -> tuple[float, float]:
    """Return how many mails per CPU second are sent to a sink: the mails of the round, and mails of the same size that
    are rendered already.
    """
    sizes: list[int] = []
    with sink(0) as port:
        mails = round_mails_of(store)

        def remember(claimed: Sequence[Delivery]) -> dict[int, WireForm | PublisherError]:
            found = mails(claimed)
            sizes.extend(each.size for each in found.values() if isinstance(each, WireForm))
            return found

        round_s = hand_over(store, port, {DeliveryKind.ROUND: remember})
        one = mail_of(sum(sizes) // len(sizes))
        queue(store, len(sizes))
        with store.database.writing_beside() as connection:
            connection.execute(update(deliveries).where(deliveries.c.kind == DeliveryKind.EDITION).values(due_at=NOW))
        alone_s = hand_over(store, port, {DeliveryKind.EDITION: lambda claimed: {each.id: one for each in claimed}})
    return len(sizes) / round_s, len(sizes) / alone_s


def hand_over(store: Store, port: int, mails_of: Mapping[DeliveryKind, Mails]) -> float:
    given = settings(port, 4)
    started = time.process_time()
    with store.mail.ledger.delivering(now=NOW):
        deliver(store.mail.ledger, mails_of, Throttle(given), DeliveryOptions(settings=given, clock=lambda: NOW))
    return time.process_time() - started


def round_mails_of(store: Store) -> RoundMails:
    document = Document.model_validate(
        {
            "site": {
                "title": "News",
                "base_url": "https://news.example.org/",
                "language": "en",
                "timezone": "UTC",
                "author": {"name": "News", "email": "news@example.org"},
            },
            "sources": [{"name": "news", "path": "news.txt"}],
        }
    )
    site = document.site.site()
    templates = Templates(TemplateFiles(Path("nowhere"), shipped_templates()))
    renderer = Renderer(site=site, templates=templates, style=document.digest.style(site), themes=THEME_MAP)

    def no_letters() -> NoReturn:
        raise NotImplementedError

    def people(now: datetime) -> People:
        return People(store=store, site=site, settings=SETTINGS, themes=THEME_MAP, letters=no_letters, now=now)

    return RoundMails(store=store, settings=SETTINGS, renderer=lambda: renderer, people=people, clock=lambda: NOW)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--items", type=int, default=60, help="how many are new")
    parser.add_argument("--sample", type=int, default=2_000, help="how many readers are evaluated one by one")
    parser.add_argument("--store", help="of an empty database; else an SQLite file that goes afterwards")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--send", action="store_true", help="hand the mails over to a sink as well")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = given.store or f"sqlite:///{Path(folder) / 'publisher.db'}"
        with Store.open(url) as store:
            populate(store, given.people, given.items)
            sample_s, sampled = plan_one_by_one(
                store, Round(number=0, paces=("daily",), upto=store.log.end(), begun_at=NOW), given.sample
            )
        taken_s, mails, mib = measure(url, given.processes)
        with Store.open(url) as store, store.database.reading() as connection:
            follows = connection.execute(select(subscriptions.c.number)).all()
            kinds = connection.execute(select(selections.c.number)).all()
        sent = None
        if given.send:
            with Store.open(url) as store:
                sent = send(store)
    alone_s = sample_s / max(sampled, 1) * mails
    print(
        f"{given.people} people, {len(follows)} subscriptions, {given.items} new items, {given.processes} process(es)"
    )
    print(
        f"ours: {mails} mails of {len(kinds)} selections in {taken_s:.2f} s, {mails / taken_s:,.0f}/s, +{mib:.0f} MiB"
    )
    print(
        f"each by himself: {sampled} in {sample_s:.1f} s, {sampled / sample_s:,.0f}/s; all would take {alone_s:.0f} s"
    )
    print(f"ours is {alone_s / taken_s:.1f} times quicker")
    if sent:
        print(f"sent: {sent[0]:,.0f}/s; by the ledger alone {sent[1]:,.0f}/s; ratio {sent[0] / sent[1]:.2f}")


if __name__ == "__main__":
    main()
