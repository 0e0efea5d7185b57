"""The release's own README: what is in it, its figures, how to query and cite it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb

from flows.datasets import Dataset
from flows.release.gate import Check
from flows.release.gate.refusal import cell
from flows.release.parquet import Entry
from schemas import SCHEMA_VERSION, TABLES


def card(
    dataset: Dataset,
    version: str,
    con: duckdb.DuckDBPyConnection,
    entries: Mapping[str, Entry],
    checks: Iterable[Check],
) -> str:
    """Return the release's README.md; the staged tables are views in `con`."""
    warning = (
        "> **Made up**, but for what the description names: this dataset shows how dafu works, its letters state no "
        "facts.\n\n"
        if dataset.synthetic
        else ""
    )
    tables = "\n".join(
        f"| `{t.about.name}` | {entries[t.about.name]['rows']} | {t.about.en} | {t.about.zh} |" for t in TABLES
    )
    return (
        f"# {dataset.title} · {dataset.title_zh}\n\nRelease {version}, schema {SCHEMA_VERSION}.\n\n{warning}"
        f"{dataset.description}\n\n{dataset.description_zh}\n\n"
        f"## Tables\n\n| table | rows | | |\n|---|---:|---|---|\n{tables}\n\n"
        f"## Letters by year of publication\n\n{_by_year(con)}\n\n"
        f"## Issues\n\n{_by_code(con)}\n\n"
        f"{_accepted(checks)}"
        "## Query\n\n```sql\n-- duckdb -readonly dafu.duckdb\n"
        "SELECT number, proposal_title, lag_days FROM replies ORDER BY lag_days DESC;\n```\n\n"
        f"## Cite\n\n{dataset.title}, release {version}. "
        f"Published by {dataset.publisher.name} ({dataset.publisher.name_zh}). "
        f"Cite single letters by `reply_id` and release.\n\nLicence: {dataset.licence}\n"
    )


def _by_year(con: duckdb.DuckDBPyConnection) -> str:
    years = con.execute(
        "SELECT coalesce(CAST(year(published_on) AS VARCHAR), 'not said'), count(*) FROM replies GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return "| year | letters |\n|---|---:|\n" + "\n".join(f"| {year} | {letters} |" for year, letters in years)


def _by_code(con: duckdb.DuckDBPyConnection) -> str:
    codes = con.execute("SELECT severity, code, count(*) FROM issues GROUP BY ALL ORDER BY ALL").fetchall()
    if not codes:
        return "Nothing."
    lines = [f"| {severity} | `{code}` | {count} |" for severity, code, count in codes]
    return "| severity | code | rows |\n|---|---|---:|\n" + "\n".join(lines)


def _accepted(checks: Iterable[Check]) -> str:
    """Return what did not hold when the release was made, and why it was made all the same."""
    accepted = [made for made in checks if made.because is not None]
    if not accepted:
        return ""
    lines = [
        f"| `{made.name}` | {made.measured:g} | {made.bound} {made.limit:g} | {cell(made.because)} |"
        for made in accepted
    ]
    return "## Accepted\n\n| check | measured | limit | because |\n|---|---:|---|---|\n" + "\n".join(lines) + "\n\n"
