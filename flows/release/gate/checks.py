"""One check of the gate, and how it is asked of DuckDB."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from flows.release.gate.rules import Rule

EXAMPLES = 5
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Check:
    """One check: it passed if `measured` is at most, for some rules at least, `limit`.

    `examples`: rows to look at, if it did not pass. `because`: why it was accepted all the same.
    """

    name: str
    rule: Rule
    measured: float
    limit: float
    examples: tuple[dict[str, Any], ...] = ()
    because: str | None = None

    @property
    def passed(self) -> bool:
        """Whether the measured value is within the limit."""
        return self.measured >= self.limit if self.rule.at_least else self.measured <= self.limit

    @property
    def holds(self) -> bool:
        """Whether the release may pass: the check did, or somebody accepted that it did not."""
        return self.passed or self.because is not None

    @property
    def bound(self) -> str:
        """How the limit bounds the measured value, in words."""
        return "at least" if self.rule.at_least else "at most"

    def row(self) -> dict[str, Any]:
        """Return the check as plain data."""
        said = {
            "name": self.name,
            "measured": self.measured,
            "bound": self.bound,
            "limit": self.limit,
            "passed": self.passed,
            "says": self.rule.en,
        }
        return said if self.because is None else {**said, "because": self.because}


def check(rule: Rule, measured: float, limit: float, **subject: object) -> Check:
    """Return a check of `rule`; `subject` fills the places of its name. Shares are rounded to six digits."""
    return Check(rule.name.format(**subject), rule, round(measured, _DIGITS), round(limit, _DIGITS))


def counted(con: duckdb.DuckDBPyConnection, rule: Rule, offending: str, **subject: object) -> Check:
    """Return the check that the query `offending` gives no row; the rows it gives are the examples."""
    return looked_at(con, check(rule, value(con, f"SELECT count(*) FROM ({offending})"), 0, **subject), offending)  # noqa: S608


def looked_at(con: duckdb.DuckDBPyConnection, made: Check, offending: str) -> Check:
    """Return a check with the first rows of a query as examples, if it did not pass."""
    return made if made.passed else with_examples(made, rows(con, f"{offending} LIMIT {EXAMPLES}"))


def with_examples(made: Check, found: Iterable[dict[str, Any]]) -> Check:
    """Return a check with rows to look at."""
    return replace(made, examples=tuple(found)[:EXAMPLES])


def value(con: duckdb.DuckDBPyConnection, sql: str) -> float:
    """Return the one number that a query gives; 0 for null."""
    (found,) = con.execute(sql).fetchone() or (0,)
    return found or 0


def rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """Return a query's rows, each by column."""
    asked = con.execute(sql)
    names = [column[0] for column in asked.description or ()]
    return [dict(zip(names, row, strict=True)) for row in asked.fetchall()]
