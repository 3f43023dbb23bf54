"""What many sources, and one large one, cost: the first pass, one with nothing changed, one with ten new items.

    python benchmarks/sources.py [--sources 200] [--items 100000]

Each pass is a process of its own, so that its time includes starting Python and its memory is its own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = """
[site]
title = "News"
base_url = "https://news.example.org/"
language = "en"
timezone = "Europe/Brussels"
author = { name = "Ada", email = "ada@example.org" }
"""
KINDS = ("listing", "table", "markdown", "feed")
ITEMS_OF_A_SMALL_SOURCE = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=200)
    parser.add_argument("--items", type=int, default=100_000)
    asked = parser.parse_args()
    print(f"{'':44}{'time':>9}{'memory':>10}")
    with tempfile.TemporaryDirectory() as folder:
        many_sources(Path(folder), asked.sources)
    with tempfile.TemporaryDirectory() as folder:
        one_large_source(Path(folder), asked.items)


def many_sources(folder: Path, count: int) -> None:
    tables = [write_source(folder, KINDS[number % len(KINDS)], number) for number in range(count)]
    (folder / "config.toml").write_text(SITE + "".join(tables), "utf-8")
    collect(folder, f"{count} sources, first pass")
    collect(folder, f"{count} sources, nothing changed")


def one_large_source(folder: Path, count: int) -> None:
    path = folder / "news.jsonl"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(row(number) for number in range(count))
    source = '[[sources]]\nname = "news"\nkind = "table"\npath = "news.jsonl"\n'
    (folder / "config.toml").write_text(SITE + source, "utf-8")
    collect(folder, f"{count} items in one file, first pass")
    collect(folder, f"{count} items in one file, nothing changed")
    with path.open("a", encoding="utf-8") as file:
        file.writelines(row(number) for number in range(count, count + 10))
    collect(folder, f"{count} items in one file, ten new")


def row(number: int) -> str:
    day = date(2000, 1, 1) + timedelta(days=number % 9_000)
    words = f"News number {number} of the harbour: the ferry leaves at ten, and the crane stays where it is."
    theme = f"Theme {number % 20}"
    return (
        json.dumps({"id": number, "date": day.isoformat(), "title": f"News {number}", "text": words, "themes": theme})
        + "\n"
    )


def write_source(folder: Path, kind: str, number: int) -> str:
    texts = [
        f"The ferry number {number} sails again, for the {each}th time." for each in range(ITEMS_OF_A_SMALL_SOURCE)
    ]
    path = folder / f"{kind}-{number}"
    match kind:
        case "listing":
            path.write_text("\n\n".join(f"{each + 1} March 2026\n\n{text}" for each, text in enumerate(texts)), "utf-8")
        case "table":
            path = path.with_suffix(".csv")
            rows = [f"2026-03-{each + 1:02},{text.replace(',', '')}" for each, text in enumerate(texts)]
            path.write_text("\n".join(["date,text", *rows]), "utf-8")
        case "markdown":
            path.mkdir()
            for each, text in enumerate(texts):
                (path / f"{each}.md").write_text(f"---\ndate: 2026-03-{each + 1:02}\n---\n{text}", "utf-8")
        case _:
            items = "".join(
                f"<item><guid>{number}-{each}</guid><pubDate>{each + 1:02} Mar 2026 10:00:00 GMT</pubDate>"
                f"<description>{text}</description></item>"
                for each, text in enumerate(texts)
            )
            path.write_text(f'<rss version="2.0"><channel><title>x</title>{items}</channel></rss>', "utf-8")
    return f'[[sources]]\nname = "source-{number}"\nkind = "{kind}"\npath = "{path.name}"\n'


def collect(folder: Path, what: str) -> None:
    """Run one pass and print its time and the most memory it had."""
    program = [sys.executable, "-m", "publisher", "collect", "--config", str(folder / "config.toml")]
    begun = time.perf_counter()
    child = subprocess.Popen(program, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True)
    assert child.stdout
    told = child.stdout.read().strip()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - begun
    print(f"{what:44}{seconds:8.2f}s{usage.ru_maxrss / 1024:7.0f}MiB  {told}")
    if status:
        sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
