"""The two ways into a release by SQL: `dafu.duckdb` with the tables inside, and `views.sql` over the Parquet files."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import duckdb

from flows.release.digests import file_digest
from flows.release.parquet import Entry
from flows.release.search import search_over_tables, search_over_views
from flows.release.sql import text
from flows.release.tables import connected, file_names, scan
from schemas import TABLES

VIEWS, DATABASE = "views.sql", "dafu.duckdb"
_MEMORY, MEMORY_BESIDE = "300MB", "512MB"
"""Of the DuckDB that writes the database, and of the one that builds and checks the release at the same time."""


class Database:
    """dafu.duckdb in the folder of a release: written table by table, in the background, as they are there.

    Its storage version is v1.0.0, so that every DuckDB from 1.0 on opens it; the descriptions of tables and columns
    are in it as comments. What DuckDB has no memory for goes into the folder `spilled`.
    """

    def __init__(self, folder: Path, spilled: Path) -> None:
        """Begin with no file; `close` ends what is being written, and leaves no half of one."""
        self._folder, self._spilled = folder, spilled
        self._thread = ThreadPoolExecutor(1)
        self._written: list[Future[None]] = []
        self._con: duckdb.DuckDBPyConnection | None = None
        self._complete = False

    def add(self, entries: Mapping[str, Entry]) -> None:
        """Have tables written whose Parquet files lie in the folder; return before they are."""
        self._written += [self._thread.submit(self._write, name, file_names(said)) for name, said in entries.items()]

    def finished(self) -> str:
        """Return the digest of the file, once it is complete; what went wrong in the background is raised here."""
        for table in self._written:
            table.result()
        return self._thread.submit(self._finish).result()

    def close(self) -> None:
        """End what is being written; a file that is not complete is removed."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        if self._con is not None:
            self._con.interrupt()
        self._thread.shutdown()
        if self._con is not None:
            self._con.close()
            if not self._complete:
                for name in (DATABASE, f"{DATABASE}.wal"):
                    (self._folder / name).unlink(missing_ok=True)

    def _write(self, name: str, files: list[str]) -> None:
        if self._con is None:
            self._spilled.mkdir(parents=True)
            self._con = connected(self._spilled, memory=_MEMORY)
            self._con.execute(f"ATTACH {text(str(self._folder / DATABASE))} AS release (STORAGE_VERSION 'v1.0.0')")
        self._con.execute(f"CREATE TABLE release.{name} AS FROM {scan(self._folder, files)}")

    def _finish(self) -> str:
        con = self._con
        assert con is not None  # for there are tables
        con.begin()  # or each of the hundreds of comments is a commit, which waits for the disk
        for table in TABLES:
            name = table.about.name
            con.execute(f"COMMENT ON TABLE release.{name} IS {text(f'{table.about.en} {table.about.zh}')}")
            for column in table.model_fields:
                said = table.column(column)
                con.execute(f'COMMENT ON COLUMN release.{name}."{column}" IS {text(f"{said.en} {said.zh}")}')
        con.commit()
        con.execute("USE release")
        con.execute(search_over_tables())
        con.execute("USE memory")
        con.execute("DETACH release")
        self._complete = True
        return file_digest(self._folder / DATABASE)


def views(entries: Mapping[str, Entry]) -> str:
    """Return views.sql: one view a table over its Parquet files, wherever they lie."""
    lines = [
        "-- One view a table. Say where the release lies, then read this file:",
        "--   SET VARIABLE dafu = '/path/to/release';",
        "--   .read /path/to/release/views.sql",
        "-- In Python: con.execute(open('/path/to/release/views.sql').read()).",
        "-- Without the variable the files are looked for in the working directory.",
    ]
    for table in TABLES:
        name = table.about.name
        files = ", ".join(f"coalesce(getvariable('dafu'), '.') || '/{file}'" for file in file_names(entries[name]))
        lines.append(f"CREATE OR REPLACE VIEW {name} AS FROM read_parquet([{files}]);")
    lines += ["-- SELECT * FROM search('职业教育 产教融合') LIMIT 10", search_over_views()]
    return "\n".join(lines)
