"""A release as one workbook: a sheet a table, and one that says what did not fit."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from flows.errors import UsageError
from flows.read.table_files import FORMULA

if TYPE_CHECKING:
    from flows.read.export import Source

MOST_ROWS = 1_048_575
"""Rows of a sheet, without the one with the names."""
MOST_CHARACTERS = 32_767
"""UTF-16 units that a cell holds."""
NOTES = "notes"
_EXACT = 2**53
_FIRST_DAY = dt.date(1900, 3, 1)
"""Before it spreadsheets count days differently."""


def write_workbook(sources: Sequence[Source], path: Path) -> int:
    """Write `sources` as sheets, row by row; return how many cells were cut to what a cell holds.

    Texts are texts whatever they begin with, dates are dates, timestamps are UTC, lists and structs are JSON. What was
    cut, and what stands as text because a sheet cannot hold it as a number or date, is told in the sheet `notes`.
    UsageError if a table has more rows than a sheet.
    """
    too_long = [f"{source.name} ({source.rows:,} rows)" for source in sources if source.rows > MOST_ROWS]
    if too_long:
        raise UsageError(
            f"a sheet holds {MOST_ROWS:,} rows, too few for {', '.join(too_long)}; leave it out with --tables, or "
            "choose --format csv"
        )
    options = {"constant_memory": True, "tmpdir": str(path.parent), "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as book:
        sheets = _Sheets(book)
        for source in sources:
            sheets.write(source)
        sheets.write_notes()
        return sheets.cut


class _Sheets:
    """The sheets of a workbook and what has to be told of them."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book, self.cut = book, 0
        self._notes: list[tuple[str, int, str, str]] = []
        self._bold: Format = book.add_format({"bold": True})
        self._date: Format = book.add_format({"num_format": "yyyy-mm-dd"})
        self._time: Format = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"})
        self._guarded: Format = book.add_format({"quote_prefix": True})

    def write(self, source: Source) -> None:
        """Write a table."""
        sheet = self._sheet(source.name, source.schema.names)
        for number, row in enumerate(_rows(source), start=1):
            for column, value in enumerate(row):
                self._write(sheet, number, column, value, source)

    def write_notes(self) -> None:
        """Write the last sheet: what stands otherwise than in the release."""
        sheet = self._sheet(NOTES, ["table", "row", "column", "note"])
        for number, note in enumerate(self._notes[:MOST_ROWS], start=1):
            for column, value in enumerate(note):
                (sheet.write_number if isinstance(value, int) else sheet.write_string)(number, column, value)

    def _sheet(self, name: str, columns: Sequence[str]) -> Worksheet:
        sheet = self._book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for column, said in enumerate(columns):
            sheet.write_string(0, column, said, self._bold)
        return sheet

    def _write(self, sheet: Worksheet, row: int, column: int, value: Any, source: Source) -> None:  # noqa: ANN401
        if value is None:
            return
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value)
        elif isinstance(value, (int, float)) and math.isfinite(value) and abs(value) <= _EXACT:
            sheet.write_number(row, column, value)
        elif isinstance(value, dt.datetime):
            sheet.write_datetime(row, column, value.astimezone(dt.UTC).replace(tzinfo=None), self._time)
        elif isinstance(value, dt.date) and value >= _FIRST_DAY:
            sheet.write_datetime(row, column, value, self._date)
        else:
            if not isinstance(value, str):
                self._note(source, row, column, "stands as text: a sheet holds it neither as a number nor as a date")
            self._write_text(sheet, row, column, str(value), source)

    def _write_text(self, sheet: Worksheet, row: int, column: int, text: str, source: Source) -> None:
        kept = _cut(text)
        if len(kept) < len(text):
            self.cut += 1
            said = f"cut after {len(kept):,} of {len(text):,} characters, as many as a cell holds; the Parquet has all"
            self._note(source, row, column, said)
        if re.match(FORMULA, kept):
            sheet.write_string(row, column, kept, self._guarded)
        else:
            sheet.write_string(row, column, kept)

    def _note(self, source: Source, row: int, column: int, said: str) -> None:
        self._notes.append((source.name, row + 1, source.schema.names[column], said))


def _rows(source: Source) -> Iterator[tuple[Any, ...]]:
    nested = [pa.types.is_nested(column.type) for column in source.schema]
    for batch in source.batches():
        columns = [
            [None if value is None else json.dumps(value, ensure_ascii=False) for value in column.to_pylist()]
            if is_nested
            else column.to_pylist()
            for column, is_nested in zip(batch.columns, nested, strict=True)
        ]
        yield from zip(*columns, strict=True)


def _cut(text: str) -> str:
    """Return as much of a text as a cell holds, no character halved."""
    if len(text) <= MOST_CHARACTERS // 2:
        return text
    kept = text.encode("utf-16-le")[: 2 * MOST_CHARACTERS]
    return kept.decode("utf-16-le", errors="ignore")
