"""Quantities: a number, its unit and what it counts (reference: letters.md, "Facts")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from math import prod

from parsers.facts.counted import counted_at
from parsers.numerals import CHINESE_DIGITS, number_of
from parsers.text import outside_titles

_MONEY = "元|美元|欧元|日元|英镑|港元|港币|人民币"
_MEASURES = (
    "人次|个百分点|个千分点|百分点|千分点|个小时|平方千米|平方公里|立方米|千瓦时|千瓦|兆瓦|千伏安|千伏|千克|公斤|毫升|厘米|"
    "毫米|海里|标准箱|标箱|剂次|针次|架次|车次|航次|列次|班次|轮次|户次|件次|例次|床位|m2|m3|km|kW|MW|GW|TEU|"
    "平方米|平方公里|公里|千米|学时|课时|学分|小时|分钟|批次|场次|台套|余个|"
    "通|例|节|分(?![钟别类批级层期步段解布配析享工会开管校局点之])|个(?!多?半?月|季度|学期|学年|星期|年|工作日)|家|所|名|人|项|门|种|次|场|件|套|台|间|处|座|"
    "支|位|篇|本|册|部|辆|吨|亩|米|条|份|天|户|对|班|期|株|届|轮|周(?![岁年期边末])|类|块|片|组|起|栋|张(?!家|榜)|笔|只|棵|辆次|"
    "公顷|"
    "列(?![为入出举])|批(?![准复评判])|床(?!位)|架(?!构|次)|艘|口(?![岸径号语腔])|幢|趟|枚|盏|宗|箱|剂|幅|头(?!部|雁)|匹|羽|"
    "站(?!点|式|台)|眼|孔|层(?!次|面|级)|集(?!中|体|团|群|聚|成)|桩|单|封|针|根(?!据|本)|首(?!批|次|个|席|先)|吨位"
)
_NOUNS = (
    "人口|部门|学生|教师|学校|高校|院校|企业|专业|基地|课程|项目|县区|县|市|区|乡镇|街道|"
    "村|单位|家庭|儿童|幼儿园|岗位|学位|班级|教室"
)
_HAN_DIGITS = f"[{CHINESE_DIGITS[1:-3]}]"
# From its first digit and as a whole or not at all: a line of digits is gone over once.
_NUMBER = (
    r"(?:(?<!\d)(?<!\d[.^⁄])(?:\d{1,3}(?:,\d{3}){1,5}+(?!,?\d)(?:\.\d{1,6}+)?|\d{1,18}+(?:\.\d{1,18}+)?)(?!\d)|"
    rf"(?<!{_HAN_DIGITS})(?<!之){_HAN_DIGITS}{{1,18}}+(?!{_HAN_DIGITS}))"
)
_SCALES = "[百千]?[万亿]{1,2}|[百千]"
_FEW = "(?:(?<![人总次户分班校件岁倍系指函整多少无])数|几)(?:[十百千]{1,2}[万亿]?|[万亿]{1,2})"
"""数十 and 几百 name no number; 人数十万 does."""
_ROUND = r"(?<![\d十百千万亿])(?:(?<=[上近超逾约])[万亿](?!元)|万(?=[余多名]))"
_AMOUNT = rf"(?:(?:{_NUMBER}(?:{_SCALES})){{1,3}}+(?:(?![百千]){_NUMBER})?|{_NUMBER}|{_FEW}|{_ROUND})"
_BEFORE = "(?<!以)上(?=[百千万亿])|将近|接近|大约|(?<!不)超过|逾|近|约|(?<!不)超(?!过)|达"
_QUANTITY = re.compile(
    rf"(?P<share>百分之(?P<percent>\d{{1,3}}(?:\.\d{{1,6}})?|{_HAN_DIGITS}{{1,9}}+)(?P<share_after>以上|以下|以内|左右)?)|"
    rf"(?P<before>{_BEFORE})?(?:(?P<low>{_NUMBER})[万亿]?(?:至|到|—|–|-|~))?"
    rf"(?P<number>{_AMOUNT})(?P<more>余|多|几)?(?P<scale2>万|亿)?(?P<more2>余|多)?"
    rf"(?P<unit>%|‰|个百分点|{_MONEY}|人次|{_NOUNS}|{_MEASURES})(?!之[一二三])(?P<after>以上|以下|以内|左右)?"
)
_SCALE = {"万": 10_000, "亿": 100_000_000, "百": 100, "千": 1_000}
_TERM = re.compile(rf"(?P<digits>[\d,.]+|{_HAN_DIGITS}+|(?=[万亿]))(?P<scale>[百千]?[万亿]*)")
_APPROXIMATE = frozenset("上|几|将近|接近|大约|超过|逾|近|约|超|余|多|以上|以下|以内|左右".split("|"))
_DECADES = re.compile(r"^(?:[百千万亿]+|[\d.]+[百千])$")
_UNNAMED = re.compile("[数几]")

_VAGUE = frozenset("列批床架口箱剂幅头匹羽站眼孔层集桩单封针根首枚盏宗趟幢")
"""Words that measure behind digits (12列), and behind one Chinese numeral stand in many idioms (一口气, 四层)."""
# What looks like a quantity and is none: ordinals, sessions, years, numbers inside names.
_ORDINAL_BEFORE = re.compile(r"[第首上下每A-Za-z+\-/.^⁄]")
"""每 before a number makes a denominator of it: 每千名老年人拥有床位30张."""
_NOT_COUNTED = re.compile(
    r"^(?:个人|个性|个别|部分|部署|部委|种类|所有|所在|所以(?!上|下|内)|所需|家长|家庭教育|家校|名师|人才|人民|"
    r"人工|位置|场所|次会议|届|项目库|本科|门户|条件|期间|班子|对一|类别|区域|市场|周边|件事|组织|天津)"
)
_IDIOMS = re.compile(
    r"^(?:千家万户|一(?:个|批|些|种|次|项|方面|系列|体|流|类|条|部|对|期|轮|届|场|支|组|份|套|块|片|位|件|户|本|"
    r"班|人|天|周)|两(?:会|个维护|免)|三(?:全|个课堂|方|农|位一体|级|支一扶)|四(?:个意识|有)|双)"
)
_COUNTIES = re.compile(r"[县市区](?:\([县市区、]+\)|、[县市区](?![\u4e00-\u9fff]))")


@dataclass(frozen=True, slots=True)
class Measured:
    """A quantity in a passage; `start` and `end` are offsets in it. A range (3至5个) has no value."""

    raw: str
    value: float | None
    unit: str
    counted: str | None
    approximate: bool
    start: int
    end: int


def read_quantities(passage: str) -> list[Measured]:
    """Return the quantities of a sentence or heading, in order; numbers inside 《》 and “” are names."""
    visible = _without_names(passage)
    found: list[Measured] = []
    for match in _QUANTITY.finditer(visible):
        if _is_quantity(visible, match):
            found.append(_measured(passage, match, found[-1].counted if found else None))
    return found


def _without_names(passage: str) -> str:
    visible = outside_titles(passage)
    visible = re.sub(r"“[^“”]{1,20}”", lambda m: "\0" * len(m.group()), visible)
    visible = re.sub(
        r"1\+X|\d{4}年|\d{1,2}月(?:\d{1,2}日)?|\d{3,4}-\d{5,8}|[一二三五十]年行动",
        lambda m: "\0" * len(m.group()),
        visible,
    )
    return re.sub(r"[〔\[(【]\d{4}[〕\])】]\d+号", lambda m: "\0" * len(m.group()), visible)


def _is_quantity(visible: str, match: re.Match[str]) -> bool:
    if match["share"]:
        return _sum(match["percent"]) is not None
    at = match.start() - 1
    if at >= 0 and _ORDINAL_BEFORE.match(visible, at) and (match["before"] is None or visible[at] == "每"):
        return False
    tail = visible[match.start("unit") : match.end() + 8]
    if _NOT_COUNTED.match(tail) or re.match(r"年|月|日|号|届", tail):
        return False
    number = match["number"]
    if not number[0].isdigit() and (
        _IDIOMS.match(f"{number}{match['unit']}{visible[match.end() : match.end() + 4]}")
        or (match["unit"] in _VAGUE and len(number) == 1 and number not in "百千万")
    ):
        return False
    return bool(_UNNAMED.match(number)) or _sum(number) is not None


def _measured(passage: str, match: re.Match[str], last: str | None) -> Measured:
    start, end = match.span()
    if match["share"]:
        counted = counted_at(passage, start, end, "%", last)
        value = _sum(match["percent"])
        return Measured(match["share"], _float(value), "%", counted, bool(match["share_after"]), start, end)
    number = match["number"]
    approximate = any(match[part] in _APPROXIMATE for part in ("before", "more", "more2", "after")) or bool(
        match["low"] or _DECADES.match(number) or _UNNAMED.match(number)
    )
    if match["before"] == "达":
        start += 1
    unit = match["unit"]
    counted = unit if unit in _NOUNS.split("|") else counted_at(passage, start, end, unit, last)
    return Measured(passage[start:end], _value(match), unit, counted, approximate, start, end)


def _value(match: re.Match[str]) -> float | None:
    """Return the value with its scale multiplied out; a range, 数十 and 几百 have none."""
    value = None if match["low"] or _UNNAMED.match(match["number"]) else _sum(match["number"])
    return _float(value * _SCALE.get(match["scale2"] or "", 1)) if value is not None else None


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(round(value, 6))


def _sum(amount: str) -> Decimal | None:
    """Return what the parts of an amount (1亿5千万) come to; None if they do not descend, or one is no numeral."""
    total, above = Decimal(0), None
    for term in _TERM.finditer(amount):
        scale = prod(_SCALE[character] for character in term["scale"])
        try:
            part = Decimal(str(number_of(term["digits"]))) if term["digits"] else Decimal(1)
        except ValueError:
            return None
        # 三万五 is said for 35,000: a single digit behind a scale is not read
        if above is not None and (part * scale >= above or part * scale < 10):
            return None
        total, above = total + part * scale, Decimal(scale)
    return total
