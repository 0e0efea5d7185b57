"""Organisations, programmes and lists."""

from __future__ import annotations

import pytest

from parsers.facts.citations import read_citations
from parsers.facts.enumerations import read_enumerations
from parsers.facts.organizations import read_organizations
from parsers.facts.programmes import read_programmes


def organizations(sentence: str) -> list[tuple[str, str, str]]:
    found = read_organizations(sentence, read_citations(sentence), "辽宁省")
    assert all(sentence[one.start : one.end] == one.raw for one in found)
    return [(one.raw, one.name, one.role) for one in found]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("省教育厅将考核成效。", [("省教育厅", "辽宁省教育厅", "actor")]),
        (
            "经会同省财政厅、省委编办研究。",
            [("省财政厅", "辽宁省财政厅", "partner"), ("省委编办", "辽宁省委编办", "partner")],
        ),
        ("我们将积极向教育部反映。", [("教育部", "教育部", "recipient")]),
        (
            "省教育厅、省残联等7个部门印发《方案》。",
            [("省教育厅", "辽宁省教育厅", "issuer"), ("省残联", "辽宁省残联", "issuer")],
        ),
        ("落实教育部《指南》。", [("教育部", "教育部", "issuer")]),
        (
            "依托东北大学、辽宁师范大学建立基地。",
            [("东北大学", "东北大学", "mentioned"), ("辽宁师范大学", "辽宁师范大学", "mentioned")],
        ),
        (
            "省高校毕业生招聘会由省人社厅举办。",
            [("省人社厅", "辽宁省人社厅", "mentioned")],
        ),
        (
            "省委教育工委、省委政法委、省直机关工委共同推进。",
            [
                ("省委教育工委", "辽宁省委教育工委", "actor"),
                ("省委政法委", "辽宁省委政法委", "actor"),
                ("省直机关工委", "辽宁省直机关工委", "actor"),
            ],
        ),
        (
            "省委高度重视学生工作部署。",
            [("省委", "辽宁省委", "actor")],
        ),
        (
            "山东省教育厅来辽交流。",
            [("山东省教育厅", "山东省教育厅", "actor")],
        ),
        (
            "省高中等教育招生考试委员会办公室负责。",
            [("省高中等教育招生考试委员会办公室", "辽宁省高中等教育招生考试委员会办公室", "actor")],
        ),
        ("团省委共同开展活动。", [("团省委", "共青团辽宁省委", "actor")]),
        ("中国科学院沈阳自动化研究所参加。", [("中国科学院沈阳自动化研究所", "中国科学院沈阳自动化研究所", "actor")]),
    ],
)
def test_organisations_and_their_part(sentence: str, expected: list[tuple[str, str, str]]) -> None:
    assert organizations(sentence) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "各高校和教育部门加强合作。",
        "落实《教育部关于A的意见》。",
        "省属高校、省级示范校参加。",
        "省政协十三届二次会议期间。",
        "建设国家重点实验室。",
        "全省将新增学前教育公办学位2万个。",
        "我省出台政策鼓励社会力量兴办养老机构。",
        "省义务教育阶段公办学校占九成。",
        "省统一办理学籍。",
        "省各级党委高度重视。",
        "省财政每年安排资金委托专业机构评估。",
        "外省教育厅来访,各省财政厅参会。",
        "鞍山市由市教育局牵头。",
        "国家鼓励社会力量兴办幼儿园。",
        "建设国家级现代产业学院10个,辽宁省级示范性幼儿园20所。",
    ],
)
def test_what_names_no_organisation(sentence: str) -> None:
    assert organizations(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("继续实施“兴辽英才计划”,启动“县中托管帮扶工程”。", ["兴辽英才计划", "县中托管帮扶工程"]),
        ("深化实施“校企协同科技创新伙伴行动”。", ["校企协同科技创新伙伴行动"]),
        ("紧盯辽宁全面振兴新突破三年行动任务要求。", ["辽宁全面振兴新突破三年行动"]),
        ("推进1+X证书制度试点。", ["1+X证书制度试点"]),
        ("实施融合教育质量提升工程,遴选示范区。", ["融合教育质量提升工程"]),
        ("申报各类科研项目,调整招生计划,列入教学计划。", []),
        ("开设飞行器设计与工程、航空航天工程等专业。", []),
        ("这是一项系统工程。", []),
        ("落实《三年行动计划》。", []),
        ("省教育厅计划于年底前启动。", []),
    ],
)
def test_programmes(sentence: str, names: list[str]) -> None:
    found = read_programmes(sentence)
    assert [one.name for one in found] == names
    assert all(sentence[one.start : one.end] == one.raw for one in found)


@pytest.mark.parametrize(
    ("sentence", "items", "head", "count", "is_open"),
    [
        ("东北大学、大连理工大学、辽宁师范大学等10所高校参加。", 3, "高校", 10, True),
        ("沈阳市、大连市、盘锦市等3个市入选。", 3, "市", 3, False),
        ("冶金工程、材料科学与工程、食品科学与工程、交通运输工程4个学科入选。", 4, "学科", 4, False),
        ("对课程设置、师资配备、场地建设等作出规定。", 3, None, None, True),
        ("在规划、土地、编制等方面统筹保障。", 3, "方面", None, True),
        ("省发展改革委、省教育厅、省财政厅出台办法。", 3, None, None, False),
    ],
)
def test_lists(sentence: str, items: int, head: str | None, count: int | None, *, is_open: bool) -> None:
    (found,) = read_enumerations(sentence)
    assert (len(found.items), found.head, found.declared_count, found.is_open) == (items, head, count, is_open)
    assert sentence[found.start : found.end] == found.raw
    assert all(item in found.raw for item in found.items)


@pytest.mark.parametrize(
    "sentence",
    [
        "统筹职业教育、高等教育发展。",
        "推进改革。",
        "省财政厅、省教育厅研究。",
        "促进教育链、人才链与产业链、创新链衔接。",
    ],
)
def test_what_is_no_list(sentence: str) -> None:
    assert read_enumerations(sentence) == []
