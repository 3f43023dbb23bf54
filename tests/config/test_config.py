"""config.toml: its values, and all mistakes reported at once."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.collect.sources.base import SourceSite
from publisher.config.config import Config
from publisher.config.service import ServiceSettings
from publisher.config.site import BASE_URL, TIMEZONE
from publisher.config.store import StoreSettings
from publisher.config.values import DATABASE
from publisher.model.editions import Audience, DigestStyle
from publisher.model.errors import ConfigError
from publisher.model.feeds import FeedSettings
from publisher.model.schedules import Schedule
from publisher.model.site import Mailbox, Site
from publisher.model.slugs import RESERVED_SLUGS, fold_label
from publisher.model.themes import Theme, ThemeChoice, ThemeMap

SHIPPED = Path(__file__).resolve().parents[2] / "config.toml"
TABLES = (
    "site, store, sources, themes, feeds, audiences, digest, fetching, outbox, smtp, bounces, subscribers, desk, "
    "notices, templates or service"
)
SMALLEST = """
[site]
title = "News"
base_url = "https://news.example.org"
language = "en"
timezone = "Europe/Brussels"
author = { name = "Ada", email = "ada@example.org" }

[[sources]]
name = "news"
path = "content/news.txt"
"""
TWICE = "put its keys below the first one"
NO_TOML = "this is not TOML: "
AUDIENCE = '[[audiences]]\nname = "weekly"\nto = "list@example.org"\n'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    return folder


def load(site: Path, text: str | bytes, **environ: str) -> Config:
    path = site / "config.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return Config.load(path, environ=environ)


def problems(site: Path, text: str | bytes, **environ: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(site, text, **environ)
    assert str(site / "config.toml") == caught.value.path
    return list(caught.value.problems)


def with_site(line: str) -> str:
    """Return the smallest configuration with one key of [site] replaced."""
    key = line.partition(" ")[0]
    return re.sub(rf"(?m)^{key} = .*$", lambda _: line, SMALLEST, count=1)


# --- values ----------------------------------------------------------------------------------------------------------


def test_the_smallest_configuration_and_every_default(site: Path) -> None:
    config = load(site, SMALLEST)

    assert site / "config.toml" == config.path
    assert config.site == Site(
        title="News",
        base_url="https://news.example.org/",
        language="en",
        timezone="Europe/Brussels",
        author=Mailbox(name="Ada", address="ada@example.org"),
        languages=("en", "fr", "nl", "de"),
    )
    assert StoreSettings(url=f"sqlite:///{site}/publisher.db") == config.store
    assert [("news", "listing", {"path": site / "content/news.txt", "complete": False})] == [
        (source.name, source.kind, dict(source.options)) for source in config.sources
    ]
    assert ThemeMap(default=Theme(slug="general", title="General"), by_label=(("general", "general"),)) == config.themes
    assert FeedSettings(formats=("rss", "atom", "json"), limit=50, keywords_from=3, languages=True) == config.feeds
    assert () == config.audiences
    assert [site / "feeds", site / "outbox", site / "templates"] == [
        config.feeds_directory,
        config.outbox_directory,
        config.templates_directory,
    ]
    assert ServiceSettings(collect_every=timedelta(minutes=15)) == config.service


def test_the_smallest_audience(site: Path) -> None:
    assert (
        Audience(
            name="weekly",
            title="News",
            themes=ThemeChoice.of("*"),
            from_=Mailbox(name="Ada", address="ada@example.org"),
            to=Mailbox(address="list@example.org"),
            languages=("*",),
            archive=True,
            content="summary",
            order="newest",
            keywords=False,
            pictures=False,
            overflow="web",
            min_items=1,
            on_silence="send",
        ),
    ) == load(site, SMALLEST + AUDIENCE).audiences


def test_an_audience_with_everything(site: Path) -> None:
    audience = """
        title = "The week"
        themes = ["borders-visa", "migration", "migration"]
        schedule = "0 8 * * MON"
        from = '"Ada, of London" <ada@example.org>'
        reply_to = "desk@example.org"
        pictures = true
        first = "latest 10"
        unsubscribe_url = "https://lists.example.org/leave?list=news"
        unsubscribe_mailto = "leave@example.org"
        postal_address = "1 Example Street\\nBrussels"
    """

    assert (
        Audience(
            name="weekly",
            title="The week",
            themes=ThemeChoice.of("borders-visa", "migration"),
            from_=Mailbox(name="Ada, of London", address="ada@example.org"),
            to=Mailbox(address="list@example.org"),
            reply_to=Mailbox(address="desk@example.org"),
            pictures=True,
            schedule=Schedule("0 8 * * MON", "Europe/Brussels"),
            first=10,
            unsubscribe_url="https://lists.example.org/leave?list=news",
            unsubscribe_mailto="leave@example.org",
            postal_address="1 Example Street\nBrussels",
            languages=("*",),
            archive=True,
            content="summary",
            order="newest",
            keywords=False,
            overflow="web",
            min_items=1,
            on_silence="send",
        ),
    ) == load(site, SMALLEST + AUDIENCE + audience).audiences


RENAMED = """
    [themes.quays]
    title = "Quays"
    was = ["ferries", "boats"]
"""


def test_a_former_slug_of_a_theme_still_means_the_theme(site: Path) -> None:
    choice = '[[feeds.combined]]\nname = "choice"\ntitle = "Choice"\nthemes = ["boats"]\n'

    config = load(site, f'{SMALLEST}{RENAMED}{choice}{AUDIENCE}themes = ["people", "ferries"]\n')

    assert (("ferries", "quays"), ("boats", "quays")) == config.themes.was
    assert ThemeChoice.of("quays") == config.feeds.combined[0].themes
    assert ThemeChoice.of("people", "quays", "ferries", "boats") == config.audiences[0].themes


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('[themes.boats]\ntitle = "Boats"', "themes.quays.was: 'boats' is themes.boats now, and cannot lead elsewhere"),
        ('[themes.default]\nslug = "boats"', "themes.quays.was: 'boats' is themes.default now, and cannot lead"),
        (
            '[themes.docks]\ntitle = "Docks"\nwas = ["boats"]',
            "themes.docks.was: 'boats' is in themes.quays.was as well; its address can lead to one theme only",
        ),
        (
            '[[feeds.combined]]\nname = "boats"\ntitle = "B"\nlanguages = ["fr"]',
            "themes.quays.was: 'boats' is a combined feed now, and cannot lead elsewhere",
        ),
        ('[themes.docks]\ntitle = "Docks"\nwas = ["../etc"]', "themes.docks.was.1: expected a name of lower-case"),
    ],
)
def test_a_former_name_that_is_in_use_is_refused(site: Path, lines: str, problem: str) -> None:
    found = problems(site, f"{SMALLEST}{RENAMED}{lines}\n")

    assert found[0].startswith(problem), found


def test_how_much_of_what_an_audience_gets_and_in_which_languages(site: Path) -> None:
    lines = """
        language = "fr-BE"
        languages = ["fr", "*", "fr"]
        content = "full"
        keywords = false
        overflow = "next"
        min_items = 3
        max_items = 3
    """

    (audience,) = load(site, SMALLEST + AUDIENCE + lines).audiences

    assert ("fr-BE", ("fr", "*"), "full", False) == (
        audience.language,
        audience.languages,
        audience.content,
        audience.keywords,
    )
    assert ("next", 3, 3) == (audience.overflow, audience.min_items, audience.max_items)


def test_how_every_digest_looks(site: Path) -> None:
    style = """
        [digest]
        accent = "#AA2200"
        logo = "assets/logo.png"
        logo_width = 200
        width = 640
        fonts = ["Verdana", "sans-serif"]
    """

    usual = DigestStyle(
        accent="#0a4f8f",
        accent_dark="#8cc0f5",
        logo_alt="News",
        logo_width=160,
        width=600,
        fonts=("Helvetica Neue", "Helvetica", "Arial", "sans-serif"),
        heading_fonts=("Georgia", "Times New Roman", "serif"),
    )
    assert usual == load(site, SMALLEST).digest
    expected = replace(
        usual,
        accent="#aa2200",
        accent_dark="#ff987e",
        logo="assets/logo.png",
        logo_alt="News",
        logo_width=200,
        width=640,
        fonts=("Verdana", "sans-serif"),
    )
    assert expected == load(site, SMALLEST + style).digest


@pytest.mark.parametrize(
    ("key", "page", "colour"), [("accent", "#ffffff", "#3399FF"), ("accent_dark", "#14181d", "#0a4f8f")]
)
def test_an_accent_nobody_could_read_is_refused_with_one_that_can_be(
    site: Path, key: str, page: str, colour: str
) -> None:
    (problem,) = problems(site, f'{SMALLEST}\n[digest]\n{key} = "{colour}"\n')

    assert re.match(rf"digest.{key}: {colour.lower()} cannot be read on {page}: their contrast is \d\.\d\d,", problem)
    suggested = problem.rpartition(" ")[2]
    assert suggested == getattr(load(site, f'{SMALLEST}\n[digest]\n{key} = "{suggested}"\n').digest, key)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('accent = "blue"', "accent: expected a colour such as #0a4f8f, readable on #ffffff, got 'blue'"),
        ('logo = "https://cdn.example/logo.png"', "logo: expected a .png, .jpg or .gif below site.base_url such as"),
        ('logo = "../logo.png"', "logo: expected a .png"),
        ('logo = "logo.svg"', "logo: expected a .png"),
        ("width = 900", "width: expected a number from 480 to 700, got 900"),
        ('fonts = ["Verdana"]', "fonts: expected the last font to be one that every reader has: serif, sans-serif or"),
        ('fonts = ["x;}</style>", "serif"]', "fonts.1: expected the name of a font"),
    ],
)
def test_a_wrong_value_of_the_digest(site: Path, line: str, problem: str) -> None:
    (found,) = problems(site, f"{SMALLEST}\n[digest]\n{line}\n")

    assert found.startswith(f"digest.{problem}")


@pytest.mark.parametrize(("first", "expected"), [("all", None), ("none", 0), ("latest 1", 1), ("latest 250", 250)])
def test_what_a_first_edition_holds(site: Path, first: str, expected: int | None) -> None:
    assert expected == load(site, f'{SMALLEST}{AUDIENCE}first = "{first}"').audiences[0].first


def test_a_theme_is_meant_by_its_title_and_its_labels(site: Path) -> None:
    themes = """
        [themes]
        default = { slug = "other", title = "Other" }
        [themes.borders-visa]
        title = "Borders & Visa"
        labels = ["Frontières et visas", "BORDERS  &  VISA"]
    """

    themes_map = load(site, SMALLEST + themes).themes

    assert Theme(slug="other", title="Other") == themes_map.default
    assert (Theme(slug="borders-visa", title="Borders & Visa"),) == themes_map.themes
    assert {
        fold_label("other"): "other",
        fold_label("borders & visa"): "borders-visa",
        fold_label("frontières et visas"): "borders-visa",
    } == dict(themes_map.by_label)


def test_how_much_of_a_text_feeds_have(site: Path) -> None:
    lines = """
        [feeds]
        content = "summary"
        [[feeds.combined]]
        name = "choice"
        title = "A choice"
        themes = ["a"]
        content = "full"
        [themes.default]
        slug = "rest"
        content = "summary"
        [themes.a]
        title = "A"
        content = "full"
        [themes.b]
        title = "B"
        """
    feeds = load(site, SMALLEST + lines).feeds

    assert "summary" == feeds.content
    assert {"rest": "summary", "a": "full", "combined/choice": "full"} == dict(feeds.contents)


@pytest.mark.parametrize(
    ("language", "title"), [("fr-BE", "Divers"), ("nl", "Algemeen"), ("DE", "Allgemeines"), ("es", "General")]
)
def test_the_theme_of_items_without_one_is_called_in_the_sites_language(site: Path, language: str, title: str) -> None:
    text = with_site(f'language = "{language}"')

    assert title == load(site, text).themes.default.title
    assert "Other" == load(site, text + '[themes.default]\ntitle = "Other"\n').themes.default.title
    assert ((title.lower(), "general"),) == load(site, text).themes.by_label


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///data/news.db", "sqlite:///{site}/data/news.db"),
        ("sqlite:///../news.db?timeout=5", "sqlite:///{site.parent}/news.db?timeout=5"),
        ("sqlite:////var/lib/news.db", "sqlite:////var/lib/news.db"),
        ("sqlite://", "sqlite://"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql+psycopg://news@db.example.org/news", "postgresql+psycopg://news@db.example.org/news"),
        ("postgresql://news@db.example.org/news", "postgresql+psycopg://news@db.example.org/news"),
    ],
)
def test_the_url_of_a_store_is_whole(site: Path, url: str, expected: str) -> None:
    assert expected.format(site=site) == load(site, f'{SMALLEST}[store]\nurl = "{url}"').store.url


def test_a_store_in_the_environment(site: Path) -> None:
    text = SMALLEST + '[store]\nurl = "env:NEWS_STORE"'

    assert "postgresql+psycopg://a:b@c/d" == load(site, text, NEWS_STORE="postgresql+psycopg://a:b@c/d").store.url
    assert f"sqlite:///{site}/x.db" == load(site, text, NEWS_STORE="sqlite:///x.db").store.url
    assert ["store.url: the environment variable NEWS_STORE is not set"] == problems(site, text)
    assert [f"store.url: expected {DATABASE} in the environment variable NEWS_STORE"] == problems(
        site, text, NEWS_STORE="mysql://a:secret@c/d"
    )


def test_paths_do_not_depend_on_where_a_command_starts(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = load(site, SMALLEST)
    monkeypatch.chdir(site)

    assert expected == Config.load(Path("config.toml"), environ={})


def test_a_byte_order_mark_and_windows_line_ends_are_no_problem(site: Path) -> None:
    expected = load(site, SMALLEST)

    assert expected == load(site, b"\xef\xbb\xbf" + SMALLEST.replace("\n", "\r\n").encode())


# --- mistakes --------------------------------------------------------------------------------------------------------


def test_all_problems_are_reported_together(site: Path) -> None:
    text = """
        colour = "red"
        [site]
        titel = "News"
        base_url = "news.example.org"
        language = "english!"
        timezone = "europe/brussel"
        author = { name = "Ada" }
        [feeds]
        formats = ["rss", "atm"]
        limit = "50"
        [[audiences]]
        name = "weekly"
        schedule = "0 25 * * *"
        [audience]
    """

    assert [
        "site.title: expected a text on one line, but it is missing",
        f"site.base_url: expected {BASE_URL.expected}, got 'news.example.org'; did you mean https://news.example.org?",
        "site.language: expected a language tag such as en or fr-BE, got 'english!'",
        f"site.timezone: expected {TIMEZONE.expected}, got 'europe/brussel'; did you mean Europe/Brussels?",
        "site.author.email: expected a mail address such as news@example.org, but it is missing",
        "site.titel: no such key; did you mean title?",
        "feeds.formats.2: expected 'rss', 'atom' or 'json', got 'atm'; did you mean atom?",
        "feeds.limit: expected a number from 1 to 1000, got '50'; write 50, without quotes",
        "audiences.weekly.schedule: hour: expected 0-23, got '25'",
        "audiences.weekly.to: expected a mail address such as Name <news@example.org>, but it is missing",
        f"colour: no such key; expected {TABLES}",
        "audience: no such key; did you mean audiences?",
        "sources: expected at least one table begun with [[sources]]",
    ] == problems(site, text)


def test_wrong_combinations_and_wrong_values_are_reported_together(site: Path) -> None:
    text = f"""{SMALLEST}
        [[sources]]
        name = "news"
        kind = "feed"
        url = 5
        [[sources]]
        kind = "feed"
        [[sources]]
        path = "no-name.txt"
        [[audiences]]
        min_items = 3
        max_items = 2
        language = "?"
        [themes.visas]
        title = "General"
        words = "visa"
        [[feeds.combined]]
        name = "all-of-it"
        title = "All"
        [outbox]
        directory = "feeds/outbox"
    """

    missing_name = "a name of lower-case letters, digits and single hyphens, at most 60, but it is missing"
    choices = "themes, keywords or languages, or several of them; the feed of all items is there"
    assert [
        "sources.news.url: expected an absolute http or https address in ASCII or env:VARIABLE, got 5",
        f"sources.3.name: expected {missing_name}",
        f"sources.4.name: expected {missing_name}",
        "themes.visas.words: expected a list of labels, each a text on one line, got 'visa'; write [\"visa\"]",
        f"audiences.1.name: expected {missing_name}",
        "audiences.1.to: expected a mail address such as Name <news@example.org>, but it is missing",
        "audiences.1.language: expected a language tag such as en or fr-BE, got '?'",
        "sources.news.name: expected a name of its own, but 2 have this one",
        "sources.3: expected one of url and path, got 0 of them",
        f"feeds.combined.all-of-it: expected {choices}",
        "audiences.1.min_items: expected at most the 2 of max_items, got 3; no edition could have both",
        "themes.visas: the label 'General' already means themes.default",
        "feeds.directory: expected a folder of its own, because all in it is public; outbox.directory lies inside",
    ] == problems(site, text)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("title = 5", "site.title: expected a text on one line, got 5"),
        ("title = true", "site.title: expected a text on one line, got true"),
        ("title = ''", "site.title: expected a text on one line, but it is empty"),
        (r'title = "a\nb"', r"site.title: expected a text on one line, got 'a\nb'"),
        ("title = 2022-02-10", "site.title: expected a text on one line, got a date"),
        (
            "author = 'Ada'",
            'site.author: expected a table, got \'Ada\'; write { name = "EMN Belgium", email = "news@example.org" }',
        ),
        ("timezone = 'Europe'", "site.timezone: expected an IANA time zone such as Europe/Brussels, got 'Europe'"),
    ],
)
def test_a_wrong_value_of_the_site(site: Path, line: str, problem: str) -> None:
    assert [problem] == [each.partition("; did")[0] for each in problems(site, with_site(line))]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://news.example.org/",
        "/news/",
        "https://",
        "https:///news/",
        "https://news.example.org/?a=b",
        "https://news.example.org/#top",
        "https://ada:secret@news.example.org/",
        "https://news.example.org:port/",
        "https://neuigkeiten.example.org/übersicht/",
        "https://news.example.org/a b/",
        "https://[news/",
    ],
)
def test_a_base_url_that_cannot_be_one(site: Path, url: str) -> None:
    (problem,) = problems(site, with_site(f'base_url = "{url}"'))

    assert problem.startswith("site.base_url: ")
    assert "secret" not in problem


@pytest.mark.parametrize("address", ["ada", "ada@", "@example.org", "a b@example.org", "adä@example.org", "a@b@c", ""])
def test_an_address_that_servers_would_refuse(site: Path, address: str) -> None:
    (problem,) = problems(site, with_site(f'author = {{ name = "Ada", email = "{address}" }}'))

    assert problem.startswith("site.author.email: ")


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("themes = []", "themes: expected"),
        ('themes = ["*", "!*"]', "themes.2: expected"),
        ('themes = ["Borders & Visa"]', "themes.1: expected"),
        ('themes = ["archive"]', "themes.1: 'archive' is a folder of the site itself; choose another name"),
        ('themes = "*"', "themes: expected"),
        ('schedule = "0 0 31 2 *"', "schedule: day of month: no month named in '0 0 31 2 *' has a day 31"),
        ('schedule = "weekly"', "schedule: expected five fields"),
        ('first = "latest"', 'first: expected "all", "none" or "latest N", got \'latest\''),
        ('first = "latest 0"', "first: expected"),
        ("first = 10", "first: expected"),
        ('from = "Ada <ada>"', "from: expected one address such as news@example.org, got 'ada'"),
        (r'from = "Ada\r\nBcc: x <ada@example.org>"', "from: expected"),
        ('unsubscribe_url = "http://lists.example.org/"', "unsubscribe_url: expected an absolute https address"),
        ('unsubscribe_mailto = "Ada <ada@example.org>"', "unsubscribe_mailto: "),
        ("postal_address = 5", "postal_address: expected a text, got 5"),
        ("languages = []", 'languages: expected a list of language tags such as ["fr", "*"], "*" for all others'),
        ('content = "all"', "content: expected 'titles', 'summary' or 'full', got 'all'"),
        ('themes = ["!general"]', 'themes: expected "*" beside a name with "!"'),
        ('keywords = "no"', "keywords: expected true or false, got 'no'"),
        ("min_items = 5\nmax_items = 4", "min_items: expected at most the 4 of max_items, got 5; no edition could"),
        ("shedule = 5", "shedule: no such key; did you mean schedule?"),
    ],
)
def test_a_wrong_value_of_an_audience(site: Path, lines: str, problem: str) -> None:
    (found,) = problems(site, f"{SMALLEST}{AUDIENCE}{lines}")

    assert found.startswith(f"audiences.weekly.{problem}")


def test_a_table_without_a_name_goes_by_its_place(site: Path) -> None:
    expected = "a name of lower-case letters, digits and single hyphens, at most 60"

    assert [f"audiences.2.name: expected {expected}, got 'The Week'; did you mean the-week?"] == problems(
        site, f"{SMALLEST}{AUDIENCE}{AUDIENCE.replace('weekly', 'The Week')}"
    )


def test_names_are_given_once(site: Path) -> None:
    source = '[[sources]]\nname = "news"\npath = "other.txt"\n'

    assert [
        "sources.news.name: expected a name of its own, but 2 have this one",
        "audiences.weekly.name: expected a name of its own, but 3 have this one",
    ] == problems(site, SMALLEST + source + AUDIENCE * 3)


def test_a_source_of_an_unknown_kind(site: Path) -> None:
    (problem,) = problems(site, f'{SMALLEST}kind = "listings"')

    assert problem.startswith("sources.news.kind: expected 'listing', ")
    assert problem.endswith("such as 'package.module:Class', got 'listings'; did you mean listing?")


def foreign(keys: str) -> str:
    """Return a configuration with a source of the class `ParcelSource` in this module."""
    return f"{SMALLEST}\n[[sources]]\nname = 'parcels'\nkind = '{__name__}:ParcelSource'\n{keys}"


def test_a_kind_from_elsewhere_gets_its_keys_by_name(site: Path) -> None:
    config = load(site, foreign("depot = 'parcels'\nshelf = 3\nsince = '30 days'"))

    assert {"depot": site / "parcels", "shelf": 3} == dict(config.sources[1].options)
    assert timedelta(days=30) == config.sources[1].policy.since


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("depot = 'parcels'\nshelve = 3", "sources.parcels.shelve: no such key; did you mean shelf?"),
        ("", "sources.parcels.depot: {kind} cannot do without it, but it is missing"),
    ],
)
def test_a_kind_from_elsewhere_is_checked_by_what_its_class_takes(site: Path, keys: str, told: str) -> None:
    assert [told.format(kind=f"{__name__}:ParcelSource")] == problems(site, foreign(keys))


def test_a_kind_that_is_not_there(site: Path) -> None:
    (problem,) = problems(site, foreign("").replace("ParcelSource", "Gone"))

    assert problem.startswith(f"sources.parcels.kind: '{__name__}:Gone' is no class that can be used here: ")


def test_a_kind_that_takes_nothing_from_the_site(site: Path) -> None:
    (problem,) = problems(site, foreign("").replace("ParcelSource", "OldParcelSource"))

    assert problem.endswith(":OldParcelSource' is no class that can be used here: it does not take site")


class ParcelSource:
    """A kind of source from another package."""

    def __init__(self, *, name: str, site: SourceSite, depot: Path, shelf: int = 1) -> None:
        self.name, self.site, self.depot, self.shelf = name, site, depot, shelf


class OldParcelSource:
    """A kind of source that needs nothing from the site."""

    def __init__(self, *, name: str) -> None:
        self.name = name


@pytest.mark.parametrize("since", ["yesterday", "0 days", "-1 days", 7])
def test_since_is_all_now_or_days(site: Path, since: object) -> None:
    assert [f'sources.news.since: expected "all", "now" or a number of days such as "30 days", got {since!r}'] == (
        problems(site, f"{SMALLEST}since = {since!r}")
    )


@pytest.mark.parametrize("text", ["site = 5", "sources = 'news'", "sources = [5]", "feeds = { combined = { a = 1 } }"])
def test_something_else_where_tables_should_be(site: Path, text: str) -> None:
    found = problems(site, text)

    assert found[0].startswith(("site: expected a table, got 5", "site.title: expected a text on one line, but it is"))
    assert not text.startswith("site") or not [problem for problem in found if problem.startswith("site.")]
    assert (
        "sources: expected a list of tables, each begun with [[sources]], got 'news'" in found,
        "sources: expected a list of tables, each begun with [[sources]], got a list" in found,
        "feeds.combined: expected a list of tables, each begun with [[feeds.combined]], got a table" in found,
    ) == (text == "sources = 'news'", text == "sources = [5]", text.startswith("feeds"))


def test_a_single_table_where_several_may_be(site: Path) -> None:
    assert ["audiences: expected a list of tables, each begun with [[audiences]], got a table"] == problems(
        site, SMALLEST + AUDIENCE.replace("[[", "[").replace("]]", "]")
    )


@pytest.mark.parametrize("slug", ["Borders", "a--b", "-a", "a_b", '"../etc"', '"a/b"', '"é"', "a" * 61])
def test_a_theme_whose_name_cannot_be_a_folder(site: Path, slug: str) -> None:
    (problem,) = problems(site, f'{SMALLEST}[themes.{slug}]\ntitle = "A"')

    assert problem.startswith(f"themes.{slug.strip(chr(34))}: expected a name of lower-case letters")


@pytest.mark.parametrize("slug", sorted(RESERVED_SLUGS))
def test_a_theme_that_would_overwrite_a_folder_of_the_site(site: Path, slug: str) -> None:
    expected = f"{slug!r} is a folder of the site itself; choose another name"

    assert [f"themes.{slug}: {expected}"] == problems(site, f'{SMALLEST}[themes.{slug}]\ntitle = "A"')
    assert [f"themes.default.slug: {expected}"] == problems(site, f'{SMALLEST}[themes.default]\nslug = "{slug}"')


def test_a_label_means_one_theme(site: Path) -> None:
    themes = '[themes.a]\ntitle = "A"\nlabels = ["Visa"]\n[themes.b]\ntitle = "B"\nlabels = ["  VISA ", "General"]\n'

    assert [
        "themes.b: the label 'VISA' already means themes.a",
        "themes.b: the label 'General' already means themes.default",
    ] == problems(site, SMALLEST + themes)


def test_themes_without_titles_are_not_told_of_equal_labels(site: Path) -> None:
    expected = "title: expected a text on one line, but it is missing"

    assert [
        f"themes.a.{expected}",
        f"themes.b.{expected}",
        "themes.b: the label 'VISA' already means themes.a",
    ] == problems(site, f'{SMALLEST}[themes.a]\nlabels = ["Visa"]\n[themes.b]\nlabels = ["VISA"]\n')


def test_a_theme_beside_the_default_of_the_same_slug(site: Path) -> None:
    assert ["themes.general: this is the slug of themes.default already; choose another for one of them"] == problems(
        site, f'{SMALLEST}[themes.general]\ntitle = "All the rest"'
    )


@pytest.mark.parametrize("url", ["mysql://localhost/news", "publisher.db", 5])
def test_an_invalid_store_is_refused(site: Path, url: object) -> None:
    (problem,) = problems(site, f"{SMALLEST}[store]\nurl = {url!r}")

    assert problem.startswith(
        "store.url: expected sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME or env:VARIABLE, got "
    )


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://news:hunter2@localhost/news",
        "postgresql+psycopg://news@localhost/news?password=hunter2",
        "postgresql:news:hunter2@localhost/news",
        "news:hunter2@localhost/news",
    ],
)
def test_a_password_in_the_file_is_refused_and_not_repeated(site: Path, url: str) -> None:
    (problem,) = problems(site, f'{SMALLEST}[store]\nurl = "{url}"')

    assert "env:PUBLISHER_STORE_URL" in problem
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    ("lines", "inside"),
    [
        ('[feeds]\ndirectory = "."', "config.toml itself"),
        ('[feeds]\ndirectory = ".."', "config.toml itself"),
        ('[feeds]\ndirectory = "public"\n[outbox]\ndirectory = "public/outbox"', "outbox.directory"),
        ('[feeds]\ndirectory = "same"\n[templates]\ndirectory = "x/../same"', "templates.directory"),
        ('[store]\nurl = "sqlite:///feeds/news.db"', "the file of store.url"),
    ],
)
def test_nothing_private_lies_in_the_public_folder(site: Path, lines: str, inside: str) -> None:
    assert (
        f"feeds.directory: expected a folder of its own, because all in it is public; {inside} lies inside"
        == problems(site, f"{SMALLEST}{lines}")[0]
    )


@pytest.mark.parametrize("interval", ["15", "30s", "fortnightly", ""])
def test_an_interval_that_cannot_be_meant(site: Path, interval: str) -> None:
    (problem,) = problems(site, f'{SMALLEST}[service]\ncollect_every = "{interval}"')

    assert problem.startswith("service.collect_every: expected")


# --- files that cannot be read ---------------------------------------------------------------------------------------


def test_a_missing_file_is_an_error(site: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        Config.load(site / "config.toml")

    assert f"{site}/config.toml: no such file; `publisher init` makes a new site" == str(caught.value)
    assert 2 == caught.value.exit_code


def test_a_folder_in_its_place(site: Path) -> None:
    with pytest.raises(ConfigError, match=r"it cannot be read: Is a directory$"):
        Config.load(site)


def test_a_mistake_in_toml_has_its_line(site: Path) -> None:
    (problem,) = problems(site, '[site]\ntitle = "News\n')

    assert problem.startswith("this is not TOML: ")
    assert "line 2" in problem


def test_another_encoding_has_its_line(site: Path) -> None:
    assert ["line 3 is not in UTF-8; save the file in that encoding"] == problems(
        site, '[site]\n\ntitle = "Actualités"\n'.encode("latin-1")
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            f'{SMALLEST}{AUDIENCE}editor = "ed@example.org"\n',
            'audiences.weekly.editor: nothing is held for the editor without review; add it, such as review = "2h"',
        ),
        (
            f'{SMALLEST}[templates]\ndirectory = "nowhere"\n',
            "templates.directory: there is no folder nowhere; create it, or take the key out",
        ),
        (
            f'{SMALLEST}[[audiences]]\nname = "weekly"\nto = "a@example.org, b@example.org"\n',
            (
                "audiences.weekly.to: expected one address, got 'a@example.org, b@example.org'; "
                "for more readers write to a mailing list"
            ),
        ),
        (
            f'{SMALLEST}{AUDIENCE}themes = [["asylum"]]\n',
            "audiences.weekly.themes.1: expected names of themes in one list, got a list with a list in it",
        ),
        (
            f'{SMALLEST}{AUDIENCE}name = "other"\n',
            "this is not TOML: Cannot overwrite a value (at line 15, column 15): name; it is set above already",
        ),
        (
            f"{SMALLEST}path = “news.txt”\n",
            'this is not TOML: Invalid value (at line 12, column 8): path; quotes must be straight (")',
        ),
        (
            f"{SMALLEST}password = hunter2\n",
            f"{NO_TOML}Invalid value (at line 12, column 12): password; a text stands in quotes",
        ),
        (
            f"{SMALLEST}password 'hunter2'\n",
            "this is not TOML: Expected '=' after a key in a key/value pair (at line 12, column 10)",
        ),
        (
            f"{SMALLEST}[smtp] password = 'hunter2'\n",
            "this is not TOML: Expected newline or end of document after a statement (at line 12, column 8): [smtp]",
        ),
        (
            f"{SMALLEST}[themes.a]\n[themes.a]\n",
            f"{NO_TOML}Cannot declare themes.a twice (at line 13, column 10): [themes.a]; {TWICE}",
        ),
        (
            f"{SMALLEST}[site]\n",
            f"{NO_TOML}Cannot declare site twice (at line 12, column 6): [site]; {TWICE}",
        ),
        (f"deep = {'[' * 5000}{']' * 5000}\n", "tables or lists are nested too deep"),
        (f"[{'.'.join('a' * 3000)}]\nx = 1\n", "tables or lists are nested too deep"),
        (
            f'{SMALLEST}[themes.health]\ntitle = "Health"\n',
            "themes.health: 'health' is a folder of the site itself; choose another name",
        ),
        (
            SMALLEST.replace("path =", 'private = ["10.0.0.0/33"]\nkind = "feed"\npath ='),
            "sources.news.private.1: expected a host or a network such as 10.0.0.0/8, got '10.0.0.0/33'",
        ),
        (
            f'{SMALLEST}[fetching]\nprivate = ["no host"]\n',
            "fetching.private.1: expected a host or a network such as 10.0.0.0/8, got 'no host'",
        ),
    ],
)
def test_each_common_mistake_is_one_line_with_the_key_and_the_remedy(site: Path, text: str, problem: str) -> None:
    assert problems(site, text) == [problem]


@pytest.mark.parametrize("name", ["round", "subscribers"])
def test_an_audience_is_not_called_what_mails_to_subscribers_are(site: Path, name: str) -> None:
    (found,) = problems(site, SMALLEST + AUDIENCE.replace('"weekly"', f'"{name}"'))

    told = f"mails to subscribers are called this; choose another, such as {name}-list"
    assert f"audiences.{name}.name: {told}" == found


def test_a_rule_may_be_pasted_from_a_calendar_with_its_days_left_out_below(site: Path) -> None:
    rule = 'schedule = """RRULE:FREQ=DAILY;BYHOUR=8\nEXDATE:20261225\nEXDATE:20261226\n"""\n'

    [audience] = load(site, SMALLEST + AUDIENCE + rule).audiences

    assert Schedule("RRULE:FREQ=DAILY;BYHOUR=8 EXDATE:20261225 EXDATE:20261226", "Europe/Brussels") == audience.schedule
