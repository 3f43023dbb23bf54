"""The man page is generated from the commands, and the shell completes them."""

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from publisher.cli.commands import cli
from tests.processes import run_python
from tests.world import environment

ROOT = Path(__file__).resolve().parents[2]


def commands(group: click.Group, path: str = "publisher") -> list[str]:
    return [
        name
        for each, command in group.commands.items()
        for name in (commands(command, f"{path} {each}") if isinstance(command, click.Group) else [f"{path} {each}"])
    ]


@pytest.fixture(scope="module")
def page() -> str:
    made = run_python("import runpy; runpy.run_path('docs/make_man.py', run_name='__main__')", cwd=ROOT)
    assert (0, "") == (made.returncode, made.stderr)
    return made.stdout


def test_the_manual_page_has_every_command_and_option(page: str) -> None:
    plain = page.replace(r"\-", "-")

    assert commands(cli) == re.findall(r"^\.SS (publisher[ a-z-]*[a-z])", plain, flags=re.MULTILINE)
    assert {"--config PATH", "--now ISO-8601", "--due", "--sent-up-to EDITION", "--port NUMBER", "--archives"} <= set(
        re.findall(r"^\\fB(-.*)\\fR$", plain, flags=re.MULTILINE)
    )


def test_man_shows_it_without_a_warning(page: str) -> None:
    if not (groff := shutil.which("groff")):
        pytest.skip("groff is not installed")

    shown = subprocess.run(
        [groff, "-man", "-ww", "-Tutf8", "-c"], input=page, capture_output=True, text=True, check=True
    )

    assert "" == shown.stderr
    assert "EXIT STATUS" in re.sub(r".\x08", "", shown.stdout)


def test_the_shell_completes_commands() -> None:
    asked = {"COMP_WORDS": "publisher edition re", "COMP_CWORD": "2", "_PUBLISHER_COMPLETE": "bash_complete"}

    done = run_python("from publisher.__main__ import main; main()", environment=environment() | asked)

    assert {"plain,release", "plain,reopen", "plain,restore", "plain,retitle"} == set(done.stdout.split())
