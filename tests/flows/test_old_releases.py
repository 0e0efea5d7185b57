"""Who reads 1.x reads every 1.y: releases that were really made, kept and read together with the newest."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import flows.release.schema_version
from flows.release.manifest import read_manifest
from flows.release.schema_version import released_state, understated
from flows.release.tables import file_names
from schemas import SCHEMA_VERSION, TABLES
from schemas.snapshot import declared
from tests.conftest import ThreeRuns

KEPT = Path(__file__).parents[1] / "releases"
MAJOR = SCHEMA_VERSION.partition(".")[0]
OLD = sorted(folder for folder in KEPT.iterdir() if folder.is_dir() and folder.name.startswith(f"{MAJOR}."))

# Written against schema 1.0, and never to be changed.
WRITTEN_FOR_1_0 = {
    "kinds": "SELECT kind, count(*) FROM replies GROUP BY ALL ORDER BY ALL",
    "lag": "SELECT year(published_on), avg(lag_days) FROM replies WHERE signed_on IS NOT NULL GROUP BY ALL ORDER BY 1",
    "proposers": "SELECT p.name, p.is_group FROM replies, unnest(proposers) AS t(p) ORDER BY ALL",
    "roles": "SELECT role, count(*) FROM sentences GROUP BY ALL ORDER BY ALL",
    "spans": "SELECT count(*) FROM quantities q JOIN replies r USING (reply_id) "
    "WHERE substring(r.text, q.char_start + 1, q.char_end - q.char_start) <> q.raw",
    "values": "SELECT sum(value), count(DISTINCT fact_id) FROM quantities WHERE NOT approximate",
    "words": "SELECT word, count(*) FROM (SELECT unnest(tokens) AS word FROM sentences) GROUP BY ALL ORDER BY 2, 1",
    "documents": "SELECT title_key, len(issuers), doc_number FROM citations ORDER BY ALL",
    "bytes": "SELECT outcome, sum(bytes) FROM captures WHERE fetched_at > TIMESTAMPTZ '2020-01-01' GROUP BY ALL",
    "headings": "SELECT count(*) FROM sections c LEFT JOIN sections p ON p.section_id = c.parent_id WHERE c.level > 4",
    "reasons": "SELECT code, severity, count(*) FROM issues GROUP BY ALL ORDER BY ALL",
    "meaning": "SELECT description_en, description_zh FROM dictionary WHERE table_name = 'citations'",
}


def files(release: Path, table: str) -> list[str]:
    return [str(release / name) for name in file_names(read_manifest(release)["tables"][table])]


def opened(*releases: Path) -> duckdb.DuckDBPyConnection:
    """Open releases as one: a view a table over the files of all that have it, by name."""
    con = duckdb.connect()
    for table in {name: None for release in releases for name in read_manifest(release)["tables"]}:
        found = [f for r in releases if table in read_manifest(r)["tables"] for f in files(r, table)]
        con.execute(f"CREATE VIEW {table} AS FROM read_parquet({found}, union_by_name = true)")
    return con


@pytest.mark.parametrize("release", OLD, ids=lambda folder: folder.name)
def test_what_was_written_for_1_0_runs_on_every_kept_release(release: Path) -> None:
    assert read_manifest(release)["schema_version"] == release.name
    with opened(release) as con:
        found = {name: con.execute(sql).fetchall() for name, sql in WRITTEN_FOR_1_0.items()}
    assert found["spans"] == [(0,)]
    assert sum(count for _, count in found["kinds"]) == 3
    assert found["roles"]
    assert found["words"]


def test_all_releases_are_read_together_with_the_newest(runs: ThreeRuns) -> None:
    newest = runs.after
    with opened(*OLD, newest) as con:
        found = {name: con.execute(sql).fetchall() for name, sql in WRITTEN_FOR_1_0.items()}
        for table in TABLES:
            name = table.about.name
            whole = [release for release in (*OLD, newest) if name in read_manifest(release)["tables"]]
            rows = sum(read_manifest(release)["tables"][name]["rows"] for release in whole)
            assert con.execute(f"SELECT count(*) FROM {name}").fetchone() == (rows,)
            described = con.execute(f"DESCRIBE {name}").fetchall()
            only_newest = con.execute(f"DESCRIBE FROM read_parquet({files(newest, name)})").fetchall()
            assert {column: kind for column, kind, *_ in described} == {
                column: kind for column, kind, *_ in only_newest
            }
    assert found["spans"] == [(0,)]
    assert all(found[name] for name in WRITTEN_FOR_1_0)


def test_a_column_that_a_release_did_not_have_is_null_in_it(runs: ThreeRuns) -> None:
    with opened(KEPT / "1.0.0", runs.after) as con:
        old = "SELECT capture_id FROM read_parquet($file)"
        found = con.execute(
            f"SELECT count(*), count(media_type) FROM captures WHERE capture_id IN ({old})",
            {"file": files(KEPT / "1.0.0", "captures")},
        ).fetchone()
    assert found == (3, 0)


def test_the_schema_of_the_files_is_that_of_the_declarations(runs: ThreeRuns) -> None:
    assert released_state(runs.after) == declared(TABLES)
    assert understated(runs.after)[0] == 0


def test_a_version_that_is_too_low_for_what_changed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows.release.schema_version, "SCHEMA_VERSION", "1.2.0")
    number, why = understated(KEPT / "1.1.0")
    assert number == 1
    assert "2.0.0 is due: quantities.value can be null" in why
    monkeypatch.setattr(flows.release.schema_version, "SCHEMA_VERSION", "1.0.0")
    number, why = understated(KEPT / "1.0.0")
    assert number > 10
    assert "table attachments is new" in why


def test_the_version_rises_with_what_changed_since_the_last_kept_release() -> None:
    assert understated(KEPT / "1.2.0")[0] == 0
