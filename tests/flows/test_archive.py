"""The archive: real WARC files, torn, rotated, damaged and read back."""

from __future__ import annotations

import datetime as dt
import gzip
import os
import re
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker
from warcio.indexer import Indexer

from flows.crawl.archive import Archive
from flows.crawl.session import Answer
from flows.crawl.verification import verify
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
        assert verify(folder).problems == []


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
    assert verify(tmp_path).problems == []
    (path,) = tmp_path.glob("*.warc.gz")
    kept = path.read_bytes()
    # a record that inflates but does not say what it said
    forged = gzip.decompress(kept[entries[1].warc_offset : entries[1].warc_end]).replace(b"text/html", b"text/htmx")
    packed = gzip.compress(forged)
    path.write_bytes(kept[: entries[1].warc_offset] + packed + kept[entries[1].warc_end :])
    index = (tmp_path / "index.parquet").read_bytes()
    (tmp_path / "index.parquet").unlink()
    problems = verify(tmp_path).problems
    assert len(problems) == 1
    assert entries[1].capture_id in problems[0]
    assert "digest failed" in problems[0]
    path.write_bytes(kept[:-9])
    assert "are no whole record" in verify(tmp_path).problems[0]
    path.write_bytes(kept)
    (tmp_path / "index.parquet").write_bytes(index)
    assert verify(tmp_path).problems == []
    table = pq.read_table(tmp_path / "index.parquet")
    column = table.schema.get_field_index("etag")
    pq.write_table(table.set_column(column, table.field(column), [["x"] * len(table)]), tmp_path / "index.parquet")
    assert "`dafu archive reindex` writes it anew" in verify(tmp_path).problems[0]


@pytest.fixture
def six_files(tmp_path: Path) -> Path:
    """Return an archive of six files, the last of which holds only a revisit of what the first one holds."""
    bodies = [os.urandom(5000) for _ in range(18)]
    with Archive(tmp_path / "kept").writing("demo", rotate_bytes=20_000) as archive:
        archive.begin("revisit", NOW)
        for number, body in enumerate(bodies):
            archive.keep(answer(f"http://site/{number}", body))
        archive.end(NOW)
    with Archive(tmp_path / "kept").writing("demo", rotate_bytes=1) as archive:
        archive.keep(answer("http://site/again", bodies[0]))
    assert len(list((tmp_path / "kept").glob("*.warc.gz"))) == 6
    assert verify(tmp_path / "kept").problems == []
    return tmp_path / "kept"


def first_end(folder: Path, name: str) -> int:
    return next(entry.warc_end for entry in Archive(folder).entries() if entry.warc_file == name)


@pytest.mark.parametrize("number", [1, 2, 5, 6])
@pytest.mark.parametrize("loss", ["deleted", "emptied", "cut between records"])
def test_a_file_that_was_lost_is_said_and_nothing_is_crawled_over_it(six_files: Path, number: int, loss: str) -> None:
    path = six_files / f"demo-0000{number}.warc.gz"
    if loss == "deleted":
        path.unlink()
    else:
        os.truncate(path, 0 if loss == "emptied" else first_end(six_files, path.name))
    if (number, loss) == (6, "cut between records"):
        return  # its only capture is its last record
    expected = rf"{path.name} (is missing|has \d+ bytes where its captures reach to byte \d+); restore it from a copy"
    problems = verify(six_files).problems
    assert re.fullmatch(expected, problems[0])
    with pytest.raises(DafuError, match=r"has lost what it kept: .*restore it from a copy, or accept the loss with"):
        Archive(six_files)
    dangling = [problem for problem in problems if "that has its body is missing" in problem]
    assert bool(dangling) == (number == 1 and loss != "cut between records")
    with Archive(six_files, use_index=False).writing("demo") as accepted:
        accepted.keep(answer("http://site/more"))
    assert Archive(six_files).entries() == Archive(six_files, use_index=False).entries()


def test_without_an_index_the_numbers_of_the_files_tell_that_one_is_missing(six_files: Path) -> None:
    (six_files / "index.parquet").unlink()
    (six_files / "demo-00003.warc.gz").unlink()
    assert verify(six_files).problems == ["WARC file number 3 is missing; restore it from a copy"]
    with pytest.raises(DafuError, match="WARC file number 3 is missing"):
        Archive(six_files)


def test_an_archive_that_has_lost_all_its_files_is_not_begun_anew(six_files: Path) -> None:
    for path in six_files.glob("*.warc.gz"):
        path.unlink()
    assert len(verify(six_files).problems) == 6
    with pytest.raises(DafuError, match=r"demo-00001\.warc\.gz is missing"):
        Archive(six_files)


def test_verify_goes_on_behind_damage(six_files: Path) -> None:
    path = six_files / "demo-00002.warc.gz"
    entries = [entry for entry in Archive(six_files).entries() if entry.warc_file == path.name]
    damaged = bytearray(path.read_bytes())
    for entry in (entries[0], entries[2]):
        damaged[(entry.warc_offset + entry.warc_end) // 2] ^= 0xFF
    path.write_bytes(damaged)
    said = [f"{path.name}: damaged from byte {e.warc_offset} to byte {e.warc_end}" for e in (entries[0], entries[2])]
    assert [problem.split(";")[0] for problem in verify(six_files).problems] == said
    with pytest.raises(DafuError, match=rf"byte {entries[2].warc_offset} of .*{path.name} cannot be read .*restore"):
        Archive(six_files).body(entries[2])


def test_captures_keep_their_run_after_kills_and_rotation(tmp_path: Path) -> None:
    """A run that ends where a file does leaves its records behind the last capture of that file."""
    day = dt.timedelta(days=1)
    with Archive(tmp_path).writing("demo") as archive:
        archive.begin("revisit", NOW)
        archive.keep(answer("http://site/a", os.urandom(20_000)))
        archive.end(NOW)
        archive.begin("sweep", NOW + day)
    with Archive(tmp_path).writing("demo", rotate_bytes=20_000) as archive:
        archive.keep(answer("http://site/b"))
        archive.end(NOW + day)
        archive.begin("revisit", NOW + 2 * day)
        archive.keep(answer("http://site/c"))
    killed = Archive(tmp_path).writing("demo", rotate_bytes=20_000)
    killed.__enter__()
    killed.keep(answer("http://site/d"))  # neither closed nor indexed
    reopened = Archive(tmp_path)
    assert [entry.run for entry in reopened.entries()] == [1, 2, 3, 3]
    assert [run.complete for run in reopened.runs] == [True, True, False]
    fresh = Archive(tmp_path, use_index=False)
    assert (fresh.entries(), fresh.runs) == (reopened.entries(), reopened.runs)
    assert verify(tmp_path).problems == []


WEIRD: dict[str, dict[str, str]] = {
    "UTF-8": {"Location": "/附件".encode().decode("latin-1"), "ETag": '"附"'.encode().decode("latin-1")},
    "GBK": {"Location": "/附件".encode("gbk").decode("latin-1"), "ETag": '"附"'.encode("gbk").decode("latin-1")},
    "Latin-1": {"Location": "/\xe9", "ETag": '"\xe9"'},
    "UTF-8 twice": {"ETag": '"附"'.encode().decode("latin-1").encode().decode("latin-1")},
    "spaces": {"ETag": ' "x" ', "Content-Encoding": " identity ", "Last-Modified": "\xa0x\xa0\x85"},
    "control characters": {"ETag": '"a\x0bb\x0cc\x1cd\x85e\x00f\tg"'},
    "nothing": {"ETag": "", "Location": ""},
}


@pytest.mark.parametrize(
    "reason", ["OK", "", "成功".encode("gbk").decode("latin-1"), "成功".encode().decode("latin-1")]
)
@pytest.mark.parametrize("headers", WEIRD)
def test_whatever_stands_in_a_header_the_index_is_what_the_files_say(tmp_path: Path, headers: str, reason: str) -> None:
    with Archive(tmp_path).writing("demo") as archive:
        for status in (200, 302):
            archive.keep(replace(answer("http://site/a", status=status, headers=WEIRD[headers]), reason=reason))
    assert Archive(tmp_path, use_index=False).entries() == archive.entries()
    assert verify(tmp_path).problems == []
    checked_by_warcio(tmp_path)
    (path,) = tmp_path.glob("*.warc.gz")
    kept = b"".join(gzip.decompress(path.read_bytes()[e.warc_offset : e.warc_end]) for e in archive.entries())
    for name, text in WEIRD[headers].items():
        assert f"{name}: {text}".encode("latin-1") in kept, "the very bytes that came"
    assert f"HTTP/1.1 200 {reason}\r\n".encode("latin-1") in kept


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
