"""A release of 100,000 letters beside one of 50,000: how fast, in how much memory, and how large: `make bench`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.release.manifest import read_manifest
from flows.release.sql import text
from flows.release.tables import file_names, scan
from tests.benchmarks.machine import TWO_CORES, gain_of_two_processes
from tests.conftest import REPOSITORY
from tests.letters_made import DATASET

LETTERS = 100_000
LEAST_RATE = 2_000
"""Letters a second, on two cores; in proportion, where two processes do less than the work of two."""
MOST_MEMORY = 2 << 30
MOST_GROWTH = 1.25
MOST_OF_JSON_LINES = 0.5


@dataclass(frozen=True)
class Built:
    """A release, the seconds it took by the clock and of processors, and the bytes of memory at the peak."""

    release: Path
    seconds: float
    processor_seconds: float
    peak: int


def build(datasets: Path, folder: Path) -> Built:
    """Release a dataset's records in a process of its own, as `dafu release` does, the gate included."""
    shutil.copytree(datasets / DATASET, folder / DATASET)
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "tests.plain_release", str(folder), DATASET], cwd=REPOSITORY)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    release = (folder / DATASET / "releases/latest").resolve()
    return Built(release, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def gzipped_json_lines(release: Path, table: str, folder: Path) -> int:
    """Return the bytes of a table's rows as JSON Lines by `gzip`."""
    lines = folder / f"{table}.jsonl"
    with duckdb.connect() as con:
        files = file_names(read_manifest(release)["tables"][table])
        con.execute(f"COPY (FROM {scan(release, files)}) TO {text(str(lines))} (FORMAT json)")
    subprocess.run(["gzip", str(lines)], check=True)
    packed = lines.with_name(f"{lines.name}.gz")
    size = packed.stat().st_size
    packed.unlink()
    return size


def packed(megabytes: int) -> int:
    """Do work for a processor: compress so many megabytes of text."""
    words = b" ".join(b"%x" % (number * 2654435761 % 2**32) for number in range(120_000))
    return sum(len(zlib.compress(words)) for _ in range(megabytes))


@pytest.mark.benchmark(group=f"a release of {LETTERS:,} letters")
def test_release_scale(benchmark: Any, made_letters: Callable[[int], Path], tmp_path: Path) -> None:
    machine = gain_of_two_processes(packed, 40)
    half = build(made_letters(LETTERS // 2), tmp_path / "half")
    shutil.rmtree(tmp_path / "half")
    made, folders = made_letters(LETTERS), tmp_path / "whole"
    whole = benchmark.pedantic(build, (made, folders), rounds=1, iterations=1)
    tables = read_manifest(whole.release)["tables"]
    assert tables["replies"]["rows"] == LETTERS
    benchmark.extra_info |= {
        "letters/s": round(LETTERS / whole.seconds),
        "letters/s at half": round(LETTERS / 2 / half.seconds),
        "letters a processor second": round(LETTERS / whole.processor_seconds),
        "peak MiB": whole.peak >> 20,
        "peak MiB at half": half.peak >> 20,
        "growth of peak": round(whole.peak / half.peak, 3),
        "work of two processes": round(machine, 2),
    }
    parquet = sum(entry["bytes"] for entry in tables.values())
    json_lines = sum(gzipped_json_lines(whole.release, name, tmp_path) for name in tables)
    benchmark.extra_info |= {
        "Parquet MB": round(parquet / 1e6, 1),
        "JSON Lines by gzip MB": round(json_lines / 1e6, 1),
        "Parquet/JSON Lines": round(parquet / json_lines, 3),
    }
    assert LETTERS / whole.seconds >= LEAST_RATE * (1 if machine >= TWO_CORES else machine / 2)
    assert whole.peak < MOST_MEMORY
    assert whole.peak <= MOST_GROWTH * half.peak
    assert parquet <= MOST_OF_JSON_LINES * json_lines
