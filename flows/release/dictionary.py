"""The `dictionary` table of a release, from the declarations."""

from __future__ import annotations

from pathlib import Path

import duckdb

from flows.release.parquet import Entry
from flows.release.tables import write_table
from schemas import TABLES
from schemas.arrow import arrow_table
from schemas.dictionary import DictionaryEntry, dictionary


def write_dictionary(con: duckdb.DuckDBPyConnection, staging: Path) -> Entry:
    """Write the columns of all tables as a table."""
    con.register("declared", arrow_table(DictionaryEntry, dictionary(TABLES)))
    try:
        return write_table(con, DictionaryEntry, "FROM declared", staging)
    finally:
        con.unregister("declared")
