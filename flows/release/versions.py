"""What lies in a dataset's releases folder, and how a release comes to lie there. What is visible is complete.

releases/2026.11.23/    a release, which never changes again; a second one of the same day is 2026.11.23.2
releases/latest         a link to the newest, switched last
releases/.versions      every version ever made, so that no number is used twice
releases/.staging/      the release being built, or the one that the gate refused, with its REFUSED.md
releases/.spilled/      what DuckDB has no memory for while it builds
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from zoneinfo import ZoneInfo

from flows.datasets import Dataset
from flows.errors import DafuError
from flows.release.manifest import differences

LATEST, STAGING, SPILLED, REFUSED, VERSIONS = "latest", ".staging", ".spilled", "REFUSED.md", ".versions"
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


def next_version(dataset: Dataset, newest: dt.datetime) -> str:
    """Return the version of a release whose last capture is `newest`: its day where the site is, and a counter."""
    day = newest.astimezone(_SITE_TIME).strftime("%Y.%m.%d")
    ever = {*versions(dataset.releases), *_lines(dataset.releases / VERSIONS)}
    taken = [int(v.removeprefix(day).lstrip(".") or 1) for v in ever if v == day or v.startswith(f"{day}.")]
    return f"{day}.{max(taken) + 1}" if taken else day


def made_visible(dataset: Dataset, staging: Path, version: str) -> Path:
    """Rename the staging folder into its place and switch `latest`; each is one step that cannot be half done."""
    note_version(dataset.releases, version)
    target = dataset.releases / version
    staging.rename(target)
    point_latest(target)
    return target


def note_version(releases: Path, version: str) -> None:
    """Note a version as taken, so that its number is not used again; a kill leaves the list as it was, or with it."""
    known = _lines(releases / VERSIONS)
    if version not in known:
        noted = releases / f"{VERSIONS}.new"
        noted.write_text("".join(f"{line}\n" for line in [*known, version]), encoding="utf-8")
        noted.replace(releases / VERSIONS)


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
