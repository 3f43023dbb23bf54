"""The cost of a label does not grow with the number of labels."""

import cProfile
import pstats
from pathlib import Path

import pytest

from tests.world import CONFIG, NOW, World, news

STEPS = (200, 400, 800)
ON_AN_ITEM = 20
"""The most labels that one item may have."""


def site_of(folder: Path, labels: int) -> World:
    """Return a site whose first reading brings `labels` labels."""
    names = [f"Label number {number:06}" for number in range(labels)]
    items = (
        news("2 March 2026", f"Item with {names[start]}.", theme=", ".join(names[start : start + ON_AN_ITEM]))
        for start in range(0, labels, ON_AN_ITEM)
    )
    return World(folder, "\n\n".join(items), config=CONFIG)


def calls_of(world: World, verb: str) -> int:
    """Return how many functions a command calls. The number is the same on every machine, however busy it is."""
    with cProfile.Profile() as profile:
        outcome = world.publisher(verb, at=NOW)
    assert (0, "") == (outcome.exit_code, outcome.err)
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]  # typeshed lacks it


@pytest.mark.slow
def test_the_last_label_costs_what_the_first_did(tmp_path: Path) -> None:
    worlds = {labels: site_of(tmp_path / str(labels), labels) for labels in STEPS}
    calls_of(site_of(tmp_path / "warm", STEPS[0]), "run")  # imports, and what is compiled once

    for verb in ("collect", "publish"):
        few, some, many = (calls_of(worlds[labels], verb) for labels in STEPS)
        first, last = (some - few) / (STEPS[1] - STEPS[0]), (many - some) / (STEPS[2] - STEPS[1])
        assert last < first * 1.05, verb

    sizes = [(worlds[labels].feeds / "label-number-000001" / "index.html").stat().st_size for labels in STEPS]
    assert [sizes[0]] * 3 == sizes, "the page of a theme names others"
