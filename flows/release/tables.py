"""A query's rows → a table's Parquet files, sorted by DuckDB and streamed through Arrow, and read in SQL again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from flows.release.parquet import ROW_GROUP, Entry, TableWriter
from flows.release.sql import quoted, text
from schemas.arrow import arrow_schema
from schemas.table import Table

_MEMORY = "1GB"


def connected(folder: Path, threads: int | None = None, memory: str = _MEMORY) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB for the building of one release; what exceeds its memory it puts into `folder`."""
    con = duckdb.connect(config={"memory_limit": memory, "temp_directory": str(folder)})
    con.execute("SET GLOBAL TimeZone = 'UTC'")  # of its cursors too
    if threads:
        con.execute(f"SET threads = {threads}")
    return con


def write_table(con: duckdb.DuckDBPyConnection, table: type[Table], sql: str, staging: Path) -> Entry:
    """Write the rows of `sql` as `table` into `staging`, in the order of its key; return what the manifest says of it.

    `sql` is a query that gives the table's columns, in any order; every table that was staged before is a view by its
    name in `con`, and afterwards this one is as well. Values are cast to the declared types: what cannot be, or a null
    where none may be, is an error of DuckDB or pyarrow, for it is a defect of the query.
    """
    columns = ", ".join(map(quoted, arrow_schema(table).names))
    order = ", ".join(f"{quoted(column)} NULLS FIRST" for column in table.about.key)
    rows = con.sql(f"SELECT {columns} FROM ({sql}) ORDER BY {order}").to_arrow_reader(ROW_GROUP)  # noqa: S608
    with TableWriter(staging, table) as writer:
        for batch in rows:
            writer.write(batch)
    return staged(con, table, staging, writer.entry())


def staged(con: duckdb.DuckDBPyConnection, table: type[Table], staging: Path, entry: Entry) -> Entry:
    """Make a table whose files lie in `staging` a view by its name in `con`; return its entry."""
    view = f"FROM {scan(staging, file_names(entry))}"
    con.execute(f"CREATE OR REPLACE VIEW {quoted(table.about.name)} AS {view}")
    return entry


def file_names(entry: Entry) -> list[str]:
    """Return the names of a table's files, in order."""
    if "file" in entry:  # as releases said it before a table could have parts
        return [entry["file"]]
    return [file["name"] for file in entry["files"]]


def scan(folder: Path, names: Iterable[str]) -> str:
    """Return the SQL that reads a table's files, in order."""
    return f"read_parquet([{', '.join(text(folder / name) for name in names)}])"
