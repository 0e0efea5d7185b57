"""The `coverage` table of a release, from its letters and issues."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from flows.datasets import Dataset, SiteColumn
from flows.release.parquet import Entry
from flows.release.sql import text
from flows.release.tables import write_table
from schemas.coverage import Coverage
from schemas.issues import LostPage, costing

# A session is told by four columns, each of which may be null.
_SESSION = "kind, body, term, session"
_SQL = """
WITH letters AS (
    SELECT {session}, count(*) AS letters, count(*) FILTER (number IS NULL) AS without_number,
        count(*) FILTER (number IS NOT NULL AND number_int IS NULL) AS other_number,
        count(DISTINCT number_int) AS numbers_seen,
        min(published_on) AS first_published_on, max(published_on) AS last_published_on
    FROM replies GROUP BY ALL
), seen AS (
    SELECT DISTINCT {session}, number_int AS number FROM replies
    WHERE number_int IS NOT NULL AND term IS NOT NULL AND session IS NOT NULL
), followed AS (
    SELECT *, lead(number) OVER (PARTITION BY {session} ORDER BY number) AS following FROM seen
), numbers AS (
    SELECT {session}, min(number) AS lowest, max(number) AS highest,
        coalesce(sum(following - number - 1), 0) AS numbers_missing,
        coalesce(
            list({{first: number + 1, last: following - 1}} ORDER BY number) FILTER (following > number + 1), []
        ) AS gaps
    FROM followed GROUP BY {session}
), pages AS (
    SELECT kind, CAST(NULL AS VARCHAR) AS body, CAST(NULL AS BIGINT) AS term, CAST(NULL AS BIGINT) AS session,
        count(*) FILTER (NOT fetched) AS pages_not_fetched, count(*) FILTER (fetched) AS pages_not_read
    FROM (
        SELECT url, any_value(kind) AS kind, bool_and(code IN ({not_read})) AS fetched
        FROM issues LEFT JOIN ({columns}) ON starts_with(url, address)
        WHERE reply_id IS NULL AND url NOT IN (SELECT url FROM replies) AND code IN ({not_read}, {not_fetched})
        GROUP BY url
    ) GROUP BY kind
), sessions AS (
    SELECT {session} FROM letters UNION SELECT {session} FROM pages
)
SELECT s.kind, s.body, s.term, s.session, coalesce(letters, 0) AS letters,
    coalesce(without_number, 0) AS without_number, coalesce(other_number, 0) AS other_number,
    coalesce(numbers_seen, 0) AS numbers_seen, lowest, highest, numbers_missing, coalesce(gaps, []) AS gaps,
    first_published_on, last_published_on,
    coalesce(pages_not_fetched, 0) AS pages_not_fetched, coalesce(pages_not_read, 0) AS pages_not_read
FROM sessions s LEFT JOIN letters l ON {same_letters} LEFT JOIN numbers n ON {same_numbers}
    LEFT JOIN pages p ON {same_pages}
"""


def write_coverage(con: duckdb.DuckDBPyConnection, dataset: Dataset, staging: Path) -> Entry:
    """Write the table `coverage` from the staged `replies` and `issues`; return what the manifest says of it."""
    return write_table(con, Coverage, coverage_sql(dataset.site.base_url, dataset.columns), staging)


def coverage_sql(base_url: str, columns: Iterable[SiteColumn]) -> str:
    """Return the SQL that gives the rows of `coverage`; a page belongs to the site's column in whose path it stands."""
    listed = ", ".join(f"({text(base_url + column.path)}, {text(column.kind)})" for column in columns)
    return _SQL.format(
        session=_SESSION,
        columns=f"SELECT * FROM (VALUES {listed}) AS of_site (address, kind)",  # noqa: S608
        not_fetched=_codes("not_fetched"),
        not_read=_codes("not_read"),
        **{f"same_{name}": _same(name[0]) for name in ("letters", "numbers", "pages")},
    )


def _codes(page: LostPage) -> str:
    return ", ".join(text(code) for code in costing(page))


def _same(table: str) -> str:
    return " AND ".join(f"s.{name} IS NOT DISTINCT FROM {table}.{name}" for name in _SESSION.split(", "))
