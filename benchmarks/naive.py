"""A program that a user could write in an afternoon, for comparison: it reads, renders and writes everything on every
run.

It stores nothing: each digest contains the latest items again, ids depend on the words, and readers may get half a
file.
"""

import argparse
import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from dateutil import parser as dates
from feedgen.feed import FeedGenerator
from jinja2 import DictLoader, Environment
from premailer import transform

LIMIT = 50
ENGLISH = "jan feb mar apr may jun jul aug sep oct nov dec"
OTHER = (
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "januar februar märz april mai juni juli august september oktober november dezember",
)
MONTHS = {name: month for names in OTHER for name, month in zip(names.split(), ENGLISH.split(), strict=True)}
THEME_LABELS = ("Main Theme", "Thème principal", "Hoofdthema", "Hauptthema")
KEYWORD_LABELS = ("Keywords", "Mots-clés", "Trefwoorden", "Schlagwörter")
TEMPLATES = Environment(
    loader=DictLoader(
        {
            "item": "<!DOCTYPE html><html><head><meta charset=utf-8><title>{{ item.title }}</title></head><body>"
            "<h1>{{ item.title }}</h1><p>{{ item.day.strftime('%d %B %Y') }}</p>"
            "{% for p in item.paragraphs %}<p>{{ p }}</p>{% endfor %}"
            "<ul>{% for t in item.themes %}<li>{{ t }}</li>{% endfor %}</ul></body></html>",
            "digest": "<!DOCTYPE html><html><head><meta charset=utf-8><style>body { font: 16px sans-serif } "
            "h1 { color: #036 } h2 { font-size: 18px; margin: 24px 0 4px } p { margin: 0 0 12px }</style></head><body>"
            "<h1>Latest news</h1>{% for item in items %}<h2>{{ item.title }}</h2>"
            "{% for p in item.paragraphs %}<p>{{ p }}</p>{% endfor %}{% endfor %}</body></html>",
        }
    ),
    autoescape=True,
)


@dataclass
class NaiveItem:
    day: datetime
    paragraphs: list[str] = field(default_factory=list)
    themes: list[str] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        return self.paragraphs[0].partition(".")[0]

    @property
    def name(self) -> str:
        return hashlib.sha256("".join(self.paragraphs).encode()).hexdigest()[:16]


def read(path: Path) -> list[NaiveItem]:
    items: list[NaiveItem] = []
    for line in path.read_text("utf-8").splitlines():
        words = line.split()
        if len(words) == 3 and words[0].isdigit() and words[2].isdigit():
            month = MONTHS.get(words[1].lower(), words[1])
            items.append(NaiveItem(dates.parse(f"{words[0]} {month} {words[2]} 12:00 +0100")))
        elif line.startswith(THEME_LABELS):
            items[-1].themes = [theme.strip() for theme in line.partition(":")[2].split(",")]
        elif line.startswith(KEYWORD_LABELS):
            items[-1].keywords = [keyword.strip() for keyword in line.partition(":")[2].split(",")]
        elif line:
            items[-1].paragraphs.append(line)
    return items


def write_feeds(folder: Path, theme: str, items: list[NaiveItem]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    feed = FeedGenerator()
    feed.id(f"https://news.example.org/{folder.name}/")
    feed.title(theme)
    feed.description(theme)
    feed.link(href=f"https://news.example.org/{folder.name}/")
    feed.updated(max(item.day for item in items))
    for item in items[:LIMIT]:
        entry = feed.add_entry(order="append")
        entry.id(f"https://news.example.org/items/{item.name}.html")
        entry.link(href=f"https://news.example.org/items/{item.name}.html")
        entry.title(item.title)
        entry.content("".join(f"<p>{paragraph}</p>" for paragraph in item.paragraphs), type="html")
        entry.published(item.day)
        entry.updated(item.day)
        entry.category([{"term": term} for term in (*item.themes, *item.keywords)])
    feed.rss_file(str(folder / "rss.xml"))
    feed.atom_file(str(folder / "atom.xml"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("listing", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--pages", action="store_true", help="a page for each item as well")
    arguments = parser.parse_args()
    items = read(arguments.listing)
    by_theme: dict[str, list[NaiveItem]] = defaultdict(list)
    for item in items:
        for theme in item.themes or ["General"]:
            by_theme[theme].append(item)
    for theme, of_theme in by_theme.items():
        write_feeds(arguments.output / hashlib.sha256(theme.encode()).hexdigest()[:8], theme, of_theme)
    write_feeds(arguments.output / "all", "All news", items)
    digest = transform(TEMPLATES.get_template("digest").render(items=items[:20]))
    (arguments.output / "digest.html").write_text(digest, encoding="utf-8")
    if arguments.pages:
        pages = arguments.output / "items"
        pages.mkdir(exist_ok=True)
        for item in items:
            (pages / f"{item.name}.html").write_text(TEMPLATES.get_template("item").render(item=item), "utf-8")


if __name__ == "__main__":
    main()
