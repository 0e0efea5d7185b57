"""Headings and sentences."""

from __future__ import annotations

import pytest

from parsers.sentences import split_sentences
from parsers.structure import Heading, is_bare_title, read_headings


def headings(*lines: str) -> list[Heading]:
    offsets = [sum(len(line) + 1 for line in lines[:i]) for i in range(len(lines))]
    return read_headings(list(zip(offsets, lines, strict=True)))


def test_four_levels_and_their_paths() -> None:
    found = headings(
        "一、基本情况", "(一)加强领导", "1.建立机制", "(1)定期会商", "2、明确责任", "二、下步打算", "(一)推进"
    )
    assert [h.path for h in found] == [
        "一",
        "一/(一)",
        "一/(一)/1.",
        "一/(一)/1./(1)",
        "一/(一)/2.",
        "二",
        "二/(一)",
    ]
    assert [h.level for h in found] == [1, 2, 3, 4, 3, 1, 2]
    assert [h.parent for h in found] == [None, 0, 1, 2, 1, None, 5]


def test_roles_are_read_and_inherited() -> None:
    found = headings("一、目前工作情况", "(一)政策", "二、下步工作思路", "(一)政策", "三、关于您提出的建议")
    assert [h.role for h in found] == ["situation", "situation", "next_steps", "next_steps", "answer"]


def test_a_run_in_heading_is_marker_and_first_clause() -> None:
    (found,) = headings("一、加强制度建设。近年来,我厅印发多份文件。")
    assert (found.title, found.run_in, found.start, found.end) == ("加强制度建设", True, 0, 8)


@pytest.mark.parametrize(
    "line",
    [
        "近年来,我厅开展工作。",
        "一是加强领导。二是明确责任。",
        "3.5亿元投入",
        "2023年",
        "一、二年级学生不布置书面作业。",
        "一、二线城市医院对口支援。",
        "3、5、7年级开展监测。",
    ],
)
def test_what_is_no_heading(line: str) -> None:
    assert headings(line) == []


def test_sentences_end_outside_brackets_and_quotes() -> None:
    text = "印发《通知。补充》。他说“好。”再说(略。)一次!完了?"
    assert [text[a:b] for a, b in split_sentences(text)] == [
        "印发《通知。补充》。",
        "他说“好。”再说(略。)一次!",
        "完了?",
    ]


def test_a_missing_quote_does_not_join_sentences() -> None:
    text = "推进双减”工作。加强管理。"
    assert [text[a:b] for a, b in split_sentences(text)] == ["推进双减”工作。", "加强管理。"]


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("1.2024年工作情况", "2024年工作情况"),
        ("二、三年行动计划落实情况", "三年行动计划落实情况"),
        ("一、一年来的主要做法", "一年来的主要做法"),
        ("一、三全育人工作", "三全育人工作"),
    ],
)
def test_a_numeral_behind_the_marker(line: str, title: str) -> None:
    assert [h.title for h in headings(line)] == [title]


@pytest.mark.parametrize("line", ["下一步工作打算", "工作开展情况", "今后工作思路", "主要做法"])
def test_a_title_without_a_marker(line: str) -> None:
    assert is_bare_title(line)
    assert headings(line) == []


@pytest.mark.parametrize("line", ["下一步继续做好工作", "下一步,我厅将推进工作。", "学前教育基础薄弱", "辽宁省教育厅"])
def test_what_says_more_than_a_title(line: str) -> None:
    assert not is_bare_title(line)
