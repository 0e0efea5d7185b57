"""The Arrow schema of a table, derived from its pydantic declaration."""

from __future__ import annotations

import datetime as dt
import json
import types
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pyarrow as pa
from pydantic import BaseModel, TypeAdapter

from schemas.table import Table, struct_of

_PLAIN: dict[Any, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    dt.date: pa.date32(),
    dt.datetime: pa.timestamp("us", tz="UTC"),
}
_PLAIN_VALUES: TypeAdapter[list[Any]] = TypeAdapter(list[Any])


def arrow_schema(table: type[Table]) -> pa.Schema:
    """Return the Arrow schema of `table`; each field's metadata holds its descriptions, unit, source and values."""
    about = table.about
    return pa.schema(
        [_field(table, name) for name in table.model_fields],
        metadata={"table": about.name, "description_en": about.en, "description_zh": about.zh},
    )


def arrow_table(table: type[Table], rows: Iterable[Table]) -> pa.Table:
    """Return `rows` as one Arrow table with the declared schema, in the order given."""
    given, schema = list(rows), arrow_schema(table)
    columns = [_array(table, field, [getattr(row, field.name) for row in given]) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _array(table: type[Table], field: pa.Field, values: list[Any]) -> pa.Array:
    if struct_of(table.model_fields[field.name].annotation):
        values = _PLAIN_VALUES.dump_python(values)
    return pa.array(values, field.type)


def arrow_fields(struct: type[BaseModel]) -> list[pa.Field]:
    """Return the parts of a struct as Arrow fields."""
    return [pa.field(name, *_arrow_type(field.annotation)) for name, field in struct.model_fields.items()]


def _field(table: type[Table], name: str) -> pa.Field:
    column = table.column(name)
    arrow_type, nullable = _arrow_type(table.model_fields[name].annotation)
    if arrow_type == pa.int64() and column.bits == 32:
        arrow_type = pa.int32()
    said = {
        "description_en": column.en,
        "description_zh": column.zh,
        "unit": column.unit,
        "source": column.source,
        "values": json.dumps(table.values(name)) if table.values(name) else None,
    }
    return pa.field(name, arrow_type, nullable, {key: text for key, text in said.items() if text})


def _arrow_type(annotation: Any) -> tuple[pa.DataType, bool]:  # noqa: ANN401 - any annotation a field can have
    """Return (Arrow type, nullable) of a field's annotation; TypeError for one that no table has used yet."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _arrow_type(args[0])
    if origin in (Union, types.UnionType):
        (inner,) = (arg for arg in args if arg is not type(None))
        return _arrow_type(inner)[0], type(None) in args
    if origin is Literal:
        return pa.string(), False
    if origin is list:
        return pa.list_(pa.field("item", *_arrow_type(args[0]))), False
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return pa.struct(arrow_fields(annotation)), False
    if annotation in _PLAIN:
        return _PLAIN[annotation], False
    raise TypeError(f"no Arrow type is declared for {annotation!r}")
