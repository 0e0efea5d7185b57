"""Time of `search` on 100,000 letters, the bar being 100 ms for words, beside a LIKE scan of them: `make bench`.

The made letters are a hard case: they share some 9,500 words, so that one of them is in most letters. A phrase that
goes over the edge of words has no bar if few letters have it: the texts of all that have its words are read for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.release.index import write_index
from flows.release.search import search_over_tables
from flows.release.sql import text
from flows.release.tables import connected, scan
from schemas.replies import Reply
from schemas.structure import Section, Sentence
from tests.letters_made import DATASET

LETTERS = 100_000
QUERIES = {
    "two words": ("职业教育 产教融合", ["职业教育", "产教融合"]),
    "both words": ("职业教育 AND 产教融合", ["职业教育", "产教融合"]),
    "a word of every letter": ("教育", ["教育"]),
    "a word with another excluded": ("+职业教育 -高中", ["职业教育"]),
    "a rare number": ("7106", ["7106"]),
    "a phrase that is a word": ("“产教融合”", ["产教融合"]),
    "a phrase over words, of many letters": ("“推进职业教育”", ["推进职业教育"]),
    "a phrase over words": ("“职业教育发展”", ["职业教育发展"]),
}


@pytest.fixture(scope="module")
def con(
    made_letters: Callable[[int], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Index the made letters and put them into a database, as a release does."""
    records, made = made_letters(LETTERS) / DATASET / "records", tmp_path_factory.mktemp("searched")
    letters = {table.about.name: table for table in (Reply, Section, Sentence)}
    with connected(made / "spilled") as building:
        for name in letters:
            building.execute(f"CREATE VIEW {name} AS FROM {scan(records, [f'{name}.parquet'])}")
        indexed = write_index(building, made, {name: [records / f"{name}.parquet"] for name in letters})
    with duckdb.connect() as filling:
        filling.execute(f"ATTACH {text(made / 'dafu.duckdb')} AS release (STORAGE_VERSION 'v1.0.0')")
        filling.execute("USE release")
        for name, table in letters.items():
            rows = f"FROM {scan(records, [f'{name}.parquet'])} ORDER BY {', '.join(table.about.key)}"
            filling.execute(f"CREATE TABLE {name} AS {rows}")
        for name in indexed:
            filling.execute(f"CREATE TABLE {name} AS FROM {scan(made, [f'{name}.parquet'])}")
        filling.execute(search_over_tables())
    with duckdb.connect(str(made / "dafu.duckdb"), read_only=True) as con:
        yield con


@pytest.mark.benchmark(group=f"search in {LETTERS:,} letters")
@pytest.mark.parametrize("name", QUERIES)
def test_search_speed(benchmark: Any, con: duckdb.DuckDBPyConnection, name: str) -> None:
    query, words = QUERIES[name]
    asked = "SELECT * FROM search($1) LIMIT 10"
    rows = benchmark.pedantic(lambda: con.execute(asked, [query]).fetchall(), rounds=7, warmup_rounds=2)
    assert len(rows) <= 10
    held = [f"(text LIKE '%{word}%')::INTEGER" for word in words]
    best = f"ORDER BY {' + '.join(held)} DESC, reply_id LIMIT 10"
    scanned = f"SELECT reply_id FROM replies WHERE {' + '.join(held)} > 0 {best}"
    begun = time.perf_counter()
    found = con.execute(scanned).fetchall()
    seconds = time.perf_counter() - begun
    assert bool(found) == bool(rows)
    benchmark.extra_info["bar_ms"] = "none" if name == "a phrase over words" else 100
    benchmark.extra_info["like_ms"] = round(seconds * 1000)
    benchmark.extra_info["times_as_fast"] = round(seconds / benchmark.stats.stats.median, 1)
