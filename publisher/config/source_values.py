"""Kinds of values that only the tables of sources use."""

import re
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_network
from typing import Literal

from publisher.collect.sources.base import KINDS, kind_names
from publisher.config.tables import Value
from publisher.config.values import (
    LINE,
    LINES,
    STRING,
    WEB_ADDRESS,
    any_of,
    matching,
    names_variable,
    read_line,
    read_list,
    read_text,
    read_web_address,
    refuse_odd_variable,
    refuse_password,
    refuse_short_sqlite,
)
from publisher.model.problems import suggestion

_DAYS = re.compile(r"([1-9][0-9]{0,4}) days?")
_HOST = re.compile(r"(?=.*[a-z])[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.IGNORECASE)
_SETTLE = re.compile(r"([1-9][0-9]{0,2}) ?(h|hours?|min|minutes?)")
_MEANT = {
    **dict.fromkeys(("rss", "atom", "xml", "jsonfeed"), "feed"),
    **dict.fromkeys(("csv", "json", "jsonl", "ndjson", "excel"), "table"),
    **dict.fromkeys(("html", "web", "website", "scrape"), "page"),
    **dict.fromkeys(("sql", "sqlite", "postgres", "postgresql", "mysql"), "database"),
    **dict.fromkeys(("md", "folder"), "markdown"),
    **dict.fromkeys(("txt", "text", "file"), "listing"),
}
"""Kinds of source by what an operator may call them."""
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def _days(value: object) -> timedelta:
    match = _DAYS.fullmatch(read_text(value))
    if match is None:
        raise ValueError
    return timedelta(days=int(match[1]))


def _settle(value: object) -> timedelta:
    match = _SETTLE.fullmatch(read_text(value))
    if match is None:
        raise ValueError
    number = int(match[1])
    return timedelta(hours=number) if match[2].startswith("h") else timedelta(minutes=number)


def _since(value: object) -> timedelta | None:
    text = read_text(value)
    if text == "all":
        return None
    return timedelta(0) if text == "now" else _days(text)


def _kind(value: object) -> str:
    kind = read_line(value)
    if kind in KINDS or _DOTTED.fullmatch(kind):
        return kind
    known = kind_names()
    if kind not in known:
        dotted = f"{kind[::-1].replace('.', ':', 1)[::-1]}"
        meant = _MEANT.get(kind.lower(), dotted if _DOTTED.fullmatch(dotted) else "")
        hint = f"; did you mean {meant}?" if meant else suggestion(kind, known)
        raise ValueError(f"expected {_one_of(known)}, got {kind!r}{hint}")
    return kind


def _one_of(kinds: Sequence[str]) -> str:
    return f"{any_of([repr(each) for each in kinds])}, or the path of a class such as 'package.module:Class'"


def _web_place(value: object) -> str:
    refuse_odd_variable(read_line(value))
    return read_line(value) if names_variable(value) else read_web_address(value)


def _query(value: object) -> str:
    if not (query := read_text(value)):
        raise ValueError
    return query


def _database_place(value: object) -> str:
    place = read_line(value)
    if names_variable(place):
        return place
    refuse_odd_variable(place)
    refuse_password(place, variable="NEWS_DATABASE_URL")
    refuse_short_sqlite(place)
    if "://" not in place:
        raise ValueError
    return place


def _mark(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError
    return value


def _as_it_is(value: object) -> object:
    return value


def _network(value: object) -> str:
    """Return a value that is a host name, an address or a network."""
    host = read_line(value)
    try:
        if not _HOST.fullmatch(host):
            ip_network(host, strict=False)
    except ValueError as error:
        raise ValueError from error
    return host


KIND = Value(_one_of(list(KINDS)), _kind, STRING)
FOREIGN_KIND = Value(KIND.expected, _kind, {"type": "string", "not": {"enum": list(KINDS)}})
SINCE = Value('"all", "now" or a number of days such as "30 days"', _since, matching("all|now|[1-9][0-9]* days?"))
DAYS = Value('a number of days such as "60 days"', _days, matching("[1-9][0-9]* days?"))
SETTLE = Value(
    'hours or minutes such as "2h" or "90 minutes"', _settle, matching("[1-9][0-9]{0,2} ?(h|hours?|min|minutes?)")
)
WEB_PLACE = Value(f"{WEB_ADDRESS} or env:VARIABLE", _web_place, matching(r"https?://\S+|env:\w+"))
DATABASE_PLACE = Value(
    "the address of a database as SQLAlchemy writes it, without a password, or env:VARIABLE",
    _database_place,
    matching(r".+://.*|env:\w+"),
)
SELECTOR = Value("a CSS selector (`publisher check --source ADDRESS` suggests some)", read_line, STRING)
Undated = Literal["skip", "seen"]
QUERY = Value("an SQL query", _query, {"type": "string", "pattern": r"\S"})
MARK = Value("a mark such as , or ;", _mark, {"type": "string", "minLength": 1})
COMPLETE = "Whether the source lists all its items: a missing item is then withdrawn, even the oldest."
NETWORK = Value("a host or a network such as 10.0.0.0/8", _network, LINE.schema)
NETWORKS = Value(
    'a list of hosts or networks such as ["intranet.example.org", "10.0.0.0/8"]', read_list(NETWORK), LINES
)
PRIVATE = "Your own hosts or networks that this source may fetch from, besides the public Internet."
OWN_NETWORKS = ["intranet.example.org", "10.0.0.0/8"]
ANYTHING = Value("what the class takes", _as_it_is, {})
