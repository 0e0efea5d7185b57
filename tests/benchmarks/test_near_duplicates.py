"""Time to find near-duplicates, which must grow with the letters and not with their pairs: `make bench`."""

from __future__ import annotations

from typing import Any

import pytest

from flows.parse.passages import near_duplicates
from tests.flows.synthetic import many_texts

CHARACTERS = 1900
"""About as many as a real letter has."""


@pytest.mark.benchmark(group="near-duplicates among letters of 1,900 characters")
@pytest.mark.parametrize("count", [2_500, 5_000, 10_000, 20_000])
def test_near_duplicates_speed(benchmark: Any, count: int) -> None:
    texts, copies = many_texts(count, CHARACTERS)
    groups = benchmark.pedantic(near_duplicates, (texts,), rounds=3, iterations=1)
    assert all(groups[copy] == groups[original] for copy, original in copies.items())
    assert groups.keys() == copies.keys() | set(copies.values())
    benchmark.extra_info["ms_per_letter"] = round(1000 * benchmark.stats.stats.median / count, 3)
