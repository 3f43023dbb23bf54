"""Describes every key of config.toml for messages, docs/reference.md and the starter configuration.

The descriptions are made from the classes of the tables.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from inspect import get_annotations
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from publisher.config.sources import AnySourceTable, SourceTable
from publisher.config.tables import Table, Value
from publisher.config.values import any_of

TRUE_OR_FALSE = "true or false"
"""What a message says after "expected" for a key that is true or false."""
REQUIRED = object()
"""The default of a required key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of config.toml, as documentation describes it."""

    path: str
    """The path of the key. `[]` stands for a list of tables, `[word]` for the tables of that kind in a list, and `*`
    for a name that the operator chooses.
    """
    expected: str
    """What a message says after "expected", such as `a whole number`."""
    default: object
    """The default as config.toml would write it. If `None`, there is none, and `meaning` says what happens without the
    key.
    """
    meaning: str
    example: object
    """An example as config.toml would write it. If `None`, the default is a good example."""


def keys_of(table: type[Table], prefix: str = "") -> Iterator[Key]:
    """Yield the keys of a table and of all tables inside it, in the order of the code."""
    for name, field in table.model_fields.items():
        yield from _keys(f"{prefix}{field.alias or name}", field)
    if (inner := table_by_name(table)) is not None:
        yield from keys_of(inner, f"{prefix}*.")
    elif (kind := _extra(table)) is not None:
        meaning = table.__doc__ or ""
        yield Key(path=f"{prefix}*", expected=_expected(kind), default=REQUIRED, meaning=meaning, example=None)


def table_by_name(table: type[Table]) -> type[Table] | None:
    """Return the type of the tables that may be in `table` under any name, such as themes. Return `None` if the names
    are fixed.
    """
    return table_of(_extra(table))


def _extra(table: type[Table]) -> Any:  # noqa: ANN401
    names = get_annotations(table).get("__pydantic_extra__")
    return None if names is None else get_args(names)[1]


def _keys(path: str, field: FieldInfo) -> Iterator[Key]:
    if (table := table_of(field.annotation)) is not None:
        yield from keys_of(table, f"{path}.")
    elif (tables := tables_of(field.annotation)) is not None:
        yield from keys_of(tables.pop(""), f"{path}[].")
        for kind, each in tables.items():
            common = {key.path for key in keys_of(SourceTable, f"{path}[{kind}].")}
            yield from (key for key in keys_of(each, f"{path}[{kind}].") if key.path not in common)
    else:
        yield Key(
            path=path,
            expected=_expected(Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation),
            default=REQUIRED if field.is_required() else field.default,
            meaning=field.description or "",
            example=field.examples[0] if field.examples else None,
        )


def table_of(annotation: Any) -> type[Table] | None:  # noqa: ANN401  (any annotation of a field)
    """Return the type of table that a field holds, or `None` if the field holds no table."""
    return annotation if isinstance(annotation, type) and issubclass(annotation, Table) else None


def tables_of(annotation: Any) -> dict[str, type[Table]] | None:  # noqa: ANN401
    """Return the types of table that a list may contain, by kind, with their common base under "". Return `None` if the
    field is no list of tables.
    """
    inner = get_args(annotation)[0] if get_origin(annotation) is tuple else None
    if (table := table_of(inner)) is not None:
        return {"": table}
    if inner == AnySourceTable:
        union, _ = get_args(inner)
        pairs = (get_args(each) for each in get_args(union))
        return {"": SourceTable, **{tag.tag: table for table, tag in pairs}}
    return None


def _expected(annotation: Any) -> str:  # noqa: ANN401
    """Return what a message says after "expected" for a type of values."""
    arguments = get_args(annotation)
    if NoneType in arguments:
        return _expected(arguments[0])
    if get_origin(annotation) is Literal:
        return any_of([repr(choice) for choice in arguments])
    if annotation is bool:
        return TRUE_OR_FALSE
    marks = [mark for each in annotation.__metadata__ for mark in getattr(each, "metadata", (each,))]
    if isinstance(marks[0], Value):
        return marks[0].expected
    bounds = [getattr(mark, "ge", getattr(mark, "le", None)) for mark in marks]
    return f"a number from {bounds[0]} to {bounds[1]}"
