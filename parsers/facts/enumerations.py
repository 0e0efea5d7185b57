"""Lists of things of one kind: A、B、C等10个X (reference: letters.md, "Facts").

At least three items joined by 、 (the last may be joined by 和 or 及), or two and 等. What the items are stands behind
等 or behind the count. Where the first item begins no sign tells: it is taken to begin behind the word that opens the
list (a preposition, a verb such as 采取 or 包括, 的) or at the clause.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from parsers.clauses import masked, verb_at, verbs
from parsers.facts.counted import NOMINAL, noun_after
from parsers.facts.organizations import organization_spans
from parsers.numerals import whole_number
from parsers.words import words_between

_HAN_NUMBER = "一二两三四五六七八九十"
_UNIT = "个|家|所|项|种|类|门|名|位|条|大"
_COUNT = rf"(?:\d+(?:{_UNIT})?|[{_HAN_NUMBER}]{{1,3}}(?:{_UNIT}))"
_DENG = r"(?<![高中平均优同初相上下])等(?!级|次|同|于|候)"
_OPEN = re.compile(rf"{_DENG}(?P<count>{_COUNT}|[{_HAN_NUMBER}]{{1,3}}(?=部门))?")
_CLOSED = re.compile(rf"(?P<count>{_COUNT})(?=[\u4e00-\u9fff])")
_BEHIND = re.compile(rf"(?P<count>\d+)(?:{_UNIT})")
_OPENERS = frozenset(
    (
        "为 在 对 从 由 以 向 与 将 把 按 受 围绕 通过 依托 采取 包括 包含 涵盖 涉及 如 即 分为 利用 形成 成立 "
        "建立 推进 推动 加强 提高 支持 明确 制定 关于 "
        "关系 面向 针对 聚焦 联合 会同 商 经商 并商 完善 健全 开展 实施 做好 落实 培养 建设 提供 实现 统筹 结合 "
        "受理 开设 设置 打造 促进 面临 存在 解决 破解 "
        "需要 带动 引导 鼓励 组织 宣传 整合 构建 强化 深化 覆盖 新增 认定 重点 支持 推广 的 了 是 有 使 让 到 "
        "及时 共同 来自 既 也 仍 还 都 均 缺乏 出现 "
        "增设 扩大 发挥 突出 坚持 注重 严禁 防止 保障 改善 优化 丰富 吸引 选派 遴选 指导 督促 协调 各 于 至"
    ).split()
)
_STOPS_BEHIND = re.compile(
    r"(?:共同|均(?!衡)|都|也|已|将|拟|认真|积极|分别|一体|先后|联合|入选|研究|高质量|协同|作出|做出|给予|予以|"
    r"为导向|深度|经|融合发展|仍|还|较|依然|不|向|在|对(?!接)|的|密切|全面|持续|统筹)"
)
_CATEGORY = re.compile(
    r"^[\u4e00-\u9fff]{0,6}?(?:部门|方面|事项|问题|困难|短板|环节|方式|高校|院校|单位|岗位|领域|内容|措施|工作|"
    r"地区|活动|课程|专业点|专业|学科|平台|项目|群体|"
    r"人员|机构|企业|因素|要求|任务|渠道|形式|手段|文件|政策|市|县|省|学校|产业基地|产业|行业|基地|资源|功能|能力|"
    r"建议|指标|群团组织|大学|类型|条件|需求|人才|制度|机制)"
)
_OPENS_WITHIN = re.compile(r"(?<!.存)[在将把对](?!线|职|校|外|接|口|标|策|话|岗)|通过|围绕|会同|^等")
_JOINT = re.compile("与(?!工程|技术|应用|管理|设计|信息|服务|科学)")
"""与 in the middle of a list joins two lists (教育链、人才链与产业链、创新链), unless it stands in a name."""
_TROUBLE = re.compile(r"^(?:问题|困难|短板|不足|现象|矛盾)")
_TROUBLE_OPENS = re.compile(r".*(?:面临|存在|仍有|还有|有|出现|但|目前|当前)")
_LONGEST_ITEM = 26


@dataclass(frozen=True, slots=True)
class Listed:
    """A list in a passage; `start` and `end` are offsets in it."""

    raw: str
    head: str | None
    items: tuple[str, ...]
    declared_count: int | None
    is_open: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Tail:
    """The end of a list: where its last item and it itself end, and what it says of them."""

    item_end: int
    end: int
    head: str | None
    count: int | None
    is_open: bool


def read_enumerations(passage: str) -> list[Listed]:
    """Return the lists of a sentence, in order."""
    hidden = masked(passage)
    if "、" not in hidden:
        return []
    offices = organization_spans(passage)
    return [
        listed
        for clause in re.finditer(r"[^,;:。!?]+", hidden)
        for marks in _runs(hidden, clause.start(), clause.end())
        if (listed := _listed(passage, hidden, clause.span(), marks, offices))
    ]


def _runs(hidden: str, start: int, end: int) -> Iterator[list[int]]:
    """Yield the places of 、 that part the items of one list."""
    run: list[int] = []
    for mark in (start + at for at, character in enumerate(hidden[start:end]) if character == "、"):
        between = hidden[run[-1] + 1 : mark] if run else ""
        if run and (len(between) > _LONGEST_ITEM or re.search(_DENG, between) or _OPENS_WITHIN.search(between)):
            if not _OPENS_WITHIN.search(between):
                yield run
            run = []
        run.append(mark)
    if run:
        yield run


def _listed(
    passage: str, hidden: str, clause: tuple[int, int], marks: list[int], offices: list[tuple[int, int]]
) -> Listed | None:
    tail = _tail(passage, hidden, marks[-1] + 1, clause[1], offices)
    middle = [(a + 1, b) for a, b in pairwise(marks)]
    last = _parted(hidden, marks[-1] + 1, tail, offices)
    lengths = [b - a for a, b in [*middle, *last]]
    first = _first_item(passage, hidden, clause[0], marks[0], tail, lengths, offices)
    spans = [(first, marks[0]), *middle, *last]
    items = tuple(passage[a:b] for a, b in spans)
    enough = len(items) >= (2 if tail.is_open else 3) and not any(_JOINT.search(passage[a:b]) for a, b in middle)
    if not enough or any(not item or re.search(r"\d", item) for item in items):
        return None
    is_open = tail.is_open and tail.count != len(items)
    return Listed(passage[first : tail.end], tail.head, items, tail.count, is_open, first, tail.end)


def _tail(passage: str, hidden: str, start: int, end: int, offices: list[tuple[int, int]]) -> _Tail:
    rest = hidden[start:end]
    opened = _OPEN.search(rest)
    if opened:
        at = start + opened.end()
        head = _head(passage, hidden, at, end)
        behind = _BEHIND.match(hidden, at + len(head or "")) if not opened["count"] and head else None
        count = _number(opened["count"] or (behind["count"] if behind else None))
        return _Tail(
            start + opened.start(), behind.end() if behind else at + len(head or ""), head, count, is_open=True
        )
    counted = _CLOSED.search(rest)
    if counted and counted.start() > 1 and _end_of_item(passage, start, end, offices) >= start + counted.start():
        at = start + counted.end()
        head = _head(passage, hidden, at, end)
        if head:
            return _Tail(start + counted.start(), at + len(head), head, _number(counted["count"]), is_open=False)
    item_end = _end_of_item(passage, start, end, offices)
    return _Tail(item_end, item_end, None, None, is_open=False)


def _head(passage: str, hidden: str, at: int, end: int) -> str | None:
    if hidden[at:end].startswith("的"):
        return None
    noun = noun_after(passage, at)
    if noun is None or _STOPS_BEHIND.match(noun):
        return None
    category = _CATEGORY.match(noun)
    return category.group() if category else noun


def _number(printed: str | None) -> int | None:
    return whole_number(re.sub(rf"(?:{_UNIT})$", "", printed)) if printed else None


def _end_of_item(passage: str, start: int, end: int, offices: list[tuple[int, int]]) -> int:
    """Return where the last item of a list without 等 ends: at its name's end, else before the first verb or adverb."""
    for office_start, office_end in offices:
        if office_start == start:
            joint = re.match("和|与|及", passage[office_end:end])
            following = office_end + (joint.end() if joint else 0)
            return next((b for a, b in offices if joint and a == following), office_end)
    noun = noun_after(passage, start) or "".join(words_between(passage, start, end)[:1])  # nothing, after a last 、
    stop = next((at for at in range(2, len(noun)) if _STOPS_BEHIND.match(noun, at)), len(noun))
    return min(start + max(stop, 1), end)


def _parted(hidden: str, start: int, tail: _Tail, offices: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Part a last item A和B in two, where the list is closed by 和 (but not inside a name)."""
    if any(a == start and b == tail.item_end for a, b in offices):
        return [(start, tail.item_end)]
    for joint in re.finditer("以及|和|及", hidden[start : tail.item_end]):
        at = start + joint.start()
        inside = any(a < at < b for a, b in offices)
        if not tail.is_open and not inside and joint.start() > 1 and tail.item_end - start - joint.end() > 1:
            return [(start, at), (start + joint.end(), tail.item_end)]
    return [(start, tail.item_end)]


def _first_item(
    passage: str, hidden: str, start: int, mark: int, tail: _Tail, lengths: list[int], offices: list[tuple[int, int]]
) -> int:
    office = next((a for a, b in offices if b == mark), None)
    if office is not None:
        return office
    if tail.head and _TROUBLE.match(tail.head):
        opens = _TROUBLE_OPENS.match(hidden[start:mark])
        return start + (opens.end() if opens else 0)
    verb = verb_at(passage, mark + 1)
    clauses_listed = verb is not None and verb not in NOMINAL and lengths[0] >= len(verb) + 2
    at, shortest, longest = mark, min(lengths), max(*lengths, 4)
    for word in reversed(words_between(passage, max(start, mark - 2 * longest - _LONGEST_ITEM), mark)):
        kept = mark - at
        if kept and (word in _OPENERS or (word in verbs() and kept >= shortest)):
            return at - len(word) if clauses_listed and word in verbs() else at
        if kept >= 2 and kept + len(word) > longest * 2:
            break
        at -= len(word)
    return at
