"""A table as a file of its own: CSV, JSON Lines or Parquet, streamed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.release.sql import quoted, text

FORMULA = r"^'*[=+\-@\t\r\n＝＋－＠]"
"""What a spreadsheet takes for a formula, or has taken (a quotation mark before one was ours or the source's)."""
_BOM = b"\xef\xbb\xbf"


def write_csv(schema: pa.Schema, batches: Iterable[pa.RecordBatch], path: Path, *, bom: bool) -> None:
    """Write RFC 4180 CSV in UTF-8: null is an empty field, an empty text is `""`, lists and structs are JSON.

    A text that a spreadsheet could run as a formula gets a `'` before it: to read it back, take one `'` away where
    FORMULA matches and the text begins with `'`. Numbers stay as they are.
    """
    columns = ", ".join(_csv_column(column) for column in schema)
    _copied(schema, batches, columns, path, "FORMAT csv, HEADER true")
    if bom:
        plain = path.rename(path.with_suffix(".plain"))
        with plain.open("rb") as source, path.open("wb") as target:
            target.write(_BOM)
            while block := source.read(1 << 20):
                target.write(block)
        plain.unlink()


def write_jsonl(schema: pa.Schema, batches: Iterable[pa.RecordBatch], path: Path) -> None:
    """Write one JSON object a line, with every column; lists and structs as they are, nothing guarded."""
    _copied(schema, batches, ", ".join(map(_column, schema)), path, "FORMAT json")


def write_parquet(schema: pa.Schema, batches: Iterable[pa.RecordBatch], path: Path) -> None:
    """Write Parquet with the same schema."""
    with pq.ParquetWriter(path, schema, compression="zstd", version="2.6") as writer:
        for batch in batches:
            writer.write_batch(batch)


def _copied(schema: pa.Schema, batches: Iterable[pa.RecordBatch], columns: str, path: Path, options: str) -> None:
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute("SET threads = 1")  # with more, batches that overtake others are kept in memory until their turn
        con.register("batches", pa.RecordBatchReader.from_batches(schema, iter(batches)))
        con.execute(f"COPY (SELECT {columns} FROM batches) TO {text(str(path))} ({options})")  # noqa: S608


def _csv_column(column: pa.Field) -> str:
    name = quoted(column.name)
    if pa.types.is_string(column.type):
        guarded = f"CASE WHEN regexp_matches({name}, {text(FORMULA)}) THEN '''' || {name} ELSE {name} END"
        return f"{guarded} AS {name}"
    if pa.types.is_nested(column.type):
        return f"CAST(to_json({name}) AS VARCHAR) AS {name}"
    return _column(column)


def _column(column: pa.Field) -> str:
    name = quoted(column.name)
    if pa.types.is_timestamp(column.type):
        return f"strftime({name}, '%Y-%m-%dT%H:%M:%S.%fZ') AS {name}"
    return name
