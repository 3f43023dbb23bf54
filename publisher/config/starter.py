"""The configuration that a new site starts with: required keys are set, and all others stand in comments.

It is made from the classes of the tables. The project's own config.toml has the same text; a test compares them.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from inspect import cleandoc
from textwrap import wrap

from pydantic.fields import FieldInfo

from publisher.config.document import Document
from publisher.config.keys import REQUIRED, Key, keys_of, table_by_name, table_of, tables_of
from publisher.config.tables import Table

Keys = Mapping[str, Key]
"""Descriptions of keys by their paths, such as `site.title`."""

HEAD = """\
The configuration of one site. Paths are relative to this file.
`publisher check` says what is wrong here, all of it at once; keys behind a # are optional and show their default,
or an example where there is none.
"""
SET = ("audiences[].schedule", "themes.*.labels", "feeds.combined[].themes", "feeds.combined[].languages")
"""Optional keys that the starter configuration sets."""
THEME = "borders-visa"
"""The theme in the starter configuration."""

_COMMENT_COLUMN = 40
_WIDTH = 120


def starter(document: type[Table] = Document) -> str:
    """Return the text of a config.toml that is valid without any change."""
    keys = {key.path: key for key in keys_of(document)}
    blocks = [_commented(HEAD)]
    for name, field in document.model_fields.items():
        table, tables = table_of(field.annotation), tables_of(field.annotation)
        if table is not None:
            blocks.append(_header(f"[{name}]", table) + _body(table, (f"{name}.",), keys))
            blocks += _inner_blocks(name, table, keys)
        elif tables is not None:
            listing = tables.get("listing", tables[""])
            body = _body(listing, (f"{name}[].", f"{name}[listing]."), keys)
            blocks.append(_header(f"[[{name}]]", tables[""]) + body)
    return "\n".join(blocks)


def _inner_blocks(name: str, table: type[Table], keys: Keys) -> Iterator[str]:
    """Yield the texts of those tables inside a table that have their own headers."""
    if (theme := table_by_name(table)) is not None:
        yield _header(f"[{name}.{THEME}]", theme) + _body(theme, (f"{name}.*.",), keys)
    for inner, field in table.model_fields.items():
        if (tables := tables_of(field.annotation)) is not None:
            block = _header(f"[[{name}.{inner}]]", tables[""]) + _body(tables[""], (f"{name}.{inner}[].",), keys)
            yield "".join(f"#   {line.removeprefix('# ')}" for line in block.splitlines(keepends=True))


def _header(header: str, table: type[Table]) -> str:
    return f"{_commented(cleandoc(table.__doc__ or ''))}{header}\n"


def _body(table: type[Table], prefixes: Sequence[str], keys: Keys) -> str:
    """Return the lines of a table: first the keys that are set, then all others in comments."""
    lines = [line for field in table.model_fields.items() for line in _lines(*field, prefixes, keys)]
    return "".join(text for _, text in sorted(lines, key=lambda line: not line[0]))


def _lines(name: str, field: FieldInfo, prefixes: Sequence[str], keys: Keys) -> Iterator[tuple[bool, str]]:
    """Yield the line of each key that a field has, and whether the key is set."""
    name = field.alias or name
    if (inner := table_of(field.annotation)) is not None:
        own = [key for key in keys.values() if key.path.startswith(f"{prefixes[0]}{name}.")]
        is_set = any(map(_is_set, own))
        value = {key.path.rpartition(".")[2]: _sample(key) for key in own if _is_set(key) or not is_set}
        yield is_set, _line(name, value, inner.__doc__ or "", is_set=is_set)
    for key in (keys[prefix + name] for prefix in prefixes if prefix + name in keys):
        is_set = _is_set(key)
        is_empty = key.default == [] and key.example is not None and not is_set
        meaning = f"{key.meaning[:-1]}, as in {toml(key.example)}." if is_empty else key.meaning
        yield is_set, _line(name, _sample(key), meaning, is_set=is_set)


def _line(name: str, value: object, meaning: str, *, is_set: bool) -> str:
    line = f"{'' if is_set else '# '}{name} = {toml(value)}"
    beside = f"{line.ljust(_COMMENT_COLUMN - 1)} # {meaning}"
    return f"{beside}\n" if len(beside) <= _WIDTH else f"# {meaning}\n{line}\n"


def _is_set(key: Key) -> bool:
    return key.default is REQUIRED or key.path in SET


def _sample(key: Key) -> object:
    """Return the value that shows how to write a key: its example, or else its default."""
    return key.example if key.default is None or _is_set(key) else key.default


def _commented(text: str) -> str:
    lines = (wrapped for line in text.splitlines() for wrapped in wrap(line, _WIDTH - 2) or [""])
    return "".join(f"# {line}".rstrip() + "\n" for line in lines)


def toml(value: object) -> str:
    """Return a value in TOML, on one line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {toml(each)}" for name, each in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)  # JSON and TOML write texts, numbers, booleans and lists of them alike
