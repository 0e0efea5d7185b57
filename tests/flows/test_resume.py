"""A crawl that is killed, again and again, ends as one that was never disturbed."""

from __future__ import annotations

import random
import time
from collections import Counter
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from flows.crawl.archive import Archive
from flows.crawl.verification import verify
from flows.datasets import Dataset, load_dataset
from tests.conftest import copy_of_demo
from tests.flows.fault_server import Log
from tests.flows.living_site import LivingSite, alive, crawl_once
from tests.flows.test_archive import checked_by_warcio

KILLS = 60
PAGES = 300
_OF_THE_MOMENT = {"capture_id", "fetched_at", "warc_file", "warc_offset", "warc_end"}


def site_of_300_pages() -> LivingSite:
    site = LivingSite(per_page=20)
    for number in range(PAGES):
        site.add(str(number), "2024n" if number % 3 else "2023n")
    for number in range(0, PAGES, 50):
        path = site.path(str(number), "2024n" if number % 3 else "2023n")
        site.pages[path] = site.pages[path].replace("</body>", '<a href="file.pdf">附件</a></body>')
        site.answers[path.replace("index.shtml", "file.pdf")] = lambda c: c.send(body=b"%PDF-1.4 the same")
    return site


def index_of(dataset: Dataset) -> list[dict[str, Any]]:
    """Return the index without what differs between any two crawls: times, ids and how well those compress."""
    return [entry.model_dump(exclude=_OF_THE_MOMENT) for entry in Archive(dataset.archive).entries()]


def killed_after(requests: int, crawl: BaseProcess, log: Log) -> BaseProcess:
    """Start a crawl, and kill it when it has made so many requests; at 0 in its first tenth of a second."""
    enough, wait = len(log.asked) + requests, time.monotonic() + (10 if requests else random.random() / 10)
    crawl.start()
    while (len(log.asked) < enough or not requests) and time.monotonic() < wait:
        time.sleep(0.002)
    crawl.kill()
    crawl.join()
    return crawl


def test_sixty_kills_cost_nothing(tmp_path: Path, forks: ForkServerContext) -> None:
    rng = random.Random(20261124)
    dataset = load_dataset("demo", copy_of_demo(tmp_path))
    site = site_of_300_pages()
    with alive(site, dataset, rotate_bytes=30_000) as (live, log):
        undisturbed = live.model_copy(update={"folder": tmp_path / "undisturbed"})
        crawl_once(undisturbed)
        log.asked.clear()
        paced = live.model_copy(
            update={"politeness": live.politeness.model_copy(update={"interval_seconds": 0.01, "jitter": 0})}
        )
        for _ in range(KILLS):
            crawl = killed_after(rng.randint(0, 7), forks.Process(target=crawl_once, args=(paced,)), log)
            assert crawl.exitcode == -9, "the crawl was done before it could be killed so often"
        report = crawl_once(live)
        asked = Counter(path for path, _, _ in log.asked)
    archive = Archive(dataset.archive)
    assert (report.resumed, len(archive.runs), archive.runs[0].complete) == (True, 1, True)
    assert index_of(live) == index_of(undisturbed)
    kept = Counter(entry.url for entry in archive.entries())
    assert set(kept.values()) == {1}, "nothing is kept twice"
    assert len(kept) == len(asked) == 1 + 5 + 10 + PAGES + 6
    # a kill between an answer and its record loses that one answer, which nobody had kept
    assert sum(asked.values()) - len(asked) <= KILLS
    assert len(list(dataset.archive.glob("*.warc.gz"))) > 8
    assert_sound(archive)


@pytest.mark.parametrize(("connections", "rotate_bytes"), [(1, 4_000), (4, 15_000)])
def test_kills_in_several_runs_cost_nothing(
    tmp_path: Path, connections: int, rotate_bytes: int, forks: ForkServerContext
) -> None:
    """Also where a run is a sweep, bodies are kept as revisits, and files end between runs."""
    rng = random.Random(connections)
    dataset = load_dataset("demo", copy_of_demo(tmp_path))
    site = LivingSite(per_page=20)
    for number in range(60):
        site.add(str(number), "2024n" if number % 3 else "2023n")
    kills = 0
    with alive(site, dataset, rotate_bytes=rotate_bytes, revisit_every=1, sweep_every=3) as (live, log):
        undisturbed = live.model_copy(update={"folder": tmp_path / "undisturbed"})
        pace = {"connections": connections, "interval_seconds": 0.004, "jitter": 0}
        paced = live.model_copy(update={"politeness": live.politeness.model_copy(update=pace)})
        for run in range(1, 5):
            for path in list(site.pages)[run::7]:
                site.pages[path] = site.pages[path].replace("办好", f"办好第{run}次")
            crawl_once(undisturbed)
            log.asked.clear()
            for _ in range(4):
                crawl = killed_after(rng.randint(1, 9), forks.Process(target=crawl_once, args=(paced,)), log)
                kills += crawl.exitcode == -9
            crawl_once(paced)
            # a kill loses what was asked and not yet kept, which is one answer a connection
            asked = Counter(path for path, _, _ in log.asked)
            assert sum(asked.values()) - len(asked) <= 4 * connections
    archive = Archive(dataset.archive)
    assert kills == 16
    assert [(run.mode, run.complete) for run in archive.runs] == [
        ("revisit", True),
        ("revisit", True),
        ("sweep", True),
        ("revisit", True),
    ]
    kept = Counter((entry.run, entry.url) for entry in archive.entries())
    assert set(kept.values()) == {1}, "nothing is kept twice in a run"
    assert by_run(live) == by_run(undisturbed)
    assert_sound(archive)


def by_run(dataset: Dataset) -> list[tuple[str, ...]]:
    """Return what each run found at each address, in no order: several connections take turns."""
    names = ("url", "run", "outcome", "sha256", "status")
    return sorted(tuple(str(entry[name]) for name in names) for entry in index_of(dataset))


def assert_sound(archive: Archive) -> None:
    assert verify(archive.folder).problems == []
    assert Archive(archive.folder, use_index=False).entries() == archive.entries()
    checked_by_warcio(archive.folder)


def test_a_run_that_was_cut_short_is_gone_on_with(tmp_path: Path) -> None:
    dataset = load_dataset("demo", copy_of_demo(tmp_path))
    site = LivingSite()
    for number in range(12):
        site.add(str(number))
    with alive(site, dataset) as (live, log):
        crawl_once(live, pages=5)
        before = [path for path, _, _ in log.asked]
        log.asked.clear()
        report = crawl_once(live)
    assert (report.resumed, report.run, report.new_pages) == (True, 1, 7)
    assert not set(before) & {path for path, _, _ in log.asked}
