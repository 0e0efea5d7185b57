"""Sentences and what each of them does (reference: letters.md, "Sentence roles")."""

from __future__ import annotations

import re
from dataclasses import dataclass

from schemas.structure import SectionRole, SentenceRole

_STOPS = "。!?"
_PAIRS = {"《": "》", "“": "”", "(": ")"}
_TRAILING = "”’》)"


def first_stop(text: str) -> int:
    """Return the end of the first sentence of `text`: after 。！？ outside 《》“”（）, closing quotes included.

    A bracket whose partner is missing in the paragraph (a lost opening quote is common) opens nothing.
    """
    balanced = {o: c for o, c in _PAIRS.items() if text.count(o) == text.count(c)}
    closers = set(balanced.values())
    depth = 0
    for position, character in enumerate(text):
        if character in balanced:
            depth += 1
        elif character in closers:
            depth = max(0, depth - 1)
        elif character in _STOPS and depth == 0:
            end = position + 1
            while end < len(text) and text[end] in _TRAILING:
                end += 1
            return end
    return len(text)


def split_sentences(paragraph: str) -> list[tuple[int, int]]:
    """Return (start, end) of the sentences of one paragraph, in order and without gaps but for spaces."""
    found: list[tuple[int, int]] = []
    start = 0
    while start < len(paragraph):
        end = start + first_stop(paragraph[start:])
        if paragraph[start:end].strip():
            lead = len(paragraph[start:end]) - len(paragraph[start:end].lstrip())
            found.append((start + lead, end))
        start = end
    return found


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the table below: `cue` must be found and `guard` must not; `within` limits it to a section's role."""

    name: str
    role: SentenceRole
    cue: re.Pattern[str]
    example: str
    guard: re.Pattern[str] | None = None
    within: SectionRole | None = None

    def fires(self, sentence: str, section_role: SectionRole | None) -> bool:
        """Tell whether the rule holds for a sentence whose names are masked (see `masked`)."""
        if self.within is not None and self.within != section_role:
            return False
        return bool(self.cue.search(sentence)) and not (self.guard and self.guard.search(sentence))


def _c(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


# The first rule that fires gives the role. The order is the argument: what a letter says to its reader (opening,
# courtesy), what it declines or passes on, what it promises, what it reports, and only then what is left.
RULES: tuple[Rule, ...] = (
    Rule("opening", "opening", _c(r"收悉|(?:答复|函复|回复|意见|汇报)如下"), "您提出的提案收悉,现答复如下:"),
    Rule(
        "thanks",
        "courtesy",
        _c(
            r"感谢|宝贵的?意见|特此(?:函复|答复|回复)|(?:希望|恳请|欢迎|望)[^。]{0,16}(?:继续|多提|一如既往|支持|关心)|专此"
        ),
        "感谢您对教育工作的关心。",
    ),
    Rule(
        "declined",
        "decline",
        _c(
            r"暂不|暂无法|暂未|不宜|尚不具备|不具备条件|受[^,。]{1,20}(?:限制|制约|所限)|留作参考|难以(?:实施|实现|满足)|尚无(?:政策|法律|依据)"
        ),
        "目前尚不具备单独设校的条件。",
    ),
    Rule(
        "referred",
        "refer",
        _c(
            r"(?:积极|及时)?向[^,。]{2,20}(?:反映|汇报|争取|建议)|商[^,。]{1,12}(?:部门|厅|局|委)|属[^,。]{0,12}(?:职权|事权|职责)|转[^,。]{2,12}研究"
        ),
        "我们将积极向教育部反映。",
        guard=_c(r"^(?:近年来|20\d\d年)|会商"),
    ),
    Rule(
        "future",
        "commitment",
        _c(
            r"(?:^|[,;:。])[^,;]{0,24}?(?<![能够即])将(?!\0|[^,。]{1,30}?(?:纳入|列为|列入|作为|融入|贯穿|转化|打造成|摆在|放在|与)[^,。]{0,20})|"
            r"拟(?!定|态|合)|计划(?:在|于|用|到|新|建|投|选|培|开|安|为|每|再)|力争|争取|下一?步|继续|进一步|"
            r"到20\d\d年(?:底|末|前)?|20\d\d年底前|年底前|今后"
        ),
        "到2025年,力争每县建成一所特殊教育学校。",
        guard=_c(r"(?:已|已经)[^,。]{0,12}(?:印发|出台|建成|完成)"),
    ),
    Rule("next_steps", "commitment", _c(r"."), "广泛推进现代学徒制。", within="next_steps"),
    Rule(
        "completed",
        "done",
        _c(
            r"已(?!有关)|[印颁]发|出台|认定|成立|创办|入选|建成|累计|获批|完成了?|(?:制定|建立|开展|实施|举办|投入|下达|组织|新建|培训|建设|推动|安排|遴选|"
            r"发放|覆盖|实现|设立|开通|形成|落实|改造|评选|招聘|选派)了|达到?\s?\d|(?:共|已)有?\d|(?:新建|改扩建|建设|培训|投入|下达|遴选|选派|组织|招聘|安排)[^,。;]{0,20}\d"
        ),
        "认定省级产教融合型企业107家。",
    ),
    Rule(
        "measure",
        "measure",
        _c(
            r"推[进动行广]|加[强大快]|完善|健全|支持|鼓励|开展|实施|建立|建设|落实|深化|优化|强化|提[高升]|搭建|指导|引导|组织|探索|构建|"
            r"拓宽|严格|规范|开设|打造|促进|培育|创新|纳入|列入|列为|融入|贯穿|加以|联系|依托|通过|坚持|聚焦"
        ),
        "推进校企紧密合作。",
    ),
    Rule("rest", "context", _c(r""), "职业教育关系千家万户。"),
)

_NAMES = re.compile(
    r"《[^《》]*(?:《[^《》]*》[^《》]*)*》|“[^“”]{1,20}”|[^,。、;\s]{0,8}(?:三年|五年|攻坚|提升|专项)行动(?:计划)?|[^,。、;\s]{2,10}(?:工程|专项)计划"
)


def masked(sentence: str) -> str:
    """Return the sentence with 《》, quoted names and named plans blanked, so that no cue fires inside a name."""
    return _NAMES.sub(lambda match: "\0" * len(match.group()), sentence)


def rule_for(sentence: str, section_role: SectionRole | None) -> Rule:
    """Return the first rule of RULES that fires; the last one always does."""
    hidden = masked(sentence)
    return next(rule for rule in RULES if rule.fires(hidden, section_role))
