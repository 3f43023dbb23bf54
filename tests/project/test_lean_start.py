"""A run without news costs little more than Python and the store: what it does not need is not imported."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from publisher.cli.commands import PLACES
from tests.world import ROOT, run_main

HEAVY = {
    *("alembic", "apscheduler", "babel", "cssutils", "dateutil.parser", "feedgen", "html", "idna", "jinja2", "lxml"),
    *("premailer", "psycopg", "requests", "rich", "sqlalchemy.dialects.postgresql", "sqlalchemy.orm", "structlog"),
    # their patterns take 9 ms each to compile
    *("publisher.collect.sources.text", "publisher.rendering.text"),
}
HEAVY_FOR_READING = HEAVY | {"sqlalchemy", "click"}
"""What reading config.toml does not need either."""
PEOPLE_MAIL_AND_DESK = re.compile(
    r"publisher\.(subscribers|deliver|serve)\b"
    r"|publisher\.admin\.(subscribers_wiring|mail_wiring|desk|deliveries|rounds|round_\w+)$"
    r"|publisher\.store\.(people|people_\w+|subscribers|suppressions|retention|mail|mail_schema|ledger|queue|desk\w*)$"
    r"|publisher\.model\.(subscribers|deliveries|bounces|departures|rounds|desk)$"
)
"""Modules that only a site with subscribers, a mail server or a desk needs."""
OF_COMMANDS = {f"publisher.cli.{place.partition(':')[0]}" for place in PLACES.values()}
"""The modules of commands."""
OF_OTHERS = {
    *("publisher.admin.mail_trial", "publisher.admin.restore", "publisher.admin.review", "publisher.admin.why"),
    *("publisher.cli.edition_output", "publisher.cli.status_output", "publisher.config.starter"),
}
"""What only other commands than `run` need."""
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
after = [imported()]
for command in commands:
    sys.argv[1:] = [command, *site]
    try:
        main()
    except SystemExit as end:
        assert not end.code, command
    after.append(imported())
print(json.dumps(after))
"""


def run(site: Path, *commands: str) -> tuple[str, list[set[str]]]:
    """Return the output of commands, and the packages (and some modules) that were imported: to read config.toml, and
    after each command.
    """
    where = ("--config", str(site / "config.toml"), "--now", "2026-11-23T08:00")
    command = [sys.executable, "-c", WATCHED, " ".join(commands), *where]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    said, _, imported = done.stdout.rstrip().rpartition("\n")
    return said, [set(each) for each in json.loads(imported)]


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
    said, [reading, running, *_, all_imported] = run(site, "run", "collect", "publish", "compose", "status")

    assert ["nothing new"] * 4 == said.splitlines()[:4]
    assert set() == reading & HEAVY_FOR_READING
    assert set() == all_imported & HEAVY
    assert {"publisher.cli.passes"} == running & OF_COMMANDS
    assert set() == running & OF_OTHERS
    # the sample site has no subscribers, no mail server and no desk
    assert [] == sorted(filter(PEOPLE_MAIL_AND_DESK.match, running))
