"""What an answer is, judged by status, words and where a redirect leads."""

from __future__ import annotations

import pytest

from parsers.answer import outcome_of

URL = "http://site/jyt/szxta/2024n/1/index.shtml"


@pytest.mark.parametrize(
    ("location", "outcome"),
    [
        ("/", "redirected_home"),
        ("http://site/index.shtml", "redirected_home"),
        ("http://other/index.shtml", "redirected"),
        ("../2/index.shtml", "redirected"),
        ("index.shtml", "redirect_loop"),
        (None, "redirect_loop"),
    ],
)
def test_a_redirect_is_judged_by_where_it_leads(location: str | None, outcome: str) -> None:
    assert outcome_of(302, None, URL, location) == outcome


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("您访问的页面不存在或已删除", "gone_soft"),
        ("服务器异常,请稍后再试", "error_page"),
        ("<script>var a='页面不存在';</script>关于第1号提案的答复", "ok"),
        ("我厅完善应急机制,避免系统故障影响考试。" * 20, "ok"),
        ("", "ok"),
    ],
)
def test_a_stub_is_judged_by_its_words(words: str, outcome: str) -> None:
    assert outcome_of(200, f"<html><body>{words}</body></html>") == outcome


@pytest.mark.timeout(30)  # minutes, if the time grew with the square of the length
@pytest.mark.parametrize("piece", ["<script", "<", "</script>", "<!--"])
def test_no_markup_takes_long_to_judge(piece: str) -> None:
    assert outcome_of(200, piece * 200_000) == "ok"
