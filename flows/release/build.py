"""Staging → gate → one rename. A release that is visible is complete, and never changes again.

releases/2026.11.23/    a release; a second one of the same day is 2026.11.23.2
releases/latest         a link to the newest, switched last
releases/.versions      every version ever made, so that no number is used twice
releases/.staging/      the release being built, or the one that the gate refused, with its REFUSED.md
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq

from flows.datasets import Dataset
from flows.errors import DafuError
from flows.read.queries import carry_queries
from flows.release.card import card
from flows.release.database import VIEWS, views, write_database
from flows.release.gate import Check, refusal
from flows.release.manifest import (
    MANIFEST,
    differences,
    file_digest,
    manifest,
    read_manifest,
    row_digests,
    write_json,
    write_sums,
)
from flows.release.rows import Rows
from schemas import TABLES
from schemas.arrow import arrow_table
from schemas.captures import Capture

LATEST, STAGING, REFUSED, VERSIONS = "latest", ".staging", "REFUSED.md", ".versions"
_VERSION = re.compile(r"^\d{4}\.\d{2}\.\d{2}(?:\.\d+)?$")
_SITE_TIME = ZoneInfo("Asia/Shanghai")


def versions(releases: Path) -> list[str]:
    """Return the versions there are, oldest first."""
    found = [path.name for path in releases.glob("*") if path.is_dir() and _VERSION.match(path.name)]
    return sorted(found, key=version_order)


def version_order(version: str) -> list[int]:
    """Return what versions are sorted by."""
    return [int(part) for part in version.split(".")]


def last_release(dataset: Dataset) -> Path | None:
    """Return the newest release's folder, checked against its sums; DafuError if somebody edited it."""
    found = versions(dataset.releases)
    if not found:
        return None
    folder = dataset.releases / found[-1]
    problems = differences(folder)
    if problems:
        raise DafuError(
            f"{folder} was changed after its release: {problems[0]}"
            + (f" (and {len(problems) - 1} more)" if len(problems) > 1 else "")
            + "; restore it from a copy, or move the folder away, then run again"
        )
    return folder


def staged(dataset: Dataset, rows: Rows) -> tuple[Path, dict[str, dict[str, Any]]]:
    """Write the Parquet files of a release into the staging folder; return it and the manifest's table entries."""
    staging = dataset.releases / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    entries: dict[str, dict[str, Any]] = {}
    for table in TABLES:
        name, found = table.about.name, rows.by_table[table.about.name]
        path = staging / f"{name}.parquet"
        pq.write_table(
            arrow_table(table, found).combine_chunks(), path, compression="zstd", compression_level=9, version="2.6"
        )
        rows_sha256, content_sha256 = row_digests(table, found)
        entries[name] = {
            "file": path.name,
            "sha256": file_digest(path),
            "bytes": path.stat().st_size,
            "rows": len(found),
            "rows_sha256": rows_sha256,
            "content_sha256": content_sha256,
        }
    return staging, entries


def same_content(last: Path, entries: dict[str, dict[str, Any]]) -> bool:
    """Tell whether a staged release says nothing that the last one does not."""
    before = read_manifest(last)["tables"]
    return before.keys() == entries.keys() and all(
        before[name]["content_sha256"] == entry["content_sha256"] for name, entry in entries.items()
    )


def next_version(dataset: Dataset, rows: Rows) -> str:
    """Return the release's version: the day of its last capture where the site is, and a counter on the same day."""
    captures = cast("list[Capture]", rows.by_table["captures"])
    newest = max((capture.fetched_at for capture in captures), default=None)
    if newest is None:
        raise DafuError(f"{dataset.records} holds no captures; run `dafu crawl {dataset.name}` first")
    day = newest.astimezone(_SITE_TIME).strftime("%Y.%m.%d")
    ever = {*versions(dataset.releases), *_lines(dataset.releases / VERSIONS)}
    taken = [int(v.removeprefix(day).lstrip(".") or 1) for v in ever if v == day or v.startswith(f"{day}.")]
    return f"{day}.{max(taken) + 1}" if taken else day


def completed(
    dataset: Dataset, staging: Path, version: str, rows: Rows, entries: dict[str, dict[str, Any]], checks: list[Check]
) -> None:
    """Write everything of a release but its Parquet files."""
    captures = cast("list[Capture]", rows.by_table["captures"])
    times = [capture.fetched_at for capture in captures]
    span = {"count": len(times), "first": _iso(min(times)), "last": _iso(max(times))}
    write_database(staging)
    (staging / VIEWS).write_text(views(), encoding="utf-8")
    carry_queries(dataset, staging)
    (staging / "README.md").write_text(card(dataset, version, rows), encoding="utf-8")
    gate = [check.row() for check in checks]
    said = manifest(dataset=dataset.name, release=version, tables=entries, captures=span, gate=gate)
    write_json(staging / MANIFEST, said)
    write_sums(staging)


def discard(staging: Path) -> None:
    """Remove a staged release that says nothing new."""
    shutil.rmtree(staging)


def refused(staging: Path, checks: list[Check]) -> Path:
    """Leave the reasons with a refused release; return the file."""
    path = staging / REFUSED
    path.write_text(refusal(checks), encoding="utf-8")
    return path


def made_visible(dataset: Dataset, staging: Path, version: str) -> Path:
    """Rename the staging folder into its place and switch `latest`; each is one step that cannot be half done."""
    note_version(dataset.releases, version)
    target = dataset.releases / version
    staging.rename(target)
    point_latest(target)
    return target


def note_version(releases: Path, version: str) -> None:
    """Note a version as taken, so that its number is not used again."""
    if version not in _lines(releases / VERSIONS):
        releases.mkdir(parents=True, exist_ok=True)
        with (releases / VERSIONS).open("a", encoding="utf-8") as taken:
            taken.write(f"{version}\n")


def point_latest(release: Path) -> None:
    """Make `latest` point to a release, in one step."""
    latest = release.with_name(LATEST)
    if latest.is_symlink() and latest.readlink() == Path(release.name):
        return
    link = release.with_name(f".{LATEST}.new")
    link.unlink(missing_ok=True)
    link.symlink_to(release.name)
    link.replace(latest)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split() if path.is_file() else []


def _iso(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat()
