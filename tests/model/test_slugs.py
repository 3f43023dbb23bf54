"""Labels that make the same slug: the first label gets the slug, and existing slugs never change."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.items import Item
from publisher.model.slugs import RESERVED_SLUGS, SLUG_LENGTH, Names, fold_label, theme_slug_of
from publisher.model.themes import Theme, ThemeMap, wanted_names
from publisher.store import Store
from publisher.store.names import key_of
from tests.databases import sqlite_store
from tests.values import DAY

NO_THEMES = ThemeMap(default=Theme(slug="general", title="General"))
LABELS = (
    "C++",
    "C#",
    "c",
    " C ",
    "Études",
    "Etudes",
    "études",
    "🙂",
    "🙃",
    "../../etc",
    "etc",
    "All",
    "All theme",
    "移民",
)
labels = st.lists(st.sampled_from(LABELS) | st.text(max_size=12) | st.text("aé+# ", max_size=3), max_size=8)


def labelled(*labels: str, keywords: tuple[str, ...] = ()) -> Item:
    return Item(date=DAY, text="Text", labels=labels, keywords=keywords)


def named(store: Store, *items: Item, theme_map: ThemeMap = NO_THEMES) -> Names:
    with store.log.open_pass("news") as collecting:
        return collecting.name(wanted_names(items, theme_map))


@pytest.fixture
def store() -> Iterator[Store]:
    with sqlite_store() as opened:
        yield opened


def named_anew(*items: Item) -> Names:
    """Return what `named` returns, from a new store."""
    with sqlite_store() as store:
        return named(store, *items)


def test_the_later_of_two_labels_with_one_slug_gets_digits_of_its_own(store: Store) -> None:
    names = named(store, labelled("C++", "C#", keywords=("Études", "Etudes")))

    assert "c" == names.theme_slug("c++")
    assert re.fullmatch("c-[0-9a-f]{8}", names.theme_slug("C#"))
    assert "etudes" == names.keyword_slug("ÉTUDES")
    assert re.fullmatch("etudes-[0-9a-f]{8}", names.keyword_slug("Etudes"))


def test_the_digits_come_of_the_label_alone(store: Store) -> None:
    one = named(store, labelled("Etudes", "C++", "🙂", "C#"))
    other = named_anew(labelled("C", "C#"))

    assert one.theme_slug("C#") == other.theme_slug("C#")


def test_capitals_and_spaces_make_no_other_label(store: Store) -> None:
    names = named(store, labelled("Borders & Visa"), labelled(" borders  &\u00a0visa "))

    assert {"borders & visa": "borders-visa"} == dict(names.labels)


@pytest.mark.parametrize(
    ("typed", "corrected"),
    [
        ("Droit d'asile", "Droit d’asile"),
        ("Droit d'asile", "DROIT D´ASILE"),
        ("EU-Turkey", "EU–Turkey"),
        ("e-learning", "e\N{NON-BREAKING HYPHEN}learning"),
        ("2024-2025", "2024−2025"),
    ],
)
def test_apostrophes_and_dashes_of_word_processors_make_no_other_label(typed: str, corrected: str) -> None:
    names = named_anew(labelled(typed, corrected))

    assert names.labels == {fold_label(typed): theme_slug_of(typed)}
    assert names.theme_slug(corrected) == theme_slug_of(typed)


def test_a_label_of_configuration_was_there_before_all_others(store: Store) -> None:
    themes = ThemeMap(
        default=NO_THEMES.default, themes=(Theme(slug="languages-c", title="C"),), by_label=(("c", "languages-c"),)
    )

    names = named(store, labelled("C++", "C"), theme_map=themes)

    assert ["c++"] == list(names.labels)
    assert re.fullmatch("c-[0-9a-f]{8}", names.theme_slug("C++"))


def test_digits_that_are_taken_are_not_given_again(store: Store) -> None:
    second = named_anew(labelled("C++", "C#")).theme_slug("C#")

    names = named(store, labelled(second, "C++", "C#"))

    assert 3 == len(set(names.labels.values()))


def test_a_very_long_label_is_known_again(store: Store) -> None:
    long = "label " * 2_000

    assert named(store, labelled(long + "a")).labels != named(store, labelled(long + "b")).labels
    assert named(store, labelled(long + "a")).labels == named(store, labelled(long + "a")).labels
    assert len(key_of(long)) < 300


@given(st.lists(st.tuples(labels, labels), max_size=4))
@settings(max_examples=settings().max_examples // 2)
def test_labels_keep_their_own_slugs_in_any_order_of_runs(
    passes: list[tuple[list[str], list[str]]],
) -> None:
    with sqlite_store() as store:
        known: dict[str, str] = {}
        for labels, keywords in passes:
            names = named(store, labelled(*labels, keywords=tuple(keywords)))

            assert all(known.get(label, slug) == slug for label, slug in names.labels.items())
            known |= names.labels
            assert set(names.keywords) == set(map(fold_label, keywords)) - {""}
            assert len(set(names.keywords.values())) == len(names.keywords)
        everything = [label for labels, _ in passes for label in labels]
        assert dict(named(store, labelled(*reversed(everything))).labels) == known
        assert len(set(known.values())) == len(known)
        for slug in known.values():
            assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
            assert len(slug) <= SLUG_LENGTH + len("-theme")
            assert slug not in RESERVED_SLUGS


@given(labels)
@settings(max_examples=settings().max_examples // 2)
def test_a_new_store_gives_the_same_slugs(labels: list[str]) -> None:
    with sqlite_store() as one, sqlite_store() as other:
        assert named(one, labelled(*labels)) == named(other, labelled(*labels))


def test_a_label_alone_has_the_slug_it_always_had(store: Store) -> None:
    assert all(named_anew(labelled(label)).theme_slug(label) == theme_slug_of(label) for label in LABELS)
