"""A table's rows → Parquet: sorted by DuckDB, streamed through Arrow, digested on the way, memory flat.

A table is one file, NAME.parquet, until that is too large; then it is parts, NAME-00001.parquet and so on. Files and
row groups are cut after so many rows whatever DuckDB hands over, and a row group is written as one chunk, so the bytes
depend on the rows and the writer's version alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.release.digests import Digests, file_digest, rows_digest
from flows.release.sql import quoted, text
from schemas.arrow import arrow_schema
from schemas.table import Table

ROW_GROUP = 40_960
"""Rows in a row group: a third of what DuckDB hands over at a time, so that its batches need not be joined."""
PART_BYTES = 2_000_000_000
"""A file that has grown to this size is followed by the next part."""
_MEMORY = "1GB"
_LEVEL = 3

Entry = dict[str, Any]
"""What the manifest says of a table: its `files` (name, sha256, bytes, rows of each), `rows` and `bytes` of all of
them, and digests: `rows_sha256` of every row, `content_sha256` of what the source says, one a column in `columns`."""


def connected(folder: Path, threads: int | None = None, memory: str = _MEMORY) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB for the building of one release; what exceeds its memory it puts into `folder`."""
    con = duckdb.connect(config={"memory_limit": memory, "temp_directory": str(folder)})
    con.execute("SET GLOBAL TimeZone = 'UTC'")  # of its cursors too
    if threads:
        con.execute(f"SET threads = {threads}")
    return con


def write_table(
    con: duckdb.DuckDBPyConnection, table: type[Table], sql: str, staging: Path, *, in_order: bool = False
) -> Entry:
    """Write the rows of `sql` as `table` into `staging`, in the order of its key; return what the manifest says of it.

    `sql` is a query that gives the table's columns, in any order; every table that was staged before is a view by its
    name in `con`, and afterwards this one is as well. Values are cast to the declared types: what cannot be, or a null
    where none may be, is an error of DuckDB or pyarrow, for it is a defect of the query.
    """
    schema, name = arrow_schema(table), table.about.name
    columns = ", ".join(map(quoted, schema.names))
    order = ", ".join(f"{quoted(column)} NULLS FIRST" for column in table.about.key)
    asked = f"SELECT {columns} FROM ({sql})" + ("" if in_order else f" ORDER BY {order}")  # noqa: S608
    rows = con.sql(asked).to_arrow_reader(ROW_GROUP)
    digests = Digests(schema)
    with _Files(staging, name, schema, _stepping(table, schema)) as files:
        for group in _row_groups(rows, schema):
            digests.update(group)
            files.write(group)
    con.execute(f"CREATE OR REPLACE VIEW {quoted(name)} AS FROM {scan(staging, files.rows)}")
    said = digests.columns()
    entries = [_file_entry(staging / file, rows) for file, rows in files.rows.items()]
    return {
        "files": entries,
        "rows": sum(entry["rows"] for entry in entries),
        "bytes": sum(entry["bytes"] for entry in entries),
        "rows_sha256": rows_digest(said),
        "content_sha256": rows_digest(said, without=said if table.about.derived else table.observed_columns()),
        "columns": said,
    }


def file_names(entry: Entry) -> list[str]:
    """Return the names of a table's files, in order."""
    if "file" in entry:  # as releases said it before a table could have parts
        return [entry["file"]]
    return [file["name"] for file in entry["files"]]


def scan(folder: Path, names: Iterable[str]) -> str:
    """Return the SQL that reads a table's files, in order."""
    return f"read_parquet([{', '.join(text(folder / name) for name in names)}])"


class _Files:
    """The file or the parts of a table, as row groups are written into them; `rows` counts them by name."""

    def __init__(self, folder: Path, table: str, schema: pa.Schema, stepping: list[str]) -> None:
        self._folder, self._table, self._schema = folder, table, schema
        self._encoding = dict.fromkeys(stepping, "DELTA_BINARY_PACKED")
        self._dictionary = [path for path in _paths(schema) if path not in stepping]
        self.rows: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._open(f"{self._table}.parquet")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def write(self, group: pa.RecordBatch) -> None:
        """Write a row group, into a new part if the present one is large enough."""
        if self._path.stat().st_size >= PART_BYTES:
            self._next_part()
        self._writer.write_batch(group)
        self.rows[self._path.name] += len(group)

    def _next_part(self) -> None:
        self._writer.close()
        if len(self.rows) == 1:
            first = self._path.rename(self._folder / f"{self._table}-00001.parquet")
            self.rows = {first.name: self.rows.pop(self._path.name)}
        self._open(f"{self._table}-{len(self.rows) + 1:05}.parquet")

    def _open(self, name: str) -> None:
        self._path = self._folder / name
        self.rows[name] = 0
        self._writer = pq.ParquetWriter(
            self._path,
            self._schema,
            compression="zstd",
            compression_level=_LEVEL,
            version="2.6",
            use_dictionary=self._dictionary,
            column_encoding=self._encoding,
        )


def _stepping(table: type[Table], schema: pa.Schema) -> list[str]:
    """Return the numbers in a table's key: it is sorted by them, so they are best told by the step from row to row."""
    return [column for column in table.about.key if pa.types.is_integer(schema.field(column).type)]


def _paths(schema: pa.Schema) -> list[str]:
    """Return what Parquet calls the columns of a schema, down to the parts of lists and structs."""
    empty = pa.BufferOutputStream()
    pq.write_table(schema.empty_table(), empty)
    return [column.path for column in pq.ParquetFile(empty.getvalue()).schema]


def _row_groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield the rows of `batches` in groups of ROW_GROUP, the last one smaller, cast to `schema`, each in one chunk."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        while sum(map(len, waiting)) >= ROW_GROUP:
            joined = _joined(waiting)
            yield joined.slice(0, ROW_GROUP).cast(schema)
            waiting = [joined.slice(ROW_GROUP)] if len(joined) > ROW_GROUP else []
    if sum(map(len, waiting)):
        yield _joined(waiting).cast(schema)


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)


def _file_entry(path: Path, rows: int) -> Entry:
    return {"name": path.name, "sha256": file_digest(path), "bytes": path.stat().st_size, "rows": rows}
