"""Pages per second and processor time per page, beside Scrapy and wget in the same run: `make bench`."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import page_server
from tests.benchmarks.page_server import PAGES, page_path

ROOT = Path(__file__).parents[2]
ROUNDS = 5


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with page_server.serving() as found:
        yield found


def _contender(name: str) -> Callable[[str, Path], int]:
    def run(address: str, folder: Path) -> int:
        command = [sys.executable, "-m", "tests.benchmarks.contenders", name, address, str(folder)]
        return int(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()[-1])

    return run


def _wget(address: str, folder: Path) -> int:
    addresses = folder / "addresses"
    addresses.write_text("\n".join(address + page_path(number) for number in range(PAGES)))
    subprocess.run(["wget", "-q", "-x", "-i", str(addresses), "-P", str(folder / "kept")], check=True)
    return sum(path.is_file() for path in (folder / "kept").rglob("*"))


CONTENDERS = {"dafu": _contender("dafu"), "scrapy": _contender("scrapy"), "wget": _wget}


@pytest.mark.benchmark(group="fetch and keep 2,000 pages of 60 kB")
@pytest.mark.parametrize("name", CONTENDERS)
def test_crawl_speed(benchmark: Any, address: str, name: str, tmp_path: Path) -> None:
    if name == "wget" and not shutil.which("wget"):
        pytest.skip("wget is not installed")
    used: list[float] = []

    def run() -> int:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        kept = CONTENDERS[name](address, Path(tempfile.mkdtemp(dir=tmp_path)))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        return kept

    assert benchmark.pedantic(run, rounds=ROUNDS, iterations=1, warmup_rounds=1) == PAGES
    benchmark.extra_info["pages_per_second"] = round(PAGES / benchmark.stats.stats.median)
    benchmark.extra_info["cpu_ms_per_page"] = round(1000 * sorted(used)[len(used) // 2] / PAGES, 2)
