"""Quantities: a number, its unit and what it counts (reference: letters.md, "Facts")."""

from __future__ import annotations

import re
from dataclasses import dataclass

from parsers.facts.counted import counted_at
from parsers.numerals import CHINESE_DIGITS, number_of
from parsers.text import outside_titles

_MONEY = "元|美元|欧元"
_MEASURES = (
    "人次|个百分点|平方米|平方公里|公里|千米|学时|课时|学分|小时|分钟|批次|场次|台套|余个|"
    "通|例|节|分(?![钟别类批级层期步段解布配析享工会开管校局])|个|家|所|名|人|项|门|种|次|场|件|套|台|间|处|座|"
    "支|位|篇|本|册|部|辆|吨|亩|米|条|份|天|户|对|班|期|株|届|轮|周|类|块|片|组|起|节|栋|张|笔|只|棵|辆次|公顷"
)
_NOUNS = (
    "部门|学生|教师|学校|高校|院校|企业|专业|基地|课程|项目|县区|县|市|区|乡镇|街道|"
    "村|单位|家庭|儿童|幼儿园|岗位|学位|班级|教室"
)
_HAN_DIGITS = f"[{CHINESE_DIGITS[1:-3]}]"
# From its first digit and as a whole or not at all: a line of digits is gone over once.
_NUMBER = rf"(?:(?<!\d)(?:\d{{1,3}}(?:,\d{{3}})++(?:\.\d++)?|\d++(?:\.\d++)?)|(?<!{_HAN_DIGITS}){_HAN_DIGITS}++)"
_BEFORE = "将近|接近|大约|(?<!不)超过|逾|近|约|(?<!不)超(?!过)|达"
_QUANTITY = re.compile(
    rf"(?P<before>{_BEFORE})?(?:(?P<low>{_NUMBER})[万亿]?(?:至|到|—|–|-|~))?"
    rf"(?P<number>{_NUMBER})(?P<scale>[万亿]|[百千](?=[所家余多]))?(?P<more>余|多)?(?P<scale2>万|亿)?(?P<more2>余|多)?"
    rf"(?P<unit>%|‰|个百分点|{_MONEY}|人次|{_NOUNS}|{_MEASURES})(?P<after>以上|以下|以内|左右)?"
)
_SCALE = {"万": 10_000, "亿": 100_000_000, "百": 100, "千": 1_000}
_APPROXIMATE = frozenset("将近|接近|大约|超过|逾|近|约|超|余|多|以上|以下|以内|左右".split("|"))
_DECADES = re.compile(r"^[百千万]+$")

# What looks like a quantity and is none: ordinals, sessions, years, numbers inside names.
_ORDINAL_BEFORE = re.compile(r"(?:第|首|上|下|[A-Za-z+\-/.])$")
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
    if _ORDINAL_BEFORE.search(visible[: match.start()]) and match["before"] is None:
        return False
    tail = visible[match.start("unit") :]
    if _NOT_COUNTED.match(tail) or re.match(r"年|月|日|号|届", tail):
        return False
    number_and_unit = match["number"] + (match["scale"] or "") + match["unit"] + visible[match.end() : match.end() + 4]
    if not match["number"][0].isdigit() and _IDIOMS.match(number_and_unit):
        return False
    try:
        number_of(match["number"])
    except ValueError:
        return False
    return True


def _measured(passage: str, match: re.Match[str], last: str | None) -> Measured:
    approximate = any(match[part] in _APPROXIMATE for part in ("before", "more", "more2", "after")) or bool(
        match["low"] or _DECADES.match(match["number"]) or match["scale"] in ("百", "千")
    )
    start, end = match.span()
    if match["before"] == "达":
        start += 1
    unit = match["unit"]
    counted = unit if unit in _NOUNS.split("|") else counted_at(passage, start, end, unit, last)
    return Measured(passage[start:end], _value(match), unit, counted, approximate, start, end)


def _value(match: re.Match[str]) -> float | None:
    """Return the value with its scale multiplied out; a range has none."""
    if match["low"]:
        return None
    value = number_of(match["number"])
    for scale in (match["scale"], match["scale2"]):
        value *= _SCALE.get(scale or "", 1)
    return float(round(value, 6))
