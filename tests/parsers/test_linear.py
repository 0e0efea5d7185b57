"""A paragraph takes time that grows with its length, whatever it repeats.

Each is as long as a paragraph may be. None takes two seconds; one that took the time of the square of its length would
run into the limit.
"""

from __future__ import annotations

import pytest

from flows.datasets import load_dataset
from parsers.facts.citations import title_key
from parsers.letter import read_letter
from tests.conftest import DEMO
from tests.demo_pages import provenance

PAGE = load_dataset("demo", DEMO.parent).page_selectors()
LENGTH = 19_000
PIECES = (
    # numbers
    "1 0 13 13812345678 一 一二 十 千 万 亿 1, 1. 1.1 1+ 1- 2024- 3至 3个 3个、 10个 百所 数十 十几 1亿5千 3万 "
    "近 每千 上百 第一 "
    "第1号 三分之一 百分之 之一 % 余 达 号 届 1年 2025年 到2025年 年底前 ① 10² ½ ㎡ "
    # offices and documents
    "政协省 省委 教育部 沈阳大学 局 省 市 县 国家 辽宁省 中国 大学 中心 委员会 我厅 局和 局和局、 "
    "省教育厅、 省教育厅, 省教育厅与 "
    "教育部、教育部, 教育部《甲》 《甲》 《 “甲” “一 联合 会同 共同 印发 关于 关于印发 的通知 (类 A1 〔2024〕 "
    # promises, lists and names
    "将 把 向 对 的 在 和 与 为 等 由在 了将 ;是 未来 下一步 推进 推进、 推进、推进, 甲、 甲、乙等 甲、乙等问题 "
    "甲和乙、 "
    "实施 计划 项目 培训 字 人大 提案 张三委员 电话 。 甲。 ! , ; : ( (1) 一、 (一) 1、 | A"
).split()


def page(text: str) -> str:
    return (
        f'<html><body><h1>关于第0001号提案的答复</h1><div class="TRS_Editor"><p>张三委员:</p>'
        f"<p>您提出的提案收悉,答复如下:</p><p>{text}</p><p>辽宁省教育厅</p></div></body></html>"
    )


@pytest.mark.timeout(20)  # none takes two seconds alone
@pytest.mark.parametrize("piece", PIECES)
def test_a_paragraph_of_one_piece_is_read_soon(piece: str) -> None:
    assert read_letter(page(piece * (LENGTH // len(piece))), PAGE, provenance()).issues is not None


@pytest.mark.timeout(20)
@pytest.mark.parametrize("head", ["一、", "推进", "由", "已", "将", "我厅"])
@pytest.mark.parametrize("piece", ["、推进", "将", "教育局和", "3个,", "未来", "关于印发"])
def test_nor_does_what_stands_before_it_matter(head: str, piece: str) -> None:
    text = head + piece * (LENGTH // len(piece)) + "队推进《关于甲的通知》收悉。"
    assert read_letter(page(text), PAGE, provenance()).issues is not None


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["局和", "局", "关于印发", "部、", "联合"])
def test_the_key_of_an_endless_title_is_found_soon(piece: str) -> None:
    assert title_key(piece * (LENGTH // len(piece)))
