"""What an operator is told of themes and labels, and when there is nothing to tell."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from publisher.admin.theme_checks import Survey, survey, theme_hints
from publisher.model.editions import Audience
from publisher.model.feeds import CombinedFeed, Feed
from publisher.model.labels import NO_NAMES, Names
from publisher.model.records import Record, State
from publisher.model.site import Mailbox
from publisher.model.themes import Theme, ThemeMap
from tests.values import DAY, FERRIES, record

GENERAL = Theme(slug="general", title="General")
THEMES = ThemeMap(
    default=GENERAL,
    themes=(FERRIES,),
    by_label=(("general", "general"), ("ferries & quays", "ferries"), ("bateaux", "ferries")),
    was=(("boats", "ferries"),),
)
BY_ITSELF = ThemeMap(default=GENERAL, by_label=(("general", "general"),))


def surveyed(
    *records: Record, theme_map: ThemeMap = BY_ITSELF, names: Names = NO_NAMES, feeds: Sequence[Feed] = ()
) -> Survey:
    return survey([records], theme_map, names_of=lambda _wanted: names, feeds=feeds)


def hints(
    found: Survey, theme_map: ThemeMap = BY_ITSELF, *audiences: Audience, combined: Sequence[CombinedFeed] = ()
) -> list[str]:
    told = list(theme_hints(found, theme_map, audiences, combined))
    assert all(finding.is_hint for _, finding in told)
    return [f"{where}: {finding.what}" for where, finding in told]


def labelled(*labels: str, day: date = DAY, state: State = State.LISTED) -> Record:
    return record(f"About {labels}.", labels=labels, date=day, state=state)


def test_a_site_without_items_is_told_nothing() -> None:
    assert [] == hints(surveyed(labelled("Odd", state=State.WITHDRAWN), theme_map=THEMES), THEMES)


def test_a_site_whose_themes_all_come_by_themselves_is_told_nothing() -> None:
    assert [] == hints(surveyed(labelled("Ice"), labelled("ICE", "People")))


def test_labels_that_no_table_names_are_told_those_that_resemble_another_by_themselves() -> None:
    found = surveyed(
        labelled("Bateau", "bateaux"),
        labelled("Ice"),
        labelled("Ice", "People"),
        labelled("Bateaux 2"),
        theme_map=THEMES,
    )

    assert [
        (
            "label 'Bateau': 1 item is in a theme that came by itself; did you mean 'bateaux'? then add it to "
            "the labels of themes.ferries"
        ),
        (
            "themes: labels that became themes by themselves: 'Ice' (2 items), 'Bateaux 2' (1 item), 'People' "
            "(1 item); name them in config.toml to choose their titles and addresses"
        ),
    ] == hints(found, THEMES)


def test_labels_that_make_one_address_are_told() -> None:
    names = Names(labels={"c++": "c", "c#": "c-12345678"})

    assert [
        (
            "themes: labels that make one address, c: 'C++' in c, 'C#' in c-12345678; name them in config.toml "
            "to give them addresses of their own"
        ),
    ] == hints(surveyed(labelled("C++"), labelled("C#"), names=names))


def test_a_label_that_is_in_a_named_theme_by_its_spelling_is_told() -> None:
    assert [
        "label 'Boats': it is in themes.ferries because of that name alone; if that is right, add it to its labels"
    ] == hints(surveyed(labelled("Boats"), labelled("Bateaux"), theme_map=THEMES), THEMES)


def test_a_table_that_no_item_needs_is_told() -> None:
    assert ["themes.ferries: no item belongs to it"] == hints(surveyed(labelled("General"), theme_map=THEMES), THEMES)
    assert ["themes.ferries.labels: no item has the label 'bateaux'"] == hints(
        surveyed(labelled("Ferries & Quays"), theme_map=THEMES), THEMES
    )


@pytest.mark.parametrize(
    ("days", "is_told"),
    [
        ([400], True),
        ([300], False),
        ([100, 103, 106, 109, 112], True),
        ([80, 83, 86, 89, 92], False),
        ([100, 120, 140, 160, 180], False),
        ([100, 100, 100, 100, 100], False),
    ],
)
def test_a_theme_that_fell_silent_while_others_speak_is_told(days: list[int], is_told: bool) -> None:
    silent = [labelled("Ice", day=DAY - timedelta(days=ago)) for ago in days]

    last = DAY - timedelta(days=days[0])
    told = [f"themes: silent for long, while others are not: 'Ice' since {last.isoformat()}"]
    assert (told if is_told else []) == hints(surveyed(labelled("People"), *silent))
    assert [] == hints(surveyed(*silent))


def test_items_without_a_theme_are_counted_where_others_have_one() -> None:
    bare = [record(f"Bare {number}.") for number in range(7)]

    assert [
        (
            "themes.default: 7 of 8 items have no theme and are in 'General': 'Bare 0', 'Bare 1', 'Bare 2', "
            "'Bare 3', 'Bare 4' and 2 more; keywords, words or sources of a theme can take them in"
        ),
    ] == hints(surveyed(labelled("Ice"), *bare))
    assert [] == hints(surveyed(*bare))


def test_a_feed_to_which_nothing_goes_any_more_is_told_unless_it_was_renamed() -> None:
    feeds = [Feed.of_theme(Theme(slug=slug, title=slug)) for slug in ("ice", "boats", "ferries", "gone")]
    found = surveyed(labelled("Ice"), labelled("Bateaux"), theme_map=THEMES, feeds=feeds)

    [told] = [hint for hint in hints(found, THEMES) if hint.startswith("feeds/")]
    assert told.startswith("feeds/gone: no item goes there any more;")
    assert told.endswith('was = ["gone"]')


def test_an_audience_of_a_theme_that_is_not_there_is_told() -> None:
    audience = Audience(
        name="weekly",
        title="Weekly",
        themes=("ferrys", "ferries", "boats", "ice"),
        sender=Mailbox(address="news@example.org"),
        to=Mailbox(address="list@example.org"),
    )
    found = surveyed(labelled("Ice"), labelled("Bateaux"), theme_map=THEMES)

    assert "audiences.weekly.themes: there is no theme 'ferrys' yet; did you mean ferries?" in hints(
        found, THEMES, audience
    )


def test_a_combined_feed_of_a_theme_that_is_not_there_is_told() -> None:
    found = surveyed(labelled("Ice"), labelled("Bateaux"), theme_map=THEMES)
    choice = CombinedFeed(name="both", title="Both", themes=("ferries", "icy"))

    assert ["feeds.combined.both.themes: there is no theme 'icy' yet; did you mean ice?"] == [
        hint for hint in hints(found, THEMES, combined=[choice]) if hint.startswith("feeds.")
    ]
