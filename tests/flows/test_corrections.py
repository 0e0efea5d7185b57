"""What pages say wrongly is corrected where somebody says so, and only as long as the page still says it."""

from __future__ import annotations

import datetime as dt
import io
import re
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from flows.datasets import dataset_names
from flows.errors import DafuError, UsageError
from flows.parse import corrections
from flows.parse.corrections import CORRECTABLE, FILE, Correction, corrected, load_corrections
from flows.parse.history import Letter
from parsers import letter as parser
from schemas.replies import Proposer, Reply
from tests.conftest import REPOSITORY, Dafu, ThreeRuns, copy_of_demo
from tests.flows.synthetic import letter

URL = "http://jyt.demo.invalid/a"
ENTRY = f"""[[correction]]
url = "{URL}"
field = "signed_on"
expected = "null"
value = 2023-09-27
reason = "The date is damaged."
evidence = "The paper copy."
"""


def loaded(folder: Path, text: str) -> list[Correction]:
    (folder / FILE).write_text(text, encoding="utf-8")
    return load_corrections(folder)


def correction(field: str, expected: Any, value: Any, url: str = URL) -> Correction:
    """Return a correction; None is written as it is in the file."""
    said = {"expected": expected, "value": value}
    written = {key: "null" if given is None else given for key, given in said.items()}
    return Correction(url=url, field=field, reason="why", evidence="whence", **written)


def one(*wanted: Correction, **columns: Any) -> Letter:
    """Return a letter with its corrections."""
    (found,) = corrected([letter("a", "全文。", **columns)], list(wanted))
    return found


@pytest.mark.parametrize("name", dataset_names(REPOSITORY / "datasets"))
def test_the_corrections_of_every_dataset_load(name: str) -> None:
    load_corrections(REPOSITORY / "datasets" / name)


def test_the_example_in_the_contributors_guide_and_in_the_empty_file_loads(tmp_path: Path) -> None:
    guide = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```toml\n(.*?)```", guide, flags=re.DOTALL)
    assert len(loaded(tmp_path, re.sub(r"^  ", "", shown, flags=re.M))) == 1
    empty = (REPOSITORY / "datasets/liaoning-education" / FILE).read_text(encoding="utf-8")
    assert loaded(tmp_path, empty) == []
    assert len(loaded(tmp_path, re.sub(r"^# ?", "", empty[empty.index("# [[") :], flags=re.M))) == 1


def test_no_file_corrects_nothing(tmp_path: Path) -> None:
    assert load_corrections(tmp_path) == []
    untouched = letter("a", "全文。")
    assert corrected([untouched], []) == [untouched]


def test_values_are_of_the_columns_type(tmp_path: Path) -> None:
    (found,) = loaded(tmp_path, ENTRY)
    assert (found.expected, found.value) == (None, dt.date(2023, 9, 27))
    proposers = (
        '[{ name = "阎立群", role = "委员", is_group = false }, { name = "民进", role = "null", is_group = true }]'
    )
    (found,) = loaded(
        tmp_path,
        ENTRY.replace("signed_on", "proposers").replace('"null"', "[]", 1).replace("2023-09-27", proposers),
    )
    assert found.value == [
        Proposer(name="阎立群", role="委员", is_group=False),
        Proposer(name="民进", role=None, is_group=True),
    ]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("reason =", "reasson =", "correction 1: reasson: dafu knows no such key"),
        ('expected = "null"\n', "", "correction 1: expected is missing"),
        ("value = 2023-09-27\n", "", "correction 1: value is missing"),
        ("2023-09-27", '"2023-09-27"', "correction 1: value: .*signed_on cannot hold 2023-09-27: .*valid date"),
        ("2023-09-27", "2023-09-27T00:00:00", "correction 1: value: .*valid date"),
        ("2023-09-27", '"null"', "correction 1: value: .*what the page gives already"),
        ('"null"', '""', 'correction 1: expected: .*null is written "null"'),
        ('"signed_on"', '"text"', "correction 1: field: .*'text' cannot be corrected, only letter_type, "),
        ('"signed_on"', '"sigend_on"', "correction 1: field: .*'sigend_on' cannot be corrected"),
        ('"signed_on"', '"lag_days"', "correction 1: field: .*follows published_on and signed_on; correct that"),
        ('"signed_on"', '"kind"', "correction 1: expected: .*kind cannot hold null: .*'cppcc_proposal'"),
        ('"The paper copy."', '" "', "correction 1: evidence: .*say something"),
        ("[[correction]]", "[correction]", r"begin every entry with \[\[correction\]\]"),
        ("[[correction]]", "[[corrections]]", "corrections: dafu knows no such key"),
        ("[[correction]]", "[[correction", "not valid TOML"),
        ("[[correction]]", "correction = [1]\n[other]", "other: dafu knows no such key"),
        (ENTRY, ENTRY + ENTRY, "correction 2: field: signed_on is corrected in 1 as well"),
        (ENTRY, ENTRY + ENTRY.replace("evidence", "evidenz"), "correction 2: evidenz"),
    ],
)
def test_a_fault_is_named_with_its_file_and_entry(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in ENTRY
    with pytest.raises(UsageError) as error:
        loaded(tmp_path, ENTRY.replace(old, new, 1))
    assert re.search(says, str(error.value)), str(error.value)
    assert str(error.value).startswith(str(tmp_path / FILE))
    assert "\n" not in str(error.value)


def test_what_may_be_corrected_is_a_column_and_not_what_everything_hangs_on() -> None:
    assert set(CORRECTABLE) <= set(Reply.model_fields)
    assert not {"reply_id", "text", "url", "content_sha256", "capture_id", "version", "flags"} & set(CORRECTABLE)
    assert not set(CORRECTABLE) & set(Reply.observed_columns())


def test_a_correction_is_flagged_and_reported_with_its_reason() -> None:
    before = letter("a", "全文。", signed_on=None, lag_days=None, flags=["date_damaged"])
    (after,) = corrected([before], [correction("signed_on", None, dt.date(2021, 6, 1))])
    changed = {
        name: getattr(after.record.reply, name)
        for name in Reply.model_fields
        if getattr(after.record.reply, name) != getattr(before.record.reply, name)
    }
    assert changed == {"signed_on": dt.date(2021, 6, 1), "lag_days": 84, "flags": ["corrected", "date_damaged"]}
    (issue,) = after.issues
    assert (issue.code, issue.severity, issue.url, issue.reply_id) == ("corrected", "info", URL, "a")
    assert issue.detail == "signed_on: null → 2021-06-01. Reason: why Evidence: whence"
    assert after.record.history == before.record.history


def test_columns_follow_the_one_that_they_are_derived_from() -> None:
    reply = one(correction("number", "0372", "0377")).record.reply
    assert (reply.number, reply.number_int) == ("0377", 377)
    reply = one(correction("number", "0372", "来信")).record.reply
    assert (reply.number, reply.number_int) == ("来信", None)
    reply = one(correction("published_on", dt.date(2021, 8, 24), None)).record.reply
    assert (reply.published_on, reply.lag_days) == (None, None)
    reply = one(correction("body_raw", "省政协", "省人大")).record.reply
    assert reply.body == "辽宁省人民代表大会"
    reply = one(correction("signatory_raw", "辽宁省教育厅", "省体育局")).record.reply
    assert reply.signatory == "辽宁省体育局"


def test_a_column_that_is_corrected_itself_follows_nothing() -> None:
    both = [
        correction("signatory_raw", "辽宁省教育厅", "省厅"),
        correction("signatory", "辽宁省教育厅", "辽宁省体育局"),
    ]
    reply = one(*both).record.reply
    assert (reply.signatory_raw, reply.signatory) == ("省厅", "辽宁省体育局")
    reply = one(correction("reply_class_raw", None, "[A1]")).record.reply
    assert (reply.reply_class_raw, reply.reply_class) == ("[A1]", None)
    reply = one(correction("reply_class", None, "A")).record.reply
    assert (reply.reply_class_raw, reply.reply_class) == (None, "A")


def test_lateness_follows_the_dates() -> None:
    assert parser._LATE == corrections._LATE
    long_ago = correction("signed_on", dt.date(2021, 6, 17), dt.date(2017, 6, 17))
    assert one(long_ago).record.reply.flags == ["corrected", "late_publication"]
    late = {"signed_on": dt.date(2017, 6, 17), "lag_days": 1529, "flags": ["late_publication"]}
    on_time = correction("signed_on", dt.date(2017, 6, 17), dt.date(2021, 6, 17))
    assert one(on_time, **late).record.reply.flags == ["corrected"]
    assert one(correction("number", "0372", "1"), **late).record.reply.flags == ["corrected", "late_publication"]


def test_several_columns_and_letters() -> None:
    letters = [letter(name, "全文。") for name in "abc"]
    wanted = [
        correction("number", "0372", "1"),
        correction("term", 12, 13),
        correction("term", 12, 11, "http://jyt.demo.invalid/c"),
    ]
    found = corrected(letters, wanted)
    assert [(one.record.reply.number, one.record.reply.term, len(one.issues)) for one in found] == [
        ("1", 13, 2),
        ("0372", 12, 0),
        ("0372", 11, 1),
    ]
    assert found[1] == letters[1]


def test_a_page_that_gives_something_else_by_now_fails() -> None:
    with pytest.raises(DafuError) as error:
        one(correction("number", "0373", "0377"), correction("term", 11, 13))
    said = str(error.value)
    assert said.startswith(f"{URL}: corrections.toml expects number to be 0373, but the page gives 0372; look at")
    assert said.endswith("then remove the correction or renew it (and 1 more)")
    assert error.value.exit_code == 1


def test_a_page_that_no_letter_has_fails() -> None:
    with pytest.raises(
        DafuError, match=r"^http://jyt\.demo\.invalid/b: .*corrects number .*no letter has this address"
    ):
        one(correction("number", "0372", "0377", "http://jyt.demo.invalid/b"))


@pytest.mark.usefixtures("prefect_server")
def test_a_parse_whose_correction_does_not_hold_leaves_the_last_records(
    dafu: Dafu, runs: ThreeRuns, tmp_path: Path
) -> None:
    shutil.copytree(runs.datasets, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("releases"))
    records, path = tmp_path / "demo/records", tmp_path / "demo" / FILE
    before = {file.name: file.read_bytes() for file in records.iterdir()}
    text = path.read_text(encoding="utf-8")
    for wrong, code, says in (
        (text.replace('"null"', "2023-09-26"), 1, "expects signed_on to be 2023-09-26, but the page gives null"),
        (text.replace("2023n", "2024n"), 1, "no letter has this address"),
        (text.replace("evidence", "evidenz"), 2, "dafu knows no such key"),
    ):
        path.write_text(wrong, encoding="utf-8")
        ended = dafu("parse", "demo", "--datasets", str(tmp_path))
        assert (ended.code, ended.out) == (code, "")
        assert says in ended.err
        assert {file.name: file.read_bytes() for file in records.iterdir()} == before
    path.write_text(text.replace("2023-09-27", "2023-09-28"), encoding="utf-8")
    assert dafu("parse", "demo", "--datasets", str(tmp_path)).code == 0
    old, new = (
        {row["reply_id"]: row for row in pq.read_table(io.BytesIO(replies)).to_pylist()}
        for replies in (before["replies.parquet"], (records / "replies.parquet").read_bytes())
    )
    ((one, other),) = [(old[reply_id], new[reply_id]) for reply_id in old if old[reply_id] != new[reply_id]]
    assert (one["signed_on"], one["lag_days"]) == (dt.date(2023, 9, 27), 15)
    assert other == {**one, "signed_on": dt.date(2023, 9, 28), "lag_days": 14}


def test_a_run_tells_a_fault_before_it_crawls(dafu: Dafu, tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "datasets/demo-culture", tmp_path / "demo-culture")
    copy_of_demo(tmp_path)  # with the questions that both share
    shutil.rmtree(tmp_path / "demo-culture/archive", ignore_errors=True)
    (tmp_path / "demo-culture" / FILE).write_text("corection = []", encoding="utf-8")
    ended = dafu("run", "demo-culture", "--datasets", str(tmp_path))
    assert (ended.code, ended.out) == (2, "")
    assert "corection: dafu knows no such key" in ended.err
    assert not (tmp_path / "demo-culture/archive").exists()


def test_what_is_reported_of_a_correction_names_no_contact() -> None:
    wanted = Correction(
        url=URL, field="number", expected="null", value="0001", reason="联系人:张三 说的", evidence="电话 024-86901234"
    )
    (found,) = [issue for issue in one(wanted, number=None).issues if issue.code == "corrected"]
    assert not any(secret in found.detail for secret in ("张三", "86901234"))
    assert "number: null → 0001" in found.detail
