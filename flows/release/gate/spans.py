"""Checks that every span shows in its letter what its row says, one pass over the letters.

DuckDB finds a character by counting from the text's start, which for a hundred spans in a letter of 2,400 characters
takes long, and the texts joined to them do not fit in memory; a Python string is cut at once. So the letters are gone
through in batches, each text read once, and the spans of a batch are compared together: one by one only if they differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import getitem
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

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
    with con.cursor() as letters, con.cursor() as rows:
        for batch in letters.sql("SELECT reply_id, text FROM replies").to_arrow_reader(_LETTERS):
            texts = dict(zip(*(column.to_pylist() for column in batch.columns), strict=True))
            for table in marked:
                name = table.about.name
                for wrong in _wrong(rows, table, texts):
                    counts[name] += 1
                    if counts[name] <= EXAMPLES:
                        examples[name].append(wrong)
    for name, count in counts.items():
        yield with_examples(check(SPANS, count, 0, table=name), examples[name])


def _wrong(con: duckdb.DuckDBPyConnection, table: type[Table], texts: dict[str, str]) -> Iterator[dict[str, Any]]:
    raw = f"concat({', '.join(map(quoted, table.about.raw or ()))})"
    asked = con.sql(
        f"SELECT reply_id, char_start, char_end, {raw} FROM {quoted(table.about.name)} "  # noqa: S608
        "WHERE reply_id BETWEEN ? AND ?",
        params=[min(texts), max(texts)],
    )
    for rows in asked.to_arrow_reader(_ROWS):
        if not _all_the_same(rows, texts):
            yield from _differing(rows, texts)


def _all_the_same(rows: pa.RecordBatch, texts: dict[str, str]) -> bool:
    """Tell whether every span is there and reads as its row says; False as well if one is empty or says nothing."""
    ids, starts, ends, said = rows.columns
    if any(column.null_count for column in rows.columns):
        return False
    lengths = pc.utf8_length(said)
    within = pc.and_(pc.greater_equal(starts, 0), pc.greater(lengths, 0))
    if not pc.all(pc.and_(within, pc.equal(pc.subtract(ends, starts), lengths))).as_py():
        return False
    letters = ids.dictionary_encode()
    text_of = [texts.get(reply_id, "") for reply_id in letters.dictionary.to_pylist()]
    there = map(text_of.__getitem__, letters.indices.to_pylist())
    shown: list[str] = list(map(getitem, there, map(slice, starts.to_pylist(), ends.to_pylist())))
    return shown == list(said.to_pylist())


def _differing(rows: pa.RecordBatch, texts: dict[str, str]) -> Iterator[dict[str, Any]]:
    for reply_id, start, end, said in zip(*(column.to_pylist() for column in rows.columns), strict=True):
        text = texts.get(reply_id)
        if text is None:  # of another batch; that there is such a letter is checked elsewhere
            continue
        if start is None or end is None or not 0 <= start <= end <= len(text) or not _same(text[start:end], said):
            shown = text[start:end] if start is not None and end is not None else None
            yield {"reply_id": reply_id, "char_start": start, "char_end": end, "says": said, "text": shown}


def _same(there: str, said: str) -> bool:
    # A space between a heading's marker and its title belongs to neither.
    return there == said or there.replace(" ", "") == said.replace(" ", "")
