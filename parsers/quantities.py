"""Quantities: a number, its unit and what it counts (reference: letters.md, "Facts")."""

from __future__ import annotations

import re
from dataclasses import dataclass

from parsers.numerals import CHINESE_DIGITS, number_of
from parsers.text import outside_titles
from parsers.words import is_noun, words_of

_MONEY = "元|美元|欧元"
_MEASURES = (
    "人次|个百分点|平方米|平方公里|公里|千米|学时|课时|学分|小时|分钟|批次|场次|台套|余个|"
    "个|家|所|名|人|项|门|种|次|场|件|套|台|间|处|座|支|位|篇|本|册|部|辆|吨|亩|米|条|份|天|户|对|班|期|株|届|轮|周|类|块|片|组|起|节|栋|张|笔|只|棵|辆次|公顷"
)
_NOUNS = (
    "部门|学生|教师|学校|高校|院校|企业|专业|基地|课程|项目|县区|县|市|区|乡镇|街道|"
    "村|单位|家庭|儿童|幼儿园|岗位|学位|班级|教室"
)
_NUMBER = rf"(?:\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?|[{CHINESE_DIGITS[1:-3]}]+)"
_BEFORE = "将近|接近|大约|(?<!不)超过|逾|近|约|(?<!不)超(?!过)|达"
_QUANTITY = re.compile(
    rf"(?P<before>{_BEFORE})?(?P<number>{_NUMBER})(?P<scale>[万亿]|[百千](?=[所家余多]))?(?P<more>余|多)?(?P<scale2>万|亿)?"
    rf"(?P<unit>%|‰|个百分点|{_MONEY}|人次|{_NOUNS}|{_MEASURES})(?P<after>以上|以下|以内|左右)?"
)
_SCALE = {"万": 10_000, "亿": 100_000_000, "百": 100, "千": 1_000}
_APPROXIMATE = frozenset("将近 接近 大约 超过 逾 近 约 超 余 多 以上 左右".split())
_DECADES = re.compile(r"^[百千万]+$")

# What looks like a quantity and is none: ordinals, sessions, years, numbers inside names.
_ORDINAL_BEFORE = re.compile(r"(?:第|首|上|下|[A-Za-z+\-/.])$")
_NOT_COUNTED = re.compile(
    r"^(?:个人|个性|个别|部分|部署|部委|种类|所有|所在|所以|所需|家长|家庭教育|家校|名师|人才|人民|人工|位置|场所|次会议|届|项目库|本科|门户|条件|期间|班子|对一|类别|区域|市场|周边|件事|组织|天津)"
)
_IDIOMS = re.compile(
    r"^(?:一(?:个|批|些|种|次|项|方面|系列|体|流|类|条|部|对|期|轮|届|场|支|组|份|套|块|片|位|件|户|本|班|人|天|周)|两(?:会|个维护|免)|三(?:全|个课堂|方|农|位一体|级|支一扶)|四(?:个意识|有)|双)"
)
_STOPS = frozenset(
    (
        "培育 设置 更换 开发 现有 全省 全国 我省 面向 移交 各地 分别 今年 建有 "
        "入选 开展 参加 获 获得 获批 达到 达 纳入 通过 完成 实现 建成 实施 开设 "
        "成为 进行 建立 推进 得到 享受 接受 参与 认定 建设 新建 培训 投入 资助 招聘 "
        "支持 改扩建 设立 安排 下达 共建 遴选 评选 选派 组织 举办 成立 培养 补充 "
        "招收 改造 发放 拨付 打造 覆盖 惠及 配备 出台 联合 印发 立项 是 有 为 在 "
        "和 与 及 等 被 由 对 向 将 已 了 中 内 后 前 上 以上 左右 全部 均 都 "
        "共 其中 包括 增加 新增 减少 提高 创建 推出 服务 落实 争取 力争 到 于 "
    ).split()
)
_SKIPPED_BEFORE = frozenset(
    (
        "降 降至 均 "
        "达到 达 为 超过 约 共 共有 共计 增至 提高 到 提高到 总计 累计 已 了 有 "
        "至 近 逾 超 突破 的 总数 合计 增加到 分别 稳定 保持 在 不低于 不少于 以上 "
        "扩大 扩大到 "
    ).split()
)
_LONGEST_NOUN = 14
_NOMINAL = frozenset(
    (
        "实践 就业 近视 需求 招聘 退休 联合 创业 教学 实习 实训 服务 率 来电 培训 检查 综合 退役 在校 测试 生均 应用型"
    ).split()
)
"""Verbs, by the dictionary, that stand inside the names of what is counted."""
_ENDINGS = frozenset("点室园站馆队岗校班院库网员生师者家费率比池课例书")
"""Characters that end a noun and that jieba cuts off: 专业|点, 占|比."""
_FUNDS = re.compile(r"资金|经费|投入|投资|款项")
"""What money is paid from says nothing of what it is paid for."""
_COUNTIES = re.compile(r"[县市区](?:\([县市区、]+\)|、[县市区](?![\u4e00-\u9fff]))")


@dataclass(frozen=True, slots=True)
class Measured:
    """A quantity in a passage; `start` and `end` are offsets in it."""

    raw: str
    value: float
    unit: str
    counted: str | None
    approximate: bool
    start: int
    end: int


def read_quantities(passage: str) -> list[Measured]:
    """Return the quantities of a sentence or heading, in order; numbers inside 《》 and “” are names."""
    visible = _without_names(passage)
    return [_measured(passage, match) for match in _QUANTITY.finditer(visible) if _is_quantity(visible, match)]


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


def _measured(passage: str, match: re.Match[str]) -> Measured:
    value = number_of(match["number"])
    for scale in (match["scale"], match["scale2"]):
        value *= _SCALE.get(scale or "", 1)
    unit = match["unit"]
    approximate = any(match[part] in _APPROXIMATE for part in ("before", "more", "after")) or bool(
        _DECADES.match(match["number"]) or match["scale"] in ("百", "千")
    )
    start, end = match.span()
    if match["before"] == "达":
        start += 1
    counted = unit if unit in _NOUNS.split("|") else _counted(passage, start, end, unit)
    return Measured(passage[start:end], float(round(value, 6)), unit, counted, approximate, start, end)


def _counted(passage: str, start: int, end: int, unit: str) -> str | None:
    """Return the noun after the quantity (50所兴辽产业学院), else the one before it (兴辽产业学院50个)."""
    before = _noun_before(passage[:start])
    if unit in ("%", "‰", "个百分点"):
        return before
    if unit.endswith("元"):
        return None if before and _FUNDS.search(before) else before
    return _noun_after(passage[end:]) or before


def _noun_after(rest: str) -> str | None:
    counties = _COUNTIES.match(rest)
    if counties:
        return counties.group()
    words = words_of(re.split(r"[,。;:、!?()《“]", rest.removeprefix("的"), maxsplit=1)[0][: _LONGEST_NOUN * 2])
    phrase: list[str] = []
    for word in words:
        if word in _STOPS or not (is_noun(word) or word in _NOMINAL or (phrase and word in _ENDINGS)):
            break
        phrase.append(word)
    return "".join(phrase) or None


def _noun_before(lead: str) -> str | None:
    words = words_of(re.split(r"[,。;:!?()》”]", lead)[-1][-_LONGEST_NOUN * 2 :].split("、")[-1])
    while words and words[-1] in _SKIPPED_BEFORE:
        words.pop()
    phrase: list[str] = []
    while words and words[-1] not in _STOPS and _joins(words[-1], phrase):
        phrase.insert(0, words.pop())
    return "".join(phrase) or None


def _joins(word: str, following: list[str]) -> bool:
    """Tell whether a word is part of the noun phrase that `following` continues; 开设率 and 占比 keep their verbs."""
    if following[:1] == ["率"] or (word == "占" and following[:1] == ["比"]):
        return True
    return is_noun(word) or word in _NOMINAL or (not following and word in _ENDINGS)
