"""A release in its staging folder: tables first, then what is said of them."""

from __future__ import annotations

import datetime as dt
import shutil
import traceback
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import duckdb

from flows.datasets import DESCRIPTION, Dataset
from flows.errors import DafuError
from flows.parse.corrections import FILE as CORRECTIONS
from flows.parse.store import records_file
from flows.read.queries import carry_queries
from flows.release.card import card
from flows.release.changelog import Said, changelog, first_release
from flows.release.changes import write_changes
from flows.release.coverage import write_coverage
from flows.release.database import DATABASE, VIEWS, views, write_database
from flows.release.descriptors import write_descriptors
from flows.release.dictionary import write_dictionary
from flows.release.digests import file_digest
from flows.release.gate import Check, refusal
from flows.release.index import write_index
from flows.release.manifest import MANIFEST, manifest, read_manifest, write_json, write_sums
from flows.release.parquet import Entry
from flows.release.records import archive_read, open_records, ready
from flows.release.tables import connected, staged, write_table
from flows.release.versions import REFUSED, SPILLED, STAGING
from schemas import RECORDED
from schemas.table import Table

_WRITERS = 2
"""So many tables are written at a time: DuckDB and pyarrow each leave the other's core idle now and then."""
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass
class Build:
    """A release being built: the staging folder, the DuckDB in which the staged tables are views, their entries.

    `database` is dafu.duckdb being written beside them, from when all tables are there.
    """

    dataset: Dataset
    staging: Path
    con: duckdb.DuckDBPyConnection
    entries: dict[str, Entry] = field(default_factory=dict)
    background: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_WRITERS))
    database: Future[None] | None = None


@contextmanager
def opened(dataset: Dataset, threads: int | None = None) -> Iterator[Build]:
    """Begin a release in an empty staging folder, from the records; DafuError if they cannot be read."""
    spilled = dataset.releases / SPILLED
    build = Build(dataset, dataset.releases / STAGING, connected(spilled, threads))
    try:
        open_records(build.con, dataset.records)
        for folder in (build.staging, spilled):
            shutil.rmtree(folder, ignore_errors=True)
        build.staging.mkdir(parents=True)
        yield build
    except BaseException as error:
        traceback.clear_frames(error.__traceback__)  # or the error would keep the database alive
        raise
    finally:
        build.background.shutdown(cancel_futures=True)
        build.con.close()
        del build.con  # whoever remembers the build must not keep its database alive
        shutil.rmtree(spilled, ignore_errors=True)


def stage(build: Build) -> None:
    """Write the Parquet files of the release, table by table: those of the records, then those made of them."""
    for table, entry in zip(RECORDED, build.background.map(partial(_stage_records, build), RECORDED), strict=True):
        build.entries[table.about.name] = entry
    build.entries["coverage"] = write_coverage(build.con, build.dataset, build.staging)
    build.entries |= write_index(build.con, build.staging)
    build.entries["dictionary"] = write_dictionary(build.con, build.staging)


def _stage_records(build: Build, table: type[Table]) -> Entry:
    """Take a table's records as they are, if they lie as a release's do and are what parse left; else write them."""
    name, records = table.about.name, build.dataset.records
    with build.con.cursor() as con:
        entry = ready(con, records, table)
        if entry is not None:
            copy = Path(shutil.copyfile(records_file(records, name), build.staging / f"{name}.parquet"))
            if file_digest(copy) == entry["files"][0]["sha256"]:
                return staged(con, table, build.staging, entry)
        return write_table(con, table, f"FROM records.{name}", build.staging)


def stage_changes(build: Build, last: Path | None) -> None:
    """Write what changed since the last release, as a table; it is the last one, so dafu.duckdb is begun."""
    build.entries["changes"] = write_changes(build.con, build.staging, last, build.dataset.records)
    spilled = build.dataset.releases / SPILLED / DATABASE
    build.database = build.background.submit(write_database, build.staging, build.entries, spilled)


def same_content(build: Build, last: Path) -> bool:
    """Tell whether the staged tables say nothing that the last release does not."""
    before = read_manifest(last)["tables"]
    return before.keys() - {"changes"} == build.entries.keys() and all(
        before[name]["content_sha256"] == entry["content_sha256"] for name, entry in build.entries.items()
    )


def complete(build: Build, version: str, checks: list[Check], previous: Path | None) -> None:
    """Write everything of a release but its Parquet files; `previous` is the release before it."""
    dataset, staging, entries = build.dataset, build.staging, build.entries
    count, first, last = captured(build)
    assert build.database is not None  # begun when the changes were staged
    build.database.result()
    (staging / VIEWS).write_text(views(entries), encoding="utf-8")
    carry_queries(dataset, staging)
    for name in (DESCRIPTION, CORRECTIONS):
        if (dataset.folder / name).is_file():
            shutil.copyfile(dataset.folder / name, staging / name)
    (staging / "README.md").write_text(card(dataset, version, build.con, entries, checks), encoding="utf-8")
    write_descriptors(dataset, staging, version, entries, (first, last))
    said = manifest(
        dataset=dataset.name,
        release=version,
        previous=previous,
        tables=entries,
        captures={
            "count": count,
            "first": first.isoformat(),
            "last": last.isoformat(),
            "archive": archive_read(dataset.records),
        },
        gate=[check.row() for check in checks],
    )
    after = Said.of(said)
    told = changelog(build.con, Said.of(read_manifest(previous)), after) if previous else first_release(after)
    (staging / "CHANGES.md").write_text(told, encoding="utf-8")
    write_json(staging / MANIFEST, said)
    write_sums(staging)


def refused(build: Build, checks: list[Check]) -> Path:
    """Leave the reasons with a refused release; return the file."""
    path = build.staging / REFUSED
    path.write_text(refusal(build.dataset.name, checks), encoding="utf-8")
    return path


def captured(build: Build) -> tuple[int, dt.datetime, dt.datetime]:
    """Return (number, time of the first, of the last) of the staged captures; DafuError if there are none."""
    asked = build.con.execute("SELECT count(*), epoch_us(min(fetched_at)), epoch_us(max(fetched_at)) FROM captures")
    count, first, last = asked.fetchone() or (0, None, None)
    if first is None or last is None:
        raise DafuError(f"{build.dataset.records} holds no captures; run `dafu crawl {build.dataset.name}` first")
    return count, _EPOCH + dt.timedelta(microseconds=first), _EPOCH + dt.timedelta(microseconds=last)
