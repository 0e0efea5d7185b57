"""Pages in batches: what one process, or one worker of a cluster, reads at a time.

A batch holds pages whose newest bytes lie in one WARC file, in the order in which they lie there, so that a worker
reads a file from front to back. It needs the archive's folder and nothing else, and what comes back does not depend on
who has read it, nor in which order.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import cast
from urllib.parse import urljoin

import pyarrow as pa
from protego import Protego

from flows.crawl.archive import Archive
from flows.datasets import Dataset
from flows.parse.letters import GroupReading, PageGroup, read_group
from flows.parse.memory import without_collecting

Batch = tuple[PageGroup, ...]
_PAGES = 100
_PACKED = "zstd"


def batches(groups: Iterable[PageGroup], pages: int = _PAGES) -> Iterator[Batch]:
    """Yield the groups in batches of at most so many, none of them over two WARC files."""
    for _, lying_together in groupby(sorted(groups, key=_place), key=lambda group: _place(group)[0]):
        found = list(lying_together)
        for start in range(0, len(found), pages):
            yield tuple(found[start : start + pages])


def read_batch(archive: Path, dataset: Dataset, batch: Batch) -> bytes:
    """Read a batch of pages, in all their states, from the archive in a folder; `unpacked` gives the readings.

    As bytes, since an engine passes those on as they are, and holds them until the last batch is read.
    """
    packed = pa.BufferOutputStream()
    with pa.CompressedOutputStream(packed, _PACKED) as stream:
        pickle.dump(list(read_groups(_opened(archive), dataset, batch)), stream, pickle.HIGHEST_PROTOCOL)
    return cast("bytes", packed.getvalue().to_pybytes())


def unpacked(packed: bytes) -> list[GroupReading]:
    """Return the readings that a worker of ours has packed."""
    with pa.input_stream(pa.py_buffer(packed), compression=_PACKED) as stream:
        data = stream.read()
    with without_collecting():
        return cast("list[GroupReading]", pickle.loads(data))  # noqa: S301 - as an engine does itself


def read_groups(archive: Archive, dataset: Dataset, batch: Batch) -> Iterator[GroupReading]:
    """Read a batch of pages, in all their states, from an open archive."""
    robots_entry = archive.last_good(urljoin(dataset.site.base_url, "/robots.txt"))
    robots = Protego.parse(archive.page(robots_entry).text) if robots_entry else None
    for group in batch:
        yield read_group(archive, dataset, group, robots)


def in_order(read: Iterable[GroupReading]) -> list[GroupReading]:
    """Return readings in the order of their article ids, however the batches came back."""
    return sorted(read, key=lambda reading: reading.group.article_id)


@lru_cache(maxsize=1)
def _opened(archive: Path) -> Archive:
    """Open an archive once in a process: its index is read for every batch otherwise."""
    return Archive(archive)


def _place(group: PageGroup) -> tuple[str, int]:
    newest = max(group.captures, key=lambda entry: (entry.fetched_at, entry.capture_id), default=None)
    return (newest.warc_file, newest.warc_offset) if newest else ("", 0)
