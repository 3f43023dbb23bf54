"""Configurations as operators mistype them: each mistake has one line with its path, what was found, and what to do."""

from pathlib import Path

import pytest

from publisher.config.config import Config
from publisher.model.errors import ConfigError
from tests.config.test_config import AUDIENCE, SMALLEST

FEED = SMALLEST.replace('path = "content/news.txt"', 'kind = "feed"\nurl = "https://partner.example.org/feed.xml"')
DATABASE = SMALLEST.replace(
    'path = "content/news.txt"', 'kind = "database"\nurl = "sqlite:///a.db"\nquery = "SELECT 1"'
)
LOGIN = '[smtp]\nhost = "localhost"\nuser = "news"\n'
NAME = "a name of lower-case letters, digits and single hyphens, at most 60"
INTERVAL = "a number with s, m, h or d such as 15m"
LANGUAGE = "a language tag such as en or fr-BE"
KIND = (
    "'listing', 'markdown', 'table', 'database', 'feed' or 'page', or the path of a class such as "
    "'package.module:Class'"
)
NO_REVIEW = 'leave the key out to hold no edition; on_silence = "keep" holds each until somebody decides'
STORE = "sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
HOST = "the name or address of a mail server such as mail.example.org"
DIGEST = "accent, accent_dark, logo, logo_alt, logo_width, width, fonts or heading_fonts"
LISTEN = "an IP address and a port such as 127.0.0.1:8000"
UNSET = "; leave the key out if it should not be set"
VARIABLE = '"env:" is in small letters, and a variable has a name of letters, digits and _'


def problems(folder: Path, text: str) -> list[str]:
    """Return what is wrong with a config.toml."""
    (folder / "config.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        Config.load(folder / "config.toml", environ={})
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f'{SMALLEST}{AUDIENCE}themes = [1, "", "Visa", 2]\n',
            [
                'audiences.weekly.themes.1: expected a theme name, "*" or "!name", got 1',
                'audiences.weekly.themes.2: expected a theme name, "*" or "!name", but it is empty',
                f"audiences.weekly.themes.3: expected {NAME}, got 'Visa'; did you mean visa?",
                'audiences.weekly.themes.4: expected a theme name, "*" or "!name", got 2',
            ],
        ),
        (
            f'{SMALLEST}[themes.a]\ntitle = "A"\nlabels = ["", 5, "fine", true]\nwas = ["archive", 3]\n',
            [
                "themes.a.labels.1: expected a text on one line, but it is empty",
                "themes.a.labels.2: expected a text on one line, got 5",
                "themes.a.labels.4: expected a text on one line, got true",
                "themes.a.was.1: 'archive' is a folder of the site itself; choose another name",
                f"themes.a.was.2: expected {NAME}, got 3",
            ],
        ),
        (
            f'{SMALLEST}{AUDIENCE}languages = ["fr", "?", 3]\n',
            [
                f'audiences.weekly.languages.{place}: expected a language tag such as fr-BE, or "*", got {got}'
                for place, got in ((2, "'?'"), (3, "3"))
            ],
        ),
        (
            f'{SMALLEST}[feeds]\nformats = ["rss", "atm", 5]\n',
            [
                "feeds.formats.2: expected 'rss', 'atom' or 'json', got 'atm'; did you mean atom?",
                "feeds.formats.3: expected 'rss', 'atom' or 'json', got 5",
            ],
        ),
        (
            f'{SMALLEST}[digest]\nfonts = ["Arial", 5, "x;"]\n',
            [
                f"digest.fonts.{place}: expected the name of a font: letters, digits, spaces and hyphens, got {got}"
                for place, got in ((2, "5"), (3, "'x;'"))
            ],
        ),
        (
            f'{SMALLEST}[fetching]\nprivate = ["a b", "10.0.0.0/33"]\n[desk]\npeople = ["ada", ""]\n',
            [
                "fetching.private.1: expected a host or a network such as 10.0.0.0/8, got 'a b'",
                "fetching.private.2: expected a host or a network such as 10.0.0.0/8, got '10.0.0.0/33'",
                "desk.people.1: expected one address such as news@example.org, got 'ada'",
                "desk.people.2: expected a mail address such as news@example.org, but it is empty",
            ],
        ),
    ],
)
def test_every_wrong_element_of_a_list_is_named(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert expected == problems(tmp_path, text)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # empty
        (f'{AUDIENCE}review = ""', f"audiences.weekly.review: expected {INTERVAL}, but it is empty{UNSET}"),
        (f'{AUDIENCE}first = " "', 'audiences.weekly.first: expected "all", "none" or "latest N", but it is empty'),
        ('kind = ""', f"sources.news.kind: expected {KIND}, but it is empty"),
        (f'{LOGIN}password = ""', f"smtp.password: expected env:VARIABLE or file:PATH, but it is empty{UNSET}"),
        (
            '[feeds]\nhub = ""',
            f"feeds.hub: expected an absolute http or https address in ASCII, but it is empty{UNSET}",
        ),
        ("[feeds]\nformats = []", "feeds.formats: expected a list of 'rss', 'atom' or 'json', but it is empty"),
        # durations
        (
            f'{AUDIENCE}review = "0m"',
            f"audiences.weekly.review: expected a minute or more, got '0m'; {NO_REVIEW}",
        ),
        (
            f'{AUDIENCE}review = "2 hours"',
            f"audiences.weekly.review: expected {INTERVAL}, got '2 hours'; did you mean 2h?",
        ),
        (f'{AUDIENCE}review = "1w"', f"audiences.weekly.review: expected {INTERVAL}, got '1w'; did you mean 7d?"),
        (f"{AUDIENCE}review = 02:00:00", f"audiences.weekly.review: expected {INTERVAL}, got a time"),
        ("[service]\ncollect_every = 15", f"service.collect_every: expected {INTERVAL}, got 15"),
        ('[smtp]\nhost = "a"\nmax_age = "0d"', "smtp.max_age: expected a minute or more, got '0d'"),
        # kinds
        ('kind = "rss"', f"sources.news.kind: expected {KIND}, got 'rss'; did you mean feed?"),
        ('kind = "CSV"', f"sources.news.kind: expected {KIND}, got 'CSV'; did you mean table?"),
        ('kind = "website"', f"sources.news.kind: expected {KIND}, got 'website'; did you mean page?"),
        ('kind = "a.b.C"', f"sources.news.kind: expected {KIND}, got 'a.b.C'; did you mean a.b:C?"),
        ('kind = ["feed"]', f"sources.news.kind: expected {KIND}, got a list"),
        # secrets and variables
        (
            f'{LOGIN}password = "env:"',
            f"smtp.password: expected no password in this file, but env:VARIABLE or file:PATH; {VARIABLE}",
        ),
        (
            f'{LOGIN}password = "${{HUSH}}"',
            f"smtp.password: expected no password in this file, but env:VARIABLE or file:PATH; {VARIABLE}",
        ),
        (
            f'{LOGIN}password = "file: "',
            "smtp.password: expected the path of a file after the colon, but there is none",
        ),
        (f'{LOGIN}oauth = "command:"', "smtp.oauth: expected a program after the colon, but there is none"),
        (f'{LOGIN}oauth = "command:a \'b"', "smtp.oauth: expected a second quotation mark for each one in the command"),
        ("[store]\nurl = \"env:'X'\"", f"store.url: expected env:VARIABLE; {VARIABLE}"),
        ('[store]\nurl = "env:"', f"store.url: expected env:VARIABLE; {VARIABLE}"),
        ('[store]\nurl = "env:A B"', f"store.url: expected env:VARIABLE; {VARIABLE}"),
        (
            '[store]\nurl = "sqlite://a.db"',
            "store.url: expected three slashes before the file, got 'sqlite://a.db'; did you mean sqlite:///a.db?",
        ),
        (
            '[store]\nurl = "postgres://a@b/c"',
            f"store.url: expected {STORE}, got 'postgres://a@b/c'; did you mean postgresql://a@b/c?",
        ),
        # other values
        (
            f'{AUDIENCE}schedule = "FREQ=WEEKLY"',
            "audiences.weekly.schedule: expected RRULE: before the rule; did you mean RRULE:FREQ=WEEKLY?",
        ),
        (
            f'{AUDIENCE}language = "en_GB.UTF-8"',
            f"audiences.weekly.language: expected {LANGUAGE}, got 'en_GB.UTF-8'; did you mean en-GB?",
        ),
        ("[feeds]\nlimit = '50'", "feeds.limit: expected a number from 1 to 1000, got '50'; write 50, without quotes"),
        (
            '[feeds]\nlanguages = "yes"',
            "feeds.languages: expected true or false, got 'yes'; write true, without quotes",
        ),
        (
            '[themes.a]\ntitle = "A"\nlabels = "a, b"',
            'themes.a.labels: expected a list of labels, each a text on one line, got \'a, b\'; write ["a", "b"]',
        ),
        (
            "[themes.a]\ntitle = 2026-11-27T10:00:00Z",
            "themes.a.title: expected a text on one line, got a date with a time",
        ),
        (
            "[service]\nlisten = 8000",
            f"service.listen: expected {LISTEN}, got 8000; did you mean 127.0.0.1:8000?",
        ),
        (
            '[service]\nlisten = "localhost:80"',
            f"service.listen: expected {LISTEN}, got 'localhost:80'; did you mean 127.0.0.1:80?",
        ),
        ('[service]\nproxy = "nginx"', "service.proxy: expected an IP address such as 127.0.0.1, got 'nginx'"),
        (
            '[smtp]\nhost = "mail.example.org:25"',
            f"smtp.host: expected {HOST}, got 'mail.example.org:25'; the port is a key of its own, port = 25",
        ),
        # keys and tables
        (f'{AUDIENCE}reply-to = "a@example.org"', "audiences.weekly.reply-to: no such key; did you mean reply_to?"),
        (f"{AUDIENCE}maxItems = 5", "audiences.weekly.maxItems: no such key; did you mean max_items?"),
        ("[FEEDS]\nlimit = 5", "FEEDS: no such key; did you mean feeds?"),
        (f"{AUDIENCE}port = 25", "audiences.weekly.port: no such key; it belongs to [smtp] or [bounces]"),
        ('[digest]\nreview = "2h"', "digest.review: no such key; it belongs to [[audiences]]"),
        ('collect_every = "5m"', "sources.news.collect_every: no such key; it belongs to [service]"),
        ('[author]\nname = "Ada"', "author: no such key; it belongs to [site]"),
        (
            'url = "https://x.example/"',
            'sources.news.url: no such key; it belongs to a source with kind = "database", "feed" or "page"',
        ),
        ('item = ".x"', 'sources.news.item: no such key; it belongs to a source with kind = "page"'),
        ('site.title = "x"', "sources.news.site: no such key; begin a table of its own with [site]"),
        ("[digest]\nmargin = 5", f"digest.margin: no such key; expected {DIGEST}"),
        ('only = "visa"', "sources.news.only: expected a table, got 'visa'; write { words = [\"sponsored\"] }"),
        ('[themes]\na = "Asylum"', "themes.a: expected a table, got 'Asylum'; write { title = \"Borders & Visa\" }"),
        ("[[feeds]]\nlimit = 5", "feeds: expected a table, got a list; begin it with [feeds]"),
        ('[themes."北京"]\ntitle = "A"', f"themes.北京: expected {NAME}, got '北京'"),
    ],
)
def test_a_mistake_is_one_line_with_its_path_and_what_to_do(tmp_path: Path, lines: str, expected: str) -> None:
    assert [expected] == problems(tmp_path, f"{SMALLEST}{lines}\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            FEED.replace("https://partner.example.org/feed.xml", "env:"),
            f"sources.news.url: expected env:VARIABLE; {VARIABLE}",
        ),
        (DATABASE.replace("SELECT 1", " "), "sources.news.query: expected an SQL query, but it is empty"),
        (
            DATABASE.replace("sqlite:///", "sqlite:/"),
            "sources.news.url: expected three slashes before the file, got 'sqlite:/a.db'; did you mean sqlite:///a.db?",
        ),
        (SMALLEST.replace("[site]", "[[site]]"), "site: expected a table, got a list; begin it with [site]"),
    ],
)
def test_a_mistake_in_place_of_a_right_value(tmp_path: Path, text: str, expected: str) -> None:
    assert [expected] == problems(tmp_path, text)


def test_a_file_whose_name_has_an_apostrophe_may_hold_a_token(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(f'{SMALLEST}{LOGIN}oauth = "file:it\'s.txt"\n', "utf-8")

    smtp = Config.load(tmp_path / "config.toml", environ={}).smtp

    assert smtp is not None
    assert smtp.oauth is not None
    assert tmp_path / "it's.txt" == smtp.oauth.file
