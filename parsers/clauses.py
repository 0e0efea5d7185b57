"""Clauses of a sentence: who does what, as far as position tells.

Chinese puts time, subject, adverbs and preposition phrases before the verb, in about this order, so a clause is read
from its start: what is known to stand before a verb is passed over, and where a verb of `vocabulary/verbs.txt` then
begins, somebody does something. Sentence roles and the actions of a promise both rest on this.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from parsers.text import brackets_apart
from parsers.words import is_noun, words_between

_BOUNDARY = re.compile(r"(?<!\d),|,(?!\d{3}(?!\d))|[;:。!?]")
_MARK = re.compile("、")
_ENUMERATOR = re.compile(
    r"(?:[一二三四五六七八九十]是要?|第[一二三四五六七八九十][,、]?|\([一二三四五六七八九十\d]{1,2}\)|\d{1,2}[.、])"
)
_CONNECTIVE = re.compile(
    r"同时|此外|另外|其中|首先|其次|再次|最后|为此|因此|并且|而且|进而|从而|以及|并|还|也|且|再|又|要(?!求)|应当?|须|"
    r"可以?|能够?|均|都|全部"
)
_TIME = re.compile(
    r"(?:自|从|截至|至|到|于|在)?(?:\d{4}(?:年|-\d{4}年|—\d{4}年|至\d{4}年)(?:\d{1,2}月(?:\d{1,2}日)?)?(?:春季|"
    r"秋季|上半年|下半年)?(?:学期)?"
    r"|“[\0一二三四五六七八九十]+五?”(?:期间|时期|末)?|今年|去年|明年|年内|年底|近年来?|近[一二三四五两\d]年|目前|"
    r"当前|近期|今后|下一?步|"
    r"下一阶段|未来[一二三四五两\d]年|长期以来|一直以来|每学?年|每学期|每[一二三四五两\d]年)(?:以来|起|底前?|"
    r"末前?|前|初|开始|间|内|的)?"
)
_ADVERB = re.compile(
    r"积极|认真|大力|切实|持续|不断|深入|全面|进一步|继续|逐步|严格|重点|优先|统一|定期|及时|主动|着力|努力|扎实|有序|"
    r"稳步|充分|广泛|共同|分别|陆续|先后|逐校|逐级|逐年|率先|首批|首次|专门|集中|分类|分批|分期|分级|分层|免费|"
    r"坚决|牢固|始终|紧密|密切|"
    r"适时|尽快|抓紧|全力|有效|科学|合理|依法|依规|自主|系统|基本|一并|一律|常态化|累计|正在?|仍|更好地?|更加|已经?|"
    r"将|拟|计划|力争|争取(?!中央|国家|上级|各|更多|财政|资金|专项|政策|省|社会|支持|项目)|会(?!同)|新(?=招聘|"
    r"认定|成立|购置|设立|遴选)|加快(?=建设|推进|发展|构建|补齐|完善|建立|实施|培养|形成)|加速(?=推进|构建)"
)
_PREPOSITION = re.compile(
    r"会同|联合|配合|协同|依托|通过|围绕|按照|依照|根据|依据|对照|结合|针对|面向|对于|关于|随着|为了?|以|在|对|从|"
    r"向|与|同|把|将|由|于|经|按|"
    r"每"
)
_MEANS = re.compile("依托|通过|围绕|按照|依照|根据|依据|对照|结合|针对|面向")
"""Prepositions before a noun: the word behind them is none of the clause's verbs (依托监测平台)."""
_SUBJECT_END = re.compile(
    r"(?:厅|局|委|办|部|会|处|院|校|们|省|市|县|区|地|方|府|联|大学|学院|学校|高校|院校|部门|单位|机构|企业|中心|"
    r"政府|组|线|台|队|机关|活动|工作|工程|项目|行动|计划)"
    r"(?:还|也|均|都|要|应|须|可|正|已|将|拟|会|能)?$"
)
_LONGEST_SUBJECT = 40
BA_VERBS = (
    "纳入|列入|列为|作为|融入|贯穿|转化为|转化成|打造成|摆在|放在|定为|认定为|确定为|调整为|调整到|提高到|提升到|"
    "提升至|提高至|扩大到|"
    "增加到|延长到|延长至|汇编|引入|应用于|运用到|用于|转为|下放|移交|落实到|统一|挂钩|推向|送到|送至|细化|分解|印送|与"
)
FIRST_OF_BA_VERBS = f"(?=[{''.join(sorted({verb[0] for verb in BA_VERBS.split('|')}))}])"
"""Asked before all of them, at each of forty places behind every 将."""
_BA = re.compile(rf"(?:将|把)(?P<object>[^,;:。]{{1,40}}?){FIRST_OF_BA_VERBS}(?P<verb>{BA_VERBS.removesuffix('|与')})")
_RELATIVE = re.compile(r"[^,的]{1,16}的[\u4e00-\u9fff]{1,6}?(?:有|占|达|为|是|均|仅)\d")
"""开设课程的学校有2600所: the verb belongs to what is counted."""
_OF_OFFICES = frozenset("管理 监督 执行 牵头 办理 承办 培训 服务 监管 审批 经营 办学 指导 研究 考试 受理 评估".split())
"""Verbs that name an office with 部门, 单位 or 机构 behind them."""
_REACHES = re.compile(
    r"(?<=[\u4e00-\u9fff”])(?:达到|稳定在|保持在|控制在|提高到|提升到|扩大到|增加到|增长到|不低于|不少于|"
    r"新增)(?=[\d近约超一-龥])"
)
_VERB_LIKE_NOUNS = frozenset(
    "补助 发放 管理 服务 培训 转化 建设 研究 改革 评价 考核 监测 指导 培养 使用 应用 合作 治理 保障 督导 评估 "
    "审批 设置 资助 招聘 招生 "
    "宣传 交流 研修 实训 补贴 奖励 检查 竞赛 研讨 规划 设计 安排 布局 干预 筛查 托管 创新 融合 协调 诊断 监督 "
    "调研 调整 申报 共享".split()
)
"""Verbs that stand inside names (补助发放情况): after a noun they are none."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause by its offsets in the sentence; `head` is where its predicate may begin, `subject` what stands before.

    `verb` is the verb that begins at `head`, None if none does.
    """

    start: int
    end: int
    head: int
    subject: str | None
    verb: str | None


@lru_cache(maxsize=1)
def verbs() -> frozenset[str]:
    """Return the verbs of action."""
    text = resources.files("parsers").joinpath("vocabulary/verbs.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


@lru_cache(maxsize=1)
def _longest_verb() -> int:
    return max(map(len, verbs()))


def masked(sentence: str) -> str:
    """Return a sentence with 《》, “” and () blanked, lengths kept, so that nothing inside them is read as its own."""
    characters = list(sentence)
    for opening, closing in ("《》", "“”", "()"):
        for start, end in brackets_apart(sentence, opening, closing):
            characters[start + 1 : end - 1] = "\0" * (end - start - 2)
    return "".join(characters)


def clauses(sentence: str) -> list[Clause]:
    """Return the clauses of a sentence, in order."""
    hidden = masked(sentence)
    found: list[Clause] = []
    start = 0
    for boundary in [*(match.start() for match in _BOUNDARY.finditer(hidden)), len(hidden)]:
        if hidden[start:boundary].strip():
            found.append(_clause(sentence, hidden, start, boundary))
        start = boundary + 1
    return found


def verb_at(text: str, position: int, end: int | None = None) -> str | None:
    """Return the longest verb of action that begins at `position` and ends by `end`, None if none does."""
    end = len(text) if end is None else end
    for length in range(min(_longest_verb(), end - position), 0, -1):
        word = text[position : position + length]
        if word in verbs() and length > 1:
            return word
    return None


def _clause(sentence: str, hidden: str, start: int, end: int) -> Clause:
    head = _past_lead(hidden, start, end)
    subject = None
    verb = _predicate_at(hidden, head, end)
    if verb is None:
        after = _past_subject(sentence, hidden, head, end)
        if after is not None:
            subject, head = hidden[head:after], _past_lead(hidden, after, end)
            verb = _predicate_at(hidden, head, end)
    if verb is None:
        later = _past_preposition(sentence, hidden, head, end)
        if later is not None:
            head, verb = later
    if verb is None:
        reached = _REACHES.search(hidden, head, end)
        if reached:
            head, verb = reached.start(), reached.group()
    return Clause(start, end, head, subject, verb)


def _past_lead(hidden: str, position: int, end: int) -> int:
    """Return where enumerators, connectives, times and adverbs that a clause begins with end."""
    while position < end:
        match = next(
            (m for p in (_ENUMERATOR, _TIME, _ADVERB, _CONNECTIVE) if (m := p.match(hidden, position, end))), None
        )
        if match is None or match.end() == position or (verb_at(hidden, position, end) or "") > match.group():
            break
        if match.re is _ADVERB and match.group() == "将" and _BA.match(hidden, position, end):
            break
        position = match.end()
    return position


def _predicate_at(hidden: str, position: int, end: int) -> str | None:
    """Return the verb that begins at `position`, unless what begins there is a preposition phrase or a noun."""
    taken = _BA.match(hidden, position, end)
    if taken:
        return None
    verb = verb_at(hidden, position, end)
    if verb is None or _PREPOSITION.fullmatch(verb):
        return None
    rest = hidden[position + len(verb) : end]
    if (
        _RELATIVE.match(rest)
        or rest.startswith(("的", "是"))
        or (verb in _OF_OFFICES and rest.startswith(("部门", "单位", "机构", "人员")))
    ):
        return None
    return verb


def _past_subject(sentence: str, hidden: str, position: int, end: int) -> int | None:
    """Return where the subject ends that begins at `position`: the first word after which a predicate may begin."""
    if _PREPOSITION.match(hidden, position, end) or _BA.match(hidden, position, end):
        return None
    rest = position
    for word in words_between(sentence, position, min(end, position + _LONGEST_SUBJECT)):
        rest += len(word)
        lead = hidden[position:rest]
        if rest >= end:
            return None
        if _SUBJECT_END.search(lead) and (
            _ADVERB.match(hidden, rest, end)
            or _CONNECTIVE.match(hidden, rest, end)
            or _PREPOSITION.match(hidden, rest, end)
            or verb_at(hidden, rest, end)
        ):
            return rest
    return None


def _past_preposition(sentence: str, hidden: str, position: int, end: int) -> tuple[int, str] | None:
    """Return (where, which) the verb is that a preposition phrase leads to, None if there is no such phrase or verb."""
    taken = _BA.match(hidden, position, end)
    if taken:
        return taken.start("verb"), taken["verb"]
    if not _PREPOSITION.match(hidden, position, end) or re.match("以[^,]*为", hidden[position:end]):
        return None
    at, previous = position, ""
    strong: list[tuple[int, str]] = []
    weak: list[tuple[int, str]] = []
    means = _MEANS.match(hidden, position, end)
    first = means.end() if means else position
    for word in words_between(sentence, position, end):
        if at > first and word in verbs() and at + len(word) < end:
            nominal = word in _VERB_LIKE_NOUNS and bool(previous) and is_noun(previous)
            (weak if nominal else strong).append((at, word))
        at, previous = at + len(word), word
    candidates = strong or weak
    mark = max(
        (m.start() for m in _MARK.finditer(hidden, position + 1, candidates[-1][0])) if candidates else (), default=-1
    )
    candidates = [found for found in candidates if found[0] > mark + 1] or candidates
    for index, (where, word) in enumerate(candidates):
        until = candidates[index + 1][0] if index + 1 < len(candidates) else end
        if "的" not in hidden[where:until] or index + 1 == len(candidates):
            return where, word
    return None
