"""A release made once more: from the archive as it was then, into a folder of its own, and compared with the first.

Everything has to be the same byte for byte but `dafu.duckdb`, in whose file DuckDB puts what differs from run to run;
of that the tables have to be the same, by the digests of their rows. So SHA256SUMS, which holds the database's digest
for `dafu verify`, may differ in that line alone.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import duckdb

from flows.crawl.archive import Archive
from flows.datasets import DESCRIPTION, Dataset, load_dataset
from flows.errors import DafuError
from flows.parse.corrections import FILE as CORRECTIONS
from flows.parse.plain import parse_plainly
from flows.read.queries import QUERIES
from flows.release.build import complete, opened, stage, stage_derived
from flows.release.database import DATABASE
from flows.release.digests import Digests, file_digest
from flows.release.gate import accepted, run_checks
from flows.release.manifest import SUMS, made_with, read_manifest
from flows.release.parquet import ROW_GROUP
from flows.release.sql import quoted
from schemas import TABLES
from schemas.arrow import arrow_schema


def rebuilt_differences(dataset: Dataset, release: Path) -> list[str]:
    """Build a release once more and return how that differs from it, each as a sentence.

    DafuError if that cannot be done here: another parser, schema or library than it was made with, or the archive or
    the release before it are not what it stands on.
    """
    said = read_manifest(release)
    _same_makers(release, said)
    with tempfile.TemporaryDirectory(prefix="dafu-rebuild-") as folder:
        again = _dataset_then(Path(folder), release, said)
        _archive_then(dataset, release, said, again.archive)
        previous = said["previous"] and _previous(release, said["previous"])
        parse_plainly(again, Archive(again.archive, use_index=False), previous)
        with opened(again) as build:
            stage(build)
            stage_derived(build, previous)
            found = run_checks(build.con, build.staging, previous, again.expectations)
            checks, _ = accepted(
                found, {check["name"]: check["because"] for check in said["gate"] if "because" in check}
            )
            complete(build, release.name, checks, previous)
            return [*_files_that_differ(release, build.staging), *_tables_that_differ(release, said)]


def _same_makers(release: Path, said: dict[str, Any]) -> None:
    if "previous" not in said or said["captures"].get("archive") is None:
        raise DafuError(f"{release} does not say what it was made of, as releases did before; it cannot be rebuilt")
    now = made_with()
    then = {key: said[key] for key in now}
    flat = [{**made, **made["libraries"]} for made in (then, now)]
    other = [
        f"{name} {flat[0].get(name)}, here {flat[1][name]}"
        for name in flat[1]
        if name != "libraries" and flat[0].get(name) != flat[1][name]
    ]
    if other:
        raise DafuError(
            f"{release} was made with {'; '.join(other)}: rebuild it with the dafu and the requirements.lock of then"
        )


def _dataset_then(folder: Path, release: Path, said: dict[str, Any]) -> Dataset:
    """Return the dataset as the release describes it, in a folder that has nothing else."""
    home = folder / said["dataset"]
    home.mkdir()
    for name in (DESCRIPTION, CORRECTIONS):
        if (release / name).is_file():
            shutil.copyfile(release / name, home / name)
    if (release / QUERIES).is_dir():
        shared = tomllib.loads((home / DESCRIPTION).read_text(encoding="utf-8")).get("queries")
        shutil.copytree(release / QUERIES, Path(os.path.normpath(home / (shared or QUERIES))))
    return load_dataset(said["dataset"], folder)


def _archive_then(dataset: Dataset, release: Path, said: dict[str, Any], folder: Path) -> None:
    """Put the archive as it was into a folder: whole files as links, of one that has grown since the part it had."""
    folder.mkdir()
    for name, size in said["captures"]["archive"].items():
        path = dataset.archive / name
        if not path.is_file() or path.stat().st_size < size:
            raise DafuError(f"{path} does not hold the {size} bytes that {release} was made of; restore it from a copy")
        if path.stat().st_size == size:
            (folder / name).symlink_to(path.resolve())
        else:
            shutil.copyfile(path, folder / name)
            os.truncate(folder / name, size)


def _previous(release: Path, said: dict[str, str]) -> Path:
    path = release.with_name(said["version"])
    if not (path / SUMS).is_file() or file_digest(path / SUMS) != said["sha256sums"]:
        raise DafuError(f"{release} was compared with {path}, which is not here as it was; restore it from a copy")
    return path


def _files_that_differ(release: Path, again: Path) -> list[str]:
    files = [
        {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {DATABASE, SUMS}
        for folder in (release, again)
    ]
    found = [f"{name} is in one of the two only" for name in sorted(files[0] ^ files[1])]
    same = sorted(files[0] & files[1])
    return found + [
        f"{name} is another one" for name in same if file_digest(release / name) != file_digest(again / name)
    ]


def _tables_that_differ(release: Path, said: dict[str, Any]) -> list[str]:
    """Return which tables of the release's dafu.duckdb do not hold the rows that its manifest tells of."""
    found = []
    with duckdb.connect(str(release / DATABASE), read_only=True) as con:
        con.execute("SET TimeZone = 'UTC'")
        for table in TABLES:
            schema = arrow_schema(table)
            digests = Digests(schema)
            names = ", ".join(map(quoted, schema.names))
            rows = con.sql(f"SELECT {names} FROM {quoted(table.about.name)}").to_arrow_reader(ROW_GROUP)  # noqa: S608
            for batch in rows:
                digests.update(batch.cast(schema))
            if digests.columns() != said["tables"][table.about.name]["columns"]:
                found.append(f"{table.about.name} in {DATABASE} is not the table that was released")
    return found
