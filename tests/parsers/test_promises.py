"""Commitments: marker, actor, actions, deadline."""

from __future__ import annotations

import datetime as dt

import pytest

from parsers.facts.commitments import Promise, read_promise
from parsers.facts.deadlines import read_deadline
from parsers.roles import Utterance, rule_for
from schemas.structure import SectionRole

SIGNED = dt.date(2024, 5, 30)


def promise(sentence: str, section: SectionRole | None = "next_steps") -> Promise:
    said = Utterance(sentence, section, SIGNED.year)
    rule = rule_for(said)
    assert rule.role == "commitment", rule.name
    return read_promise(said, rule, "辽宁省", "辽宁省教育厅", SIGNED)


@pytest.mark.parametrize(
    ("sentence", "modality", "marker"),
    [
        ("我厅将继续扩大试点范围。", "explicit", "将"),
        ("下一步,我厅将做好以下工作。", "explicit", "下一步"),
        ("到2025年,力争每县建成一所学校。", "explicit", "到2025年"),
        ("继续办好宣传周活动,年底前编印手册10万册。", "explicit", "继续"),
        ("支持学校增设专业。", "inherited", None),
        ("将新增学位纳入统筹安排。", "inherited", None),
    ],
)
def test_modality_and_the_first_marker(sentence: str, modality: str, marker: str | None) -> None:
    found = promise(sentence)
    assert (found.modality, found.marker) == (modality, marker)


@pytest.mark.parametrize(
    ("sentence", "actor_raw", "actor"),
    [
        ("省教育厅将定期考核成效。", "省教育厅", "辽宁省教育厅"),
        ("我厅拟与省卫生健康委共同组织结对。", "我厅", "辽宁省教育厅"),
        ("下一步,我们将积极吸纳您的意见。", "我们", "辽宁省教育厅"),
        ("省妇联、省关工委将配合教育部门开展活动。", "省妇联、省关工委", "辽宁省妇联、辽宁省关工委"),
        ("各地教育部门定期开展自评。", "各地教育部门", None),
        ("各高校要把就业列入计划,我厅将在年底前组织检查。", "我厅", "辽宁省教育厅"),
        ("对质量下滑的学校开展专项诊断。", None, None),
        ("推进校企合作。", None, None),
    ],
)
def test_the_actor_as_printed_and_resolved(sentence: str, actor_raw: str | None, actor: str | None) -> None:
    found = promise(sentence)
    assert (found.actor_raw, found.actor) == (actor_raw, actor)


@pytest.mark.parametrize(
    ("sentence", "actions"),
    [
        ("省教育厅将定期考核托管成效,公布考核结果。", [("考核", "托管成效"), ("公布", "考核结果")]),
        ("将县中建设纳入政府评价。", [("纳入", "政府评价")]),
        (
            "会同省卫生健康委实施“护航行动”,组织百所医院与学校结对。",
            [("实施", "“护航行动”"), ("组织", "百所医院与学校结对")],
        ),
        ("依托监测平台,每学年发布监测报告,对学校开展专项诊断。", [("发布", "监测报告"), ("开展", "专项诊断")]),
        ("支持学校开设职业体验、科学实验、劳动教育等课程。", [("支持", "学校开设职业体验、科学实验、劳动教育等课程")]),
        ("办学条件达标率达到95%以上。", [("达到", "95%以上")]),
    ],
)
def test_actions_part_where_a_new_verb_starts(sentence: str, actions: list[tuple[str, str]]) -> None:
    assert list(promise(sentence).actions) == actions


@pytest.mark.parametrize(
    ("sentence", "raw", "on"),
    [
        ("到2025年,建成10所。", "到2025年", dt.date(2025, 12, 31)),
        ("2025年底前完成。", "2025年底前", dt.date(2025, 12, 31)),
        ("拟于2025年6月底前完成。", "2025年6月底前", dt.date(2025, 6, 30)),
        ("2025年2月底前完成。", "2025年2月底前", dt.date(2025, 2, 28)),
        ("2025年上半年启动。", "2025年上半年", dt.date(2025, 6, 30)),
        ("2025年6月前完成。", "2025年6月前", dt.date(2025, 5, 31)),
        ("力争年底前完成。", "年底前", dt.date(2024, 12, 31)),
        ("明年6月底前完成。", "明年6月底前", dt.date(2025, 6, 30)),
        ("“十四五”末基本消除大班额。", "“十四五”末", None),
        ("近期将印发方案。", "近期", None),
        ("于2025年年底前完成。", "2025年年底前", dt.date(2025, 12, 31)),
        ("9月底前完成。", "9月底前", dt.date(2024, 9, 30)),
        ("明年6月30日前完成。", "明年6月30日前", dt.date(2025, 6, 30)),
        ("2026年春节前完成。", "2026年春节前", None),
    ],
)
def test_deadlines(sentence: str, raw: str, on: dt.date | None) -> None:
    found = read_deadline(sentence, SIGNED)
    assert found is not None
    assert (found.raw, found.on) == (raw, on)
    assert sentence[found.start : found.end] == raw


@pytest.mark.parametrize(
    "sentence",
    [
        "落实《行动方案(2023—2025年)》。",
        "2023年以来持续推进。",
        "对照2025年版标准推进。",
        "推进校企合作。",
        "落实《到2025年的规划》。",
        "对2020年前建成的校舍进行改造。",
        "落实2025年前建成的安排。",
        "2025至2027年持续推进。",
    ],
)
def test_what_is_no_deadline(sentence: str) -> None:
    assert read_deadline(sentence, SIGNED) is None


def test_without_a_signature_a_year_is_not_made_up() -> None:
    found = read_deadline("年底前完成。", None)
    assert found is not None
    assert found.on is None
