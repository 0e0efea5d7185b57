"""Parse and release as the flows do, without Prefect: for tests that make many releases of a site that lives."""

from __future__ import annotations

from pathlib import Path

from flows.crawl.archive import Archive
from flows.crawl.catalogue import read_catalogue, rules_of
from flows.datasets import Dataset
from flows.parse.corrections import corrected, load_corrections
from flows.parse.history import Letter, one_letter_each, unread
from flows.parse.letters import page_groups, read_group
from flows.parse.passages import compared
from flows.parse.since import last_release, letters_since, write_since
from flows.parse.store import RecordWriter
from flows.release import build
from flows.release.versions import made_visible, newest, next_version


def parse(dataset: Dataset) -> list[Letter]:
    """Read the archive into records; return the letters."""
    archive = Archive(dataset.archive)
    catalogue = read_catalogue(archive, dataset)
    robots = rules_of(archive, dataset)
    read = [read_group(archive, dataset, group, robots) for group in page_groups(archive, catalogue)]
    plain = compared(one_letter_each(archive, dataset, catalogue, read))
    letters = corrected(plain, load_corrections(dataset.folder))
    issues = [*catalogue.issues, *unread(letters, read)]
    last = last_release(newest(dataset.releases))
    since = letters_since(archive, dataset, last, read, plain, letters, issues) if last else None
    with RecordWriter(dataset.records) as records:
        for letter in letters:
            records.add(letter.record.rows())
        records.add(entry.capture() for entry in archive.entries())
        records.add([*issues, *(found for letter in letters for found in letter.issues)])
        if since:
            write_since(records.staged, since)
    return letters


def release(dataset: Dataset) -> Path | None:
    """Release the records, whatever the gate would say; None if they say nothing new."""
    last = newest(dataset.releases)
    with build.opened(dataset) as staged:
        build.stage(staged)
        if last and build.same_content(staged, last):
            return None
        build.stage_changes(staged, last)
        version = next_version(dataset, build.captured(staged)[-1])
        build.complete(staged, version, [], last)
        return made_visible(dataset, staged.staging, version)


def released(dataset: Dataset) -> Path:
    """Parse and release; return the release."""
    parse(dataset)
    found = release(dataset)
    assert found is not None, "the records say nothing new"
    return found
