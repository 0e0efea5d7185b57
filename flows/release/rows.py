"""Records → validated rows of every table, in the order of a release."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from flows.errors import DafuError
from flows.parse.store import CAPTURES, ISSUES, LETTERS, read_lines
from schemas import TABLES
from schemas.captures import Capture
from schemas.dictionary import DictionaryEntry, dictionary
from schemas.issues import Issue, issue
from schemas.record import Record
from schemas.replies import Reply
from schemas.table import Table


@dataclass
class Rows:
    """The rows of a release by table."""

    by_table: dict[str, list[Table]] = field(default_factory=lambda: {table.about.name: [] for table in TABLES})

    def add(self, rows: Iterable[Table]) -> None:
        """Add rows to their tables."""
        for row in rows:
            self.by_table[row.about.name].append(row)

    def sort(self) -> None:
        """Put every table into the order of its key; the dictionary keeps the order of the columns themselves."""
        for table in TABLES:
            if table is not DictionaryEntry:
                key = table.about.key
                self.by_table[table.about.name].sort(key=lambda row, key=key: _sort_key(row, key))  # type: ignore[misc]


def read_rows(records: Path) -> Rows:
    """Validate the records and return their rows, sorted; a row that does not fit its table becomes an issue.

    DafuError if there are no records, or if a line is not JSON at all.
    """
    if not (records / LETTERS).is_file():
        raise DafuError(f"{records} holds no records; run `dafu parse {records.parent.name}` first")
    rows = Rows()
    for line in read_lines(records, LETTERS):
        try:
            rows.add(Record.model_validate_json(line).rows())
        except ValidationError:
            rows.add(_row_by_row(_loaded(records / LETTERS, line)))
    for name, table in ((CAPTURES, Capture), (ISSUES, Issue)):
        for line in read_lines(records, name):
            rows.add(_checked(table, _loaded(records / name, line), None))
    rows.add(dictionary(TABLES))
    rows.sort()
    return rows


def _row_by_row(record: dict[str, Any]) -> Iterable[Table]:
    """Validate a record whose whole did not pass: an invalid reply takes its letter along, another row only itself."""
    said = record.get("reply")
    url = said.get("url") if isinstance(said, dict) else None
    replies = list(_checked(Reply, said, url))
    yield from replies
    if not any(isinstance(row, Reply) for row in replies):
        return
    tables = {table.about.name: table for table in TABLES}
    for name in Record.model_fields:
        for row in record.get(name, []) if name in tables else []:
            yield from _checked(tables[name], row, url)


def _checked(table: type[Table], row: Any, url: str | None) -> Iterable[Table]:  # noqa: ANN401 - not checked yet
    try:
        yield table.model_validate_json(json.dumps(row))
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"])
        detail = f"{table.about.name}.{where}: {fault['msg']}"
        yield issue("row_invalid", "release", detail, url=url or (row.get("url") if isinstance(row, dict) else None))


def _loaded(path: Path, line: str) -> Any:  # noqa: ANN401 - whatever stands there
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise DafuError(f"{path} is damaged ({error}); run `dafu parse {path.parent.parent.name}` again") from None


def _sort_key(row: Table, key: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple((value is not None, value) for value in (getattr(row, name) for name in key))
