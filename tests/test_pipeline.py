"""The main job, end to end: a site's pages become a release that DuckDB answers from."""

from __future__ import annotations

import json
import re
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests
from rich.progress import Progress

from flows import console
from flows.release.manifest import differences, read_manifest
from flows.release.sql import text
from schemas import TABLES
from tests.conftest import Dafu, ThreeRuns, copy_of_demo
from tests.other_duckdbs import OtherDuckDB


def ask(release: Path, sql: str) -> list[tuple[Any, ...]]:
    """Ask a release's Parquet files, as a plain DuckDB user would."""
    with duckdb.connect() as con:
        for table in TABLES:
            con.execute(f"CREATE VIEW {table.about.name} AS FROM '{release}/{table.about.name}.parquet'")
        return con.execute(sql).fetchall()


def test_no_0536_has_its_facts(runs: ThreeRuns) -> None:
    (row,) = ask(
        runs.before,
        "SELECT number, term, session, proposers[1].name, proposers[1].role, CAST(published_on AS TEXT), "
        "CAST(signed_on AS TEXT), lag_days, kind FROM replies WHERE number = '0536'",
    )
    assert row == ("0536", 13, 2, "徐鑫", "提案者", "2024-08-13", "2024-05-30", 75, "cppcc_proposal")


def test_no_0536_has_its_headings_citations_and_quantities(runs: ThreeRuns) -> None:
    of_0536 = "WHERE reply_id = (SELECT reply_id FROM replies WHERE number = '0536')"
    paths = [path for (path,) in ask(runs.before, f"SELECT path FROM sections {of_0536} ORDER BY n")]
    assert paths == ["一", "一/(一)", "一/(二)", "二", "二/(一)", "二/(二)", "二/(三)", "二/(四)"]
    titles = [title for (title,) in ask(runs.before, f"SELECT title FROM citations {of_0536} ORDER BY char_start")]
    assert len(titles) == 7
    assert not any("智造强省" in title for title in titles)
    quantities = ask(runs.before, f"SELECT raw, value, unit, counted FROM quantities {of_0536} ORDER BY char_start")
    assert quantities == [
        ("50个", 50, "个", "兴辽产业学院"),
        ("3所", 3, "所", "学校"),
        ("13部门", 13, "部门", "部门"),
        ("107家", 107, "家", "省级产教融合型企业"),
        ("50所", 50, "所", "兴辽产业学院"),
        ("10个", 10, "个", "行业产教融合共同体"),
    ]
    facts = ask(runs.before, f"SELECT count(DISTINCT fact_id) FROM quantities {of_0536} AND counted = '兴辽产业学院'")
    assert facts == [(1,)]


@pytest.mark.parametrize("table", [t for t in TABLES if t.about.raw], ids=lambda table: table.about.name)
def test_every_span_says_what_its_row_says(runs: ThreeRuns, table: type) -> None:
    about = table.about  # type: ignore[attr-defined]
    raw = " || ".join(f"t.{column}" for column in about.raw)
    (count, off) = ask(
        runs.before,
        f"SELECT count(*), count(*) FILTER (replace(r.text[char_start + 1:char_end], ' ', '') "
        f"<> replace({raw}, ' ', '')) FROM {about.name} t JOIN replies r USING (reply_id)",
    )[0]
    assert count > 0
    assert off == 0


def test_letters_of_almost_the_same_text_are_one_group(runs: ThreeRuns) -> None:
    groups = ask(
        runs.before,
        "SELECT near_duplicate_group = min(reply_id), list(number ORDER BY number) FROM replies "
        "WHERE near_duplicate_group IS NOT NULL GROUP BY near_duplicate_group",
    )
    assert groups == [(True, ["0372", "1120"])]


def test_a_shared_passage_is_the_same_paragraph_in_several_letters(runs: ThreeRuns) -> None:
    passages = ask(
        runs.before,
        "SELECT count(DISTINCT p.reply_id), count(DISTINCT r.text[char_start + 1:char_end]), min(characters) >= 60 "
        "FROM shared_passages p JOIN replies r USING (reply_id) GROUP BY passage_sha256",
    )
    assert passages == [(2, 1, True)] * 3
    sentences = ask(
        runs.before,
        "SELECT bool_and(s.char_start >= p.char_start AND s.char_end <= p.char_end), count(*) "
        "FROM (SELECT *, unnest(sentence_ids) AS sentence_id FROM shared_passages) p "
        "JOIN sentences s USING (sentence_id)",
    )
    assert sentences == [(True, 8)]


def test_a_correction_is_in_the_release_with_its_reason_and_not_in_the_history(runs: ThreeRuns) -> None:
    for release in (runs.before, runs.after):
        ((reply_id, *row),) = ask(
            release,
            "SELECT reply_id, CAST(signed_on AS TEXT), lag_days, flags FROM replies "
            "WHERE list_contains(flags, 'corrected')",
        )
        assert row == ["2023-09-27", 15, ["corrected", "date_damaged"]]
        ((severity, detail),) = ask(release, "SELECT severity, detail FROM issues WHERE code = 'corrected'")
        assert severity == "info"
        assert detail.startswith("signed_on: null → 2023-09-27. Reason: ")
        assert ask(release, f"SELECT event FROM history WHERE reply_id = '{reply_id}'") == [("appeared",)]


def test_the_demo_is_as_large_as_promised(runs: ThreeRuns) -> None:
    assert ask(runs.before, "SELECT count(*) >= 30, count(DISTINCT kind) >= 2 FROM replies") == [(True, True)]
    assert ask(runs.before, "SELECT count(DISTINCT year(published_on)) >= 4 FROM replies") == [(True,)]


def test_what_could_not_be_read_is_an_issue(runs: ThreeRuns) -> None:
    codes = {code for (code,) in ask(runs.before, "SELECT DISTINCT code FROM issues")}
    assert codes >= {
        "attachment_not_read",
        "contact_removed",
        "duplicate_page",
        "kind_conflict",
        "no_selector_matched",
        "no_text",
        "not_a_letter",
        "other_section",
        "page_gone",
    }
    lost = ask(
        runs.before,
        "SELECT url FROM captures WHERE outcome = 'ok' AND media_type = 'text/html' AND url LIKE '%/jyta/%' "
        "AND url NOT LIKE '%n/index.shtml' "
        "AND url NOT LIKE '%/20212/index.shtml' AND url NOT SIMILAR TO '.*-[0-9]+[.]shtml' "
        "AND url NOT IN (SELECT url FROM replies) AND url NOT IN (SELECT url FROM issues WHERE url IS NOT NULL)",
    )
    assert lost == []


def test_a_run_in_which_nothing_changed_makes_no_release(runs: ThreeRuns) -> None:
    assert runs.first["release"]["changed"]
    assert not runs.again["release"]["changed"]
    assert runs.again["release"]["release"] == runs.first["release"]["release"]
    assert runs.again["crawl"]["new_pages"] == 0
    assert runs.again["crawl"]["outcomes"]["unchanged"] > 40
    assert set(runs.again["crawl"]["outcomes"]) <= {"unchanged", "gone", "gone_soft"}


def test_the_later_state_differs_by_exactly_the_planned_changes(runs: ThreeRuns) -> None:
    """The plan stands in the demo's card: two edits, one new letter, one moved, one withdrawn."""
    with duckdb.connect() as con:
        for name, release in (("old", runs.before), ("new", runs.after)):
            con.execute(f"CREATE TABLE {name} AS SELECT * EXCLUDE (last_seen_at) FROM '{release}/replies.parquet'")
        columns = [row[0] for row in con.execute("DESCRIBE old").fetchall()]
        added = con.execute("SELECT number FROM new WHERE reply_id NOT IN (SELECT reply_id FROM old)").fetchall()
        lost = con.execute("SELECT number FROM old WHERE reply_id NOT IN (SELECT reply_id FROM new)").fetchall()
        changed: dict[str, set[str]] = {}
        for column in columns:
            numbers = con.execute(
                f"SELECT n.number FROM old o JOIN new n USING (reply_id) WHERE o.{column} IS DISTINCT FROM n.{column}"
            ).fetchall()
            for (number,) in numbers:
                changed.setdefault(number, set()).add(column)
        edits = con.execute(
            "SELECT n.number, o.version, n.version FROM old o JOIN new n USING (reply_id) WHERE o.version <> n.version"
        ).fetchall()
    edited = {"text", "content_sha256", "capture_id", "version"}
    assert added == [("0602",)]
    assert lost == []
    assert sorted(edits) == [("0163", 1, 2), ("1154", 1, 2)]
    assert changed["0163"] - {"keywords"} == edited
    assert changed["1154"] - {"keywords"} == edited
    assert changed["0064"] == {"url", "capture_id"}
    assert changed["1219"] == {"flags"}
    assert changed.keys() == {"0163", "1154", "0064", "1219"}
    assert "withdrawn" in ask(runs.after, "SELECT flags FROM replies WHERE number = '1219'")[0][0]


def test_latest_is_the_newest_release(runs: ThreeRuns) -> None:
    assert (runs.releases / "latest").resolve() == runs.after.resolve()
    assert not (runs.releases / ".staging").exists()


def test_the_release_is_what_its_sums_and_manifest_say(runs: ThreeRuns) -> None:
    for release in (runs.before, runs.after):
        assert differences(release) == []
        manifest = read_manifest(release)
        assert manifest["version"] == release.name
        assert all(check["passed"] for check in manifest["gate"])
        for name, entry in manifest["tables"].items():
            assert ask(release, f"SELECT count(*) FROM {name}") == [(entry["rows"],)]


def test_the_database_and_the_views_hold_the_same(
    runs: ThreeRuns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with duckdb.connect(str(runs.before / "dafu.duckdb"), read_only=True) as con:
        inside = con.execute("SELECT count(*), min(number) FROM replies").fetchone()
        comment = con.execute("SELECT comment FROM duckdb_columns() WHERE column_name = 'lag_days'").fetchone()
    with duckdb.connect() as con:
        con.execute(f"SET VARIABLE dafu = '{runs.before}'")
        con.execute((runs.before / "views.sql").read_text(encoding="utf-8"))
        assert con.execute("SELECT count(*), min(number) FROM replies").fetchone() == inside
    assert comment is not None
    assert "Days from signing" in comment[0]


def test_an_older_duckdb_reads_the_database_and_the_views(runs: ThreeRuns, older_duckdb: OtherDuckDB) -> None:
    asked = "SELECT count(*), min(number), max(len(proposers)) FROM replies"
    expected = [list(row) for row in ask(runs.before, asked)]
    assert older_duckdb.ask([asked], runs.before / "dafu.duckdb") == expected
    views = (runs.before / "views.sql").read_text(encoding="utf-8")
    assert older_duckdb.ask([f"SET VARIABLE dafu = '{runs.before}'", views, asked]) == expected


@pytest.mark.parametrize("name", ['it\'s "here" 数据', "a[b]c", "st*r? {x} 100%"])
def test_the_views_find_the_files_wherever_they_lie(
    runs: ThreeRuns, older_duckdb: OtherDuckDB, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / name
    shutil.copytree(runs.before, copy)
    asked = "SELECT count(*), min(number) FROM replies"
    expected = ask(runs.before, asked)
    statements = [f"SET VARIABLE dafu = {text(copy)}", (copy / "views.sql").read_text(encoding="utf-8"), asked]
    assert older_duckdb.ask(statements) == [list(row) for row in expected]
    with duckdb.connect() as con:
        for statement in statements[:-1]:
            con.execute(statement)
        assert con.execute(asked).fetchall() == expected
    monkeypatch.chdir(copy)
    with duckdb.connect() as con:  # without the variable, in the working directory
        con.execute(statements[1])
        assert con.execute(asked).fetchall() == expected


def test_records_read_from_the_archive_give_the_same_files(runs: ThreeRuns, tmp_path: Path) -> None:
    """The same archive and code give the same bytes, in another folder."""

    from flows.datasets import load_dataset  # noqa: PLC0415
    from flows.parse.flow import parse  # noqa: PLC0415

    shutil.copytree(runs.datasets, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("records", "releases"))
    parse("demo", str(tmp_path))
    from flows.release.build import opened, stage, stage_derived  # noqa: PLC0415

    with opened(load_dataset("demo", tmp_path), threads=1) as build:
        stage(build)
        stage_derived(build, None)
    released = read_manifest(runs.after)["tables"]
    del released["changes"], build.entries["changes"]  # which are told from the release before as well
    assert build.entries == released


@pytest.mark.usefixtures("runs")
def test_the_runs_are_on_the_prefect_server_with_an_artifact_a_stage() -> None:
    from prefect.settings import PREFECT_API_URL  # noqa: PLC0415

    def found(what: str) -> list[dict[str, Any]]:
        return list(requests.post(f"{PREFECT_API_URL.value()}/{what}/filter", json={"limit": 200}, timeout=30).json())

    names = {run["name"] for run in found("flow_runs")}
    assert names >= {"crawl-demo", "parse-demo", "release-demo"}
    assert [name for name in names if re.fullmatch(r"demo \d{4}-\d\d-\d\d", name)]
    reports = [artifact["data"] for artifact in found("artifacts") if artifact["key"] == "run-demo"]
    assert len(reports) >= 3
    assert all("## Gate" in report and "data:image/svg+xml;base64," in report for report in reports)
    tables = [artifact for artifact in found("artifacts") if artifact["type"] == "table"]  # results are artifacts too
    artifacts = {table["key"]: json.loads(table["data"]) for table in tables}
    for key, column in (("crawl", "what"), ("parse", "read as"), ("gate", "passed"), ("release", "table")):
        assert all(column in row for row in artifacts[f"{key}-demo"])


def test_nothing_is_asked_for_but_the_site(runs: ThreeRuns) -> None:
    hosts = ask(runs.after, "SELECT DISTINCT split_part(url, '/', 3) FROM captures")
    assert hosts == [("jyt.demo.invalid",)]


def test_a_bar_says_how_long_it_took_and_how_long_it_will() -> None:
    clock = [0.0]
    bars = Progress(get_time=lambda: clock[0])
    task = bars.add_task("parse", total=100)
    (bar,) = bars.tasks
    said = [console.TimeColumn().render(bar).plain]
    for seconds, done in ((60, 60), (70, 70), (100, 100)):
        clock[0] = seconds
        bars.update(task, completed=done)
        said.append(console.TimeColumn().render(bar).plain)
    assert said == ["0:00", "1:00", "1:10, 0:30 left", "1:40"]


@contextmanager
def interrupted_after(steps: int, stage: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Send this process a Ctrl-C in the middle of a stage: after so many steps of its progress."""
    original = console.stage

    @contextmanager
    def counted(name: str, total: int | None, unit: str) -> Iterator[console.Advance]:
        done = 0

        def advance(count: int, _bytes: int = 0) -> None:
            nonlocal done
            done += count
            if name.startswith(stage) and done - count < steps <= done:
                signal.raise_signal(signal.SIGINT)

        with original(name, total, unit):
            yield advance

    with monkeypatch.context() as patched:
        patched.setattr(console, "stage", counted)
        yield


@pytest.mark.usefixtures("prefect_server")
def test_ctrl_c_in_the_middle_of_each_stage_loses_nothing(
    dafu: Dafu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: ThreeRuns
) -> None:
    datasets = copy_of_demo(tmp_path)
    for stage, command, steps in (("crawl: pages", "run", 10), ("parse", "run", 10), ("release", "run", 2)):
        with interrupted_after(steps, stage, monkeypatch):
            ended = dafu(command, "demo", "--datasets", str(datasets))
        assert (ended.code, ended.out) == (1, "")
        assert ended.err.splitlines()[-1].startswith("dafu: interrupted; what was kept so far stands")
        assert not (datasets / "demo/releases/latest").exists()
    whole = dafu("run", "demo", "--datasets", str(datasets), "--json")
    assert whole.code == 0
    assert whole.json["release"]["rows"]["replies"] == runs.first["release"]["rows"]["replies"]
    release = Path(whole.json["release"]["path"])
    fetched = ask(release, "SELECT max(n) FROM (SELECT count(*) n FROM captures WHERE outcome = 'ok' GROUP BY url)")[0][
        0
    ]
    assert fetched == 1, "a page that was kept is not fetched again"
