"""`datapackage.json`: Data Package, version 2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from schemas.arrow import arrow_schema
from schemas.describe.release import PARQUET, Licence, Party, Release
from schemas.table import Reference, Table, unique_columns

_TYPES = (
    (pa.types.is_string, "string"),
    (pa.types.is_integer, "integer"),
    (pa.types.is_floating, "number"),
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_date, "date"),
    (pa.types.is_timestamp, "datetime"),
    (pa.types.is_list, "array"),
    (pa.types.is_struct, "object"),
)
PROFILES = "https://datapackage.org/profiles/2.0"


def data_package(release: Release, tables: Sequence[type[Table]]) -> dict[str, Any]:
    """Return the descriptor of a release: a resource a table, in the order of `tables`."""
    return {
        "$schema": f"{PROFILES}/datapackage.json",
        "name": release.name,
        "id": f"urn:dafu:{release.name}:{release.version}",
        "title": release.title,
        "title_zh": release.title_zh,
        "description": release.description,
        "description_zh": release.description_zh,
        "version": release.version,
        "schema_version": release.schema_version,
        "created": release.created,
        "licenses": [_licence(licence) for licence in release.licences]
        or [{"name": "other", "title": release.licence}],
        "contributors": [_party(party) for party in release.contributors],
        "sources": [{"title": s.title, "path": s.url, "version": s.version} for s in release.sources],
        "resources": [_resource(release, table, tables) for table in tables],
    }


def table_schema(table: type[Table], tables: Sequence[type[Table]]) -> dict[str, Any]:
    """Return the Table Schema of `table`; `tables` are those that can refer to each other.

    A list cannot be a foreign key here; what its items refer to is said of its column, as `references`.
    What the parts of an item are stands in the table's JSON Schema.
    """
    unique = unique_columns(table, tables)
    keys = [_foreign_key(table, reference) for reference in table.references() if not reference.in_list]
    return {
        "$schema": f"{PROFILES}/tableschema.json",
        "fields": [_field(table, field, field.name in unique) for field in arrow_schema(table)],
        "primaryKey": list(table.about.key),
        **({"foreignKeys": keys} if keys else {}),
        # a null is a null in Parquet; no text stands for one
        "missingValues": [],
    }


def _resource(release: Release, table: type[Table], tables: Sequence[type[Table]]) -> dict[str, Any]:
    files = release.files[table.about.name]
    single = files[0] if len(files) == 1 else None
    return {
        "$schema": f"{PROFILES}/dataresource.json",
        "name": table.about.name,
        "type": "table",
        "description": table.about.en,
        "description_zh": table.about.zh,
        "path": single.name if single else [file.name for file in files],
        "format": "parquet",
        "mediatype": PARQUET,
        # one digest is for one file: those of parts are in the manifest and in SHA256SUMS
        **({"bytes": single.bytes, "hash": f"sha256:{single.sha256}"} if single else {}),
        "rows": sum(file.rows for file in files),
        "schema": table_schema(table, tables),
    }


def _field(table: type[Table], field: pa.Field, unique: bool) -> dict[str, Any]:  # noqa: FBT001
    column, values = table.column(field.name), table.values(field.name)
    said: dict[str, Any] = {
        "name": field.name,
        "type": _type(field.type),
        "description": column.en,
        "description_zh": column.zh,
        "source": column.source,
    }
    if column.unit:
        said["unit"] = column.unit
    if column.references:
        said["references"] = column.references
    constraints: dict[str, Any] = {"required": True} if not field.nullable else {}
    if unique:
        constraints["unique"] = True
    if pa.types.is_list(field.type):
        item: dict[str, Any] = {"type": _type(field.type.value_type)}
        said["arrayItem"] = {**item, "constraints": {"enum": list(values)}} if values else item
        if table.meanings(field.name):
            said["arrayItem"]["categories"] = _categories(table, field.name)
    elif values:
        constraints["enum"] = list(values)
        said["categories"] = _categories(table, field.name)
    return {**said, **({"constraints": constraints} if constraints else {})}


def _categories(table: type[Table], column: str) -> list[Any]:
    meanings = table.meanings(column)
    if not meanings:
        return list(table.values(column))
    return [{"value": code, "label": en, "label_zh": zh} for code, (en, zh) in meanings.items()]


def _foreign_key(table: type[Table], reference: Reference) -> dict[str, Any]:
    # of a reference to the table itself, the standard wants no name
    other = {} if reference.table == table.about.name else {"resource": reference.table}
    return {"fields": [reference.column], "reference": {**other, "fields": [reference.to]}}


def _type(arrow_type: pa.DataType) -> str:
    for is_it, name in _TYPES:
        if is_it(arrow_type):
            return name
    raise TypeError(f"no type of Table Schema is known for {arrow_type}")


def _licence(licence: Licence) -> dict[str, Any]:
    return {"name": licence.name, "title": licence.title, **({"path": licence.url} if licence.url else {})}


def _party(party: Party) -> dict[str, Any]:
    said = {"title": party.name, "title_zh": party.name_zh, "path": party.url}
    return {**{key: value for key, value in said.items() if value}, "roles": list(party.roles)}
