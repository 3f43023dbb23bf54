"""The benchmarks can be run, and measure what docs/benchmarks.md says."""

import re
import sys
from pathlib import Path

import pytest

from tests.judges import program, run
from tests.world import ROOT

BENCHMARKS = ROOT / "benchmarks"


def listed(folder: Path, items: int) -> list[str]:
    """The lines of the listing that a site of so many items has."""
    run([sys.executable, BENCHMARKS / "corpus.py", folder, str(items)])
    return (folder / "news.txt").read_text("utf-8").splitlines()


def test_a_larger_site_is_an_older_one(tmp_path: Path) -> None:
    small, large = listed(tmp_path / "small", 20), listed(tmp_path / "large", 60)

    assert small == large[: len(small)]


@pytest.mark.slow
def test_peers_are_measured_side_by_side() -> None:
    program("hugo")

    table = run([sys.executable, BENCHMARKS / "peers.py", "--sizes", "100", "--repeats", "1"])

    cells = dict(re.findall(r"^\| (.+?) \| (.+) \|$", table, re.MULTILINE))
    for peer in ("Publisher", "Publisher, RSS alone", "Hugo", "naive script"):
        assert re.fullmatch(r"[\d.]+ s, \d+ MiB", cells[f"{peer}: full build"])
        assert re.fullmatch(r"[\d.]+ s, \d+ MiB", cells[f"{peer}: 10 new"])
        assert int(cells[f"{peer} writes"].split()[0]) > 100
