"""Writes the tables of keys in docs/reference.md, from the tables of config.toml. A test compares them."""

import json
import re
from itertools import groupby

from publisher.config.document import Document
from publisher.config.keys import REQUIRED, Key, keys_of
from publisher.config.tables import Table

HEADING = "\n## config.toml\n"
"""The heading of the section of docs/reference.md that has the tables of keys."""
_ROW = "| `"


def reference(page: str, document: type[Table] = Document) -> str:
    """Return the text of docs/reference.md with the rows of its tables of keys updated.

    A Markdown table that has a key of a table of config.toml, such as `[site]`, gets all keys of that table of
    config.toml.
    """
    before, heading, rest = page.partition(HEADING)
    section, following, after = rest.partition("\n## ")
    rows = [_row(key) for key in keys_of(document)]
    parts = []
    for is_row, group in groupby(section.splitlines(keepends=True), lambda line: line.startswith(_ROW)):
        lines = list(group)
        there = {_name_of(line) for line in lines}
        parts += [row for row in rows if _name_of(row) in there] if is_row else lines
    return "".join((before, heading, *parts, following, after))


def _row(key: Key) -> str:
    if key.default is REQUIRED:
        default = "required"
    else:
        default = "not set" if key.default is None else f"`{json.dumps(key.default, ensure_ascii=False)}`"
    cells = [f"`{key.path}`", key.expected, default, key.meaning]
    return f"| {' | '.join(cell.replace('<', chr(92) + '<') for cell in cells)} |\n"


def _name_of(row: str) -> str:
    """Return the name of the table of config.toml whose key a row describes."""
    return re.split(r"[.\[`]", row.removeprefix(_ROW))[0]
