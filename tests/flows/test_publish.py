"""A release is published whole or not at all: to a folder and to a real S3 server, killed, refused, and cut off."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.errors import DafuError
from flows.lease import LEASE, sole_writer
from flows.publish import upload
from flows.publish.listing import read_listing
from flows.release.manifest import SUMS, differences, write_sums
from flows.storage import Place, TakenError, place
from tests import object_store
from tests.conftest import REPOSITORY, Dafu, Outcome, ThreeRuns


def publish(release: Path, there: Place, dataset: str = "made") -> tuple[int, str | None]:
    """Publish as the flow does; return (files sent, latest)."""
    sending = upload.shipment(release)
    with sole_writer(there):
        listing = upload.accepted(there, sending, dataset)
        sent, _ = upload.send(there, sending, lambda *_: None)
        upload.read_back(there, sending, lambda *_: None)
        return sent, upload.list_release(there, sending, listing).latest


def made_release(folder: Path, version: str, word: str = "一") -> Path:
    """Make a folder that is a release as far as publishing goes; one of its files is sent in parts."""
    release = folder / version
    release.mkdir(parents=True)
    (release / "replies.parquet").write_text(word * 1000)
    (release / "dafu.duckdb").write_bytes(hashlib.sha256(word.encode()).digest() * 600_000)
    (release / "manifest.json").write_text(json.dumps({"version": version}))
    (release / "README.md").write_text(word)
    write_sums(release)
    return release


@pytest.fixture(params=["folder", "s3"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return an empty place: a folder, and a prefix in a bucket."""
    if request.param == "folder":
        return place(str(tmp_path / "www"))
    return place(request.getfixturevalue("s3") + "/some/prefix")


def test_latest_is_the_newest_release_and_what_is_there_is_not_sent_again(target: Place, tmp_path: Path) -> None:
    new, old = made_release(tmp_path, "2026.11.24"), made_release(tmp_path, "2026.11.3", "二")
    assert publish(new, target) == (5, "2026.11.24")
    assert publish(old, target) == (5, "2026.11.24")
    assert publish(new, target) == (0, "2026.11.24")
    assert list(read_listing(target, "made").releases) == ["2026.11.3", "2026.11.24"]
    assert sorted(target.names("2026.11.3")) == sorted(f"2026.11.3/{path.name}" for path in old.iterdir())
    if target.folder is not None:
        assert differences(target.folder / "latest") == []


def test_a_published_version_never_changes(target: Place, tmp_path: Path) -> None:
    publish(made_release(tmp_path / "one", "2026.11.24"), target)
    other = made_release(tmp_path / "other", "2026.11.24", "二")
    with pytest.raises(DafuError, match="published with other bytes"):
        publish(other, target)
    with pytest.raises(TakenError, match="other bytes"):
        target.send(other / "README.md", "2026.11.24/README.md", "0" * 64)
    with pytest.raises(DafuError, match="holds releases of made, not of demo"):
        publish(other, target, "demo")


def test_what_was_changed_in_the_place_is_found_and_not_listed(target: Place, tmp_path: Path) -> None:
    publish(made_release(tmp_path, "2026.11.23"), target)
    new = made_release(tmp_path, "2026.11.24", "二")
    sending = upload.shipment(new)
    upload.send(target, sending, lambda *_: None)
    damaged = "2026.11.24/replies.parquet"
    target.store.put(
        damaged, b"x", attributes=None if target.folder else {"sha256": sending.digests["replies.parquet"]}
    )
    with pytest.raises(DafuError, match=r"replies\.parquet is (not what was sent|there with other bytes)"):
        publish(new, target)
    assert read_listing(target).latest == "2026.11.23"
    target.remove(damaged)
    assert publish(new, target) == (1, "2026.11.24")


KILLED = """
import os, signal, sys
from pathlib import Path
from flows.lease import sole_writer
from flows.publish import upload
from flows.storage import place

steps, there, release = int(sys.argv[1]), place(sys.argv[2]), Path(sys.argv[3])
def step(*_):
    global steps
    steps -= 1
    if steps == 0:
        os.kill(os.getpid(), signal.SIGKILL)
sending = upload.shipment(release)
with sole_writer(there):
    listing = upload.accepted(there, sending, "made")
    upload.send(there, sending, step)
    upload.read_back(there, sending, step)
    upload.list_release(there, sending, listing)
    step()
"""


@pytest.mark.parametrize(
    ("target", "steps"),
    [("folder", 2), ("s3", 2), ("s3", 7), ("s3", 11)],
    ids=["folder, sending", "sending", "reading back", "listed"],
    indirect=["target"],
)
def test_killed_at_any_moment_latest_names_a_whole_release(target: Place, tmp_path: Path, steps: int) -> None:
    old, new = made_release(tmp_path, "2026.11.23"), made_release(tmp_path, "2026.11.24", "二")
    publish(old, target)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(steps), target.url, str(new)], cwd=REPOSITORY)
    assert killed.returncode == -signal.SIGKILL
    latest = read_listing(target, "made").latest
    assert latest == ("2026.11.24" if steps == 11 else "2026.11.23")
    for name, digest in upload.shipment(tmp_path / latest).digests.items():
        assert target.read_digest(f"{latest}/{name}") == digest
    assert publish(new, target) == (max(0, 5 - steps), "2026.11.24")


def test_two_writers_at_once(target: Place, tmp_path: Path) -> None:
    release = made_release(tmp_path, "2026.11.24")
    with sole_writer(target), pytest.raises(DafuError, match=f"is being written by process {os.getpid()} on .* since"):
        publish(release, target)
    assert publish(release, target) == (5, "2026.11.24")


def test_a_lease_of_another_machine_ends_with_its_time(s3: str, tmp_path: Path) -> None:
    there, release = place(s3), made_release(tmp_path, "2026.11.24")
    other = {
        "owner": "process 1 on elsewhere",
        "process": 1,
        "machine": "elsewhere",
        "since": "01:00:00",
    }
    there.write(LEASE, json.dumps({**other, "until": "2999-01-01 00:00:00+00:00"}).encode(), over=None)
    with pytest.raises(DafuError, match=r"written by process 1 on elsewhere since .* try again after 2999"):
        publish(release, there)
    there.remove(LEASE)
    there.write(LEASE, json.dumps({**other, "until": "2026-11-24 01:02:00+00:00"}).encode(), over=None)
    assert publish(release, there) == (5, "2026.11.24")
    assert LEASE not in set(there.names())


def test_a_switch_is_refused_when_somebody_else_switched_meanwhile(s3: str, tmp_path: Path) -> None:
    there = place(s3)
    ours, theirs = made_release(tmp_path, "2026.11.24"), made_release(tmp_path, "2026.11.25", "二")
    sending = upload.shipment(ours)
    listing = upload.accepted(there, sending, "made")
    publish(theirs, there)
    with pytest.raises(DafuError, match="was changed by another writer meanwhile"):
        upload.list_release(there, sending, listing)
    assert list(read_listing(there).releases) == ["2026.11.25"]


# --- a store and a network that fail


@pytest.fixture
def proxy(s3: str, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[object_store.Proxy]:
    """Stand before the store, and be patient for two seconds only."""
    assert s3
    proxy = object_store.Proxy(s3_endpoint)
    monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
    monkeypatch.setenv("DAFU_STORAGE_TIMEOUT_SECONDS", "1")
    yield proxy
    proxy.close()


def said_by(release: Path, url: str) -> str:
    """Return the one sentence with which publishing fails; it holds no secret."""
    with pytest.raises(DafuError) as failed:
        publish(release, place(url))
    said = str(failed.value)
    assert "\n" not in said
    assert object_store.SECRET not in said
    return said


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        ("fail", "the store failed .HTTP 503"),
        ("reset", "cannot be reached or broke off"),
        ("stall", "did not answer"),
    ],
)
def test_a_store_that_fails_in_the_middle(
    s3: str, proxy: object_store.Proxy, tmp_path: Path, behaviour: object_store.Behaviour, sentence: str
) -> None:
    publish(made_release(tmp_path, "2026.11.23"), place(s3))
    new = made_release(tmp_path, "2026.11.24", "二")
    proxy.behave = lambda line: behaviour if line.startswith("PUT") and "manifest" in line else "pass"
    said = said_by(new, s3)
    assert "2026.11.24/manifest.json" in said
    assert re.search(sentence, said), said
    proxy.behave = lambda _line: "pass"
    assert read_listing(place(s3)).latest == "2026.11.23"
    assert publish(new, place(s3)) == (2, "2026.11.24")


def test_a_hiccup_is_overcome(s3: str, proxy: object_store.Proxy, tmp_path: Path) -> None:
    failures: Iterator[object_store.Behaviour] = iter(["fail", "pass", "reset"])
    proxy.behave = lambda line: next(failures, "pass") if line.startswith("GET") else "pass"
    assert publish(made_release(tmp_path, "2026.11.24"), place(s3)) == (5, "2026.11.24")


def test_what_is_wrong_with_a_store_is_said_in_a_sentence(
    s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = made_release(tmp_path, "2026.11.24")
    assert "there is no such bucket" in said_by(release, "s3://no-such-bucket-here/x")
    with monkeypatch.context() as patched:
        patched.setenv("AWS_SECRET_ACCESS_KEY", object_store.SECRET[::-1])
        assert "the store refuses; check AWS_ACCESS_KEY_ID" in said_by(release, s3)
    with monkeypatch.context() as patched:
        patched.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        assert "cannot be reached" in said_by(release, s3)
    for wrong in ("ftp://host/x", "s3:///x", "s3://key:secret@bucket/x"):
        with pytest.raises(DafuError, match="s3://bucket/prefix") as refused:
            place(wrong)
        assert refused.value.exit_code == 2
        assert "key:secret" not in str(refused.value)


def test_the_command_publishes_what_is_whole(dafu: Dafu, runs: ThreeRuns, tmp_path: Path) -> None:
    def command(*words: str) -> Outcome:
        return dafu("publish", *words, "--json", "--datasets", str(datasets))

    datasets = tmp_path / "datasets"
    shutil.copytree(runs.datasets, datasets, symlinks=True)
    assert command("demo").code == 2  # nothing says where
    ended = command(f"demo@{runs.before.name}", str(tmp_path / "www"))
    assert (ended.code, ended.json["latest"]) == (0, runs.before.name)
    ended = command("demo", str(tmp_path / "www"))
    assert (ended.code, ended.json["latest"]) == (0, runs.after.name)
    assert ended.json["sent_files"] == len((runs.after / SUMS).read_text().splitlines()) + 1
    assert differences(tmp_path / "www" / "latest") == []
    broken = datasets / "demo/releases" / runs.after.name / "replies.parquet"
    broken.write_bytes(b"x")
    ended = command("demo", str(tmp_path / "other"))
    assert ended.code == 1
    assert "replies.parquet is not the file that was released" in ended.err


def test_what_is_published_is_listed_by_its_address(
    dafu: Dafu, runs: ThreeRuns, target: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAFU_CACHE", str(tmp_path / "cache"))
    at = ("--datasets", str(runs.datasets))
    publish(runs.before, target, "demo")
    publish(runs.after, target, "demo")
    listed = dafu("releases", target.url, "--json", *at)
    assert listed.code == 0, listed
    kept = dafu("releases", "demo", "--json", *at).json
    assert listed.json == [{**row, "path": target.at(row["version"])} for row in kept]
    fetched = {path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()}
    assert fetched == {SUMS, "manifest.json"}
    assert target.at(runs.after.name) in dafu("releases", target.url, *at).out
    assert re.search("nothing (holds no release|is no folder)", dafu("releases", f"{target.url}/nothing", *at).err)
