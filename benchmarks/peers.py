"""Measures Publisher and programs that a user might choose instead, with the same items, in one run.

Hugo makes a page for each item and an RSS feed for each theme and keyword, from markdown. `naive.py` is a program that
takes an afternoon to write. Neither of them remembers the last build: every build renders everything. The cost of
writing the markdown is not counted.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from run import NEWS, ROOT, SHOWN, Bench, Site, installed, warm_up

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
AS_HUGO = '\n[feeds]\nformats = ["rss"]\n'
"""The setting with which Publisher writes only Hugo's feed format. Archives, numbered pages and the digest are written
as usual.
"""


@dataclass(frozen=True, slots=True)
class Peer:
    """A way to make a site from a listing."""

    name: str
    command: Sequence[str]
    public: Path
    """The folder with the files that are made."""
    show: Callable[[int], None]
    """Lets the program see so many items, newest first. It may have seen more before."""
    announce: Callable[[], None]
    """Lets there be news, which the next `show` includes."""
    keeps: bool
    """Whether the program remembers items that it was shown, so that later only the newest must be shown."""


def publisher(name: str, folder: Path, items: int, config: str = "") -> Peer:
    site = Site(folder, items)
    with (folder / "config.toml").open("a", encoding="utf-8") as file:
        file.write(config)
    return Peer(name, site.command("run"), folder / "feeds", site.show, site.announce, keeps=True)


def naive(folder: Path, items: int) -> Peer:
    site, script = Site(folder, items), str(ROOT / "benchmarks" / "naive.py")
    command = [sys.executable, script, str(site.listing), str(folder / "public"), "--pages"]
    return Peer("naive script", command, folder / "public", site.show, site.announce, keeps=False)


def hugo(folder: Path, items: int) -> Peer:
    site, content = Site(folder / "listing", items), folder / "content" / "items"
    write_hugo_site(folder)

    def show(count: int) -> None:
        site.show(count)
        subprocess.run([sys.executable, __file__, "--markdown", str(site.listing), str(content)], check=True)

    command = ["hugo", "--quiet", "--source", str(folder)]
    return Peer("Hugo", command, folder / "public", show, site.announce, keeps=True)


def write_hugo_site(folder: Path) -> None:
    layouts = folder / "layouts" / "_default"
    layouts.mkdir(parents=True)
    (folder / "hugo.toml").write_text(CONFIG, "utf-8")
    (folder / "config.toml").write_text(CONFIG, "utf-8")  # the name older releases look for
    for name, text in LAYOUTS.items():
        (layouts / name).write_text(text, "utf-8")


def write_markdown(listing: Path, folder: Path) -> None:
    """Write a file for each item of a listing. Call this in a separate process, because the imports take
    much memory.
    """
    from naive import read

    folder.mkdir(parents=True, exist_ok=True)
    for item in read(listing):
        front = {"title": item.title, "date": item.day.date().isoformat(), "themes": item.themes}
        text = json.dumps(front | {"keywords": item.keywords}, ensure_ascii=False)
        (folder / f"{item.name}.md").write_text(text + "\n\n" + "\n\n".join(item.paragraphs) + "\n", "utf-8")


def compare(bench: Bench, peers: Sequence[Peer], items: int, *, repeats: int) -> dict[str, tuple[int, int]]:
    """Measure a full build by each program, and then `repeats` times ten new items, in turns. Return the number and
    size of the files that each wrote, by its name.
    """
    for peer in peers:
        peer.show(items)
        bench.measure(f"{peer.name}: full build", items, peer.command)
    written = {peer.name: measured(peer.public) for peer in peers}
    for peer in peers:
        if peer.keeps:
            peer.show(min(SHOWN, items))
            bench.run(peer.command)  # a listing that shows less is noted once
    for turn in range(repeats):
        for peer in peers:
            peer.announce()
            peer.show(min(SHOWN, items) if peer.keeps else items + NEWS * (turn + 1))
            bench.measure(f"{peer.name}: 10 new", items, peer.command)
    return written


def measured(folder: Path) -> tuple[int, int]:
    """Return how many files are below a folder, and their total size in bytes."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return len(sizes), sum(sizes)


def report(bench: Bench, names: Sequence[str], written: dict[int, dict[str, tuple[int, int]]]) -> str:
    cpu_s = {key: median(usage.cpu_s for usage in usages) for key, usages in bench.usages.items()}
    peaks = {key: max(usage.memory_mib for usage in usages) for key, usages in bench.usages.items()}
    lines = [f"| case | {' | '.join(f'{size:,} items' for size in written)} |", f"| --- |{' ---: |' * len(written)}"]
    for what in ("full build", "10 new"):
        for name in names:
            case = f"{name}: {what}"
            cells = [f"{cpu_s[case, size]:.2f} s, {peaks[case, size]:.0f} MiB" for size in written]
            lines.append(f"| {case} | {' | '.join(cells)} |")
        for name in names[1:]:
            cells = [f"{cpu_s[f'{names[0]}: {what}', size] / cpu_s[f'{name}: {what}', size]:.2f}" for size in written]
            lines.append(f"| {what}: {names[0]} to {name} | {' | '.join(cells)} |")
    for name in names:
        cells = [
            f"{files:,} files, {size_bytes / 1e6:,.0f} MB"
            for files, size_bytes in (of_size[name] for of_size in written.values())
        ]
        lines.append(f"| {name} writes | {' | '.join(cells)} |")
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
    written: dict[int, dict[str, tuple[int, int]]] = {}
    names: list[str] = []
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench({**installed(Path(directory)), "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"})
        warm_up(bench, Path(directory))
        for size in options.sizes:
            folder = Path(directory) / str(size)
            peers = [
                publisher("Publisher", folder / "publisher", size),
                publisher("Publisher, RSS alone", folder / "rss", size, AS_HUGO),
                hugo(folder / "hugo", size),
                naive(folder / "naive", size),
            ]
            names = [peer.name for peer in peers]
            written[size] = compare(bench, peers, size, repeats=options.repeats)
    print(report(bench, names, written))


if __name__ == "__main__":
    main()
