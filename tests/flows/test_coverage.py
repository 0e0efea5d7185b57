"""`coverage`: what a session's numbers show, and what the lists promised."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from schemas.issues import issue
from tests.flows.staged_release import Rows, sound_rows, stage

SITE = "http://jyt.demo.invalid/jyt/gk/zfxxgk/fdzdgknr/jyta"


def numbered(*numbers: str | None, **columns: Any) -> list[dict[str, Any]]:
    """Return letters of one session with these numbers."""
    one = sound_rows()["replies"][0]
    return [
        {
            **one,
            "reply_id": f"demo:{columns.get('session', 2)}-{at}",
            "kind": "cppcc_proposal",
            "body": "省政协",
            "term": 13,
            "session": 2,
            "number": number,
            "number_int": int(number) if number and number.isdigit() else None,
            **columns,
        }
        for at, number in enumerate(numbers)
    ]


def covered(folder: Path, letters: list[dict[str, Any]], *issues: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of coverage for letters and issues."""
    rows: Rows = {name: [] for name in sound_rows()}
    rows["replies"], rows["issues"] = letters, list(issues)
    with duckdb.connect(config={"threads": 1}) as con:
        stage(folder, rows, con)
        found: list[dict[str, Any]] = con.sql("FROM coverage").to_arrow_table().to_pylist()
        return found


def lost(code: str, path: str, reply_id: str | None = None) -> dict[str, Any]:
    return issue(code, "crawl", "detail", url=path if "://" in path else SITE + path, reply_id=reply_id).model_dump()


def test_the_numbers_between_are_ranges(tmp_path: Path) -> None:
    (row,) = covered(tmp_path, numbered("0003", "0004", "0007", "0007", "0100", "DH02", None))
    assert row["gaps"] == [{"first": 5, "last": 6}, {"first": 8, "last": 99}]
    assert {name: row[name] for name in list(row)[4:11]} == {
        "letters": 7,
        "without_number": 1,
        "other_number": 1,
        "numbers_seen": 4,
        "lowest": 3,
        "highest": 100,
        "numbers_missing": 94,
    }


def test_a_misprinted_number_makes_one_wide_gap(tmp_path: Path) -> None:
    (row,) = covered(tmp_path, numbered("1287", "1411353"))
    assert (row["numbers_missing"], row["gaps"]) == (1410065, [{"first": 1288, "last": 1411352}])


def test_a_session_is_a_row_and_letters_without_one_have_no_sequence(tmp_path: Path) -> None:
    letters = [*numbered("1", "2"), *numbered("9", session=3), *numbered("5", "7", session=None)]
    rows = {row["session"]: row for row in covered(tmp_path, letters)}
    assert {session: row["letters"] for session, row in rows.items()} == {2: 2, 3: 1, None: 2}
    assert (rows[2]["numbers_missing"], rows[2]["gaps"]) == (0, [])
    assert (rows[None]["lowest"], rows[None]["numbers_missing"], rows[None]["gaps"]) == (None, None, [])


@pytest.mark.parametrize(
    ("code", "fetched", "read"),
    [("page_gone", 1, 0), ("blocked", 1, 0), ("no_text", 0, 1), ("parse_failed", 0, 1), ("not_a_letter", 0, 0)],
)
def test_a_page_that_became_no_letter_is_counted_by_its_column(
    code: str, fetched: int, read: int, tmp_path: Path
) -> None:
    rows = covered(tmp_path, numbered("1"), lost(code, "/szxta/2024n/1.shtml"), lost(code, "/szxta/2024n/1.shtml"))
    unread = [row for row in rows if row["session"] is None]
    assert [(r["kind"], r["pages_not_fetched"], r["pages_not_read"], r["letters"]) for r in unread] == (
        [("cppcc_proposal", fetched, read, 0)] if fetched or read else []
    )


def test_what_is_a_letter_after_all_is_not_counted(tmp_path: Path) -> None:
    letters = numbered("1")
    letters[0]["url"] = f"{SITE}/szxta/2024n/1.shtml"
    issues = (
        lost("row_invalid", letters[0]["url"]),
        lost("attachment_not_read", "/szxta/1.doc", letters[0]["reply_id"]),
    )
    assert [row["letters"] for row in covered(tmp_path, letters, *issues)] == [1]


def test_a_page_outside_the_columns_has_no_kind(tmp_path: Path) -> None:
    (row,) = covered(tmp_path, [], lost("outside_site", "http://elsewhere.invalid/1.shtml"))
    assert (row["kind"], row["pages_not_fetched"], row["letters"]) == (None, 1, 0)


def test_nothing_is_covered_by_nothing(tmp_path: Path) -> None:
    assert covered(tmp_path, []) == []
