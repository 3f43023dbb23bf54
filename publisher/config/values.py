"""Kinds of values that several tables of config.toml use. A kind that only one table uses is in its module."""

import os
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from publisher.config.tables import Value, WrongPart, WrongPartsError
from publisher.model.schedules import parse_interval
from publisher.model.site import Mailbox
from publisher.model.slugs import RESERVED_SLUGS, SLUG_LENGTH, slug_of
from publisher.model.themes import EVERY, NOT
from publisher.rendering.addresses import wire_address

_SLUG = r"[a-z0-9]+(-[a-z0-9]+)*"
_LANGUAGE = r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*"
_ENVIRONMENT = r"env:[A-Za-z_][A-Za-z0-9_]*"
_MAILBOX = re.compile(r'\s*"?(?P<name>[^"<>]*?)"?\s*<(?P<address>[^<>]*)>\s*')
_PICTURE = r"[A-Za-z0-9_~-][A-Za-z0-9._~/-]*\.(png|jpg|jpeg|gif)"
"""Picture files that every mail program shows: Gmail supports neither SVG nor data: addresses."""
_SHORTEST_INTERVAL = timedelta(minutes=1)
_ZERO = re.compile(r"0+\s*[smhd]", re.IGNORECASE)

DATABASE = "sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"

STRING = {"type": "string"}
LINES = {"type": "array", "items": {"type": "string", "minLength": 1}}


def any_of(words: Sequence[str]) -> str:
    """Return `a, b or c`."""
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def matching(pattern: str, **more: object) -> dict[str, object]:
    """Return the JSON Schema of a text that must match the pattern completely. `more` are further keywords of the
    schema.
    """
    return {"type": "string", "pattern": f"^({pattern})$", **more}


def list_of(schema: object, **more: object) -> dict[str, object]:
    """Return the JSON Schema of a list whose elements have `schema`. `more` are further keywords of the schema."""
    return {"type": "array", "items": schema, **more}


# --- texts -----------------------------------------------------------------------------------------------------------


def read_text(value: object) -> str:
    """Return a text without white space around it."""
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004  (every reader has one way to say no)
    return value.strip()


def read_line(value: object) -> str:
    """Return a text of one line that is not empty."""
    text = read_text(value)
    if not text or not text.isprintable():
        raise ValueError
    return text


def read_list(element: Value) -> Callable[[object], tuple[str, ...]]:
    """Return a function that reads a list, element by element, and drops repeated elements. Its error names all wrong
    elements.
    """

    def read_all(value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise ValueError  # noqa: TRY004
        wrong: list[WrongPart] = []
        found = element.read_parts(enumerate(value, start=1), wrong)
        if wrong:
            raise WrongPartsError(wrong)
        return tuple(dict.fromkeys(found))

    return read_all


def several_of(*choices: str) -> Value:
    """Return the kind of value for a list of at least one of these words."""

    def read_one(value: object) -> str:
        if value not in choices:
            raise ValueError
        return read_line(value)

    one = Value(any_of([repr(choice) for choice in choices]), read_one, {"enum": list(choices)})

    def read_several(value: object) -> tuple[str, ...]:
        if not value:
            raise ValueError
        return read_list(one)(value)

    return Value(f"a list of {one.expected}", read_several, list_of(one.schema, minItems=1))


LINE = Value("a text on one line", read_line, {"type": "string", "minLength": 1})
Line = Annotated[str, LINE]
Text = Annotated[str, Value("a text", read_text, STRING)]
Folder = Annotated[str, Value("the path of a folder", read_line, {"type": "string", "minLength": 1})]
File = Annotated[str, Value("the path of a file", read_line, {"type": "string", "minLength": 1})]
Labels = Annotated[tuple[str, ...], Value("a list of labels, each a text on one line", read_list(LINE), LINES)]


def absolute(path: Path) -> Path:
    """Return an absolute path without `..`."""
    return Path(os.path.abspath(path))  # noqa: PTH100  (resolve() would follow a link away from the site's folder)


# --- names and languages ---------------------------------------------------------------------------------------------


def is_slug(text: str) -> bool:
    """Whether a name is safe in addresses and file systems."""
    return re.fullmatch(_SLUG, text) is not None and len(text) <= SLUG_LENGTH


def read_slug(value: object) -> str:
    """Return a name that is safe in addresses and file systems."""
    if not isinstance(value, str) or not value:
        raise ValueError
    if not is_slug(value):
        meant = f"; did you mean {slug_of(value)}?" if re.search("[A-Za-z0-9]", value) else ""
        raise ValueError(f"expected {_NAME}, got {value!r}{meant}")
    return value


def read_theme_slug(value: object) -> str:
    """Return a slug for a theme, if it is not the name of a folder that the site itself uses."""
    if isinstance(value, str) and value in RESERVED_SLUGS:
        raise ValueError(f"{value!r} is a folder of the site itself; choose another name")
    return read_slug(value)


def read_language(value: object) -> str:
    """Return a language tag."""
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004
    if re.fullmatch(_LANGUAGE, value):
        return value
    meant = value.partition(".")[0].replace("_", "-")  # as in a system's locale
    raise ValueError(f"expected {_TAG}, got {value!r}; did you mean {meant}?" if re.fullmatch(_LANGUAGE, meant) else "")


def read_theme_choice(value: object) -> tuple[str, ...]:
    """Return a choice of themes as written: names, `*`, and names after a `!`."""
    choice = read_list(CHOSEN)(value)
    if EVERY not in choice and any(each.startswith(NOT) for each in choice):
        raise ValueError('expected "*" beside a name with "!", as in ["*", "!general"]')
    return choice


def _read_chosen(value: object) -> str:
    if isinstance(value, list):
        raise ValueError("expected names of themes in one list, got a list with a list in it")  # noqa: TRY004  pydantic's
    if value == EVERY:
        return EVERY
    if isinstance(value, str) and value.startswith(NOT):
        return NOT + read_theme_slug(value.removeprefix(NOT))
    return read_theme_slug(value)


_NAME = f"a name of lower-case letters, digits and single hyphens, at most {SLUG_LENGTH}"
SLUG_SCHEMA = matching(_SLUG, maxLength=SLUG_LENGTH)
LANGUAGE_SCHEMA = matching(_LANGUAGE)
THEME_NAMES = "a list of theme names (lower-case letters, digits and single hyphens)"
CHOSEN_SCHEMA = {"anyOf": [{"const": EVERY}, matching(rf"!?{_SLUG}", maxLength=SLUG_LENGTH + 1)]}
NAME = Value(_NAME, read_slug, SLUG_SCHEMA)
THEME_SLUG = Value(_NAME, read_theme_slug, SLUG_SCHEMA)
CHOSEN = Value('a theme name, "*" or "!name"', _read_chosen, CHOSEN_SCHEMA)
_TAG = "a language tag such as en or fr-BE"
LANGUAGE = Value(_TAG, read_language, LANGUAGE_SCHEMA)

Name = Annotated[str, NAME]
ThemeSlug = Annotated[str, THEME_SLUG]
ThemeSlugs = Annotated[tuple[str, ...], Value(THEME_NAMES, read_list(THEME_SLUG), list_of(SLUG_SCHEMA))]
THEME_CHOICE = f'{THEME_NAMES}, "*" for all others, "!name" for all but that'
ThemeChoiceWritten = Annotated[tuple[str, ...], Value(THEME_CHOICE, read_theme_choice, list_of(CHOSEN_SCHEMA))]
Language = Annotated[str, LANGUAGE]


# --- addresses -------------------------------------------------------------------------------------------------------


def read_web_address(value: object, *, schemes: Sequence[str] = ("http", "https")) -> str:
    """Return an absolute address in ASCII, without a password."""
    url = read_line(value)
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise ValueError("expected a web address without a name or password in it")
    if parts.scheme not in schemes or not parts.hostname or " " in url or not url.isascii():
        raise ValueError
    _ = parts.port  # raises ValueError if the port is no number
    return url


def _https_url(value: object) -> str:
    return read_web_address(value, schemes=("https",))


def read_address(value: object) -> str:
    """Return a mail address unchanged, if it is valid."""
    address = read_line(value)
    wire_address(address)
    return address


def _mailbox(value: object) -> Mailbox:
    text = read_line(value)
    if text.count("@") > 1 and "," in text:
        raise ValueError(f"expected one address, got {text!r}; for more readers write to a mailing list")
    match = _MAILBOX.fullmatch(text)
    if match is None:
        return Mailbox(address=read_address(text))
    return Mailbox(address=read_address(match["address"]), name=match["name"])


def _picture(value: object) -> str:
    path = read_text(value)
    if not re.fullmatch(_PICTURE, path) or "//" in path or ".." in path:
        raise ValueError
    return path


WEB_ADDRESS = "an absolute http or https address in ASCII"
WebAddress = Annotated[str, Value(WEB_ADDRESS, read_web_address, matching(r"https?://\S+"))]
HttpsAddress = Annotated[str, Value("an absolute https address in ASCII", _https_url, matching(r"https://\S+"))]
ADDRESS = Value("a mail address such as news@example.org", read_address, matching(r"\S+@\S+"))
Address = Annotated[str, ADDRESS]
MailboxValue = Annotated[
    Mailbox, Value("a mail address such as Name <news@example.org>", _mailbox, matching(r".*\S@\S.*"))
]
Picture = Annotated[
    str, Value("a .png, .jpg or .gif below site.base_url such as assets/logo.png", _picture, matching(_PICTURE))
]


# --- secrets and databases -------------------------------------------------------------------------------------------


_PASSWORD = re.compile(r":[^@/]*@|passw|pwd", re.IGNORECASE)
"""What the address of a database with a password contains, `://` or not."""


ODD_VARIABLE = '"env:" is in small letters, and a variable has a name of letters, digits and _'


def is_odd_variable(text: str) -> bool:
    """Whether a value is meant to name an environment variable, but does not in the correct form."""
    return re.match(r"env:|\$\{|\$[A-Z_]+$", text, re.IGNORECASE) is not None and not names_variable(text)


def refuse_odd_variable(text: str) -> None:
    """Raise ValueError if `is_odd_variable`. The message does not contain the value: it may be a secret."""
    if is_odd_variable(text):
        raise ValueError(f"expected env:VARIABLE; {ODD_VARIABLE}")


def names_variable(value: object) -> bool:
    """Whether a value names an environment variable in the correct form."""
    return isinstance(value, str) and re.fullmatch(_ENVIRONMENT, value) is not None


def variable_of(value: object) -> str:
    """Return the name of the environment variable that a value names; return an empty string if it names none."""
    return value.removeprefix("env:") if isinstance(value, str) and value.startswith("env:") else ""


def is_database_address(url: str) -> bool:
    """Whether `url` begins like an address of a database that a store can use."""
    return url.startswith(("sqlite://", "postgresql://", "postgresql+psycopg://"))


def refuse_short_sqlite(url: str) -> None:
    """Raise ValueError if the address of an SQLite file lacks a slash."""
    short = re.fullmatch(r"sqlite:/{0,2}(?P<file>[^/].*)", url)
    if short:
        raise ValueError(
            f"expected three slashes before the file, got {url!r}; did you mean sqlite:///{short['file']}?"
        )


def refuse_password(url: str, *, variable: str) -> None:
    """Raise ValueError if a database's address has a password, or if its form is wrong and it seems to have one; the
    message does not contain it, because logs keep messages.
    """
    if urlsplit(url).password is not None or _PASSWORD.search(url):
        raise ValueError(
            "expected no password in this file; put the whole address into an environment variable"
            f' and write url = "env:{variable}"'
        )


# --- durations -------------------------------------------------------------------------------------------------------


def read_interval(value: object) -> timedelta:
    """Return an interval such as `15m`."""
    try:
        return parse_interval(read_text(value))
    except ValueError as error:
        raise ValueError from error


def _interval(value: object) -> timedelta:
    interval = timedelta(0) if _ZERO.fullmatch(read_text(value)) else read_interval(value)
    if interval < _SHORTEST_INTERVAL:
        raise ValueError(f"expected a minute or more, got {value!r}")
    return interval


def _review(value: object) -> timedelta:
    try:
        return _interval(value)
    except ValueError as error:
        if "or more" not in str(error):
            raise
        instead = 'leave the key out to hold no edition; on_silence = "keep" holds each until somebody decides'
        raise ValueError(f"{error}; {instead}") from error


INTERVAL_SCHEMA = matching(r"\s*[1-9][0-9]{0,5}\s*[smhdSMHD]\s*")
INTERVAL = Value("a number with s, m, h or d such as 15m", _interval, INTERVAL_SCHEMA)
Interval = Annotated[timedelta, INTERVAL]
ReviewTime = Annotated[timedelta, Value(INTERVAL.expected, _review, INTERVAL_SCHEMA)]
