"""Files that are not TOML: the line, the key in it, and what to do, without a value."""

import re
from pathlib import Path

import pytest

from publisher.config.syntax import read_toml
from publisher.model.errors import ConfigError


def problem(folder: Path, data: bytes) -> str:
    """Return what is wrong with a file."""
    (folder / "config.toml").write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        read_toml(folder / "config.toml")
    (found,) = caught.value.problems
    return found


NUMBER = "a number has digits only, and no 0 first; all else stands in quotes"
HEADER = "the name of a table has letters, digits, hyphens and dots, and ends with ]"
ESCAPE = """a text in double quotes may have \\" and ' in it"""
BRACES = "braces open and close on one line, without a comma before }"
BOOLEAN = "write true or false, in small letters"
QUOTES = "a text stands in quotes"


@pytest.mark.parametrize(
    ("line", "key", "remedy"),
    [
        ("title = News", "title", QUOTES),
        ("title = ada@example.org", "title", QUOTES),
        ("accent = #0a4f8f", "accent", QUOTES),
        ("review = 2h", "review", NUMBER),
        ("limit = 1,000", "limit", NUMBER),
        ("limit = 050", "limit", NUMBER),
        ("limit = 50%", "limit", NUMBER),
        ("languages = True", "languages", BOOLEAN),
        ("languages = yes  # all", "languages", BOOLEAN),
        ("hub = null", "hub", "leave the key out if it should not be set"),
        ("hub =", "hub", "leave the key out if it should not be set"),
        ('title = "News', "title", "a quotation mark is missing at the end of the line"),
        ("title = \"News'", "title", "a quotation mark is missing at the end of the line"),
        ('title = "The "News""', "title", ESCAPE),
        ("title = 'L'actualité'", "title", ESCAPE),
        ('title = "News";', "title", "take away the mark at the end of the line"),
        ('title = "News",', "title", "take away the mark at the end of the line"),
        (r'path = "C:\data"', "path", "write two backslashes for one, or put the text in single quotes"),
        ('title: "News"', "", "write = between key and value"),
        ("title = “News”", "title", 'quotes must be straight (")'),
        ('title = “News"', "title", 'quotes must be straight (")'),
        ("themes = [‘a’]", "themes", 'quotes must be straight (")'),
        ('themes = ["a" "b"]', "themes", "a list lacks a comma or its ]"),
        ('author = { name = "Ada", }', "author", BRACES),
        ('paces = { daily = "0 8 * * *",', "paces", BRACES),
        ("[themes.Asylum & Co]", "[themes.Asylum & Co]", HEADER),
        ("[feeds", "[feeds", HEADER),
        ("[ [sources] ]", "[ [sources]", "write [[ and ]] without spaces between"),
        ("[first]", "[first]", "put its keys below the first one"),
        ("[first.key]", "[first.key]", "it is set above already"),
        ("key = 1\nkey = 2", "key", "it is set above already"),
        ("// note", "", "a comment begins with #"),
        ("; note", "", "a comment begins with #"),
        ("<<<<<<< HEAD", "", "a merge left this line here"),
        ('{"site": 1}', "", 'this looks like JSON; in TOML a line is as in title = "News"'),
        ("limit\u00a0= 5", "limit", "the line has an invisible character (U+00A0); type the line anew"),
        ("\u200blimit = 5", "limit", "the line has an invisible character (U+200B); type the line anew"),
        ("limit = \x1b[1m5", "limit", "the line has an invisible character (U+001B); type the line anew"),
        ("\x0climit = 5", "limit", "the line has an invisible character (U+000C); type the line anew"),
    ],
)
def test_a_line_that_is_not_toml_is_named_with_what_to_do(tmp_path: Path, line: str, key: str, remedy: str) -> None:
    head = "[first]\nkey = 0\n[second]\n"

    found = problem(tmp_path, f"{head}{line}\nlast = 1\n".encode())

    place = re.match(r"this is not TOML: [^;]+ \(at line [4-6], column [0-9]+\)", found)
    assert place, found
    assert (f": {key}; {remedy}" if key else f"; {remedy}") == found.removeprefix(place[0])


@pytest.mark.parametrize("name", ["sources", "audiences"])
def test_a_second_table_with_single_brackets_may_be_one_of_several(tmp_path: Path, name: str) -> None:
    told = f"[{name}]; begin each with [[ and end it with ]]"

    assert problem(tmp_path, f"[[{name}]]\n[{name}]\n".encode()).endswith(told)


def test_lines_are_counted_as_the_parser_counts_them(tmp_path: Path) -> None:
    """Some characters within a line end a line for Python, but not in TOML."""
    found = problem(tmp_path, 'title = "a\u2028b\u0085c"\r\nsecret = hunter2\r\n'.encode())

    assert "this is not TOML: Invalid value (at line 2, column 10): secret; a text stands in quotes" == found


@pytest.mark.parametrize(
    "line",
    [
        'password: "hunter2=="',
        "password hunter2 = 1",
        'password """hunter2="""',
        '"password": "hunter2=", "port": 587',
        "password := hunter2 = x",
        'password = "a" "hunter2="',
        'hunter2=="',
    ],
)
def test_a_secret_is_not_shown_wherever_its_line_has_an_equals_sign(tmp_path: Path, line: str) -> None:
    """Passwords and tokens in base64 often end with equals signs."""
    if line.startswith("hunter2"):
        line = f'password = """a\n"{line}'

    assert "hunter2" not in problem(tmp_path, f"[smtp]\n{line}\n".encode())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_another_encoding_of_unicode_is_named(tmp_path: Path, encoding: str) -> None:
    assert "it is in UTF-16; save the file in UTF-8" == problem(tmp_path, '[site]\ntitle = "News"\n'.encode(encoding))


def test_line_ends_of_an_old_mac_are_named(tmp_path: Path) -> None:
    told = "its lines end as on an old Mac; save the file with line ends of Unix or Windows"

    assert told == problem(tmp_path, b'[site]\rtitle = "News"\r')


def test_tabs_windows_line_ends_and_a_byte_order_mark_are_fine(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"\xef\xbb\xbf[feeds]\r\n\tlimit\t=\t5\r\n")

    assert {"feeds": {"limit": 5}} == read_toml(tmp_path / "config.toml")
