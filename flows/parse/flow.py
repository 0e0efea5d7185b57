"""parse: archive → catalogue of its pages → letters, read batch by batch → records. No request is made."""

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
from flows.parse.letters import PageGroup, one_letter_each, page_groups, read_group_or_report
from flows.parse.store import CAPTURES, ISSUES, LETTERS, RecordWriter
from parsers.letter import Reading

_BATCH = 200


@flow(name="parse", flow_run_name="parse-{dataset_name}", persist_result=False)
def parse(dataset_name: str, datasets: str) -> dict[str, Any]:
    """Read everything the archive holds; return the report as plain data."""
    dataset = load_dataset(dataset_name, Path(datasets))
    archive = Archive(dataset.archive)
    if not archive.entries():
        raise DafuError(f"{dataset.archive} holds no captures; run `dafu crawl {dataset.name}` first")
    catalogue = catalogue_of(archive, dataset)
    groups = page_groups(archive, catalogue)
    readings: list[Reading] = []
    with console.stage("parse: pages", len(groups), "pages") as advance:
        for start in range(0, len(groups), _BATCH):
            readings += read_pages(archive, dataset, groups[start : start + _BATCH], advance)
    with locked(dataset.lock):
        return write_records(dataset, archive, catalogue, readings)


@task(cache_policy=NO_CACHE)
def catalogue_of(archive: Archive, dataset: Dataset) -> Catalogue:
    """Find the pages that the kept list pages lead to."""
    return read_catalogue(archive, dataset)


@task(cache_policy=NO_CACHE)
def read_pages(archive: Archive, dataset: Dataset, groups: list[PageGroup], advance: console.Advance) -> list[Reading]:
    """Read a batch of letters."""
    robots_entry = archive.last_good(urljoin(dataset.site.base_url, "/robots.txt"))
    robots = Protego.parse(archive.page(robots_entry).text) if robots_entry else None
    readings = []
    for group in groups:
        readings.append(read_group_or_report(archive, dataset, group, robots))
        advance(1)
    return readings


@task(cache_policy=NO_CACHE)
def write_records(dataset: Dataset, archive: Archive, catalogue: Catalogue, readings: list[Reading]) -> dict[str, Any]:
    """Write the records in place of those of the last parse, and report what was read and what was not."""
    letters = list(one_letter_each(reading.record for reading in readings if reading.record))
    issues = [
        *catalogue.issues,
        *(found for reading in readings for found in reading.issues),
        *(found for _, duplicates in letters for found in duplicates),
    ]
    writer = RecordWriter(dataset.records)
    writer.write(LETTERS, (record for record, _ in letters))
    writer.write(CAPTURES, (entry.capture() for entry in archive.entries()))
    writer.write(ISSUES, issues)
    writer.commit()
    codes = Counter(found.code for found in issues)
    create_table_artifact(
        table=[{"read as": "letters", "pages": len(letters)}]
        + [{"read as": code, "pages": count} for code, count in sorted(codes.items())],
        key=f"parse-{dataset.name}",
        description=f"What was read from the archive of {dataset.title}",
    )
    get_run_logger().info("%s letters, %s issues", len(letters), len(issues))
    return {"letters": len(letters), "issues": dict(sorted(codes.items()))}
