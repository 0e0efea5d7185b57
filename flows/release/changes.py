"""The last release and the one that is staged → `changes`: every row that came or went, every value that changed, why.

The causes are found out by comparing the steps between the two (`flows.parse.since`), never from what changed. Where a
step cannot be had, because the archive has lost the pages of then or the records were made for another release, the
cause is unknown and the row says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.parse.since import NOBODY, SAID, SINCE, STEPS
from flows.parse.store import records_file
from flows.release.compare import Compared, compare, compared
from flows.release.digests import file_digest
from flows.release.manifest import MANIFEST
from flows.release.parquet import Entry
from flows.release.sql import quoted, text
from flows.release.tables import write_table
from schemas import RECORDED, TABLES
from schemas.arrow import arrow_schema, arrow_table
from schemas.changes import Change, ChangedValue
from schemas.issues import Issue

_LOST = "the archive no longer holds the capture that the last release was read from"
_NOT_READ = "the records were not made after the last release: run `dafu parse` before `dafu release`"


@dataclass(frozen=True, slots=True)
class _Since:
    """What `since.json` says, or why it cannot be used."""

    folder: Path
    letters: dict[str, list[str]]
    lost: list[str]
    masked: list[list[str]]
    missing: str | None = None


def write_changes(con: duckdb.DuckDBPyConnection, staging: Path, last: Path | None, records: Path) -> Entry:
    """Write changes.parquet into the folder `staging`; return its entry for the manifest.

    Every other table of the release is a view of `con` by its name. `last`: the folder of the last release, None for
    the first one, which has no changes. Afterwards its tables are views in the schema `old`.
    """
    if last is None:
        con.register("no_changes", arrow_table(ChangedValue, []))
        return write_table(con, ChangedValue, "FROM no_changes", staging)
    since = _since(records, last)
    _open_new(con)
    schema_changes, tables = open_old(con, last)
    if since.missing is None:
        _open_steps(con, since, tables)
    compare(con, tables, steps=since.missing is None)
    con.register("schema_changes", arrow_table(ChangedValue, schema_changes))
    con.register("masked", _columns(since.masked, ("reply_id", "column_name", "cause")))
    con.register("lost", _columns([[reply_id] for reply_id in since.lost], ("reply_id",)))
    return write_table(con, ChangedValue, _sql(since.missing), staging)


def open_old(con: duckdb.DuckDBPyConnection, last: Path) -> tuple[list[ChangedValue], list[Compared]]:
    """Make the tables of a release views in the schema `old`; return how its schema differs and what can be compared.

    The other side is the schema `new`, whose tables are those that are declared.
    """
    return open_pair(con, last, {table.about.name: arrow_schema(table) for table in TABLES})


def open_pair(
    con: duckdb.DuckDBPyConnection, old: Path, new: dict[str, pa.Schema]
) -> tuple[list[ChangedValue], list[Compared]]:
    """Make the tables of the release `old` views in the schema `old`, to be compared with those of `new`."""
    con.execute("CREATE SCHEMA old")
    before = schemas_of(old)
    for name in before:
        con.execute(f"CREATE VIEW old.{quoted(name)} AS FROM {parquet(old, name)}")
    differing = list(_schema_changes(before, new))
    tables: list[Compared] = []
    for table in RECORDED:
        name = table.about.name
        if table.about.observed or name not in before or name not in new:
            continue
        one, other = _types(before[name]), _types(new[name])
        how = compared(table, [column for column in other if one.get(column) == other[column]])
        if how is None:
            differing.append(_of_schema(name, "not_compared"))
        else:
            tables.append(how)
    return differing, tables


def parquet(release: Path, name: str) -> str:
    """Return the SQL of a table of a release, in one file or in parts."""
    return f"read_parquet([{', '.join(text(path) for path in _files(release)[name])}])"


def schemas_of(release: Path) -> dict[str, pa.Schema]:
    """Return the Arrow schemas of a release's tables by name."""
    return {name: pq.read_schema(files[0]) for name, files in _files(release).items()}


def _files(release: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in sorted(release.glob("*.parquet")):
        found.setdefault(path.stem.partition("-")[0], []).append(path)
    return found


def _types(schema: pa.Schema) -> dict[str, str]:
    """Return the type of each column, without whether it can be null and how items are called."""
    return {column.name: str(column.type).replace(" not null", "").replace("<element:", "<item:") for column in schema}


def _schema_changes(before: dict[str, pa.Schema], after: dict[str, pa.Schema]) -> Iterator[ChangedValue]:
    for name in sorted(after.keys() - before.keys()):
        yield _of_schema(name, "table_added")
    for name in sorted(before.keys() - after.keys()):
        yield _of_schema(name, "table_removed")
    for name in sorted(before.keys() & after.keys()):
        one, other = _types(before[name]), _types(after[name])
        for column in sorted(one.keys() | other.keys()):
            if column not in one:
                yield _of_schema(name, "column_added", column, new=other[column])
            elif column not in other:
                yield _of_schema(name, "column_removed", column, old=one[column])
            elif one[column] != other[column]:
                yield _of_schema(name, "column_retyped", column, one[column], other[column])


def _of_schema(
    table: str,
    change: Change,
    column: str | None = None,
    old: str | None = None,
    new: str | None = None,
) -> ChangedValue:
    return ChangedValue(
        table_name=table,
        reply_id=None,
        row_key=None,
        change=change,
        column_name=column,
        old_value=json.dumps(old) if old else None,
        new_value=json.dumps(new) if new else None,
        causes=["schema"],
        old_capture_id=None,
        new_capture_id=None,
        because=None,
    )


# --- the steps


def _since(records: Path, last: Path) -> _Since:
    folder = records / SINCE
    try:
        said = json.loads((folder / SAID).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return _Since(folder, {}, [], [], _NOT_READ)
    if (said["release"], said["manifest_sha256"]) != (last.name, file_digest(last / MANIFEST)):
        return _Since(folder, {}, [], [], _NOT_READ)
    return _Since(folder, {step: said[step] for step in STEPS}, said["lost"], said["masked"])


def _open_new(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("CREATE SCHEMA new")
    for table in RECORDED:
        con.execute(f"CREATE VIEW new.{quoted(table.about.name)} AS FROM main.{quoted(table.about.name)}")


def _open_steps(con: duckdb.DuckDBPyConnection, since: _Since, tables: list[Compared]) -> None:
    """Make the tables of each step views in a schema of its name: those of `new`, but for the letters that differ.

    What the release itself reports of its rows was no part of any step, and is the parser's.
    """
    names = {table.name for table in tables}
    for step in STEPS:
        con.register(f"letters_{step}", _columns([[reply_id] for reply_id in since.letters[step]], ("reply_id",)))
        con.execute(f"CREATE SCHEMA {quoted(step)}")
        for table in RECORDED:
            name = table.about.name
            if name in names:
                same = f"coalesce(reply_id, {text(NOBODY)}) NOT IN (SELECT reply_id FROM letters_{step})"
                same += " AND stage <> 'release'" if table is Issue else ""
                con.execute(
                    f"CREATE VIEW {quoted(step)}.{quoted(name)} AS SELECT * FROM new.{quoted(name)} WHERE {same} "
                    f"UNION ALL BY NAME FROM read_parquet({text(records_file(since.folder / step, name))})"
                )


def _columns(rows: list[list[str]], names: tuple[str, ...]) -> pa.Table:
    return pa.table({name: pa.array([row[n] for row in rows], pa.string()) for n, name in enumerate(names)})


def _sql(missing: str | None) -> str:
    """Return the query that gives the rows of `changes`; `missing` says why there are no steps, if there are none."""
    unknown = "true" if missing else "f.letter IN (SELECT reply_id FROM lost)"
    return f"""
      WITH corrected AS (
        SELECT reply_id, string_agg(detail, ' ' ORDER BY detail) AS because FROM (
          SELECT reply_id, detail FROM (FROM new.issues SELECT reply_id, detail WHERE code = 'corrected'
            EXCEPT FROM old.issues SELECT reply_id, detail WHERE code = 'corrected')
          UNION ALL SELECT reply_id, 'No longer corrected: ' || detail FROM (
            FROM old.issues SELECT reply_id, detail WHERE code = 'corrected'
            EXCEPT FROM new.issues SELECT reply_id, detail WHERE code = 'corrected'))
        GROUP BY ALL),
      joined_with AS (
        SELECT o.reply_id, min('now part of ' || i.reply_id || ': ' || i.detail) AS because FROM old.replies o
        ANTI JOIN new.replies n USING (reply_id) JOIN new.issues i ON i.url = o.url AND i.code = 'duplicate_page'
        GROUP BY ALL),
      hidden AS (SELECT reply_id, column_name, list(cause) AS causes FROM masked GROUP BY ALL)
      SELECT f.table_name, nullif(f.letter, '') AS reply_id, f.row_key, f.change, f.column_name, f.old_value,
        f.new_value, CASE WHEN {unknown} THEN ['unknown']
          ELSE list_sort(list_distinct(list_concat(f.causes, coalesce(h.causes, [])))) END AS causes,
        o.capture_id AS old_capture_id, n.capture_id AS new_capture_id,
        CASE WHEN {unknown} THEN {text(missing or _LOST)} WHEN list_contains(f.causes, 'correction') THEN c.because
          WHEN f.table_name = 'replies' AND f.change = 'removed' THEN j.because END AS because
      FROM found f LEFT JOIN old.replies o ON o.reply_id = f.letter LEFT JOIN new.replies n ON n.reply_id = f.letter
      LEFT JOIN corrected c ON c.reply_id = f.letter LEFT JOIN joined_with j ON j.reply_id = f.letter
      LEFT JOIN hidden h ON f.table_name = 'replies' AND h.reply_id = f.letter AND h.column_name = f.column_name
      UNION ALL BY NAME FROM schema_changes"""
