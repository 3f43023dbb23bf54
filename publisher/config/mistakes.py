"""Parses the tables of config.toml, and names every mistake in them at once, each with its path and what is expected.

pydantic finds mistakes in single keys. `rules` finds contradictions between keys, and needs a complete document. So a
wrong key gets a stand-in value: its default, or its example if the key is required.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from publisher.config.document import Document
from publisher.config.keys import REQUIRED, Key, keys_of
from publisher.config.remedies import remedy_of_name, remedy_of_table, remedy_of_value
from publisher.config.tables import WrongPartsError
from publisher.config.values import is_slug

Location = tuple[int | str, ...]
"""Where pydantic found an error: names of keys, indexes in lists, and, after the index of a source, its kind."""
Keys = Mapping[str, Key]
"""Descriptions of keys by their paths, such as `site.title`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedConfig:
    """The parsed config.toml, and its mistakes."""

    document: Document
    mistakes: tuple[str, ...]
    """Mistakes in single keys, one line each, beginning with the key's path."""
    stand_ins: frozenset[str]
    """Paths of the keys in `document` that have stand-in values. No rule may complain about a stand-in."""


def read(written: Mapping[str, Any]) -> ParsedConfig:
    """Return the parsed config.toml, with stand-ins for wrong values; `written` is what the TOML parser gave."""
    try:
        return ParsedConfig(document=Document.model_validate(written), mistakes=(), stand_ins=frozenset())
    except ValidationError as error:
        errors = error.errors(include_url=False)
    keys = _all_keys()
    mistakes = dict.fromkeys(line for error in errors for line in _mistakes(error, written, keys))
    stand_ins = frozenset(path_of(error["loc"], written) for error in errors)
    return ParsedConfig(document=_patched(written, errors, keys), mistakes=tuple(mistakes), stand_ins=stand_ins)


@cache  # a service and its preview read a file with mistakes again and again
def _all_keys() -> Keys:
    return {key.path: key for key in keys_of(Document)}


# --- messages --------------------------------------------------------------------------------------------------------


def path_of(location: Location, written: Mapping[str, Any]) -> str:
    """Return the path of a key as messages write it. A table in a list is identified by its name, or else by its number
    from 1.
    """
    return _path(_without_kind(location), written)


def _path(steps: Location, written: Mapping[str, Any]) -> str:
    names: list[str] = []
    value: object = written
    for step in steps:
        value = _inside(value, step)
        names.append(step if isinstance(step, str) else _called(value, step))
    return ".".join(names)


def _called(table: object, place: int) -> str:
    name = _inside(table, "name")
    return name if isinstance(name, str) and is_slug(name) else str(place + 1)


def _mistakes(error: ErrorDetails, written: Mapping[str, Any], keys: Keys) -> Iterator[str]:
    """Yield a line for each mistake that an error of pydantic stands for."""
    location = error["loc"]
    path, patterns = path_of(location, written), _patterns(location)
    key = next((keys[pattern] for pattern in patterns if pattern in keys), None)
    cause = error["ctx"]["error"] if error["type"] == "value_error" else None
    if error["type"] == "extra_forbidden":
        yield f"{path}: no such key{remedy_of_name(patterns, _names_beside(patterns, keys), keys)}"
    elif key is None:
        yield _wrong_table(error, written, keys)
    elif error["type"] == "missing":
        yield f"{path}: expected {key.expected}, but it is missing"
    elif isinstance(cause, WrongPartsError):
        for part in cause.parts:
            yield f"{path}.{part.path}: {_unexpected(part.expected, part.value, part.problem)}"
    else:
        is_left_out = key.default is None and _is_empty(error["input"])
        instead = "; leave the key out if it should not be set" if is_left_out else ""
        yield f"{path}: {_unexpected(key.expected, error['input'], str(cause or ''))}{instead}"


def _unexpected(expected: str, value: object, own_words: str) -> str:
    """Return what is wrong with a value; `own_words` are those of its reader, if it has any."""
    if _is_empty(value):
        return f"expected {expected}, but it is empty"
    return own_words or f"expected {expected}, got {shown(value)}{remedy_of_value(expected, value)}"


def _is_empty(value: object) -> bool:
    return value in ([], {}) or (isinstance(value, str) and not value.strip())


def _wrong_table(error: ErrorDetails, written: Mapping[str, Any], keys: Keys) -> str:
    """Return the message for a value that should be a table, or a list of tables."""
    steps, value = _without_kind(error["loc"]), error["input"]
    if isinstance(steps[-1], int):  # an element of a list of tables is something else
        steps, value = steps[:-1], []
    elif error["type"] != "tuple_type":
        remedy = remedy_of_table(_patterns(error["loc"]), keys)
        return f"{_path(steps, written)}: expected a table, got {shown(value)}{remedy}"
    path = _path(steps, written)
    return f"{path}: expected a list of tables, each begun with [[{path}]], got {shown(value)}"


def shown(value: object) -> str:
    """Return a value from a TOML file as a message shows it."""
    match value:
        case bool():
            return str(value).lower()
        case Mapping():
            return "a table"
        case list() | tuple():
            return "a list"
        case str() | int() | float():
            return repr(value)
        case datetime():
            return "a date with a time"
        case _:
            return f"a {type(value).__name__}"


# --- locations -------------------------------------------------------------------------------------------------------


def _without_kind(location: Location) -> Location:
    return (*location[:2], *location[3:]) if location[0] == "sources" else location


def _patterns(location: Location) -> tuple[str, ...]:
    """Return the paths under which `Keys` may have the key at a location."""
    steps = _without_kind(location)
    if steps[0] == "themes" and len(steps) > 1 and steps[1] != "default":
        steps = ("themes", "*", *steps[2:])
    pattern = "".join("[]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")
    if steps == location or len(location) < len(("sources", 0, "kind")):
        return (pattern,)
    return (pattern.replace("[]", f"[{location[2]}]", 1), pattern)


def _names_beside(patterns: Sequence[str], keys: Keys) -> list[str]:
    """Return the names of all keys in one table, given the possible paths of one of them."""
    above = tuple(pattern[: pattern.rfind(".") + 1] for pattern in patterns)
    names = [
        re.split(r"[.\[]", path.removeprefix(prefix))[0] for path in keys for prefix in above if path.startswith(prefix)
    ]
    return list(dict.fromkeys(names))


def _inside(value: object, step: int | str) -> Any:  # noqa: ANN401  (any TOML value)
    """Return the value under a key or an index of another value, or `None` if it has no such value."""
    if isinstance(value, Mapping):
        return value.get(step)
    return value[step] if isinstance(value, list) and isinstance(step, int) else None


# --- stand-ins -------------------------------------------------------------------------------------------------------


def _patched(written: Mapping[str, Any], errors: Sequence[ErrorDetails], keys: Keys) -> Document:
    patched = deepcopy(dict(written))
    for error in errors:
        _put_stand_in(patched, error["loc"], keys)
    try:
        return Document.model_validate(patched)
    except ValidationError as again:  # the required keys of a removed table are missing now
        found = again.errors(include_url=False)
        if [error["loc"] for error in found] == [error["loc"] for error in errors]:
            raise
        return _patched(patched, found, keys)


def _put_stand_in(patched: dict[str, Any], location: Location, keys: Keys) -> None:
    """Replace a wrong value of a required key by its example; remove any other wrong value."""
    steps = _without_kind(location)
    if isinstance(steps[-1], int):
        steps = steps[:-1]
    table: Any = patched
    for step, following in pairwise(steps):
        is_table = isinstance(table, dict) and isinstance(following, str)
        table = table.setdefault(step, {}) if is_table else _inside(table, step)
    if not isinstance(table, dict):
        return  # the list that contained it was removed
    key = next((keys[pattern] for pattern in _patterns(location) if pattern in keys), None)
    if key is not None and key.default is REQUIRED:
        table[steps[-1]] = deepcopy(key.example)
    else:
        table.pop(steps[-1], None)
