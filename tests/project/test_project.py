"""Packaging, CI and the README agree with each other."""

import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
CONSTRAINTS = (ROOT / ".ci" / "constraints.txt").read_text("utf-8")
CI = (ROOT / ".ci" / "run").read_text("utf-8")


def normalised(name: str) -> str:
    """Return a package name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_constraints_are_names_and_versions_only() -> None:
    lines = [line for line in CONSTRAINTS.splitlines() if not line.startswith("#")]

    assert [] == [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", line)]
    names = [line.partition("==")[0].lower() for line in lines]
    assert sorted(set(names)) == names


def test_every_requirement_is_pinned() -> None:
    pinned = {normalised(line.partition("==")[0]) for line in CONSTRAINTS.splitlines()}
    required = [*PROJECT["dependencies"], *(each for extra in EXTRAS.values() for each in extra)]
    names = [re.match(r"[A-Za-z0-9._-]+", each) for each in required]

    assert [] == [
        each for each, name in zip(required, names, strict=True) if not name or normalised(name[0]) not in pinned
    ]


def test_the_name_on_the_package_index_is_ours_and_the_command_is_short() -> None:
    """On the package index, `publisher` is another program. The docs tell people to install the name in
    pyproject.toml.
    """
    assert ("publisher-news", {"publisher": "publisher.__main__:main"}) == (PROJECT["name"], PROJECT["scripts"])
    for page in ("README.md", "docs/tutorial.md"):
        assert f"pipx install {PROJECT['name']}" in (ROOT / page).read_text("utf-8").replace("\n", " ")


def test_ci_runs_the_test_command_of_the_readme() -> None:
    extract = re.search(r"sed -n '(.+)' README\.md", CI)
    assert extract

    done = subprocess.run(["sed", "-n", extract[1], "README.md"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert (
        "python3 -m venv .venv && .venv/bin/pip install -q -c .ci/constraints.txt -e '.[test]'"
        " && .venv/bin/python -m pytest\n" == done.stdout
    )
