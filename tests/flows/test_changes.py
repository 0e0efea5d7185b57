"""Three releases of a site that lives by a plan: what is said to have changed, and why, has to be the plan."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.text import Text

from flows.datasets import Dataset, load_dataset
from flows.errors import DafuError
from flows.parse import letters as reader
from flows.parse.corrections import FILE
from flows.read import diff
from flows.release.manifest import MANIFEST, differences, read_manifest, write_json, write_sums
from parsers import letter as parser
from parsers import marks as marks_of
from parsers.frame import LetterFile
from parsers.letter import Provenance, Reading
from parsers.marks import Marks
from schemas.issues import issue
from tests.conftest import Dafu, copy_of_demo
from tests.flows.living_site import LivingSite, alive, crawl_once, on_day
from tests.flows.releasing import parse, release, released
from tests.flows.synthetic import prose

Change = tuple[str, int | None, str, str | None, str]
"""Table, the letter's number, what, column, causes joined by +."""
SESSIONS = {2: "二", 3: "三"}


def page(number: int, sentence: str = "", *, grade: str = "", session: int = 2, like: int | None = None) -> str:
    """Return the page of a letter whose paragraph is as no other's (but that of `like`), and a sentence."""
    paragraph = prose(random.Random(like or number), 90)
    return f"""<!doctype html><html><head><meta charset="utf-8"><title>答复</title></head><body><div class="xxgk_tit">
<h1>对省政协十三届{SESSIONS[session]}次会议第{number:04}号提案的答复</h1></div><div class="TRS_Editor"><p>{grade}</p>
<p>张三委员：</p><p>您提出的《关于办好第{number}所学校的提案》收悉，现答复如下：</p><p>{paragraph}</p><p>{sentence}</p>
<p>辽宁省教育厅</p><p>2023年8月1日</p></div></body></html>"""


def correction(url: str, expected: int, value: int) -> str:
    """Return an entry of corrections.toml on a letter's session."""
    return (
        f'[[correction]]\nurl = "{url}"\nfield = "session"\nexpected = {expected}\nvalue = {value}\n'
        'reason = "The title is wrong."\nevidence = "The paper copy."\n'
    )


@contextmanager
def older_parser() -> Iterator[None]:
    """Read as a parser that knows no class marks, and takes no. 8 for something else."""

    def marks(*said: Any, **how: Any) -> Marks:
        return replace(read_marks(*said, **how), reply_class_raw=None, reply_class=None)

    def letter(html: str, selectors: Any, known: Provenance, file: LetterFile | None = None) -> Reading:
        if "第0008号" in html:
            return Reading(None, (issue("not_a_letter", "parse", "第0008号", url=known.url),))
        return read_letter(html, selectors, known, file)

    read_marks, read_letter = marks_of.read_marks, parser.read_letter
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parser, "read_marks", marks)
        patch.setattr(reader, "read_letter", letter)
        yield


@dataclass(frozen=True)
class ThreeReleases:
    """The dataset and its releases; `urls` are the letters' addresses by number."""

    dataset: Dataset
    first: Path
    second: Path
    third: Path
    urls: dict[int, str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> ThreeReleases:
    dataset = load_dataset("demo", copy_of_demo(tmp_path_factory.mktemp("changes")))
    corrections = dataset.folder / FILE
    site = LivingSite(per_page=50)
    paths = {number: site.add(str(number), page=page(number)) for number in (*range(1, 11), 12)}
    for number in (3, 4):
        site.pages[paths[number]] = page(number, grade="[A1]")
    for number in (2, 10):
        site.pages[paths[number]] = page(number, "我们将办好学校。")
    with alive(site, dataset, revisit_every=1, sweep_every=90) as (live, _):
        urls = {number: live.site.base_url + path for number, path in paths.items()}
        crawl_once(live, on_day(0))
        corrections.write_text(correction(urls[6], 2, 4) + correction(urls[7], 2, 4), encoding="utf-8")
        with older_parser():
            first = released(live)

        site.pages[paths[2]] = page(2, "我们将办好50所学校。")
        site.pages[paths[4]] = page(4, grade="[B1]")
        site.pages[paths[7]] = page(7, session=3)
        withdrawn = site.pages.pop(paths[9])
        site.lists["2024n"].remove(paths[9])
        paths[11] = site.add("11", page=page(11, like=12))
        crawl_once(live, on_day(1))
        corrections.write_text(correction(urls[5], 2, 3) + correction(urls[7], 3, 5), encoding="utf-8")
        second = released(live)

        site.pages[paths[9]] = withdrawn
        site.lists["2024n"].append(paths[9])
        site.pages[paths[10]] = page(10, "我们将办好大学。")
        crawl_once(live, on_day(2))
        site.pages[paths[10]] = page(10, "我们将办好中学。")
        crawl_once(live, on_day(3))
        third = released(live)
        return ThreeReleases(live, first, second, third, urls)


def number_of(reply_id: str | None) -> int | None:
    return int(reply_id[-5:]) if reply_id else None


def rows_of(release: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(release / "changes.parquet").to_pylist()
    return found


def told(rows: list[dict[str, Any]]) -> list[Change]:
    """Return what changes say, in the order of the plan."""
    return in_order(
        (row["table_name"], number_of(row["reply_id"]), row["change"], row["column_name"], "+".join(row["causes"]))
        for row in rows
    )


def in_order(changes: Iterable[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: tuple(str(part) for part in change))


def edited(number: int, *columns: str, times: int = 1) -> list[Change]:
    """Return what every edit changes, and the columns of replies that this one does."""
    columns = (*columns, "capture_id", "content_sha256", "version")
    return [("replies", number, "changed", column, "source") for column in columns] + [
        ("history", number, "added", None, "source")
    ] * times


SECOND: list[Change] = [
    # 2: a sentence was edited
    *edited(2, "text"),
    ("sentences", 2, "changed", "text", "source"),
    ("sentences", 2, "changed", "tokens", "source"),
    ("commitments", 2, "changed", "text", "source"),
    ("commitments", 2, "changed", "actions", "source"),
    ("quantities", 2, "added", None, "source"),
    # 3: its class is read now
    ("replies", 3, "changed", "reply_class", "parser"),
    ("replies", 3, "changed", "reply_class_raw", "parser"),
    # 4: its class is read now, and another one
    *edited(4, "text"),
    ("replies", 4, "changed", "reply_class", "parser+source"),
    ("replies", 4, "changed", "reply_class_raw", "parser+source"),
    # 5: corrected
    ("replies", 5, "changed", "session", "correction"),
    ("replies", 5, "changed", "flags", "correction"),
    ("issues", 5, "added", None, "correction"),
    # 6: no longer corrected
    ("replies", 6, "changed", "session", "correction"),
    ("replies", 6, "changed", "flags", "correction"),
    ("issues", 6, "removed", None, "correction"),
    # 7: edited under its correction, which was renewed
    *edited(7, "page_title", "title_tokens"),
    ("replies", 7, "changed", "session", "correction+source"),
    ("issues", 7, "added", None, "correction"),
    ("issues", 7, "removed", None, "correction"),
    # 8: a page that was there before is read as a letter
    ("replies", 8, "added", None, "parser"),
    ("issues", None, "removed", None, "parser"),
    # 9: withdrawn
    ("replies", 9, "changed", "flags", "source"),
    ("history", 9, "added", None, "source"),
    # 11: new on the site, in almost the words of 12
    ("replies", 11, "added", None, "source"),
    ("replies", 12, "changed", "near_duplicate_group", "other_letters"),
    ("shared_passages", 12, "added", None, "other_letters"),
]
THIRD: list[Change] = [
    # 9: returned
    ("replies", 9, "changed", "flags", "source"),
    ("history", 9, "added", None, "source"),
    # 10: edited twice
    *edited(10, "text", times=2),
    ("sentences", 10, "changed", "text", "source"),
    ("sentences", 10, "changed", "tokens", "source"),
    ("commitments", 10, "changed", "text", "source"),
    ("commitments", 10, "changed", "actions", "source"),
]

STAYED = [change for change in (*SECOND, *THIRD) if change[:3] != ("replies", 9, "changed")]
"""From the first release to the third: 9 is back."""


def test_the_changes_are_the_plan(made: ThreeReleases) -> None:
    assert rows_of(made.first) == []
    assert "This is the first release." in (made.first / "CHANGES.md").read_text(encoding="utf-8")
    assert told(rows_of(made.second)) == in_order(SECOND)
    assert told(rows_of(made.third)) == in_order(THIRD)


def test_a_change_says_from_what_to_what_and_stands_on_captures(made: ThreeReleases) -> None:
    (row,) = [
        row for row in rows_of(made.second) if number_of(row["reply_id"]) == 7 and row["column_name"] == "session"
    ]
    assert (row["old_value"], row["new_value"]) == ("4", "5")
    assert "No longer corrected: session: 2 → 4." in row["because"]
    assert "session: 3 → 5. Reason: The title is wrong." in row["because"]
    for folder, column in ((made.first, "old_capture_id"), (made.second, "new_capture_id")):
        replies = pq.read_table(folder / "replies.parquet", columns=["reply_id", "capture_id"]).to_pylist()
        assert {"reply_id": row["reply_id"], "capture_id": row[column]} in replies


def test_the_page_for_people_tells_letters_first(made: ThreeReleases) -> None:
    said = (made.second / "CHANGES.md").read_text(encoding="utf-8")
    titles = [line[3:] for line in said.splitlines() if line.startswith("## ")]
    assert titles == [
        "Letters added · 新增的答复 (2)",
        "Letters edited · 修改的答复 (3)",
        "Letters withdrawn · 撤回的答复 (1)",
        "Other values that the site changed · 网站变动的其他值 (3)",
        "Read otherwise by the parser · 解析器变动 (5)",
        "Corrected by hand · 人工更正 (3)",
        "Changed because other letters did · 因其他答复变动 (2)",
    ]
    assert "  - 我们将办好**50所**学校。\n" in said
    assert "`demo:2024010100000000008` (parser)\n" in said
    third = (made.third / "CHANGES.md").read_text(encoding="utf-8")
    assert "Letters returned" not in third
    assert "## Letters that returned · 恢复的答复 (1)" in third
    assert "  - 我们将办好**中**学~~校~~。\n" in third


def test_the_history_of_a_letter_and_the_changes_agree(made: ThreeReleases, dafu: Dafu) -> None:
    for number, folder in ((2, made.second), (10, made.third)):
        asked = dafu("history", "demo", f"{number:04}", "--json", "--datasets", str(made.dataset.folder.parent))
        events = [event for event in asked.json if event["event"] == "edited"]
        rows = [row for row in rows_of(folder) if number_of(row["reply_id"]) == number]
        added = [json.loads(row["new_value"]) for row in rows if row["table_name"] == "history"]
        assert [(e["version"], e["content_sha256"]) for e in events] == [
            (e["version"], e["content_sha256"]) for e in added
        ]
        columns = {row["column_name"] for row in rows if row["table_name"] == "replies"}
        assert {name for event in events for name in event["changed_fields"]} <= columns


def test_the_same_archive_and_records_give_the_same_bytes(made: ThreeReleases, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(made.dataset.folder, folder, ignore=shutil.ignore_patterns(made.third.name, "latest", ".versions"))
    again = released(made.dataset.model_copy(update={"folder": folder}))
    assert again.name == made.third.name
    for name in ("changes.parquet", "CHANGES.md", MANIFEST):
        assert (again / name).read_bytes() == (made.third / name).read_bytes()


# --- any two releases


def differing(*releases: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(diff.as_json(list(releases)))
    return found


def test_two_releases_that_follow_each_other_differ_as_the_newer_one_says(made: ThreeReleases) -> None:
    found = differing(made.first, made.second)["changes"]
    assert told(found) == in_order(SECOND)
    assert diff.as_text([made.first, made.second]) == (made.second / "CHANGES.md").read_text("utf-8")


def test_what_was_undone_between_two_releases_is_told_as_that(made: ThreeReleases) -> None:
    text = diff.as_text([made.first, made.second, made.third])
    assert "withdrawn (撤回)" not in text
    assert "returned (恢复)" not in text
    undone = text.partition("## Changed and back as before")[2].partition("\n## ")[0]
    assert "第0009号" in undone


def test_what_is_compared_afresh_is_what_was_released(made: ThreeReleases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diff, "read_manifest", lambda release: read_manifest(release) | {"previous": None})
    found = differing(made.first, made.second)["changes"]
    assert [change[:4] for change in told(found)] == [change[:4] for change in in_order(SECOND)]
    values = {(r["table_name"], r["reply_id"], r["column_name"], r["change"]): r["new_value"] for r in found}
    for row in rows_of(made.second):
        key = row["table_name"], row["reply_id"], row["column_name"], row["change"]
        assert values[key] == (json.loads(row["new_value"]) if row["new_value"] else None)


def test_over_several_releases_only_what_stayed_changed_is_told(made: ThreeReleases) -> None:
    assert told(differing(made.first, made.second, made.third)["changes"]) == in_order(STAYED)


def test_the_command_prints_the_page_or_the_rows(
    made: ThreeReleases, dafu: Dafu, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ("--datasets", str(made.dataset.folder.parent))
    asked = dafu("diff", "demo", made.first.name, "latest", *where)
    assert asked.code == 0
    assert asked.out.startswith(f"# Changes from {made.first.name} to {made.third.name} · 变更\n")
    rows = dafu("diff", "demo", made.first.name, made.third.name, "--json", *where).json
    assert rows["changes"][0]["row_key"]["reply_id"].startswith("demo:")
    monkeypatch.setenv("FORCE_COLOR", "1")  # which makes a terminal of what is not
    shown = Text.from_ansi(dafu("diff", "demo", made.first.name, "latest", *where).out).plain
    assert "## " in asked.out
    assert "## " not in shown
    assert " • " in shown


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("third", "first", "is older than"),
        ("first", "first", "is one release; name two"),
        ("first", "1999.01.01", "has no release 1999.01.01; its releases are: "),
    ],
)
def test_two_that_are_no_pair_are_told_so(made: ThreeReleases, dafu: Dafu, old: str, new: str, says: str) -> None:
    names = [getattr(made, name).name if hasattr(made, name) else name for name in (old, new)]
    asked = dafu("diff", "demo", *names, "--datasets", str(made.dataset.folder.parent))
    assert (asked.code, asked.out) == (2, "")
    assert says in asked.err


# --- a last release that is not of today's making


@pytest.fixture
def copy(made: ThreeReleases, tmp_path: Path) -> Callable[..., Dataset]:
    """Return a maker of copies of the dataset with its first release only, which can be changed as if made so."""

    def copied(change: Callable[[Path], None] | None = None) -> Dataset:
        folder = tmp_path / "demo"
        left_out = shutil.ignore_patterns(made.second.name, made.third.name, "latest", ".versions")
        shutil.copytree(made.dataset.folder, folder, ignore=left_out)
        if change:
            first = folder / "releases" / made.first.name
            change(first)
            write_sums(first)
            assert differences(first) == []
        return made.dataset.model_copy(update={"folder": folder})

    return copied


def test_an_older_schema_is_a_cause_of_its_own(copy: Callable[..., Dataset]) -> None:
    def older(release: Path) -> None:
        sentences = pq.read_table(release / "sentences.parquet")
        pq.write_table(sentences.drop_columns(["rule"]), release / "sentences.parquet")
        replies = pq.read_table(release / "replies.parquet")
        at = replies.schema.get_field_index("term")
        terms = replies.column("term").cast(pa.string())
        pq.write_table(replies.set_column(at, "term", terms), release / "replies.parquet")
        (release / "programmes.parquet").unlink()
        quantities = pq.read_table(release / "quantities.parquet")
        pq.write_table(quantities.rename_columns({"raw": "printed"}), release / "quantities.parquet")
        write_json(release / MANIFEST, read_manifest(release) | {"schema_version": "1.0.0"})

    rows = rows_of(released(copy(older)))
    schema = [row for row in rows if row["reply_id"] is None and row["table_name"] != "issues"]
    assert {(r["table_name"], r["change"], r["column_name"], r["old_value"], r["new_value"]) for r in schema} == {
        ("sentences", "column_added", "rule", None, '"string"'),
        ("replies", "column_retyped", "term", '"string"', '"int64"'),
        ("programmes", "table_added", None, None, None),
        ("quantities", "column_added", "raw", None, '"string"'),
        ("quantities", "column_removed", "printed", '"string"', None),
        ("quantities", "not_compared", None, None, None),
    }
    assert {cause for row in schema for cause in row["causes"]} == {"schema"}
    others = [row for row in rows if row not in schema]
    assert ("replies", 3, "changed", "reply_class", "parser") in told(others)
    assert not any(row["column_name"] in ("rule", "term") for row in others)


LOST = (2, 4, 5, 6)


def test_a_page_that_the_archive_has_lost_is_no_ground_for_a_guess(copy: Callable[..., Dataset]) -> None:
    def elsewhere(release: Path) -> None:
        """Let the release stand on captures that this archive never had."""
        letters = pq.read_table(release / "replies.parquet").to_pylist()
        gone = {row["capture_id"] for row in letters if int(row["number"]) in LOST}
        for name in ("replies", "captures"):
            table = pq.read_table(release / f"{name}.parquet")
            at = table.schema.get_field_index("capture_id")
            ids = [f"lost-{one}" if one in gone else one for one in table.column(at).to_pylist()]
            pq.write_table(table.set_column(at, table.schema.field(at), pa.array(ids)), release / f"{name}.parquet")

    dataset = copy(elsewhere)
    rows = rows_of(released(dataset))
    unknown = {number_of(row["reply_id"]) for row in rows if row["causes"] == ["unknown"]}
    assert unknown == {*LOST, None}  # and what belongs to no letter: nobody knows whose pages are lost
    assert all(row["causes"] == ["unknown"] for row in rows if number_of(row["reply_id"]) in LOST)
    known = [change for change in STAYED if change[1] not in (*LOST, None)]
    assert [change for change in told(rows) if change[1] not in (*LOST, None)] == in_order(known)
    said = (dataset.releases / "latest" / "CHANGES.md").read_text(encoding="utf-8")
    assert "Of unknown cause" in said
    assert "Because the archive no longer holds the capture" in said


def test_records_of_before_the_last_release_give_no_causes(copy: Callable[..., Dataset]) -> None:
    dataset = copy()
    shutil.rmtree(dataset.records / "since")
    found = release(dataset)
    assert found is not None
    rows = rows_of(found)
    assert {tuple(row["causes"]) for row in rows} == {("unknown",)}
    assert {row["because"] for row in rows} == {
        "the records were not made after the last release: run `dafu parse` before `dafu release`"
    }


def test_a_correction_that_no_longer_fits_leaves_everything(copy: Callable[..., Dataset]) -> None:
    dataset = copy()
    corrections = dataset.folder / FILE
    corrections.write_text(corrections.read_text(encoding="utf-8").replace("expected = 3", "expected = 2"), "utf-8")
    with pytest.raises(DafuError, match=r"expects session to be 2, but the page gives 3"):
        parse(dataset)
    assert (dataset.records / "since").is_dir()
