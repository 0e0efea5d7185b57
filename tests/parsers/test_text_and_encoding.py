"""Bytes to characters, characters to their normal form."""

from __future__ import annotations

import pytest

from parsers.encoding import decode, is_markup
from parsers.text import brackets_apart, normalise, outside_titles


@pytest.mark.parametrize(
    ("printed", "normal"),
    [
        ("①3个示范区;②5个基地", "(1)3个示范区;(2)5个基地"),
        ("建设⑤50所", "建设(5)50所"),
        ("⑳2023年⑴2所❸4所", "(20)2023年(1)2所(3)4所"),
        ("⒈2023年", "1、2023年"),
        ("㊀十所㈡五所", "(一)十所(二)五所"),
        ("10²个3½年5㎡6", "10^2个3 1⁄2年5m2 6"),
    ],
)
def test_enclosed_and_raised_numbers_join_no_digits(printed: str, normal: str) -> None:
    assert normalise(printed) == normal
    assert normalise(normal) == normal


@pytest.mark.parametrize(
    ("body", "header", "declared", "used"),
    [
        ("答复".encode(), "text/html; charset=gb2312", "gb2312", "utf-8"),
        ("答复㛃喆".encode("gb18030"), "text/html; charset=gb2312", "gb2312", "gb18030"),
        ("\ufeff答复".encode(), "text/html; charset=iso-8859-1", "iso-8859-1", "utf-8"),
        ('<meta charset="GBK">答复'.encode("gb18030"), "text/html", "gbk", "gb18030"),
        ("答复".encode("utf-16"), None, None, "utf-16"),
        (b"", None, None, "utf-8"),
    ],
)
def test_the_bytes_decide_the_encoding(body: bytes, header: str | None, declared: str | None, used: str) -> None:
    decoded = decode(body, header)
    assert (decoded.declared, decoded.used) == (declared, used)
    assert "答复" in decoded.text or not body


def test_bytes_of_no_encoding_stay_visible_as_damage() -> None:
    assert "\ufffd" in decode(b"\xff\xff\xff<p>").text


def test_a_file_is_told_from_a_page_by_its_bytes() -> None:
    assert is_markup(b"  <!DOCTYPE html><html>", "application/octet-stream")
    assert not is_markup(b"PK\x03\x04....", "text/html")
    assert not is_markup(b"%PDF-1.4", "text/html")


@pytest.mark.parametrize(
    ("printed", "normal"),
    [
        ("　　徐鑫提案者：", "徐鑫提案者:"),
        ("第０５３６号（Ａ）", "第0536号(A)"),
        ("2024 年 5 月 30 日", "2024年5月30日"),
        ("建设 50 个基地", "建设50个基地"),
        ("《中共中央　国务院关于…的意见》", "《中共中央 国务院关于...的意见》"),
        ("辽宁省教育厅  辽宁省财政厅", "辽宁省教育厅 辽宁省财政厅"),
        ("零\u200b宽\ufeff字符", "零宽字符"),
        ("他说： “好” 。", "他说:“好”。"),
        ("辽教函﹝2023﹞66号", "辽教函〔2023〕66号"),
    ],
)
def test_normal_form(printed: str, normal: str) -> None:
    assert normalise(printed) == normal
    assert normalise(normal) == normal


def test_brackets_nest_and_a_lost_one_swallows_nothing() -> None:
    text = "印发《关于落实《条例》的通知》和《缺了一半 以及《办法》"
    assert [text[start:end] for start, end in brackets_apart(text)] == ["《关于落实《条例》的通知》", "《办法》"]


def test_titles_are_blanked_with_their_length() -> None:
    assert outside_titles("省政协《关于建议》提案") == "省政协\0\0\0\0\0\0提案"
