"""What a further copy of a digest costs: as Publisher makes it, and inlined anew for every reader.

Publisher fills and inlines one page for an edition; every further copy is the same bytes read again. The others are
what a mailer does that inlines for each reader, with premailer, css-inline (PyPI) and juice (npm, found by NODE_PATH)
on the same page. Times on a shared machine say little; the ratios of one run, cases taking turns, say more.

    pip install css-inline; npm install --prefix /tmp/judges juice
    NODE_PATH=/tmp/judges/node_modules python benchmarks/digest.py --items 25
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from publisher.mail.message import digest_message
from publisher.model import Audience, DigestStyle, Edition, Item, Mailbox, Record, Site, State, Theme
from publisher.rendering.digest import Page, render
from publisher.rendering.templates import Templates, default_folders

SITE = Site(
    title="Example News",
    base_url="https://news.example.org/",
    language="en",
    timezone="Europe/Brussels",
    author=Mailbox(address="editor@example.org", name="The editor"),
)
AUDIENCE = Audience(
    name="weekly", title="Example News", themes=("*",), sender=SITE.author, to=Mailbox(address="list@example.org")
)
THEMES = tuple(Theme(slug=f"theme-{number}", title=f"Theme {number}") for number in range(5))
NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
TEXT = "A new report on this subject is out. It says what changed over the year, and what is planned for the next. "
JUICE = """
const juice = require('juice'), {readFileSync} = require('fs');
const html = readFileSync(process.argv[1], 'utf8'), times = [];
juice(html);
for (let turn = 0; turn < Number(process.argv[2]); turn++) {
  const start = process.hrtime.bigint();
  juice(html);
  times.push(Number(process.hrtime.bigint() - start) / 1e9);
}
console.log(JSON.stringify(times));
"""


def record(number: int) -> Record:
    day = date(2026, 1, 1) + timedelta(days=number)
    at = datetime(day.year, day.month, day.day, 11, tzinfo=UTC)
    return Record(
        number=number,
        source="news",
        uid=f"tag:news.example.org,2026:{number}",
        path=f"items/2026/item-{number}",
        item=Item(date=day, text=TEXT * 4, title=f"Item {number}", keywords=("report", "figures")),
        themes=(THEMES[number % len(THEMES)],),
        published=at,
        updated=at,
        added_seq=number,
        seq=number,
        revision=1,
        state=State.LISTED,
    )


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measured(cases: dict[str, Callable[[], object]], turns: int) -> dict[str, float]:
    """The median seconds of each, after a first turn that counts for none."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for turn in range(turns + 1):
        for name, work in cases.items():
            taken_s = seconds(work)
            if turn:
                times[name].append(taken_s)
    return {name: median(taken) for name, taken in times.items()}


def juice_s(page: Path, turns: int) -> float | None:
    """The median seconds of juice; None when it is not installed."""
    try:
        done = subprocess.run(["node", "--eval", JUICE, page, str(turns)], capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None
    return median(json.loads(done.stdout))


def naive(templates: Templates, edition: Edition) -> Callable[[], str]:
    from premailer import transform

    def work() -> str:
        page = page_of(templates, edition)
        return transform(page.fill("digest.html"), allow_network=False, disable_validation=True)

    return work


def page_of(templates: Templates, edition: Edition) -> Page:
    return Page(
        edition=edition,
        audience=AUDIENCE,
        site=SITE,
        templates=templates,
        style=DigestStyle(),
        shown=edition.records,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--items", type=int, default=25)
    parser.add_argument("--turns", type=int, default=20)
    options = parser.parse_args()

    templates = Templates(default_folders())
    records = tuple(record(number) for number in range(options.items, 0, -1))
    edition = Edition(audience="weekly", number=1, after=0, upto=options.items, composed_at=NOW, records=records)

    def first() -> bytes:
        digest = render(edition, audience=AUDIENCE, site=SITE, templates=templates, style=DigestStyle())
        return digest_message(digest, edition, audience=AUDIENCE, site=SITE)

    with tempfile.TemporaryDirectory() as folder:
        mail, page = Path(folder, "digest.eml"), Path(folder, "page.html")
        mail.write_bytes(first())
        page.write_text(page_of(templates, edition).fill("digest.html"), "utf-8")
        filled = page.read_text("utf-8")
        cases: dict[str, Callable[[], object]] = {
            "Publisher: the first copy, filled, inlined and encoded": first,
            "Publisher: a further copy": mail.read_bytes,
            "premailer: filled and inlined for each copy": naive(templates, edition),
        }
        try:
            import css_inline
        except ImportError:
            print("css-inline is not installed: left out", file=sys.stderr)
        else:
            cases["css-inline: inlined for each copy"] = lambda: css_inline.inline(
                filled, load_remote_stylesheets=False
            )
        found: dict[str, float | None] = {**measured(cases, options.turns)}
        found["juice: inlined for each copy"] = juice_s(page, options.turns)
        size = mail.stat().st_size

    further = found["Publisher: a further copy"] or 1
    print(f"{options.items} items, a mail of {size:,} bytes, medians of {options.turns}, {os.cpu_count()} cores")
    for name, taken_s in found.items():
        if taken_s is None:
            print("juice is not installed where NODE_PATH says: left out", file=sys.stderr)
        else:
            print(f"{name:<56} {taken_s * 1000:9.3f} ms {taken_s / further:9,.0f} x")


if __name__ == "__main__":
    main()
