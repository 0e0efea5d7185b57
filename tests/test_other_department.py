"""Another department of the province: another template, the same code."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, Dafu


@pytest.mark.usefixtures("prefect_server")
def test_a_second_department_is_a_folder_and_no_code(dafu: Dafu, tmp_path: Path) -> None:
    made = shutil.ignore_patterns("archive", "records", "releases", ".*")
    shutil.copytree(REPOSITORY / "datasets/demo-culture", tmp_path / "demo-culture", ignore=made)
    shutil.copytree(REPOSITORY / "datasets/liaoning-education/queries", tmp_path / "liaoning-education/queries")
    at = ("--datasets", str(tmp_path))
    report = dafu("run", "demo-culture", "--json", *at).json
    assert report["crawl"]["outcomes"] == {"gone_soft": 1, "ok": 16}
    assert report["parse"] == {
        "letters": 8,
        "issues": {
            "attachment_missing": 1,
            "attachment_not_read": 1,
            "contact_removed": 1,
            "not_a_letter": 1,
            "page_gone": 1,
        },
    }
    letters = dafu(
        "sql",
        "demo-culture",
        "SELECT number, kind, proposers[1].name AS proposer, CAST(published_on AS TEXT) AS published, "
        "CAST(signed_on AS TEXT) AS signed FROM replies ORDER BY reply_id",
        "--json",
        *at,
    ).json
    assert [tuple(letter.values()) for letter in letters] == [
        ("1033", "npc_suggestion", "赵德全", "2023-07-31", "2023-07-10"),
        ("0155", "cppcc_proposal", None, "2023-08-11", "2023-07-05"),
        ("0092", "cppcc_proposal", "郑晓岚", "2023-09-07", "2023-08-15"),
        (None, "cppcc_proposal", "孙立", "2024-06-28", "2024-06-14"),
        ("0377", "cppcc_proposal", "民建辽宁省委员会", "2024-07-12", "2024-05-20"),
        ("0218", "cppcc_proposal", "周明远", "2024-07-15", "2024-06-03"),
        ("1240", "npc_suggestion", "林涛", "2024-07-22", "2024-06-28"),
        ("1107", "npc_suggestion", "高桂兰", "2024-08-02", "2024-07-01"),
    ]
    promised = {(row["number"], row["raw"]) for row in dafu("queries", "demo-culture", "planned", "--json", *at).json}
    assert {("0218", "40个"), ("1240", "1名"), ("0092", "100所")} <= promised


def test_no_code_knows_a_department() -> None:
    code = [path for room in ("flows", "parsers", "schemas") for path in (REPOSITORY / room).rglob("*.py")]
    assert not [path for path in code if "tp-lb" in path.read_text(encoding="utf-8")]
