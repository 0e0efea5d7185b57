"""Archive and releases by URL: a machine goes on where another ended, and what a store gives is checked."""

from __future__ import annotations

import functools
import http.server
import json
import resource
import shutil
import signal
import threading
from pathlib import Path

import pytest

from flows.crawl.archive import Archive
from flows.crawl.verification import verify
from flows.datasets import Dataset, load_dataset
from flows.durable import archive_kept, fetch_archive, releases_kept
from flows.errors import DafuError
from flows.lease import sole_writer
from flows.publish.listing import read_listing
from flows.release.manifest import differences, read_manifest
from flows.storage import place
from tests import object_store
from tests.conftest import Dafu, ThreeRuns, copy_of_demo
from tests.flows.test_publish import publish


@pytest.fixture
def stored(s3: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Let the store keep every dataset; return where it keeps the demo."""
    monkeypatch.setenv("DAFU_STORAGE", s3 + "/{dataset}")
    monkeypatch.setenv("DAFU_CACHE", str(tmp_path / "cache"))
    return f"{s3}/demo"


def machine(folder: Path, runs: ThreeRuns | None = None) -> Dataset:
    """Return the demo dataset of a machine of its own: empty, or with what the runs have kept."""
    folder.mkdir()
    dataset = load_dataset("demo", copy_of_demo(folder))
    if runs is not None:
        for name in ("archive", "releases"):
            shutil.copytree(runs.datasets / "demo" / name, dataset.folder / name, symlinks=True)
    return dataset


def send(dataset: Dataset) -> frozenset[str]:
    """Have the archive and let go of it again; return the files that were in the store."""
    with archive_kept(dataset) as sealed:
        return sealed


def test_a_second_machine_goes_on_where_the_first_ended(runs: ThreeRuns, stored: str, tmp_path: Path) -> None:
    from flows.pipeline import pipeline  # noqa: PLC0415 - takes seconds

    first, second = machine(tmp_path / "first"), machine(tmp_path / "second")
    begun = pipeline("demo", str(tmp_path / "first"))
    gone_on = pipeline("demo", str(tmp_path / "second"), later=True)
    assert (begun["crawl"]["run"], gone_on["crawl"]["run"]) == (1, 2)
    assert gone_on["crawl"]["outcomes"] == runs.later["crawl"]["outcomes"]
    assert [path.name for path in sorted(second.archive.glob("*.gz"))] == ["demo-00001.warc.gz", "demo-00002.warc.gz"]
    assert verify(second.archive).problems == []
    made = read_manifest(Path(gone_on["release"]["path"]))
    assert {name: entry["rows"] for name, entry in made["tables"].items() if name != "captures"} == {
        name: rows for name, rows in runs.later["release"]["rows"].items() if name != "captures"
    }
    versions = [begun["release"]["release"], gone_on["release"]["release"]]
    there = place(f"{stored}/releases")
    assert (list(read_listing(there).releases), read_listing(there).latest) == (versions, versions[1])
    for version in versions:
        assert differences(second.releases / version) == []
    assert not (first.releases / versions[1]).exists()


def test_what_is_in_the_store_is_not_added_to_or_sent_again(runs: ThreeRuns, stored: str, tmp_path: Path) -> None:
    one = machine(tmp_path / "one", runs)
    assert send(one) == frozenset()
    before = set(place(stored).names())
    assert send(one) == {"demo-00001.warc.gz", "index.parquet", "runs.parquet"}
    assert set(place(stored).names()) == before
    archive = Archive(one.archive)
    with archive_kept(one) as sealed, archive.writing("demo", sealed=sealed):
        archive.begin("revisit", archive.runs[-1].begun_at)
    names = {Path(name).name.split(".")[0] for name in place(stored).names("archive")}
    assert names == {"demo-00001", "demo-00002", "index", "runs"}
    assert len(list(place(stored).names("archive"))) == 4
    two = machine(tmp_path / "two")
    fetch_archive(two)
    assert (two.archive / "index.parquet").read_bytes() == (one.archive / "index.parquet").read_bytes()
    assert len(Archive(two.archive).entries()) == len(archive.entries())


def test_what_a_crawl_that_fails_has_kept_is_sent(runs: ThreeRuns, stored: str, tmp_path: Path) -> None:
    one = machine(tmp_path / "one", runs)
    with pytest.raises(ValueError, match="the site is down"), archive_kept(one):
        raise ValueError("the site is down")
    two = machine(tmp_path / "two")
    fetch_archive(two)
    assert verify(two.archive).problems == []
    assert stored


def test_two_machines_that_kept_different_answers_are_told(runs: ThreeRuns, stored: str, tmp_path: Path) -> None:
    one, two = machine(tmp_path / "one", runs), machine(tmp_path / "two", runs)
    send(one)
    warc = two.archive / "demo-00001.warc.gz"
    warc.write_bytes(warc.read_bytes()[:-1])
    with pytest.raises(DafuError, match="is not the file of that name in the store: this machine and another"):
        send(two)
    with sole_writer(place(stored)), pytest.raises(DafuError, match="is being written by process"):
        send(one)


def test_a_store_keeps_one_dataset(
    runs: ThreeRuns, stored: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = machine(tmp_path / "one", runs)
    send(one)
    monkeypatch.setenv("DAFU_STORAGE", stored)
    with pytest.raises(DafuError, match="keeps the archive of demo, not of other; name a place of its own"):
        fetch_archive(one.model_copy(update={"name": "other"}))


def test_a_store_that_breaks_off_loses_nothing(
    runs: ThreeRuns, stored: str, s3_endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, proxy = machine(tmp_path / "one", runs), object_store.Proxy(s3_endpoint)
    monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
    proxy.behave = lambda line: "reset" if line.startswith("PUT") and "archive.json" in line else "pass"
    with pytest.raises(DafuError, match=r"archive\.json: the store cannot be reached or broke off"):
        send(one)
    two = machine(tmp_path / "two")
    fetch_archive(two)
    assert not two.archive.exists()
    proxy.behave = lambda _line: "pass"
    send(one)
    fetch_archive(two)
    assert verify(two.archive).problems == []
    proxy.close()
    assert stored


def test_bytes_of_a_store_are_checked_and_a_full_disk_is_told(runs: ThreeRuns, stored: str, tmp_path: Path) -> None:
    send(machine(tmp_path / "one", runs))
    two, there = machine(tmp_path / "two"), place(stored)
    (warc,) = [name for name in there.names("archive") if "warc" in name]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
        with pytest.raises(DafuError, match=r"demo-00001\.warc\.gz: File too large; what was kept"):
            fetch_archive(two)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    there.store.put(warc, b"something else")
    with pytest.raises(DafuError, match="has not the digest that is said of it"):
        fetch_archive(two)
    assert list(two.archive.iterdir()) == []


def test_releases_of_before_the_store_are_sent_and_fetched_when_asked_for(
    runs: ThreeRuns, stored: str, tmp_path: Path, dafu: Dafu
) -> None:
    one = machine(tmp_path / "one", runs)
    with releases_kept(one, lambda there, release, name: publish(release, there, name)):
        pass
    assert list(read_listing(place(f"{stored}/releases")).releases) == [runs.before.name, runs.after.name]
    machine(tmp_path / "two")
    for version in (runs.after.name, runs.before.name):
        ended = dafu("verify", f"demo@{version}", "--datasets", str(tmp_path / "two"))
        assert ended.code == 0, ended
    assert (tmp_path / "two/demo/releases/latest").readlink() == Path(runs.after.name)


# --- reading by address


def test_a_published_release_is_read_by_its_address(runs: ThreeRuns, stored: str, tmp_path: Path, dafu: Dafu) -> None:
    there, count = place(f"{stored}/www"), "SELECT count(*) AS letters FROM replies"
    empty = dafu("sql", there.url, count)
    assert empty.code == 1
    assert "holds no release" in empty.err
    for release in (runs.before, runs.after):
        publish(release, there, "demo")
    letters = [run["release"]["rows"]["replies"] for run in (runs.first, runs.later)]
    assert dafu("sql", there.url, count, "--json").json == [{"letters": letters[1]}]
    assert dafu("sql", f"{there.url}@{runs.before.name}", count, "--json").json == [{"letters": letters[0]}]
    assert "0536" in dafu("show", there.url, "0536").out
    assert dafu("sql", f"{there.url}@2020.01.01", count).code == 2
    (database,) = (tmp_path / "cache").glob(f"*/{runs.after.name}/dafu.duckdb")
    database.write_bytes(b"damaged in the cache")
    assert dafu("sql", there.url, count, "--json").json == [{"letters": letters[1]}]
    database.unlink()
    there.store.put(f"{runs.after.name}/dafu.duckdb", b"damaged in the store")
    ended = dafu("sql", there.url, count)
    assert (ended.code, ended.out) == (1, "")
    assert "has not the digest" in ended.err
    assert not database.exists()


def test_every_command_that_reads_a_release_takes_its_address(
    runs: ThreeRuns, stored: str, tmp_path: Path, dafu: Dafu
) -> None:
    there, at = place(f"{stored}/www"), ("--datasets", str(runs.datasets))
    for release in (runs.before, runs.after):
        publish(release, there, "demo")
    before = f"{there.url}@{runs.before.name}"

    def same(command: str, named: str, local: str, *words: str) -> None:
        asked, expected = (dafu(command, name, *words, "--json", *at) for name in (named, local))
        assert (asked.code, asked.json) == (0, expected.json), asked.err

    same("search", there.url, "demo", "教育")
    same("history", there.url, "demo", "2024080608514477290")
    same("queries", before, f"demo@{runs.before.name}")
    same("queries", there.url, "demo", "lag_by_year")
    same("diff", there.url, "demo", runs.before.name, "latest")
    assert dafu("diff", there.url, runs.after.name, runs.before.name, *at).code == 2
    done = dafu("export", before, "--format", "csv", "--output", str(tmp_path / "there"), *at)
    assert done.code == 0, done.err
    dafu("export", f"demo@{runs.before.name}", "--format", "csv", "--output", str(tmp_path / "here"), *at)
    assert (tmp_path / "there/SHA256SUMS").read_bytes() == (tmp_path / "here/SHA256SUMS").read_bytes()


def test_a_release_is_verified_where_it_is_published(runs: ThreeRuns, stored: str, tmp_path: Path, dafu: Dafu) -> None:
    there, replies = place(f"{stored}/www"), f"{runs.after.name}/replies.parquet"
    publish(runs.after, there, "demo")
    files = len((runs.after / "SHA256SUMS").read_text().splitlines())
    whole = dafu("verify", there.url)
    assert whole.out == f"{there.url}/{runs.after.name}: all {files} files are as they were released\n"
    assert dafu("verify", there.url, "--rebuild").code == 2
    assert dafu("export", there.url, "--format", "csv", "--output", str(tmp_path / "out")).code == 0  # now it is cached
    there.store.put(f"{runs.after.name}/more.parquet", b"x")
    added = dafu("verify", there.url)
    assert (added.code, added.out) == (1, "")
    assert "more.parquet was added after the release" in added.err
    there.store.put(replies, b"damaged in the store")
    damaged = dafu("verify", there.url)
    assert (damaged.code, damaged.out) == (1, "")
    assert f"{replies} has not the digest" in damaged.err
    there.remove(replies)
    assert f"{replies} is not there" in dafu("verify", there.url).err
    assert list((tmp_path / "cache").rglob(".fetched-*")) == []


def test_a_published_folder_is_read_as_a_path_and_from_a_web_server(
    runs: ThreeRuns, stored: str, tmp_path: Path, dafu: Dafu
) -> None:
    assert stored
    publish(runs.after, place(str(tmp_path / "www/demo")), "demo")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "www"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for address in (f"http://127.0.0.1:{server.server_port}/demo", str(tmp_path / "www/demo")):
            ended = dafu("sql", address, "SELECT count(*) AS letters FROM replies", "--json")
            assert ended.json == [{"letters": runs.later["release"]["rows"]["replies"]}]
            assert dafu("verify", address).code == 0
        server.shutdown()
    (tmp_path / "www/demo/latest.json").write_text(json.dumps({"dataset": "demo"}))
    assert "is not what dafu writes there" in dafu("sql", str(tmp_path / "www/demo"), "SELECT 1").err
