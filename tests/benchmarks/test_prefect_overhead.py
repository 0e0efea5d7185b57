"""What Prefect costs: the flow `parse` over an archive of 5,000 pages, beside the same functions called plainly."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest
from prefect.testing.utilities import prefect_test_harness

from flows.crawl.archive import Archive
from flows.datasets import Dataset, load_dataset
from flows.parse.flow import parse
from flows.parse.plain import parse_plainly
from tests.conftest import copy_of_demo
from tests.flows.living_site import LivingSite, alive, crawl_once, letter
from tests.flows.synthetic import prose

PAGES = 5000
MOST = 1.10
"""How many times as long as the plain calls Prefect may take."""


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


def plain(dataset: Dataset) -> float:
    """Do what the flow `parse` does, without Prefect; return how many seconds it took."""
    began = time.perf_counter()
    parse_plainly(dataset, Archive(dataset.archive), None)
    return time.perf_counter() - began


@pytest.mark.benchmark(group="parse an archive of 5,000 pages")
def test_prefect_overhead(benchmark: Any, tmp_path: Path) -> None:
    dataset = archived(tmp_path / "all", PAGES)
    plain(archived(tmp_path / "few", PAGES // 50))  # dictionaries are loaded
    with prefect_test_harness(server_startup_timeout=120):
        before = plain(dataset)

        def by_prefect() -> int:
            return int(parse("demo", str(dataset.folder.parent))["letters"])

        assert benchmark.pedantic(by_prefect, rounds=1, iterations=1) == PAGES
        alone = min(before, plain(dataset))  # before and behind, so that what else runs here does not help Prefect
    times = benchmark.stats.stats.min / alone
    benchmark.extra_info["plain_seconds"] = round(alone, 1)
    benchmark.extra_info["times_the_plain_calls"] = round(times, 3)
    assert times <= MOST
