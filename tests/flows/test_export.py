"""A release in other forms says what its Parquet files say, runs nothing in a spreadsheet, and can do without names."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.datasets import load_dataset
from flows.errors import DafuError, UsageError
from flows.read import workbook
from flows.read.export import Form, export
from flows.read.pseudonyms import Pseudonyms
from flows.read.table_files import FORMULA
from flows.release.digests import file_digest
from flows.release.manifest import differences, read_manifest
from schemas import TABLES
from tests.conftest import REPOSITORY, Dafu, ThreeRuns

KEY = "0123456789abcdef0123456789abcdef"
LONG = "长" * 40_000
NASTY = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\n=x", "'=1", "''@x", "＝1", "'x", "0536", "", "a,b\"c\nd", "𠮷" * 5,
    "=cmd|' /C calc'!A0", "http://example.org", "TRUE", "1e5",
]  # fmt: skip


def values(release: Path, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(release / f"{table}.parquet").to_pylist()
    return rows


def tables_of(release: Path) -> list[str]:
    return list(read_manifest(release)["tables"])


def plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value.isoformat() if isinstance(value, dt.date) else value


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with every type of column and every text that a spreadsheet runs, trims or cannot hold."""
    folder = tmp_path_factory.mktemp("release") / "2024.01.01"
    folder.mkdir()
    person = pa.struct([("name", pa.string()), ("is_group", pa.bool_())])
    schema = pa.schema(
        [("reply_id", pa.string()), ("text", pa.string()), ("n", pa.int64()), ("value", pa.float64()),
         ("flag", pa.bool_()), ("on", pa.date32()), ("at", pa.timestamp("us", tz="UTC")),
         ("words", pa.list_(pa.string())), ("people", pa.list_(person))]
    )  # fmt: skip
    rows = [
        {
            "reply_id": f"x:{number}", "text": text, "n": -number, "value": -0.5 * number, "flag": number % 2 == 0,
            "on": dt.date(2024, 2, 29), "at": dt.datetime(2024, 2, 29, 23, 59, 58, 123000, tzinfo=dt.UTC),
            "words": [text, "二"], "people": [{"name": "=HYPERLINK()", "is_group": True}],
        }
        for number, text in enumerate(NASTY, start=1)
    ]  # fmt: skip
    rows.append(dict.fromkeys(schema.names) | {"reply_id": "x:null", "n": 2**60, "on": dt.date(1850, 1, 1)})
    rows.append(dict.fromkeys(schema.names) | {"reply_id": "x:long", "text": LONG})
    rows.append(dict.fromkeys(schema.names) | {"reply_id": "x:wide", "text": "𠮷" * 20_000})
    written = {
        "replies": pa.Table.from_pylist(rows, schema=schema),
        "dictionary": pa.table({"table_name": ["replies"]}),
    }
    entries = {}
    for name, table in written.items():
        path = folder / f"{name}.parquet"
        pq.write_table(table, path, row_group_size=5)
        entries[name] = {"file": path.name, "sha256": file_digest(path), "rows": len(table)}
    said = {"version": "2024.01.01", "schema_version": "1.0.0", "tables": entries}
    (folder / "manifest.json").write_text(json.dumps(said), encoding="utf-8")
    return folder


def exported(release: Path, output: Path, form: Form, **options: Any) -> Path:
    return export(load_dataset("demo", REPOSITORY / "datasets"), release, output, form, **options).path


def csv_rows(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    csv.field_size_limit(1 << 20)
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and re.match(FORMULA, text) else text


def as_csv_says(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(plain(value))


@pytest.mark.parametrize("bom", [False, True])
def test_csv_holds_the_parquet_values(runs: ThreeRuns, tmp_path: Path, *, bom: bool) -> None:
    made = exported(runs.after, tmp_path / "out", "csv", bom=bom)
    assert (made / "replies.csv").read_bytes().startswith(b"\xef\xbb\xbf") is bom
    for table in tables_of(runs.after):
        expected = values(runs.after, table)
        rows = csv_rows(made / f"{table}.csv", "utf-8-sig" if bom else "utf-8")
        assert len(rows) == len(expected)
        for row, wanted in zip(rows, expected, strict=True):
            for column, value in wanted.items():
                if isinstance(value, list):
                    assert json.loads(row[column]) == value
                elif isinstance(value, float):
                    assert float(row[column]) == value
                else:
                    assert unguarded(row[column]) == as_csv_says(value)


def test_jsonl_holds_the_parquet_values(runs: ThreeRuns, tmp_path: Path) -> None:
    made = exported(runs.after, tmp_path / "out", "jsonl")
    for table in tables_of(runs.after):
        lines = (made / f"{table}.jsonl").read_text(encoding="utf-8").splitlines()
        expected = [{name: plain(value) for name, value in row.items()} for row in values(runs.after, table)]
        assert [json.loads(line) for line in lines] == expected
        with duckdb.connect() as con:
            count = con.execute("SELECT count(*) FROM read_json(?)", [str(made / f"{table}.jsonl")]).fetchone()
        assert count == (len(expected),)


def test_xlsx_holds_the_parquet_values(runs: ThreeRuns, tmp_path: Path) -> None:
    made = exported(runs.after, tmp_path / "out", "xlsx")
    book = openpyxl.load_workbook(made / "tables.xlsx", read_only=True)
    assert book.sheetnames == [*tables_of(runs.after), "notes"]
    assert list(book["notes"].iter_rows(min_row=2)) == []
    for table in tables_of(runs.after):
        header, *rows = book[table].iter_rows(values_only=True)
        expected = values(runs.after, table)
        assert list(header) == list(expected[0])
        assert len(rows) == len(expected)
        for row, wanted in zip(rows, expected, strict=True):
            for cell, value in zip(row, wanted.values(), strict=True):
                if isinstance(value, list):
                    assert json.loads(str(cell)) == value
                elif isinstance(value, dt.datetime):
                    assert isinstance(cell, dt.datetime)
                    assert abs(cell.replace(tzinfo=dt.UTC) - value) < dt.timedelta(milliseconds=1)
                elif isinstance(value, dt.date):
                    assert isinstance(cell, dt.datetime)
                    assert cell.date() == value
                else:
                    assert (cell or None) == (value or None)
                    assert type(cell) is type(value) or not value or isinstance(value, float)


def test_nothing_in_csv_is_a_formula_and_numbers_stay(made_up: Path, tmp_path: Path) -> None:
    made = exported(made_up, tmp_path / "out", "csv")
    rows, expected = csv_rows(made / "replies.csv"), values(made_up, "replies")
    cells = [row[column] for row in rows for column in ("text", "words", "people")]
    assert not [cell for cell in cells if re.match(r"[=+\-@\t\r\n＝＋－＠]", cell)]
    assert [unguarded(row["text"]) for row in rows] == [row["text"] or "" for row in expected]
    assert [row["n"] for row in rows[: len(NASTY)]] == [str(-number) for number in range(1, len(NASTY) + 1)]
    assert rows[0]["value"] == "-0.5"
    assert rows[0]["at"] == "2024-02-29T23:59:58.123000Z"
    text = (made / "replies.csv").read_text(encoding="utf-8")
    assert f'\nx:{NASTY.index("") + 1},"",' in text  # an empty text is none
    assert "\nx:null,," in text


def test_jsonl_is_left_as_it_is(made_up: Path, tmp_path: Path) -> None:
    made = exported(made_up, tmp_path / "out", "jsonl")
    lines = [json.loads(line) for line in (made / "replies.jsonl").read_text("utf-8").split("\n")[:-1]]
    assert [line["text"] for line in lines] == [row["text"] for row in values(made_up, "replies")]


def test_nothing_in_a_workbook_is_a_formula_and_what_does_not_fit_is_told(made_up: Path, tmp_path: Path) -> None:
    dataset = load_dataset("demo", REPOSITORY / "datasets")
    done = export(dataset, made_up, tmp_path / "out", "xlsx")
    assert done.cut == 2
    with zipfile.ZipFile(done.path / "tables.xlsx") as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet.lower().replace("=hyperlink", "")
    book = openpyxl.load_workbook(done.path / "tables.xlsx")
    rows = list(book["replies"].iter_rows(min_row=2))
    for row, text in zip(rows, NASTY, strict=False):
        cell = row[1]
        assert cell.data_type in ("s", "inlineStr") or text == ""
        assert bool(cell.quotePrefix) is bool(re.match(FORMULA, text))
        if "\r" not in text:  # XML has no carriage return of its own
            assert (cell.value or "") == text
    assert [row[2].value for row in rows[:3]] == [-1, -2, -3]
    assert rows[0][5].is_date
    assert rows[-3][2].value == str(2**60)
    assert rows[-3][5].value == "1850-01-01"
    assert rows[-2][1].value == LONG[:32_767]
    assert rows[-1][1].value == "𠮷" * (32_767 // 2)  # two units each
    notes = [(note[0], note[1], note[2]) for note in book["notes"].iter_rows(min_row=2, values_only=True)]
    last = len(rows) + 1
    assert notes == [
        ("replies", last - 2, "n"),
        ("replies", last - 2, "on"),
        *(("replies", n, "text") for n in (last - 1, last)),
    ]


def test_a_table_longer_than_a_sheet_is_refused(made_up: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 5)
    with pytest.raises(UsageError, match=r"too few for replies \(22 rows\); leave it out with --tables"):
        exported(made_up, tmp_path / "out", "xlsx")
    assert list(tmp_path.iterdir()) == []


def test_an_export_says_what_it_is_from(dafu: Dafu, runs: ThreeRuns, tmp_path: Path) -> None:
    at = ("--datasets", str(runs.datasets))
    out = tmp_path / "new" / "out"
    done = dafu("export", f"demo@{runs.before.name}", "--format", "csv", "--tables", "history, issues", "--output",
                str(out), "--json", *at)  # fmt: skip
    assert done.json["rows"].keys() == {"history", "issues", "dictionary"}
    assert {path.name for path in out.iterdir()} == {
        "history.csv", "issues.csv", "dictionary.csv", "README.md", "SHA256SUMS",
    }  # fmt: skip
    said = (out / "README.md").read_text(encoding="utf-8")
    entry = read_manifest(runs.before)["tables"]["history"]
    for fact in (
        f"release {runs.before.name}",
        str(entry["rows"]),
        file_digest(runs.before / "history.parquet"),
        "CC0",
    ):
        assert fact in said
    assert differences(out) == []


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--format", "csv", "--tables", "replys"), 2, "has no table replys; its tables are: replies, sections"),
        (("--format", "jsonl", "--bom"), 2, "--bom is for --format csv"),
        (("--format", "parquet"), 2, "Parquet already"),
        (("--format", "csv", "--pseudonymous"), 2, "DAFU_PSEUDONYM_KEY holds no key for pseudonyms"),
        (("--format", "csv", "--key-file", "k"), 2, "--key-file is for --pseudonymous"),
        (("--format", "csv", "--pseudonymous", "--key-file", "nowhere"), 2, "nowhere cannot be read"),
        (("--format", "pdf"), 2, "pdf"),
    ],
)
def test_what_cannot_be_exported_is_said(
    dafu: Dafu, runs: ThreeRuns, tmp_path: Path, options: tuple[str, ...], code: int, says: str
) -> None:
    done = dafu("export", "demo", *options, "--output", str(tmp_path / "out"), "--datasets", str(runs.datasets))
    assert done.code == code
    assert says in done.err
    assert list(tmp_path.iterdir()) == []


def test_an_export_overwrites_nothing_and_leaves_nothing_half_done(
    made_up: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = exported(made_up, tmp_path / "out", "csv")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(UsageError, match="is there already"):
        exported(made_up, out, "jsonl")
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    (tmp_path / "file").write_text("x")
    with pytest.raises(DafuError, match="cannot be written"):
        exported(made_up, tmp_path / "file" / "out", "csv")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("flows.read.export.write_jsonl", full)
    with pytest.raises(DafuError, match="No space left on device"):
        exported(made_up, tmp_path / "other", "jsonl")
    assert {path.name for path in tmp_path.iterdir()} == {"out", "file"}


def test_a_file_that_was_not_released_is_not_exported(made_up: Path, tmp_path: Path) -> None:
    release = tmp_path / "2024.01.01"
    release.mkdir()
    for path in made_up.iterdir():
        (release / path.name).write_bytes(path.read_bytes())
    pq.write_table(pa.table({"reply_id": ["forged"]}), release / "replies.parquet")
    with pytest.raises(DafuError, match=r"replies.parquet is not the file that was released"):
        exported(release, tmp_path / "out", "csv")


def persons(release: Path) -> set[str]:
    return {
        person["name"] for row in values(release, "replies") for person in row["proposers"] if not person["is_group"]
    }


@pytest.fixture(scope="module", params=["csv", "jsonl", "xlsx", "parquet"])
def without_names(
    request: pytest.FixtureRequest, runs: ThreeRuns, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Form, Path]:
    folder = tmp_path_factory.mktemp("without") / "out"
    return request.param, exported(runs.after, folder, request.param, key=KEY.encode())


def everything(form: Form, folder: Path) -> str:
    """Return all that an export says, as text."""
    found = []
    for path in sorted(folder.iterdir()):
        if form == "xlsx" and path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as parts:
                found += [parts.read(name).decode() for name in parts.namelist()]
        elif path.suffix == ".parquet":
            found += [
                json.dumps(pq.read_table(path).to_pylist(), ensure_ascii=False, default=str),
                str(pq.read_schema(path)),
            ]
        else:
            found.append(path.read_text(encoding="utf-8"))
    return "\n".join(found)


def test_no_proposers_name_gets_through(without_names: tuple[Form, Path], runs: ThreeRuns) -> None:
    form, folder = without_names
    names, said = persons(runs.after), everything(form, folder)
    assert len(names) > 40
    assert "徐鑫" in names
    assert [name for name in names if name in said] == []
    assert KEY not in said
    assert "○○" in said
    assert "民进本溪市委" in said  # a group is no person
    assert "○" not in everything(form, folder).partition("salutation_raw")[0][:200]


def test_pseudonyms_are_the_same_in_another_release_and_others_with_another_key(
    runs: ThreeRuns, tmp_path: Path
) -> None:
    def digests(release: Path, key: str, name: str) -> dict[str, list[str]]:
        made = exported(release, tmp_path / name, "parquet", key=key.encode(), tables=["replies"])
        return {row["reply_id"]: [person["name"] for person in row["proposers"]] for row in values(made, "replies")}

    before, after, other = (
        digests(runs.before, KEY, "a"), digests(runs.after, KEY, "b"), digests(runs.after, KEY[::-1], "c"),
    )  # fmt: skip
    assert all(after[reply_id] == pseudonyms for reply_id, pseudonyms in before.items())
    named = {
        row["reply_id"] for row in values(runs.after, "replies") if any(not p["is_group"] for p in row["proposers"])
    }
    assert all(after[reply_id] != other[reply_id] for reply_id in named)
    assert all(re.fullmatch(r"[0-9a-f]{32}", digest) for reply_id in named for digest in after[reply_id])


def test_spans_hold_and_everything_else_is_as_it_was(runs: ThreeRuns, tmp_path: Path) -> None:
    made = exported(runs.after, tmp_path / "out", "parquet", key=KEY.encode())
    texts = {row["reply_id"]: row["text"] for row in values(made, "replies")}
    left_out = {table.about.name for table in TABLES if not (made / f"{table.about.name}.parquet").exists()}
    assert left_out == {"changes", "search_letters", "terms", "postings"}
    for table in (table for table in TABLES if table.about.name not in left_out):
        name = table.about.name
        rows, before = values(made, name), values(runs.after, name)
        assert len(rows) == len(before)
        for row, was in zip(rows, before, strict=True):
            if table.about.raw:
                raw = "".join(row[column] for column in table.about.raw)
                assert texts[row["reply_id"]][row["char_start"] : row["char_end"]] == raw
            for column, value in was.items():
                if column in ("content_sha256", "passage_sha256", "salutation_raw", "proposers", "detail"):
                    continue
                said, expected = (json.dumps(v, ensure_ascii=False, default=str) for v in (row[column], value))
                assert len(said) == len(expected)
                assert all(now in (old, "○") for now, old in zip(said, expected, strict=True)), (name, column)
    same = [
        row["text"] == was["text"]
        for row, was in zip(values(made, "sentences"), values(runs.after, "sentences"), strict=True)
    ]
    assert sum(same) > 0.95 * len(same)


def test_names_that_are_set_wide_escaped_or_cut_in_words_are_found() -> None:
    row = {
        "reply_id": "x:1", "letter_type": "reply", "salutation_raw": "王 小明、阿迪力·买买提委员",
        "text": "王 小明、阿迪力·买买提委员:\n小明学校。", "keywords": ["小明", "教育"],
        "page_title": "对王小明委员提案的答复", "proposal_title": None,
        "title_tokens": ["对", "王", "小明", "委员", "提案", "的", "答复"],
        "proposers": [
            {"name": "王小明", "role": "委员", "is_group": False},
            {"name": "阿迪力·买买提", "role": "委员", "is_group": False},
            {"name": "民进辽宁省委", "role": None, "is_group": True},
        ],
    }  # fmt: skip
    batch = pa.RecordBatch.from_pylist([row])
    pseudonyms = Pseudonyms(KEY.encode(), lambda: [batch])

    def changed(table: str, **columns: Any) -> dict[str, Any]:
        made = pseudonyms.of_table(table)
        assert made is not None
        rows: list[dict[str, Any]] = made(pa.RecordBatch.from_pylist([columns])).to_pylist()
        return rows[0]

    reply = changed("replies", **row)
    assert reply["text"] == "○ ○○○○○○○○○○○○:\n小明学校。"
    assert reply["salutation_raw"] is None
    assert reply["keywords"] == ["○○", "教育"]
    assert reply["title_tokens"] == ["对", "○", "○○", "委员", "提案", "的", "答复"]
    assert reply["proposers"][2]["name"] == "民进辽宁省委"
    other = changed(
        "issues", reply_id=None, code="x", url="http://a/%E7%8E%8B%E5%B0%8F%E6%98%8E.docx", detail="阿迪力•买买提"
    )
    assert other["url"] == "http://a/○○○.docx"
    assert other["detail"] == "○○○○○○○"
    corrected = changed(
        "issues", reply_id="x:1", code="corrected", url="u", detail="proposers: 王晓明 → 王小明. Reason: …"
    )
    assert "晓明" not in corrected["detail"]
    sentence = changed(
        "sentences", reply_id="x:2", char_start=0, text="王小明和同学", tokens=["王", "小明", "和", "同学", "小明和"]
    )
    assert sentence["tokens"] == ["○", "○○", "和", "同学", "○○○"]
    section = changed(
        "sections", reply_id="x:2", marker="一、", title="关于王小明", char_start=0, tokens=["关于", "王", "小明"]
    )
    assert section["tokens"] == ["关于", "○", "○○"]


def test_a_table_that_nobody_thought_about_is_left_out(runs: ThreeRuns) -> None:
    replies = pa.RecordBatch.from_pylist(values(runs.after, "replies"))
    pseudonyms = Pseudonyms(KEY.encode(), lambda: [replies])
    assert pseudonyms.knows("sentences")
    assert not any(map(pseudonyms.knows, ("terms", "postings", "changes", "search_letters")))


def test_the_key_comes_from_the_environment_or_a_file(
    dafu: Dafu, runs: ThreeRuns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = ("--pseudonymous", "--format", "jsonl", "--tables", "replies", "--datasets", str(runs.datasets))
    (tmp_path / "key").write_text(KEY + "\n")
    told = [dafu("export", "demo", "--key-file", str(tmp_path / "key"), "--output", str(tmp_path / "a"), *at)]
    monkeypatch.setenv("DAFU_PSEUDONYM_KEY", KEY)
    told.append(dafu("export", "demo", "--output", str(tmp_path / "b"), *at))
    assert (tmp_path / "a/replies.jsonl").read_bytes() == (tmp_path / "b/replies.jsonl").read_bytes()
    assert all(done.code == 0 and KEY not in done.out + done.err for done in told)
    monkeypatch.setenv("DAFU_PSEUDONYM_KEY", "short")
    done = dafu("export", "demo", "--output", str(tmp_path / "c"), *at)
    assert done.code == 2
    assert "holds too short a key" in done.err
