"""Captures → letters: which pages and states are one letter."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from flows.crawl.archive import Archive
from flows.crawl.catalogue import Catalogue, ListedPage
from flows.crawl.session import Answer
from flows.datasets import Dataset, load_dataset
from flows.parse.letters import page_groups, read_group
from tests.conftest import copy_of_demo

SITE = "http://jyt.demo.invalid/jyt/gk/zfxxgk/fdzdgknr/jyta/szxta"
OLD = f"{SITE}/2023n/2023081309440572739/index.shtml"
NEW = f"{SITE}/2024n/2024010209440572740/index.shtml"
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
PAGE = """<!doctype html><html><head><title>答复</title></head><body><div class="xxgk_tit"><h1>对省政协十三届二次会议
第0001号提案的答复</h1></div><div class="TRS_Editor"><p>张三委员：</p>
<p>您提出的《关于办好学校的提案》收悉，现答复如下：</p>
<p>我们将办好学校。</p><p>辽宁省教育厅</p><p>2023年8月1日</p></div></body></html>"""


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return load_dataset("demo", copy_of_demo(tmp_path))


def kept(dataset: Dataset, *answers: tuple[str, int, str]) -> Archive:
    """Keep answers (address, status, page or where a redirect leads), a day apart; return the archive."""
    with Archive(dataset.archive).writing("demo") as archive:
        for day, (url, status, said) in enumerate(answers):
            moved = {"Location": said} if 300 <= status < 400 else {"Content-Type": "text/html"}
            body = b"" if 300 <= status < 400 else said.encode()
            at = START + dt.timedelta(days=day)
            archive.keep(Answer(url, at, [], status, "", list(moved.items()), body))
    return archive


def listed(dataset: Dataset, *urls: str) -> Catalogue:
    return Catalogue({url: ListedPage(url, "答复", None, dataset.columns[0]) for url in urls}, ())


def test_a_page_that_a_listed_one_redirects_to_is_the_same_letter(dataset: Dataset) -> None:
    archive = kept(dataset, (OLD, 200, PAGE), (OLD, 301, NEW), (NEW, 200, PAGE.replace("办好", "办强")))
    (group,) = page_groups(archive, listed(dataset, OLD))
    reply = read_group(archive, dataset, group, None).record
    assert reply is not None
    assert (reply.reply.reply_id, reply.reply.url, reply.reply.version) == ("demo:2023081309440572739", NEW, 2)
    assert "withdrawn" not in reply.reply.flags


def test_a_letter_behind_a_redirect_from_the_start_is_read(dataset: Dataset) -> None:
    archive = kept(dataset, (OLD, 302, "../../2024n/2024010209440572740/index.shtml"), (NEW, 200, PAGE))
    (group,) = page_groups(archive, listed(dataset, OLD))
    reply = read_group(archive, dataset, group, None).record
    assert reply is not None
    assert (reply.reply.reply_id, reply.reply.url) == ("demo:2023081309440572739", NEW)


@pytest.mark.parametrize(("status", "said"), [(404, "<html>404</html>"), (302, "/index.shtml")])
def test_a_letter_whose_page_is_gone_stays_and_is_flagged(dataset: Dataset, status: int, said: str) -> None:
    archive = kept(dataset, (OLD, 200, PAGE), (OLD, status, said))
    (group,) = page_groups(archive, listed(dataset, OLD))
    reply = read_group(archive, dataset, group, None).record
    assert reply is not None
    assert "withdrawn" in reply.reply.flags


def test_redirects_in_a_circle_end(dataset: Dataset) -> None:
    archive = kept(dataset, (OLD, 302, NEW), (NEW, 302, OLD))
    (group,) = page_groups(archive, listed(dataset, OLD))
    reading = read_group(archive, dataset, group, None)
    assert (reading.record, [issue.code for issue in reading.issues]) == (None, ["fetch_failed"])
