"""Writes what the tables of config.toml say into docs/reference.md and config.toml.

Run it after a change in publisher/config/: `.venv/bin/python docs/make_reference.py`.
"""
# ruff: noqa: INP001  (a script beside the documentation, in no package)

from pathlib import Path

from publisher.config.reference import reference
from publisher.config.starter import starter

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Write both files."""
    page = ROOT / "docs" / "reference.md"
    page.write_text(reference(page.read_text("utf-8")), "utf-8")
    (ROOT / "config.toml").write_text(starter(), "utf-8")


if __name__ == "__main__":
    main()
