"""Milliseconds a page, beside others in the same run, and what a second process brings: `make bench`.

dafu reads everything there is in a release: title, byline, parties, headings, sentences with their roles, citations,
quantities, topics, search tokens. The others do what they are made for: BeautifulSoup gives the page's text and jieba
its words; trafilatura and GNE find title, date and main text.
"""

from __future__ import annotations

import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import gne
import pytest
import trafilatura
from bs4 import BeautifulSoup

from parsers.words import tokenizer
from tests.benchmarks.letter_page import letter_page, read, sentences_read

PAGES, BATCH = 2000, 50
_seconds: dict[str, float] = {}


def _dafu(body: bytes) -> Any:
    return read(body).record


def _soup_and_jieba(body: bytes) -> Any:
    return list(tokenizer().cut(BeautifulSoup(body, "lxml").get_text()))


def _trafilatura(body: bytes) -> Any:
    return trafilatura.bare_extraction(body, with_metadata=True)


def _gne(body: bytes) -> Any:
    return gne.GeneralNewsExtractor().extract(body.decode())


CONTENDERS: dict[str, Callable[[bytes], Any]] = {
    "dafu": _dafu,
    "BeautifulSoup and jieba": _soup_and_jieba,
    "trafilatura": _trafilatura,
    "gne": _gne,
}
MOST = {"BeautifulSoup and jieba": 1.2, "trafilatura": 1.0}
"""How many times as long as another dafu may take."""


@pytest.mark.benchmark(group="read a page of 60 kB, a letter of 4,000 characters")
@pytest.mark.parametrize("name", CONTENDERS)
def test_parse_speed(benchmark: Any, name: str) -> None:
    assert benchmark.pedantic(CONTENDERS[name], (letter_page(),), rounds=40, warmup_rounds=3)
    _seconds[name] = benchmark.stats.stats.min  # what else the machine does only adds
    benchmark.extra_info["ms_per_page"] = round(1000 * _seconds[name], 1)
    if name != "dafu" and "dafu" in _seconds:
        times = _seconds["dafu"] / _seconds[name]
        benchmark.extra_info["dafu_takes_times_this"] = round(times, 2)
        assert times <= MOST.get(name, times)


@pytest.mark.benchmark(group="read 2,000 pages of 60 kB")
@pytest.mark.parametrize("processes", [1, 2])
def test_parse_scaling(benchmark: Any, processes: int) -> None:
    with ProcessPoolExecutor(processes) as pool:
        list(pool.map(sentences_read, [1] * processes * 4))  # every process has its dictionary

        def run() -> int:
            return sum(pool.map(sentences_read, [BATCH] * (PAGES // BATCH)))

        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        found = benchmark.pedantic(run, rounds=1, iterations=1)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)  # the pool's processes have ended
    benchmark.extra_info["cpu_ms_per_page"] = round(1000 * (after.ru_utime - before.ru_utime) / PAGES, 1)
    assert found == PAGES * sentences_read(1)
    _seconds[str(processes)] = benchmark.stats.stats.min
    benchmark.extra_info["pages_per_second"] = round(PAGES / benchmark.stats.stats.min)
    if processes > 1 and "1" in _seconds:
        benchmark.extra_info["times_one_process"] = round(_seconds["1"] / _seconds[str(processes)], 2)
