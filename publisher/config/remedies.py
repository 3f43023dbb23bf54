"""Says what to write instead of what is wrong in config.toml."""

import json
import re
from collections.abc import Mapping, Sequence
from itertools import islice

from publisher.config.keys import REQUIRED, TRUE_OR_FALSE, Key
from publisher.config.values import any_of
from publisher.model.problems import suggestion

_TRUTH = {**dict.fromkeys(("true", "yes", "on"), "true"), **dict.fromkeys(("false", "no", "off"), "false")}
_DURATION = re.compile(r"0*([1-9][0-9]{0,4})\s*(s|m|h|d|w)[a-z]*", re.IGNORECASE)
"""A duration as people write it, such as `2 hours` or `1w`."""
_PLACES = 3
"""How many tables a message names at most as the place of a key."""


def remedy_of_value(expected: str, value: object) -> str:
    """Return what to write instead of a value, or an empty string if that is not known."""
    if not isinstance(value, str):
        return ""
    if expected.startswith("a list of "):
        return f"; write {json.dumps([each.strip() for each in value.split(',')], ensure_ascii=False)}"
    if unquoted := _unquoted(expected, value):
        return f"; write {unquoted}, without quotes"
    meant = _meant(expected, value)
    return f"; did you mean {meant}?" if meant else suggestion(value, re.findall("'([^']*)'", expected))


def _unquoted(expected: str, text: str) -> str:
    """Return the number, `true` or `false` that a text stands for where one is expected, or an empty string."""
    if expected == TRUE_OR_FALSE:
        return _TRUTH.get(text.lower(), "")
    return text if expected.startswith("a number from ") and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) else ""


def _meant(expected: str, text: str) -> str:
    """Return the duration or web address that a text stands for where one is expected, or an empty string."""
    if expected.startswith("a number with s") and (duration := _DURATION.fullmatch(text.strip())):
        number, unit = int(duration[1]), duration[2].lower()
        return f"{number * 7}d" if unit == "w" else f"{number}{unit}"
    is_host = expected.startswith("an absolute http") and re.fullmatch(r"[a-z0-9.-]+\.[a-z]{2,}(/\S*)?", text)
    return f"https://{text}" if is_host else ""


def remedy_of_name(patterns: Sequence[str], names: Sequence[str], keys: Mapping[str, Key]) -> str:
    """Return what to do about a key that does not exist: the name that is meant, or the place where the key belongs.

    `patterns` are the key's possible paths, as in `keys`, and `names` are the names that its table takes.
    """
    name = patterns[-1].rpartition(".")[2]
    if name not in names and (same := [each for each in names if _spelt_alike(each) == _spelt_alike(name)]):
        return f"; did you mean {same[0]}?"
    if top := [_header(path.partition(".")[0]) for path in keys if re.match(rf"{re.escape(name)}(\[\])?\.", path)]:
        return f"; begin a table of its own with {top[0]}"
    tables = list(dict.fromkeys(filter(None, (_table_of(path, name) for path in keys))))
    kinds = [f'"{kind[1]}"' for table in tables if (kind := re.fullmatch(r"sources\[(\w+)\]", table))]
    if kinds and patterns[-1].startswith("sources[]"):
        return f"; it belongs to a source with kind = {any_of(kinds)}"
    if 0 < len(tables) <= _PLACES and not kinds:
        return f"; it belongs to {any_of([_header(table) for table in tables])}"
    return suggestion(name, names) or f"; expected {any_of(names)}"


def _spelt_alike(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def _table_of(path: str, name: str) -> str:
    """Return the table of config.toml that has a key `name`, such as `smtp` or `sources[page]`, if `path` is the path
    of that key or of one inside it; otherwise an empty string.
    """
    table, _, inner = path.rpartition(f".{name}")
    is_inside = inner == "" or inner.startswith(".")
    return table if is_inside and "." not in table.removeprefix("feeds.") else ""


def _header(table: str) -> str:
    """Return the line that begins a table of config.toml."""
    return f"[[{table.removesuffix('[]')}]]" if table.endswith("[]") else f"[{table}]"


def remedy_of_table(patterns: Sequence[str], keys: Mapping[str, Key]) -> str:
    """Return how to write a table: as a line with its required keys or else its first key, or, at the top of
    config.toml, by its header. `patterns` are the table's possible paths, as in `keys`.
    """
    if "." not in patterns[-1]:
        return f"; begin it with [{patterns[-1]}]"
    own = {path.rpartition(".")[2]: key for path, key in keys.items() if path.rpartition(".")[0] in patterns}
    shown = {name: key for name, key in own.items() if key.default is REQUIRED} or dict(islice(own.items(), 1))
    samples = (f"{name} = {json.dumps(key.example or key.default)}" for name, key in shown.items())
    return f"; write {{ {', '.join(samples)} }}"
