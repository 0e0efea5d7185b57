"""Whole letters: what a page in the reply column is, and what is read where several parts have to agree."""

from __future__ import annotations

import datetime as dt

import pytest

from parsers.frame import PageSelectors
from parsers.letter import Provenance, Reading, read_letter
from schemas.record import Record

SELECTORS = PageSelectors(title=("h1",), byline=("p.info",), body=("div.content",))
OPENING = "您提出的建议收悉,现答复如下:"
REST = ("近年来,我厅认真开展工作。", "辽宁省教育厅", "2024年5月30日")


def reading(title: str, *lines: str) -> Reading:
    when = dt.datetime(2024, 8, 1, tzinfo=dt.UTC)
    known = Provenance(
        reply_id="demo:1",
        url="http://demo.invalid/1.html",
        province="辽宁省",
        column_path="/srddbjy/",
        column_kind="npc_suggestion",
        listed_on=dt.date(2024, 8, 1),
        capture_id="capture",
        first_seen_at=when,
        last_seen_at=when,
    )
    paragraphs = "".join(f"<p>{line}</p>" for line in lines)
    return read_letter(f'<h1>{title}</h1><div class="content">{paragraphs}</div>', SELECTORS, known)


def record(title: str, *lines: str) -> Record:
    found = reading(title, *lines)
    assert found.record is not None, found.issues
    return found.record


@pytest.mark.parametrize(
    "title",
    [
        "关于优化教育咨询服务提案的答复",
        "关于加强网民素养教育的建议的答复",
        "关于留言板建设有关提案的答复",
        "关于改进教育统计工作的建议的答复",
        "关于公开年度经费使用情况的提案的答复",
    ],
)
@pytest.mark.parametrize("salutation", ["王五委员:", "王五代表:"])
def test_a_letter_about_citizens_is_still_a_letter(title: str, salutation: str) -> None:
    assert record(title, salutation, OPENING, *REST).reply.letter_type == "reply"


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("关于网友建议的答复", ("网友您好:", "您的留言收悉,现答复如下:", *REST)),
        ("厅长信箱答复", ("您好:", "您的来信收悉,现答复如下:", *REST)),
        ("关于入学问题咨询的答复", ("您好:", "现答复如下:", *REST)),
    ],
)
def test_a_citizens_letter_is_none(title: str, lines: tuple[str, ...]) -> None:
    found = reading(title, *lines)
    assert found.record is None
    assert "citizen_letter" in (found.issues[0].detail or "")


def test_salutation_and_opening_in_one_paragraph() -> None:
    found = record("关于办学的提案的答复", "尊敬的王五委员: 您提出的提案收悉,现答复如下:", *REST)
    assert found.reply.salutation_raw == "尊敬的王五委员"
    assert [proposer.name for proposer in found.reply.proposers] == ["王五"]
    assert found.reply.opening_raw == "您提出的提案收悉,现答复如下:"
    assert "no_salutation" not in found.reply.flags
    text = found.reply.text
    assert all(text[one.char_start : one.char_end] == one.text for one in found.sentences)


def test_the_class_on_the_title_line_and_several_numbers() -> None:
    found = record("对省十四届人大一次会议第0123、0456号建议的答复(A类)", "王五代表:", OPENING, *REST).reply
    assert (found.reply_class_raw, found.reply_class, found.number) == ("(A类)", "A", "0123")
    assert "several_numbers" in found.flags


def test_a_title_without_a_marker_promises_nothing() -> None:
    found = record("关于办学的建议的答复", "王五代表:", OPENING, "下一步工作打算", "我厅将加大投入。", *REST)
    assert [s.role for s in found.sentences if s.text == "下一步工作打算"] == ["context"]
    assert len(found.commitments) == 1
