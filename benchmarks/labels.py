"""Measures the cost of labels: a first reading with many labels, twenty per item, and the feeds and pages of all
labels.

    python benchmarks/labels.py [--labels 1600 6400 25600]

Each step is a separate process: its CPU time includes the start of Python, and its memory is its own. A hundred
thousand labels make half a million files, and take 6 minutes of CPU time.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ON_AN_ITEM = 20
CONFIG = """
[site]
title = "News"
base_url = "https://news.example.org/"
language = "en"
timezone = "Europe/Brussels"
author = { name = "Ada", email = "ada@example.org" }

[[sources]]
name = "news"
path = "news.txt"
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=int, nargs="+", default=[1_600, 6_400, 25_600])
    print("| labels | collect, CPU | publish, CPU | publish, CPU of a label | peak memory |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    for labels in parser.parse_args().labels:
        with tempfile.TemporaryDirectory() as folder:
            write_site(Path(folder), labels)
            collect_s, _ = measured(Path(folder), "collect")
            publish_s, memory_kib = measured(Path(folder), "publish")
        each_ms = 1000 * publish_s / labels
        print(f"| {labels:,} | {collect_s:.1f} s | {publish_s:.1f} s | {each_ms:.1f} ms | {memory_kib >> 10} MiB |")


def write_site(folder: Path, labels: int) -> None:
    (folder / "config.toml").write_text(CONFIG, "utf-8")
    with (folder / "news.txt").open("w", encoding="utf-8") as file:
        for start in range(0, labels, ON_AN_ITEM):
            themes = ", ".join(f"Label number {number}" for number in range(start, min(labels, start + ON_AN_ITEM)))
            file.write(f"1 March 2026\n\nItem with the labels from {start} on.\nMain Theme: {themes}\n\n")


def measured(folder: Path, verb: str) -> tuple[float, int]:
    """Run a command; return its CPU time in seconds, and its peak memory in KiB."""
    command = [sys.executable, "-m", "publisher", verb, "--config", str(folder / "config.toml")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime, used.ru_maxrss


if __name__ == "__main__":
    main()
