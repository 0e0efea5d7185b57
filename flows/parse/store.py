"""Records on disk: JSON Lines, one record, capture or issue a line, in a folder that is replaced as a whole.

    records/letters.jsonl    one `schemas.record.Record` a line
    records/captures.jsonl   one `schemas.captures.Capture` a line
    records/issues.jsonl     one `schemas.issues.Issue` a line

The release reads these and nothing else. A run that ends early leaves the records of the run before.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel

LETTERS, CAPTURES, ISSUES = "letters.jsonl", "captures.jsonl", "issues.jsonl"


class RecordWriter:
    """Writes the records of one parse beside those of the last one; `commit` puts them in their place."""

    def __init__(self, folder: Path) -> None:
        """Start afresh beside `folder`."""
        self._folder = folder
        self._staged = folder.with_name(f".{folder.name}.new")
        shutil.rmtree(self._staged, ignore_errors=True)
        self._staged.mkdir(parents=True)

    def write(self, name: str, rows: Iterable[BaseModel]) -> int:
        """Append rows to one of the files; return how many."""
        count = 0
        with (self._staged / name).open("a", encoding="utf-8") as file:
            for row in rows:
                file.write(row.model_dump_json() + "\n")
                count += 1
        return count

    def commit(self) -> None:
        """Put the new records where the old ones are."""
        old = self._folder.with_name(f".{self._folder.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if self._folder.exists():
            self._folder.rename(old)
        self._staged.rename(self._folder)
        shutil.rmtree(old, ignore_errors=True)


def read_lines(folder: Path, name: str) -> Iterator[str]:
    """Yield the lines of one of the files; nothing if it was never written."""
    path = folder / name
    if path.is_file():
        with path.open(encoding="utf-8") as file:
            yield from file
