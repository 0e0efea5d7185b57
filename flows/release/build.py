"""A release in its staging folder: tables first, then what is said of them."""

from __future__ import annotations

import datetime as dt
import shutil
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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
from flows.release.database import DATABASE, MEMORY_BESIDE, VIEWS, Database, views
from flows.release.descriptors import write_descriptors
from flows.release.dictionary import write_dictionary
from flows.release.gate import Check, refusal
from flows.release.index import write_index
from flows.release.manifest import MANIFEST, manifest, read_manifest, write_json, write_sums
from flows.release.parquet import Entry
from flows.release.records import Records, archive_read, open_records
from flows.release.sql import text
from flows.release.tables import connected, file_names, staged, write_table
from flows.release.versions import REFUSED, SPILLED, STAGING
from schemas import RECORDED, TABLES
from schemas.table import Table

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass
class Build:
    """A release being built: the staging folder, the DuckDB in which the staged tables are views, their entries.

    `database` is dafu.duckdb, which is written beside them in a thread of its own.
    """

    dataset: Dataset
    staging: Path
    con: duckdb.DuckDBPyConnection
    database: Database
    records: Records = field(default_factory=Records)
    entries: dict[str, Entry] = field(default_factory=dict)


@contextmanager
def opened(dataset: Dataset, threads: int | None = None) -> Iterator[Build]:
    """Begin a release in an empty staging folder, from the records; DafuError if they cannot be read."""
    staging, spilled = dataset.releases / STAGING, dataset.releases / SPILLED
    build = Build(dataset, staging, connected(spilled, threads), Database(staging, spilled / DATABASE))
    try:
        build.records = open_records(build.con, dataset.records)
        for folder in (staging, spilled):
            shutil.rmtree(folder, ignore_errors=True)
        staging.mkdir(parents=True)
        yield build
    except BaseException as error:
        traceback.clear_frames(error.__traceback__)  # or the error would keep the databases alive
        raise
    finally:
        build.database.close()
        build.con.close()
        del build.con, build.database  # whoever remembers the build, or this frame, must not keep them alive
        shutil.rmtree(spilled, ignore_errors=True)


def stage(build: Build) -> None:
    """Write the Parquet files of the release that tell whether it says something new: all that are not derived."""
    for table in RECORDED:
        build.entries[table.about.name] = _stage_records(build, table)
    build.entries["coverage"] = write_coverage(build.con, build.dataset, build.staging)
    build.entries["dictionary"] = write_dictionary(build.con, build.staging)


def _stage_records(build: Build, table: type[Table]) -> Entry:
    """Take a table's records as they are if they lie as a release's do; else write them."""
    name, entry = table.about.name, build.records.ready.get(table.about.name)
    if entry is None:
        return write_table(build.con, table, f"FROM records.{name}", build.staging)
    shutil.copyfile(records_file(build.dataset.records, name), build.staging / f"{name}.parquet")
    return staged(build.con, table, build.staging, entry)


def same_content(build: Build, last: Path) -> bool:
    """Tell whether the staged tables say nothing that the last release does not; what is derived follows from them."""
    before = read_manifest(last)["tables"]
    return before.keys() == {table.about.name for table in TABLES} and all(
        before[name]["content_sha256"] == entry["content_sha256"] for name, entry in build.entries.items()
    )


def stage_derived(build: Build, last: Path | None) -> None:
    """Write the tables that are derived: the index of words, and what changed since the last release."""
    build.database.add(build.entries)
    build.con.execute(f"SET GLOBAL memory_limit = {text(MEMORY_BESIDE)}")
    files = {name: [build.staging / file for file in file_names(entry)] for name, entry in build.entries.items()}
    derived = write_index(build.con, build.staging, files)
    derived["changes"] = write_changes(build.con, build.staging, last, build.dataset.records)
    build.database.add(derived)
    known = build.entries | derived
    build.entries = {table.about.name: known[table.about.name] for table in TABLES}


def complete(build: Build, version: str, checks: list[Check], previous: Path | None) -> None:
    """Write everything of a release but its Parquet files; `previous` is the release before it."""
    dataset, staging, entries = build.dataset, build.staging, build.entries
    count, first, last = captured(build)
    digests = {file["name"]: file["sha256"] for entry in entries.values() for file in entry["files"]}
    digests[DATABASE] = build.database.finished()
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
    write_sums(staging, digests)


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
