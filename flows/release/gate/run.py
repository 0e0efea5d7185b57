"""All checks of a release."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from flows.expectations import Expectations
from flows.release.gate.checks import Check
from flows.release.gate.compared import compared, opened
from flows.release.gate.expected import expected
from flows.release.gate.integrity import references, rows_fit, schema, unique, version
from flows.release.gate.rules import RULES
from flows.release.gate.spans import spans
from schemas import TABLES


def run_checks(
    con: duckdb.DuckDBPyConnection, staging: Path, last: Path | None, expectations: Expectations
) -> list[Check]:
    """Check the release in `staging`, whose tables are views in `con`, and against the `last` one if there is one.

    A table whose columns are not the declared ones cannot be asked for them: if there is one, nothing else is checked.
    """
    schemas = [schema(table, _files(staging, table.about.name)) for table in TABLES]
    if not all(made.passed for made in schemas):
        return schemas
    checks = [*schemas, *_of_the_rows(con), *_of_the_whole(con, last, expectations)]
    return sorted(checks, key=lambda made: RULES.index(made.rule))


def _of_the_rows(con: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    for table in TABLES:
        yield rows_fit(con, table)
        yield from unique(con, table)
        yield from references(con, table)
    yield from spans(con)


def _of_the_whole(con: duckdb.DuckDBPyConnection, last: Path | None, expectations: Expectations) -> Iterator[Check]:
    yield from expected(con, expectations)
    if last is not None:
        yield version(last)
        yield from compared(con, opened(con, last), expectations)


def _files(staging: Path, table: str) -> list[Path]:
    return sorted([*staging.glob(f"{table}.parquet"), *staging.glob(f"{table}-[0-9]*.parquet")])
