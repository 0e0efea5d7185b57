"""The same archive read by one process, by several, and by a Dask cluster one of whose workers is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

from flows.crawl.archive import Archive
from flows.crawl.catalogue import read_catalogue
from flows.datasets import load_dataset
from flows.parse.batches import batches
from flows.parse.letters import page_groups
from tests.conftest import REPOSITORY, Dafu, copy_of_demo
from tests.object_store import free_ports

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture(scope="module")
def datasets(prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo crawled into many small WARC files, so that there are many batches, and parsed by one process."""
    assert prefect_server is None
    from flows.crawl.flow import crawl  # noqa: PLC0415 - takes seconds
    from flows.parse.flow import parse_by  # noqa: PLC0415

    folder = copy_of_demo(tmp_path_factory.mktemp("engines"))
    described = folder / "demo" / "dataset.toml"
    said = described.read_text(encoding="utf-8")
    assert "[crawl]\n" in said
    described.write_text(said.replace("[crawl]\n", "[crawl]\nrotate_bytes = 8000\n"), encoding="utf-8")
    crawl("demo", str(folder))
    parse_by("demo", str(folder))
    return folder


@pytest.fixture(scope="module")
def one_process(datasets: Path) -> dict[str, bytes]:
    """The records as one process reads them."""
    return records(datasets)


def records(datasets: Path) -> dict[str, bytes]:
    """The records' files by name."""
    folder = datasets / "demo" / "records"
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_batch_lies_in_one_warc_file_and_no_page_is_left_out(datasets: Path) -> None:
    dataset = load_dataset("demo", datasets)
    archive = Archive(dataset.archive)
    groups = page_groups(archive, read_catalogue(archive, dataset))
    found = list(batches(groups, 3))
    assert len(found) > 10
    assert sorted(group.article_id for batch in found for group in batch) == [group.article_id for group in groups]
    for batch in found:
        assert len(batch) <= 3
        newest = [max(group.captures, key=lambda entry: entry.fetched_at) for group in batch if group.captures]
        assert len({entry.warc_file for entry in newest}) <= 1
        assert [entry.warc_offset for entry in newest] == sorted(entry.warc_offset for entry in newest)


def test_several_processes_read_the_same(dafu: Dafu, datasets: Path, one_process: dict[str, bytes]) -> None:
    assert dafu("parse", "demo", "--engine", "processes", "--datasets", str(datasets)).code == 0
    assert records(datasets) == one_process


def _module(name: str) -> list[str]:
    return [sys.executable, "-m", f"distributed.cli.dask_{name}"]


@pytest.fixture
def cluster() -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A Dask scheduler and two workers, each a process of its own: (address, workers)."""
    address = f"tcp://127.0.0.1:{free_ports(1)[0]}"
    host, port = address.removeprefix("tcp://").split(":")
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": REPOSITORY}
    plain = ["--no-dashboard"]
    scheduler = subprocess.Popen([*_module("scheduler"), "--host", host, "--port", port, *plain], **quiet)
    one_thread = ["--no-nanny", "--nthreads", "1", *plain]
    workers = [subprocess.Popen([*_module("worker"), address, *one_thread], **quiet) for _ in range(2)]
    try:
        yield address, workers
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()


def test_a_cluster_reads_the_same_though_a_worker_is_killed(
    dafu: Dafu,
    datasets: Path,
    one_process: dict[str, bytes],
    cluster: tuple[str, list[subprocess.Popen[bytes]]],
) -> None:
    address, workers = cluster
    killed: list[float] = []

    def kill_one_at_work() -> None:
        with Client(address, timeout="60s", set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
            ready.set()
            pids = client.run(os.getpid)
            while not killed:
                busy = [worker for worker, tasks in client.processing().items() if len(tasks) > 1]
                if busy:
                    os.kill(pids[busy[0]], signal.SIGKILL)
                    killed.append(time.monotonic())
                time.sleep(0.02)

    ready = threading.Event()
    killer = threading.Thread(target=kill_one_at_work, daemon=True)
    killer.start()
    assert ready.wait(90), "the cluster did not start"
    ended = dafu("parse", "demo", "--engine", "dask", "--dask-address", address, "--datasets", str(datasets))
    assert (ended.code, bool(killed)) == (0, True), ended.err
    killer.join(10)
    assert [worker.poll() for worker in workers].count(-signal.SIGKILL) == 1
    assert records(datasets) == one_process


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--engine", "processes", "--dask-address", "tcp://127.0.0.1:1"), "leave one of them out"),
        (("--engine", "dask", "--dask-address", "tcp://127.0.0.1:1"), "no Dask scheduler answers at tcp://127.0.0.1:1"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    dafu: Dafu, datasets: Path, words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.parse.flow._ANSWER_SECONDS", 1)
    ended = dafu("parse", "demo", *words, "--datasets", str(datasets))
    assert ended.code in (1, 2)
    assert said in ended.err
