"""The gate: what has to hold before a release becomes visible. Each check has a name, a measured value and a limit."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from flows.datasets import Expectations
from flows.release.manifest import read_manifest
from flows.release.tables import file_names, scan
from schemas import TABLES
from schemas.table import Table


@dataclass(frozen=True, slots=True)
class Check:
    """One check: it passed if `measured` is at most `limit`."""

    name: str
    measured: float
    limit: float
    says: str

    @property
    def passed(self) -> bool:
        """Whether the measured value is within the limit."""
        return self.measured <= self.limit

    def row(self) -> dict[str, Any]:
        """Return the check as plain data."""
        return {**asdict(self), "passed": self.passed}


def run_checks(con: duckdb.DuckDBPyConnection, last: Path | None, expectations: Expectations) -> list[Check]:
    """Check the staged tables, which are views in `con`, and against the `last` release if there is one."""
    checks = [check for table in TABLES for check in _checks_of(con, table)]
    checks.append(_unread_pages(con, expectations))
    if last is not None:
        checks.append(_letters_lost(con, last, expectations))
    return checks


def refusal(checks: list[Check]) -> str:
    """Return REFUSED.md: what did not hold."""
    lines = ["# This release was refused", "", "| check | measured | limit | |", "|---|---|---|---|"]
    lines += [f"| {c.name} | {c.measured:g} | {c.limit:g} | {c.says} |" for c in checks if not c.passed]
    return "\n".join(lines) + "\n"


def _count(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = con.execute(sql).fetchone()
    return int(row[0]) if row else 0


def _checks_of(con: duckdb.DuckDBPyConnection, table: type[Table]) -> list[Check]:
    about = table.about
    key = ", ".join(about.key)
    repeated = _count(con, f"SELECT count(*) FROM (SELECT {key} FROM {about.name} GROUP BY ALL HAVING count(*) > 1)")  # noqa: S608
    checks = [Check(f"{about.name}.unique", repeated, 0, f"({key}) identifies a row")]
    if "reply_id" in table.model_fields and about.name != "replies":
        orphans = _count(
            con,
            f"SELECT count(*) FROM {about.name} WHERE reply_id IS NOT NULL "  # noqa: S608
            f"AND reply_id NOT IN (SELECT reply_id FROM replies)",
        )
        checks.append(Check(f"{about.name}.reply_id", orphans, 0, "every row's letter is in replies"))
    if about.raw:
        # A space between a heading's marker and its title belongs to neither.
        raw = " || ".join(f"t.{name}" for name in about.raw)
        off = _count(
            con,
            f"SELECT count(*) FROM {about.name} t JOIN replies r USING (reply_id) WHERE "  # noqa: S608
            f"replace(substring(r.text, t.char_start + 1, t.char_end - t.char_start), ' ', '') "
            f"<> replace({raw}, ' ', '')",
        )
        checks.append(Check(f"{about.name}.spans", off, 0, "text[char_start:char_end] is what the row says"))
    return checks


def _unread_pages(con: duckdb.DuckDBPyConnection, expectations: Expectations) -> Check:
    unread = _count(
        con,
        "SELECT count(DISTINCT url) FROM issues WHERE severity = 'error' AND stage <> 'release' AND reply_id IS NULL",
    )
    letters = _count(con, "SELECT count(*) FROM replies")
    share = unread / (unread + letters) if unread + letters else 1.0
    return Check(
        "pages.unread", round(share, 6), expectations.max_unread_pages, "share of pages not fetched or not read"
    )


def _letters_lost(con: duckdb.DuckDBPyConnection, last: Path, expectations: Expectations) -> Check:
    before = scan(last, file_names(read_manifest(last)["tables"]["replies"]))
    total = _count(con, f"SELECT count(*) FROM {before}")  # noqa: S608
    lost = _count(con, f"SELECT count(*) FROM {before} WHERE reply_id NOT IN (SELECT reply_id FROM replies)")  # noqa: S608
    share = lost / total if total else 0.0
    return Check("letters.lost", round(share, 6), expectations.max_letters_lost, "share of the last release's letters")
