"""What differs between any two releases of a dataset, and why, as far as the releases between them say so.

The values are compared straight in the Parquet files of the two. Of two releases that follow each other the answer is
in the newer one's `changes.parquet`; otherwise the causes of a difference are those that the releases after the old
one, up to the new one, give for the same column of the same letter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from flows.datasets import Dataset
from flows.errors import DafuError, UsageError
from flows.read.releases import release_of
from flows.release.changelog import Said, changelog
from flows.release.changes import open_pair, parquet, schemas_of
from flows.release.compare import compare
from flows.release.manifest import read_manifest
from flows.release.sql import quoted
from flows.release.versions import versions
from schemas.arrow import arrow_schema, arrow_table
from schemas.changes import ChangedValue

_UNSAID = "no release between the two says so"
_AS_JSON = ("row_key", "old_value", "new_value")
_COLUMNS = ", ".join(arrow_schema(ChangedValue).names)


def pair(name: str, old: str, new: str, datasets: Path) -> tuple[Dataset, Path, Path]:
    """Return (dataset, the older release's folder, the newer one's); UsageError if they are not two in this order."""
    dataset, before = release_of(f"{name}@{old}", datasets)
    after = release_of(f"{name}@{new}", datasets)[1]
    order = versions(dataset.releases)
    if before == after:
        raise UsageError(f"{before.name} is one release; name two: `dafu releases {name}` lists them")
    if order.index(before.name) > order.index(after.name):
        raise UsageError(
            f"{after.name} is older than {before.name}; ask `dafu diff {name} {after.name} {before.name}` for what "
            "changed from the one to the other"
        )
    return dataset, before, after


def as_text(dataset: Dataset, old: Path, new: Path) -> str:
    """Return what differs, in the words and the order of CHANGES.md."""
    with _compared(dataset, old, new) as con:
        return changelog(con, Said.of(read_manifest(old)), Said.of(read_manifest(new)))


def as_json(dataset: Dataset, old: Path, new: Path) -> str:
    """Return every difference as JSON: the rows of `changes`, their values and keys as they are."""
    with _compared(dataset, old, new) as con:
        rows = con.sql("FROM changes ORDER BY table_name, reply_id, row_key, change, column_name").to_arrow_table()
    found = [
        {column: json.loads(value) if value and column in _AS_JSON else value for column, value in row.items()}
        for row in rows.to_pylist()
    ]
    return json.dumps({"old": old.name, "new": new.name, "changes": found}, ensure_ascii=False, indent=1)


@contextmanager
def _compared(dataset: Dataset, old: Path, new: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a DuckDB in which `changes` is what differs, and the releases are the schemas `old` and `new`."""
    try:
        with duckdb.connect() as con:
            con.execute("SET TimeZone = 'UTC'")
            con.execute("CREATE SCHEMA new")
            schemas = schemas_of(new)
            for name in schemas:
                con.execute(f"CREATE VIEW new.{quoted(name)} AS FROM {parquet(new, name)}")
            differing, tables = open_pair(con, old, schemas)
            if "changes" in schemas and (read_manifest(new).get("previous") or {}).get("version") == old.name:
                con.execute(f"CREATE VIEW changes AS SELECT {_COLUMNS} FROM new.changes")
            else:
                compare(con, tables, steps=False)
                con.register("schema_changes", arrow_table(ChangedValue, differing))
                _explain(con, dataset, old, new)
            yield con
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise DafuError(
            f"{old.name} and {new.name} cannot be compared ({reason}); run `dafu verify` on both and restore what is "
            "damaged"
        ) from error


def _explain(con: duckdb.DuckDBPyConnection, dataset: Dataset, old: Path, new: Path) -> None:
    """Make `changes` of what was found, with the causes that the releases after `old`, up to `new`, give."""
    order = versions(dataset.releases)
    between = [dataset.releases / name for name in order[order.index(old.name) + 1 : order.index(new.name) + 1]]
    said = " UNION ALL ".join(
        f"SELECT table_name, reply_id, column_name, causes, because FROM {parquet(release, 'changes')}"
        for release in between
        if "changes" in schemas_of(release)
    )
    con.register("no_changes", arrow_table(ChangedValue, []))
    con.execute(
        f"CREATE TEMP TABLE said AS "
        f"{said or 'SELECT table_name, reply_id, column_name, causes, because FROM no_changes'}"
    )

    def causes(columns: str) -> str:
        return (
            f"(SELECT {columns}, list_sort(list_distinct(flatten(list(causes)))) AS causes, "
            f"string_agg(DISTINCT because, ' ' ORDER BY because) AS because FROM said GROUP BY {columns})"
        )

    con.execute(f"""
      CREATE TEMP TABLE changes AS
      SELECT f.table_name, nullif(f.letter, '') AS reply_id, f.row_key, f.change, f.column_name, f.old_value,
        f.new_value, coalesce(c.causes, r.causes, ['unknown']) AS causes, o.capture_id AS old_capture_id,
        n.capture_id AS new_capture_id, coalesce(c.because, r.because,
          CASE WHEN c.causes IS NULL AND r.causes IS NULL THEN '{_UNSAID}' END) AS because
      FROM found f LEFT JOIN old.replies o ON o.reply_id = f.letter LEFT JOIN new.replies n ON n.reply_id = f.letter
      LEFT JOIN {causes("table_name, reply_id, column_name")} c ON c.table_name = f.table_name
        AND coalesce(c.reply_id, '') = f.letter AND c.column_name IS NOT DISTINCT FROM f.column_name
      LEFT JOIN {causes("table_name, reply_id")} r ON r.table_name = f.table_name
        AND coalesce(r.reply_id, '') = f.letter
      UNION ALL BY NAME FROM schema_changes""")
