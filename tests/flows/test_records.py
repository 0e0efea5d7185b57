"""Records that the release cannot use: single rows become issues, whole files stop it."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from flows.errors import DafuError
from flows.release.fitness import unfit
from flows.release.records import open_records
from schemas import RECORDED, TABLES
from schemas.arrow import arrow_schema
from schemas.table import Table
from tests.conftest import ThreeRuns


@pytest.fixture
def records(runs: ThreeRuns, tmp_path: Path) -> Path:
    """Return a copy of the records of the demo."""
    return Path(shutil.copytree(runs.datasets / "demo/records", tmp_path / "demo/records"))


def rewritten(path: Path, changed: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """Write a file of records anew with some values changed, by row; return the rows."""
    table = pq.read_table(path)
    rows: list[dict[str, Any]] = table.to_pylist()
    for number, values in changed.items():
        rows[number].update(values)
    pq.write_table(pa.Table.from_pylist(rows, schema=lax(table.schema)), path)
    return rows


def lax(schema: pa.Schema) -> pa.Schema:
    """Return a schema that takes nulls everywhere."""

    def of(kind: pa.DataType) -> pa.DataType:
        if pa.types.is_list(kind):
            return pa.list_(of(kind.value_type))
        if pa.types.is_struct(kind):
            return pa.struct([(part.name, of(part.type)) for part in kind])
        return kind

    return pa.schema([(field.name, of(field.type)) for field in schema])


def rows_of(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return con.execute(sql).fetchall()


def test_a_row_that_does_not_fit_is_an_issue_with_its_page(records: Path) -> None:
    replies = rewritten(
        records / "replies.parquet", {0: {"kind": "poem"}, 1: {"flags": ["corrected", "lost"]}, 2: {"text": None}}
    )
    of_others = [
        number
        for number, row in enumerate(pq.read_table(records / "sentences.parquet").to_pylist())
        if row["reply_id"] not in {reply["reply_id"] for reply in replies[:3]}
    ]
    sentences = rewritten(
        records / "sentences.parquet",
        {of_others[0]: {"role": "poem"}, of_others[1]: {"role": None}, of_others[2]: {"tokens": ["一", None]}},
    )
    with duckdb.connect() as con:
        found = open_records(con, records).issues
        assert {(one.url, one.detail.split(" (")[0]) for one in found if one.detail.startswith("replies")} == {
            (replies[0]["url"], found[0].detail.split(" (")[0]),
            (replies[1]["url"], found[1].detail.split(" (")[0]),
            (replies[2]["url"], "replies.text: Input should be a valid string"),
        }
        assert [one.detail.split(":")[0] for one in found] == [
            "replies.kind", "replies.flags.1", "replies.text", "sentences.role", "sentences.role", "sentences.tokens.1"
        ]  # fmt: skip
        assert found[0].detail.endswith(f"(reply_id {replies[0]['reply_id']})")
        assert rows_of(con, "SELECT count(*) FROM records.issues WHERE code = 'row_invalid'") == [(6,)]
        lost = ", ".join(f"'{reply['reply_id']}'" for reply in replies[:3])
        for table in RECORDED:
            if "reply_id" in table.model_fields:
                where = f"FROM records.{table.about.name} WHERE reply_id IN ({lost})"
                assert rows_of(con, f"SELECT count(*) {where}") == [(0,)], table.about.name
        assert rows_of(con, "SELECT count(*) FROM records.replies") == [(len(replies) - 3,)]
        left = sum(row["reply_id"] not in {reply["reply_id"] for reply in replies[:3]} for row in sentences) - 3
        assert rows_of(con, "SELECT count(*) FROM records.sentences") == [(left,)]


def fits(table: type[Table], row: dict[str, Any]) -> bool:
    try:
        table.model_validate(row)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.about.name)
def test_sql_finds_what_pydantic_does_not_accept(runs: ThreeRuns, table: type[Table]) -> None:
    """Every column of a table, with values that its type allows and its declaration may not."""
    (row,) = pq.read_table(runs.after / f"{table.about.name}.parquet").slice(0, 1).to_pylist()
    schema = lax(arrow_schema(table))
    tried: list[Any] = [None, "no such code", [], [None], ["no such code"], [{}], [{"name": "某人", "is_group": None}]]
    rows = []
    for field in schema:
        for value in tried:
            with suppress(pa.ArrowException, TypeError, AttributeError):
                (taken,) = pa.array([value], field.type).to_pylist()
                rows.append({**row, field.name: taken})
    with duckdb.connect() as con:
        con.register("tried", pa.Table.from_pylist(rows, schema=schema))
        found = con.execute(f"SELECT coalesce({unfit(table)}, false) FROM tried").fetchall()
    assert [not bad for (bad,) in found] == [fits(table, row) for row in rows]
    assert (True,) in found


def damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def retyped(path: Path) -> None:
    table = pq.read_table(path)
    pq.write_table(table.set_column(0, table.column_names[0], pa.array(range(len(table)))), path)


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (Path.unlink, "is missing"),
        (damaged, "cannot be read"),
        (retyped, "does not have the columns that sentences has now"),
        (lambda path: shutil.rmtree(path.parent), "holds no records"),
    ],
)
def test_records_that_cannot_be_used_are_told(records: Path, harm: Any, says: str) -> None:
    harm(records / "sentences.parquet")
    with duckdb.connect() as con, pytest.raises(DafuError, match=says) as error:
        open_records(con, records)
    assert "run `dafu parse demo`" in str(error.value)
    assert "\n" not in str(error.value)
