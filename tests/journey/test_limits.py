"""Whatever limits an audience has, it gets every item once, in random sequences of news, revisions and editions."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.compose import put_out, run
from publisher.compose.digest import Renderer
from publisher.compose.outbox import OutboxFolder
from publisher.compose.plan import Plan
from publisher.model.changes import NewRecord, Revision
from publisher.model.editions import Audience
from publisher.model.items import Item
from publisher.model.reports import ComposeReport
from publisher.model.schedules import Schedule
from publisher.rendering.template_files import TemplateFiles, shipped_templates
from publisher.rendering.templates import Templates
from publisher.store import Store
from tests.contract.stories import BORDERS, finish, gathered
from tests.databases import sqlite_store
from tests.editions import AUDIENCE, SITE, THEMES
from tests.values import STYLE

START = datetime(2026, 3, 2, 7, tzinfo=UTC)
LEAN = """<!DOCTYPE html>
<html><head><title>T</title></head><body>
{% for section in sections %}
{% for item in section.items %}<h3>{{ item.title }}</h3>{{ item.html | safe }}{% endfor %}
{% endfor %}
</body></html>
"""
LONG = "x" * 30_000
"""A text of which three fill a mail that shows whole texts."""


@dataclass(slots=True, kw_only=True)
class Life:
    """A site that collects and composes, in a folder of its own."""

    store: Store
    renderer: Renderer
    outbox: Path
    audience: Audience
    now: datetime = START
    languages: dict[int, str] = field(default_factory=dict)
    """The language of every item, by its number, withdrawn items included."""
    withdrawn: set[int] = field(default_factory=set)

    def collect(self, language: str = "", text: str = "") -> None:
        number = len(self.languages) + 1
        item = Item(date=date(2026, 3, 2), text=text or f"Item {number}.", title=f"Item {number}", language=language)
        new = NewRecord(
            item=item,
            gathered=gathered(BORDERS),
            uid=f"tag:example.org,2026:{number}",
            path=f"items/2026/{number}",
            published=self.now,
        )
        with self.store.log.open_pass("news") as collecting:
            collecting.add([new], now=self.now)
            finish(collecting, str(number), now=self.now)
        self.languages[number] = language

    def collect_some(self, count: int, text: str) -> None:
        for _ in range(count):
            self.collect("", text)

    def revise(self, number: int, text: str) -> None:
        language = self.languages[number]
        item = Item(date=date(2026, 3, 2), text=text, title=f"Item {number}", language=language)
        with self.store.log.open_pass("news") as collecting:
            collecting.revise([Revision(number=number, item=item, gathered=gathered(BORDERS))], now=self.now)
            finish(collecting, text, now=self.now)
        self.withdrawn.discard(number)

    def withdraw(self, number: int) -> None:
        with self.store.log.open_pass("news") as collecting:
            collecting.withdraw([number], now=self.now)
            finish(collecting, "", now=self.now)
        self.withdrawn.add(number)

    def compose(self, **changes: Any) -> ComposeReport:
        self.now += timedelta(days=1)
        return self.record_and_put_out(run.plan_all, replace(self.audience, **changes))

    def record_and_put_out(self, plan: Callable[..., list[Plan]], audience: Audience) -> ComposeReport:
        plans = plan([audience], store=self.store, site=SITE, now=self.now)
        run.pass_over(plans, store=self.store)
        assert [] == put_out.record(plans, store=self.store, renderer=self.renderer)
        report = put_out.put_out(
            run.release_and_list([audience], store=self.store, now=self.now),
            store=self.store,
            renderer=self.renderer,
            outbox=OutboxFolder(self.outbox),
            config=self.outbox.with_name("config.toml"),
            now=self.now,
        )
        assert not report.problems
        return report

    def compose_all(self) -> None:
        """Compose until nothing is left, however few items there are."""
        while self.compose(min_items=1).editions:
            pass

    @property
    def editions(self) -> list[dict[str, Any]]:
        """The editions in the outbox, oldest first."""
        folders = sorted(self.outbox.iterdir(), key=lambda folder: int(folder.name.rpartition("-")[2]))
        return [json.loads((folder / "edition.json").read_text("utf-8")) for folder in folders]

    def numbers(self, key: str) -> list[list[int]]:
        """Return the numbers of the items that each edition.json lists under `key`, oldest edition first."""
        return [[int(item["uid"].rpartition(":")[2]) for item in edition[key]] for edition in self.editions]


@contextmanager
def living(audience: Audience) -> Iterator[Life]:
    with TemporaryDirectory() as folder, sqlite_store() as store:
        site = Path(folder)
        (site / "templates").mkdir()
        (site / "templates" / "digest.html").write_text(LEAN, "utf-8")
        (site / "outbox").mkdir()
        templates = Templates(TemplateFiles(site / "templates", shipped_templates()))
        renderer = Renderer(site=SITE, templates=templates, style=STYLE, themes=THEMES)
        yield Life(store=store, renderer=renderer, outbox=site / "outbox", audience=audience)


audiences = st.builds(
    lambda least, more, languages, overflow: replace(
        AUDIENCE,
        min_items=least,
        max_items=None if more is None else least + more,
        languages=languages,
        overflow=overflow,
        content="full",
    ),
    st.integers(1, 4),
    st.integers(0, 3) | st.none(),
    st.sampled_from([("*",), ("fr", "*"), ("fr", "en")]),
    st.sampled_from(["web", "next"]),
)
steps = st.one_of(
    st.tuples(st.just(Life.collect_some), st.integers(2, 6), st.sampled_from(["", LONG])),
    st.tuples(st.just(Life.collect), st.sampled_from(["", "fr", "fr-BE", "nl", "de"]), st.sampled_from(["", LONG])),
    st.tuples(st.just(Life.revise), st.integers(1, 12), st.sampled_from(["Corrected.", "Corrected again."])),
    st.tuples(st.just(Life.withdraw), st.integers(1, 12)),
    st.tuples(st.just(Life.compose)),
)
READ = {
    ("*",): {"", "fr", "fr-BE", "nl", "de"},
    ("fr", "*"): {"", "fr", "fr-BE", "nl", "de"},
    ("fr", "en"): {"", "fr", "fr-BE"},
}


@settings(max_examples=settings().max_examples // 6)
@given(audiences, st.lists(steps, min_size=5, max_size=20))
def test_nothing_is_lost_and_nothing_doubled(audience: Audience, history: list[tuple[Any, ...]]) -> None:
    with living(audience) as life:
        for act, *arguments in history:
            _do(life, act, arguments)
        life.compose_all()

        shown, left_out = life.numbers("items"), life.numbers("left_out")
        told = Counter(number for some in (*shown, *left_out) for number in some)
        assert set(told.values()) <= {1}, "an item was in two editions"
        read = {number for number, language in life.languages.items() if language in READ[audience.languages]}
        assert read - life.withdrawn <= set(told) <= read
        assert all(shown), "an edition without items"
        if audience.max_items is not None:
            assert all(len(some) + len(rest) <= audience.max_items for some, rest in zip(shown, left_out, strict=True))
        if audience.overflow == "next":
            assert not any(left_out)


def _do(life: Life, act: Callable[..., object], arguments: list[Any]) -> None:
    """Let something happen, but revise and withdraw only items that exist."""
    if act in (Life.revise, Life.withdraw):
        number = arguments[0]
        if number not in life.languages or (act == Life.withdraw and number in life.withdrawn):
            return
    act(life, *arguments)


@pytest.fixture
def life() -> Iterator[Life]:
    with living(AUDIENCE) as living_site:
        yield living_site


class TestFewest:
    def test_an_edition_waits_for_enough_items_and_then_has_them_all(self, life: Life) -> None:
        life.collect()
        life.collect()
        assert life.compose(min_items=3).editions == ()
        assert run.count_due(life.audience, store=life.store, site=SITE) == 2

        life.collect()
        life.compose(min_items=3)

        assert [[3, 2, 1]] == life.numbers("items")

    def test_waiting_uses_up_the_tick_and_not_the_items(self, life: Life) -> None:
        audience = replace(AUDIENCE, schedule=Schedule.parse("0 8 * * *", "UTC"), min_items=2)
        for day in range(1, 5):
            life.now = START + timedelta(days=day, hours=2)
            life.record_and_put_out(run.plan_due, audience)
            assert len(life.editions) == (day == 4)
            if day in (1, 3):
                life.collect()

    def test_the_first_edition_waits_too(self, life: Life) -> None:
        for _ in range(5):
            life.collect()
        life.compose(first=2, min_items=3)
        life.collect()
        life.compose(first=2, min_items=3)

        assert [[6, 5, 4]] == life.numbers("items")


class TestMost:
    def test_items_that_waited_longest_are_sent_first(self, life: Life) -> None:
        for _ in range(5):
            life.collect()

        for _ in range(3):
            life.compose(max_items=2)

        assert [[2, 1], [4, 3], [5]] == life.numbers("items")

    def test_a_revision_of_what_waits_loses_no_place(self, life: Life) -> None:
        for _ in range(3):
            life.collect()
        life.compose(max_items=1)
        life.revise(2, "Corrected.")
        life.revise(1, "Corrected too.")

        life.compose(max_items=1)
        life.compose(max_items=1)

        assert [[1], [2], [3]] == life.numbers("items")
        assert [[], [1], []] == life.numbers("corrected")


class TestOverflow:
    def test_on_the_web_only_and_named_in_the_edition(self, life: Life) -> None:
        for _ in range(5):
            life.collect(text=LONG)
        life.compose(content="full")
        life.compose(content="full")

        assert ([[5, 4, 3]], [[2, 1]]) == (life.numbers("items"), life.numbers("left_out"))

    def test_in_the_next_edition(self, life: Life) -> None:
        for _ in range(5):
            life.collect(text=LONG)
        life.compose(content="full", overflow="next")
        life.compose(content="full", overflow="next")

        assert ([[3, 2, 1], [5, 4]], [[], []]) == (life.numbers("items"), life.numbers("left_out"))


class TestCorrections:
    def test_a_sent_and_revised_item_is_named_only_in_the_next_edition(self, life: Life) -> None:
        life.collect()
        life.compose()
        life.revise(1, "Corrected.")
        assert life.compose().editions == (), "corrections alone make no edition"
        life.collect()
        life.compose()
        life.collect()
        life.compose()

        assert [[], [1], []] == life.numbers("corrected")
        assert [[1], [2], [3]] == life.numbers("items")


class TestWithdrawn:
    def test_an_item_withdrawn_before_its_edition_is_written_is_not_sent(self, life: Life) -> None:
        life.collect()
        life.collect()
        _record_only(life)
        life.withdraw(1)

        life.compose()

        assert [[2]] == life.numbers("items")
        life.revise(1, "Back.")
        life.compose()
        assert [[2], [1]] == life.numbers("items")

    def test_an_edition_nothing_is_left_of_is_never_written(self, life: Life) -> None:
        life.collect()
        _record_only(life)
        life.withdraw(1)

        assert life.compose().editions == ()
        assert ([], []) == (life.editions, life.store.editions.unwritten())
        life.collect()
        life.compose()
        assert [2] == [edition["number"] for edition in life.editions]


def _record_only(life: Life) -> None:
    """Leave the state after a crash between the record of an edition and its folder."""
    edition = run.next_edition(life.audience, store=life.store, site=SITE, now=life.now)
    assert edition is not None
    life.store.editions.record(edition, start=0, tick=None)


class TestLanguages:
    def test_items_in_other_languages_are_left_out_for_good_and_the_preferred_one_comes_first(self, life: Life) -> None:
        life.collect("fr")
        life.collect("nl")
        life.collect()
        life.compose(languages=("fr", "en"))
        life.compose(languages=("fr", "en"))

        assert [[1, 3]] == life.numbers("items")

    def test_the_latest_of_a_first_edition_are_counted_among_those_it_would_hold(self, life: Life) -> None:
        for language in ("fr", "fr", "fr", "nl", "nl", "nl", "fr", "nl", "nl", "nl", "nl", "nl"):
            life.collect(language)

        life.compose(languages=("fr",), first=2)
        life.compose(languages=("fr",), first=2)

        assert [[7, 3]] == life.numbers("items")

    def test_an_archive_in_other_languages_has_nothing_for_a_first_edition(self, life: Life) -> None:
        for _ in range(3):
            life.collect("nl")

        life.compose(languages=("fr",), first=2)
        life.collect("fr")
        life.compose(languages=("fr",), first=2)

        assert [[4]] == life.numbers("items")
