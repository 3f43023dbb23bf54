"""The benchmarks run, and measure what docs/benchmarks.md says."""

import re
import sys
from pathlib import Path

import pytest

from tests.judges import program, run
from tests.world import ROOT

BENCHMARKS = ROOT / "benchmarks"


def listed(folder: Path, items: int) -> list[str]:
    """Return the lines of the listing for a site with `items` items."""
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


@pytest.mark.slow
def test_a_round_is_planned_beside_each_subscriber_by_himself_and_sent_beside_the_ledger_alone() -> None:
    arguments = ["--people", "300", "--items", "6", "--sample", "50", "--send"]

    said = run([sys.executable, BENCHMARKS / "rounds.py", *arguments])

    assert re.search(r"^300 people, \d+ subscriptions, 6 new items, 1 process", said, re.MULTILINE)
    [took_s] = re.findall(r"^ours: \d+ mails of \d+ selections in ([\d.]+) s", said, re.MULTILINE)
    assert float(took_s) < 0.2, "of the processor, beyond the start of the program"
    assert re.search(r"^ours is [\d.]+ times quicker$", said, re.MULTILINE)
    assert re.search(r"^sent: [\d,]+/s; by the ledger alone [\d,]+/s; ratio [\d.]+$", said, re.MULTILINE)


@pytest.mark.slow
def test_clients_of_a_mail_server_are_measured_side_by_side() -> None:
    arguments = ["--mails", "20", "--round-trips", "0", "--connections", "2", "--repeats", "1"]

    table = run([sys.executable, BENCHMARKS / "deliver.py", *arguments])

    rows = re.findall(r"^\| 0 ms \| 2 \| (.+?) \| \d+ \|", table, re.MULTILINE)
    assert ["smtplib", "aiosmtplib", "ours", "ours, with the ledger"] == rows
