"""A run without news costs little more than Python and the store: what it does not need is not imported."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.world import ROOT, run_main

HEAVY = {
    *("alembic", "apscheduler", "babel", "cssutils", "dateutil.parser", "feedgen", "idna", "jinja2", "lxml"),
    *("premailer", "psycopg", "requests", "rich", "sqlalchemy.dialects.postgresql", "sqlalchemy.orm", "structlog"),
    "publisher.collect.sources.text",  # its patterns take 9 ms to compile
}
HEAVY_FOR_READING = HEAVY | {"sqlalchemy", "click"}
"""What reading config.toml does not need either."""
WATCHED = """
import json, sys
from pathlib import Path
def imported():
    packages = {name.partition(".")[0] for name in sys.modules}
    parts = ("publisher.", "dateutil.", "sqlalchemy.")
    return [*packages, *(name for name in sys.modules if name.startswith(parts))]
from publisher.__main__ import main
from publisher.config.config import Config
commands, site = sys.argv[1].split(), sys.argv[2:]
Config.load(Path(site[1]))
reading = imported()
for command in commands:
    sys.argv[1:] = [command, *site]
    try:
        main()
    except SystemExit as end:
        assert not end.code, command
print(json.dumps([reading, imported()]))
"""


def run(site: Path, *commands: str) -> tuple[str, set[str], set[str]]:
    """Return the output of commands, and the packages (and some modules) that were imported: to read config.toml, and
    in the end.
    """
    where = ("--config", str(site / "config.toml"), "--now", "2026-11-23T08:00")
    command = [sys.executable, "-c", WATCHED, " ".join(commands), *where]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    said, _, imported = done.stdout.rstrip().rpartition("\n")
    reading, all_imported = map(set, json.loads(imported))
    return said, reading, all_imported


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample site, published and composed."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(ROOT / "config.toml", folder)
    shutil.copytree(ROOT / "content", folder / "content")
    done = run_main("run", "--config", str(folder / "config.toml"), "--now", "2026-11-23T08:00")
    assert "added" in done.out
    assert {"babel", "feedgen", "jinja2", "lxml", "premailer", "publisher.collect.sources.text"} <= sys.modules.keys()
    return folder


def test_no_news_and_the_status_import_nothing_heavy(site: Path) -> None:
    said, reading, imported = run(site, "collect", "publish", "compose", "run", "status")

    assert ["nothing new"] * 4 == said.splitlines()[:4]
    assert set() == reading & HEAVY_FOR_READING
    assert set() == imported & HEAVY
