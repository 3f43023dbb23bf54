"""Measures the cost of one more digest of the same news: joined from prepared parts, or inlined as a whole.

Publisher renders and inlines each item once for all digests that contain it. The benchmark makes the mails for all
choices among the themes of one edition, as audiences or subscribers may want them, and measures the way from the choice
to the inlined HTML. For comparison, premailer, css-inline (PyPI) and juice (npm, found by NODE_PATH) inline each mail
as a whole. They get pages rendered from the same prepared values; for juice, only the inlining is counted. CPU time is
measured, in turns, because a busy machine affects it least.

    pip install css-inline; npm install --prefix /tmp/judges juice
    NODE_PATH=/tmp/judges/node_modules python benchmarks/digest.py --items 25 --pixels
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import combinations
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pixels

from publisher.compose.digest import DigestPage, Renderer
from publisher.model.editions import Audience, Edition
from publisher.model.items import Item
from publisher.model.records import Record, State
from publisher.model.site import Mailbox, Site
from publisher.model.themes import Theme, ThemeChoice, ThemeMap
from publisher.rendering.template_files import TemplateFiles, shipped_templates
from publisher.rendering.templates import Templates
from tests.values import ANY_AUDIENCE, STYLE

SITE = Site(
    title="Example News",
    base_url="https://news.example.org/",
    language="en",
    timezone="Europe/Brussels",
    author=Mailbox(address="editor@example.org", name="The editor"),
)
AUDIENCE = replace(
    ANY_AUDIENCE,
    name="weekly",
    title="Example News",
    themes=ThemeChoice.of("*"),
    from_=SITE.author,
    to=Mailbox(address="list@example.org"),
)
THEMES = tuple(Theme(slug=f"theme-{number}", title=f"Theme {number}") for number in range(5))
THEME_MAP = ThemeMap(default=THEMES[0], themes=THEMES)
OURS = "joined by Publisher"
NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
TEXT = "A new report on this subject is out. It says what changed over the year, and what is planned for the next. "
JUICE = """
const juice = require('juice'), {readFileSync} = require('fs');
const pages = JSON.parse(readFileSync(process.argv[1], 'utf8')), times = [];
for (let turn = 0; turn <= Number(process.argv[2]); turn++) {
  const start = process.cpuUsage();
  for (const page of pages) juice(page);
  const {user, system} = process.cpuUsage(start);
  times.push((user + system) / 1e6 / pages.length);
}
console.log(JSON.stringify(times.slice(1)));
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


def choices(records: Sequence[Record]) -> list[tuple[Audience, Edition]]:
    """Return an audience for each choice among the themes, with the edition of these items that it gets."""
    chosen = [themes for most in range(1, len(THEMES) + 1) for themes in combinations(THEMES, most)]
    return [
        (
            replace(AUDIENCE, themes=ThemeChoice.of(*(theme.slug for theme in themes))),
            Edition(
                audience="weekly",
                number=1,
                after=0,
                upto=len(records),
                composed_at=NOW,
                records=tuple(record for record in records if record.themes[0] in themes),
            ),
        )
        for themes in chosen
    ]


def measured(cases: dict[str, Callable[[], object]], turns: int) -> dict[str, float]:
    """Return the median CPU seconds of each case. A first turn is not counted."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for turn in range(turns + 1):
        for name, work in cases.items():
            start = time.process_time()
            work()
            if turn:
                times[name].append(time.process_time() - start)
    return {name: median(taken) for name, taken in times.items()}


def juice_s(pages: Sequence[str], turns: int) -> float | None:
    """Return the median CPU seconds that juice takes for one page, or `None` if it is not installed."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(pages, file)
        file.flush()
        command = ["node", "--eval", JUICE, file.name, str(turns)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        except (FileNotFoundError, subprocess.CalledProcessError):
            return None
    return float(median(json.loads(done.stdout)))


def _inline_all(inlined: Callable[[str], str], filled: Callable[[], list[str]]) -> list[str]:
    return [inlined(each) for each in filled()]


def inliners() -> dict[str, Callable[[str], str]]:
    """Return the installed inliners besides Publisher's, by name."""
    from premailer import transform

    found: dict[str, Callable[[str], str]] = {
        "premailer": lambda page: transform(page, allow_network=False, disable_validation=True)
    }
    try:
        import css_inline
    except ImportError:
        print("css-inline is not installed: left out", file=sys.stderr)
    else:
        found["css-inline"] = lambda page: css_inline.inline(page, load_remote_stylesheets=False)
    return found


def looks(written: str, ours: str) -> dict[str, str]:
    """Return the page as each inliner leaves it, by the name of the inliner. Each inlines the page as it is, and once
    more with its own mark on the rules that must not be inlined.

    One result is the page without its style. It must look different, or else the comparison of pictures shows nothing.
    """
    found = {OURS: ours, "without any style": written.replace("<style", "<style media=print")}
    peers: dict[str, Callable[[str], str | None]] = {**inliners(), "juice": pixels.by_juice}
    for name, inlined in peers.items():
        told = (
            {f"{name}, told what to keep": written.replace(pixels.KEPT, pixels.TOLD[name])}
            if name in pixels.TOLD
            else {}
        )
        for case, page in {name: written, **told}.items():
            if (html := inlined(page)) is not None:
                found[case] = html
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--items", type=int, default=25)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--pixels", action="store_true", help="also: whether all look as the source does in Chromium")
    options = parser.parse_args()

    wanted = choices([record(number) for number in range(options.items, 0, -1)])
    renderer = Renderer(
        site=SITE,
        templates=Templates(TemplateFiles(shipped_templates())),
        style=STYLE,
        themes=THEME_MAP,
    )

    def page(audience: Audience, edition: Edition) -> DigestPage:
        return DigestPage(renderer, edition=edition, audience=audience, shown=edition.records)

    def filled() -> list[str]:
        return [page(*each).fill("digest.html") for each in wanted]

    def first() -> object:
        alone = Renderer(site=SITE, templates=renderer.templates, style=STYLE, themes=THEME_MAP)
        audience, edition = wanted[-1]
        return DigestPage(alone, edition=edition, audience=audience, shown=edition.records).html()

    cases: dict[str, Callable[[], object]] = {OURS: lambda: [page(*each).html() for each in wanted]}
    for name, inlined in inliners().items():
        cases[f"filled and inlined by {name}"] = partial(_inline_all, inlined, filled)
    found: dict[str, float | None] = {
        name: taken_s / len(wanted) for name, taken_s in measured(cases, options.turns).items()
    }
    found["inlined by juice, not filled"] = juice_s(filled(), options.turns)
    found["the first digest, nothing prepared"] = measured({"": first}, options.turns)[""]

    ours = found[OURS] or 1
    print(f"{options.items} items, {len(wanted)} choices, medians of {options.turns}, {os.cpu_count()} cores")
    for name, taken_s in found.items():
        if taken_s is None:
            print("juice is not installed where NODE_PATH says: left out", file=sys.stderr)
        else:
            print(f"{name:<36} {taken_s * 1000:9.3f} ms {taken_s / ours:9.1f} x")
    if options.pixels:
        whole = page(*wanted[-1])
        print(pixels.report(whole.fill("digest.html"), looks(whole.fill("digest.html"), whole.html().text)))


if __name__ == "__main__":
    main()
