"""Checks that a release has lost nothing of the last one, as far as that one, of an older schema maybe, goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from flows.expectations import Expectations
from flows.release.gate.checks import Check, check, looked_at, rows, value
from flows.release.gate.expected import is_filled, listed_pages
from flows.release.gate.rules import CODE_GROWTH, CODE_NEW, FILL_LOST, LOST, ROWS_LOST, YEAR_LOST
from flows.release.manifest import read_manifest
from flows.release.sql import quoted, text
from flows.release.tables import file_names, scan
from schemas import TABLES
from schemas.issues import Issue
from schemas.table import Table

FEW = 3
"""So many rows more or less are never a reason to refuse: in a small table they are a large share."""


@dataclass(frozen=True, slots=True)
class Last:
    """The last release: the SQL that reads each of its tables, and their columns, by the table's name."""

    tables: dict[str, str]
    columns: dict[str, frozenset[str]]

    def has(self, table: str, *columns: str) -> bool:
        """Tell whether the release has a table with all of these columns."""
        return self.columns.get(table, frozenset()) >= set(columns) and table in self.tables


def opened(con: duckdb.DuckDBPyConnection, release: Path) -> Last:
    """Return a release's tables."""
    entries = read_manifest(release)["tables"]
    tables = {name: scan(release, file_names(entry)) for name, entry in entries.items()}
    columns = {
        name: frozenset(row["column_name"] for row in rows(con, f"DESCRIBE FROM {table}"))
        for name, table in tables.items()
    }
    return Last(tables, columns)


def compared(con: duckdb.DuckDBPyConnection, last: Last, expectations: Expectations) -> Iterator[Check]:
    """Check letters, years, rows, filled columns and issues against the last release."""
    if last.has("replies", "reply_id"):
        yield _letters_lost(con, last, expectations)
    if last.has("replies", "published_on"):
        yield from _years_lost(con, last, expectations)
    for table in TABLES:
        # fewer issues are no loss, and which columns a request fills is the site's affair
        if not table.about.derived and table is not Issue and table.about.name in last.tables:
            yield from _rows_lost(con, last, table, expectations)
            if not table.about.observed:
                yield from _fill_lost(con, last, table, expectations)
    if last.has("issues", "code") and last.has("replies"):
        yield from _codes(con, last, expectations)


def _letters_lost(con: duckdb.DuckDBPyConnection, last: Last, expectations: Expectations) -> Check:
    before = last.tables["replies"]
    shown = [name for name in ("reply_id", "number", "published_on", "url") if last.has("replies", name)]
    lost = f"SELECT {', '.join(shown)} FROM {before} WHERE reply_id NOT IN (SELECT reply_id FROM replies)"  # noqa: S608
    share = value(con, f"SELECT count(*) FROM ({lost})") / max(_size(con, before), 1)  # noqa: S608
    return looked_at(con, check(LOST, share, expectations.max_letters_lost), lost)


def _years_lost(con: duckdb.DuckDBPyConnection, last: Last, expectations: Expectations) -> Iterator[Check]:
    of_year = "SELECT year(published_on) AS year, count(*) AS letters FROM {} WHERE published_on IS NOT NULL GROUP BY 1"
    before, now = of_year.format(last.tables["replies"]), of_year.format("replies")
    found = rows(
        con,
        f"SELECT year, b.letters AS before, coalesce(n.letters, 0) AS now "  # noqa: S608
        f"FROM ({before}) b LEFT JOIN ({now}) n USING (year) ORDER BY year",
    )
    for row in found:
        yield check(YEAR_LOST, *_loss(row["before"], row["now"], expectations.max_rows_lost), year=row["year"])


def _rows_lost(
    con: duckdb.DuckDBPyConnection, last: Last, table: type[Table], expectations: Expectations
) -> Iterator[Check]:
    name = table.about.name
    before = _size(con, last.tables[name])
    if before:
        now = _size(con, quoted(name))
        yield check(ROWS_LOST, *_loss(before, now, expectations.max_rows_lost), table=name)


def _fill_lost(
    con: duckdb.DuckDBPyConnection, last: Last, table: type[Table], expectations: Expectations
) -> Iterator[Check]:
    """Check the columns that may be empty, of those that the last release had too."""
    name = table.about.name
    columns = {column: is_filled(table, column) for column in _may_be_empty(table) if last.has(name, column)}
    if not columns:
        return
    shares = ", ".join(f"avg(CAST({filled} AS INTEGER)) AS {quoted(column)}" for column, filled in columns.items())
    (before,) = rows(con, f"SELECT count(*) AS n, {shares} FROM {last.tables[name]}")  # noqa: S608
    (now,) = rows(con, f"SELECT count(*) AS n, {shares} FROM {quoted(name)}")  # noqa: S608
    if not before["n"] or not now["n"]:
        return  # that there are no rows is what `rows.lost` tells
    key = ", ".join(map(quoted, table.about.key))
    for column, filled in columns.items():
        limit = max(expectations.max_fill_lost, FEW / now["n"])
        made = check(FILL_LOST, before[column] - now[column], limit, table=name, column=column)
        yield looked_at(con, made, f"SELECT {key} FROM {quoted(name)} WHERE NOT ({filled})")  # noqa: S608


def _may_be_empty(table: type[Table]) -> Iterator[str]:
    for column, field in table.model_fields.items():
        said = str(field.annotation)
        if "None" in said or said.startswith("list["):
            yield column


def _codes(con: duckdb.DuckDBPyConnection, last: Last, expectations: Expectations) -> Iterator[Check]:
    """Check the issues of each code; a code for which the dataset expects something is not new when it first comes."""
    pages, pages_before = listed_pages(con), _size(con, last.tables["replies"])
    by_code = "SELECT code, count(*) AS issues FROM {} GROUP BY code"
    before = {row["code"]: row["issues"] for row in rows(con, by_code.format(last.tables["issues"]))}
    for row in rows(con, f"{by_code.format('issues')} ORDER BY code"):
        code, share, few = row["code"], row["issues"] / max(pages, 1), FEW / max(pages, 1)
        seen = f"SELECT reply_id, url, detail FROM issues WHERE code = {text(code)}"  # noqa: S608
        if code in before:
            grown = share - before[code] / max(pages_before, 1)
            made = check(CODE_GROWTH, grown, max(expectations.max_code_growth, few), code=code)
        elif code not in expectations.issues:
            made = check(CODE_NEW, share, max(expectations.max_new_code, few), code=code)
        else:
            continue
        yield looked_at(con, made, seen)


def _loss(before: int, now: int, limit: float) -> tuple[float, float]:
    """Return (share lost, its limit)."""
    return max(before - now, 0) / before, max(limit, FEW / before)


def _size(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(value(con, f"SELECT count(*) FROM {table}"))  # noqa: S608
