"""Checks that every span shows in its letter what its row says, one pass over the letters.

DuckDB finds a character by counting from the text's start, which for 44 spans in each letter of 2,600 characters takes
4 µs a span on two cores, and the texts joined to them do not fit in memory; a Python string is cut at once: 1.7 µs on
one. So the letters are gone through in batches, each text read once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb

from flows.release.gate.checks import EXAMPLES, Check, check, with_examples
from flows.release.gate.rules import SPANS
from flows.release.sql import quoted
from schemas import TABLES
from schemas.table import Table

_LETTERS = 5_000
"""So many letters' texts are in memory at a time."""
_ROWS = 50_000


def spans(con: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    """Check every table whose rows mark a place in a letter's text."""
    marked = [table for table in TABLES if table.about.raw]
    counts = dict.fromkeys((table.about.name for table in marked), 0)
    examples: dict[str, list[dict[str, Any]]] = {name: [] for name in counts}
    batches = con.execute(
        "SELECT min(reply_id), max(reply_id) FROM "  # noqa: S608
        f"(SELECT reply_id, (row_number() OVER (ORDER BY reply_id) - 1) // {_LETTERS} AS batch FROM replies) "
        "GROUP BY batch ORDER BY batch"
    ).fetchall()
    for batch in batches:
        asked = con.execute("SELECT reply_id, text FROM replies WHERE reply_id BETWEEN ? AND ?", batch)
        texts = dict(asked.fetchall())
        for table in marked:
            name = table.about.name
            for wrong in _wrong(con, table, texts, batch):
                counts[name] += 1
                if counts[name] <= EXAMPLES:
                    examples[name].append(wrong)
    for name, count in counts.items():
        yield with_examples(check(SPANS, count, 0, table=name), examples[name])


def _wrong(
    con: duckdb.DuckDBPyConnection, table: type[Table], texts: dict[str, str], batch: tuple[str, str]
) -> Iterator[dict[str, Any]]:
    raw = f"concat({', '.join(map(quoted, table.about.raw or ()))})"
    asked = con.sql(
        f"SELECT reply_id, char_start, char_end, {raw} FROM {quoted(table.about.name)} "  # noqa: S608
        "WHERE reply_id BETWEEN ? AND ?",
        params=batch,
    )
    for rows in asked.to_arrow_reader(_ROWS):
        for reply_id, start, end, said in zip(*(column.to_pylist() for column in rows.columns), strict=True):
            text = texts.get(reply_id)
            if text is None:  # its reference is checked elsewhere
                continue
            if start is None or end is None or not 0 <= start <= end <= len(text) or not _same(text[start:end], said):
                shown = text[start:end] if start is not None and end is not None else None
                yield {"reply_id": reply_id, "char_start": start, "char_end": end, "says": said, "text": shown}


def _same(there: str, said: str) -> bool:
    # A space between a heading's marker and its title belongs to neither.
    return there == said or there.replace(" ", "") == said.replace(" ", "")
