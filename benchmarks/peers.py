"""Measures Publisher beside what a user would choose instead: Hugo, which builds a page an item and a feed a theme.

Both get the same items; Hugo as markdown with its themes and keywords as taxonomies, 50 items a feed. It knows no RSS
reader's yesterday: every build renders everything. What it costs to write the markdown is not counted.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from run import FULL, NEW, NEWS, PUBLISHER, ROOT, SHOWN, Bench, Site

HUGO_FULL, HUGO_NEW = "Hugo, full build", "Hugo, 10 new"
CONFIG = """
baseURL = "https://news.example.org/"
title = "News"
disableKinds = ["sitemap", "robotsTXT", "404"]
[taxonomies]
theme = "themes"
keyword = "keywords"
[services.rss]
limit = 50
"""
LAYOUTS = {
    "single.html": "<!DOCTYPE html><html lang=en><title>{{ .Title }}</title><h1>{{ .Title }}</h1>{{ .Content }}",
    "list.html": (
        "<!DOCTYPE html><html lang=en><title>{{ .Title }}</title><h1>{{ .Title }}</h1>"
        "<ul>{{ range first 50 .Pages }}<li><a href={{ .RelPermalink }}>{{ .Title }}</a></li>{{ end }}</ul>"
    ),
}


def write_hugo_site(folder: Path) -> None:
    layouts = folder / "layouts" / "_default"
    layouts.mkdir(parents=True)
    (folder / "hugo.toml").write_text(CONFIG, "utf-8")
    (folder / "config.toml").write_text(CONFIG, "utf-8")  # the name older releases look for
    for name, text in LAYOUTS.items():
        (layouts / name).write_text(text, "utf-8")


def write_markdown(listing: Path, folder: Path) -> None:
    """A file for each item of a listing; run in a process of its own, because what it imports is heavy."""
    from naive import read

    folder.mkdir(parents=True, exist_ok=True)
    for item in read(listing):
        front = {"title": item.title, "date": item.day.date().isoformat(), "themes": item.themes}
        text = json.dumps(front | {"keywords": item.keywords}, ensure_ascii=False)
        (folder / f"{item.name}.md").write_text(text + "\n\n" + "\n\n".join(item.paragraphs) + "\n", "utf-8")


def compare(bench: Bench, site: Site, *, repeats: int) -> None:
    """A full build and then `repeats` times ten new items, Publisher and Hugo taking turns."""
    hugo_folder = site.folder / "hugo"
    markdown = [sys.executable, __file__, "--markdown", str(site.listing), str(hugo_folder / "content" / "items")]
    hugo = ["hugo", "--quiet", "--source", str(hugo_folder)]
    write_hugo_site(hugo_folder)
    site.show_all()
    subprocess.run(markdown, check=True)
    bench.measure(FULL, site.items, site.command("run"), expected=f"{site.items} added")
    bench.measure(HUGO_FULL, site.items, hugo)
    site.show(SHOWN)
    bench.run(site.command("run"))
    for _ in range(repeats):
        site.announce()
        site.show(SHOWN)
        subprocess.run(markdown, check=True)
        bench.measure(NEW, site.items, site.command("run"), expected=f"{NEWS} added")
        bench.measure(HUGO_NEW, site.items, hugo)


def report(bench: Bench) -> str:
    medians = {key: median(usage.cpu_s for usage in usages) for key, usages in bench.usages.items()}
    peaks = {key: max(usage.memory_mib for usage in usages) for key, usages in bench.usages.items()}
    sizes = sorted({items for _, items in medians})
    lines = [f"| case | {' | '.join(f'{size:,} items' for size in sizes)} |", f"| --- |{' ---: |' * len(sizes)}"]
    for case in (FULL, HUGO_FULL, NEW, HUGO_NEW):
        cells = [f"{medians[case, size]:.2f} s, {peaks[case, size]:.0f} MiB" for size in sizes]
        lines.append(f"| {case} | {' | '.join(cells)} |")
    for name, ours, theirs in (("full build", FULL, HUGO_FULL), ("10 new", NEW, HUGO_NEW)):
        cells = [f"{medians[ours, size] / medians[theirs, size]:.2f}" for size in sizes]
        lines.append(f"| {name}: Publisher to Hugo | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--markdown", type=Path, nargs=2, metavar=("LISTING", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.markdown:
        write_markdown(*options.markdown)
        return
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench({**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"})
        bench.run([*PUBLISHER, "--version"])
        for size in options.sizes:
            compare(bench, Site(Path(directory) / str(size), size), repeats=options.repeats)
    print(report(bench))


if __name__ == "__main__":
    main()
