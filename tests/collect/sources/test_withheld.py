"""What a source itself keeps back."""

from decimal import Decimal

import pytest

from publisher.collect.sources.withheld import why_withheld


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
        {"draft": b"\x00"},
        {"published": True},
        {"published": "2024-03-04"},
        {"published": "The Gazette"},
        {"status": "published"},
        {"status": 1},
        {"status": "closed"},
        {"visibility": "public"},
        {"title": "draft"},
    ],
)
def test_what_may_go_out(values: dict[str, object]) -> None:
    assert why_withheld(values) == ""
