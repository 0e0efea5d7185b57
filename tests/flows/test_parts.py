"""A table in several parts is the same table, to everything that makes, checks and reads a release."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import mlcroissant
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from frictionless import Package

from flows.datasets import Dataset, load_dataset
from flows.read import diff
from flows.read.queries import queries_in
from flows.release import parquet
from flows.release.manifest import differences, read_manifest, read_sums
from flows.release.rebuild import rebuilt_differences
from flows.release.tables import file_names
from flows.report import letters_by_year
from tests.conftest import Dafu, copy_of_demo
from tests.flows.living_site import LivingSite, alive, crawl_once, on_day
from tests.flows.releasing import parse
from tests.flows.synthetic import prose
from tests.plain_release import released

IN_PARTS = {"replies", "sentences", "postings", "dictionary"}
"""What has the rows for several row groups of so many, among others."""
ROWS = 12


def page(number: int, sentence: str) -> str:
    """Return the page of a letter that no other resembles."""
    paragraph = prose(random.Random(number), 90)
    return f"""<!doctype html><html><head><meta charset="utf-8"><title>答复</title></head><body><div class="xxgk_tit">
<h1>对省政协十三届二次会议第{number:04}号提案的答复</h1></div><div class="TRS_Editor"><p>张三委员：</p>
<p>您提出的《关于办好第{number}所学校的提案》收悉，现答复如下：</p><p>{paragraph}</p><p>{sentence}</p>
<p>辽宁省教育厅</p><p>2023年8月1日</p></div></body></html>"""


@contextmanager
def small_parts() -> Iterator[None]:
    """Cut a row group after few rows, and a file after some thousand bytes, as else after gigabytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "ROW_GROUP", ROWS)
        patch.setattr(parquet, "PART_BYTES", 5_000)
        yield


@dataclass(frozen=True)
class Made:
    """Three releases of a dataset: in whole files, in parts, in whole files; and the second one in whole files."""

    dataset: Dataset
    first: Path
    parts: Path
    third: Path
    whole: Path


def describe(toml: Path, live: Dataset) -> None:
    """Let the dataset's description be that of the site which is crawled: by it a release is made once more."""
    said = toml.read_text(encoding="utf-8")
    said = said[: said.index("[expectations]")]  # they are of the demo's own letters
    said = re.sub(r"\[site\.folder\]\n(\w+ = .*\n)+", "", said)
    said = re.sub(r"base_url = .*", f'base_url = "{live.site.base_url}"\nprivate_addresses = true', said)
    said = said.replace("[politeness]", f'[politeness]\nrepository = "{live.politeness.repository}"')
    said = re.sub(r"lists = .*", f"lists = {json.dumps(live.columns[0].lists)}", said, count=1)
    toml.write_text(said, encoding="utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    home = tmp_path_factory.mktemp("parts")
    datasets, before = copy_of_demo(home / "datasets"), home / "before"
    (datasets / "demo/corrections.toml").unlink()
    site = LivingSite(per_page=50)
    paths = {number: site.add(str(number), page=page(number, "我们将办好学校。")) for number in range(1, 17)}
    with alive(site, load_dataset("demo", datasets), revisit_every=1, sweep_every=90) as (live, _):
        describe(datasets / "demo/dataset.toml", live)

        def crawl_and_parse(day: int) -> None:
            crawl_once(live, on_day(day))
            parse(live)

        crawl_and_parse(0)
        first = released(datasets, "demo")
        site.pages[paths[3]] = page(3, "我们将办好50所学校。")
        site.add("17", page=page(17, "我们将办好学校。"))
        with small_parts():
            crawl_and_parse(1)
            shutil.copytree(datasets, before, symlinks=True)
            parts = released(datasets, "demo")
        site.pages[paths[5]] = page(5, "我们将办好60所学校。")
        crawl_and_parse(2)
        third = released(datasets, "demo")
    return Made(load_dataset("demo", datasets), first, parts, third, released(before, "demo"))


def files_of(release: Path) -> dict[str, list[str]]:
    """Return the names of every table's files, as the manifest says them."""
    return {name: file_names(entry) for name, entry in read_manifest(release)["tables"].items()}


def rows(release: Path, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table."""
    read = [pq.read_table(release / file) for file in files_of(release)[table]]
    found: list[dict[str, Any]] = pa.concat_tables(read).to_pylist()
    return found


def test_large_tables_are_in_parts_and_the_others_in_one_file(made: Made) -> None:
    files, whole = files_of(made.parts), files_of(made.whole)
    in_parts = {name for name, parts in files.items() if len(parts) > 1}
    assert in_parts > IN_PARTS
    assert files.keys() - in_parts
    for name, parts in files.items():
        named = [f"{name}-{n:05}.parquet" for n in range(1, len(parts) + 1)] if name in in_parts else whole[name]
        assert parts == named
    assert all(files == [f"{name}.parquet"] for name, files in whole.items())
    written = {path.name for path in made.parts.glob("*.parquet")}
    assert written == {file for parts in files.values() for file in parts}
    assert written < read_sums(made.parts).keys()


def test_the_rows_and_their_digests_are_those_of_whole_files(made: Made) -> None:
    whole, parts = (read_manifest(release)["tables"] for release in (made.whole, made.parts))
    for name, entry in parts.items():
        assert rows(made.parts, name) == rows(made.whole, name)
        assert entry["rows"] == sum(file["rows"] for file in entry["files"]) == whole[name]["rows"]
        assert all(file["rows"] or not entry["rows"] for file in entry["files"])
        for digest in ("rows_sha256", "content_sha256", "columns"):
            assert entry[digest] == whole[name][digest]


def test_it_is_verified_and_made_once_more(made: Made, dafu: Dafu, tmp_path: Path) -> None:
    assert differences(made.parts) == []
    at = ("--datasets", str(made.dataset.folder.parent))
    assert dafu("verify", f"demo@{made.parts.name}", "--json", *at).json["intact"]
    with small_parts():
        assert rebuilt_differences(made.dataset, made.parts) == []
    assert "replies.parquet is in one of the two only" in rebuilt_differences(made.dataset, made.parts)
    shutil.copytree(made.dataset.folder.parent, tmp_path / "datasets", symlinks=True)
    copy = tmp_path / "datasets/demo/releases" / made.parts.name
    (copy / "sentences-00002.parquet").unlink()
    one, other = (copy / f"replies-0000{n}.parquet" for n in (1, 2))
    one.rename(copy / "kept"), other.rename(one), (copy / "kept").rename(other)
    ended = dafu("verify", f"demo@{made.parts.name}", "--datasets", str(tmp_path / "datasets"))
    assert ended.code == 1
    assert "sentences-00002.parquet is missing" in ended.err
    assert "replies-00001.parquet is not the file that was released" in ended.err


def test_it_is_read_by_sql_as_whole_files_are(made: Made) -> None:
    asked = [query.sql for query in queries_in(made.parts / "queries")]
    asked += [f"FROM {name}" for name in files_of(made.parts)]
    answers = []
    for release in (made.parts, made.whole):
        with duckdb.connect() as views, duckdb.connect(str(release / "dafu.duckdb"), read_only=True) as database:
            views.execute(f"SET VARIABLE dafu = '{release}'")
            views.execute((release / "views.sql").read_text(encoding="utf-8"))
            for con in (views, database):
                con.execute("SET TimeZone = 'UTC'")
                found = [con.execute(sql).fetchall() for sql in asked]
                assert len(con.execute("FROM search('学校')").fetchall()) == 17
                answers.append(found)
    assert answers[1:] == answers[:1] * 3


def test_its_descriptors_name_all_parts(made: Made) -> None:
    files = files_of(made.parts)
    report = Package.validate_descriptor(str(made.parts / "datapackage.json"))
    assert report.valid, report.flatten(["type", "note"])
    package = json.loads((made.parts / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        path = resource["path"]
        assert ([path] if isinstance(path, str) else path) == files[resource["name"]]
        assert resource["rows"] == read_manifest(made.parts)["tables"][resource["name"]]["rows"]
    croissant = mlcroissant.Dataset(jsonld=str(made.parts / "croissant.json"))
    assert not croissant.metadata.issues.errors
    objects = {one.id for one in croissant.metadata.distribution if isinstance(one, mlcroissant.FileObject)}
    assert objects >= {file for parts in files.values() for file in parts}
    read = {record["replies/number"] for record in croissant.records("replies")}
    assert {number.decode() for number in read} == {f"{number:04}" for number in range(1, 18)}


def test_changes_are_told_from_one_file_to_parts_and_back(made: Made) -> None:
    for name in ("CHANGES.md", "README.md"):
        assert (made.parts / name).read_bytes() == (made.whole / name).read_bytes()
    for release, edited in ((made.parts, "03"), (made.third, "05")):
        changes = rows(release, "changes")
        assert all(row["causes"] == ["source"] for row in changes)
        assert ("sentences", edited, "text") in {
            (row["table_name"], row["reply_id"][-2:], row["column_name"]) for row in changes
        }
    for releases in ([made.first, made.parts], [made.parts, made.third]):
        instead = [made.whole if release == made.parts else release for release in releases]
        found = diff.as_json(releases)
        assert found == diff.as_json(instead)
        assert json.loads(found)["changes"]


def test_it_is_exported_and_reported_whole(made: Made, dafu: Dafu, tmp_path: Path) -> None:
    at = ("--datasets", str(made.dataset.folder.parent))
    ended = dafu("export", f"demo@{made.parts.name}", "--format", "jsonl", "--output", str(tmp_path / "out"), *at)
    assert ended.code == 0, ended.err
    said = [json.loads(line) for line in (tmp_path / "out/replies.jsonl").open(encoding="utf-8")]
    assert [row["reply_id"] for row in said] == [row["reply_id"] for row in rows(made.whole, "replies")]
    assert letters_by_year(made.parts) == letters_by_year(made.whole)
