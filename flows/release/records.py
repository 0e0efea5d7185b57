"""Records → the rows that fit: views over the records without the rows that do not, which become issues."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from flows.errors import DafuError
from flows.parse.store import ARCHIVE, Written, as_written, records_file
from flows.release import parquet
from flows.release.fitness import unfit
from flows.release.parquet import Entry
from flows.release.sql import text
from schemas import RECORDED
from schemas.arrow import arrow_schema, arrow_table
from schemas.issues import Issue, issue
from schemas.record import Record
from schemas.replies import Reply
from schemas.table import Table


@dataclass(frozen=True)
class Records:
    """The records of a release: `issues` tell of each row that does not fit, `ready` of tables to be taken as they are.

    Those lie as a release would write them, and all rows of all tables fit.
    """

    issues: list[Issue] = field(default_factory=list)
    ready: dict[str, Entry] = field(default_factory=dict)


def open_records(con: duckdb.DuckDBPyConnection, folder: Path) -> Records:
    """Make `records.NAME` a view of the rows of every recorded table that fit it; return what is to be known of them.

    The issues are rows of `records.issues` as well. An invalid reply takes its letter along. A file that is still what
    parse wrote holds rows that were checked then. DafuError if records are missing, damaged, or not of the tables as
    they are declared now.
    """
    con.execute("CREATE SCHEMA records")
    con.execute("CREATE TABLE rejected (table_name VARCHAR, line BIGINT, reply_id VARCHAR)")
    for table in RECORDED:
        _check_file(folder, table)
    written = as_written(folder)
    found: dict[tuple[str | None, str], Issue] = {}
    for table in RECORDED:
        if table.about.name not in written:
            for said in _reject(con, folder, table):
                found.setdefault((said.url, said.detail), said)
    con.register("found", arrow_table(Issue, found.values()))
    con.execute("CREATE TABLE rejected_rows AS FROM found")
    con.unregister("found")
    for table in RECORDED:
        con.execute(f"CREATE VIEW records.{table.about.name} AS {_fitting(folder, table)}")
    ready = {name: table.entry for name, table in written.items() if not found and _fit_to_be_taken(table)}
    return Records(list(found.values()), ready)


def _fit_to_be_taken(table: Written) -> bool:
    return table.in_order and table.entry["bytes"] < parquet.PART_BYTES


def archive_read(folder: Path) -> dict[str, int] | None:
    """Return how many bytes of each WARC file the records were read from; None if they do not say."""
    path = folder / ARCHIVE
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def _check_file(folder: Path, table: type[Table]) -> None:
    path, declared = records_file(folder, table.about.name), arrow_schema(table)
    again = f"run `dafu parse {folder.parent.name}` again"
    if not path.is_file():
        what = f"{folder} holds no records" if not folder.is_dir() else f"{path} is missing"
        raise DafuError(f"{what}; {again.removesuffix(' again')} first")
    try:
        found = pq.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        raise DafuError(f"{path} cannot be read ({error}); {again}") from None
    if found.names != declared.names or [_bare(kind) for kind in found.types] != [_bare(k) for k in declared.types]:
        raise DafuError(f"{path} does not have the columns that {table.about.name} has now; {again}")


def _bare(kind: pa.DataType) -> object:
    """Return a type without what it says of nulls, of which issues tell row by row, and how it calls a list's items."""
    if pa.types.is_list(kind):
        return ("list", _bare(kind.value_type))
    if pa.types.is_struct(kind):
        return tuple((part.name, _bare(part.type)) for part in kind)
    return kind


def _reject(con: duckdb.DuckDBPyConnection, folder: Path, table: type[Table]) -> list[Issue]:
    """Note which rows of a table do not fit it; return what is wrong with each."""
    found = con.sql(f"FROM {_rows(folder, table)} WHERE {unfit(table)}").to_arrow_table().to_pylist()
    for row in found:
        noted = [table.about.name, row["file_row_number"], row.get("reply_id")]
        con.execute("INSERT INTO rejected VALUES (?, ?, ?)", noted)
    return [_issue(con, folder, table, row) for row in found]


def _issue(con: duckdb.DuckDBPyConnection, folder: Path, table: type[Table], row: dict[str, Any]) -> Issue:
    said = {name: row[name] for name in table.model_fields}
    try:
        table.model_validate(said)
    except ValidationError as error:
        fault = error.errors()[0]
    else:
        raise AssertionError(f"{table.about.name}: SQL and pydantic disagree on {said}")
    where = ".".join(str(part) for part in fault["loc"])
    key = ", ".join(f"{name} {said[name]}" for name in table.about.key)
    url = said.get("url")
    if url is None and "reply_id" in said:
        asked = f"SELECT url FROM {_rows(folder, Reply)} WHERE reply_id = ?"  # noqa: S608
        url = next((page for (page,) in con.execute(asked, [said["reply_id"]]).fetchall()), None)
    return issue("row_invalid", "release", f"{table.about.name}.{where}: {fault['msg']} ({key})", url=url)


def _fitting(folder: Path, table: type[Table]) -> str:
    """Return the SQL of the rows of a table that fit it and whose letter does."""
    name = text(table.about.name)
    letters = "SELECT reply_id FROM rejected WHERE table_name = 'replies' AND reply_id IS NOT NULL"
    columns = "* EXCLUDE (file_row_number)"
    where = f"file_row_number NOT IN (SELECT line FROM rejected WHERE table_name = {name})"  # noqa: S608
    if table is Issue:
        columns += f" REPLACE (CASE WHEN reply_id IN ({letters}) THEN NULL ELSE reply_id END AS reply_id)"
    elif table.about.name in Record.model_fields:
        where += f" AND reply_id NOT IN ({letters})"
    also = " UNION ALL BY NAME FROM rejected_rows" if table is Issue else ""
    return f"SELECT {columns} FROM {_rows(folder, table)} WHERE {where}{also}"  # noqa: S608


def _rows(folder: Path, table: type[Table]) -> str:
    return f"read_parquet({text(records_file(folder, table.about.name))}, file_row_number = true)"
