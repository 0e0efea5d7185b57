"""The parser against what careful readers found on the demo's pages before it saw them.

Identity, headings and cited documents have to be the same. What a quantity counts is a matter of a noun phrase's
bounds, on which rules and readers differ at the edges: their agreement is measured over all pages and must not fall.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.demo_pages import facts_files, hand_read, read_page

LETTERS = [path.stem for path in facts_files() if json.loads(path.read_text(encoding="utf-8"))["reply"]]
OTHERS = [path.stem for path in facts_files() if path.stem not in LETTERS]
IN_FILES = {name for name in LETTERS if Path(hand_read(name)["path"]).suffix != ".shtml"}


def record(name: str) -> dict[str, Any]:
    reading = read_page(name)
    assert reading is not None
    assert reading.record is not None, reading.issues
    return reading.record.model_dump(mode="json")


@pytest.mark.parametrize("name", LETTERS)
def test_identity(name: str) -> None:
    facts, found = hand_read(name), record(name)["reply"]
    assert found["letter_type"] == facts["letter_type"]
    expected = {**facts["reply"], "flags": sorted(set(facts["reply"]["flags"]) - {"posted_twice"})}
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize("name", LETTERS)
def test_headings(name: str) -> None:
    found = [[s["path"], s["level"], s["title"], s["run_in"]] for s in record(name)["sections"]]
    assert found == hand_read(name)["headings"]


@pytest.mark.parametrize("name", LETTERS)
def test_cited_documents(name: str) -> None:
    def plain(row: dict[str, Any]) -> tuple[Any, ...]:
        return row["raw"], tuple(row["issuers"]), row["issuer_basis"], row["doc_number"]

    assert [plain(row) for row in record(name)["citations"]] == [plain(row) for row in hand_read(name)["citations"]]


@pytest.mark.parametrize("name", LETTERS)
def test_quantities_and_their_values(name: str) -> None:
    def plain(row: dict[str, Any]) -> tuple[Any, ...]:
        return row["raw"], float(row["value"]), row["unit"], row["approximate"]

    assert [plain(row) for row in record(name)["quantities"]] == [plain(row) for row in hand_read(name)["quantities"]]


def test_what_is_counted_is_mostly_what_a_reader_says() -> None:
    agreed, total = 0, 0
    for name in LETTERS:
        read = Counter((q["raw"], q["counted"]) for q in hand_read(name)["quantities"])
        found = Counter((q["raw"], q["counted"]) for q in record(name)["quantities"])
        agreed += sum((read & found).values())
        total += sum(read.values())
    assert agreed / total >= 0.72


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_letter_is_not_read_as_one(name: str) -> None:
    reading, facts = read_page(name), hand_read(name)
    assert reading is None or reading.record is None
    kind = facts["letter_type"]
    if reading is not None and kind is not None and not facts["issue"]:
        assert [row.detail.split(":")[0] for row in reading.issues if row.code == "not_a_letter"] == [kind]


@pytest.mark.parametrize("name", sorted(IN_FILES))
def test_a_letter_in_a_file_says_so(name: str) -> None:
    found = record(name)["reply"]
    assert found["text_source"] == "attachment"
    assert found["selector"].endswith(hand_read(name)["path"])
