"""Cited documents and quantities."""

from __future__ import annotations

import pytest

from parsers.facts.citations import read_citations, title_key
from parsers.facts.quantities import read_quantities


@pytest.mark.parametrize(
    ("sentence", "issuers", "basis"),
    [
        ("教育部和辽宁省人民政府共同印发了《关于A的意见》。", ("教育部", "辽宁省人民政府"), "stated"),
        ("联合13部门出台《关于A的意见》。", (), None),
        ("印发了《辽宁省教育厅关于B的通知》。", ("辽宁省教育厅",), "title"),
        ("省妇联、省教育厅等7部门联合印发《规划》。", ("省妇联", "省教育厅"), "stated"),
        ("认真落实《教育部办公厅关于C的通知》。", ("教育部办公厅",), "title"),
        ("学习贯彻《职业教育法》。", (), None),
        ("省住房和城乡建设厅、省财政厅印发了《办法》。", ("省住房和城乡建设厅", "省财政厅"), "stated"),
        ("省教育厅联合省文化和旅游厅等8部门出台《办法》。", ("省教育厅", "省文化和旅游厅"), "stated"),
        ("省政府办公厅转发了省教育厅《意见》。", ("省教育厅",), "stated"),
        ("省教育厅转发《教育部办公厅关于A的通知》。", ("教育部办公厅",), "title"),
        ("省委、省政府高度重视职业教育,先后出台《意见》。", ("省委", "省政府"), "stated"),
        ("省教育厅按照有关要求,联合省财政厅出台《办法》。", ("省教育厅", "省财政厅"), "stated"),
        ("《规划》由省政府办公厅于2022年印发。", ("省政府办公厅",), "stated"),
        ("省人大常委会颁布的《条例》作出规定。", ("省人大常委会",), "stated"),
    ],
)
def test_issuers_as_stated(sentence: str, issuers: tuple[str, ...], basis: str | None) -> None:
    (found,) = read_citations(sentence)
    assert (found.issuers, found.issuer_basis) == (issuers, basis)


def test_an_agency_gives_its_name_to_both_titles() -> None:
    assert [c.issuers for c in read_citations("教育部《甲办法》《乙办法》明确要求。")] == [("教育部",), ("教育部",)]


def test_nested_titles_are_one_document() -> None:
    (found,) = read_citations("转发《关于印发《实施方案》的通知》(国办发〔2020〕34号)。")
    assert found.raw == "《关于印发《实施方案》的通知》"
    assert found.doc_number == "国办发〔2020〕34号"
    assert found.title_key == "实施方案"


def test_title_keys_join_what_is_the_same_document() -> None:
    assert title_key("教育部关于印发《A行动计划》的通知") == title_key("A行动计划")


@pytest.mark.parametrize(
    ("sentence", "raw", "value", "unit", "counted", "approximate"),
    [
        ("认定省级产教融合型企业107家。", "107家", 107, "家", "省级产教融合型企业", False),
        ("建设兴辽产业学院50个。", "50个", 50, "个", "兴辽产业学院", False),
        ("共建50所兴辽产业学院。", "50所", 50, "所", "兴辽产业学院", False),
        ("联合13部门出台意见。", "13部门", 13, "部门", "部门", False),
        ("惠及近3万名学生。", "近3万名", 30_000, "名", "学生", True),
        ("共有3000余学生受益。", "3000余学生", 3000, "学生", "学生", True),
        ("投入3.5亿元。", "3.5亿元", 350_000_000, "元", None, False),
        ("百所院校参加。", "百所", 100, "所", "院校", True),
        ("50个以上的基地。", "50个以上", 50, "个", "基地", True),
        ("近视率下降2%左右。", "2%左右", 2, "%", None, True),
        ("近视率下降0.5个千分点。", "0.5个千分点", 0.5, "个千分点", "近视率", False),
        ("投入1亿5千万元。", "1亿5千万元", 150_000_000, "元", None, False),
        ("投入5022.6亿元。", "5022.6亿元", 502_260_000_000, "元", None, False),
        ("扶持数十家企业。", "数十家", None, "家", "企业", True),
        ("建设几十所学校。", "几十所", None, "所", "学校", True),
        ("惠及十几所学校。", "十几所", 10, "所", "学校", True),
        ("每千名老年人拥有养老床位30张。", "30张", 30, "张", "养老床位", False),
        ("每10万人口床位5张。", "5张", 5, "张", "每10万人口床位", False),
        ("举办上百场活动。", "上百场", 100, "场", "活动", True),
        ("组织上千人参加。", "上千人", 1000, "人", None, True),
        ("购置列车12列。", "12列", 12, "列", "列车", False),
        ("分15批发放。", "15批", 15, "批", None, False),
        ("接种1200万剂次。", "1200万剂次", 12_000_000, "剂次", None, False),
        ("吞吐量达120万标箱。", "120万标箱", 1_200_000, "标箱", "吞吐量", False),
        ("建筑面积1200m2。", "1200m2", 1200, "m2", "建筑面积", False),
        ("装机100万千瓦。", "100万千瓦", 1_000_000, "千瓦", None, False),
        ("新增10万人口。", "10万人口", 100_000, "人口", "人口", False),
        ("完成百分之五十以上的改造。", "百分之五十以上", 50, "%", None, True),
        ("60周岁及以上人口比例达25%。", "25%", 25, "%", "60周岁及以上人口比例", False),
        ("3岁以下婴幼儿托位4.5个。", "4.5个", 4.5, "个", "3岁以下婴幼儿托位", False),
        ("地铁1号线运营里程达60公里。", "60公里", 60, "公里", "地铁1号线运营里程", False),
        ("给予一次性奖补20万元。", "20万元", 200_000, "元", "一次性奖补", False),
        ("一般性支出压减率达90%。", "90%", 90, "%", "一般性支出压减率", False),
        ("20名专家组成团队。", "20名", 20, "名", "专家", False),
    ],
)
def test_quantities(
    sentence: str, raw: str, value: float | None, unit: str, counted: str | None, *, approximate: bool
) -> None:
    (found,) = read_quantities(sentence)
    assert (found.raw, found.value, found.unit, found.approximate) == (raw, value, unit, approximate)
    assert sentence[found.start : found.end] == raw
    assert counted is None or found.counted == counted


@pytest.mark.parametrize(
    "sentence",
    [
        "省政协十三届二次会议期间。",
        "2023年,第164期培训班开班。",
        "首批单位名单。",
        "国办发〔2020〕34号文件。",
        "推进1+X证书试点。",
        "落实《三年行动计划(2023-2025年)》。",
        "“十四五”期间“100个项目”。",
        "拨打024-12355。",
        "一个方面的问题,一批成果。",
        "三分之一的学校完成改造,二分之一以上的县也是。",
        "每千名学生,每万人口,每10万人口。",
        "为期3个月,3年内完成。",
        "三万五人。",
    ],
)
def test_what_is_no_quantity(sentence: str) -> None:
    assert read_quantities(sentence) == []
