"""Checks that a release agrees with itself and with its declarations. None of them can be accepted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.release.fitness import unfit
from flows.release.gate.checks import Check, check, counted, with_examples
from flows.release.gate.rules import COLUMN_UNIQUE, FIT, REFERENCE, SCHEMA, UNIQUE, VERSION
from flows.release.schema_version import understated
from flows.release.sql import quoted
from schemas import TABLES
from schemas.arrow import arrow_schema
from schemas.table import Reference, Table


def schema(table: type[Table], files: list[Path]) -> Check:
    """Check that every file of a table has the declared columns."""
    declared = arrow_schema(table)
    found: list[dict[str, Any]] = [
        {"file": path.name, "column": name, "declared": wanted, "found": given}
        for path in files
        for name, wanted, given in _differences(declared, pq.read_schema(path))
    ]
    if not files:
        found = [{"file": f"{table.about.name}.parquet", "column": None, "declared": "a file", "found": "none"}]
    return with_examples(check(SCHEMA, len(found), 0, table=table.about.name), found)


def rows_fit(con: duckdb.DuckDBPyConnection, table: type[Table]) -> Check:
    """Check every row against its declaration."""
    return counted(con, FIT, f"SELECT {_shown(table)} FROM {_name(table)} WHERE {unfit(table)}", table=table.about.name)  # noqa: S608


def unique(con: duckdb.DuckDBPyConnection, table: type[Table]) -> Iterator[Check]:
    """Check that the key identifies a row, and so does every column that is declared unique or referenced."""
    name = table.about.name
    yield counted(con, UNIQUE, _repeated(table, table.about.key), table=name)
    for column in _identifying(table):
        yield counted(con, COLUMN_UNIQUE, _repeated(table, (column,)), table=name, column=column)


def references(con: duckdb.DuckDBPyConnection, table: type[Table]) -> Iterator[Check]:
    """Check that every row which a row of `table` names is there."""
    for reference in table.references():
        yield counted(con, REFERENCE, _orphans(table, reference), table=table.about.name, column=reference.column)


def version(last: Path) -> Check:
    """Check that the schema's version owns up to what changed since the last release."""
    count, why = understated(last)
    return with_examples(check(VERSION, count, 0), [{"version": why}] if count else [])


def _differences(declared: pa.Schema, found: pa.Schema) -> Iterator[tuple[str, str, str]]:
    for at, field in enumerate(declared):
        given = found.field(at) if at < len(found) else None
        if given is None or not given.equals(field):
            yield field.name, _said(field), _said(given) if given is not None else "nothing"
    for field in list(found)[len(declared) :]:
        yield field.name, "nothing", _said(field)


def _said(field: pa.Field) -> str:
    return f"{field.name} {field.type}{'' if field.nullable else ' not null'}"


def _identifying(table: type[Table]) -> list[str]:
    about = table.about
    referenced = {ref.to for other in TABLES for ref in other.references() if ref.table == about.name}
    declared = {name for name in table.model_fields if table.column(name).unique}
    return [name for name in table.model_fields if name in referenced | declared and about.key != (name,)]


def _repeated(table: type[Table], columns: tuple[str, ...]) -> str:
    said = ", ".join(map(quoted, columns))
    there = f"WHERE {quoted(columns[0])} IS NOT NULL" if len(columns) == 1 else ""
    return f'SELECT {said}, count(*) AS "rows" FROM {_name(table)} {there} GROUP BY {said} HAVING count(*) > 1'  # noqa: S608


def _orphans(table: type[Table], reference: Reference) -> str:
    column, to = quoted(reference.column), f"SELECT {quoted(reference.to)} FROM {quoted(reference.table)}"  # noqa: S608
    given = f"unnest({column})" if reference.in_list else column
    return (
        f"SELECT * FROM (SELECT {_shown(table)}, {given} AS named FROM {_name(table)}) "  # noqa: S608
        f"WHERE named IS NOT NULL AND named NOT IN ({to})"
    )


def _name(table: type[Table]) -> str:
    return quoted(table.about.name)


def _shown(table: type[Table]) -> str:
    """Return what says which row it is: its letter, and its key."""
    letter = ("reply_id",) if "reply_id" in table.model_fields else ()
    return ", ".join(map(quoted, dict.fromkeys((*letter, *table.about.key))))
