"""Which releases there are, and whether one is still what it was when it was released."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flows.datasets import Dataset, load_dataset
from flows.durable import fetch_archive, fetch_missing_release
from flows.errors import DafuError, UsageError
from flows.read.remote import cached_release, in_the_database, is_address, published_releases
from flows.release.database import DATABASE
from flows.release.digests import file_digest
from flows.release.manifest import SUMS, read_manifest
from flows.release.verification import findings
from flows.release.versions import versions


def release_of(named: str, datasets: Path) -> tuple[Dataset, Path]:
    """Return (dataset, release folder) of `NAME` (its newest release) or `NAME@VERSION`."""
    name, _, version = named.partition("@")
    dataset = load_dataset(name, datasets)
    found = versions(dataset.releases)
    if not found or (version not in ("", "latest") and version not in found):
        fetch_missing_release(dataset, None if version in ("", "latest") else version)
        found = versions(dataset.releases)
    if not found:
        raise DafuError(f"{name} has no release yet; run `dafu run {name}` first")
    if version and version != "latest" and version not in found:
        raise UsageError(f"{name} has no release {version}; its releases are: {', '.join(found)}")
    return dataset, dataset.releases / (found[-1] if version in ("", "latest") else version)


def folder_of(named: str, datasets: Path) -> Path:
    """Return the folder of a release of a dataset, or of one that is read by address (`s3://bucket/prefix@VERSION`).

    The latter has no Parquet files: its tables are in dafu.duckdb.
    """
    return cached_release(named) if is_address(named) else release_of(named, datasets)[1]


def described_release_of(named: str, datasets: Path, *, whole: bool = False) -> tuple[Dataset, Path]:
    """Return what `folder_of` does and the description, among `datasets`, of the dataset that it is a release of.

    With `whole` there are Parquet files in any case. UsageError if no dataset there has its name.
    """
    if not is_address(named):
        return release_of(named, datasets)
    folder = cached_release(named, (lambda _name: True) if whole else in_the_database)
    return load_dataset(str(read_manifest(folder).get("dataset")), datasets), folder


def database_of(release: Path) -> Path:
    """Return the release's dafu.duckdb; DafuError if it is not the file that was released."""
    path = release / DATABASE
    if not path.is_file():
        raise DafuError(f"{path} is missing; run `dafu verify` for a full list and restore the release from a copy")
    sums = release / SUMS
    said = f"{file_digest(path)}  {DATABASE}"
    if not sums.is_file() or said not in sums.read_text(encoding="utf-8").splitlines():
        raise DafuError(f"{path} is not the file that was released; run `dafu verify` for a full list and restore it")
    return path


def described(named: str, datasets: Path) -> list[dict[str, Any]]:
    """Return the releases of a dataset, or of an address where it is published, oldest first.

    Of each: version, letters, captures, schema and parser version, and where it is.
    """
    if is_address(named):
        return [_described(folder, path) for folder, path in published_releases(named)]
    folder = load_dataset(named, datasets).releases
    return [_described(folder / version, str(folder / version)) for version in versions(folder)]


def _described(release: Path, path: str) -> dict[str, Any]:
    said = read_manifest(release)
    return {
        "version": release.name,
        "letters": said["tables"]["replies"]["rows"],
        "captures": said["captures"]["count"],
        "last_capture": said["captures"]["last"],
        "schema_version": said["schema_version"],
        "parser_version": said["parser_version"],
        "path": path,
    }


def verified(release: Path) -> int:
    """Check every file of a release and every column; return how many files there are. DafuError names what differs."""
    problems = findings(release)
    if problems:
        raise DafuError(f"{release}: {'; '.join(problems)}; restore the release from a copy")
    return len((release / SUMS).read_text(encoding="utf-8").splitlines())


def rebuilt(dataset: Dataset, release: Path) -> None:
    """Make a release once more from the archive as it was then; DafuError names what came out differently."""
    from flows.release.rebuild import rebuilt_differences  # noqa: PLC0415 - loads the parser

    fetch_archive(dataset)
    problems = rebuilt_differences(dataset, release)
    if problems:
        raise DafuError(f"{release}, made once more from its archive, came out differently: {'; '.join(problems)}")
