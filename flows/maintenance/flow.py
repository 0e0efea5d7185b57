"""maintenance: the archive read again → parsed anew → a release, if a better parser says more → all releases verified.

No request is made.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.crawl.verification import verify
from flows.datasets import DEFAULT_DATASET, Dataset
from flows.deployments.runs import run_alone, run_name
from flows.errors import DafuError
from flows.parse.flow import parse_by
from flows.read.releases import verified
from flows.release.flow import release
from flows.release.versions import versions


@flow(name="maintenance", flow_run_name=run_name, persist_result=False)
def maintenance(dataset_name: str = DEFAULT_DATASET, datasets: str | None = None) -> dict[str, Any]:
    """Verify the archive, parse it anew, release what that says, verify every release; return the reports by name.

    Args:
        dataset_name: The folder's name under the datasets.
        datasets: The folder of the datasets; else DAFU_DATASETS, else this repository's.
    """

    def stages(dataset: Dataset, folder: str) -> dict[str, Any]:
        return {
            "archive": verify_archive(dataset),
            "parse": parse_by(dataset.name, folder),
            "release": release(dataset.name, folder),
            "releases": verify_releases(dataset),
        }

    return run_alone(dataset_name, datasets, stages)


@task(cache_policy=NO_CACHE)
def verify_archive(dataset: Dataset) -> dict[str, Any]:
    """Read every record again; DafuError names each that is not what it was."""
    found = verify(dataset.archive)
    if found.problems:
        raise DafuError(f"{dataset.archive}: {'; '.join(found.problems)}")
    return asdict(found)


@task(cache_policy=NO_CACHE)
def verify_releases(dataset: Dataset) -> dict[str, int]:
    """Check every file of every release; DafuError names each that differs. Return the number of files by version."""
    return {version: verified(dataset.releases / version) for version in versions(dataset.releases)}
