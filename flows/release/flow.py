"""release: records → rows that fit → staged Parquet files → gate → one rename."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb
from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from flows import console
from flows.datasets import Dataset, load_dataset
from flows.durable import releases_kept
from flows.errors import DafuError, GateRefusedError
from flows.locks import locked
from flows.publish.flow import published
from flows.release.build import Build, captured, complete, opened, refused, same_content, stage, stage_derived
from flows.release.gate import Check, accepted, checked, run_checks, sentence
from flows.release.manifest import read_manifest
from flows.release.parquet import Entry
from flows.release.versions import last_release, made_visible, next_version, point_latest


@flow(name="release", flow_run_name="release-{dataset_name}", persist_result=False)
def release(dataset_name: str, datasets: str, accept: dict[str, str] | None = None) -> dict[str, Any]:
    """Make a release if the records say something new; return the report as plain data.

    `accept` says of checks of the gate, by name, why the release is to be made although they do not hold.
    """
    dataset = load_dataset(dataset_name, Path(datasets))
    checked(accept or {})
    with locked(dataset.lock), releases_kept(dataset, published):
        return _released(dataset, accept or {})


def _released(dataset: Dataset, accept: dict[str, str]) -> dict[str, Any]:
    last = last_release(dataset)
    try:
        with console.stage("release: steps", 5, "steps") as advance, opened(dataset) as build:
            stage_tables(build)
            advance(1)
            if last is not None and same_content(build, last):
                shutil.rmtree(build.staging)
                point_latest(last)
                advance(4)
                return {
                    "release": last.name,
                    "path": str(last),
                    "changed": False,
                    "accept_unneeded": list(accept),
                    "rows": _counts(read_manifest(last)["tables"]),
                }
            derive_tables(build, last)
            advance(1)
            version = next_version(dataset, captured(build)[-1])
            checks, unneeded = pass_gate(build, last, accept)
            advance(1)
            complete_release(build, version, checks, last)
            advance(1)
            path = make_visible(build, version)
            advance(1)
    except (OSError, duckdb.IOException) as error:
        raise DafuError(
            f"{dataset.releases} cannot be written ({_reason(error)}); free space or mend its permissions and run "
            f"`dafu release {dataset.name}` again; the releases there are untouched"
        ) from error
    get_run_logger().info("released %s", path)
    return {
        "release": version,
        "path": str(path),
        "changed": True,
        "rows": _counts(build.entries),
        "checks": len(checks),
        "accepted": {check.name: check.because for check in checks if check.because is not None},
        "accept_unneeded": unneeded,
    }


@task(cache_policy=NO_CACHE)
def stage_tables(build: Build) -> None:
    """Write the Parquet files of what was recorded into the staging folder."""
    stage(build)


@task(cache_policy=NO_CACHE)
def derive_tables(build: Build, last: Path | None) -> None:
    """Write the Parquet files of what follows from it: the index, and what changed since the last release and why."""
    stage_derived(build, last)


@task(cache_policy=NO_CACHE)
def pass_gate(build: Build, last: Path | None, accept: dict[str, str]) -> tuple[list[Check], list[str]]:
    """Run the gate; return the checks, and what need not have been accepted.

    GateRefusedError leaves the staged release with its reasons.
    """
    dataset = build.dataset
    checks, unneeded = accepted(run_checks(build.con, build.staging, last, dataset.expectations), accept)
    create_table_artifact(
        table=[check.row() for check in checks], key=f"gate-{dataset.name}", description=f"Gate of {dataset.title}"
    )
    if not all(check.holds for check in checks):
        raise GateRefusedError(
            f"{dataset.name}: the gate refused the release: {sentence(checks)}; see {refused(build, checks)}; "
            + ("the last release stays the latest" if last else "there is no release yet")
        )
    return checks, unneeded


@task(cache_policy=NO_CACHE)
def complete_release(build: Build, version: str, checks: list[Check], previous: Path | None) -> None:
    """Write what stands beside the tables: the database, the views, the card, the manifest, the sums."""
    complete(build, version, checks, previous)


@task(cache_policy=NO_CACHE)
def make_visible(build: Build, version: str) -> Path:
    """Rename the staged release into its place and switch `latest`."""
    path = made_visible(build.dataset, build.staging, version)
    create_table_artifact(
        table=[
            {"table": name, "rows": entry["rows"], "bytes": entry["bytes"]} for name, entry in build.entries.items()
        ],
        key=f"release-{build.dataset.name}",
        description=f"Release {version} of {build.dataset.title}",
    )
    return path


def _counts(entries: dict[str, Entry]) -> dict[str, int]:
    return {name: entry["rows"] for name, entry in entries.items()}


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error).splitlines()[0]
