"""What Prefect costs: the flow `parse` over an archive of 5,000 pages, beside the same functions in a plain loop."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest
from prefect.testing.utilities import prefect_test_harness

from flows.crawl.archive import Archive
from flows.crawl.catalogue import read_catalogue
from flows.datasets import Dataset, load_dataset
from flows.parse.batches import batches, in_order, read_groups
from flows.parse.corrections import corrected, load_corrections
from flows.parse.documents import DOCUMENTS
from flows.parse.flow import parse
from flows.parse.history import one_letter_each, unread
from flows.parse.letters import page_groups
from flows.parse.passages import compared
from flows.parse.store import RecordWriter
from tests.conftest import copy_of_demo
from tests.flows.living_site import LivingSite, alive, crawl_once, letter
from tests.flows.synthetic import prose

PAGES = 5000
MOST = 1.10
"""How many times as long as the plain loop Prefect may take."""


def archived(folder: Path, pages: int) -> Dataset:
    """Crawl a site of so many letters, each with a text of its own; return the dataset."""
    rng, site = random.Random(20261124), LivingSite(per_page=100)
    for number in range(pages):
        year = "2024n" if number % 2 else "2023n"
        site.add(str(number), year, letter(number, "</p><p>".join(prose(rng, 200) for _ in range(4))))
    with alive(site, load_dataset("demo", copy_of_demo(folder))) as (live, _):
        crawl_once(live)
    (folder / "demo" / "corrections.toml").unlink()
    toml = folder / "demo" / "dataset.toml"
    said = toml.read_text("utf-8").replace("http://jyt.demo.invalid", live.site.base_url)
    toml.write_text(said, "utf-8")
    return load_dataset("demo", folder)


def plain(dataset: Dataset) -> int:
    """Do what the flow `parse` does, without Prefect; return the number of letters."""
    archive = Archive(dataset.archive)
    catalogue = read_catalogue(archive, dataset)
    with DOCUMENTS:
        found = [
            reading
            for batch in batches(page_groups(archive, catalogue))
            for reading in read_groups(archive, dataset, batch)
        ]
        read = in_order(found)
        letters = one_letter_each(archive, dataset, catalogue, read)
        unreadable = list(unread(letters, read))
    letters = compared(corrected(letters, load_corrections(dataset.folder)))
    issues = [*catalogue.issues, *unreadable, *(one for told in letters for one in told.issues)]
    with RecordWriter(dataset.records) as records:
        for told in letters:
            records.add(told.record.rows())
        records.add(entry.capture() for entry in archive.entries())
        records.add(issues)
    return len(letters)


@pytest.mark.benchmark(group="parse an archive of 5,000 pages")
def test_prefect_overhead(benchmark: Any, tmp_path: Path) -> None:
    dataset = archived(tmp_path, PAGES)
    assert plain(dataset) == PAGES  # dictionaries are loaded, files are in memory
    with prefect_test_harness(server_startup_timeout=120):
        began = time.perf_counter()
        assert plain(dataset) == PAGES
        alone = time.perf_counter() - began

        def by_prefect() -> int:
            return int(parse("demo", str(dataset.folder.parent))["letters"])

        assert benchmark.pedantic(by_prefect, rounds=1, iterations=1) == PAGES
    times = benchmark.stats.stats.min / alone
    benchmark.extra_info["plain_seconds"] = round(alone, 1)
    benchmark.extra_info["times_the_plain_loop"] = round(times, 3)
    assert times <= MOST
