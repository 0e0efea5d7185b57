"""JSON Schema (2020-12) of a table's row, as it stands in an export to JSON Lines."""

from __future__ import annotations

from typing import Any

from schemas.table import Described, Table, struct_of


def json_schema(table: type[Table], schema_version: str) -> dict[str, Any]:
    """Return the JSON Schema of one row of `table`: pydantic's, with what the declaration says of every field."""
    said = table.model_json_schema(mode="serialization")
    about = table.about
    parts = {struct.__name__: struct for name in table.model_fields if (struct := struct_of(_annotation(table, name)))}
    definitions = {
        name: {"type": "object", **_described(parts[name], found)} for name, found in said.get("$defs", {}).items()
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:dafu:schema:{schema_version}:{about.name}",
        "title": about.name,
        "description": about.en,
        "description_zh": about.zh,
        "type": "object",
        **_described(table, said),
        **({"$defs": definitions} if definitions else {}),
    }


def _described(model: type[Described], said: dict[str, Any]) -> dict[str, Any]:
    properties = {}
    for name, found in said["properties"].items():
        column = model.column(name)
        properties[name] = {
            **{key: value for key, value in found.items() if key != "title"},
            "description": column.en,
            "description_zh": column.zh,
            **({"unit": column.unit} if column.unit else {}),
            "source": column.source,
        }
    return {"properties": properties, "required": list(properties), "additionalProperties": False}


def _annotation(table: type[Table], name: str) -> Any:  # noqa: ANN401 - any annotation a field can have
    return table.model_fields[name].annotation
