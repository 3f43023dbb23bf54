"""Any file content becomes items or a source error, and nothing else, in limited time."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.collect.clean import clean_item
from publisher.collect.sources.base import Source
from publisher.collect.sources.database import DatabaseSource
from publisher.collect.sources.fields import FIELDS, item_of
from publisher.collect.sources.listing import ListingSource
from publisher.collect.sources.markdown import MarkdownSource
from publisher.collect.sources.page import PageSource
from publisher.collect.sources.table import TableSource
from publisher.collect.sources.values import FieldError, Withheld
from publisher.model.errors import SourceError
from tests.values import POLICY, SITE

NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)

KINDS: dict[str, tuple[str, Callable[[Path], Source]]] = {
    "listing": ("news.txt", lambda path: ListingSource("news", path)),
    "csv": ("news.csv", lambda path: TableSource("news", path)),
    "json lines": ("news.jsonl", lambda path: TableSource("news", path)),
    "markdown": ("news.md", lambda path: MarkdownSource("news", path.parent)),
    "page": (
        "news.html",
        lambda path: PageSource("news", "p", "time, b", path=path, title="i", body="div", themes="a"),
    ),
}
WHOLE = {
    "listing": "10 March 2026\n\nThe ferry sails.\nMain Theme: Ferries\n\n9 March 2026\n\nA crane.\n",
    "csv": 'date,title,text,themes\n2026-03-10,"Ferry, night",It sails.,Ferries\n2026-03-09,Crane,,\n',
    "json lines": json.dumps({"date": "2026-03-10", "title": "Ferry", "themes": ["Ferries"]}) + "\n",
    "markdown": "---\ntitle: Ferry\ndate: 2026-03-10\nthemes: [Ferries]\n---\n# It *sails*\n\n> at ten\n",
    "page": "<main><p><time>10 March 2026</time><i>Ferry</i><a>Ferries</a></p></main>",
}
PIECES = st.sampled_from(
    [
        "---\n",
        "+++\n",
        "date: ",
        "date = ",
        "2026-03-10",
        "10 March 2026",
        "0000-00-00",
        "&a ",
        "*a ",
        "[[",
        "{{",
        "]]",
        ": ",
        "!!python/object:os.system ",
        "\n",
        "\r",
        ",",
        '"',
        "\\",
        "\x00",
        "\ufeff",
        "\u2028",
        "null",
        "1e999",
        "{",
        "}",
        "<p>",
        "<time>",
        "</p>",
        "<b>",
        "&#x0;",
        "<!--",
        "<svg>",
        "```",
        "    ",
        "> ",
        "|",
        "themes: ",
        "é",
        "\ud800",
    ]
)


@pytest.mark.parametrize("kind", KINDS)
@given(pieces=st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=40).map("".join))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, kind: str, pieces: str) -> None:
    check(tmp_path_factory.getbasetemp() / f"any {kind}", kind, pieces.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("kind", KINDS)
@given(junk=st.binary(max_size=40), at=st.integers(0, 120), length=st.integers(0, 30))
def test_any_damaged_document_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, kind: str, junk: bytes, at: int, length: int
) -> None:
    whole = WHOLE[kind].encode()
    check(tmp_path_factory.getbasetemp() / f"damaged {kind}", kind, whole[:at] + junk + whole[at + length :])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "repeated", ["[", "{", "(", "<b>", "> ", "- ", "*", "`", "&a [", "\n", "a:\n ", "![", '"', "<!--"]
)
@pytest.mark.parametrize("times", [3_000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_much_of_one_thing(tmp_path: Path, kind: str, repeated: str, times: int) -> None:
    """Thousands of repetitions reveal deep recursion; ten thousand also reveal quadratic time."""
    begin = "---\ndate: 2026-03-10\n---\n" if kind == "markdown" else ""
    check(tmp_path, kind, f"{begin}{repeated * times}".encode())


def test_marks_without_end_on_one_letter(tmp_path: Path) -> None:
    """To normalise (NFC) hundreds of thousands of combining marks takes minutes if their classes alternate."""
    check(tmp_path, "listing", ("10 March 2026\n\na" + "\u0301\u0323" * 200_000).encode())


def test_rows_shorter_than_a_head_of_many_columns(tmp_path: Path) -> None:
    check(tmp_path, "csv", ("x," * 50_000 + "date\n" + "x\n" * 50_000).encode())


@pytest.mark.parametrize(
    "front",
    [
        f"date: 2026-03-10\nx: {'[' * 8_000}",
        "\n".join(["a0: &a0 {x: 1}", *(f"a{n + 1}: &a{n + 1} {{<<: [{f'*a{n}, ' * 9}]}}" for n in range(9))]),
        f"x: 0x{'f' * 8_000}\ndate: 2026-03-10\ntitle: 0x{'f' * 7_000}",
    ],
    ids=["too deep for the stack of libyaml", "a billion names", "a number too long to write"],
)
def test_front_matter_that_is_larger_than_it_looks(tmp_path: Path, front: str) -> None:
    check(tmp_path, "markdown", f"---\n{front}\n---\nText".encode())


@pytest.mark.parametrize("repeated", ["[", "{", "- ", "a: ", "? ", "&a ", "!!x "])
def test_much_of_one_thing_in_front_matter(tmp_path: Path, repeated: str) -> None:
    check(tmp_path, "markdown", f"---\ndate: 2026-03-10\nx: {repeated * 10_000}\n---\nText".encode())


ROW_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=0, max_value=5_000).map(lambda digits: 10**digits),
    st.floats(),
    st.decimals(),
    st.binary(max_size=9),
    st.uuids(),
    st.dates(),
    st.times(),
    st.datetimes(timezones=st.none() | st.timezones()),
    st.text(st.characters(), max_size=9),
    st.lists(st.text(max_size=5) | st.integers(), max_size=3),
    st.just(object()),
)


@given(st.dictionaries(st.sampled_from(FIELDS), ROW_VALUES))
def test_a_row_of_values_of_any_type(row: dict[str, object]) -> None:
    """Databases give values of all these types; front matter and JSON give some of them."""
    with suppress(FieldError, Withheld):
        clean_item(item_of(row), site=SITE, policy=POLICY)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Decimal(7), "7"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (date(2026, 3, 10), "2026-03-10"),
    ],
)
def test_values_of_any_type_may_be_ids_and_titles(value: object, words: str) -> None:
    item = item_of({"id": value, "title": value, "keywords": [value], "date": date(2026, 3, 10)})

    assert (item.native_id, item.title, item.keywords) == (words, words, (words,))


@pytest.mark.parametrize("expression", ["CAST(x'ff' AS TEXT)", "x'ff'", "9e999", "zeroblob(9)", "char(55296)"])
def test_sqlite_values_that_are_no_text_are_read_or_refused(expression: str) -> None:
    query = f"SELECT '2026-03-10' AS date, {expression} AS title UNION ALL SELECT '2026-03-10', 'Ferry'"
    with suppress(SourceError):
        fetch = DatabaseSource("news", "sqlite://", query).fetch(validator="", now=NOW)
        assert "Ferry" in [item.title for item in fetch.items]


@pytest.mark.parametrize(
    "entity", ['<!ENTITY x SYSTEM "file:///etc/passwd">', '<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;']
)
def test_a_page_expands_no_entities(tmp_path: Path, entity: str) -> None:
    body = "<p><time>10 March 2026</time><i>Ferry</i><div>It &x; sails</div></p>"
    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
    (tmp_path / "page").write_text(f'<?xml version="1.0"?><!DOCTYPE html [{entity}]><main>{body}{include}</main>')
    source = PageSource("news", "main", "time", path=tmp_path / "page", title="i", body="div")

    (item,) = source.fetch(validator="", now=NOW).items

    assert "root:" not in f"{item.html}{item.text}"


def check(folder: Path, kind: str, data: bytes) -> None:
    folder.mkdir(exist_ok=True)
    name, make = KINDS[kind]
    (folder / name).write_bytes(data)
    try:
        items = tuple(make(folder / name).fetch(validator="", now=NOW).items)
    except SourceError:
        return
    for item in items:
        kept = clean_item(item, site=SITE, policy=POLICY)
        assert "\x00" not in f"{kept.title}{kept.text}{kept.html}{kept.link}{kept.native_id}"
