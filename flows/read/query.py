"""SQL over a release, read only, and its result in the format the user wants."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
from rich.cells import cell_len
from rich.table import Table as RichTable
from rich.text import Text

from flows.errors import DafuError, UsageError

_ADDRESS = re.compile(r"\w+://\S+")


@dataclass(frozen=True, slots=True)
class Result:
    """A query's result: column names and rows of Python values."""

    columns: list[str]
    rows: list[tuple[Any, ...]]

    def widest_columns(self, readable: int) -> int:
        """Return how many characters a table needs if `readable` of each column's longest value are enough.

        Of an address none can be spared: in two lines it cannot be copied.
        """
        widths = [
            max(min(readable, max(map(cell_len, values))), max(map(cell_len, filter(_is_address, values)), default=0))
            for values in ([name, *self._shown(index)] for index, name in enumerate(self.columns))
        ]
        return sum(widths) + 3 * len(widths) + 1

    def as_table(self) -> RichTable:
        """Return the result as a table for the terminal."""
        table = RichTable(header_style="bold")
        for index, column in enumerate(self.columns):
            numeric = all(isinstance(row[index], (int, float, type(None))) for row in self.rows)
            whole = any(map(_is_address, self._shown(index)))
            table.add_column(column, justify="right" if numeric else "left", overflow="fold", no_wrap=whole)
        for row in self.rows:
            table.add_row(*(Text(str(_flat(value))) for value in row))  # as it is: brackets are no markup
        return table

    def as_fields(self) -> Text:
        """Return the result field by field, one a line, for a terminal that is too narrow for a table."""
        shown, width = Text(), max(map(len, self.columns), default=0)
        for number, row in enumerate(self.rows, start=1):
            shown.append(f"row {number}\n", style="bold")
            for column, value in zip(self.columns, row, strict=True):
                shown.append(f"{column:<{width}}  ", style="dim")
                shown.append(f"{_flat(value)}\n")
        return shown

    def _shown(self, index: int) -> list[str]:
        return [str(_flat(row[index])) for row in self.rows]


def _is_address(value: str) -> bool:
    return _ADDRESS.fullmatch(value) is not None


def run_query(database: Path, sql: str) -> Result:
    """Run `sql`; UsageError with DuckDB's own words if it does not run."""
    with _opened(database) as con:
        try:
            con.execute(_one_statement(con, sql))
            columns = [entry[0] for entry in con.description or []]
            return Result(columns, con.fetchall() if columns else [])
        except duckdb.Error as error:
            raise UsageError(f"the SQL does not run: {_said(error)}") from None


def query_to_parquet(database: Path, sql: str, target: Path) -> None:
    """Run `sql` and write its result to `target`, types kept."""
    with _opened(database) as con:
        try:
            table = con.sql(_one_statement(con, sql)).to_arrow_table()
        except duckdb.Error as error:
            raise UsageError(f"the SQL does not run: {_said(error)}") from None
    try:
        pq.write_table(table, target)
    except OSError as error:
        raise DafuError(f"{target} cannot be written: {error.strerror or error}") from None


def as_csv(result: Result) -> str:
    """Return the result as CSV with a header; lists and structs as JSON."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(result.columns)
    writer.writerows([_flat(value) for value in row] for row in result.rows)
    return buffer.getvalue()


def as_json(result: Result) -> str:
    """Return the result as a JSON list of objects."""
    rows = [dict(zip(result.columns, row, strict=True)) for row in result.rows]
    return json.dumps(rows, ensure_ascii=False, indent=1, default=_plain)


def _opened(database: Path) -> duckdb.DuckDBPyConnection:
    try:
        con = duckdb.connect(str(database), read_only=True)
        con.execute("SET enable_external_access = false")  # a query reads the release, and no other file
        return con
    except duckdb.Error as error:
        raise DafuError(f"{database} cannot be opened: {_said(error)}") from None


def _one_statement(con: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    """Return the statement that was given: of several, only the last one's rows would be seen."""
    found = con.extract_statements(sql)
    if len(found) > 1:
        raise UsageError(f"those are {len(found)} SQL statements; give one at a time")
    if not found:
        raise UsageError('the SQL statement is empty; give one in quotes, for example "FROM replies LIMIT 5"')
    return found[0]


def _flat(value: Any) -> Any:  # noqa: ANN401 - whatever DuckDB returns
    if value is None:
        return ""
    if isinstance(value, (list, dict, tuple)):
        return json.dumps(value, ensure_ascii=False, default=_plain)
    return _plain(value) if isinstance(value, (dt.date, bytes)) else value


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever DuckDB returns
    return value.isoformat() if isinstance(value, (dt.date, dt.datetime)) else str(value)


def _said(error: duckdb.Error) -> str:
    return " ".join(line.strip() for line in str(error).splitlines() if line.strip() and set(line.strip()) != {"^"})
