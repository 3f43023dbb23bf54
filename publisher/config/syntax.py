"""Reads the text of config.toml, and says what is wrong if it is not TOML.

Messages show no values, which may be secret.
"""

import re
import tomllib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from publisher.model.errors import ConfigError

_DEEPEST = 10
"""How deep tables and lists may be nested; no key is even half as deep."""
_NAME = r"""(?:[\w-]+|"[^"\\]*"|'[^']*')"""
_KEY_OR_HEADER = re.compile(rf"\s*(\[[^\]=]*\]*|{_NAME}(?:\s*\.\s*{_NAME})*(?=\s*=))")
"""A table header, or a key before an equals sign. Anything else may be a part of a value, and a secret: in the line
`password: "c2VjcmV0=="`, an equals sign stands behind the beginning of the password.
"""
_SHOWN = 100
"""How many characters of a key a message shows."""
_QUOTED = re.compile(r'"(\\.|[^"\\])*"|\'[^\']*\'')
_REMEDIES = (
    ("", r"<{7}|={7}|>{7}", "a merge left this line here"),
    ("", r"\s*(//|;|/\*|--)", "a comment begins with #"),
    ("", r"\s*\[ +\[", "write [[ and ]] without spaces between"),
    ("", r"\s*\{", 'this looks like JSON; in TOML a line is as in title = "News"'),
    ("", r"\s*[\w.-]+\s*:", "write = between key and value"),
    ("", ".*[“”„‘’«»]", 'quotes must be straight (")'),
    ("Illegal character '\\n'", "", "a quotation mark is missing at the end of the line"),
    ("Unescaped", "", "write two backslashes for one, or put the text in single quotes"),
    ("Cannot overwrite", "", "it is set above already"),
    ("Cannot mutate", "", "it is set above already"),
    ("Cannot declare", r"\s*\[(sources|audiences|feeds\.combined)\]", "begin each with [[ and end it with ]]"),
    ("Cannot declare", "", "put its keys below the first one"),
    ("Expected ']'", "", "the name of a table has letters, digits, hyphens and dots, and ends with ]"),
    ("Unclosed array", "", "a list lacks a comma or its ]"),
    ("Invalid initial character", r".*\{", "braces open and close on one line, without a comma before }"),
    ("Expected newline", r".*[;,]\s*$", "take away the mark at the end of the line"),
    ("Expected newline", r"[^=]*=\s*[-+]?[0-9]", "a number has digits only, and no 0 first; all else stands in quotes"),
    ("Expected newline", r'[^=]*=\s*""\S', r"""a text in double quotes may have \" and ' in it"""),
    ("Invalid value", r"[^=]*=\s*(yes|no|on|off|true|false)\s*(#.*)?$", "write true or false, in small letters"),
    ("Invalid value", r"[^=]*=\s*#[0-9a-f]{3,6}\s*$", "a text stands in quotes"),
    ("Invalid value", r"[^=]*=\s*(null|none|nil|undefined)?\s*(#.*)?$", "leave the key out if it should not be set"),
    ("Invalid value", r"[^=]*=\s*\w", "a text stands in quotes"),
)
"""What to do, by the beginning of the parser's message and a pattern of the line, in which texts in quotes are empty.
The first that fits is told.
"""


def read_toml(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file.

    Raises:
        ConfigError: the file cannot be read, or is not TOML. It says where, and what to do as far as that is known.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ConfigError(str(path), ["no such file; `publisher init` makes a new site"]) from error
    except OSError as error:
        raise ConfigError(str(path), [f"it cannot be read: {error.strerror}"]) from error
    try:
        text = _decoded(data)
    except ValueError as error:
        raise ConfigError(str(path), [str(error)]) from error
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = f"this is not TOML: {_words_of(error)}{_about_line_of(error, text)}"
        raise ConfigError(str(path), [problem]) from error
    except RecursionError:
        document = None
    if document is None or _is_deeper(document, _DEEPEST):
        raise ConfigError(str(path), ["tables or lists are nested too deep"])
    return document


def _decoded(data: bytes) -> str:
    """Return the text of a file, or raise ValueError with what is wrong."""
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) or b"\0" in data[:2]:
        raise ValueError("it is in UTF-16; save the file in UTF-8")
    if b"\r" in data and b"\n" not in data:
        raise ValueError("its lines end as on an old Mac; save the file with line ends of Unix or Windows")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line} is not in UTF-8; save the file in that encoding") from error


def _is_deeper(document: dict[str, Any], most: int) -> bool:
    """Whether tables and lists are nested deeper than `most` levels."""
    level: list[object] = [document]
    for _ in range(most):
        level = [inner for outer in level for inner in _members(outer)]
    return bool(level)


def _members(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


# --- messages --------------------------------------------------------------------------------------------------------


def _words_of(error: tomllib.TOMLDecodeError) -> str:
    """Return an error's message, with table names as config.toml writes them: Python shows `('a', 'b')` for `a.b`."""
    return re.sub(r"\((?:'[^']*'(?:, )?)+,?\)", lambda found: ".".join(re.findall(r"'([^']*)'", found[0])), str(error))


def _about_line_of(error: tomllib.TOMLDecodeError, text: str) -> str:
    """Return the key or the table header in the line that an error names, with a colon before it, and what to do."""
    number = re.search(r"at line (\d+)", str(error))
    lines = text.split("\n")
    line = lines[int(number[1]) - 1].removesuffix("\r") if number and int(number[1]) <= len(lines) else ""
    found = _KEY_OR_HEADER.match("".join(each for each in line if each.isprintable() or each.isspace()))
    key = "".join(each for each in found[1] if each.isprintable()) if found else ""
    remedy = _remedy(str(error), line)
    return (f": {key[:_SHOWN]}" if key else "") + (f"; {remedy}" if remedy else "")


def _remedy(words: str, line: str) -> str:
    """Return what to do about an error with these words in a line, or an empty string if that is not known."""
    emptied = _QUOTED.sub('""', line)
    if unseen := [each for each in emptied if each not in " \t" and (not each.isprintable() or each.isspace())]:
        return f"the line has an invisible character (U+{ord(unseen[0]):04X}); type the line anew"
    found = (
        remedy
        for beginning, pattern, remedy in _REMEDIES
        if words.startswith(beginning) and re.match(pattern, emptied, re.IGNORECASE)
    )
    return next(found, "")
