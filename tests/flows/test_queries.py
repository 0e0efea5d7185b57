"""The questions that come with a dataset: each says what its answer looks like, and answers so wherever it is asked."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pytest

from flows.datasets import load_dataset
from flows.errors import UsageError
from flows.read.queries import QUERIES, Query, carry_queries, queries_in, queries_of, read_query
from tests.conftest import REPOSITORY, Dafu, ThreeRuns, copy_of_demo
from tests.other_duckdbs import OtherDuckDB

FOLDERS = sorted(REPOSITORY.glob("datasets/*/queries"))
SHARED = REPOSITORY / "datasets/liaoning-education/queries"
ASKED = {query.name: query for folder in FOLDERS for query in queries_in(folder)}
CLOCK = re.compile(r"\b(now|today|current_\w+|get_current_\w+|transaction_timestamp|random|uuid)\b", re.IGNORECASE)


def through_views(release: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute(f"SET VARIABLE dafu = '{release}'")
    con.execute((release / "views.sql").read_text(encoding="utf-8"))
    return con


@pytest.mark.parametrize("query", ASKED.values(), ids=ASKED)
def test_a_query_answers_as_its_head_says_from_the_database_and_from_the_views(query: Query, runs: ThreeRuns) -> None:
    with duckdb.connect(str(runs.after / "dafu.duckdb"), read_only=True) as con:
        con.execute(query.sql)
        columns = tuple((entry[0], str(entry[1])) for entry in con.description or [])
        rows = con.fetchall()
    assert columns == query.columns
    assert rows, "the demo must have something to answer with"
    assert query.least_rows <= len(rows) <= query.most_rows
    with through_views(runs.after) as con:
        assert con.execute(query.sql).fetchall() == rows


@pytest.mark.parametrize("query", ASKED.values(), ids=ASKED)
def test_a_query_is_one_statement_that_reads_no_clock_and_is_asked_in_both_languages(query: Query) -> None:
    assert len(duckdb.extract_statements(query.sql)) == 1
    assert not CLOCK.search(re.sub(r"^--.*$", "", query.sql, flags=re.MULTILINE))
    assert query.sql.rstrip().endswith(";")
    assert bool(query.note) == bool(query.note_zh)
    assert all(re.search("[\u4e00-\u9fff]", said) for said in (query.title_zh, query.question_zh))
    assert query.question.endswith("?")
    assert query.question_zh.endswith("？")


def test_there_are_enough_of_them_and_they_lie_once() -> None:
    assert len(queries_in(SHARED)) >= 14
    files = [path for folder in FOLDERS for path in folder.glob("*.sql")]
    assert len({path.read_bytes() for path in files}) == len(files) == len(ASKED)


def test_older_duckdbs_give_the_same_answers(runs: ThreeRuns, older_duckdb: OtherDuckDB) -> None:
    asked = [f"CREATE TEMP TABLE answer_{name} AS {query.sql}" for name, query in ASKED.items()]
    answers = " UNION ALL ".join(
        f"SELECT '{name}', (SELECT CAST(to_json(list(t)) AS VARCHAR) FROM answer_{name} t)" for name in ASKED
    )
    with duckdb.connect(str(runs.after / "dafu.duckdb"), read_only=True) as con:
        for statement in asked:
            con.execute(statement)
        expected = {name: json.loads(rows) for name, rows in con.execute(answers).fetchall()}
    answered = older_duckdb.ask([*asked, answers], runs.after / "dafu.duckdb")
    assert {name: json.loads(rows) for name, rows in answered} == expected


def test_the_planned_answers(dafu: Dafu, runs: ThreeRuns) -> None:
    """What the demo's pages were written to show."""

    def answered(name: str, version: str = "latest") -> list[dict[str, object]]:
        rows: list[dict[str, object]] = dafu(
            "queries", f"demo@{version}", name, "--json", "--datasets", str(runs.datasets)
        ).json
        return rows

    changed = {(row["number"], row["event"]) for row in answered("changed_after_publication")}
    assert changed == {("0163", "edited"), ("1154", "edited"), ("0064", "moved"), ("1219", "withdrawn")}
    assert answered("changed_after_publication", runs.before.name) == []
    assert {row["number"] for row in answered("next_steps_repeated")} == {"0536", "0441"}
    assert {row["party"] for row in answered("parties")} == {"民进", "农工党"}
    assert {row["texts"] for row in answered("recurring_passages")} == {1}  # one answer, sent to two proposers
    classed = [sum(int(str(row[f"class_{c}"])) for row in answered("reply_classes")) for c in "abcd"]
    assert classed[2:] == [0, 0]
    assert classed[0] > classed[1] > 0
    passed = answered("deadlines_passed")
    assert all(str(row["deadline_on"]) < runs.after.name.replace(".", "-")[:10] for row in passed)
    assert "到2020年" in {row["deadline_raw"] for row in passed}


def test_a_release_carries_the_queries_it_was_made_with(dafu: Dafu, runs: ThreeRuns) -> None:
    at = ("--datasets", str(runs.datasets))
    carried = sorted((runs.after / QUERIES).iterdir())
    assert [path.read_bytes() for path in carried] == [path.read_bytes() for path in sorted(SHARED.iterdir())]
    sums = (runs.after / "SHA256SUMS").read_text(encoding="utf-8")
    assert "  queries/lag_by_year.sql\n" in sums
    own, of_release = (dafu("queries", named, "--json", *at).json for named in ("demo", f"demo@{runs.after.name}"))
    assert own == of_release
    assert {"name": "year", "type": "BIGINT"} in own[0]["columns"] + next(
        query["columns"] for query in own if query["name"] == "lag_by_year"
    )


def test_the_list_and_an_answer_on_the_screen(dafu: Dafu, runs: ThreeRuns) -> None:
    at = ("--datasets", str(runs.datasets))
    listed = dafu("queries", "demo", *at).out
    assert "lag_by_year" in listed
    assert "How long do letters wait" in listed
    shown = dafu("queries", "demo", "lag_by_year", "--format", "csv", *at).out
    assert shown.startswith("year,letters,dated,median_lag_days,")
    assert dafu("queries", "demo", "lag_by_year", *at).out.count("\n") > 5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("demo", "lag_by_yaer"), "demo has no query 'lag_by_yaer'; did you mean lag_by_year"),
        (("demo", "zzz"), "`dafu queries demo` lists what there is"),
        (("demo@1999.01.01",), "no release 1999.01.01"),
        (("nope",), "no dataset 'nope'"),
        (("demo", "a", "b"), "too many words"),
    ],
)
def test_what_is_not_there_is_said(dafu: Dafu, runs: ThreeRuns, words: tuple[str, ...], said: str) -> None:
    ended = dafu("queries", *words, "--datasets", str(runs.datasets))
    assert ended.code == 2
    assert said in ended.err


def test_own_queries_join_the_shared_ones(tmp_path: Path) -> None:
    datasets = copy_of_demo(tmp_path)
    own = datasets / "demo" / QUERIES
    own.mkdir(exist_ok=True)
    (own / "mine.sql").write_bytes((SHARED / "lag_by_year.sql").read_bytes())
    dataset = load_dataset("demo", datasets)
    names = [query.name for query in queries_of(dataset)]
    assert {"mine", "lag_by_year"} <= set(names)
    release = tmp_path / "release"
    release.mkdir()
    carry_queries(dataset, release)
    assert sorted(path.stem for path in (release / QUERIES).iterdir()) == names
    (own / "lag_by_year.sql").write_bytes((own / "mine.sql").read_bytes())
    with pytest.raises(UsageError, match="have the same name; rename one"):
        queries_of(dataset)


def test_shared_queries_that_are_gone_are_said(tmp_path: Path) -> None:
    datasets = copy_of_demo(tmp_path)
    (datasets / "liaoning-education").rename(datasets / "away")
    with pytest.raises(UsageError, match=r"dataset.toml: queries: .*liaoning-education/queries is no folder"):
        load_dataset("demo", datasets)


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("-- title: ", "-- titel: ", "'-- titel: .*' is no line of a query's head"),
        ("-- rows: 1 to 100\n", "", "does not say rows; add it"),
        ("-- rows: 1 to 100", "-- rows: many", "write columns as .* and rows as"),
        ("year BIGINT", "year", "write columns as"),
        ("-- title (zh): ", "-- question: ", "is no line of a query's head"),
    ],
)
def test_a_head_that_lacks_something_is_said(tmp_path: Path, was: str, becomes: str, said: str) -> None:
    sql = (SHARED / "lag_by_year.sql").read_text(encoding="utf-8")
    assert was in sql
    (tmp_path / "q.sql").write_text(sql.replace(was, becomes, 1), encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        read_query(tmp_path / "q.sql")
