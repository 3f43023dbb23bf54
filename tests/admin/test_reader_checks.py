"""Hints for the operator about themes that subscribers follow without getting anything."""

from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.admin.reader_checks import QUIET, reader_hints, survey_readers
from publisher.model.settings import SubscriberSettings
from publisher.model.themes import Theme, ThemeMap
from publisher.store import Store
from tests.contract.stories import ASYLUM, BORDERS, collect, record, withdraw
from tests.subscribers.test_people import SETTINGS
from tests.subscribers.test_transfer import MONDAY, people_of
from tests.values import THEMES

BY_ITSELF = ThemeMap(default=Theme(slug="general", title="General"))


@pytest.fixture
def readers(store: Store) -> Store:
    """Return the store after Ada followed asylum, Ben asylum and borders, and Eve everything."""
    collect(store, record("a", ASYLUM), record("b", BORDERS))
    people = people_of(store)
    for address, choices in {
        "ada@example.org": {"asylum": "daily"},
        "ben@example.org": {"asylum": "weekly", "borders": "weekly"},
        "eve@example.org": {"*": "monthly"},
    }.items():
        people.add(address, choices, language="en", words="On paper")
    return store


def hints(
    store: Store,
    themes: ThemeMap = THEMES,
    settings: SubscriberSettings = SETTINGS,
    *,
    after: timedelta = timedelta(0),
) -> list[str]:
    now = MONDAY + after
    told = list(reader_hints(survey_readers(store, themes, now=now), themes, settings, timezone="UTC", now=now))
    assert all(finding.is_hint for _, finding in told)
    return [f"{where}: {finding.what}" for where, finding in told]


def test_there_is_no_finding_while_mails_can_come(readers: Store) -> None:
    assert [] == hints(readers)


def test_a_theme_with_subscribers_in_which_nothing_is_new_for_long_is_told(readers: Store) -> None:
    told = hints(readers, after=QUIET + timedelta(days=1))

    assert ["theme 'asylum': 2 subscribers follow it", "theme 'borders': 1 subscriber follows it"] == [
        each.partition(", and nothing is new there since")[0] for each in told
    ]


def test_a_theme_of_the_configuration_without_items_is_told(readers: Store) -> None:
    withdraw(readers, 1)

    configured = replace(BY_ITSELF, themes=(Theme(slug="asylum", title="Asylum"),))
    assert ["theme 'asylum': 2 subscribers follow it, and no item belongs to it"] == hints(readers, configured)


def test_subscribers_of_removed_themes_are_counted(readers: Store) -> None:
    withdraw(readers, 1)

    theme, alone = hints(readers, BY_ITSELF)

    assert "theme 'asylum': 2 subscribers follow it, but there is no such theme any more, so nothing can come" in theme
    assert 'write there: was = ["asylum"]' in theme
    assert "subscribers: 1 subscriber follows nothing but themes that are gone, so no mail can come" == alone
    renamed = replace(BY_ITSELF, themes=(Theme(slug="refuge", title="Refuge"),), was=(("asylum", "refuge"),))
    assert ["theme 'refuge': 2 subscribers follow it, and no item belongs to it"] == hints(readers, renamed)


def test_a_removed_pace_with_subscribers_is_found(readers: Store) -> None:
    slower = replace(SETTINGS, paces=SETTINGS.paces[1:])

    [told] = hints(readers, settings=slower)

    assert "subscribers.paces.daily: 1 subscriber follows something at that pace, which is gone" in told
    assert told.endswith("mails come at 'weekly' instead")


def test_subscribers_who_left_are_not_counted(readers: Store) -> None:
    withdraw(readers, 1)
    for address in ("ada@example.org", "ben@example.org"):
        people_of(readers).end(address)

    assert [] == hints(readers, BY_ITSELF, after=timedelta(seconds=1))
