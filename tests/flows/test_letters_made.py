"""The letters that scale is measured on: the same for the same seed, each another one, and fit for a release."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.datasets import load_dataset
from flows.parse.store import WRITTEN, records_file
from flows.release import parquet
from flows.release.build import opened, stage, stage_derived
from flows.release.gate import run_checks
from flows.release.manifest import made_with
from tests.letters_made import DATASET, Pool, make_dataset, make_pool, make_records


@pytest.fixture(scope="module")
def pool() -> Pool:
    return make_pool(30)


def test_made_letters_pass_the_gate_and_are_all_different(tmp_path: Path, pool: Pool) -> None:
    make_dataset(tmp_path, 300, pool=pool)
    dataset = load_dataset(DATASET, tmp_path)
    with opened(dataset) as build:
        stage(build)
        stage_derived(build, None)
        failed = [
            check for check in run_checks(build.con, build.staging, None, dataset.expectations) if not check.passed
        ]
        assert failed == []
        ((letters, texts, characters, years, documents),) = build.con.execute(
            "SELECT count(*), count(DISTINCT text), avg(length(text)), count(DISTINCT year(published_on)), "
            "(SELECT count(DISTINCT title) FROM citations) FROM replies"
        ).fetchall()
        assert (letters, texts) == (300, 300)
        assert characters >= 1500
        assert years == 11
        assert documents > 15
        assert all(build.entries[name]["rows"] > 300 for name in ("sections", "sentences", "quantities", "commitments"))


def test_records_that_lie_in_order_are_taken_into_a_release_as_they_would_be_written(
    tmp_path: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP", 1_000)  # sentences are several row groups then
    make_dataset(tmp_path, 120, pool=pool)
    dataset = load_dataset(DATASET, tmp_path)
    with opened(dataset) as build:
        assert build.records.ready.keys() > {"replies", "sections", "sentences", "quantities"}
        stage(build)
        taken = build.entries
    (dataset.records / WRITTEN).unlink()
    with opened(dataset) as build:
        assert build.records.ready == {}
        stage(build)
        assert build.entries == taken
        assert pq.ParquetFile(build.staging / "sentences.parquet").num_row_groups > 1


def test_records_that_parse_did_not_write_so_are_read_row_by_row(tmp_path: Path, pool: Pool) -> None:
    make_dataset(tmp_path, 3, pool=pool)
    dataset = load_dataset(DATASET, tmp_path)
    path = records_file(dataset.records, "sections")
    sections = pq.read_table(path)
    titles = [None, *sections["title"].to_pylist()[1:]]
    at = sections.schema.get_field_index("title")
    pq.write_table(sections.set_column(at, pa.field("title", pa.string()), [titles]), path)
    with opened(dataset) as build:
        assert [issue.code for issue in build.records.issues] == ["row_invalid"]
        assert build.records.ready == {}


def test_records_of_another_parser_or_of_a_damaged_note_are_read_row_by_row(tmp_path: Path, pool: Pool) -> None:
    make_dataset(tmp_path, 3, pool=pool)
    dataset = load_dataset(DATASET, tmp_path)
    said = json.loads((dataset.records / WRITTEN).read_text(encoding="utf-8"))
    said["made_with"]["parser_version"] = "0.0.1"
    without = json.dumps({"made_with": made_with()})
    for note in (json.dumps(said), json.dumps(said)[:100], "[]", without):
        (dataset.records / WRITTEN).write_text(note, encoding="utf-8")
        with opened(dataset) as build:
            assert build.records.ready == {}


def test_a_seed_gives_the_same_letters(tmp_path: Path, pool: Pool) -> None:
    one, same, other = (
        make_dataset(tmp_path / name, 40, seed, pool) / "records"
        for name, seed in (("one", 7), ("same", 7), ("other", 8))
    )
    for file in one.iterdir():
        assert file.read_bytes() == (same / file.name).read_bytes()
    assert (one / "replies.parquet").read_bytes() != (other / "replies.parquet").read_bytes()


def test_the_processes_make_the_same_letters_however_many_they_are(tmp_path: Path, pool: Pool) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    make_records(one, 1_100, pool=pool, processes=1)
    make_records(two, 1_100, pool=pool, processes=2)
    for file in one.iterdir():
        assert file.read_bytes() == (two / file.name).read_bytes()
