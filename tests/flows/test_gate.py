"""The gate: every check refuses what it is there for, by its name; and what may be accepted is."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from flows.datasets import Expectations
from flows.errors import UsageError
from flows.release.gate import Check, accepted, checked, refusal, run_checks, sentence
from flows.release.gate.rules import RULES, names, rule_of
from schemas import TABLES
from schemas.issues import issue
from tests.flows.staged_release import Rows, released, sound_rows, stage

EXPECTED = Expectations(
    min_letters=20,
    letters_per_year={"2024": 5},
    fill={"replies.number": 0.8, "replies.keywords": 1.0},
    issues={"no_text": 0.1},
    max_unread_pages=0.2,
    max_not_fetched=0.15,
)


@pytest.fixture(scope="module")
def last(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the last release, which is sound."""
    return released(tmp_path_factory.mktemp("last"), sound_rows())


def gate(folder: Path, rows: Rows, last: Path | None, expectations: Expectations = EXPECTED) -> list[Check]:
    """Return the checks of a release of these rows."""
    with duckdb.connect() as con:
        stage(folder, rows, con)
        return run_checks(con, folder, last, expectations)


def failed(checks: list[Check]) -> set[str]:
    return {check.name for check in checks if not check.passed}


def each(table: str, share: float = 1.0, **columns: Any) -> Callable[[Rows], None]:
    """Return what sets columns in the first rows of a table."""

    def change(rows: Rows) -> None:
        for row in rows[table][: round(len(rows[table]) * share)]:
            row.update(columns)

    return change


def first(table: str, **columns: Any) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        rows[table][0].update(columns)

    return change


def twice(table: str, **columns: Any) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        rows[table].append({**rows[table][0], **columns})

    return change


def fewer(table: str, share: float) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        del rows[table][round(len(rows[table]) * share) :]

    return change


def without_letters(chosen: Callable[[dict[str, Any]], bool]) -> Callable[[Rows], None]:
    """Return what removes letters with all their rows."""

    def change(rows: Rows) -> None:
        gone = {row["reply_id"] for row in rows["replies"] if chosen(row)}
        for name, of_table in rows.items():
            rows[name] = [row for row in of_table if row.get("reply_id") not in gone or row.get("reply_id") is None]

    return change


def of_year(year: int) -> Callable[[dict[str, Any]], bool]:
    return lambda row: row["published_on"] is not None and row["published_on"].year == year


def with_issues(code: str, count: int, **columns: Any) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        for number in range(count):
            made = issue(code, "parse", f"no. {number}", url=f"http://jyt.demo.invalid/{code}/{number}")
            rows["issues"].append({**made.model_dump(), **columns})

    return change


def one_letter(rows: Rows) -> None:
    without_letters(lambda row: row != rows["replies"][0])(rows)


FAULTS: dict[str, tuple[Callable[[Rows], None], set[str]]] = {
    "a kind that is none": (first("replies", kind="poem"), {"replies.fit"}),
    "a flag that is none": (first("replies", flags=["odd"]), {"replies.fit"}),
    "a row twice": (twice("captures"), {"captures.unique", "captures.capture_id.unique"}),
    "a letter twice": (twice("replies"), {"replies.unique"}),
    "an id twice": (twice("sentences", n=9_999), {"sentences.sentence_id.unique"}),
    "a row of no letter": (first("programmes", reply_id="demo:0"), {"programmes.reply_id.reference"}),
    "a sentence of no section": (first("sentences", section_id="demo:0#h1"), {"sentences.section_id.reference"}),
    "a shifted span": (first("quantities", char_start=0), {"quantities.spans"}),
    "a span past the end": (first("citations", char_end=10**6), {"citations.spans"}),
    "a span before the start": (first("organizations", char_start=-1), {"organizations.spans"}),
    "few letters": (without_letters(lambda row: not of_year(2024)(row)), {"letters.count", "letters.lost"}),
    "an empty year": (without_letters(of_year(2024)), {"letters.2024.count", "letters.2024.lost", "letters.lost"}),
    "numbers not read": (
        each("replies", 0.5, number=None, number_int=None),
        {"replies.number.fill", "replies.number.fill.lost", "replies.number_int.fill.lost"},
    ),
    "no keywords": (each("replies", keywords=[]), {"replies.keywords.fill", "replies.keywords.fill.lost"}),
    "dates not read": (each("replies", 0.6, signed_on=None), {"replies.signed_on.fill.lost"}),
    "a table that shrank": (fewer("quantities", 0.5), {"quantities.rows.lost"}),
    "a table that is empty": (fewer("citations", 0), {"citations.rows.lost"}),
    "pages not read": (with_issues("parse_failed", 30), {"pages.unread", "issues.parse_failed.new"}),
    "letters that can no longer be read": (
        lambda rows: with_issues("letter_unreadable", 30, reply_id=rows["replies"][0]["reply_id"])(rows),
        {"pages.unread", "issues.letter_unreadable.new"},
    ),
    "pages not fetched": (
        with_issues("page_gone", 30),
        {"pages.unread", "pages.not_fetched", "issues.page_gone.growth"},
    ),
    "a code above its limit": (with_issues("no_text", 6), {"issues.no_text"}),
    "a new code": (with_issues("duplicate_page", 6), {"issues.duplicate_page.new"}),
    "a known code that grew": (with_issues("contact_removed", 9), {"issues.contact_removed.growth"}),
}


def test_a_sound_release_passes(last: Path, tmp_path: Path) -> None:
    checks = gate(tmp_path, sound_rows(), last)
    assert failed(checks) == set()
    assert len({check.name for check in checks}) == len(checks) > 100
    assert sentence(checks) == ""


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_refused_by_its_name(fault: str, last: Path, tmp_path: Path) -> None:
    change, expected = FAULTS[fault]
    rows = sound_rows()
    change(rows)
    checks = gate(tmp_path, rows, last)
    assert failed(checks) >= expected
    page = refusal("demo", checks)
    for name in expected:
        assert f"### {name}\n" in page
        assert rule_of(name) is not None
    if failed(checks) == expected:
        assert all(name in sentence(checks) for name in expected)


def test_every_rule_has_its_fault() -> None:
    shown = {rule_of(name) for _, expected in FAULTS.values() for name in expected}
    elsewhere = {"{table}.schema", "schema.version"}
    assert {rule.name for rule in RULES} - {rule.name for rule in shown if rule} == elsewhere
