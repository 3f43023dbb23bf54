"""Themes, permanent names and instants of new items."""

import re
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.collect.mint import draft, fetch_taken, mint
from publisher.collect.rules import CollectRules
from publisher.model.changes import NewRecord
from publisher.model.feeds import Gathering
from publisher.model.items import Item
from publisher.model.schedules import CLOCK_ERROR, Schedule, is_due, noon, tick_to_record
from publisher.model.slugs import NO_NAMES, RESERVED_SLUGS, SLUG_LENGTH, fold_label, slug_of, theme_slug_of
from publisher.model.themes import Theme, ThemeMap, ThemeRule, assign_themes, wanted_names
from tests.values import POLICIES, SITE

GENERAL = Theme(slug="general", title="General")
BORDERS = Theme(slug="borders-visa", title="Borders & Visa")
THEMES = ThemeMap(
    default=GENERAL,
    themes=(BORDERS,),
    by_label=(
        (fold_label("Borders & Visa"), "borders-visa"),
        (fold_label("Frontières et visas"), "borders-visa"),
        (fold_label("Divers"), "general"),
    ),
)
ZONE = "Europe/Brussels"
NOW = datetime(2022, 2, 10, 8, 0, tzinfo=UTC)


def item(text: str = "Text.", day: date = date(2022, 2, 9), **fields: Any) -> Item:
    return Item(date=day, text=text, **fields)


# --- themes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "themes"),
    [
        ((), (GENERAL,)),
        (("", "\u00a0"), (GENERAL,)),
        (("borders & visa",), (BORDERS,)),
        (("Frontières  et visas", "Borders & Visa"), (BORDERS,)),
        (("Divers",), (GENERAL,)),
        (("general",), (GENERAL,)),
        (("Study § Training",), (Theme(slug="study-training", title="Study § Training"),)),
        (("Asylum", "ASYLUM"), (Theme(slug="asylum", title="Asylum"),)),
        (("Asylum", "Borders & Visa"), (Theme(slug="asylum", title="Asylum"), BORDERS)),
        (("Items",), (Theme(slug="items-theme", title="Items"),)),
    ],
)
def test_labels_become_themes_in_their_order_each_once(labels: tuple[str, ...], themes: tuple[Theme, ...]) -> None:
    assert assign_themes(item(labels=labels), THEMES, source="news") == themes


@pytest.mark.parametrize("label", ["Uncategorized", "NON CLASSÉ", "Geen categorie", "Nicht kategorisiert"])
def test_a_label_that_says_that_there_is_no_theme_makes_none(label: str) -> None:
    """WordPress gives it to every item that its author does not file."""
    mapped = replace(THEMES, by_label=((fold_label(label), "borders-visa"),))

    assert assign_themes(item(labels=(label,)), THEMES, source="news") == (GENERAL,)
    assert assign_themes(item(labels=(label, "Borders & Visa")), THEMES, source="news") == (BORDERS,)
    assert assign_themes(item(labels=(label,)), mapped, source="news") == (BORDERS,)
    assert not wanted_names([item(labels=(label,))], THEMES).labels


@given(st.lists(st.text(), max_size=5))
def test_every_item_has_a_theme_and_every_theme_a_folder_of_its_own(labels: list[str]) -> None:
    themes = assign_themes(item(labels=tuple(labels)), THEMES, source="news")

    assert 1 <= len(themes) == len({theme.slug for theme in themes})
    for theme in themes:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", theme.slug)
        assert theme.slug not in RESERVED_SLUGS


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Borders & Visa", "borders-visa"),
        ("Thème: l'été à Liège", "theme-l-ete-a-liege"),
        ("Straße, Łódź, Ærø", "strasse-lodz-aero"),
        ("../../etc/passwd", "etc-passwd"),
        ("ﬁnal", "final"),
        ("a" * 100, "a" * 60),
    ],
)
def test_a_slug_reads_like_its_text(text: str, slug: str) -> None:
    assert slug_of(text) == slug


@given(st.text())
def test_any_text_has_a_slug(text: str) -> None:
    for slug in (slug_of(text), theme_slug_of(text)):
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert len(slug_of(text)) <= SLUG_LENGTH


def test_labels_that_ascii_cannot_write_are_told_apart() -> None:
    assert len({slug_of(label) for label in ("Άσυλο", "Σύνορα", "移民", "移民 2", "")}) == 5
    assert slug_of("移民 news").startswith("news-")


def test_long_labels_that_differ_at_their_end_are_told_apart() -> None:
    one, two = (theme_slug_of("A label that goes on and on and on and on and on and on until " + end) for end in "ab")

    assert one != two
    assert len(one) <= SLUG_LENGTH


@given(st.text())
def test_a_label_is_folded_once_and_for_all(label: str) -> None:
    assert fold_label(fold_label(label)) == fold_label(label) == fold_label(f" {label}\u00a0")


RULED = replace(
    THEMES,
    themes=(*THEMES.themes, Theme(slug="travel", title="Travel")),
    rules=(ThemeRule(slug="travel", keywords=("ferry",), words=("night train",), sources=("timetable",)),),
)


@pytest.mark.parametrize(
    ("changed", "source", "slugs"),
    [
        ({"keywords": ("FERRY",)}, "news", ["travel"]),
        ({"text": "The Night  train is back."}, "news", ["travel"]),
        ({"text": "The midnight trains are back."}, "news", ["general"]),
        ({}, "timetable", ["travel"]),
        ({"keywords": ("ferry",), "labels": ("Travel", "Other")}, "timetable", ["travel", "other"]),
    ],
)
def test_rules_put_items_into_themes_besides_their_labels(
    changed: dict[str, Any], source: str, slugs: list[str]
) -> None:
    assert [theme.slug for theme in assign_themes(replace(item(), **changed), RULED, source=source)] == slugs


# --- permanent names -------------------------------------------------------------------------------------------------


RULES = CollectRules(
    site=SITE, gathering=Gathering(theme_map=THEMES, language="en"), authority="news.example.org", policies=POLICIES
)


class Log:
    """Answers the questions of `fetch_taken`, as the log does."""

    def __init__(self) -> None:
        self.records: list[NewRecord] = []
        self.questions = 0

    def taken_uids(self, uids: Collection[str]) -> AbstractSet[str]:
        self.questions += 1
        return {record.uid for record in self.records} & set(uids)

    def taken_paths(self, paths: Collection[str]) -> AbstractSet[str]:
        return {record.path for record in self.records} & set(paths)

    def last_published(self, ends: Mapping[date, datetime]) -> Mapping[date, datetime]:
        latest: dict[date, datetime] = {}
        for record in self.records:
            if record.published < ends.get(record.item.date, record.published):
                latest[record.item.date] = max(record.published, latest.get(record.item.date, record.published))
        return latest

    def published_on(self, dates: Collection[date]) -> AbstractSet[datetime]:
        return {record.published for record in self.records if record.item.date in dates}

    def mint(self, *items: Item, now: datetime = NOW, source: str = "news") -> list[NewRecord]:
        drafts = draft(items, source=source, rules=RULES, names=NO_NAMES)
        new = mint(drafts, fetch_taken(drafts, self, timezone=ZONE), timezone=ZONE, now=now)
        self.records += new
        return list(new)


def test_an_item_that_brings_its_instant_keeps_it() -> None:
    morning = datetime(2022, 2, 9, 8, 30, 5, tzinfo=UTC)
    log = Log()
    log.mint(replace(item("Noon"), date=morning.date()))
    (first,), (second,) = (log.mint(replace(item(text), date=morning.date(), published=morning)) for text in "ab")

    assert [first.published, second.published] == [morning, morning + timedelta(seconds=1)]


def test_an_item_that_waited_days_for_its_embargo_does_not_take_those_of_its_date_along() -> None:
    day, end = date(2022, 2, 3), datetime(2022, 2, 8, 7, tzinfo=UTC)
    log = Log()
    log.mint(replace(item("Waited.", day=day), embargo=end))

    (other,) = log.mint(item("Came that day.", day=day))

    assert other.published == noon(day, ZONE)


def test_an_instant_still_to_come_is_now() -> None:
    (record,) = Log().mint(replace(item(), published=NOW + timedelta(days=3)))

    assert record.published == NOW.replace(microsecond=0)


def test_names_are_permanent() -> None:
    """If names changed, every subscriber would be notified again."""
    (record,) = Log().mint(item("The reading room opens. Come in.", day=date(2022, 2, 9), labels=("Divers",)))

    assert record.uid == "tag:news.example.org,2022-02-09:news/9c4c62596dc6"
    assert record.path == "items/2022/the-reading-room-opens"
    assert record.published == datetime(2022, 2, 9, 11, 0, tzinfo=UTC)
    assert record.gathered.themes == (GENERAL,)


def test_a_uid_follows_the_id_or_link_of_an_item_rather_than_its_words() -> None:
    plain, edited = item("One."), item("Two.")
    names: list[dict[str, Any]] = [{"native_id": "7"}, {"link": "https://example.org/7"}]

    for named in names:
        (one,), (two,) = Log().mint(replace(plain, **named)), Log().mint(replace(edited, **named))
        assert one.uid == two.uid
    assert len({Log().mint(each)[0].uid for each in (plain, edited, replace(plain, native_id="7"))}) == 3


def test_a_source_s_name_cannot_break_a_uid() -> None:
    (record,) = Log().mint(item(), source="a b/ç")

    assert record.uid.startswith("tag:news.example.org,2022-02-09:a%20b%2F%C3%A7/")


def test_the_log_gets_the_oldest_first_and_of_one_day_the_last_listed_first() -> None:
    listed = [item("C", date(2022, 2, 9)), item("B", date(2022, 2, 9)), item("Back-dated", date(2020, 1, 1))]

    assert [record.item.text for record in Log().mint(*listed, item("A", date(2022, 2, 8)))] == [
        "Back-dated",
        "A",
        "B",
        "C",
    ]


def test_items_of_one_day_are_a_second_apart_also_when_they_come_later() -> None:
    log = Log()
    log.mint(item("Two"), item("One"))
    log.mint(item("Three"))

    at_noon = noon(date(2022, 2, 9), ZONE)
    assert [record.published - at_noon for record in log.records] == [timedelta(seconds=n) for n in range(3)]


def test_an_item_dated_today_or_later_is_published_now() -> None:
    now = NOW + timedelta(microseconds=5)
    today, later, much_later = Log().mint(
        item("C", date(2022, 3, 1)), item("B", date(2022, 2, 11)), item("A", date(2022, 2, 10)), now=now
    )

    assert [record.published for record in (today, later, much_later)] == [
        NOW,
        NOW + timedelta(seconds=1),
        NOW + timedelta(seconds=2),
    ]


def test_noon_follows_daylight_saving_time() -> None:
    winter, summer = Log().mint(item("B", date(2021, 7, 1)), item("A", date(2021, 1, 1)))

    assert (winter.published.hour, summer.published.hour) == (11, 10)


def test_a_thousand_items_of_one_name_get_a_thousand_names_in_a_few_questions() -> None:
    log = Log()
    log.mint(*[item("News.")] * 300)
    log.questions = 0

    log.mint(*[item("News.")] * 700)

    assert {record.path for record in log.records} == {
        "items/2022/news",
        *(f"items/2022/news-{number}" for number in range(2, 1_001)),
    }
    assert len({record.uid for record in log.records}) == 1_000
    assert log.questions <= 12


def test_a_numbered_name_does_not_take_the_name_of_another_item() -> None:
    paths = [record.path for record in Log().mint(item("News 2."), item("News."), item("News!"))]

    assert sorted(paths) == ["items/2022/news", "items/2022/news-2", "items/2022/news-3"]


days = st.dates(min_value=date(2022, 2, 8), max_value=date(2022, 2, 12))
items = st.builds(item, text=st.sampled_from(["News.", "News 2.", "More."]) | st.text(max_size=5), day=days)


@given(st.lists(st.lists(items, max_size=6), max_size=4))
def test_names_and_instants_are_nobody_else_s_ever(passes: list[list[Item]]) -> None:
    log = Log()
    for hours, listed in enumerate(passes):
        log.mint(*listed, now=NOW + timedelta(hours=hours))

    assert len({record.uid for record in log.records}) == len(log.records)
    assert len({record.path for record in log.records}) == len(log.records)
    assert len({(record.item.date, record.published) for record in log.records}) == len(log.records)
    for record in log.records:
        assert re.fullmatch(r"tag:news\.example\.org,\d{4}-\d\d-\d\d:news/[0-9a-f]{12}(-\d+)?", record.uid)
        assert record.published.microsecond == 0


# --- time ------------------------------------------------------------------------------------------------------------

MONDAYS = Schedule("0 8 * * MON", ZONE)
MONDAY = datetime(2022, 2, 14, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        (MONDAY - timedelta(days=7), MONDAY - timedelta(seconds=1), False),
        (MONDAY - timedelta(days=7), MONDAY, True),
        (MONDAY - timedelta(days=70), MONDAY - timedelta(days=3), True),
        (MONDAY, MONDAY + timedelta(days=6), False),
        (MONDAY, MONDAY - timedelta(hours=1), False),
        (MONDAY + timedelta(hours=23), MONDAY, False),
        (MONDAY + timedelta(days=3_000), MONDAY, True),
        (MONDAY + timedelta(days=3_000), MONDAY + CLOCK_ERROR, False),
    ],
    ids=["early", "on time", "weeks late", "done", "set back", "set back a day", "wrong clock", "wrong clock, no tick"],
)
def test_an_edition_is_due_when_a_tick_has_passed(last: datetime, now: datetime, *, due: bool) -> None:
    assert is_due(MONDAYS, last=last, now=now) is due


@given(st.lists(st.integers(min_value=-20, max_value=400), max_size=60))
def test_no_tick_is_used_twice_when_a_clock_errs_within_a_day(minutes: list[int]) -> None:
    schedule = Schedule("0 * * * *", "UTC")
    start = now = last = datetime(2022, 2, 14, 7, 30, tzinfo=UTC)
    latest, editions = start, 0
    for step in minutes:
        now += timedelta(minutes=step)
        latest = max(latest, now)
        if is_due(schedule, last=last, now=now):
            last = tick_to_record(last=last, now=now)
            editions += 1

    hours = latest.replace(minute=0) - start.replace(minute=0)
    assert editions <= hours / timedelta(hours=1)
    assert not is_due(schedule, last=tick_to_record(last=last, now=latest), now=latest)


def test_a_tick_recorded_by_a_wrong_clock_is_forgotten_by_the_next_one() -> None:
    wrong = MONDAY + timedelta(days=3_000)

    assert tick_to_record(last=wrong, now=MONDAY) == MONDAY
    assert tick_to_record(last=MONDAY + timedelta(hours=2), now=MONDAY) == MONDAY + timedelta(hours=2)
