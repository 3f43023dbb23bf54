"""The cost of ten new items depends on what they affect, not on the size of the archive. Documents are counted; nothing
is timed.
"""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from publisher.cli import progress
from tests.world import CONFIG, NOW, World, news

FEW = 240
"""A number of items that is enough for every kind of file, full pages and archives included.

With 17 times as many items, the last pages and archives are as full as with this number, so ten new items change as
many files.
"""
PLAIN = f'{CONFIG}\n[feeds]\nlimit = 25\nformats = ["rss"]\nkeywords_from = 1\n'
"""A configuration with one file for each document, so that documents can be counted."""
TEN_NEW = [news("3 March 2026", f"New words {number}.", theme="Asylum", keywords="visas") for number in range(10)]


def archive(items: int) -> str:
    """Return a listing of `items` items, newest first."""
    days = (date(2026, 2, 28) - timedelta(days=number) for number in range(items))
    themes = ("Borders" if number % 16 == 0 else "Asylum" for number in range(items))
    return "\n\n".join(
        news(f"{day:%d %B %Y}", f"Words of {day}.", theme=theme, keywords=f"visas, {theme} law")
        for day, theme in zip(days, themes, strict=True)
    )


def rendered_for_ten_new(folder: Path, *, items: int) -> tuple[int, set[str]]:
    """Return how many documents are rendered because of ten new items, and the paths of the changed ones, with numbers
    replaced by 0.
    """
    world = World(folder, archive(items), config=PLAIN)
    world.publisher("collect", at=NOW)
    assert 0 == world.publisher("publish", at=NOW).exit_code
    before = world.contents()
    world.list_above(*TEN_NEW)
    world.publisher("collect", at=NOW)

    report = world.publisher("publish", "--json", at=NOW).json["publish"]

    changed = {name for name, data in world.contents().items() if before.get(name) != data}
    assert len(changed) == report["files_written"]
    folders = {name.rpartition("/")[0] or name for name in changed}
    return report["files_written"] + report["files_unchanged"], {re.sub(r"\d+", "0", place) for place in folders}


@pytest.mark.parametrize("many", [2 * FEW, pytest.param(17 * FEW, marks=pytest.mark.slow)])
def test_ten_new_items_are_as_many_documents_however_large_the_archive(tmp_path: Path, many: int) -> None:
    of_few, _ = rendered_for_ten_new(tmp_path / "few", items=FEW)
    of_many, touched = rendered_for_ten_new(tmp_path / "many", items=many)

    assert of_few == of_many
    certain = {"items/0", "items/0/0", "all", "asylum", "asylum/pages", "asylum/archive/0", "keywords/visas"}
    by_count = {f"{feed}/{part}" for feed in ("all", "keywords/visas") for part in ("pages", "archive/0")}
    fronts = {"index.html", "keywords", "sitemap-0.xml", "sitemap-feeds.xml", "sitemap.xml", "items"}
    assert certain <= touched <= certain | by_count | fronts


def test_long_work_prints_its_progress_in_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal, there is no progress bar."""
    world = World(tmp_path, archive(FEW // 2), config=PLAIN)
    monkeypatch.setattr(progress.Lines, "PAUSE_S", 0)

    outcome = world.publisher("run", at=NOW)

    said = [re.fullmatch(r"publisher: ([a-z ]+), (\d+)%", line) for line in outcome.problems]
    shares = {step: [int(match[2]) for match in said if match and match[1] == step] for step in ("item pages", "feeds")}
    assert all(said)
    assert all(share == sorted(share) and share[-1] == 100 for share in shares.values())
    assert len(set(shares["feeds"])) > len(world.contents()) // 50
