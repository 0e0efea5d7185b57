"""Files in an archive → attachments and letters: read in a bounded child, told in the letter's history."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.crawl.archive import Archive
from flows.crawl.catalogue import Catalogue, ListedPage
from flows.datasets import Dataset, load_dataset
from flows.parse.documents import Allowance, Documents
from flows.parse.history import Letter
from parsers.documents import Document
from schemas.attachments import Attachment
from schemas.issues import Issue
from tests.conftest import REPOSITORY, copy_of_demo
from tests.flows.test_letters import NEW, OLD, Answered, events, kept, letter_of, letters_of, listed
from tests.made_files import docx_of, laughing, letter_pdf, locked_pdf, swelling_pdf

FILE = OLD.replace("index.shtml", "P020230813.docx")
PAGE = """<!doctype html><html><head><title>答复</title></head><body><div class="xxgk_tit"><h1>对省政协十三届二次会议
《关于办好学校的提案》（第0001号）提案的答复</h1></div><div class="TRS_Editor">{}</div>
<ul class="fj_list"><li><a href="./P020230813.docx">{}</a></li></ul></body></html>"""
IN_FILE = PAGE.format("<p>详见附件。</p>", "关于第0001号提案的答复.docx")
LETTER = (
    "张三委员：",
    "您提出的《关于办好学校的提案》收悉，现答复如下：",
    "我们将办好学校。",
    "辽宁省教育厅",
    "2023年8月1日",
)
ON_PAGE = PAGE.format("".join(f"<p>{line}</p>" for line in LETTER), "1.名单.docx")


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return load_dataset("demo", copy_of_demo(tmp_path))


@pytest.fixture
def documents(monkeypatch: pytest.MonkeyPatch) -> Iterator[Documents]:
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    allowance = Allowance(processor_seconds=1, wall_seconds=4, memory_bytes=700_000_000)
    with Documents(allowance, "tests.flows.slow_readers:as_told") as documents:
        yield documents


def read(documents: Documents, body: bytes) -> Document:
    return documents.read(repr(body[:40]), lambda: body)


# --- the child


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"loop", "timed_out"), (b"sleep", "timed_out"), (b"eat", "oversized"), (b"crash", "damaged")],
)
def test_a_file_that_takes_too_much_ends_the_child_and_nothing_else(
    documents: Documents, body: bytes, status: str
) -> None:
    began = time.monotonic()
    assert read(documents, body).status == status
    assert time.monotonic() - began < 30
    assert read(documents, docx_of("办好学校")) == Document("read", ("办好学校",))


def test_a_real_file_that_inflates_to_a_gigabyte_is_oversized(documents: Documents) -> None:
    body = swelling_pdf(1)
    assert len(body) < 10_000
    assert read(documents, body).status == "oversized"


def test_one_child_reads_many_files_and_each_digest_once(documents: Documents) -> None:
    first = documents.read("a", lambda: b"who")
    assert documents.read("b", lambda: b"who") == first
    assert documents.read("a", lambda: pytest.fail("read twice")) == first
    documents.close()
    assert documents.read("a", lambda: b"who") != first


def test_a_child_that_was_killed_between_files_is_followed_by_another(documents: Documents) -> None:
    (pid,) = documents.read("a", lambda: b"who").lines
    os.kill(int(pid), signal.SIGKILL)
    assert documents.read("b", lambda: docx_of("办好学校")).lines == ("办好学校",)


def test_what_a_library_prints_is_no_answer(documents: Documents) -> None:
    assert read(documents, b"print").status == "format_not_read"
    assert read(documents, docx_of("办好学校")).status == "read"


def test_a_large_file_goes_through_the_pipe(documents: Documents) -> None:
    assert documents.read("a", lambda: b"%PDF-" + bytes(30_000_000)).status == "damaged"


def test_bombs_cost_nothing_in_the_child_either(documents: Documents) -> None:
    assert read(documents, laughing(docx_of("笑话"))) == Document("damaged")


# --- attachments


def rows(archive: Archive, dataset: Dataset, *urls: str) -> tuple[list[Attachment], list[Issue]]:
    letter = letter_of(archive, dataset, listed(dataset, *urls))
    return list(letter.record.attachments), list(letter.issues)


def test_an_attachment_is_a_row_and_its_contacts_are_removed(dataset: Dataset) -> None:
    file = docx_of("补助标准", "联系人：李四，联系电话：024-86901234。", "李四 13900001111", table=[["市", "学位"]])
    answers = ((OLD, 200, ON_PAGE.replace("1.名单", "1.名单(联系电话:13900001111)")), (FILE, 200, file))
    (row,), issues = rows(kept(dataset, *answers), dataset, OLD)
    assert row.attachment_id == "demo:2023081309440572739#a1"
    assert (row.status, row.media_type, row.bytes) == (
        "read",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        len(file),
    )
    assert row.text == "补助标准\n市 | 学位"
    assert "1390000" not in row.label
    assert [(issue.code, issue.url, issue.detail) for issue in issues] == [
        ("contact_removed", FILE, "contact_line: 2"),
    ]


@pytest.mark.parametrize(
    ("status", "body"),
    [("encrypted", locked_pdf()), ("damaged", b"%PDF-1.4"), ("format_not_read", b"\x89PNG\r\n\x1a\n" + bytes(64))],
)
def test_an_attachment_that_is_not_read_is_a_row_and_an_issue(dataset: Dataset, status: str, body: bytes) -> None:
    (row,), issues = rows(kept(dataset, (OLD, 200, ON_PAGE), (FILE, 200, body)), dataset, OLD)
    assert (row.status, row.text, row.bytes) == (status, None, len(body))
    assert [issue.code for issue in issues] == ["attachment_not_read"]
    assert issues[0].detail.startswith(f"{status}, ")


def test_an_attachment_that_was_not_had_is_a_row_without_bytes(dataset: Dataset) -> None:
    (row,), issues = rows(kept(dataset, (OLD, 200, ON_PAGE), (FILE, 404, "<html>404</html>")), dataset, OLD)
    assert (row.status, row.sha256, row.bytes, row.media_type, row.text) == ("not_fetched", None, None, None, None)
    assert [issue.code for issue in issues] == ["attachment_missing"]


# --- letters that stand in a file


def test_a_letter_in_an_attachment_is_read_from_it(dataset: Dataset) -> None:
    letter = letter_of(kept(dataset, (OLD, 200, IN_FILE), (FILE, 200, docx_of(*LETTER))), dataset, listed(dataset, OLD))
    reply = letter.record.reply
    assert (reply.url, reply.text_source, reply.selector) == (OLD, "attachment", FILE)
    assert (reply.number, reply.proposal_title, reply.salutation_raw) == ("0001", "关于办好学校的提案", "张三委员")
    assert reply.text.startswith("张三委员:\n您提出的")
    assert [s.text for s in letter.record.sentences] == [
        reply.text[s.char_start : s.char_end] for s in letter.record.sentences
    ]
    assert [(row.status, row.url) for row in letter.record.attachments] == [("read", FILE)]


@pytest.mark.parametrize(
    "said",
    [
        "",
        "<p>附件：<a href='./P020230813.docx'>关于第0001号提案的答复.docx</a></p>",
        "<p>张三委员：</p><p>您的提案收悉，现将答复意见附后。</p><p>辽宁省教育厅</p><p>2023年8月1日</p>",
        "<p>关于办好学校的提案的答复（详见附件）</p>",
        "<p>请点击附件下载</p>",
    ],
)
def test_a_page_that_only_points_to_the_letter(dataset: Dataset, said: str) -> None:
    page = PAGE.format(said, "关于第0001号提案的答复.docx")
    letter = letter_of(kept(dataset, (OLD, 200, page), (FILE, 200, docx_of(*LETTER))), dataset, listed(dataset, OLD))
    assert letter.record.reply.text_source == "attachment"


@pytest.mark.parametrize(
    "sentence", ["我们将办好学校,具体标准见附件。", "见附件。学校由省里办。", "同意您的意见。", "补助标准:每生1000元"]
)
def test_a_page_with_a_sentence_of_its_own_is_the_letter(dataset: Dataset, sentence: str) -> None:
    page = PAGE.format(f"<p>张三委员：</p><p>{sentence}</p><p>辽宁省教育厅</p>", "关于第0001号提案的答复.docx")
    letter = letter_of(kept(dataset, (OLD, 200, page), (FILE, 200, docx_of(*LETTER))), dataset, listed(dataset, OLD))
    assert (letter.record.reply.text_source, letter.record.reply.selector) == ("page", "div.TRS_Editor")
    assert sentence in letter.record.reply.text.splitlines()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (locked_pdf(), "attachment_not_read"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + "WordDocument".encode("utf-16-le"), "attachment_only"),
        (None, "attachment_missing"),
        (docx_of("各市学位统计"), "not_a_letter"),
    ],
)
def test_a_letter_in_a_file_that_is_not_read_is_an_issue(dataset: Dataset, body: bytes | None, code: str) -> None:
    file = (FILE, 200, body) if body else (FILE, 404, "<html>404</html>")
    letters, issues = letters_of(kept(dataset, (OLD, 200, IN_FILE), file), dataset, listed(dataset, OLD))
    assert (letters, [(issue.code, issue.url) for issue in issues]) == ([], [(code, OLD)])


def test_a_picture_beside_a_file_may_be_the_letter(dataset: Dataset) -> None:
    page = PAGE.format("<p><img src='a.png'></p>", "1.名单.docx")
    letters, issues = letters_of(
        kept(dataset, (OLD, 200, page), (FILE, 200, docx_of(*LETTER))), dataset, listed(dataset, OLD)
    )
    assert (letters, [issue.code for issue in issues]) == ([], ["no_text"])


def test_a_row_that_leads_to_a_file_is_read_with_the_rows_title(dataset: Dataset) -> None:
    file = letter_pdf(*LETTER[:3], "联系人：李四，联系电话：024-86901234。")
    letter = letter_of(kept(dataset, (FILE, 200, file)), dataset, listed(dataset, FILE))
    reply = letter.record.reply
    assert (reply.url, reply.selector, reply.text_source, reply.page_title) == (FILE, FILE, "attachment", "答复")
    assert reply.text.splitlines()[-1] == "我们将办好学校。"
    (row,) = letter.record.attachments
    assert (row.label, row.text, row.status) == ("答复", reply.text, "read")
    assert [issue.code for issue in letter.issues] == ["contact_removed"]


@pytest.mark.parametrize(
    ("listed_as", "title"),
    [
        ("对第0001号提案的答复.docx", "对第0001号提案的答复"),
        ("关于省政协十三届二次会…", "关于省政协十三届二次会议第0001号提案的答复"),
    ],
)
def test_a_rows_title_that_is_a_files_name_or_cut(dataset: Dataset, listed_as: str, title: str) -> None:
    archive = kept(dataset, (FILE, 200, docx_of("关于省政协十三届二次会议第0001号提案的答复", *LETTER)))
    catalogue = Catalogue({FILE: ListedPage(FILE, listed_as, None, dataset.columns[0])}, ())
    assert letter_of(archive, dataset, catalogue).record.reply.page_title == title


def test_a_page_stands_before_a_file_of_the_same_letter(dataset: Dataset) -> None:
    archive = kept(dataset, (OLD, 200, ON_PAGE), (FILE, 200, docx_of(*LETTER, "附：名单")))
    letter = letter_of(archive, dataset, listed(dataset, OLD, FILE))
    assert (letter.record.reply.url, letter.record.reply.text_source) == (OLD, "page")


# --- what happens to it


def shown(letter: Letter) -> tuple[str, int, list[tuple[str, int]]]:
    return letter.record.reply.text.splitlines()[2], letter.record.reply.version, events(letter)


def test_a_file_that_changes_under_the_same_page_is_an_edit(dataset: Dataset) -> None:
    edited = docx_of(*(line.replace("办好", "办强") for line in LETTER))
    answers: list[Answered] = [
        (OLD, 200, IN_FILE),
        (FILE, 200, docx_of(*LETTER)),
        (OLD, 200, IN_FILE),
        (FILE, 200, edited),
    ]
    archive = kept(dataset, *answers)
    letter = letter_of(archive, dataset, listed(dataset, OLD))
    assert shown(letter) == ("我们将办强学校。", 2, [("appeared", 1), ("edited", 2)])
    assert [(e.capture_id, e.seen_at) for e in letter.record.history] == [
        (entry.capture_id, entry.fetched_at) for entry in archive.captures_of(FILE)
    ]
    assert letter.record.attachments[0].sha256 == archive.captures_of(FILE)[-1].sha256


def test_a_page_that_changes_around_a_file_is_in_the_same_state(dataset: Dataset) -> None:
    one, other = (IN_FILE.replace("<body>", f"<body><p>今天是：2026年1月{day}日</p>") for day in (1, 2))
    archive = kept(dataset, (OLD, 200, one), (FILE, 200, docx_of(*LETTER)), (OLD, 200, other))
    assert shown(letter_of(archive, dataset, listed(dataset, OLD)))[1:] == (1, [("appeared", 1)])


def test_a_letter_appears_when_its_file_does_and_is_withdrawn_with_its_page(dataset: Dataset) -> None:
    answers: list[Answered] = [
        (OLD, 200, IN_FILE),
        (FILE, 404, "<html>404</html>"),
        (FILE, 200, docx_of(*LETTER)),
        (FILE, 404, "<html>404</html>"),
        (OLD, 404, "<html>404</html>"),
    ]
    letter = letter_of(kept(dataset, *answers), dataset, listed(dataset, OLD))
    assert shown(letter)[1:] == (1, [("appeared", 1), ("withdrawn", 1)])


def test_a_letter_that_moves_from_a_file_to_its_page_is_edited(dataset: Dataset) -> None:
    archive = kept(dataset, (OLD, 200, IN_FILE), (FILE, 200, docx_of(*LETTER)), (OLD, 200, ON_PAGE))
    letter = letter_of(archive, dataset, listed(dataset, OLD))
    assert (letter.record.reply.text_source, events(letter)) == ("page", [("appeared", 1), ("edited", 2)])
    assert letter.record.history[-1].changed_fields == ["text_source"]


def test_a_letter_in_a_file_and_the_same_on_a_page_are_one(dataset: Dataset) -> None:
    page = ON_PAGE.replace("<ul", "<!--").replace("</ul>", "-->")
    archive = kept(dataset, (OLD, 200, IN_FILE), (FILE, 200, docx_of(*LETTER)), (NEW, 200, page))
    letter = letter_of(archive, dataset, listed(dataset, OLD, NEW))
    assert letter.record.reply.flags == ["posted_twice"]
