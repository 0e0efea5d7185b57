"""The gate: every check refuses what it is there for, by its name; and what may be accepted is."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.errors import UsageError
from flows.expectations import Expectations
from flows.release.gate import Check, accepted, checked, refusal, run_checks, sentence
from flows.release.gate.rules import RULES, names, rule_of
from flows.release.manifest import MANIFEST, read_manifest, write_json
from schemas.arrow import arrow_schema
from schemas.issues import Issue, issue
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
    with duckdb.connect(config={"threads": 1}) as con:
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
    "a code above its limit": (with_issues("no_text", 12), {"issues.no_text"}),
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
    assert {rule.name for rule in RULES} - {rule.name for rule in shown if rule} == {"{table}.schema", "schema.version"}


@pytest.mark.parametrize(
    ("change", "example"),
    [
        (lambda schema: schema.remove(5), {"column": "detail", "found": "nothing"}),
        (
            lambda schema: schema.set(1, pa.field("stage", pa.int64(), nullable=False)),
            {"found": "stage int64 not null"},
        ),
        (lambda schema: schema.set(1, pa.field("stage", pa.string())), {"found": "stage string"}),
        (lambda schema: schema.append(pa.field("more", pa.string())), {"column": "more", "declared": "nothing"}),
    ],
)
def test_a_file_that_is_not_as_declared_is_refused(
    change: Callable[[pa.Schema], pa.Schema], example: dict[str, str], last: Path, tmp_path: Path
) -> None:
    with duckdb.connect(config={"threads": 1}) as con:
        stage(tmp_path, sound_rows(), con)
        pq.write_table(change(arrow_schema(Issue)).empty_table(), tmp_path / "issues.parquet")
        checks = run_checks(con, tmp_path, last, EXPECTED)
    assert failed(checks) == {"issues.schema"}
    (check,) = (check for check in checks if not check.passed)
    assert any(example.items() <= row.items() for row in check.examples), check.examples


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with duckdb.connect(config={"threads": 1}) as con:
        stage(tmp_path, sound_rows(), con)
        (tmp_path / "programmes.parquet").unlink()
        assert failed(run_checks(con, tmp_path, None, EXPECTED)) == {"programmes.schema"}


def test_a_first_release_is_compared_with_nothing(tmp_path: Path) -> None:
    checks = gate(tmp_path, sound_rows(), None)
    assert failed(checks) == set()
    assert not [check.name for check in checks if check.name.endswith((".lost", ".new", ".growth"))]


def test_a_release_of_nothing_is_refused(last: Path, tmp_path: Path) -> None:
    nothing: Rows = {name: [] for name in sound_rows()}
    assert failed(gate(tmp_path / "first", nothing, None, Expectations())) == {
        "letters.count",
        "pages.unread",
        "pages.not_fetched",
    }
    checks = {check.name: check for check in gate(tmp_path / "next", nothing, last)}
    assert checks["letters.lost"].measured == checks["replies.rows.lost"].measured == 1
    assert not checks["letters.2024.lost"].passed


def test_letters_without_a_date_are_counted_in_no_year(last: Path, tmp_path: Path) -> None:
    rows = sound_rows()
    each("replies", published_on=None)(rows)
    undated = released(tmp_path / "undated", rows)
    assert "letters.2024.count" in failed(gate(tmp_path / "now", rows, undated))
    assert {"letters.2024.lost", "replies.published_on.fill.lost"} <= failed(gate(tmp_path / "lost", rows, last))
    assert not [name for name in failed(gate(tmp_path / "back", sound_rows(), undated)) if name.endswith(".lost")]


def test_a_last_release_of_an_older_schema_is_compared_as_far_as_it_goes(tmp_path: Path) -> None:
    old = released(tmp_path / "old", sound_rows())
    manifest = {**read_manifest(old), "schema_version": "0.9.0"}
    del manifest["tables"]["programmes"], manifest["tables"]["issues"]
    manifest["tables"]["replies"] = {"file": "replies.parquet", "rows": len(sound_rows()["replies"])}
    manifest["tables"]["retired"] = {"file": "programmes.parquet", "rows": 1}
    write_json(old / MANIFEST, manifest)
    replies = pq.read_table(old / "replies.parquet")
    renamed = [{"number": "no", "published_on": "date"}.get(name, name) for name in replies.column_names]
    pq.write_table(replies.rename_columns(renamed).drop_columns(["keywords"]), old / "replies.parquet")
    checks = gate(tmp_path / "now", sound_rows(), old)
    assert failed(checks) == set()
    made = {check.name for check in checks}
    assert {"letters.lost", "replies.signed_on.fill.lost", "citations.rows.lost"} <= made
    assert not made & {"replies.number.fill.lost", "letters.2024.lost", "programmes.rows.lost"}


def test_a_schema_version_that_is_too_low_is_refused(tmp_path: Path) -> None:
    last = released(tmp_path / "last", sound_rows())
    replies = pq.read_table(last / "replies.parquet")
    pq.write_table(replies.append_column("dropped", replies["number"]), last / "replies.parquet")
    checks = gate(tmp_path / "now", sound_rows(), last)
    assert failed(checks) == {"schema.version"}
    assert "dropped" in refusal("demo", checks)


def test_three_rows_are_no_share(tmp_path: Path) -> None:
    rows = sound_rows()
    del rows["programmes"][4:]
    last = released(tmp_path / "last", rows)
    del rows["programmes"][1:]
    assert failed(gate(tmp_path / "one", rows, last)) == set()
    rows["programmes"].clear()
    assert failed(gate(tmp_path / "none", rows, last)) == {"programmes.rows.lost"}


def test_a_table_in_parts_is_checked_in_every_part(tmp_path: Path) -> None:
    with duckdb.connect(config={"threads": 1}) as con:
        stage(tmp_path, sound_rows(), con)
        whole = pq.read_table(tmp_path / "citations.parquet")
        (tmp_path / "citations.parquet").unlink()
        pq.write_table(whole.slice(0, 5), tmp_path / "citations-00001.parquet")
        pq.write_table(whole.slice(5).drop_columns(["raw"]), tmp_path / "citations-00002.parquet")
        (check,) = (check for check in run_checks(con, tmp_path, None, EXPECTED) if not check.passed)
    assert check.name == "citations.schema"
    assert {row["file"] for row in check.examples} == {"citations-00002.parquet"}


class TestAccepting:
    """What does not hold can be accepted with a reason, unless it makes the release wrong."""

    def test_what_failed_is_accepted_and_kept_with_its_reason(self, last: Path, tmp_path: Path) -> None:
        rows = sound_rows()
        without_letters(of_year(2024))(rows)
        checks = gate(tmp_path, rows, last)
        accept = dict.fromkeys(failed(checks), " the year was made up ")
        checked(accept)
        told, unneeded = accepted(checks, accept)
        assert unneeded == []
        assert all(check.holds for check in told)
        row = next(check.row() for check in told if check.name == "letters.lost")
        assert row["because"] == "the year was made up"
        assert (row["passed"], row["limit"], row["bound"]) == (False, 0.05, "at most")
        assert 0.05 < row["measured"] < 1

    def test_what_did_not_fail_is_told_and_not_kept(self, last: Path, tmp_path: Path) -> None:
        checks = gate(tmp_path, sound_rows(), last)
        told, unneeded = accepted(
            checks, {"letters.lost": "just in case", "letters.1999.lost": "a year without letters"}
        )
        assert unneeded == ["letters.lost", "letters.1999.lost"]
        assert not [check for check in told if check.because]

    @pytest.mark.parametrize(
        ("name", "because", "says"),
        [
            ("letters.last", "so", "makes no check 'letters.last'; did you mean letters.lost"),
            ("replies.numbr.fill", "so", "did you mean replies.number.fill"),
            ("issues.no_txt.new", "so", "did you mean issues.no_text.new"),
            ("issues.elsewhere", "so", "makes no check"),
            ("dictionary.number.fill", "so", "makes no check"),
            ("", "so", "makes no check ''"),
            ("replies.unique", "so", "replies.unique cannot be accepted"),
            ("sentences.section_id.reference", "so", "cannot be accepted"),
            ("quantities.spans", "so", "cannot be accepted"),
            ("replies.schema", "so", "cannot be accepted"),
            ("letters.lost", " ", "wants a reason"),
        ],
    )
    def test_what_cannot_be_accepted(self, name: str, because: str, says: str) -> None:
        with pytest.raises(UsageError, match=re.escape(says)):
            checked({name: because})

    def test_integrity_is_not_accepted_even_unchecked(self, last: Path, tmp_path: Path) -> None:
        rows = sound_rows()
        twice("replies")(rows)
        told, unneeded = accepted(gate(tmp_path, rows, last), {"replies.unique": "so"})
        assert unneeded == ["replies.unique"]
        assert [check.name for check in told if not check.holds] == ["replies.unique"]

    def test_every_name_there_can_be_is_known(self) -> None:
        assert all(rule_of(name) for name in names())
        assert rule_of("letters.2024.lost") is not None
        assert rule_of("letters.20245.lost") is None


class TestRefusal:
    """A refusal says what was measured, the limit, which rows, and what to do."""

    def test_what_is_wrong_offers_no_way_around(self, last: Path, tmp_path: Path) -> None:
        rows = sound_rows()
        first("quantities", char_start=0)(rows)
        page = refusal("demo", gate(tmp_path, rows, last))
        assert rows["quantities"][0]["reply_id"] in page
        assert "nobody can accept" in page
        assert "--accept" not in page

    def test_what_is_not_as_expected_comes_with_the_command(self, last: Path, tmp_path: Path) -> None:
        rows = sound_rows()
        with_issues("duplicate_page", 6)(rows)
        page = refusal("demo", gate(tmp_path, rows, last))
        assert "dafu release demo --accept issues.duplicate_page.new --because '…'" in page
        assert "http://jyt.demo.invalid/duplicate_page/0" in page
        assert "`max_new_code` in `[expectations]`" in page

    def test_many_failures_are_the_first_few_and_a_count(self, last: Path, tmp_path: Path) -> None:
        rows = sound_rows()
        one_letter(rows)
        checks = gate(tmp_path, rows, last)
        assert re.fullmatch(r"(\S+ is \S+, at (most|least) \S+, ){4}and \d+ more", sentence(checks))
        assert len(refusal("demo", checks).split("### ")) == len(failed(checks)) + 1
