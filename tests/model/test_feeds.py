"""Which feeds an item is in besides those of its themes, and which of these feeds readers can get."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.model.feeds import (
    CombinedFeed,
    Feed,
    FeedKind,
    Gathering,
    combined_feed,
    is_worth_a_feed,
    keyword_feed,
    language_feed,
    other_feeds,
)
from publisher.model.items import Item
from publisher.model.themes import Theme, ThemeChoice, ThemeMap
from tests.values import DAY, FEED_SETTINGS, FERRIES, PEOPLE

ITEM = Item(date=DAY, text="The ferry sailed.", keywords=("ice",), language="fr")
CHOICE = CombinedFeed(name="choice", title="Choice")


def slugs(item: Item, *themes: Theme, combined: tuple[CombinedFeed, ...] = ()) -> list[str]:
    gathering = Gathering(theme_map=ThemeMap(default=FERRIES), language="en", combined=combined)
    return [feed.slug for feed in other_feeds(item, themes, gathering)]


def test_an_item_is_in_the_feeds_of_its_keywords_and_its_language() -> None:
    assert slugs(replace(ITEM, keywords=("ice", "Médias sociaux"))) == [
        "keywords/medias-sociaux",
        "keywords/ice",
        "languages/fr",
    ]


def test_one_keyword_has_one_feed_however_it_is_spelt() -> None:
    assert slugs(replace(ITEM, keywords=("Ice", "ice ", " ICE", "\u00a0"))) == ["keywords/ice", "languages/fr"]
    assert keyword_feed(" Médias  sociaux").title == "Médias sociaux"


@pytest.mark.parametrize(
    ("tag", "slug"),
    [("nl-BE", "nl"), ("NL", "nl"), ("", "en"), ("not a tag", "en"), ("zh-Hant-TW", "zh-hant"), ("de-1996", "de")],
)
def test_a_language_is_one_for_all_its_countries(tag: str, slug: str) -> None:
    assert language_feed(tag, fallback="en-GB").slug == f"languages/{slug}"


@pytest.mark.parametrize(
    ("asked", "is_in"),
    [
        (replace(CHOICE, themes=ThemeChoice.of("ferries", "else")), True),
        (replace(CHOICE, themes=ThemeChoice.of("people")), False),
        (replace(CHOICE, themes=ThemeChoice.of("*", "!people")), True),
        (replace(CHOICE, themes=ThemeChoice.of("*", "!ferries")), False),
        (replace(CHOICE, keywords=("ICE",)), True),
        (replace(CHOICE, languages=("fr-BE",)), True),
        (replace(CHOICE, themes=ThemeChoice.of("ferries"), keywords=("ice",), languages=("fr", "nl")), True),
        (replace(CHOICE, themes=ThemeChoice.of("ferries"), languages=("nl",)), False),
    ],
)
def test_a_combined_feed_asks_for_one_of_each(asked: CombinedFeed, is_in: bool) -> None:
    assert (combined_feed(asked).slug in slugs(ITEM, FERRIES, combined=(asked,))) is is_in


def worth(feed: Feed, *, items: int = 9, is_open: bool = False, languages: int = 2, **settings: int) -> bool:
    made = replace(FEED_SETTINGS, combined=(CHOICE,), **settings)  # type: ignore[arg-type] # numbers only, in these tests
    return is_worth_a_feed(feed, items=items, is_open=is_open, languages=languages, settings=made)


class TestWorth:
    def test_a_keyword_with_enough_items_gets_a_feed_and_keeps_it(self) -> None:
        ice = keyword_feed("ice")

        assert worth(ice, items=3)
        assert not worth(ice, items=2)
        assert worth(ice, items=0, is_open=True)

    def test_no_keyword_has_a_feed_where_none_is_wanted(self) -> None:
        assert not worth(keyword_feed("ice"), items=9, is_open=True, keywords_from=0)

    def test_languages_have_feeds_once_there_are_two(self) -> None:
        french = language_feed("fr", fallback="en")

        assert worth(french, languages=2)
        assert not worth(french, languages=1)
        assert worth(french, languages=1, is_open=True)
        assert not worth(french, items=0)
        assert not is_worth_a_feed(
            french, items=9, is_open=True, languages=2, settings=replace(FEED_SETTINGS, languages=False)
        )

    def test_a_combined_feed_exists_while_it_is_configured(self) -> None:
        assert worth(combined_feed(CHOICE), items=0)
        assert not worth(combined_feed(replace(CHOICE, name="former")), is_open=True)

    def test_a_theme_always_has_its_feed(self) -> None:
        assert worth(Feed.of_theme(PEOPLE), items=0)


@given(st.lists(st.text(max_size=80), max_size=6), st.text(max_size=12))
def test_every_item_finds_its_place(keywords: list[str], language: str) -> None:
    gathering = Gathering(theme_map=ThemeMap(default=FERRIES), language="en")
    feeds = other_feeds(replace(ITEM, keywords=tuple(keywords), language=language), (FERRIES,), gathering)

    assert len({feed.slug for feed in feeds}) == len(feeds)
    assert [feed.kind for feed in feeds][-1] is FeedKind.LANGUAGE
    for feed in feeds:
        assert feed.slug.isascii()
        assert feed.slug.count("/") == 1
        assert feed.title
