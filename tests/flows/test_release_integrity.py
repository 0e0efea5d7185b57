"""What was changed in a release is named; the same records give the same bytes; a kill harms nothing."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from flows.release.digests import file_digest, rows_digest
from flows.release.manifest import MANIFEST, SUMS, differences, read_manifest, write_json, write_sums
from flows.release.verification import findings, rows_of_files
from flows.release.versions import LATEST, SPILLED, STAGING, versions
from tests.conftest import REPOSITORY, Dafu, ThreeRuns
from tests.letters_made import DATASET, Pool, make_dataset, make_pool
from tests.plain_release import released

KILLS = int(os.environ.get("KILLS", "12"))
"""How often a release is killed; `make release-check` has it killed more often."""


@pytest.fixture(scope="module")
def pool() -> Pool:
    return make_pool(20)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory, pool: Pool) -> Path:
    """Return a release of forty letters."""
    datasets = tmp_path_factory.mktemp("datasets")
    make_dataset(datasets, 40, pool=pool)
    return released(datasets, DATASET)


def one_byte_flipped(release: Path) -> None:
    path = release / "sentences.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x01
    path.write_bytes(content)


def one_row_deleted(release: Path) -> None:
    path = release / "citations.parquet"
    table = pq.read_table(path)
    pq.write_table(table.slice(1), path)


def one_value_changed(release: Path) -> None:
    path = release / "quantities.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    rows[3]["value"] += 1
    pq.write_table(table.from_pylist(rows, schema=table.schema), path)


def one_value_changed_and_the_sums_as_well(release: Path) -> None:
    one_value_changed(release)
    write_sums(release)


def a_file_added(release: Path) -> None:
    (release / "more.csv").write_text("a")


def the_manifest_edited(release: Path) -> None:
    path = release / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"version": "2', '"version": "3'), encoding="utf-8")


def the_manifest_edited_and_the_sums_as_well(release: Path) -> None:
    said = read_manifest(release)
    said["tables"]["history"]["rows_sha256"] = "0" * 64
    (release / "manifest.json").write_text(json.dumps(said), encoding="utf-8")
    write_sums(release)


def manifest_saying(**other: Any) -> Callable[[Path], None]:
    """Return a harm: a manifest that says other things, and sums that agree with it."""

    def harm(release: Path) -> None:
        said = read_manifest(release) | other
        (release / MANIFEST).write_text(json.dumps(said), encoding="utf-8")
        write_sums(release)

    harm.__name__ = f"manifest_saying_{'_'.join(other)}"
    return harm


def the_columns_of_a_table_unsaid(release: Path) -> None:
    tables = read_manifest(release)["tables"]
    del tables["history"]["columns"]
    manifest_saying(tables=tables)(release)


def a_table_unsaid(release: Path) -> None:
    tables = read_manifest(release)["tables"]
    del tables["history"]
    manifest_saying(tables=tables)(release)


def the_end_of_the_sums_changed(release: Path) -> None:
    path = release / SUMS
    path.write_bytes(path.read_bytes()[:-1] + b"\x0b")


def a_line_of_the_sums_twice(release: Path) -> None:
    path = release / SUMS
    path.write_bytes(path.read_bytes() * 2)


def nonsense_in_the_sums(release: Path) -> None:
    path = release / SUMS
    path.write_text("hello\n" + path.read_text("utf-8"), encoding="utf-8")


def a_file_that_is_a_link(release: Path) -> None:
    elsewhere = (release / "replies.parquet").rename(release.parents[2] / "elsewhere.parquet")
    (release / "replies.parquet").symlink_to(elsewhere)


def a_folder_added(release: Path) -> None:
    (release / "notes").mkdir()


def a_file_removed(release: Path) -> None:
    (release / "history.parquet").unlink()


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (one_byte_flipped, "sentences.parquet is not the file that was released"),
        (one_row_deleted, "citations has {fewer} rows where {rows} were released"),
        (one_value_changed, "quantities says something else than was released in value"),
        (one_value_changed_and_the_sums_as_well, "quantities says something else than was released in value"),
        (a_file_added, "more.csv was added"),
        (a_file_removed, "history.parquet is missing"),
        (the_manifest_edited, "manifest.json is not the file that was released"),
        (the_manifest_edited_and_the_sums_as_well, "the manifest contradicts itself on the rows of history"),
        (manifest_saying(tables=[]), "manifest.json does not say of what tables it is the manifest"),
        (manifest_saying(tables={"replies": None}), "manifest.json does not say of what tables it is the manifest"),
        (manifest_saying(version="1999.01.01"), "manifest.json is of version 1999.01.01"),
        (the_columns_of_a_table_unsaid, "the manifest does not say what the columns of history are"),
        (a_table_unsaid, "history.parquet is of no table of the manifest"),
        (the_end_of_the_sums_changed, "SHA256SUMS is not the file that was released"),
        (a_line_of_the_sums_twice, "SHA256SUMS is not the file that was released"),
        (nonsense_in_the_sums, "SHA256SUMS is not the file that was released"),
        (a_file_that_is_a_link, "replies.parquet is a link"),
        (a_folder_added, "notes was added"),
    ],
    ids=lambda case: case.__name__ if callable(case) else "",
)
def test_what_was_changed_is_named(
    release: Path, tmp_path: Path, dafu: Dafu, harm: Callable[[Path], None], says: str
) -> None:
    datasets = shutil.copytree(release.parents[2], tmp_path / "datasets", symlinks=True)
    copy = datasets / DATASET / "releases" / release.name
    harm(copy)
    rows = read_manifest(release)["tables"]["citations"]["rows"]
    ended = dafu("verify", DATASET, "--datasets", str(datasets))
    assert ended.code == 1
    assert says.format(rows=rows, fewer=rows - 1) in ended.err
    assert len(ended.err.splitlines()) == 1


def test_an_untouched_release_is_told_to_be_so(release: Path, dafu: Dafu) -> None:
    assert findings(release) == []
    told = dafu("verify", DATASET, "--json", "--datasets", str(release.parents[2])).json
    assert told["intact"]
    assert subprocess.run(["sha256sum", "--quiet", "-c", SUMS], cwd=release).returncode == 0


@pytest.mark.parametrize("table", ["replies", "commitments", "issues", "attachments", "history"])
def test_rows_keep_their_digest_however_they_are_written(release: Path, tmp_path: Path, table: str) -> None:
    rows, path = pq.read_table(release / f"{table}.parquet"), tmp_path / f"{table}.parquet"
    said = read_manifest(release)["tables"][table]
    ways = (
        {"compression": "snappy", "row_group_size": 7},
        {"compression": "none", "use_dictionary": False, "version": "1.0", "store_schema": False},
        {"compression": "gzip", "data_page_size": 100, "row_group_size": 1, "use_byte_stream_split": False},
    )
    for way in ways:
        pq.write_table(rows, path, **way)
        count, columns = rows_of_files([path])
        assert (count, columns, rows_digest(columns)) == (said["rows"], said["columns"], said["rows_sha256"])
        assert path.read_bytes() != (release / path.name).read_bytes()


@pytest.mark.parametrize(
    ("threads", "environment"),
    [
        (1, {"LC_ALL": "C", "TZ": "America/St_Johns", "PYTHONHASHSEED": "1"}),
        (3, {"LC_ALL": "C.UTF-8", "TZ": "Asia/Shanghai", "PYTHONHASHSEED": "2"}),
    ],
)
def test_the_same_records_give_the_same_bytes_elsewhere(
    release: Path, tmp_path: Path, threads: int, environment: dict[str, str]
) -> None:
    shutil.copytree(release.parents[1], tmp_path / "b" / DATASET, ignore=shutil.ignore_patterns("releases", ".lock"))
    command = [sys.executable, "-m", "tests.plain_release", str(tmp_path / "b"), DATASET, str(threads)]
    subprocess.run(command, cwd=REPOSITORY, env={**os.environ, **environment}, check=True)
    again = tmp_path / "b" / DATASET / "releases" / release.name
    assert differences(again) == []
    assert rebuilt_alike(release, again) == []


def rebuilt_alike(release: Path, again: Path) -> list[str]:
    """Return the files in which two builds differ, but for the database, whose bytes nothing makes the same."""
    names = {path.relative_to(folder).as_posix() for folder in (release, again) for path in folder.rglob("*")}
    files = {name for name in names if not (release / name).is_dir()} - {"dafu.duckdb", SUMS}
    return [name for name in sorted(files) if (release / name).read_bytes() != (again / name).read_bytes()]


def keywords_reversed(replies: Path) -> None:
    table = pq.read_table(replies)
    rows = [{**row, "keywords": row["keywords"][::-1]} for row in table.to_pylist()]
    pq.write_table(table.from_pylist(rows, schema=table.schema), replies)


def test_a_kill_at_any_moment_leaves_a_whole_release(tmp_path: Path, pool: Pool, forks: ForkServerContext) -> None:
    """Every run has other records than the last release, so that there is always something to do."""
    dataset = make_dataset(tmp_path, 12, pool=pool)
    for name in ("one", "other"):
        shutil.copytree(dataset / "records", tmp_path / name)
    keywords_reversed(tmp_path / "other" / "replies.parquet")
    releases, rng, lasted, killed = dataset / "releases", random.Random(4), 0.0, 0
    for turn in range(4 * KILLS):
        shutil.rmtree(dataset / "records")
        shutil.copytree(tmp_path / ("one", "other")[len(versions(releases)) % 2], dataset / "records")
        run, begun = forks.Process(target=released, args=(tmp_path, DATASET)), time.monotonic()
        run.start()
        if turn < 2:  # undisturbed; the first one's start takes longer than any later one's
            run.join()
            assert run.exitcode == 0
            lasted = time.monotonic() - begun
            assert len(versions(releases)) == turn + 1
            continue
        run.join(rng.uniform(0.1, 1.1) * lasted)
        run.kill()
        run.join()
        assert run.exitcode in (0, -signal.SIGKILL)
        killed += run.exitcode != 0
        latest, (*_, last) = (releases / LATEST).resolve(), versions(releases)
        assert latest.name in versions(releases)
        assert differences(latest) == differences(releases / last) == []
        if killed == KILLS:
            break
    assert killed == KILLS
    assert [differences(releases / version) for version in versions(releases)] == [[]] * len(versions(releases))
    newest = released(tmp_path, DATASET)
    assert findings(newest) == []
    assert (dataset / "releases" / LATEST).resolve() == newest.resolve()
    assert not [name for name in (STAGING, SPILLED) if (dataset / "releases" / name).exists()]


def test_a_release_is_made_once_more_from_the_archive_as_it_was(dafu: Dafu, runs: ThreeRuns) -> None:
    """The archive has grown since the first release, which was made of less than the second."""
    at = ("--datasets", str(runs.datasets))
    before, after = (sum(read_manifest(made)["captures"]["archive"].values()) for made in (runs.before, runs.after))
    assert before < after
    for made in (runs.before, runs.after):
        assert dafu("verify", f"demo@{made.name}", "--rebuild", "--json", *at).json["rebuilt"]


def test_a_release_that_comes_out_differently_is_told(
    dafu: Dafu, runs: ThreeRuns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(runs.datasets / "demo", tmp_path / "demo", symlinks=True)
    shutil.copytree(runs.datasets / "liaoning-education", tmp_path / "liaoning-education")
    at, made = ("--datasets", str(tmp_path)), tmp_path / "demo/releases" / runs.after.name
    rows = pq.read_table(made / "replies.parquet")
    pq.write_table(rows, made / "replies.parquet", compression="snappy")
    said = read_manifest(made)
    (file,) = said["tables"]["replies"]["files"]
    file["sha256"] = file_digest(made / "replies.parquet")
    write_json(made / "manifest.json", said)
    write_sums(made)
    assert "are as they were released" in dafu("verify", "demo", *at).out
    ended = dafu("verify", "demo", "--rebuild", *at)
    assert (ended.code, len(ended.err.splitlines())) == (1, 1)
    assert "came out differently: " in ended.err
    assert "replies.parquet is another one" in ended.err
    monkeypatch.setattr("flows.release.manifest.PARSER_VERSION", "9.9.9")
    ended = dafu("verify", "demo", "--rebuild", *at)
    assert f"was made with parser_version {said['parser_version']}, here 9.9.9" in ended.err
    monkeypatch.undo()
    (warc,) = (tmp_path / "demo/archive").glob("*.warc.gz")
    os.truncate(warc, 1000)
    assert "restore it from a copy" in dafu("verify", "demo", "--rebuild", *at).err
