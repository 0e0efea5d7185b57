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
        ("网站正在升级维护，请稍后访问", "error_page"),
        ("系统维护中", "error_page"),
        ("您提出的提案收悉。我厅网站正在升级维护。", "ok"),
        ("<script>document.write('<a></a>页面不存在')</script>关于第1号提案的答复", "ok"),
    ],
)
def test_a_stub_is_judged_by_its_words(words: str, outcome: str) -> None:
    assert outcome_of(200, f"<html><body>{words}</body></html>") == outcome


FRAME = "".join(f"<li><a href='/x{number}'>政务公开栏目{number}</a></li>" for number in range(60))


@pytest.mark.parametrize(
    ("title", "words", "outcome"),
    [
        ("辽宁省教育厅", "<div>您访问的页面不存在或已被删除</div><div>版权所有</div>", "gone_soft"),
        ("辽宁省教育厅", "请输入验证码继续访问", "blocked"),
        ("辽宁省教育厅", "系统繁忙,请稍后再试", "error_page"),
        ("404", "公共栏目介绍。" * 90, "gone_soft"),
        ("页面不存在-辽宁省教育厅", "公共栏目介绍。" * 90, "gone_soft"),
        ("辽宁省教育厅 | 安全验证", "公共栏目介绍。" * 90, "blocked"),
        ("关于加强校园安全验证的提案答复", "我厅重视安全验证。" * 90, "ok"),
        ("关于第0404号提案的答复", "您提出的提案收悉。", "ok"),
    ],
)
def test_a_frame_of_links_around_a_stub_does_not_hide_it(title: str, words: str, outcome: str) -> None:
    html = f"<html><title>{title}</title><body><ul>{FRAME}</ul>{words}</body></html>"
    assert outcome_of(200, html) == outcome


@pytest.mark.parametrize("status", [200, 202, 302, 403])
def test_a_challenge_is_one_however_long_it_is_and_whatever_its_status(status: int) -> None:
    html = f"<html><script>$_ts=window['$_ts'];$_ts.cd=\"{'q' * 25_000}\";</script></html>"
    assert outcome_of(status, html, URL, "/x") == "blocked"


@pytest.mark.parametrize("status", [101, 201, 202, 204, 205, 206, 299])
def test_only_a_whole_answer_brings_a_page(status: int) -> None:
    assert outcome_of(status, f"<html>{'您提出的提案收悉。' * 90}</html>") == "no_page"
    assert outcome_of(status, None) == "no_page"


@pytest.mark.parametrize(("html", "outcome"), [("", "no_page"), (" \r\n", "no_page"), (None, "ok")])
def test_nothing_is_no_page(html: str | None, outcome: str) -> None:
    assert outcome_of(200, html) == outcome_of(203, html) == outcome


def test_a_403_is_a_block_only_if_it_says_so() -> None:
    assert outcome_of(403, "<html>403 Forbidden</html>") == outcome_of(403, "") == outcome_of(403, None) == "forbidden"
    assert outcome_of(403, "<html>请输入验证码</html>") == "blocked"


@pytest.mark.timeout(30)  # minutes, if the time grew with the square of the length
@pytest.mark.parametrize("piece", ["<script", "<", "</script>", "<!--"])
def test_no_markup_takes_long_to_judge(piece: str) -> None:
    assert outcome_of(200, piece * 200_000) == "ok"
