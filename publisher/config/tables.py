"""The base class of all tables of config.toml, and the functions that state the keys of a table.

A table is a class, and a key is one of its fields. A field states a key's type, default, meaning and example once; the
check, docs/reference.md, the starter configuration and the JSON Schema are made from the field.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, Strict
from pydantic.annotated_handlers import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

T = TypeVar("T")
Several = Annotated[tuple[T, ...], Strict(strict=False)]
"""The type of a list of tables: TOML gives a list, which becomes a tuple."""


class Table(BaseModel):
    """A table of config.toml; an unknown key is a mistake."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        validate_default=True,
        defer_build=True,  # only the whole document is validated, so only its class builds a validator
    )


def key(meaning: str, *, default: object = ..., example: object = None, name: str | None = None) -> Any:  # noqa: ANN401
    """Return the field of a key.

    Args:
        meaning: one sentence for the reference, the starter configuration and text editors.
        default: as config.toml would write it. Without a default the key is required; `None` means that the key is not
            set.
        example: as config.toml would write it, for a key that is required or whose default shows nothing.
        name: the key's name in config.toml, if Python does not allow it as a field name.
    """
    return Field(default, description=meaning, examples=None if example is None else [example], alias=name)


def table(*, name: str | None = None) -> Any:  # noqa: ANN401  (of whichever class the annotation names)
    """Return the field of a table that may be left out; its keys then have their defaults, or are not set.

    `name` is the table's name in config.toml, if Python does not allow it as a field name.
    """
    return Field({}, validate_default=True, alias=name)


def tables(*, at_least: int = 0) -> Any:  # noqa: ANN401
    """Return the field of a list of tables. `at_least` is for the JSON Schema alone: it says how many there must be."""
    return Field([], validate_default=True, json_schema_extra={"minItems": at_least} if at_least else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongPart:
    """A wrong element of a list, or a wrong value in a table with names of the operator's choice."""

    path: str
    """Its path below the list or table: an element's number from 1, or a name."""
    expected: str
    value: object
    problem: str
    """What a message says instead of `expected`; empty if nothing."""


class WrongPartsError(ValueError):
    """Parts of a list or table are wrong; `parts` are all of them."""

    def __init__(self, parts: Sequence[WrongPart]) -> None:
        super().__init__(", ".join(part.path for part in parts))
        self.parts = tuple(parts)


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """How a value is written in config.toml. It annotates the type to which the value is converted."""

    expected: str
    """What a message says after "expected", such as `a mail address`."""
    read: Callable[[Any], Any]
    """Converts a value from config.toml, or raises ValueError. If the ValueError has no message, the operator reads
    "expected" and the text of `expected`.
    """
    schema: Mapping[str, Any]
    """JSON Schema of the value in config.toml; it may allow more values than `read` accepts."""

    def read_parts(self, parts: Iterable[tuple[int | str, object]], wrong: "list[WrongPart]") -> list[Any]:
        """Return elements of a list or values of a table, each read, and add the wrong ones to `wrong`. Each part has
        its number from 1, or its name.
        """
        found = []
        for step, value in parts:
            try:
                found.append(self.read(value))
            except WrongPartsError as error:
                wrong += [replace(part, path=f"{step}.{part.path}") for part in error.parts]
            except ValueError as error:
                wrong.append(WrongPart(path=str(step), expected=self.expected, value=value, problem=str(error)))
        return found

    def __get_pydantic_core_schema__(self, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(self.schema)
