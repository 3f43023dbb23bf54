"""Hints for the operator about themes and labels."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from publisher.admin.theme_checks import Survey, survey, theme_hints
from publisher.model.editions import Audience
from publisher.model.feeds import CombinedFeed, Feed
from publisher.model.records import Record, State
from publisher.model.site import Mailbox
from publisher.model.slugs import NO_NAMES, Names
from publisher.model.themes import Theme, ThemeChoice, ThemeMap
from tests.values import ANY_AUDIENCE, DAY, FERRIES, record

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


def test_a_label_that_resembles_a_configured_one_is_told_and_no_other() -> None:
    found = surveyed(
        labelled("Bateau", "bateaux"),
        labelled("Ice"),
        labelled("Ice", "People"),
        labelled("Bateaux 2"),
        labelled("Boats"),
        theme_map=THEMES,
    )

    assert [
        (
            "label 'Bateau': 1 item is in a theme that came by itself; did you mean 'bateaux'? then add it to "
            "the labels of themes.ferries"
        ),
    ] == hints(found, THEMES)


def test_a_table_that_no_item_needs_is_told() -> None:
    assert ["themes.ferries: no item belongs to it"] == hints(surveyed(labelled("General"), theme_map=THEMES), THEMES)
    assert [] == hints(surveyed(labelled("Ferries & Quays"), theme_map=THEMES), THEMES)


def test_a_feed_that_gets_no_more_items_is_reported_unless_it_was_renamed() -> None:
    feeds = [Feed.of_theme(Theme(slug=slug, title=slug)) for slug in ("ice", "boats", "ferries", "gone")]
    found = surveyed(labelled("Ice"), labelled("Bateaux"), theme_map=THEMES, feeds=feeds)

    [told] = [hint for hint in hints(found, THEMES) if hint.startswith("feeds/")]
    assert told.startswith("feeds/gone: no item goes there any more;")
    assert told.endswith('was = ["gone"]')


def test_an_audience_of_a_theme_that_is_not_there_is_told() -> None:
    audience = replace(
        ANY_AUDIENCE,
        name="weekly",
        title="Weekly",
        themes=ThemeChoice.of("ferrys", "ferries", "boats", "ice"),
        from_=Mailbox(address="news@example.org"),
        to=Mailbox(address="list@example.org"),
    )
    found = surveyed(labelled("Ice"), labelled("Bateaux"), theme_map=THEMES)

    assert "audiences.weekly.themes: there is no theme 'ferrys' yet; did you mean ferries?" in hints(
        found, THEMES, audience
    )


def test_a_combined_feed_of_a_theme_that_is_not_there_is_told() -> None:
    found = surveyed(labelled("Ice"), labelled("Bateaux"), theme_map=THEMES)
    choice = CombinedFeed(name="both", title="Both", themes=ThemeChoice.of("ferries", "icy"))

    assert ["feeds.combined.both.themes: there is no theme 'icy' yet; did you mean ice?"] == [
        hint for hint in hints(found, THEMES, combined=[choice]) if hint.startswith("feeds.")
    ]
