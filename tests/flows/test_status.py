"""dafu status: what is well, what is not, and the exit code that a monitor reads."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from uuid import UUID

import pytest

from flows.crawl.archive import Archive
from flows.datasets import Dataset, load_dataset
from flows.errors import BusyError
from flows.locks import held_by, locked
from flows.release.versions import REFUSED, STAGING
from flows.status import Schedule, status_of
from tests.conftest import Dafu, ThreeRuns, copy_of_demo


@pytest.fixture
def dataset(runs: ThreeRuns, tmp_path: Path) -> Dataset:
    """Return a copy of a dataset with which all is well."""
    shutil.copytree(runs.datasets, tmp_path / "datasets", symlinks=True)
    return load_dataset("demo", tmp_path / "datasets")


def problems(dataset: Dataset, days: float = 0, schedule: Schedule | None = None) -> list[str]:
    ended = Archive(dataset.archive).runs[-1].ended_at
    assert ended
    return status_of(dataset, ended + dt.timedelta(days=days), schedule).problems


@pytest.mark.usefixtures("no_server")
def test_all_is_well(dataset: Dataset, dafu: Dafu) -> None:
    folder = str(dataset.folder.parent)
    ended = dafu("status", "demo", "--datasets", folder)
    assert ended.code == 0, ended
    assert "whether a process serves the schedule is not known" in ended.out
    (state,) = dafu("status", "--datasets", folder, "--json").json
    assert state["healthy"]
    assert state["crawl"] == "run 3 (revisit): complete"
    assert state["letters"] > 40
    assert (state["next_run"], state["watched"], state["served"], state["problems"]) == (None, False, None, [])


def test_a_schedule_that_nobody_serves_is_told_at_once(dataset: Dataset, dafu: Dafu, prefect_server: None) -> None:
    assert prefect_server is None  # which plans no runs, as servers that stay do: test_schedule.py has one of those
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - takes seconds

    from flows.deployments.serving import as_served, described  # noqa: PLC0415

    def look() -> tuple[int, bool, list[str]]:
        ended = dafu("status", "demo", "--datasets", str(dataset.folder.parent), "--json")
        return ended.code, ended.json[0]["served"], ended.json[0]["problems"]

    code, served, said = look()
    assert (code, served) == (1, False)
    assert "has no schedule of it" in said[0]
    made = [UUID(str(deployment.apply())) for deployment in as_served(described(["demo"]))]
    try:
        code, served, said = look()
    finally:
        with get_client(sync_client=True) as client:
            for deployment in made:
                client.delete_deployment(deployment)
    assert (code, served) == (1, False)
    assert said[0].startswith("no process serves demo-daily, demo-monthly, demo-weekly (none ever has), so no run")
    assert "plans no run of it" in said[1]


def test_a_server_that_does_not_answer_is_told(dataset: Dataset, dafu: Dafu) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: PLC0415 - takes seconds

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        ended = dafu("status", "demo", "--datasets", str(dataset.folder.parent), "--json")
    assert (ended.code, ended.json[0]["served"]) == (1, None)
    assert "http://127.0.0.1:9/api does not answer" in ended.json[0]["problems"][0]


def test_a_schedule_that_died_is_told_after_the_days_that_are_allowed(dataset: Dataset) -> None:
    assert problems(dataset, days=2.9) == []
    (problem,) = problems(dataset, days=3.1)
    assert "which may be 3 days; look whether the schedule is up" in problem


def test_a_refused_release_is_told_with_its_reasons(dataset: Dataset) -> None:
    staging = dataset.releases / STAGING
    staging.mkdir()
    (staging / REFUSED).write_text("# This release was refused\n", "utf-8")
    assert problems(dataset) == [f"the gate refused the last release; read {staging / REFUSED}"]


@pytest.mark.usefixtures("no_server")
def test_a_damaged_release_and_a_lost_archive_are_told(dataset: Dataset, dafu: Dafu) -> None:
    newest = dataset.releases / "latest"
    (newest / "replies.parquet").write_bytes(b"damaged")
    (problem,) = problems(dataset)
    assert "replies.parquet is not the file that was released" in problem
    next(dataset.archive.glob("*.warc.gz")).unlink()
    ended = dafu("status", "demo", "--datasets", str(dataset.folder.parent), "--json")
    assert ended.code == 1
    assert "has lost what it kept" in ended.json[0]["problems"][0]


def test_a_run_that_was_cut_short_is_told_unless_it_is_at_work(dataset: Dataset) -> None:
    now = dt.datetime.now(dt.UTC)
    with Archive(dataset.archive).writing("demo") as archive:
        archive.begin("incremental", now)
        assert status_of(dataset, now, None).healthy
    assert "was cut short" in status_of(dataset, now, None).problems[0]


def test_what_the_server_has_for_running_counts_unless_a_run_is_at_work(dataset: Dataset) -> None:
    left = ["the Prefect server has the run 'demo' as running"]
    schedule = Schedule(served=False, problems=["no process serves demo-daily"], left=left)
    assert problems(dataset, schedule=schedule) == [*schedule.problems, *left]
    with locked(dataset.run_lock):
        assert problems(dataset, schedule=schedule) == schedule.problems


@pytest.mark.usefixtures("no_server")
def test_nothing_was_done_yet(tmp_path: Path, dafu: Dafu) -> None:
    folder = str(copy_of_demo(tmp_path))
    named = dafu("status", "demo", "--datasets", folder)
    assert named.code == 1
    assert "nothing was crawled yet" in named.out
    assert "no dataset in" in dafu("status", "--datasets", folder).err


def test_a_lock_is_seen_and_a_second_run_leaves(dataset: Dataset, dafu: Dafu) -> None:
    assert held_by(dataset.run_lock) is None
    with locked(dataset.run_lock):
        owner = held_by(dataset.run_lock)
        assert owner
        assert owner.startswith("process ")
        with pytest.raises(BusyError, match="is being written by process"):
            locked(dataset.run_lock)
        second = dafu("run", "demo", "--datasets", str(dataset.folder.parent))
    assert second.code == 1
    assert "is being written by process" in second.err
    assert held_by(dataset.run_lock) is None
