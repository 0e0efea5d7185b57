"""What the last release's captures say to the present parser: by that a release tells why a value is another one.

Three things lie between a value of the last release and that of the next: the parser, the pages, the corrections. They
are put in place one after the other, and where the value changes, there is its cause:

    old    the last release: the pages of then, the parser of then, the corrections of then
    then   the same pages, read by the present parser; the corrections of then
    now    the present pages; the corrections of then
    new    the next release: the present corrections as well

`then` replays the archive as it was, so whatever a release says of a letter (its history, its copies, its files, which
others are almost the same) is found out in the same way. Kept beside the records are the letters that differ:

    records/since/since.json     which release is meant, and which letters lie in then/ and now/
    records/since/then/, now/    their rows, one file a table; a letter that is in neither list is as in the records,
                                 one that is listed and has no row was no letter

A correction can hide what the page says. Where the page, or what the parser makes of it, changed under one, `masked`
says so.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_type_hints

import pyarrow as pa
import pyarrow.dataset as ds
from pydantic import TypeAdapter, ValidationError

from flows.crawl.archive import Archive
from flows.crawl.catalogue import read_catalogue, rules_of
from flows.datasets import Dataset
from flows.errors import DafuError
from flows.parse.corrections import CORRECTABLE, following, says, with_values
from flows.parse.history import Letter, one_letter_each, unread
from flows.parse.letters import GroupReading, Known, page_groups, read_group
from flows.parse.passages import compared
from flows.parse.store import RecordWriter
from flows.release.digests import file_digest
from flows.release.manifest import MANIFEST
from schemas.history import HistoryEvent
from schemas.issues import Issue
from schemas.record import Record
from schemas.replies import Reply
from schemas.table import Table

SINCE, SAID = "since", "since.json"
STEPS = ("then", "now")
NOBODY = ""
"""Stands among reply_ids for what belongs to no letter: issues of pages that are none."""


@dataclass(frozen=True, slots=True)
class LastRelease:
    """What of the last release is needed to read its pages again.

    `manifest`: the digest of its manifest. `captures`: the ids of its captures. `read_from`: the capture of each
    letter. `corrected`: by reply_id the columns that were corrected, with the values they were given, and what the
    issues said of it.
    """

    version: str
    manifest: str
    captures: frozenset[str]
    read_from: dict[str, str]
    corrected: dict[str, dict[str, Any]]
    issues: dict[str, list[Issue]]


@dataclass
class Since:
    """The letters by step that are not as in the records, by reply_id; None: it was no letter then."""

    last: LastRelease
    letters: dict[str, dict[str, Letter | None]]
    nobody: tuple[Issue, ...] | None
    lost: list[str]
    masked: list[tuple[str, str, str]] = field(default_factory=list)
    """(reply_id, column, cause)"""


def last_release(folder: Path | None) -> LastRelease | None:
    """Return what is needed of the release in `folder`, None if there is none; DafuError if it cannot be read."""
    if folder is None:
        return None
    try:
        captures = _table(folder, "captures", ["capture_id"]).column("capture_id").to_pylist()
        letters = _table(folder, "replies", ["reply_id", "capture_id"]).to_pylist()
        corrections = ds.field("code") == "corrected"
        issues = [_valid(Issue, row) for row in _table(folder, "issues", None, corrections).to_pylist()]
        corrected, told = _corrected(folder, [found for found in issues if found])
        return LastRelease(
            folder.name,
            file_digest(folder / MANIFEST),
            frozenset(captures),
            {row["reply_id"]: row["capture_id"] for row in letters},
            corrected,
            told,
        )
    except (OSError, pa.ArrowInvalid) as error:
        reason = str(error).splitlines()[0]
        raise DafuError(f"{folder} cannot be read ({reason}); restore it from a copy") from error


def letters_since(
    archive: Archive,
    dataset: Dataset,
    last: LastRelease,
    read: list[GroupReading],
    plain: list[Letter],
    final: list[Letter],
    issues: Iterable[Issue],
) -> Since:
    """Read the last release's captures anew and tell which letters differ from the `final` ones.

    `plain` are the present letters without their corrections, `issues` those of pages that are no letter; of the states
    in `read` none is read again.
    """
    known = Known()
    known.take_in(dataset, read)
    past = archive.as_of(last.captures)
    catalogue = read_catalogue(past, dataset)
    robots = rules_of(past, dataset)
    again = [read_group(past, dataset, group, robots, known=known) for group in page_groups(past, catalogue)]
    letters = one_letter_each(past, dataset, catalogue, again, known)
    nobody = (*catalogue.issues, *unread(letters, again))
    before = _by_id(compared(letters))
    present, ends = _by_id(plain), _by_id(final)
    there = {entry.capture_id for entry in archive.in_order()}
    lost = sorted(reply_id for reply_id, capture in last.read_from.items() if capture not in there)
    if not last.captures <= there:
        lost = [NOBODY, *sorted({*lost, *(last.read_from.keys() - before.keys())})]
    return Since(
        last,
        {
            "then": _overlay(_corrected_as(before, last), ends),
            "now": _overlay(_corrected_as(present, last), ends),
        },
        None if _same_issues(nobody, issues) else nobody,
        lost,
        list(_masked(before, present, last)),
    )


def write_since(records: Path, since: Since) -> None:
    """Write the letters that differ beside the records in `records`."""
    folder = records / SINCE
    folder.mkdir()
    for step in STEPS:
        with RecordWriter(folder / step) as rows:
            for letter in since.letters[step].values():
                if letter is not None:
                    rows.add(letter.record.rows())
                    rows.add(letter.issues)
            if step == "then":
                rows.add(since.nobody or ())
    said = {
        "release": since.last.version,
        "manifest_sha256": since.last.manifest,
        **{step: sorted(since.letters[step]) for step in STEPS},
        "lost": since.lost,
        "masked": since.masked,
    }
    if since.nobody is not None:
        said["then"] = [NOBODY, *sorted(since.letters["then"])]
    (folder / SAID).write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _by_id(letters: Iterable[Letter]) -> dict[str, Letter]:
    return {letter.record.reply.reply_id: letter for letter in letters}


def _overlay(letters: dict[str, Letter], final: dict[str, Letter]) -> dict[str, Letter | None]:
    """Return what is not as in `final`."""
    found: dict[str, Letter | None] = dict.fromkeys(final.keys() - letters.keys())
    found |= {i: letter for i, letter in letters.items() if i not in final or not _same(letter, final[i])}
    return dict(sorted(found.items()))


def _same(one: Letter, other: Letter) -> bool:
    return all(
        _told(getattr(one.record, name)) == _told(getattr(other.record, name)) for name in Record.model_fields
    ) and _same_issues(one.issues, other.issues)


def _told(said: Reply | tuple[Table, ...]) -> object:
    """Return what rows say, without what tells when and how we looked."""
    if isinstance(said, Reply):
        return _without_observed(said)
    if said and isinstance(said[0], HistoryEvent):
        return [_without_observed(row) for row in said]
    return said


def _without_observed(row: Table) -> list[Any]:
    observed = row.observed_columns()
    return [getattr(row, name) for name in type(row).model_fields if name not in observed]


def _same_issues(one: Iterable[Issue], other: Iterable[Issue]) -> bool:
    def order(found: Issue) -> str:
        return found.model_dump_json()

    return sorted(one, key=order) == sorted(other, key=order)


# --- the corrections of then


def _corrected_as(letters: dict[str, Letter], last: LastRelease) -> dict[str, Letter]:
    """Return the letters with the corrections that the last release had."""
    found = dict(letters)
    for reply_id in last.corrected.keys() & letters.keys():
        letter = letters[reply_id]
        reply = with_values(letter.record.reply, last.corrected[reply_id])
        record = letter.record.model_copy(update={"reply": reply})
        found[reply_id] = replace(letter, record=record, issues=(*letter.issues, *last.issues[reply_id]))
    return found


def _masked(before: dict[str, Letter], present: dict[str, Letter], last: LastRelease) -> Iterator[tuple[str, str, str]]:
    """Yield the columns that changed under a correction of the last release, and by what."""
    for reply_id in sorted(last.corrected.keys() & before.keys()):
        then = before[reply_id].record.reply
        now = present[reply_id].record.reply if reply_id in present else None
        for name, value in sorted(last.corrected[reply_id].items()):
            for column in (name, *following(name)):
                if now and getattr(then, column) != getattr(now, column):
                    yield reply_id, column, "source"
                if not any(says(found, name, getattr(then, name), value) for found in last.issues[reply_id]):
                    yield reply_id, column, "parser"


def _corrected(folder: Path, issues: list[Issue]) -> tuple[dict[str, dict[str, Any]], dict[str, list[Issue]]]:
    """Return the values that the last release's corrections gave, and its issues that say so, by reply_id."""
    told: dict[str, list[Issue]] = defaultdict(list)
    for found in issues:
        told[found.reply_id or NOBODY].append(found)
    letters = pa.array(told, pa.string())  # typed: there may be none
    rows = _table(folder, "replies", None, ds.field("reply_id").isin(letters)).to_pylist()
    values: dict[str, dict[str, Any]] = {}
    for row in rows:
        named = {found.detail.partition(":")[0] for found in told[row["reply_id"]]}
        values[row["reply_id"]] = dict(_fitting(row, sorted(named & set(CORRECTABLE) & row.keys())))
    return values, dict(told)


def _fitting(row: dict[str, Any], names: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Yield those of a row's values that the columns of today can hold."""
    for name in names:
        column: TypeAdapter[Any] = TypeAdapter(get_type_hints(Reply)[name])
        try:
            yield name, column.validate_python(row[name])
        except ValidationError:
            continue  # the column was of another type then: the schema changed, which the release says itself


def _valid(table: type[Issue], row: dict[str, Any]) -> Issue | None:
    try:
        return table.model_validate({name: row.get(name) for name in table.model_fields})
    except ValidationError:
        return None


def _table(folder: Path, name: str, columns: list[str] | None, rows: ds.Expression | None = None) -> pa.Table:
    """Return a table of a release, in one file or in parts."""
    files = sorted(str(path) for path in folder.glob(f"{name}*.parquet") if path.stem.partition("-")[0] == name)
    return ds.dataset(files).to_table(columns=columns, filter=rows)
