"""Captures → letters: which pages and states are one letter."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from flows.crawl.archive import Archive
from flows.crawl.catalogue import Catalogue, ListedPage, read_catalogue
from flows.crawl.session import Answer
from flows.datasets import Dataset, load_dataset
from flows.parse.history import Letter, one_letter_each, unread
from flows.parse.letters import page_groups, read_group
from schemas.issues import Issue
from tests.conftest import copy_of_demo

SITE = "http://jyt.demo.invalid/jyt/gk/zfxxgk/fdzdgknr/jyta/szxta"
OLD = f"{SITE}/2023n/2023081309440572739/index.shtml"
NEW = f"{SITE}/2024n/2024010209440572740/index.shtml"
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
PAGE = """<!doctype html><html><head><title>答复</title></head><body><div class="xxgk_tit"><h1>对省政协十三届二次会议
第0001号提案的答复</h1></div><div class="TRS_Editor"><p>张三委员：</p>
<p>您提出的《关于办好学校的提案》收悉，现答复如下：</p>
<p>我们将办好学校。</p><p>辽宁省教育厅</p><p>2023年8月1日</p></div></body></html>"""

Answered = tuple[str, int, str | bytes]
"""An address, a status, and a page, a file or where a redirect leads."""


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return load_dataset("demo", copy_of_demo(tmp_path))


def kept(dataset: Dataset, *answers: Answered) -> Archive:
    """Keep answers, a run and a day each; return the archive."""
    with Archive(dataset.archive).writing("demo") as archive:
        for day, (url, status, said) in enumerate(answers):
            moved = {"Location": str(said)} if 300 <= status < 400 else {"Content-Type": "text/html"}
            body = b"" if 300 <= status < 400 else said.encode() if isinstance(said, str) else said
            at = START + dt.timedelta(days=day)
            archive.begin("revisit", at)
            archive.keep(Answer(url, at, [], status, "", list(moved.items()), body))
            archive.end(at)
    return archive


def listed(dataset: Dataset, *urls: str) -> Catalogue:
    return Catalogue({url: ListedPage(url, "答复", None, dataset.columns[0]) for url in urls}, ())


def letters_of(archive: Archive, dataset: Dataset, catalogue: Catalogue) -> tuple[list[Letter], list[Issue]]:
    """Return the letters of an archive, and the issues of pages without one."""
    read = [read_group(archive, dataset, group, None) for group in page_groups(archive, catalogue)]
    letters = one_letter_each(archive, dataset, catalogue, read)
    return letters, list(unread(letters, read))


def letter_of(archive: Archive, dataset: Dataset, catalogue: Catalogue) -> Letter:
    """Return the one letter of an archive."""
    ((letter,), _) = letters_of(archive, dataset, catalogue)
    return letter


def events(letter: Letter) -> list[tuple[str, int]]:
    return [(event.event, event.version) for event in letter.record.history]


def test_a_page_that_a_listed_one_redirects_to_is_the_same_letter(dataset: Dataset) -> None:
    archive = kept(dataset, (OLD, 200, PAGE), (OLD, 301, NEW), (NEW, 200, PAGE.replace("办好", "办强")))
    reply = letter_of(archive, dataset, listed(dataset, OLD)).record
    assert (reply.reply.reply_id, reply.reply.url, reply.reply.version) == ("demo:2023081309440572739", NEW, 2)
    assert "withdrawn" not in reply.reply.flags


def test_a_letter_behind_a_redirect_from_the_start_is_read(dataset: Dataset) -> None:
    archive = kept(dataset, (OLD, 302, "../../2024n/2024010209440572740/index.shtml"), (NEW, 200, PAGE))
    reply = letter_of(archive, dataset, listed(dataset, OLD)).record
    assert (reply.reply.reply_id, reply.reply.url) == ("demo:2023081309440572739", NEW)


@pytest.mark.parametrize(("status", "said"), [(404, "<html>404</html>"), (302, "/index.shtml")])
def test_a_letter_whose_page_is_gone_stays_and_is_flagged(dataset: Dataset, status: int, said: str) -> None:
    archive = kept(dataset, (OLD, 200, PAGE), (OLD, status, said))
    reply = letter_of(archive, dataset, listed(dataset, OLD)).record
    assert "withdrawn" in reply.reply.flags


def test_redirects_in_a_circle_end(dataset: Dataset) -> None:
    archive = kept(dataset, (OLD, 302, NEW), (NEW, 302, OLD))
    letters, issues = letters_of(archive, dataset, listed(dataset, OLD))
    assert (letters, [issue.code for issue in issues]) == ([], ["fetch_failed"])


def test_a_page_redirected_to_a_list_is_not_read_as_a_letter(dataset: Dataset) -> None:
    first = dataset.list_urls()[0][1]
    archive = kept(dataset, (OLD, 200, PAGE), (OLD, 302, first), (first, 200, "<html>a list</html>"))
    catalogue = Catalogue(listed(dataset, OLD).pages, (), frozenset({first}))
    reply = letter_of(archive, dataset, catalogue).record
    assert (reply.reply.url, reply.reply.flags) == (OLD, ["withdrawn"])


def test_a_file_beside_a_page_does_not_displace_the_letter(dataset: Dataset) -> None:
    file = OLD.replace("index.shtml", "P020230813.pdf")
    archive = kept(dataset, (OLD, 200, PAGE), (file, 200, "%PDF-1.4"))
    reply = letter_of(archive, dataset, listed(dataset, OLD, file)).record
    assert reply.reply.url == OLD


def test_a_page_that_changes_around_the_letter_is_in_the_same_state(dataset: Dataset) -> None:
    dated = [PAGE.replace("<body>", f"<body><p>今天是：2026年1月{day}日</p>") for day in (1, 2)]
    archive = kept(dataset, *((OLD, 200, page) for page in dated))
    reply = letter_of(archive, dataset, listed(dataset, OLD)).record
    assert (reply.reply.version, reply.reply.capture_id) == (1, archive.entries()[0].capture_id)


def test_a_letter_is_withdrawn_only_when_all_its_pages_are(dataset: Dataset) -> None:
    archive = kept(dataset, (OLD, 200, PAGE), (NEW, 200, PAGE), (OLD, 404, "<html>404</html>"))
    letter = letter_of(archive, dataset, listed(dataset, OLD, NEW))
    assert (letter.record.reply.reply_id, letter.record.reply.url) == ("demo:2023081309440572739", NEW)
    assert letter.record.reply.flags == ["posted_twice"]
    assert events(letter) == [("appeared", 1), ("moved", 1)]


def test_a_page_nested_beyond_reading_is_an_issue(dataset: Dataset) -> None:
    archive = kept(dataset, (OLD, 200, PAGE.replace("我们", "<div>" * 3000)))
    letters, issues = letters_of(archive, dataset, listed(dataset, OLD))
    assert (letters, [issue.code for issue in issues]) == ([], ["oversized"])


def test_a_page_on_which_the_parser_fails_is_an_issue(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RecursionError("联系人:王五 024-86901234")

    monkeypatch.setattr("flows.parse.letters.read_letter", fails)
    archive = kept(dataset, (OLD, 200, PAGE))
    letters, issues = letters_of(archive, dataset, listed(dataset, OLD))
    assert (letters, [issue.code for issue in issues]) == ([], ["parse_failed"])
    assert [issue.detail for issue in issues] == ["RecursionError: "]


def test_a_row_with_a_chinese_name_is_asked_for_and_one_that_is_no_address_is_reported(dataset: Dataset) -> None:
    first = dataset.list_urls()[0][1]
    rows = "".join(f'<li><a href="{href}">答复</a></li>' for href in ("./答复 一.shtml#a", "http://[bad/x"))
    archive = kept(dataset, (first, 200, f'<html><div class="xxgk_con clearfix"><ul>{rows}</ul></div></html>'))
    catalogue = read_catalogue(archive, dataset)
    assert list(catalogue.pages) == [first.replace("index.shtml", "%E7%AD%94%E5%A4%8D%20%E4%B8%80.shtml")]
    assert [issue.code for issue in catalogue.issues] == ["outside_site"]


def test_a_list_that_was_never_had_is_an_issue(dataset: Dataset) -> None:
    first = dataset.list_urls()[0][1]
    catalogue = read_catalogue(kept(dataset, (first, 404, "<html>404</html>")), dataset)
    assert [(issue.code, issue.url) for issue in catalogue.issues] == [("list_unreadable", first)]
