"""Every key of config.toml, once: what it may be, what it is when absent, and what it is for.

Validation runs from the table `KEYS` at the end, and a test holds config.toml and the documentation to it. It is our
own rather than a validation library's because every command starts here: the library measured took 0.1 s to import,
a third of what a run without news takes.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from publisher.collect.sources.base import KINDS, kind_names
from publisher.config.colours import DARK_PAGE, PAGE, READABLE, contrast, nearest_readable
from publisher.model.editions import DigestStyle
from publisher.model.labels import RESERVED_SLUGS, SLUG_LENGTH
from publisher.model.schedules import ScheduleError, parse_interval, zone_of
from publisher.model.site import Mailbox
from publisher.rendering.addresses import wire_address

REQUIRED = object()
"""The default of a key that has none."""

_WRONG = object()
_SHORTEST_INTERVAL = timedelta(minutes=1)

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_MAILBOX = re.compile(r'\s*"?(?P<name>[^"<>]*?)"?\s*<(?P<address>[^<>]*)>\s*')
_FIRST = re.compile(r"latest ([1-9][0-9]{0,5})")
_DAYS = re.compile(r"([1-9][0-9]{0,4}) days?")
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_FONT = re.compile(r"[A-Za-z][A-Za-z0-9 -]{0,60}")
_GENERIC_FONTS = ("serif", "sans-serif", "monospace")
_PICTURE = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~/-]*\.(png|jpg|jpeg|gif)")
"""What every mail program shows: Gmail has neither SVG nor data: addresses."""
_ENVIRONMENT = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value has to be."""

    expected: str
    """Completes "expected …"."""
    read: Callable[[Any], Any]
    """Returns the value as the program uses it. Raises ValueError: with a message of its own, or none for the usual."""

    def problem_with(self, value: object, error: ValueError) -> str:
        return str(error) or f"expected {self.expected}, got {shown(value)}"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of config.toml."""

    path: str
    """`[]` marks a list of tables, `[word]` those whose kind is that word, `*` a name of the operator's choice."""
    kind: Kind
    meaning: str
    default: object = REQUIRED
    """As it would be written in the file; None: not set, and `meaning` says what happens then."""


def check(document: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the document with every key read and every default filled in, and all that is wrong with it.

    What is wrong or missing is left out of the result.
    """
    problems: list[str] = []
    return _read_table(document, ("",), "", problems), problems


def shown(value: object) -> str:
    """Return how a message names a value that came out of TOML."""
    match value:
        case bool():
            return str(value).lower()
        case Mapping():
            return "a table"
        case list() | tuple():
            return "a list"
        case str() | int() | float():
            return repr(value)
        case _:
            return f"a {type(value).__name__}"


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean …?", or nothing when no known name is close. Capitals do not count."""
    from difflib import get_close_matches  # late: most configurations have no mistake

    folded = {each.lower(): each for each in sorted(known)}
    close = get_close_matches(name.lower(), folded, n=1)
    return f"; did you mean {folded[close[0]]}?" if close else ""


# --- tables ----------------------------------------------------------------------------------------------------------


def _read_table(raw: Mapping[str, Any], patterns: Sequence[str], path: str, problems: list[str]) -> dict[str, Any]:
    children = _children(patterns)
    found: dict[str, Any] = {}
    for name, child in children.items():
        if name != "*":
            found[name] = _read(raw.get(name), child, path + name, problems)
    for name in raw:
        if name not in found and "*" in children:
            found[name] = _read(raw[name], children["*"], path + name, problems)
        elif name not in found:
            names = list(children)
            problems.append(f"{path}{name}: no such key{suggestion(name, names) or f'; expected {_or(names)}'}")
    return {name: value for name, value in found.items() if value is not _WRONG}


def _read(value: object, pattern: str, path: str, problems: list[str]) -> object:
    key = _BY_PATH.get(pattern)
    if key is not None:
        return _read_value(value, key, path, problems)
    if pattern.endswith("[]"):
        return _read_tables(value, pattern, path, problems)
    if value is None or isinstance(value, Mapping):
        return _read_table(value or {}, (f"{pattern}.",), f"{path}.", problems)
    problems.append(f"{path}: expected a table, got {shown(value)}")
    return _WRONG


def _read_tables(value: object, pattern: str, path: str, problems: list[str]) -> object:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        problems.append(f"{path}: expected a list of tables, each begun with [[{path}]], got {shown(value)}")
        return _WRONG
    tables = []
    for place, each in enumerate(value, start=1):
        name = each.get("name")
        called = name if isinstance(name, str) and _SLUG.fullmatch(name) else place
        tables.append(_read_table(each, _patterns_of(each, pattern), f"{path}.{called}.", problems))
    return tables


def _patterns_of(table: Mapping[str, Any], pattern: str) -> tuple[str, ...]:
    """Return the beginnings of the paths of the keys that may stand in a table of a list: all, and its kind's."""
    of_kind = _BY_PATH.get(f"{pattern}.kind")
    if of_kind is None:
        return (f"{pattern}.",)
    kind = table.get("kind", of_kind.default)
    return (f"{pattern}.", f"{pattern[:-1]}{kind if kind in KINDS else '*'}].")


def _read_value(value: object, key: Key, path: str, problems: list[str]) -> object:
    value = key.default if value is None else value
    if value is REQUIRED:
        problems.append(f"{path}: expected {key.kind.expected}, but it is missing")
        return _WRONG
    try:
        return None if value is None else key.kind.read(value)
    except ValueError as error:
        problems.append(f"{path}: {key.kind.problem_with(value, error)}")
        return _WRONG


def _children(patterns: Sequence[str]) -> dict[str, str]:
    """Return the names that may stand in a table, in the order of `KEYS`, each with the pattern of its path."""
    children: dict[str, str] = {}
    for pattern in patterns:
        for key in KEYS:
            if key.path.startswith(pattern):
                name, is_list, _ = key.path.removeprefix(pattern).partition(".")[0].partition("[")
                children.setdefault(name, f"{pattern}{name}[]" if is_list else pattern + name)
    return children


def _or(words: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


# --- values ----------------------------------------------------------------------------------------------------------


def _line(value: object) -> str:
    text = _text(value)
    if not text or not text.isprintable():
        raise ValueError
    return text


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004  (every reader has one way to say no)
    return value.strip()


def _slug(value: object) -> str:
    if not isinstance(value, str) or not _SLUG.fullmatch(value) or len(value) > SLUG_LENGTH:
        raise ValueError
    return value


def _theme_slug(value: object) -> str:
    if value in RESERVED_SLUGS:
        raise ValueError(f"{value!r} is a folder of the site itself; choose another name")
    return _slug(value)


def _theme_slugs(value: object) -> tuple[str, ...]:
    if value == ["*"]:
        return ("*",)
    if not isinstance(value, list) or not value:
        raise ValueError
    return tuple(dict.fromkeys(_theme_slug(each) for each in value))


def _labels(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError  # noqa: TRY004
    return tuple(_line(each) for each in value)


def _number(low: int, high: int) -> Kind:
    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError
        return value

    return Kind(f"a number from {low} to {high}", read)


def _one_of(*choices: str) -> Kind:
    expected = _or([repr(choice) for choice in choices])

    def read(value: object) -> str:
        if isinstance(value, str) and value not in choices:
            raise ValueError(f"expected {expected}, got {value!r}{suggestion(value, choices)}")
        return _line(value)

    return Kind(expected, read)


def _several_of(*choices: str) -> Kind:
    one = _one_of(*choices)

    def read(value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not value:
            raise ValueError
        return tuple(dict.fromkeys(one.read(each) for each in value))

    return Kind(f"a list of {one.expected}", read)


def _languages(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError
    return tuple(dict.fromkeys(each if each == "*" else _language(each) for each in value))


def _tags(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError  # noqa: TRY004
    return tuple(dict.fromkeys(_language(each) for each in value))


def _language(value: object) -> str:
    if not isinstance(value, str) or not _LANGUAGE.fullmatch(value):
        raise ValueError
    return value


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError  # noqa: TRY004
    return value


def _colour_on(page: str) -> Kind:
    def read(value: object) -> str:
        colour = _text(value).lower()
        if not _COLOUR.fullmatch(colour):
            raise ValueError
        ratio = contrast(colour, page)
        if ratio < READABLE:
            raise ValueError(
                f"{colour} cannot be read on {page}: their contrast is {int(ratio * 100) / 100:.2f}, expected "
                f"{READABLE} or more; the nearest shade that will do is {nearest_readable(colour, on=page)}"
            )
        return colour

    return Kind(f"a colour such as #0a4f8f, readable on {page}", read)


def _fonts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) and _FONT.fullmatch(each) for each in value):
        raise ValueError
    if not value or value[-1] not in _GENERIC_FONTS:
        raise ValueError(f"expected the last font to be one that every reader has: {_or(_GENERIC_FONTS)}")
    return tuple(value)


def _picture(value: object) -> str:
    path = _text(value)
    if not _PICTURE.fullmatch(path) or "//" in path or ".." in path:
        raise ValueError
    return path


def _list_of(read: Callable[[object], str]) -> Callable[[object], tuple[str, ...]]:
    def read_all(value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise ValueError  # noqa: TRY004
        return tuple(dict.fromkeys(read(each) for each in value))

    return read_all


def _zone(value: object) -> str:
    name = _line(value)
    try:
        zone_of(name)
    except ScheduleError as error:
        from zoneinfo import available_timezones  # late: it walks the whole database

        raise ValueError(f"{error}{suggestion(name, available_timezones())}") from error
    return name


def _base_url(value: object) -> str:
    url = _web_address(value, schemes=("http", "https"))
    if "?" in url or "#" in url:
        raise ValueError
    return url.rstrip("/") + "/"


def _hub(value: object) -> str:
    return _web_address(value, schemes=("http", "https"))


def _https_url(value: object) -> str:
    return _web_address(value, schemes=("https",))


def _web_address(value: object, *, schemes: Sequence[str]) -> str:
    url = _line(value)
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise ValueError("expected a web address without a name or password in it")
    if parts.scheme not in schemes or not parts.hostname or " " in url or not url.isascii():
        raise ValueError
    _ = parts.port  # raises ValueError when it is no number
    return url


def _listen(value: object) -> str:
    parts = urlsplit(f"//{_line(value)}")
    try:
        ip_address(parts.hostname or "")  # of a name nobody knows which address is meant
        port = parts.port
    except ValueError:
        raise ValueError from None
    if port is None or parts.netloc != value:
        raise ValueError
    return parts.netloc


def _address(value: object) -> str:
    address = _line(value)
    wire_address(address)
    return address


def _mailbox(value: object) -> Mailbox:
    text = _line(value)
    match = _MAILBOX.fullmatch(text)
    if match is None:
        return Mailbox(address=_address(text))
    return Mailbox(address=_address(match["address"]), name=match["name"])


def _first(value: object) -> int | None:
    text = _text(value)
    if text == "all":
        return None
    if text == "none":
        return 0
    match = _FIRST.fullmatch(text)
    if match is None:
        raise ValueError
    return int(match[1])


def _since(value: object) -> timedelta | None:
    text = _text(value)
    if text == "all":
        return None
    if text == "now":
        return timedelta(0)
    return _days(text)


def _days(value: object) -> timedelta:
    match = _DAYS.fullmatch(_text(value))
    if match is None:
        raise ValueError
    return timedelta(days=int(match[1]))


def _source_kind(value: object) -> str:
    kind = _line(value)
    if kind in KINDS or _DOTTED.fullmatch(kind):
        return kind
    known = kind_names()
    if kind not in known:
        expected = (
            f"{_or([repr(each) for each in known])}, or the dotted path of a class such as 'package.module:Class'"
        )
        raise ValueError(f"expected {expected}, got {kind!r}{suggestion(kind, known)}")
    return kind


def _feed_place(value: object) -> str:
    place = _line(value)
    return place if _ENVIRONMENT.fullmatch(place) else _web_address(place, schemes=("http", "https"))


def _database_place(value: object) -> str:
    place = _line(value)
    if _ENVIRONMENT.fullmatch(place):
        return place
    if place.startswith("env:") or "://" not in place:
        raise ValueError
    if urlsplit(place).password is not None:
        # The message must not repeat it: messages end in logs and tickets.
        raise ValueError(
            "expected no password in this file; put the whole address into an environment variable"
            ' and write url = "env:NEWS_DATABASE_URL"'
        )
    return place


def _mark(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError
    return value


def _anything(value: object) -> object:
    return value


def _seconds(value: object) -> timedelta:
    interval = parse_interval(_text(value))
    if not timedelta(seconds=1) <= interval <= timedelta(minutes=10):
        raise ValueError(f"expected 1s to 10m, got {value!r}")
    return interval


def _interval(value: object) -> timedelta:
    interval = parse_interval(_text(value))
    if interval < _SHORTEST_INTERVAL:
        raise ValueError(f"expected a minute or more, got {value!r}")
    return interval


def _store_url(value: object) -> str:
    url = _line(value)
    if url.startswith("env:"):
        if not _ENVIRONMENT.fullmatch(url):
            raise ValueError
        return url
    parts = urlsplit(url)
    if parts.password is not None:
        # The message must not repeat it: messages end in logs and tickets.
        raise ValueError(
            "expected no password in this file; put the whole address into an environment variable"
            ' and write url = "env:PUBLISHER_STORE_URL"'
        )
    if not is_database_address(url):
        raise ValueError
    return url


def is_database_address(url: str) -> bool:
    """Whether `url` begins as one of the databases we can use."""
    return url.startswith(("sqlite://", "postgresql://", "postgresql+psycopg://"))


DATABASE = "sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"

LINE = Kind("a text on one line", _line)
TEXT = Kind("a text", _text)
FOLDER = Kind("the path of a folder", _line)
FILE = Kind("the path of a file", _line)
NAME = Kind(f"a name of lower-case letters, digits and single hyphens, at most {SLUG_LENGTH}", _slug)
THEME_SLUG = Kind(NAME.expected, _theme_slug)
THEME_SLUGS = Kind('["*"], or a list of theme names (lower-case letters, digits and single hyphens)', _theme_slugs)
LABELS = Kind("a list of labels, each a text on one line", _labels)
THEME_NAMES = Kind("a list of theme names (lower-case letters, digits and single hyphens)", _list_of(_theme_slug))
COMBINED_LANGUAGES = Kind("a list of language tags such as en or fr-BE", _list_of(_language))
LANGUAGE = Kind("a language tag such as en or fr-BE", _language)
LANGUAGES = Kind('a list of language tags such as ["fr", "*"], "*" for all others', _languages)
YES_OR_NO = Kind("true or false", _yes_or_no)
FONTS = Kind('a list of font names such as ["Helvetica", "sans-serif"]', _fonts)
PICTURE = Kind("a .png, .jpg or .gif below site.base_url such as assets/logo.png", _picture)
TIMEZONE = Kind("an IANA time zone such as Europe/Brussels", _zone)
BASE_URL = Kind("an absolute http or https address in ASCII such as https://news.example.org/", _base_url)
WEB_ADDRESS = Kind("an absolute http or https address in ASCII", _hub)
HTTPS_URL = Kind("an absolute https address in ASCII", _https_url)
ADDRESS = Kind("a mail address such as news@example.org", _address)
MAILBOX = Kind("a mail address such as Name <news@example.org>", _mailbox)
SCHEDULE = Kind("a cron line such as 0 8 * * MON, or RRULE: and a rule of RFC 5545", _line)
FIRST = Kind('"all", "none" or "latest N"', _first)
LISTEN = Kind("an IP address and a port such as 127.0.0.1:8000", _listen)
INTERVAL = Kind("a number with s, m, h or d such as 15m", _interval)
TAGS = Kind('a list of language tags such as ["en", "fr"], or []', _tags)
GUESSED = ("en", "fr", "nl", "de")
STYLE = DigestStyle()
STORE_URL = Kind(f"{DATABASE} or env:VARIABLE", _store_url)
SOURCE_KIND = Kind(f"{_or([repr(kind) for kind in KINDS])} or the dotted path of a class", _source_kind)
SINCE = Kind('"all", "now" or a number of days such as "30 days"', _since)
DAYS = Kind('a number of days such as "60 days"', _days)
ANYTHING = Kind("what the class takes", _anything)
FEED_PLACE = Kind("an absolute http or https address in ASCII or env:VARIABLE", _feed_place)
DATABASE_PLACE = Kind(
    "the address of a database as SQLAlchemy writes it, without a password, or env:VARIABLE", _database_place
)

_SELECTED = {
    "title": "its title",
    "body": "its text",
    "link": "the link to it; not set: the link in its title",
    "id": "its permanent id",
    "language": "its language",
    "themes": "its themes",
    "keywords": "its keywords",
    "enclosures": "the files that belong to it",
}
_FIELDS = {
    "id": "its permanent id",
    "date": "its date",
    "title": "its title",
    "text": "its text",
    "html": "its text in HTML",
    "link": "the link to it",
    "language": "its language",
    "themes": "its themes",
    "keywords": "its keywords",
    "enclosures": "the files that belong to it",
    "draft": "what says that it is a draft",
    "embargo": "the moment before which it may not appear",
    "expires": "the moment after which it is in no feed",
}
UNDATED = _one_of("skip", "seen")
SECONDS = Kind("a number with s or m such as 30s", _seconds)
SELECTOR = Kind("a CSS selector (`publisher check --source ADDRESS` suggests some)", _line)
NETWORKS = Kind('a list of hosts or networks such as ["intranet.example.org", "10.0.0.0/8"]', _labels)
MARK = Kind("a mark such as , or ;", _mark)

KEYS = (
    Key("site.title", LINE, "What feeds, pages and digests call themselves."),
    Key("site.base_url", BASE_URL, "Where the feeds directory is served. Ids do not depend on it; links do."),
    Key("site.language", LANGUAGE, "Of the pages, the digests, and items that do not name theirs."),
    Key("site.timezone", TIMEZONE, "For the dates of items and the schedules of audiences."),
    Key("site.description", TEXT, "One sentence for feeds and the front page.", ""),
    Key("site.languages", TAGS, "In which an item may be that does not say so; `[]`: none is guessed.", [*GUESSED]),
    Key("site.author.name", LINE, "Who publishes; the author of every item."),
    Key("site.author.email", ADDRESS, "How readers reach the author; in every feed."),
    Key("store.url", STORE_URL, "The database; a relative file lies beside config.toml.", "sqlite:///publisher.db"),
    Key("sources[].name", NAME, "Its name in reports, and for ever in the store: a new name is a new source."),
    Key("sources[].kind", SOURCE_KIND, "What is read: `listing` is a text file of dated items.", "listing"),
    Key("sources[].since", SINCE, "What of its first collection is news; older items are never shown.", "all"),
    Key("sources[].expect_every", DAYS, "A longer silence is told by `publisher status`; not set: none is.", None),
    Key("sources[].hold_above", _number(1, 100_000), "More new items at once than ever wait for `release`.", 30),
    Key("sources[].joined_by", _one_of("link", "id", "none"), "What it shares with an item of another source.", "link"),
    Key("sources[].keep_tracking", YES_OR_NO, "Whether tracking pixels and parameters stay in.", default=False),
    Key("sources[listing].path", FILE, "The file to read."),
    Key("sources[markdown].path", FOLDER, "The folder to read, with all folders in it."),
    Key("sources[markdown].undated", UNDATED, "What becomes of an item without a date.", "skip"),
    Key("sources[table].path", FILE, "The file to read: JSON a line in `.jsonl` and `.ndjson`, else CSV with a head."),
    *(Key(f"sources[table].columns.{name}", LINE, f"The column of {what}.", None) for name, what in _FIELDS.items()),
    Key("sources[table].separator", MARK, "Between the themes, keywords or enclosures in one column.", ","),
    Key("sources[table].undated", UNDATED, "What becomes of an item without a date.", "skip"),
    Key("sources[database].url", DATABASE_PLACE, "The database; a relative SQLite file lies beside config.toml."),
    Key("sources[database].query", TEXT, "The SQL to ask; it only reads."),
    *(Key(f"sources[database].columns.{name}", LINE, f"The column of {what}.", None) for name, what in _FIELDS.items()),
    Key("sources[database].separator", MARK, "Between the themes, keywords or enclosures in one column.", ","),
    Key("sources[database].undated", UNDATED, "What becomes of an item without a date.", "skip"),
    Key("sources[feed].url", FEED_PLACE, "The feed: RSS, Atom or JSON Feed; not set: `path` is.", None),
    Key("sources[feed].path", FILE, "A file with the feed in it.", None),
    Key("sources[feed].archives", _number(0, 1000), "Older documents (RFC 5005) a first reading follows back.", 0),
    Key("sources[feed].categories", _one_of("themes", "keywords"), "What the feed's categories are here.", "themes"),
    Key("sources[feed].undated", UNDATED, "What becomes of an item without a date.", "seen"),
    Key("sources[page].url", FEED_PLACE, "The page; not set: `path` is.", None),
    Key("sources[page].path", FILE, "A file with the page in it.", None),
    Key("sources[page].item", SELECTOR, "The CSS selector of what every item is in; those below look inside it."),
    Key("sources[page].date", LINE, "Of its date; it may, like all others, end in `@name` for an attribute.", None),
    Key("sources[page].undated", UNDATED, "What becomes of an item without a date.", "skip"),
    *(Key(f"sources[page].{name}", LINE, f"Of {what}.", None) for name, what in _SELECTED.items()),
    Key("sources[page].next", LINE, "Of the link to the page that follows, looked for in the whole page.", None),
    Key("sources[page].pages", _number(1, 1000), "How many pages are read at most.", 1),
    Key("sources[*].*", ANYTHING, "Given to the class by its name; a path is relative to config.toml."),
    Key("themes.default.slug", THEME_SLUG, "The folder of the feed for items without a theme.", "general"),
    Key("themes.default.title", LINE, "What that feed is called.", "General"),
    Key("themes.default.was", THEME_NAMES, "Slugs it had before: their addresses lead to it.", []),
    Key("themes.*.title", LINE, "What the theme is called; also the first of its labels."),
    Key("themes.*.labels", LABELS, "Other labels in the source that mean this theme, in any language.", []),
    Key("themes.*.keywords", LABELS, "An item with one of these keywords belongs here, too.", []),
    Key("themes.*.words", LABELS, "So does one with one of these words in its title or text.", []),
    Key("themes.*.sources", LABELS, "And so does every item of these sources.", []),
    Key("themes.*.was", THEME_NAMES, "Names of this table before: the feeds' old addresses lead to the new ones.", []),
    Key("feeds.directory", FOLDER, "Where feeds and pages are written; everything in it is public.", "feeds"),
    Key("feeds.formats", _several_of("rss", "atom", "json"), "Which files each feed has.", ["rss", "atom", "json"]),
    Key("feeds.limit", _number(1, 1000), "How many items a feed holds.", 50),
    Key(
        "feeds.keywords_from",
        _number(0, 1000),
        "How many items give a keyword a feed, which stays; 0: none has one.",
        3,
    ),
    Key("feeds.languages", YES_OR_NO, "Whether each language has a feed, once there are two.", default=True),
    Key("feeds.icon", PICTURE, "A square picture for feed readers, below site.base_url; not set: none.", None),
    Key("feeds.logo", PICTURE, "One twice as wide as high, likewise.", None),
    Key("feeds.hub", WEB_ADDRESS, "The WebSub hub that is told of changed feeds; not set: none.", None),
    Key("feeds.combined[].name", THEME_SLUG, "The folder of a feed of your choice; no theme's."),
    Key("feeds.combined[].title", LINE, "What that feed is called."),
    Key("feeds.combined[].themes", THEME_NAMES, "Its items have one of these themes; empty: any.", []),
    Key("feeds.combined[].keywords", LABELS, "And one of these keywords; empty: any.", []),
    Key("feeds.combined[].languages", COMBINED_LANGUAGES, "And one of these languages; empty: any.", []),
    Key("audiences[].name", NAME, "In folder names and mail headers, and for ever in the store."),
    Key("audiences[].title", LINE, "What the digest is called; the site's title when not set.", None),
    Key("audiences[].themes", THEME_SLUGS, "Which themes it gets; `*` for all.", ["*"]),
    Key("audiences[].schedule", SCHEDULE, "When an edition is due, in site.timezone; not set: only by hand.", None),
    Key("audiences[].from", MAILBOX, "Whom the digest comes from; the site's author when not set.", None),
    Key("audiences[].to", MAILBOX, "Where it goes, usually a mailing list."),
    Key("audiences[].reply_to", MAILBOX, "Who gets the answers of its readers; the sender when not set.", None),
    Key("audiences[].first", FIRST, "How many of the items already there its first edition holds.", "all"),
    Key(
        "audiences[].unsubscribe_url",
        HTTPS_URL,
        "The list's page where readers leave it; not set: by mail.",
        None,
    ),
    Key(
        "audiences[].unsubscribe_mailto",
        ADDRESS,
        "Where readers write to leave it; the sender when not set.",
        None,
    ),
    Key("audiences[].postal_address", TEXT, "At the foot of the digest, where a law asks for it.", ""),
    Key("audiences[].language", LANGUAGE, "Of its fixed texts, dates and subject; the site's when not set.", None),
    Key("audiences[].languages", LANGUAGES, "Its items' languages, preferred first; `*`: all others.", ["*"]),
    Key("audiences[].archive", YES_OR_NO, "Whether everybody may read its editions on the web.", default=True),
    Key("audiences[].content", _one_of("summary", "full"), "How much of a long text the digest shows.", "summary"),
    Key("audiences[].keywords", YES_OR_NO, "Whether the digest shows keywords.", default=True),
    Key("audiences[].min_items", _number(1, 1000), "An edition waits until it has that many items.", 1),
    Key("audiences[].max_items", _number(1, 1000), "Further items wait for the next edition; not set: none do.", None),
    Key("audiences[].review", INTERVAL, "How long an edition is held for the editor; not set: not at all.", None),
    Key("audiences[].on_silence", _one_of("send", "keep"), "What becomes of it when nobody decided by then.", "send"),
    Key("audiences[].editor", MAILBOX, "Who is told by mail of an edition that is held; not set: nobody.", None),
    Key(
        "audiences[].overflow",
        _one_of("web", "next"),
        "Where the items are that a mail of 100 kB has no room for: `web` only, or in the `next` edition.",
        "web",
    ),
    Key("digest.accent", _colour_on(PAGE), "The colour of links and rules, in the light.", "#0a4f8f"),
    Key("digest.accent_dark", _colour_on(DARK_PAGE), "And in the dark; not set: a lighter shade of it.", None),
    Key("digest.logo", PICTURE, "A picture above the title, below site.base_url; not set: none.", None),
    Key("digest.logo_alt", LINE, "What is read where it is not seen; the site's title when not set.", None),
    Key("digest.logo_width", _number(16, 480), "Its width in pixels.", 160),
    Key("digest.width", _number(480, 700), "The width of the digest in pixels, where there is room.", 600),
    Key("digest.fonts", FONTS, "For the text; a reader sees the first one on their machine.", list(STYLE.fonts)),
    Key("digest.heading_fonts", FONTS, "For the headings.", list(STYLE.heading_fonts)),
    Key("fetching.timeout", SECONDS, "How long one fetch may take, redirects and all.", "30s"),
    Key("fetching.max_megabytes", _number(1, 1000), "How large an answer may be, unpacked.", 10),
    Key("fetching.private", NETWORKS, "Hosts or networks, none of the Internet's, that may be asked all the same.", []),
    Key("outbox.directory", FOLDER, "Where editions are written, one folder each.", "outbox"),
    Key("notices.to", MAILBOX, "Who is told by mail, once, of a source in trouble; not set: nobody.", None),
    Key("templates.directory", FOLDER, "Templates that win over the ones that come along, file by file.", "templates"),
    Key("service.collect_every", INTERVAL, "How often `publisher serve` looks for news.", "15m"),
    Key("service.listen", LISTEN, "Where `publisher serve` serves the public folder; not set: nowhere.", None),
)

_BY_PATH = {key.path: key for key in KEYS}

PATHS = frozenset(key.path for key in KEYS if key.kind in (FILE, FOLDER))
"""The keys whose values are paths, relative to config.toml."""
