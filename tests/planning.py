"""A process that begins and plans a round (the mails to subscribers), and kills itself just before or after one of its
commits.

`main` has the arguments URL and POINT. With the POINT `3:before`, the process kills itself just before the third
transaction commits, and with `3:after` just after. With an empty POINT, it does not. It prints how many transactions it
committed.
"""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, event

from publisher.model.rounds import Round
from publisher.model.schedules import Schedule
from publisher.model.settings import Pace, SubscriberSettings
from publisher.model.site import Mailbox
from publisher.model.themes import Theme, ThemeMap
from publisher.store import Store
from publisher.store.people import RoundEnvelope
from publisher.store.rounds import Rounds
from publisher.subscribers.rounds import RoundKeeper
from tests.processes import Process

NOW = datetime(2026, 3, 9, 8, tzinfo=UTC)
"""A moment at which the daily and the weekly pace are due."""
SETTINGS = SubscriberSettings(
    paces=(
        Pace(name="daily", schedule=Schedule.parse("0 7 * * *", "UTC")),
        Pace(name="weekly", schedule=Schedule.parse("0 7 * * MON", "UTC")),
        Pace(name="monthly", schedule=Schedule.parse("0 7 1 * *", "UTC")),
    ),
    default_pace="weekly",
    from_=Mailbox(address="news@example.org"),
    reply_to=None,
    privacy_url="https://example.org/privacy",
    postal_address="Quay 1",
    max_items=3,
)
LAST_TICKS = {pace.name: NOW - timedelta(days=3) for pace in SETTINGS.paces}


class SmallRanges(Rounds):
    """Rounds of mails that are planned for two people at a time."""

    def begin(
        self,
        paces: Sequence[str],
        ticks: Mapping[str, datetime],
        *,
        before: Mapping[str, datetime],
        upto: int,
        now: datetime,
        size: int = 2,
    ) -> Round | None:
        return super().begin(paces, ticks, before=before, upto=upto, now=now, size=size)


def plan(store: Store) -> None:
    """Continue the round of mails that has begun, or begin and plan the one that is due."""
    store.people.rounds = SmallRanges(store.database)
    RoundKeeper(
        store=store,
        settings=SETTINGS,
        themes=ThemeMap(default=Theme(slug="general", title="General"), themes=()),
        envelope=RoundEnvelope(sender="news@example.org", host="example.org", bounces="bounces@example.org"),
        now=NOW,
    ).keep(is_held=False)


def die_at(engine: Engine, point: str) -> list[int]:
    """Kill this process just before or after a commit. The list that is returned counts the commits."""
    commits = [0]

    def on_commit(_connection: Any) -> None:
        commits[0] += 1
        if f"{commits[0]}:before" == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def on_checkin(_connection: Any, _record: Any) -> None:
        if f"{commits[0]}:after" == point:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "commit", on_commit)
    event.listen(engine, "checkin", on_checkin)
    return commits


def start(url: str, point: str) -> Process:
    """Start a process that plans; the caller must end it."""
    return Process("from tests.planning import main; main()", url, point)


def main() -> None:
    url, point = sys.argv[1:]
    with Store.open(url) as store:
        commits = die_at(store.database.engine, point)
        plan(store)
        print(commits[0])  # noqa: T201
