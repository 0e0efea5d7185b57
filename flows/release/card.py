"""The release's own README: what is in it, its figures, how to query and cite it."""

from __future__ import annotations

from collections import Counter
from typing import cast

from flows.datasets import Dataset
from flows.release.rows import Rows
from schemas import SCHEMA_VERSION, TABLES
from schemas.issues import Issue
from schemas.replies import Reply


def card(dataset: Dataset, version: str, rows: Rows) -> str:
    """Return the release's README.md."""
    replies = cast("list[Reply]", rows.by_table["replies"])
    issues = cast("list[Issue]", rows.by_table["issues"])
    warning = (
        "> **Made up**, but for what the description names: this dataset shows how dafu works, its letters state no "
        "facts.\n\n"
        if dataset.synthetic
        else ""
    )
    tables = "\n".join(
        f"| `{t.about.name}` | {len(rows.by_table[t.about.name])} | {t.about.en} | {t.about.zh} |" for t in TABLES
    )
    return (
        f"# {dataset.title} · {dataset.title_zh}\n\nRelease {version}, schema {SCHEMA_VERSION}.\n\n{warning}"
        f"{dataset.description}\n\n{dataset.description_zh}\n\n"
        f"## Tables\n\n| table | rows | | |\n|---|---:|---|---|\n{tables}\n\n"
        f"## Letters by year of publication\n\n{_by_year(replies)}\n\n"
        f"## Issues\n\n{_by_code(issues)}\n\n"
        "## Query\n\n```sql\n-- duckdb -readonly dafu.duckdb\n"
        "SELECT number, proposal_title, lag_days FROM replies ORDER BY lag_days DESC;\n```\n\n"
        f"## Cite\n\n{dataset.title}, release {version}. "
        f"Published by {dataset.publisher.name} ({dataset.publisher.name_zh}). "
        f"Cite single letters by `reply_id` and release.\n\nLicence: {dataset.licence}\n"
    )


def _by_year(replies: list[Reply]) -> str:
    years = Counter(str(r.published_on.year) if r.published_on else "not said" for r in replies)
    return "| year | letters |\n|---|---:|\n" + "\n".join(f"| {year} | {years[year]} |" for year in sorted(years))


def _by_code(issues: list[Issue]) -> str:
    if not issues:
        return "Nothing."
    codes = Counter((found.severity, found.code) for found in issues)
    lines = [f"| {severity} | `{code}` | {count} |" for (severity, code), count in sorted(codes.items())]
    return "| severity | code | rows |\n|---|---|---:|\n" + "\n".join(lines)
