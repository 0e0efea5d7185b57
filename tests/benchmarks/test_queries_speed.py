"""Time of every question that comes with a dataset on 100,000 letters, the bar being one second: `make bench`.

Four of them are asked of the same rows as JSON Lines with pandas as well, as one would who has no release.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.read.queries import queries_in
from flows.release.sql import text
from schemas import RECORDED
from tests.conftest import REPOSITORY
from tests.letters_made import DATASET

pandas = pytest.importorskip("pandas")

LETTERS = 100_000
QUERIES = {query.name: query for query in queries_in(REPOSITORY / "datasets/liaoning-education/queries")}
del QUERIES["coverage_of_numbers"]  # of a table of few rows that only a release has


def lag_by_year(folder: Path) -> Any:
    replies = pandas.read_json(folder / "replies.jsonl", lines=True)
    return replies.groupby(pandas.to_datetime(replies["published_on"]).dt.year)["lag_days"].median()


def promised_by_whom(folder: Path) -> Any:
    promises = pandas.read_json(folder / "commitments.jsonl", lines=True)
    return promises[promises["repeats"].isna()].groupby("actor", dropna=False)["reply_id"].nunique().nlargest(50)


def documents_cited(folder: Path) -> Any:
    cited = pandas.read_json(folder / "citations.jsonl", lines=True)
    return cited.groupby("title_key")["reply_id"].nunique().nlargest(50)


def organizations_named(folder: Path) -> Any:
    named = pandas.read_json(folder / "organizations.jsonl", lines=True)
    return named.groupby("name")["reply_id"].nunique().nlargest(50)


BY_PANDAS = {asked.__name__: asked for asked in (lag_by_year, promised_by_whom, documents_cited, organizations_named)}


@pytest.fixture(scope="module")
def folder(made_letters: Callable[[int], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Put the made letters into a database, as a release does, and the tables that pandas reads into JSON Lines."""
    records, made = made_letters(LETTERS) / DATASET / "records", tmp_path_factory.mktemp("asked")
    with duckdb.connect(str(made / "dafu.duckdb")) as con:
        for table in RECORDED:
            name = table.about.name
            file = text(records / f"{name}.parquet")
            con.execute(f"CREATE TABLE {name} AS FROM read_parquet({file}) ORDER BY {', '.join(table.about.key)}")
        for name in ("replies", "commitments", "citations", "organizations"):
            con.execute(f"COPY {name} TO {text(made / f'{name}.jsonl')} (FORMAT json)")
    return made


@pytest.fixture(scope="module")
def con(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(folder / "dafu.duckdb"), read_only=True) as con:
        yield con


@pytest.mark.benchmark(group=f"questions asked of {LETTERS:,} letters")
@pytest.mark.parametrize("name", QUERIES)
def test_query_speed(benchmark: Any, folder: Path, con: duckdb.DuckDBPyConnection, name: str) -> None:
    rows = benchmark.pedantic(lambda: con.execute(QUERIES[name].sql).fetchall(), rounds=3, warmup_rounds=1)
    assert len(rows) <= QUERIES[name].most_rows
    if name in BY_PANDAS:
        begun = time.perf_counter()
        assert len(BY_PANDAS[name](folder)) > 0
        seconds = time.perf_counter() - begun
        benchmark.extra_info["pandas_seconds"] = round(seconds, 2)
        benchmark.extra_info["times_as_fast"] = round(seconds / benchmark.stats.stats.median)
