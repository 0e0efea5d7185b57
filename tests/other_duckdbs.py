"""Other versions of DuckDB, each in an environment of its own under `.venv`: what users have that we do not run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OLDER = ("1.1.3", "1.4.1")
"""The oldest that we promise to be read by, and one that the year before the release was usual."""
_ENVIRONMENTS = Path(sys.prefix)
_ASK = """
import json, sys
import duckdb

asked = json.load(sys.stdin)
with duckdb.connect(asked["database"] or ":memory:", read_only=bool(asked["database"])) as con:
    con.execute("SET enable_progress_bar = false")
    for statement in asked["statements"]:
        con.execute(statement)
    print(json.dumps(con.fetchall(), ensure_ascii=False, default=str))
"""


@dataclass(frozen=True, slots=True)
class OtherDuckDB:
    """One version of DuckDB, asked through its own interpreter."""

    version: str
    python: Path

    def ask(self, statements: Sequence[str], database: Path | None = None) -> list[list[Any]]:
        """Run statements on one connection, read only if a database is named; return the rows of the last, as JSON.

        AssertionError with DuckDB's own words if one of them does not run.
        """
        asked = {"database": str(database) if database else None, "statements": list(statements)}
        done = subprocess.run(
            [self.python, "-c", _ASK], input=json.dumps(asked).encode(), capture_output=True, env=_environment()
        )
        assert done.returncode == 0, f"DuckDB {self.version}: {done.stderr.decode()}"
        rows: list[list[Any]] = json.loads(done.stdout)
        return rows


def other_duckdb(version: str) -> OtherDuckDB:
    """Return that version of DuckDB, from the environment that an earlier session made, or from a new one."""
    folder = _ENVIRONMENTS / f"duckdb-{version}"
    made, python = folder / ".installed", folder / "bin" / "python"
    if not made.is_file():
        uv = _ENVIRONMENTS / "bin" / "uv"
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, f"duckdb=={version}"], check=True)
        made.touch()
    return OtherDuckDB(version, python)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUTF8": "1"}
