"""Measures the cost of many or large sources: a first pass, a pass without changes, and a pass with ten new items.

    python benchmarks/sources.py [--sources 200] [--items 100000] [--share 1]

Each pass is a separate process: its CPU time includes the start of Python, and its memory is its own. The largest
source of each kind is as large as the limits of the kind allow, or 10 MB if it has none; `--share` makes it smaller.
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
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
    parser.add_argument("--share", type=float, default=1)
    asked = parser.parse_args()
    print(f"{'':44}{'CPU':>9}{'memory':>10}")
    with tempfile.TemporaryDirectory() as folder:
        many_sources(Path(folder), asked.sources)
    with tempfile.TemporaryDirectory() as folder:
        one_large_source(Path(folder), asked.items)
    for kind in LARGEST:
        with tempfile.TemporaryDirectory() as folder:
            largest(Path(folder), kind, asked.share)


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


LARGEST = ("feed", "page", "listing", "table", "database", "markdown")


def largest(folder: Path, kind: str, share: float) -> None:
    """Collect a source that is as large as its kind allows, and then again without changes."""
    keys = write_largest(folder, kind, share)
    (folder / "config.toml").write_text(f'{SITE}[[sources]]\nname = "news"\nkind = "{kind}"\n{keys}\n', "utf-8")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.name != "config.toml")
    collect(folder, f"{kind} of {size / 1e6:.1f} MB, first pass")
    collect(folder, f"{kind} of {size / 1e6:.1f} MB, nothing changed")


def write_largest(folder: Path, kind: str, share: float) -> str:
    """Write the data of such a source; return its keys for config.toml."""
    words = "The ferry leaves at ten, and the crane stays where it is. " * 7
    days = [date(2000, 1, 1) + timedelta(days=number % 9_000) for number in range(int(200_000 * share))]
    few = list(enumerate(days[: int(19_000 * share)]))
    match kind:
        case "feed":
            items = "".join(
                f"<item><guid>{number}</guid><title>News {number}</title><pubDate>{day:%d %b %Y} 10:00:00 GMT</pubDate>"
                f"<description>&lt;p>{words}&lt;/p></description></item>"
                for number, day in few
            )
            (folder / "news.xml").write_text(f'<rss version="2.0"><channel>{items}</channel></rss>', "utf-8")
            return 'path = "news.xml"'
        case "page":
            items = "".join(
                f"<article><time>{day:%d %B %Y}</time><h2>News {number}</h2><p>{words}</article>" for number, day in few
            )
            (folder / "news.html").write_text(f"<main>{items}</main>", "utf-8")
            return 'path = "news.html"\nitem = "article"\ndate = "time"\ntitle = "h2"\nbody = "p"'
        case "listing":
            items = "\n\n".join(f"{day:%d %B %Y}\n\nNumber {number}. {words}" for number, day in reversed(few))
            (folder / "news.txt").write_text(items, "utf-8")
            return 'path = "news.txt"'
        case "table":
            rows = (f"{number},{day},News {number},{words.replace(',', ' ')}\n" for number, day in few)
            (folder / "news.csv").write_text("id,date,title,text\n" + "".join(rows), "utf-8")
            return 'path = "news.csv"'
        case "database":
            with closing(sqlite3.connect(folder / "news.db")) as connection, connection:
                connection.execute("CREATE TABLE news (id, date, title)")
                entries = ((number, day.isoformat(), f"News {number}") for number, day in enumerate(days))
                connection.executemany("INSERT INTO news VALUES (?, ?, ?)", entries)
            return 'url = "sqlite:///news.db"\nquery = "SELECT * FROM news"'
        case _:
            (folder / "news").mkdir()
            for number, day in few[::10]:
                text = f"---\ntitle: News {number}\ndate: {day}\n---\n{words * 10}"
                (folder / "news" / f"{number}.md").write_text(text, "utf-8")
            return 'path = "news"'


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
    """Run one pass; print its CPU time and its peak memory."""
    program = [sys.executable, "-m", "publisher", "collect", "--config", str(folder / "config.toml")]
    child = subprocess.Popen(program, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True)
    assert child.stdout
    told = child.stdout.read().strip()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = usage.ru_utime + usage.ru_stime
    print(f"{what:44}{seconds:8.1f}s{usage.ru_maxrss / 1024:7.0f}MiB  {told}")
    if status:
        sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
