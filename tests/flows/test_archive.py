"""The archive: real WARC files, torn, rotated, damaged and read back."""

from __future__ import annotations

import datetime as dt
import gzip
import os
from argparse import Namespace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker
from warcio.indexer import Indexer

from flows.crawl.archive import Archive
from flows.crawl.session import Answer
from flows.errors import DafuError

NOW = dt.datetime(2026, 11, 24, 8, 0, tzinfo=dt.UTC)


def answer(
    url: str, body: bytes = b"<html>page</html>", status: int = 200, headers: dict[str, str] | None = None
) -> Answer:
    said = {"Content-Type": "text/html", **(headers or {})}
    return Answer(url, dt.datetime.now(dt.UTC), [("User-Agent", "dafu")], status, "OK", list(said.items()), body)


def checked_by_warcio(folder: Path) -> None:
    """Let `warcio check` and `warcio index` read every file of an archive."""
    paths = [str(path) for path in folder.glob("*.warc.gz")]
    checker = Checker(Namespace(inputs=paths, verbose=False))
    checker.process_all()
    assert checker.exit_value == 0
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        for path in paths:
            with Path(path).open("rb") as file:
                Indexer(["offset", "warc-type"], [path], "-").process_one(file, nowhere, path)


def test_the_archive_is_standard_warc_and_gives_back_what_was_kept(tmp_path: Path) -> None:
    body = "<html><meta charset='gb2312'>答复</html>".encode("gb18030")
    with Archive(tmp_path).writing("demo") as archive:
        plain = archive.keep(answer("http://site/a", body))
        packed = archive.keep(answer("http://site/b", gzip.compress(body), headers={"Content-Encoding": "gzip"}))
        unchanged = archive.keep(answer("http://site/a", b"", 304, {"ETag": '"x"'}))
        failed = archive.keep(Answer("http://site/c", dt.datetime.now(dt.UTC), [], failure="timeout", detail="slow"))
    assert (plain.outcome, plain.encoding_declared, plain.encoding_used) == ("ok", "gb2312", "gb18030")
    assert packed.sha256 == plain.sha256
    assert (unchanged.outcome, unchanged.bytes) == ("unchanged", 0)
    assert (failed.outcome, failed.status) == ("timeout", None)
    assert Archive(tmp_path).body(packed) == body
    (path,) = tmp_path.glob("*.warc.gz")
    with path.open("rb") as file:
        kinds = [record.rec_type for record in ArchiveIterator(file, check_digests="raise")]
    assert kinds == ["warcinfo", "request", "response", "request", "response", "request", "revisit", "metadata"]


def test_warcio_check_finds_no_fault(tmp_path: Path) -> None:
    with Archive(tmp_path).writing("demo") as archive:
        archive.keep(answer("http://site/a"))
    checked_by_warcio(tmp_path)


def test_the_index_is_rebuilt_from_the_warc_files(tmp_path: Path) -> None:
    with Archive(tmp_path).writing("demo") as archive:
        for number in range(5):
            archive.keep(answer(f"http://site/{number}", f"<html>{number}</html>".encode()))
        kept = archive.entries()
    (tmp_path / "index.parquet").unlink()
    assert Archive(tmp_path).entries() == kept


def test_a_record_cut_off_by_a_kill_is_removed_and_the_rest_stands(tmp_path: Path) -> None:
    with Archive(tmp_path).writing("demo") as archive:
        archive.keep(answer("http://site/whole"))
        archive.keep(answer("http://site/torn", os.urandom(5000)))
    (tmp_path / "index.parquet").unlink()
    (path,) = tmp_path.glob("*.warc.gz")
    os.truncate(path, path.stat().st_size - 700)
    with Archive(tmp_path).writing("demo") as archive:
        assert [entry.url for entry in archive.entries()] == ["http://site/whole"]
        archive.keep(answer("http://site/torn", b"<html>again</html>"))
    reopened = Archive(tmp_path)
    assert {entry.url for entry in reopened.entries()} == {"http://site/whole", "http://site/torn"}
    for file in tmp_path.glob("*.warc.gz"):
        with file.open("rb") as stream:
            assert [record.rec_type for record in ArchiveIterator(stream, check_digests="raise")]


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    with (
        Archive(tmp_path).writing("demo"),
        pytest.raises(DafuError, match="is being written by process"),
        Archive(tmp_path).writing("demo"),
    ):
        pass


def test_damage_in_the_middle_is_said_and_nothing_is_cut_off(tmp_path: Path) -> None:
    with Archive(tmp_path).writing("demo") as archive:
        for number in range(5):
            archive.keep(answer(f"http://site/{number}", os.urandom(3000)))
    (tmp_path / "index.parquet").unlink()
    (path,) = tmp_path.glob("*.warc.gz")
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 4] ^= 0xFF
    path.write_bytes(damaged)
    with pytest.raises(DafuError, match=r"is damaged after byte \d+ .*restore it from a copy"):
        Archive(tmp_path)
    assert path.read_bytes() == damaged


@pytest.mark.parametrize("index", [b"", b"PAR1 no more", None])
def test_an_index_that_cannot_be_read_is_rebuilt(tmp_path: Path, index: bytes | None) -> None:
    with Archive(tmp_path).writing("demo") as archive:
        archive.keep(answer("http://site/a"))
        kept = archive.entries()
    if index is not None:
        (tmp_path / "index.parquet").write_bytes(index)
    assert Archive(tmp_path).entries() == kept


def test_a_body_that_is_kept_already_is_kept_as_a_revisit(tmp_path: Path) -> None:
    body = b"<html>" + b"page " * 5000
    with Archive(tmp_path).writing("demo") as archive:
        first = archive.keep(answer("http://site/a", body))
        same = archive.keep(answer("http://site/a", body))
        other = archive.keep(answer("http://site/b", body))
        edited = archive.keep(answer("http://site/a", body + b"!"))
        back = archive.keep(answer("http://site/a", body))
    found = [(e.outcome, e.record_type) for e in (first, same, other, edited, back)]
    assert found == [
        ("ok", "response"),
        ("unchanged", "revisit"),
        ("ok", "revisit"),
        ("ok", "response"),
        ("ok", "revisit"),
    ]
    fresh = Archive(tmp_path, use_index=False)
    assert fresh.entries() == archive.entries() == Archive(tmp_path).entries()
    assert [fresh.body(entry) for entry in (first, same, other, back)] == [body] * 4
    assert fresh.last_good("http://site/a") == back
    (path,) = tmp_path.glob("*.warc.gz")
    with path.open("rb") as file:
        revisits = [r.rec_headers for r in ArchiveIterator(file) if r.rec_type == "revisit"]
    assert {headers.get_header("WARC-Profile").rsplit("/", 1)[1] for headers in revisits} == {
        "identical-payload-digest"
    }
    assert {headers.get_header("WARC-Refers-To") for headers in revisits} == {f"<urn:uuid:{first.capture_id}>"}
    checked_by_warcio(tmp_path)


def test_files_are_followed_by_the_next_at_their_size_and_gone_on_with_below_it(tmp_path: Path) -> None:
    for _ in range(3):
        with Archive(tmp_path).writing("demo", rotate_bytes=20_000) as archive:
            for number in range(5):
                archive.keep(answer(f"http://site/{number}", os.urandom(5000)))
    names = sorted(path.name for path in tmp_path.glob("*.warc.gz"))
    assert names == [f"demo-0000{number}.warc.gz" for number in (1, 2, 3, 4)]
    reopened = Archive(tmp_path, use_index=False)
    assert len(reopened.entries()) == 15
    assert reopened.entries() == archive.entries()
    for name in names:
        with (tmp_path / name).open("rb") as file:
            assert next(iter(ArchiveIterator(file))).rec_type == "warcinfo"


def test_a_file_cut_at_any_byte_loses_at_most_its_last_record(tmp_path: Path) -> None:
    with Archive(tmp_path / "whole").writing("demo") as archive:
        archive.begin("sweep", NOW)
        for number in range(3):
            archive.keep(answer(f"http://site/{number}", f"<html>{number}</html>".encode()))
        archive.end(NOW)
    (path,) = (tmp_path / "whole").glob("*.warc.gz")
    whole, ends = path.read_bytes(), [entry.warc_end for entry in archive.entries()]
    folder = tmp_path / "cut"
    for size in range(0, len(whole), 13):
        folder.mkdir(exist_ok=True)
        (folder / path.name).write_bytes(whole[:size])
        for name in ("index.parquet", "runs.parquet"):
            (folder / name).unlink(missing_ok=True)
        with Archive(folder).writing("demo") as cut:
            assert [e.warc_end for e in cut.entries()] == [end for end in ends if end <= size]
            cut.keep(answer("http://site/more"))
        assert Archive(folder).verify().problems == []


def test_the_runs_are_told_by_the_warc_files(tmp_path: Path) -> None:
    day = dt.timedelta(days=1)
    with Archive(tmp_path).writing("demo") as archive:
        archive.begin("sweep", NOW)
        archive.keep(answer("http://site/a"))
        archive.end(NOW + day / 24)
        archive.begin("incremental", NOW + day)
        archive.keep(answer("http://site/b"))
    assert [(run.number, run.mode, run.complete) for run in archive.runs] == [
        (1, "sweep", True),
        (2, "incremental", False),
    ]
    assert [entry.run for entry in archive.entries()] == [1, 2]
    fresh = Archive(tmp_path, use_index=False)
    assert (fresh.runs, fresh.entries()) == (archive.runs, archive.entries())
    unfinished = fresh.unfinished(NOW + day * 1.5)
    assert unfinished is not None
    assert unfinished.number == 2
    assert fresh.unfinished(NOW + day * 2) is None, "a day later the site is another one"


def test_verify_names_what_is_wrong(tmp_path: Path) -> None:
    with Archive(tmp_path).writing("demo") as archive:
        entries = [archive.keep(answer(f"http://site/{n}", os.urandom(2000))) for n in range(3)]
    assert Archive(tmp_path).verify().problems == []
    (path,) = tmp_path.glob("*.warc.gz")
    kept = path.read_bytes()
    # a record that inflates but does not say what it said
    forged = gzip.decompress(kept[entries[1].warc_offset : entries[1].warc_end]).replace(b"text/html", b"text/htmx")
    packed = gzip.compress(forged)
    path.write_bytes(kept[: entries[1].warc_offset] + packed + kept[entries[1].warc_end :])
    problems = Archive(tmp_path, use_index=False).verify().problems
    assert len(problems) == 1
    assert entries[1].capture_id in problems[0]
    assert "digest failed" in problems[0]
    path.write_bytes(kept[:-9])
    assert "are no whole record" in Archive(tmp_path).verify().problems[0]
    path.write_bytes(kept)
    Archive(tmp_path).verify()
    index = pq.read_table(tmp_path / "index.parquet")
    column = index.schema.get_field_index("etag")
    pq.write_table(index.set_column(column, index.field(column), [["x"] * len(index)]), tmp_path / "index.parquet")
    assert "`dafu archive reindex` writes it anew" in Archive(tmp_path).verify().problems[0]


def test_the_index_of_another_archive_is_not_believed(tmp_path: Path) -> None:
    for name, size in (("one", 2000), ("other", 1000)):
        with Archive(tmp_path / name).writing("demo") as archive:
            archive.keep(answer(f"http://site/{name}", os.urandom(size)))
            archive.keep(answer(f"http://site/{name}/2", os.urandom(size)))
    for name in ("index.parquet", "runs.parquet"):
        (tmp_path / "one" / name).write_bytes((tmp_path / "other" / name).read_bytes())
    assert [entry.url for entry in Archive(tmp_path / "one").entries()] == ["http://site/one", "http://site/one/2"]


def test_gzip_in_several_parts_is_one_body(tmp_path: Path) -> None:
    parts = gzip.compress(b"<html>one ") + gzip.compress(b"two</html>")
    with Archive(tmp_path).writing("demo") as archive:
        entry = archive.keep(answer("http://site/a", parts, headers={"Content-Encoding": "gzip"}))
    assert archive.body(entry) == b"<html>one two</html>"
