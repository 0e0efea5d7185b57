"""How much faster two workers read an archive of 5,000 letters than one process does: `make bench`."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import LocalCluster

from tests.archives_made import make_archive

LETTERS = 5_000


@pytest.fixture(scope="module")
def datasets(prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert prefect_server is None
    return make_archive(tmp_path_factory.mktemp("archive"), LETTERS)


@pytest.fixture(scope="module")
def two_workers() -> Iterator[str]:
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster.scheduler_address


@pytest.mark.benchmark(group="an archive of 5,000 letters, parsed")
def test_two_workers_against_one_process(benchmark: Any, datasets: Path, two_workers: str) -> None:
    from flows.parse.flow import parse_by  # noqa: PLC0415 - takes seconds

    parse_by("demo", str(datasets), engine="dask", dask_address=two_workers)  # which have what they need by then
    began = time.monotonic()
    report = parse_by("demo", str(datasets), engine="one")
    alone = time.monotonic() - began
    assert report["letters"] == LETTERS
    of_one = _digests(datasets)

    asked = {"engine": "dask", "dask_address": two_workers}
    benchmark.pedantic(parse_by, ("demo", str(datasets)), asked, rounds=1, iterations=1)
    assert _digests(datasets) == of_one
    together = benchmark.stats.stats.median
    benchmark.extra_info |= {
        "one process, letters/s": round(LETTERS / alone, 1),
        "two workers, letters/s": round(LETTERS / together, 1),
        "ratio": round(alone / together, 2),
    }


def _digests(datasets: Path) -> dict[str, str]:
    files = sorted((datasets / "demo" / "records").rglob("*.parquet"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
