"""The letters that scale is measured on: the same for the same seed, each another one, and fit for a release."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.datasets import load_dataset
from flows.release.build import opened, stage, stage_changes
from flows.release.gate import run_checks
from tests.letters_made import DATASET, Pool, make_dataset, make_pool, make_records


@pytest.fixture(scope="module")
def pool() -> Pool:
    return make_pool(30)


def test_made_letters_pass_the_gate_and_are_all_different(tmp_path: Path, pool: Pool) -> None:
    make_dataset(tmp_path, 300, pool=pool)
    dataset = load_dataset(DATASET, tmp_path)
    with opened(dataset) as build:
        stage(build)
        stage_changes(build, None)
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
