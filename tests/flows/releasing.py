"""Parse and release as the flows do, without Prefect: for tests that make many releases of a site that lives."""

from __future__ import annotations

from pathlib import Path

from flows.crawl.archive import Archive
from flows.datasets import Dataset
from flows.parse.plain import parse_plainly
from flows.release import build
from flows.release.versions import made_visible, newest, next_version


def parse(dataset: Dataset) -> None:
    """Read the archive into records."""
    parse_plainly(dataset, Archive(dataset.archive), newest(dataset.releases))


def release(dataset: Dataset) -> Path | None:
    """Release the records, whatever the gate would say; None if they say nothing new."""
    last = newest(dataset.releases)
    with build.opened(dataset) as staged:
        build.stage(staged)
        if last and build.same_content(staged, last):
            return None
        build.stage_derived(staged, last)
        version = next_version(dataset, build.captured(staged)[-1])
        build.complete(staged, version, [], last)
        return made_visible(dataset, staged.staging, version)


def released(dataset: Dataset) -> Path:
    """Parse and release; return the release."""
    parse(dataset)
    found = release(dataset)
    assert found is not None, "the records say nothing new"
    return found
