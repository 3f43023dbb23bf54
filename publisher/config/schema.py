"""config.toml as a JSON Schema, with which text editors complete keys and mark mistakes."""

from typing import Any

from publisher.config.document import Document
from publisher.config.tables import Table

FILE = "config.schema.json"
"""The name of the schema's file beside config.toml."""
DIRECTIVE = f"#:schema ./{FILE}\n"
"""The first line of a config.toml that has a schema; text editors with the TOML toolkit Taplo read it."""


def json_schema(document: type[Table] = Document) -> dict[str, Any]:
    """Return the schema, in draft 7: the latest draft that text editors support for TOML."""
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", **_tidied(document.model_json_schema())}
    _require_tables(schema, schema["$defs"])
    return schema


def _require_tables(table: dict[str, Any], definitions: dict[str, Any]) -> None:
    """Mark those inner tables as required that have required keys, and those lists of tables that must not be empty."""
    for name, inner in table.get("properties", {}).items():
        definition = definitions.get(inner.get("$ref", "").rpartition("/")[2], {})
        _require_tables(definition, definitions)
        if definition.get("required") or (inner.get("minItems") and inner.get("default") == []):
            inner.pop("default", None)
            table["required"] = sorted({*table.get("required", ()), name})


def _tidied(schema: Any) -> Any:  # noqa: ANN401  (any JSON value)
    """Return a schema without names of Python classes, and without null, which TOML does not have."""
    if isinstance(schema, list):
        return [_tidied(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: _tidied(value) for name, value in schema.items() if not _is_idle(name, value)}
    choices = [each for each in kept.pop("anyOf", ()) if each != {"type": "null"}]
    if len(choices) == 1:
        return {**choices[0], **kept}
    return {**kept, "anyOf": choices} if choices else kept


def _is_idle(name: str, value: object) -> bool:
    return (name == "title" and isinstance(value, str)) or (name == "default" and value in (None, {}))
