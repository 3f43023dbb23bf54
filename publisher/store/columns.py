"""Column types whose Python values are the same from SQLite and from PostgreSQL."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Any, TypeVar

from sqlalchemy import BindParameter, DateTime, Dialect, Integer, String, Text, TypeDecorator

_E = TypeVar("_E", bound=StrEnum)
_I = TypeVar("_I", bound=IntEnum)

Moment = datetime | BindParameter[datetime]
"""A moment in a query, or a parameter for one."""

# Compared byte by byte in both databases: a server's locale must not change any order.
Key = String().with_variant(String(collation="C"), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """Column type for an aware UTC datetime; SQLite alone would return a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive datetime does not say which instant it is: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Return the function that converts a value from the database driver. SQLite stores text, which the function
        reads in one step.
        """
        return _moment_of if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _moment_of(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


class Choice(TypeDecorator[_E]):
    """Column type for a member of an enumeration, stored as its value."""

    impl = String
    cache_ok = True

    def __init__(self, members: type[_E]) -> None:
        super().__init__()
        self.members = members
        self._by_value = {member.value: member for member in members}  # quicker than a lookup in the enumeration

    def process_bind_param(self, value: _E | None, _dialect: Dialect) -> str | None:
        return None if value is None else value.value

    def process_result_value(self, value: str | None, _dialect: Dialect) -> _E | None:
        return None if value is None else self._by_value[value]


class Ranked(TypeDecorator[_I]):
    """Column type for a member of an ordered enumeration, stored as its number."""

    impl = Integer
    cache_ok = True

    def __init__(self, members: type[_I]) -> None:
        super().__init__()
        self.members = members
        self._by_value = {member.value: member for member in members}

    def process_bind_param(self, value: _I | None, _dialect: Dialect) -> int | None:
        return None if value is None else value.value

    def process_result_value(self, value: int | None, _dialect: Dialect) -> _I | None:
        return None if value is None else self._by_value[value]


class Words(TypeDecorator[tuple[str, ...]]):
    """Column type for strings in order, stored as a JSON array."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[str] | None, _dialect: Dialect) -> str | None:
        return None if value is None else canonical_json(list(value))

    def process_result_value(self, value: str | None, _dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else tuple(json.loads(value))


class ByName(TypeDecorator[Mapping[str, str]]):
    """Column type for strings by name, stored as a JSON object."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, str] | None, _dialect: Dialect) -> str | None:
        return None if value is None else canonical_json(dict(value))

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Mapping[str, str] | None:
        return None if value is None else dict(json.loads(value))


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical_json(value: object) -> str:
    """Return JSON that is spelt the same for equal values."""
    return _ENCODER.encode(value)
