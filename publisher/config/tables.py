"""The base class of all tables of config.toml, and how a table states its keys.

A table is a class, a key is one of its fields. A field states a key's type, default, meaning and example, once: the
check, docs/reference.md, the starter configuration and the JSON Schema are made from it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, Strict
from pydantic.annotated_handlers import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

T = TypeVar("T")
Several = Annotated[tuple[T, ...], Strict(strict=False)]
"""The type of a list of tables: TOML has lists, and the program uses tuples."""


class Table(BaseModel):
    """A table of config.toml; an unknown key is a mistake."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        validate_default=True,
        defer_build=True,  # only the whole document is validated, so only it builds a validator
    )


def key(meaning: str, *, default: object = ..., example: object = None, name: str | None = None) -> Any:  # noqa: ANN401
    """Return the field of a key.

    Args:
        meaning: one sentence for the reference, the starter configuration and editors.
        default: as the file would write it; without one the key is required; None: it is not set.
        example: as the file would write it, for a key that is required or whose default shows nothing.
        name: the key's name in config.toml, where Python does not allow it.
    """
    return Field(default, description=meaning, examples=None if example is None else [example], alias=name)


def table(*, name: str | None = None) -> Any:  # noqa: ANN401  (of whichever class the annotation names)
    """Return the field of a table that may be left out; its keys then have their defaults, or are missing.

    `name` is its name in config.toml, where Python does not allow it.
    """
    return Field({}, validate_default=True, alias=name)


def tables() -> Any:  # noqa: ANN401
    """Return the field of a list of tables."""
    return Field([], validate_default=True)


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """How a value is written in config.toml; annotates the type that it is converted to."""

    expected: str
    """Completes "expected …"."""
    read: Callable[[Any], Any]
    """Converts the value for the program, or raises ValueError. Without a message, the error says `expected …`."""
    schema: Mapping[str, Any]
    """JSON Schema of the written value; it may allow more than `read` does."""

    def __get_pydantic_core_schema__(self, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(self.schema)
