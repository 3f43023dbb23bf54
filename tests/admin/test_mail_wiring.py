"""The objects that sending mails needs, for the threads of a service."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest

from publisher.admin.deliveries import DeliverySetup
from publisher.app import Publisher, clock_at
from publisher.compose.outbox import OutboxFolder
from publisher.config.config import Config
from publisher.model.mail_reports import DeliverReport
from publisher.model.progress import quiet
from publisher.store import Store
from publisher.store.files import Tree
from tests.planning import NOW

CONFIG = """
[site]
title = "News"
base_url = "https://news.example.org/"
language = "en"
timezone = "UTC"
author = { name = "News", email = "news@example.org" }

[[sources]]
name = "news"
path = "news.txt"

[smtp]
host = "127.0.0.1"
"""
SITES = 100


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Python changes threads as often as it can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("eager_threads")
def test_all_mails_keep_to_one_limit_of_speed_if_threads_ask_for_mails_at_once(tmp_path: Path) -> None:
    """From Python 3.12 on, two threads may each compute a `cached_property`, and get an object of their own."""
    (tmp_path / "config.toml").write_text(CONFIG, "utf-8")
    config = Config.load(tmp_path / "config.toml")
    paces: list[object] = []

    def hand_over(setup: DeliverySetup) -> DeliverReport:
        paces.append(setup.pace)
        return DeliverReport()

    def act(first: Barrier, action: Callable[[], object]) -> None:
        first.wait()
        action()

    with Store.open(f"sqlite:///{tmp_path / 'publisher.db'}") as store, ThreadPoolExecutor(2) as threads:
        for _ in range(SITES):
            publisher = Publisher(
                config,
                store,
                OutboxFolder(tmp_path / "outbox"),
                open_files=Tree,
                hand_over=hand_over,
                clock=clock_at(NOW),
                progress=quiet,
            )
            first = Barrier(2)
            sending = threads.submit(act, first, publisher.deliver)
            reading = threads.submit(act, first, partial(getattr, publisher, "bounces"))
            for task in (sending, reading):
                task.result()
            publisher.deliver()

    assert paces[::2] == paces[1::2]
