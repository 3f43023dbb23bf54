"""The order of items in a digest."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from publisher.model.arrangement import Arrangement, Look, arrange, in_order
from publisher.model.editions import Audience
from publisher.model.records import Record
from publisher.model.themes import Theme, ThemeChoice, ThemeMap
from tests.values import ANY_AUDIENCE, FERRIES, PEOPLE, SITE, record

GENERAL = Theme(slug="general", title="General")
ICE = Theme(slug="ice", title="Ice")
CONFIGURED = ThemeMap(default=GENERAL, themes=(PEOPLE, FERRIES))


def arranged(*records: Record, audience: Audience = ANY_AUDIENCE, themes: ThemeMap = CONFIGURED) -> Arrangement:
    return arrange(in_order(records, audience=audience, site=SITE), audience=audience, themes=themes)


def slugs_and_numbers(arrangement: Arrangement) -> list[tuple[str, list[int]]]:
    return [(part.theme.slug, [item.record.number for item in part.items]) for part in arrangement.parts]


def following(*themes: str) -> Audience:
    return replace(ANY_AUDIENCE, themes=ThemeChoice.of(*themes))


def records_of(themes: Sequence[Theme]) -> list[Record]:
    """Return records, one for each of these themes, oldest first."""
    return [record(number=number, themes=[theme]) for number, theme in enumerate(themes, start=1)]


def test_the_newest_item_leads_and_is_counted_in_no_theme() -> None:
    found = arranged(*records_of([FERRIES, PEOPLE, FERRIES]))

    assert found.lead is not None
    assert (3, FERRIES, Look.LEAD) == (found.lead.record.number, found.lead.theme, found.lead.look)
    assert [("people", [2]), ("ferries", [1])] == slugs_and_numbers(found)
    assert [False, True] == [part.is_more for part in found.parts]
    assert {Look.SINGLE} == {item.look for part in found.parts for item in part.items}


def test_themes_stand_as_in_the_configuration_then_by_their_newest_item_the_default_one_last() -> None:
    other = Theme(slug="other", title="Other")
    found = arranged(*records_of([FERRIES, ICE, PEOPLE, other, GENERAL, GENERAL]))

    assert ["people", "ferries", "other", "ice", "general"] == [part.theme.slug for part in found.parts]


@pytest.mark.parametrize(
    ("themes", "lead", "order"),
    [
        (("ferries", "*"), 1, ["people", "ice", "general"]),
        (("general", "ice"), 4, ["ice", "people", "ferries"]),
        (("*",), 4, ["people", "ferries", "ice"]),
    ],
)
def test_themes_that_an_audience_names_first_come_first_and_lead(
    themes: tuple[str, ...], lead: int, order: list[str]
) -> None:
    found = arranged(*records_of([FERRIES, ICE, PEOPLE, GENERAL]), audience=following(*themes))

    assert found.lead is not None
    assert (lead, order) == (found.lead.record.number, [part.theme.slug for part in found.parts])


def test_an_item_stands_under_the_theme_that_is_named_or_else_followed() -> None:
    both = record(themes=[ICE, FERRIES])

    homes = [
        arranged(both, audience=following(*themes)).items[0].theme.slug
        for themes in (["*"], ["ferries", "*"], ["*", "!ice"], ["people"])
    ]

    assert ["ice", "ferries", "ferries", "ice"] == homes


def test_items_are_oldest_first_if_the_audience_wants_that() -> None:
    oldest = replace(ANY_AUDIENCE, order="oldest")

    found = arranged(*records_of([FERRIES, PEOPLE, FERRIES, PEOPLE, PEOPLE]), audience=oldest)

    assert found.lead is not None
    assert (1, [("people", [2, 4, 5]), ("ferries", [3])]) == (found.lead.record.number, slugs_and_numbers(found))


def test_nothing_is_arranged_of_nothing() -> None:
    assert Arrangement(lead=None, parts=()) == arranged()


@pytest.mark.parametrize(
    ("written", "followed"),
    [
        (["*"], {"ice", "ferries"}),
        (["ice"], {"ice"}),
        (["ice", "*"], {"ice", "ferries"}),
        (["*", "!ice"], {"ferries"}),
    ],
)
def test_a_choice_of_themes_is_written_in_slugs_stars_and_exceptions(written: list[str], followed: set[str]) -> None:
    assert followed == {slug for slug in ("ice", "ferries") if ThemeChoice.of(*written).follows(slug)}


def test_a_choice_knows_themes_by_their_former_names() -> None:
    renamed = replace(CONFIGURED, was=(("boats", "ferries"), ("staff", "people")))

    assert ThemeChoice.of("ferries", "*", "!people") == renamed.choose(["boats", "*", "!staff"])
    assert ThemeChoice.of("ferries", "boats", "*", "!people", "!staff") == renamed.choose_with_former(
        ["ferries", "*", "!people"]
    )
