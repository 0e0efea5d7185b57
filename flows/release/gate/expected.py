"""Checks that a release is what the dataset's `[expectations]` say."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from flows.expectations import Expectations
from flows.release.gate.checks import Check, check, looked_at, value
from flows.release.gate.rules import CODE, FILL, LETTERS, NOT_FETCHED, UNREAD, YEAR
from flows.release.sql import quoted, text
from schemas import TABLES
from schemas.issues import costing
from schemas.table import Table


def expected(con: duckdb.DuckDBPyConnection, expectations: Expectations) -> Iterator[Check]:
    """Check the number of letters, the filled columns, the pages that were not read, and the issues by code."""
    yield check(LETTERS, value(con, "SELECT count(*) FROM replies"), expectations.min_letters)
    for year, letters in expectations.letters_per_year.items():
        count = value(con, f"SELECT count(*) FROM replies WHERE year(published_on) = {int(year)}")  # noqa: S608
        yield check(YEAR, count, letters, year=year)
    for named, least in expectations.fill.items():
        table, _, column = named.partition(".")
        yield _filled(con, table, column, least)
    yield from _pages(con, expectations)
    for code, most in expectations.issues.items():
        found = f"SELECT reply_id, url, detail FROM issues WHERE code = {text(code)}"  # noqa: S608
        share = value(con, f"SELECT count(*) FROM ({found})") / max(listed_pages(con), 1)  # noqa: S608
        yield looked_at(con, check(CODE, share, most, code=code), found)


def listed_pages(con: duckdb.DuckDBPyConnection) -> int:
    """Return how many pages were listed that are a letter or might have been one."""
    return int(value(con, f"SELECT (SELECT count(*) FROM replies) + (SELECT count(DISTINCT url) FROM ({_unread()}))"))  # noqa: S608


def is_filled(table: type[Table], column: str) -> str:
    """Return the SQL condition under which a column says something."""
    is_list = str(table.model_fields[column].annotation).startswith("list[")
    return f"len({quoted(column)}) > 0" if is_list else f"{quoted(column)} IS NOT NULL"


def _filled(con: duckdb.DuckDBPyConnection, table_name: str, column: str, least: float) -> Check:
    table = next(table for table in TABLES if table.about.name == table_name)
    filled = is_filled(table, column)
    share = value(con, f"SELECT avg(CAST({filled} AS INTEGER)) FROM {quoted(table_name)}")  # noqa: S608
    shown = ", ".join(map(quoted, table.about.key))
    blank = f"SELECT {shown} FROM {quoted(table_name)} WHERE NOT ({filled})"  # noqa: S608
    return looked_at(con, check(FILL, share, least, table=table_name, column=column), blank)


def _pages(con: duckdb.DuckDBPyConnection, expectations: Expectations) -> Iterator[Check]:
    pages, unread = listed_pages(con), _unread()
    count = value(con, f"SELECT count(DISTINCT url) FROM ({unread})")  # noqa: S608
    # where nothing was listed at all, nothing was read
    yield looked_at(con, check(UNREAD, count / pages if pages else 1, expectations.max_unread_pages), unread)
    count = value(con, "SELECT sum(pages_not_fetched) FROM coverage")
    share = count / pages if pages else 1
    yield looked_at(con, check(NOT_FETCHED, share, expectations.max_not_fetched), _lost(costing("not_fetched")))


def _unread() -> str:
    failed = "SELECT url, code, detail FROM issues WHERE severity = 'error' AND stage <> 'release'"
    return f"{_lost((*costing('not_fetched'), *costing('not_read')))} UNION {failed}"


def _lost(codes: tuple[str, ...]) -> str:
    return (
        f"SELECT url, code, detail FROM issues WHERE code IN ({', '.join(map(text, codes))}) AND reply_id IS NULL "  # noqa: S608
        "AND url NOT IN (SELECT url FROM replies)"
    )
