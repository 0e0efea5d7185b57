"""parse: archive → catalogue of its pages → their states → letters → corrected, compared → records.

No request is made.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from protego import Protego

from flows import console
from flows.crawl.archive import Archive
from flows.crawl.catalogue import Catalogue, read_catalogue
from flows.datasets import Dataset, load_dataset
from flows.errors import DafuError
from flows.locks import locked
from flows.parse.corrections import Correction, corrected, load_corrections
from flows.parse.documents import DOCUMENTS
from flows.parse.history import Letter, one_letter_each, unread
from flows.parse.letters import GroupReading, PageGroup, page_groups, read_group
from flows.parse.passages import compared
from flows.parse.store import RecordWriter
from schemas.issues import Issue

_BATCH = 200


@flow(name="parse", flow_run_name="parse-{dataset_name}", persist_result=False)
def parse(dataset_name: str, datasets: str) -> dict[str, Any]:
    """Read everything the archive holds; return the report as plain data."""
    dataset = load_dataset(dataset_name, Path(datasets))
    corrections = load_corrections(dataset.folder)
    archive = Archive(dataset.archive)
    if not archive.entries():
        raise DafuError(f"{dataset.archive} holds no captures; run `dafu crawl {dataset.name}` first")
    catalogue = catalogue_of(archive, dataset)
    groups = page_groups(archive, catalogue)
    read: list[GroupReading] = []
    with DOCUMENTS:
        with console.stage("parse: pages", len(groups), "pages") as advance:
            for start in range(0, len(groups), _BATCH):
                read += read_pages(archive, dataset, groups[start : start + _BATCH], advance)
        letters = tell_letters(archive, dataset, catalogue, read)
    letters = compare_letters(correct_letters(letters, corrections))
    with locked(dataset.lock):
        return write_records(dataset, archive, [*catalogue.issues, *unread(letters, read)], letters)


@task(cache_policy=NO_CACHE)
def catalogue_of(archive: Archive, dataset: Dataset) -> Catalogue:
    """Find the pages that the kept list pages lead to."""
    return read_catalogue(archive, dataset)


@task(cache_policy=NO_CACHE)
def read_pages(
    archive: Archive, dataset: Dataset, groups: list[PageGroup], advance: console.Advance
) -> list[GroupReading]:
    """Read a batch of pages in all their states."""
    robots_entry = archive.last_good(urljoin(dataset.site.base_url, "/robots.txt"))
    robots = Protego.parse(archive.page(robots_entry).text) if robots_entry else None
    read = []
    for group in groups:
        read.append(read_group(archive, dataset, group, robots))
        advance(1)
    return read


@task(cache_policy=NO_CACHE)
def tell_letters(archive: Archive, dataset: Dataset, catalogue: Catalogue, read: list[GroupReading]) -> list[Letter]:
    """Join pages that are one letter, and tell each letter's history."""
    return one_letter_each(archive, dataset, catalogue, read)


@task(cache_policy=NO_CACHE)
def correct_letters(letters: list[Letter], corrections: list[Correction]) -> list[Letter]:
    """Put right what pages say wrongly, as the dataset's corrections say."""
    return corrected(letters, corrections)


@task(cache_policy=NO_CACHE)
def compare_letters(letters: list[Letter]) -> list[Letter]:
    """Find letters that are almost the same, and paragraphs that stand in several."""
    return compared(letters)


@task(cache_policy=NO_CACHE)
def write_records(dataset: Dataset, archive: Archive, issues: list[Issue], letters: list[Letter]) -> dict[str, Any]:
    """Write the records in place of those of the last parse, and report what was read and what was not."""
    issues = [*issues, *(found for letter in letters for found in letter.issues)]
    with RecordWriter(dataset.records) as records:
        for letter in letters:
            records.add(letter.record.rows())
        records.add(entry.capture() for entry in archive.entries())
        records.add(issues)
    codes = Counter(found.code for found in issues)
    create_table_artifact(
        table=[{"read as": "letters", "pages": len(letters)}]
        + [{"read as": code, "pages": count} for code, count in sorted(codes.items())],
        key=f"parse-{dataset.name}",
        description=f"What was read from the archive of {dataset.title}",
    )
    get_run_logger().info("%s letters, %s issues", len(letters), len(issues))
    return {"letters": len(letters), "issues": dict(sorted(codes.items()))}
