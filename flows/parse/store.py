"""Records on disk: one Parquet file a table, with the table's declared columns, in a folder replaced as a whole.

    records/replies.parquet, records/sections.parquet … one for every table that parse fills, empty or not
    records/archive.json     how far each WARC file reached that they were read from

The release reads these and nothing else. Rows lie in them as they came: the release puts them in order. A run that
ends early leaves the records of the run before.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow.parquet as pq

from schemas import RECORDED
from schemas.arrow import arrow_schema, arrow_table
from schemas.table import Table

ARCHIVE = "archive.json"
_BATCH = 5_000
"""So many rows of a table wait in memory before they are written, as one row group."""


class RecordWriter:
    """Writes the records of one parse beside those of the last one; they take their place when all is written.

    To be used with `with`: an error inside leaves the old records where they are.
    """

    def __init__(self, folder: Path) -> None:
        """Start afresh beside `folder`."""
        self._folder = folder
        self._staged = folder.with_name(f".{folder.name}.new")
        shutil.rmtree(self._staged, ignore_errors=True)
        self._staged.mkdir(parents=True)
        self._tables = {table.about.name: table for table in RECORDED}
        self._waiting: dict[str, list[Table]] = {name: [] for name in self._tables}
        self._files = {
            name: pq.ParquetWriter(
                records_file(self._staged, name), arrow_schema(table), compression="zstd", compression_level=1
            )
            for name, table in self._tables.items()
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            for name in self._tables:
                self._flush(name)
        for file in self._files.values():
            file.close()
        if error is None:
            self._commit()

    def note_archive(self, reach: dict[str, int]) -> None:
        """Note which bytes of the archive the records were read from: how many of each WARC file."""
        (self._staged / ARCHIVE).write_text(json.dumps(reach, indent=1) + "\n", encoding="utf-8")

    def add(self, rows: Iterable[Table]) -> None:
        """Add rows to their tables."""
        for row in rows:
            waiting = self._waiting[row.about.name]
            waiting.append(row)
            if len(waiting) == _BATCH:
                self._flush(row.about.name)

    def _flush(self, name: str) -> None:
        if self._waiting[name]:
            self._files[name].write_table(arrow_table(self._tables[name], self._waiting[name]))
            self._waiting[name] = []

    def _commit(self) -> None:
        """Put the new records where the old ones are."""
        old = self._folder.with_name(f".{self._folder.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if self._folder.exists():
            self._folder.rename(old)
        self._staged.rename(self._folder)
        shutil.rmtree(old, ignore_errors=True)


def records_file(folder: Path, name: str) -> Path:
    """Return the file of a table among the records in `folder`."""
    return folder / f"{name}.parquet"
