"""A release without Prefect: the same functions in the same order, for what is tested in many processes.

python -m tests.plain_release DATASETS NAME [THREADS]
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from flows.datasets import load_dataset
from flows.locks import locked
from flows.release.build import captured, complete, opened, same_content, stage, stage_derived
from flows.release.gate import run_checks
from flows.release.versions import last_release, made_visible, next_version, point_latest


def released(datasets: Path, name: str, threads: int | None = None) -> Path:
    """Make a release of a dataset's records, if they say something new; return the newest release."""
    dataset = load_dataset(name, datasets)
    with locked(dataset.lock):
        last = last_release(dataset)
        with opened(dataset, threads) as build:
            stage(build)
            if last is not None and same_content(build, last):
                shutil.rmtree(build.staging)
                point_latest(last)
                return last
            stage_derived(build, last)
            version = next_version(dataset, captured(build)[-1])
            checks = run_checks(build.con, build.staging, last, dataset.expectations)
            assert [check for check in checks if not check.passed] == []
            complete(build, version, checks, last)
            return made_visible(dataset, build.staging, version)


if __name__ == "__main__":
    released(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else None)
