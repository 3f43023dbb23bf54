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
    *("premailer", "psycopg", "requests", "rich", "sqlalchemy.dialects.postgresql", "structlog"),
    "publisher.collect.sources.text",  # its patterns take 9 ms to compile
}
WATCHED = """
import json, sys
from publisher.__main__ import main
commands, site = sys.argv[1].split(), sys.argv[2:]
for command in commands:
    sys.argv[1:] = [command, *site]
    try:
        main()
    except SystemExit as end:
        assert not end.code, command
packages = {name.partition(".")[0] for name in sys.modules}
ours = [name for name in sys.modules if name.startswith(("publisher.", "dateutil.", "sqlalchemy.dialects."))]
print(json.dumps([*packages, *ours]))
"""


def run(site: Path, *commands: str) -> tuple[str, set[str]]:
    """Return the output of commands, and the packages (and some modules) that they imported."""
    where = ("--config", str(site / "config.toml"), "--now", "2026-11-23T08:00")
    command = [sys.executable, "-c", WATCHED, " ".join(commands), *where]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    said, _, imported = done.stdout.rstrip().rpartition("\n")
    return said, set(json.loads(imported))


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
    said, imported = run(site, "collect", "publish", "compose", "run", "status")

    assert ["nothing new"] * 4 == said.splitlines()[:4]
    assert set() == imported & HEAVY
