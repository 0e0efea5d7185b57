"""release: records → validated rows → staged Parquet files → gate → one rename."""

from __future__ import annotations

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
from flows.release import build
from flows.release.gate import Check, run_checks
from flows.release.manifest import read_manifest
from flows.release.rows import Rows, read_rows


@flow(name="release", flow_run_name="release-{dataset_name}", persist_result=False)
def release(dataset_name: str, datasets: str) -> dict[str, Any]:
    """Make a release if the records say something new; return the report as plain data."""
    dataset = load_dataset(dataset_name, Path(datasets))
    with locked(dataset.lock), releases_kept(dataset, published):
        return _released(dataset)


def _released(dataset: Dataset) -> dict[str, Any]:
    last = build.last_release(dataset)
    try:
        with console.stage("release: steps", 4, "steps") as advance:
            rows = validated(dataset)
            advance(1)
            staging, entries = stage_tables(dataset, rows)
            advance(1)
            if last is not None and build.same_content(last, entries):
                build.discard(staging)
                build.point_latest(last)
                advance(2)
                released = read_manifest(last)["tables"]
                return {"release": last.name, "path": str(last), "changed": False, "rows": _counts(released)}
            version = build.next_version(dataset, rows)
            checks = pass_gate(dataset, staging, last)
            advance(1)
            path = make_visible(dataset, staging, version, rows, entries, checks)
            advance(1)
    except (OSError, duckdb.IOException) as error:
        raise DafuError(
            f"{dataset.releases} cannot be written ({_reason(error)}); free space or mend its permissions and run "
            f"`dafu release {dataset.name}` again; the releases there are untouched"
        ) from error
    get_run_logger().info("released %s", path)
    return {"release": version, "path": str(path), "changed": True, "rows": _counts(entries)}


@task(cache_policy=NO_CACHE)
def validated(dataset: Dataset) -> Rows:
    """Validate every row of the records."""
    return read_rows(dataset.records)


@task(cache_policy=NO_CACHE)
def stage_tables(dataset: Dataset, rows: Rows) -> tuple[Path, dict[str, dict[str, Any]]]:
    """Write the Parquet files into the staging folder."""
    return build.staged(dataset, rows)


@task(cache_policy=NO_CACHE)
def pass_gate(dataset: Dataset, staging: Path, last: Path | None) -> list[Check]:
    """Run the gate; GateRefusedError leaves the staged release with its reasons."""
    checks = run_checks(staging, last, dataset.expectations)
    create_table_artifact(
        table=[check.row() for check in checks], key=f"gate-{dataset.name}", description=f"Gate of {dataset.title}"
    )
    failed = [check for check in checks if not check.passed]
    if failed:
        reasons = build.refused(staging, checks)
        raise GateRefusedError(
            f"{dataset.name}: the gate refused the release: "
            + ", ".join(f"{check.name} is {check.measured:g}, limit {check.limit:g}" for check in failed)
            + f"; see {reasons}; "
            + ("the last release stays the latest" if last else "there is no release yet")
        )
    return checks


@task(cache_policy=NO_CACHE)
def make_visible(
    dataset: Dataset, staging: Path, version: str, rows: Rows, entries: dict[str, dict[str, Any]], checks: list[Check]
) -> Path:
    """Complete the staged release and rename it into place."""
    build.completed(dataset, staging, version, rows, entries, checks)
    path = build.made_visible(dataset, staging, version)
    create_table_artifact(
        table=[{"table": name, "rows": entry["rows"], "bytes": entry["bytes"]} for name, entry in entries.items()],
        key=f"release-{dataset.name}",
        description=f"Release {version} of {dataset.title}",
    )
    return path


def _counts(entries: dict[str, dict[str, Any]]) -> dict[str, int]:
    return {name: entry["rows"] for name, entry in entries.items()}


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error).splitlines()[0]
