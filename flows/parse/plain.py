"""The parse of a whole archive as plain functions, one after the other in this process."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from flows.crawl.archive import Archive
from flows.crawl.catalogue import read_catalogue
from flows.datasets import Dataset
from flows.parse.batches import batches, in_order, read_groups
from flows.parse.corrections import corrected, load_corrections
from flows.parse.documents import DOCUMENTS
from flows.parse.history import Letter, one_letter_each, unread
from flows.parse.letters import GroupReading, page_groups
from flows.parse.memory import aside, set_aside
from flows.parse.passages import compared
from flows.parse.since import Since, last_release, letters_since, write_since
from flows.parse.store import RecordWriter
from schemas.issues import Issue


def parse_plainly(dataset: Dataset, archive: Archive, previous: Path | None) -> None:
    """Read everything an archive holds, and keep it as the dataset's records; `previous` is the last release."""
    catalogue = read_catalogue(archive, dataset)
    with DOCUMENTS, aside():
        found: list[GroupReading] = []
        for batch in batches(page_groups(archive, catalogue)):
            found += read_groups(archive, dataset, batch)
            set_aside()
        read = in_order(found)
        plain = compared(one_letter_each(archive, dataset, catalogue, read))
        letters = corrected(plain, load_corrections(dataset.folder))
        issues = [*catalogue.issues, *unread(letters, read)]
        last = last_release(previous)
        since = letters_since(archive, dataset, last, read, plain, letters, issues) if last else None
        keep_records(dataset, archive, issues, letters, since)


def keep_records(
    dataset: Dataset, archive: Archive, issues: Iterable[Issue], letters: list[Letter], since: Since | None
) -> None:
    """Write the records, and what they were at the last release, in place of those of the last parse."""
    with RecordWriter(dataset.records) as records:
        records.note_archive(archive.reach())
        for letter in letters:
            records.add(letter.record.rows())
            records.add(letter.issues)
        records.add(entry.capture() for entry in archive.entries())
        records.add(issues)
        if since is not None:
            write_since(records.staged, since)
