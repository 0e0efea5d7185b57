"""What differs between any two releases of a dataset, and why, as far as the releases between them say so.

The values are compared straight in the Parquet files of the two. Of two releases that follow each other the answer is
in the newer one's `changes.parquet`; otherwise the causes of a difference are those that the releases after the old
one, up to the new one, give for the same column of the same letter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from flows.errors import DafuError, UsageError
from flows.read.releases import release_of
from flows.read.remote import cached_release, is_address, published
from flows.release.changelog import Said, changelog
from flows.release.changes import open_pair, parquet, schemas_of
from flows.release.compare import compare
from flows.release.manifest import MANIFEST, read_manifest
from flows.release.sql import quoted
from flows.release.versions import versions
from schemas.arrow import arrow_schema, arrow_table
from schemas.changes import ChangedValue

_UNSAID = "no release between the two says so"
_AS_JSON = ("row_key", "old_value", "new_value")
_COLUMNS = ", ".join(arrow_schema(ChangedValue).names)


def chain(name: str, old: str, new: str, datasets: Path) -> list[Path]:
    """Return the folders of two releases and of those between them, oldest first; `name` is a dataset or an address.

    UsageError if they are not two in this order.
    """
    if is_address(name):
        order = published(name)
        ends = [order[-1] if version == "latest" else version for version in (old, new)]
        return [
            cached_release(f"{name}@{version}", partial(_is_compared, end=version in ends))
            for version in _between(name, order, *ends)
        ]
    dataset, before = release_of(f"{name}@{old}", datasets)
    after = release_of(f"{name}@{new}", datasets)[1]
    between = _between(name, versions(dataset.releases), before.name, after.name)
    return [dataset.releases / version for version in between]


def _is_compared(file: str, *, end: bool) -> bool:
    """Tell whether a file of a release is looked at: of one of the two every table, of one between what it says."""
    return file == MANIFEST or (file.endswith(".parquet") and (end or file.startswith("changes")))


def _between(name: str, order: list[str], old: str, new: str) -> list[str]:
    """Return the versions from `old` to `new`."""
    for version in (old, new):
        if version not in order:
            raise UsageError(f"{name} has no release {version}; its releases are: {', '.join(order)}")
    if old == new:
        raise UsageError(f"{old} is one release; name two of {', '.join(order)}")
    if order.index(old) > order.index(new):
        raise UsageError(
            f"{new} is older than {old}; ask `dafu diff {name} {new} {old}` for what changed from the one to the other"
        )
    return order[order.index(old) : order.index(new) + 1]


def as_text(releases: list[Path]) -> str:
    """Return what differs between the first and the last release, in the words and the order of CHANGES.md."""
    with _compared(releases) as con:
        return changelog(con, Said.of(read_manifest(releases[0])), Said.of(read_manifest(releases[-1])))


def as_json(releases: list[Path]) -> str:
    """Return every difference as JSON: the rows of `changes`, their values and keys as they are."""
    with _compared(releases) as con:
        rows = con.sql("FROM changes ORDER BY table_name, reply_id, row_key, change, column_name").to_arrow_table()
    found = [
        {column: json.loads(value) if value and column in _AS_JSON else value for column, value in row.items()}
        for row in rows.to_pylist()
    ]
    return json.dumps(
        {"old": releases[0].name, "new": releases[-1].name, "changes": found}, ensure_ascii=False, indent=1
    )


@contextmanager
def _compared(releases: list[Path]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a DuckDB in which `changes` is what differs, and the outer releases are the schemas `old` and `new`."""
    old, new = releases[0], releases[-1]
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
                _explain(con, releases[1:])
            yield con
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise DafuError(
            f"{old.name} and {new.name} cannot be compared ({reason}); run `dafu verify` on both and restore what is "
            "damaged"
        ) from error


def _explain(con: duckdb.DuckDBPyConnection, after: list[Path]) -> None:
    """Make `changes` of what was found, with the causes that the releases `after` the old one, up to the new, give."""
    said = " UNION ALL ".join(
        f"SELECT table_name, reply_id, column_name, causes, because FROM {parquet(release, 'changes')}"
        for release in after
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
