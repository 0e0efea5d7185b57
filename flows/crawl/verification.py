"""Reading a whole archive again: every record is what it was, nothing is missing, and the index says what it says."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord

from flows.crawl import warc
from flows.crawl.archive import Archive, lost_files, missing_numbers, read_index, warc_files
from schemas.archive import IndexEntry


@dataclass
class Verification:
    """What re-reading a whole archive found: how much there is, and a sentence for everything that is wrong."""

    files: int = 0
    records: int = 0
    captures: int = 0
    problems: list[str] = field(default_factory=list)


def verify(folder: Path) -> Verification:
    """Read every record of every file again and check its digests, and the index against them."""
    found = Verification()
    index = read_index(folder)
    for lost in dict.fromkeys([*lost_files(folder, index[1] if index else None), *missing_numbers(folder)]):
        found.problems.append(f"{lost}; restore it from a copy")
    payloads: set[str] = set()
    for path in warc_files(folder):
        found.files += 1
        _verify_file(path, payloads, found)
    if not found.problems:
        fresh = Archive(folder, use_index=False)
        found.captures = len(fresh.entries())
        if index is not None and not _is_copy(index[1], fresh, Archive(folder)):
            detail = "index.parquet does not say what the WARC files do; `dafu archive reindex` writes it anew"
            found.problems.append(detail)
    return found


def _is_copy(index: list[IndexEntry], fresh: Archive, usual: Archive) -> bool:
    """Tell whether an index says what the files do, as far as it goes: a killed run leaves it behind them."""
    kept = fresh.in_order()
    return index == kept[: len(index)] and (usual.in_order(), usual.runs) == (kept, fresh.runs)


def _verify_file(path: Path, payloads: set[str], found: Verification) -> None:
    size = path.stat().st_size
    for start, end, plain in warc.members(path):
        if plain is None and end == size:
            found.problems.append(
                f"{path.name}: its last {end - start} bytes are no whole record; the next crawl removes them"
            )
        elif plain is None:
            found.problems.append(f"{path.name}: damaged from byte {start} to byte {end}; restore it from a copy")
        else:
            found.records += 1
            found.problems += [f"{path.name}: {problem}" for problem in _problems(plain, payloads)]


def _problems(plain: bytes, payloads: set[str]) -> Iterator[str]:
    """Yield what is wrong with a record; `payloads` are the digests of the bodies that came before it."""
    try:
        for record in ArchiveIterator(io.BytesIO(plain), check_digests=True):
            while record.content_stream().read(1 << 20):
                pass
            said = record.rec_headers.get_header("WARC-Record-ID")
            if record.digest_checker.passed is False:
                yield f"{said}: {'; '.join(record.digest_checker.problems)}"
            yield from _refers_to_nothing(record, payloads)
    except (ArchiveLoadFailed, OSError, zlib.error) as error:
        yield str(error)


def _refers_to_nothing(record: ArcWarcRecord, payloads: set[str]) -> Iterator[str]:
    headers = record.rec_headers
    digest = headers.get_header("WARC-Payload-Digest")
    if record.rec_type == "response":
        payloads.add(digest)
    elif record.rec_type == "revisit" and warc.repeats_payload(headers) and digest not in payloads:
        said, origin = headers.get_header("WARC-Record-ID"), headers.get_header("WARC-Refers-To")
        yield f"{said}: the record {origin} that has its body is missing; restore it from a copy"
