"""Which items a source withholds."""

from decimal import Decimal

import pytest

from publisher.collect.sources.withheld import doubts_about, why_withheld


@pytest.mark.parametrize(
    "values",
    [
        {"draft": True},
        {"draft": "true"},
        {"draft": "Yes"},
        {"draft": 1},
        {"draft": Decimal(1)},
        {"draft": b"\x01"},
        {"draft": "ja"},
        {"draft": "perhaps"},
        {"hidden": "on"},
        {"private": True},
        {"published": False},
        {"published": "no"},
        {"published": "false"},
        {"public": 0},
        {"status": "draft"},
        {"status": "Hidden"},
        {"status": " private "},
        {"status": "In_review"},
        {"status": "Brouillon"},
        {"status": "Entwurf"},
        {"status": "concept"},
        {"status": 0},
        {"visibility": "private"},
        {"published": "f"},
        {"published": "n"},
        {"published": "0"},
        {"publish": False},
        {"ispublished": "no"},
        {"visible": 0},
        {"active": "false"},
        {"isdraft": True},
        {"hide": True},
        {"archived": "yes"},
        {"deleted": "2024-03-04"},
        {"status": "needs-review"},
        {"status": "needs_review"},
        {"status": "Needs review"},
        {"deletedat": "2024-03-04 10:00:00"},
        {"status": "needsReview"},
        {"status": ["draft"]},
        {"status": ["news", "Draft"]},
        {"status": "archived"},
        {"status": "scheduled"},
        {"status": "future"},
        {"status": "auto-draft"},
        {"status": "pending"},
        {"status": "trash"},
        {"status": "in progress"},
        {"status": "non publié"},
        {"status": "Dépublié"},
        {"status": "en attente"},
        {"status": "niet gepubliceerd"},
        {"status": "nog niet klaar"},
        {"status": "in behandeling"},
        {"status": "nicht veröffentlicht"},
        {"status": "In Bearbeitung"},
        {"status": "Not yet approved"},
        {"status": -2},
        {"state": "draft"},
        {"poststatus": "draft"},
        {"moderationstate": "draft"},
        {"visibility": "password"},
        {"visibility": "members"},
        {"published": "☐"},
        {"published": "-"},
        {"headless": True},
        {"postpassword": "secret"},
    ],
)
def test_a_draft_by_any_usual_word(values: dict[str, object]) -> None:
    (name,) = values

    assert why_withheld(values).startswith(f"{name}: ")


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"draft": None},
        {"draft": ""},
        {"draft": False},
        {"draft": "No"},
        {"deletedat": "0000-00-00 00:00:00"},
        {"draft": b"\x00"},
        {"published": True},
        {"published": "2024-03-04"},
        {"published": "The Gazette"},
        {"status": "published"},
        {"status": 1},
        {"status": "closed"},
        {"visibility": "public"},
        {"title": "draft"},
        {"published": "t"},
        {"published": -1},
        {"hide": ["navigation", "toc"]},
        {"state": "Bavaria"},
        {"status": ["news"]},
        {"status": "veröffentlicht"},
    ],
)
def test_values_that_withhold_nothing(values: dict[str, object]) -> None:
    assert why_withheld(values) == ""


def test_a_password_is_not_told() -> None:
    assert why_withheld({"postpassword": "hunter"}) == "postpassword: set"


@pytest.mark.parametrize(
    ("values", "doubts"),
    [
        ({"status": "gloomy"}, ["status: gloomy"]),
        ({"state": "Bavaria", "visibility": ["open", "half"]}, ["state: bavaria", "visibility: half"]),
        ({"status": "published"}, []),
        ({"status": "Publié"}, []),
        ({"status": 1}, []),
        ({"status": ""}, []),
        ({"status": "draft"}, []),
        ({"published": "perhaps"}, []),
    ],
)
def test_a_status_that_is_not_known_is_told(values: dict[str, object], doubts: list[str]) -> None:
    assert [*doubts_about(values)] == doubts
