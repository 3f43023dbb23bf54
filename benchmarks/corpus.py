"""A site of any size, the same on every machine: listings of N items, and the config.toml that reads them.

Item 0 is the newest item of a new site. Items 1, 2, 3 … are older, and items -1, -2, -3 … are news that come later. The
text of an item depends on its number alone, so the newest thousand items of a hundred thousand are the same as those of
any other size. There are ten items a day at every size: a larger site is an older site, not a busier one.
"""

import argparse
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

ITEMS_A_DAY = 10
NEWEST_DAY = date(2026, 6, 30)
NOW = "2026-11-23T08:00"
"""A time later than every item, for `--now`."""
FIRST_EDITION = 20
"""How many items the first edition of the site's only audience has."""

THEMES = (
    ("Asylum & Protection", "Asile & protection"),
    ("Borders & Visa", "Frontières & visas"),
    ("Children", "Mineurs"),
    ("Citizenship", "Nationalité"),
    ("Climate", "Climat"),
    ("Cross-sectional", "Transversal"),
    ("Data", "Données"),
    ("Digital tools", "Outils numériques"),
    ("Education", "Enseignement"),
    ("Employment", "Emploi"),
    ("Family reunification", "Regroupement familial"),
    ("Public health", "Santé publique"),
    ("Housing", "Logement"),
    ("Integration", "Intégration"),
    ("Irregular stay", "Séjour irrégulier"),
    ("Legal migration", "Migration légale"),
    ("Resettlement", "Réinstallation"),
    ("Return", "Retour"),
    ("Study § Training", "Études § formation"),
    ("Trafficking", "Traite des êtres humains"),
)
"""The English and French labels of the twenty themes."""

_KINDS = "annual common digital early free joint legal local médias national"
_SUBJECTS = (
    "access appeal archive arrival border camp care carrier child city claim consent court data decision delay demand "
    "detention document education employer entry family figure flight forum frontier fund glossary guardian health "
    "hearing help home hotspot housing inform interview journey labour language law link list map measure minor needs "
    "network notice"
)
KEYWORDS = tuple(f"{kind} {subject}" for kind in _KINDS.split() for subject in _SUBJECTS.split())
"""Five hundred keywords."""

_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
}
_LABELS = {
    "en": ("Main Theme: ", "Keywords: "),
    "fr": ("Thème principal : ", "Mots-clés : "),
    "nl": ("Hoofdthema: ", "Trefwoorden: "),
    "de": ("Hauptthema: ", "Schlagwörter: "),
}
_WORDS = {
    "en": "the a new report study number of people who asked for protection rose fell stayed and was seen in cities "
    "towns schools offices courts while experts members partners “readers” will find figures rules answers tools on "
    "page 12 this year last spring with from about between every",
    "fr": "le la une nouvelle étude rapport sur l’accueil des personnes qui ont demandé protection a été publiée et "
    "montre comment les villes écoles tribunaux bureaux répondent aux besoins pendant l’été dernier avec chiffres "
    "règles outils réponses «\u00a0lecteurs\u00a0» entre chaque année",
    "nl": "het de een nieuw verslag studie over opvang van mensen die bescherming vroegen werd gepubliceerd en toont "
    "hoe steden scholen rechtbanken kantoren antwoorden op noden tijdens vorige zomer met cijfers regels middelen "
    "vragen lezers tussen elk jaar één coördinatie",
    "de": "der die das ein neuer Bericht Studie über Aufnahme von Menschen welche Schutz suchten wurde veröffentlicht "
    "und zeigt wie Städte Schulen Gerichte Ämter auf Bedürfnisse antworten während letzter Sommer mit Zahlen Regeln "
    "Mitteln Fragen Leser zwischen jedem Jahr größere",
}
_SPOKEN = {language: words.split() for language, words in _WORDS.items()}
_TURNS = ("en", "fr", "en", "nl", "en", "de", "en", "nl", "en", "fr")
"""The languages of ten items in a row."""


def write_listing(path: Path, *, newest: int, count: int) -> None:
    """Write a listing of `count` items, newest first, which begins with item `newest`."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{text}\n\n" for text in listing(newest=newest, count=count))


def listing(*, newest: int, count: int) -> Iterator[str]:
    """Yield the text of items in a listing, which begins with item `newest`."""
    return map(_item, range(newest, newest + count))


def write_site(folder: Path) -> Path:
    """Write a config.toml that reads `news.txt` beside it; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.toml"
    path.write_text(_CONFIG + "".join(_theme_table(*titles) for titles in THEMES), encoding="utf-8")
    return path


def _item(number: int) -> str:
    random = Random(number)
    language = _TURNS[number % len(_TURNS)]
    day = NEWEST_DAY - timedelta(days=number // ITEMS_A_DAY)
    texts = (_paragraph(random, language) for _ in range(random.choice((1, 1, 2, 3))))
    lines = [_date_line(day, language), *texts]
    theme_label, keyword_label = _LABELS[language]
    rows = []
    if labels := _theme_labels(number, is_french=language == "fr"):
        rows.append(theme_label + ", ".join(labels))
    if number % 5 < 2:
        rows.append(keyword_label + ", ".join(random.sample(KEYWORDS, 3)))
    return "\n\n".join(lines) + "".join(f"\n{row}" for row in rows)


def _theme_labels(number: int, *, is_french: bool) -> list[str]:
    """Return the labels of an item. Ten items in a row have ten different themes; one in 21 has none, and one in ten
    has two.
    """
    place = number % (len(THEMES) + 1)
    if place == len(THEMES):
        return []
    places = [place, (place + 7) % len(THEMES)] if number % 10 == 3 else [place]
    return [THEMES[one][is_french] for one in places]


def _date_line(day: date, language: str) -> str:
    return f"{day.day} {_MONTHS[language].split()[day.month - 1]} {day.year}"


def _paragraph(random: Random, language: str) -> str:
    sentences = (random.choices(_SPOKEN[language], k=random.randint(8, 16)) for _ in range(random.randint(1, 3)))
    texts = (" ".join(words) for words in sentences)
    return " ".join(f"{text[0].upper()}{text[1:]}." for text in texts)


def _theme_table(english: str, french: str) -> str:
    slug = "-".join(filter(None, ("".join(filter(str.isascii, filter(str.isalpha, w))) for w in english.split())))
    return f'\n[themes.{slug.lower()}]\ntitle = "{english}"\nlabels = ["{french}"]\n'


_CONFIG = f"""[site]
title = "Benchmark news"
base_url = "https://news.example.org/"
language = "en"
timezone = "Europe/Brussels"
author = {{ name = "Benchmark", email = "news@example.org" }}

[store]
url = "sqlite:///publisher.db"

[[sources]]
name = "news"
kind = "listing"
path = "news.txt"

[[audiences]]
name = "weekly"
to = "news@lists.example.org"
schedule = "0 8 * * MON"
first = "latest {FIRST_EDITION}"
"""


def main() -> None:
    """Write a site to look at."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("directory", type=Path, help="where config.toml and news.txt go")
    parser.add_argument("items", type=int)
    arguments = parser.parse_args()
    write_site(arguments.directory)
    write_listing(arguments.directory / "news.txt", newest=0, count=arguments.items)


if __name__ == "__main__":
    main()
