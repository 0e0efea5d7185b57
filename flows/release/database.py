"""The two ways into a release by SQL: `dafu.duckdb` with the tables inside, and `views.sql` over the Parquet files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flows.release.parquet import Entry
from flows.release.search import search_over_tables, search_over_views
from flows.release.sql import text
from flows.release.tables import connected, file_names, scan
from schemas import TABLES

VIEWS, DATABASE = "views.sql", "dafu.duckdb"
_MEMORY = "500MB"
"""Beside the DuckDB of the gate, which looks at the same time."""


def write_database(folder: Path, entries: Mapping[str, Entry], spilled: Path) -> None:
    """Write dafu.duckdb beside the Parquet files; what DuckDB has no memory for goes into the folder `spilled`.

    Its storage version is v1.0.0, so that every DuckDB from 1.0 on opens it; the descriptions of tables and columns
    are in it as comments.
    """
    spilled.mkdir(parents=True, exist_ok=True)
    with connected(spilled, memory=_MEMORY) as con:
        con.execute(f"ATTACH {text(str(folder / DATABASE))} AS release (STORAGE_VERSION 'v1.0.0')")
        for table in TABLES:
            name = table.about.name
            con.execute(f"CREATE TABLE release.{name} AS FROM {scan(folder, file_names(entries[name]))}")
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
