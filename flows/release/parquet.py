"""Rows → a table's Parquet files: cut into row groups and parts, digested on the way, memory flat.

A table is one file, NAME.parquet, until that is too large; then it is parts, NAME-00001.parquet and so on. Files and
row groups are cut after so many rows however they come, and a row group is written as one chunk, so the bytes depend
on the rows and the writer's version alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flows.release.digests import Digests, file_digest, rows_digest
from schemas.arrow import arrow_schema
from schemas.table import Table

ROW_GROUP = 40_960
"""Rows in a row group: a third of what DuckDB hands over at a time, so that its batches need not be joined."""
PART_BYTES = 2_000_000_000
"""A file that has grown to this size is followed by the next part."""
_LEVEL = 12
"""Of zstd: a fifth smaller than by its level of 3, for half a millisecond a letter; to read takes the same time."""
_PAGE = 8 << 20
"""Bytes of a page before compression: what stands in several letters is mostly found again within so many."""

Entry = dict[str, Any]
"""What the manifest says of a table: its `files` (name, sha256, bytes, rows of each), `rows` and `bytes` of all of
them, and digests: `rows_sha256` of every row, `content_sha256` of what the source says, one a column in `columns`."""


class TableWriter:
    """Writes the rows of a table into a folder, as they come; `entry` tells of them afterwards.

    To be used with `with`. `in_order` tells whether the rows came in the order of the table's key.
    """

    def __init__(self, folder: Path, table: type[Table], *, parts: bool = True) -> None:
        """Begin with no rows; without `parts` the table stays one file, however large."""
        self._folder, self._about, self._parts = folder, table.about, parts
        self._observed = table.observed_columns()
        self._schema = arrow_schema(table)
        self._digests = Digests(self._schema)
        self._waiting: list[pa.RecordBatch] = []
        self._last: pa.RecordBatch | None = None
        self._rows: dict[str, int] = {}
        self.in_order = True

    def __enter__(self) -> Self:
        self._open(f"{self._about.name}.parquet")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and self._waiting:
            self._write_group(_joined(self._waiting))
        self._writer.close()

    def write(self, batch: pa.RecordBatch) -> None:
        """Take in rows of the table's columns; what cannot be cast to the declared types is an error of pyarrow."""
        self._waiting.append(batch)
        if sum(map(len, self._waiting)) < ROW_GROUP:
            return
        joined = _joined(self._waiting)
        whole = len(joined) - len(joined) % ROW_GROUP
        for start in range(0, whole, ROW_GROUP):
            self._write_group(joined.slice(start, ROW_GROUP))
        self._waiting = [joined.slice(whole)] if len(joined) > whole else []

    def entry(self) -> Entry:
        """Return what the manifest says of the table, now that all is written."""
        said = self._digests.columns()
        files = [_file_entry(self._folder / name, rows) for name, rows in self._rows.items()]
        return {
            "files": files,
            "rows": sum(file["rows"] for file in files),
            "bytes": sum(file["bytes"] for file in files),
            "rows_sha256": rows_digest(said),
            "content_sha256": rows_digest(said, without=said if self._about.derived else self._observed),
            "columns": said,
        }

    def _write_group(self, rows: pa.RecordBatch) -> None:
        group = rows.cast(self._schema)
        self._digests.update(group)
        self._note_order(group)
        if self._parts and self._path.stat().st_size >= PART_BYTES:
            self._next_part()
        self._writer.write_batch(group)
        self._rows[self._path.name] += len(group)

    def _note_order(self, group: pa.RecordBatch) -> None:
        if not self.in_order:
            return
        keys = group.select(list(self._about.key))
        rows = keys if self._last is None else pa.concat_batches([self._last, keys])
        self.in_order, self._last = _ascending(rows), keys.slice(len(keys) - 1)

    def _next_part(self) -> None:
        self._writer.close()
        if len(self._rows) == 1:
            first = self._path.rename(self._folder / f"{self._about.name}-00001.parquet")
            self._rows = {first.name: self._rows.pop(self._path.name)}
        self._open(f"{self._about.name}-{len(self._rows) + 1:05}.parquet")

    def _open(self, name: str) -> None:
        self._path = self._folder / name
        self._rows[name] = 0
        stepping = _stepping(self._about.key, self._schema)
        self._writer = pq.ParquetWriter(
            self._path,
            self._schema,
            compression="zstd",
            compression_level=_LEVEL,
            data_page_size=_PAGE,
            version="2.6",
            use_dictionary=[path for path in _paths(self._schema) if path not in stepping],
            column_encoding=dict.fromkeys(stepping, "DELTA_BINARY_PACKED"),
        )


def _stepping(key: tuple[str, ...], schema: pa.Schema) -> list[str]:
    """Return the numbers in a table's key: it is sorted by them, so they are best told by the step from row to row."""
    return [column for column in key if pa.types.is_integer(schema.field(column).type)]


def _paths(schema: pa.Schema) -> Iterator[str]:
    """Yield what Parquet calls the columns of a schema, down to the parts of lists and structs."""
    empty = pa.BufferOutputStream()
    pq.write_table(schema.empty_table(), empty)
    for column in pq.ParquetFile(empty.getvalue()).schema:
        yield column.path


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)


def _ascending(rows: pa.RecordBatch) -> bool:
    """Tell whether no row is before the one above it; False as well if a value is null."""
    if any(column.null_count for column in rows.columns):
        return False
    above, below = rows.slice(0, len(rows) - 1), rows.slice(1)
    follows = pa.array([True] * len(above), pa.bool_())
    for before, after in zip(reversed(above.columns), reversed(below.columns), strict=True):
        follows = pc.or_(pc.less(before, after), pc.and_(pc.equal(before, after), follows))
    return bool(pc.all(follows).as_py())


def _file_entry(path: Path, rows: int) -> Entry:
    return {"name": path.name, "sha256": file_digest(path), "bytes": path.stat().st_size, "rows": rows}
