"""Records on disk: one Parquet file a table, with the table's declared columns, in a folder replaced as a whole.

    records/replies.parquet, records/sections.parquet … one for every table that parse fills, empty or not
    records/since/    what the last release's captures say to the present parser (`flows.parse.since`)
    records/archive.json     how far each WARC file reached that they were read from
    records/written.json     what a manifest would say of each table, and with which libraries it was written

The release reads these and nothing else. Rows lie in them as they came, written as a release's are: a table whose rows
came in order is taken into the release as it is, and the others are put in order there. A run that ends early leaves
the records of the run before.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from flows.release.digests import file_digest
from flows.release.manifest import made_with
from flows.release.parquet import Entry, TableWriter
from schemas import RECORDED
from schemas.arrow import arrow_table
from schemas.table import Table

ARCHIVE, WRITTEN = "archive.json", "written.json"
_BATCH = 5_000
"""So many rows of a table wait in memory as models before they become columns."""


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
        self._files = ExitStack()
        self._writers = {
            name: self._files.enter_context(TableWriter(self._staged, table, parts=False))
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
        self._files.__exit__(kind, error, trace)
        if error is None:
            self._note_written()
            self._commit()

    @property
    def staged(self) -> Path:
        """Where the records lie until they take their place; what else is put there goes with them."""
        return self._staged

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

    def write(self, name: str, rows: pa.Table) -> None:
        """Add rows to a table, by columns; they are taken as checked."""
        for batch in rows.to_batches():
            self._writers[name].write(batch)

    def _flush(self, name: str) -> None:
        if self._waiting[name]:
            self.write(name, arrow_table(self._tables[name], self._waiting[name]))
            self._waiting[name] = []

    def _note_written(self) -> None:
        tables = {name: asdict(Written(writer.entry(), writer.in_order)) for name, writer in self._writers.items()}
        said = json.dumps({"made_with": made_with(), "tables": tables}, indent=1, ensure_ascii=False)
        (self._staged / WRITTEN).write_text(f"{said}\n", encoding="utf-8")

    def _commit(self) -> None:
        """Put the new records where the old ones are."""
        old = self._folder.with_name(f".{self._folder.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if self._folder.exists():
            self._folder.rename(old)
        self._staged.rename(self._folder)
        shutil.rmtree(old, ignore_errors=True)


@dataclass(frozen=True)
class Written:
    """What parse noted of a table's records: what a manifest would say of them, and whether they lie in order."""

    entry: Entry
    in_order: bool


def as_written(folder: Path) -> dict[str, Written]:
    """Return what parse noted of its records, by table: of the files that are still what it wrote.

    Nothing if another parser, schema or library than there is now wrote them, or if the note cannot be read: the rows
    are then checked and written anew.
    """
    try:
        said = json.loads((folder / WRITTEN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(said, dict) or said.get("made_with") != made_with():
        return {}
    noted = {name: Written(**table) for name, table in said.get("tables", {}).items()}
    return {name: table for name, table in noted.items() if _unchanged(records_file(folder, name), table.entry)}


def _unchanged(path: Path, entry: Entry) -> bool:
    return path.is_file() and file_digest(path) == entry["files"][0]["sha256"]


def records_file(folder: Path, name: str) -> Path:
    """Return the file of a table among the records in `folder`."""
    return folder / f"{name}.parquet"
