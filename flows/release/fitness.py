"""Which rows do not fit their table's declaration, as SQL: derived from the annotations that pydantic checks rows by.

DuckDB finds the rows, which are few or none, and pydantic then says of each what is wrong with it.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from flows.release.sql import quoted, text
from schemas.table import Column, OneOf


def unfit(table: type[BaseModel]) -> str:
    """Return the SQL condition under which a row of `table` does not fit it; its types are taken as given.

    TypeError if the declaration holds something to check that this does not know.
    """
    return " OR ".join(_of_fields(table, "")) or "false"


def _of_fields(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield from _faults(prefix + quoted(name), field.annotation, field.metadata)


def _faults(value: str, annotation: Any, marks: Iterable[Any] = ()) -> Iterator[str]:  # noqa: ANN401 - any annotation
    """Yield the conditions under which the SQL expression `value` does not fit an annotation."""
    kind, optional, marks = _taken_apart(annotation, [mark for mark in marks if not isinstance(mark, Column)])
    if not optional:
        yield f"{value} IS NULL"
    inside = " OR ".join(_inside(value, kind, marks))
    if inside:
        yield f"{value} IS NOT NULL AND ({inside})"


def _taken_apart(annotation: Any, marks: list[Any]) -> tuple[Any, bool, list[Any]]:  # noqa: ANN401 - any annotation
    """Return (what a value is, whether it may be null, what else is said of it)."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _taken_apart(args[0], [*marks, *args[1:]])
    if origin in (Union, types.UnionType):
        (inner,) = (arg for arg in args if arg is not type(None))
        kind, _, marks = _taken_apart(inner, marks)
        return kind, type(None) in args, marks
    return annotation, False, marks


def _inside(value: str, kind: Any, marks: list[Any]) -> Iterator[str]:  # noqa: ANN401 - any annotation
    """Yield the conditions under which a value that is there does not fit."""
    for mark in marks:
        if not isinstance(mark, OneOf):
            raise TypeError(f"no check in SQL is known for {mark!r}")
        yield _none_of(value, mark.codes)
    if get_origin(kind) is Literal:
        yield _none_of(value, get_args(kind))
    elif get_origin(kind) is list:
        inner = " OR ".join(_faults("item", get_args(kind)[0]))
        yield f"len(list_filter({value}, lambda item: {inner})) > 0"
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        yield from _of_fields(kind, f"{value}.")


def _none_of(value: str, codes: Iterable[str]) -> str:
    return f"{value} NOT IN ({', '.join(map(text, codes))})"
