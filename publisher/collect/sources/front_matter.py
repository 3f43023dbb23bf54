"""Reads front matter: the named values above the text of a Markdown file. The only module that imports yaml.

- TOML between `+++`, YAML between `---` (its end may be `...`), or one JSON object: Hugo, Jekyll and similar programs.
  Eleventy names the format in the first line: `---json`.
- Lines such as `Title: …` up to the first empty line, with a title or a date among them: Pelican and MultiMarkdown.

A text stays as it is written: YAML would turn `12:30` into 750, `1.10` into 1.1 and the language `no` into false. Only
`null` and `~` are empty. Dates and yes or no are parsed by the fields that expect them.

People write lines that are no YAML: `title: Ferry: the night`, `title: "The "night" ferry"`, or tabs before a value. If
YAML as a whole cannot be read, the value of each line that cannot be read alone is taken as it is written.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import yaml

from publisher.collect.sources.columns import fold_name
from publisher.collect.sources.values import FieldError

_TOML = re.compile(r"\+{3}[ \t]*\n(?P<front>.*?\n)?\+{3}[ \t]*(?:\n|\Z)", re.DOTALL)
_YAML = re.compile(r" {0,3}-{3,}[ \t]*\n(?P<front>.*?\n)?(?:-{3,}|\.{3})[ \t]*(?:\n|\Z)", re.DOTALL)
_NAMED = re.compile(
    r"---[ \t]*(?P<format>yaml|toml|json)[ \t]*\n(?P<front>.*?\n)?---[ \t]*(?:\n|\Z)", re.DOTALL | re.IGNORECASE
)
_DASHES = re.compile(r"(?:—|–-)[ \t]*\n(?P<front>.*?\n)?(?:—|–-)[ \t]*(?:\n|\Z)", re.DOTALL)
"""YAML between dashes: a Mac writes them when somebody types three hyphens."""
_BLANK_LINES = re.compile(r"(?:[ \t]*\n)+")
_VALUE = re.compile(r"(?P<name>[\w.-]+):[ \t]+(?P<value>\S.*?)[ \t]*")
_NUMBERED = re.compile(
    r"^(?P<name>title):[ \t]+(?P<value>[^\s\"'|>\[{&*!#].* #\d.*?)[ \t]*$", re.IGNORECASE | re.MULTILINE
)
"""A title with a number, `Ferry #5`: in YAML the number would be a comment."""
_FENCE = re.compile(r"\s*(?:\+\+\+|---|;;;)[ \t]*(?:\n|\Z)")
_LINE = re.compile(r"(?P<name>[^\W\d_][\w .-]{0,40}?)[ \t]*:(?:[ \t]+(?P<value>.*))?")
_GOES_ON = re.compile(r"[ \t]+\S")
_CHARACTERS = 8_192
"""The most characters of front matter: a longer text could nest so deep that libyaml overflows the stack and crashes
Python.
"""
_NULL = "tag:yaml.org,2002:null"
_NEEDED = ("title", "date")
"""Front matter in lines needs one of these fields. Without either, the lines are a text that begins with a word and a
colon.
"""


@dataclass(frozen=True, slots=True)
class Parts:
    """A file, split into front matter and text."""

    values: Mapping[str, object]
    """The values of the front matter by name; names are folded by `columns.fold_name`."""
    body: str
    is_doubtful: bool = False
    """Whether no front matter was recognised, although the file begins as if it had some."""


def split(text: str) -> Parts:
    """Return the front matter and the text of a file whose lines end with a line feed.

    Raises:
        FieldError: the front matter is not valid, or has no end.
    """
    if blank := _BLANK_LINES.match(text):
        text = text[blank.end() :]
    for fences, read in ((_TOML, _toml), (_YAML, _yaml), (_DASHES, _yaml), (_NAMED, None)):
        if match := fences.match(text):
            front = match["front"] or ""
            _check_length(front)
            values = (read or _READERS[match["format"].lower()])(front)
            return Parts(_folded(values), text[match.end() :])
    if _FENCE.match(text):
        raise FieldError(
            "its front matter was not recognised: its first line has to be --- or +++, and so has its last"
        )
    if text.startswith("{"):
        return _json(text)
    return _head(text)


def _folded(values: Mapping[str, object]) -> dict[str, object]:
    return {fold_name(name): value for name, value in values.items()}


def _check_length(front: str) -> None:
    if len(front) > _CHARACTERS:
        raise FieldError(f"its front matter has more than {_CHARACTERS} characters")


def _head(text: str) -> Parts:
    """Split a file whose front matter is lines such as `Title: …`, as Pelican and MultiMarkdown write it."""
    head, _, body = text.partition("\n\n")
    values: dict[str, str] = {}
    name = ""
    for line in head.rstrip("\n").split("\n"):
        if name and _GOES_ON.match(line):
            values[name] = f"{values[name]}\n{line.strip()}"
        elif match := _LINE.fullmatch(line):
            name = fold_name(match["name"])
            values[name] = (match["value"] or "").strip()
        else:
            return Parts({}, text, is_doubtful=bool(values))
    if not any(name in values for name in _NEEDED):
        return Parts({}, text, is_doubtful=bool(values))
    _check_length(head)
    return Parts(values, body)


def _json(text: str) -> Parts:
    try:
        values, end = json.JSONDecoder(parse_float=str).raw_decode(text[: 2 * _CHARACTERS])
    except (ValueError, RecursionError):
        return Parts({}, text, is_doubtful=True)
    _check_length(text[:end])
    return Parts(_folded(values), text[end:])


def _toml(front: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(front, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise FieldError(f"its front matter is not TOML: {_reason(error)}") from error


def _yaml(front: str) -> Mapping[str, object]:
    front = _NUMBERED.sub(_quote, front)
    try:
        return _yaml_values(front)
    except FieldError:
        with suppress(FieldError):
            return _yaml_values(_quote_values(front))
        raise


def _yaml_values(front: str) -> Mapping[str, object]:
    # BaseLoader reads every scalar as text, and has no merge keys (<<), by which ten lines can mean a billion names.
    base: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    loader: Any = type("_Loader", (base,), {})
    loader.add_implicit_resolver(_NULL, re.compile(r"(?:~|null|)\Z"), ["~", "n", ""])
    loader.add_constructor(_NULL, lambda _loader, _node: None)
    try:
        values = yaml.load(front, Loader=loader)  # noqa: S506 - it makes nothing but texts, lists and tables
    except (yaml.YAMLError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise FieldError(f"its front matter is not YAML: {_reason(error)}") from error
    if values is not None and not isinstance(values, dict):
        raise FieldError("its front matter is not YAML: expected names with values")
    return {name: value for name, value in (values or {}).items() if isinstance(name, str)}


def _json_values(front: str) -> Mapping[str, object]:
    try:
        values = json.loads(front, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise FieldError(f"its front matter is not JSON: {_reason(error)}") from error
    if not isinstance(values, dict):
        raise FieldError("its front matter is not JSON: expected names with values")
    return values


_READERS = {"yaml": _yaml, "toml": _toml, "json": _json_values}


def _quote_values(front: str) -> str:
    """Return YAML with quotes around each value that is no YAML on its line, and blanks in place of tabs before a
    line; empty braces alone on a line, which Markdown Monster adds, are left out.
    """
    lines = (re.sub(r"^[ \t]+", lambda blank: blank[0].expandtabs(2), line) for line in front.split("\n"))
    return "\n".join(_as_yaml(line) for line in lines if line.strip() != "{}")


def _as_yaml(line: str) -> str:
    value = _VALUE.fullmatch(line)
    if not value:
        return line
    try:
        _yaml_values(line)
    except FieldError:
        return _quote(value)
    return line


def _quote(line: re.Match[str]) -> str:
    """Return a line of YAML with its value in quotes, in place of quotes around it."""
    value = line["value"]
    inner = value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value
    doubled = inner.replace("'", "''")  # within single quotes nothing else is special
    return f"{line['name']}: '{doubled}'"


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
