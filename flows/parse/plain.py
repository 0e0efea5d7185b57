"""The parse of a whole archive as plain functions, one after the other in this process."""

from __future__ import annotations

from collections.abc import Iterable

from flows.crawl.archive import Archive
from flows.crawl.catalogue import read_catalogue
from flows.datasets import Dataset
from flows.parse.batches import batches, in_order, read_groups
from flows.parse.corrections import corrected, load_corrections
from flows.parse.documents import DOCUMENTS
from flows.parse.history import Letter, one_letter_each, unread
from flows.parse.letters import page_groups
from flows.parse.passages import compared
from flows.parse.store import RecordWriter
from schemas.issues import Issue


def parse_plainly(dataset: Dataset, archive: Archive) -> None:
    """Read everything an archive holds, and keep it as the dataset's records."""
    catalogue = read_catalogue(archive, dataset)
    with DOCUMENTS:
        wanted = batches(page_groups(archive, catalogue))
        read = in_order([reading for batch in wanted for reading in read_groups(archive, dataset, batch)])
        letters = one_letter_each(archive, dataset, catalogue, read)
    issues = [*catalogue.issues, *unread(letters, read)]
    keep_records(dataset, archive, issues, compared(corrected(letters, load_corrections(dataset.folder))))


def keep_records(dataset: Dataset, archive: Archive, issues: Iterable[Issue], letters: list[Letter]) -> None:
    """Write the records in place of those of the last parse."""
    with RecordWriter(dataset.records) as records:
        records.note_archive(archive.reach())
        for letter in letters:
            records.add(letter.record.rows())
            records.add(letter.issues)
        records.add(entry.capture() for entry in archive.entries())
        records.add(issues)
