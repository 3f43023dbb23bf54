"""The commands in the documentation work, and print what the documentation shows."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from tests.world import ROOT, Outcome, run_main

NOT_HERE = ("pip install", "http.server", "kill %1")
"""Commands that the test does not run, because they install, serve or end something."""
MOMENTS = (datetime.now(UTC) + timedelta(seconds=2 * number) for number in count())
"""The moments of the runs."""
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_sample_prints_what_the_readme_says(tmp_path: Path) -> None:
    readme = text_of("README.md")
    [promised] = re.findall(r"^The first command prints\n\n```\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    run_main("init", str(tmp_path / "site"))
    config = str(tmp_path / "site" / "config.toml")

    assert Outcome(exit_code=0, out=promised, err="") == run_main("run", "--config", config)

    for name in ("feeds/index.html", "outbox/weekly-1/"):
        assert f"`{name}`" in readme
        assert (tmp_path / "site" / name).exists()
    assert "Run it again, and it prints `nothing new`." in readme
    assert "nothing new\n" == run_main("run", "--config", config).out


def test_the_tutorial_prints_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    printed, compared = "", 0
    for language, block in BLOCK.findall(text_of("docs/tutorial.md")):
        if language == "sh":
            printed = "".join(typed(block, monkeypatch))
        else:
            assert printed.startswith(block), block
            compared += 1

    assert compared
    assert ["weekly-1", "weekly-2"] == sorted(path.name for path in Path("outbox").iterdir() if path.name != ".gitkeep")
    for name in re.findall(r"`(children/[\w.]+)`", text_of("docs/tutorial.md")):
        assert (Path("feeds") / name).exists()


def typed(block: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Do what a block of the documentation says, as somebody who reads it would, and yield what `publisher` prints.

    A reader takes more than a second from one run to the next, so no file has the same times again.
    """
    if any(words in block for words in NOT_HERE):
        return
    for part in re.split(r"^((?:publisher|cd) .*\n)", block, flags=re.MULTILINE):
        match shlex.split(part) if part.startswith(("publisher ", "cd ")) else ["sh", part]:
            case ["publisher", *arguments]:
                at = ["--now", next(MOMENTS).isoformat()] if arguments[0] == "run" else []
                outcome = run_main(*arguments, *at)
                assert (0, "") == (outcome.exit_code, outcome.err), part
                yield outcome.out
            case ["cd", folder]:
                monkeypatch.chdir(folder)
            case _:
                subprocess.run(["sh", "-euc", part], check=True, capture_output=True)


def text_of(page: str) -> str:
    return (ROOT / page).read_text("utf-8")
