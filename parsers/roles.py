"""What a sentence does: one role each, by the first rule of a table that fires (letters.md, "Sentence roles").

The order of the table is the argument: what a letter says to its reader, what it declines or passes on, what it
promises, what it reports as done, and only then what is left. Cues are looked for where nothing is quoted: 《》, “” and
() are blanked, so that no cue fires inside a name.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from parsers.clauses import BA_VERBS, FIRST_OF_BA_VERBS, Clause, clauses, masked
from schemas.structure import SectionRole, SentenceRole

_BARE = re.compile(
    r"(?:[三五]年|攻坚|提升|专项)行动(?:计划)?|继续(?:医学)?教育|(?:招生|教学|培养|教育|发展|行动|工作|建设|用款|"
    r"用地|用编|招聘|实施|培训|年度|课程|采购|学习|"
    r"提升|支持|人才|专项|卓越|科研|研究|资助|援助|振兴|补助)计划(?!于|在|到|用|新)"
)
"""Names that are printed without marks and hold words that would else be cues: 三年行动, 继续教育, 招生计划."""

# 将 before a verb, an adverb or a preposition says what is to come; 将 before a noun that is then 纳入, 列为 … is 把.
_FUTURE_NEXT = (
    r"(?:会同|联合|配合|继续|进一步|积极|认真|大力|切实|持续|不断|深入|全面|逐步|严格|重点|优先|定期|及时|着力|"
    r"努力|扎实|有序|充分|适时|尽快|抓紧|全力|"
    r"根据|按照|按|依据|结合|围绕|针对|对(?!口|接|外)|在|于|以(?!下|上)|从|向|与|为|由|通过|依托|坚持|紧扣|紧紧|"
    r"把|要|会|力争|争取|更加|加快|组织|指导|督促|统筹|不再|统一)"
)
_BA_CLAUSE = rf"(?!{_FUTURE_NEXT})[^,;:。]{{1,40}}?{FIRST_OF_BA_VERBS}(?:{BA_VERBS})"
FUTURE_MARKER = re.compile(
    rf"(?<![能够即])将(?!近|军|来|{_BA_CLAUSE})|即将|(?<![模虚草])拟(?!定|态|合|录|音|人|声|制(?!定|订)|稿)|"
    r"(?:(?<=^)|(?<=[,;:、厅局委们省部校年底步还也均市府前]))计划(?!的|书|内|外|等|和|、|,|。|纳入|中|单列)|"
    r"力争|争取(?!(?:中央|国家|上级|各级|各方|更多|财政|资金|专项|省级|社会)[^,。]{0,12}(?:资金|支持|政策|投入|"
    r"项目)|到位|了)|"
    r"下一?步|下一阶段|今后|(?<!为)(?<!以)(?<!要)继续(?!教育)|(?<!为了)(?<!为)(?<!以)(?<!需)(?<!需要)进一步|"
    r"(?:到|至)(?<!截至)(?<!\d至)(?<!年至)20\d\d年(?:底|末|前|初)?|20\d\d年(?:\d{1,2}月(?:\d{1,2}日)?)?(?:年?底|"
    r"末)?前|\d{1,2}月(?:底|末)前|预计|有望|(?<!近)年底前|"
    r"20\d\d年[上下]半年|“十[四五六]\0*”末"
)
_YEAR = re.compile(r"20\d\d")
_STOP = re.compile("[,;:。]")
_NEAR = 100
"""How far before a sign of what is done its denial is looked for."""
_COMPLETED = re.compile(
    r"已(?!有关)|[\u4e00-\u9fff](?<![为除到罢不明])了(?!解|然|不|得)|累计|入选|获批|荣获|获评|跻身|竣工|"
    r"被(?:评为|认定|授予|列为|确定|命名)"
)
_ISSUED = re.compile(r"(?:印发|出台|颁布|下发)(?!的)|认定|成立|建成|达到?(?=\s?\d|[近约超逾\d])|启用|挂牌")
"""Verbs whose very sense is a result; under a next-steps heading they promise one."""
_NOT_DONE = re.compile(
    r"未|没有|尚|应(?!急|届|用|对|聘)|须|需(?!求)|(?<![主重])要(?!素|点|求?的)|(?<![许认])可(?!喜|持续)|将|拟|"
    r"预计|有望|建议|要求|支持|鼓励|推动|推进|引导|指导|促进|督促|为$|是否|力争|争取|"
    r"如何|待(?!遇)|旨在|以便|如(?!期|下)|若|计划(?!的)|希望|申请|到本世纪"
)
"""What before a completive verb in its clause says that it is not done: 尚未出台, 支持高校成立, 应当成立."""
_DATED = re.compile(
    r"^(?:其中,?|同时,?)?(?:自|从|截至|仅)?(?:(?:19|20)\d\d年(?:\d{1,2}月)?|去年(?:\d{1,2}月)?|今年(?:\d{1,2}月)?|"
    r"近[一二三两四五]年|"
    r"“[一二三四五六七八九十]\0*”(?:期间)?以来)"
)
_NUMBER = re.compile(r"\d")
_PAST = re.compile(r"近年来|以来|去年|已经?|过去|[\u4e00-\u9fff](?<![为除])了(?!解)")


@dataclass(frozen=True)
class Utterance:
    """A sentence, where it stands and when the letter was written: all that a rule may look at."""

    text: str
    section: SectionRole | None = None
    year: int | None = None

    @cached_property
    def hidden(self) -> str:
        """The sentence with names blanked."""
        return _BARE.sub(lambda match: "\0" * len(match.group()), masked(self.text))

    @cached_property
    def clauses(self) -> list[Clause]:
        """The clauses of the sentence."""
        return clauses(self.text)

    @cached_property
    def acts(self) -> bool:
        """Whether a clause says that somebody does something."""
        return any(clause.verb for clause in self.clauses)

    @cached_property
    def markers(self) -> list[re.Match[str]]:
        """The future markers: a year that was over when the letter was written is none."""
        return [found for found in FUTURE_MARKER.finditer(self.hidden) if self._lies_ahead(found)]

    def _lies_ahead(self, marker: re.Match[str]) -> bool:
        year = _YEAR.search(marker.group())
        return year is None or self.year is None or int(year.group()) >= self.year

    def reports(self, clause: Clause) -> bool:
        """Tell whether a clause of a promise reports: 已改造公路2000公里,年底前将全部完成."""
        said = self.hidden[clause.start : clause.end]
        marked = bisect_left(self._marked, clause.start) < bisect_left(self._marked, clause.end)
        return not marked and bool(re.search("已(?!有关)|累计", said))

    def reports_at(self, position: int) -> bool:
        """Tell whether the clause at a position reports."""
        index = bisect_right(self._begun, position) - 1
        return index >= 0 and position < self.clauses[index].end and self.reports(self.clauses[index])

    @cached_property
    def _marked(self) -> list[int]:
        return [marker.start() for marker in self.markers]

    @cached_property
    def _begun(self) -> list[int]:
        return [clause.start for clause in self.clauses]

    @cached_property
    def _stops(self) -> list[int]:
        return [-1, *(stop.start() for stop in _STOP.finditer(self.hidden)), len(self.hidden)]

    def clause_start(self, position: int) -> int:
        """Return where the clause around a position begins."""
        return self._stops[bisect_left(self._stops, position) - 1] + 1

    def clauses_of(self, positions: Iterable[int]) -> Iterator[str]:
        """Yield the clauses around positions, each once, names blanked."""
        for index in dict.fromkeys(bisect_left(self._stops, position) for position in positions):
            yield self.hidden[self._stops[index - 1] + 1 : self._stops[index]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: `cue` must be found and `guard` must not, and `holds` must hold; `example` is a sentence it is for."""

    name: str
    role: SentenceRole
    cue: re.Pattern[str]
    example: str
    guard: re.Pattern[str] | None = None
    holds: Callable[[Utterance], bool] | None = None
    within: tuple[SectionRole | None, ...] = ()

    def fires(self, said: Utterance) -> bool:
        """Tell whether the rule gives the sentence its role."""
        if self.within and said.section not in self.within:
            return False
        if not self.cue.search(said.hidden) or (self.guard and self.guard.search(said.hidden)):
            return False
        return self.holds is None or self.holds(said)


def _promises(said: Utterance) -> bool:
    """Whether a future marker stands on a verb that is not itself reported as done."""
    if (said.section == "situation" and _PAST.search(said.hidden)) or _reports(said):
        return any(not _weak(marker) for marker in said.markers)
    return any(not _PAST.search(clause) for clause in said.clauses_of(marker.start() for marker in said.markers))


def _reports(said: Utterance) -> bool:
    """Whether a sentence begins with a year that was not over when the letter was written, or before: 2023年,继续…."""
    dated = _DATED.match(said.hidden)
    year = _YEAR.search(dated.group()) if dated else None
    return bool(year and said.year and int(year.group()) < said.year)


def _weak(marker: re.Match[str]) -> bool:
    """继续 and 进一步 say as well how something past was done."""
    return marker.group() in ("继续", "进一步")


def _ends_done(said: Utterance) -> bool:
    """Whether what follows the last future marker is reported as done: 继续…, 已完成…."""
    last = max((marker.end() for marker in said.markers), default=0)
    return bool(re.search(r"[,;][^,;]{0,12}已(?:经)?", said.hidden[last:]))


def _acts(said: Utterance) -> bool:
    return said.acts


def _does(said: Utterance) -> bool:
    """Whether somebody does something: that a share stays at a level is a state."""
    return any(clause.verb and not clause.verb.startswith(("保持", "稳定", "控制在")) for clause in said.clauses)


def _completes(said: Utterance) -> bool:
    """Whether a completive sign is neither denied nor demanded, wished for or supported in its clause."""
    signs = [
        *_COMPLETED.finditer(said.hidden),
        *(() if said.section == "next_steps" else _ISSUED.finditer(said.hidden)),
    ]
    return any(
        not _NOT_DONE.search(said.hidden[max(said.clause_start(sign.start()), sign.start() - _NEAR) : sign.start()])
        for sign in signs
    )


def _counted(said: Utterance) -> bool:
    return said.acts and bool(_NUMBER.search(_DATED.sub("", said.hidden)))


def _c(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_NO_RESULT = _c(
    r"^(?:但|然而)|[厅局委办部府法会\0》例](?:提出|认为|指出|规定),|(?:已|早已)成为[^,。]{0,30}(?:共识|问题|短板)|"
    r"(?:问题|困难|短板|差距|"
    r"不足)[^,。]{0,10}(?:存在|"
    r"突出|明显|不少|增多)"
)
_DESCRIBES = _c(
    r"^(?:但|然而)|^从[^,]{1,14}看|[厅局委办部府法会\0》例](?:提出|认为|指出|表示|规定)[,:]|按照[^,]{2,20}规定,|"
    r"(?:拨打|致电)|也?(?:要|应当?)看到|不(?:列入|纳入)|"
    r"^[^,;:。]{1,24}(?<![凡还别一二三四五六七八九十])是(?!否)[^,。]{2,}|既是|[,;](?:也|更|又|"
    r"不仅)?是[^,。]{1,200}的|有待|仍显|尚有|缺少|缺乏|缺口|"
    r"(?:问题|困难|短板|差距|现象)[^,。]{0,10}(?:存在|突出|增多|不足|严重)|我们(?:深知|认识到|注意到|也?清醒)|"
    r"(?:全省|我省|各地|目前|现)[^,;。]{0,6}(?:共有|现有|拥有|设有)|^(?:全省|我省)有"
)
RULES: tuple[Rule, ...] = (
    Rule(
        "opening",
        "opening",
        _c(r"收悉|收到|(?:答复|函复|回复|意见|汇报|摘要|情况)如下(?!表|图)"),
        "您提出的提案收悉,现答复如下:",
        guard=_c(r"感谢|已收到.{0,30}(?:资金|捐赠)|收到(?:了)?(?:良好|较好|明显|实效|成效|效果|申请|来)"),
    ),
    Rule(
        "thanks",
        "courtesy",
        _c(
            r"感谢|谢谢|致谢|谢意|敬意|特此(?:函复|答复|回复|函告)|专此|此复|祝您|祝[你贵]|供(?:贵|你|"
            r"您)[^,。]{0,12}参考"
        ),
        "感谢您对教育工作的关心。",
    ),
    Rule(
        "asks_support",
        "courtesy",
        _c(r"(?:希望|恳请|欢迎|盼望|敬请|期待|望)[^。;]{0,24}(?:继续|多提|一如既往|支持|关心|关注|监督|提出)"),
        "希望您继续支持教育工作。",
        guard=_c(r"希望(?:各|学校|高校)|群众"),
    ),
    Rule(
        "values_advice",
        "courtesy",
        _c(
            r"宝贵的?(?:意见|建议)|(?:很有|具有)(?:启发|帮助|针对性|参考价值|指导意义|借鉴意义)|(?:提案|"
            r"建议)[^,。]{0,12}(?:调研深入|分析透彻|切合实际|很好)"
        ),
        "您提出的宝贵意见对我们很有启发。",
        guard=_c(r"将(?!X)[^。]{0,12}(?:吸纳|采纳|吸收|研究)|下一?步"),
    ),
    Rule(
        "declined",
        "decline",
        _c(
            r"暂不|暂无法|暂未|不宜|尚不|不具备[^,。]{0,16}条件|条件[^,。]{0,8}(?:尚不|还不)(?:成熟|具备)|"
            r"受[^,。]{1,20}(?:限制|制约|所限)[^。]{0,60}(?:难以|无法|暂|不|尚|留)|留作[^,。]{0,12}参考|"
            r"难以(?:一步到位|实施|实现|满足|解决|统一)|尚无(?:政策|法律|依据)|(?:缺乏|没有)[^,。]{0,12}(?:政策|"
            r"法律|上位法)?依据|无法(?:统一|单独|直接)|不予(?:采纳|支持)|不再(?:新增|单独|另行)|"
            r"(?:没有|无)[^,。]{0,8}(?:权限|审批权)"
        ),
        "受财力限制,目前尚不具备单独设校的条件。",
        guard=_c(r"防止|避免|不宜过|对[^,。]{0,20}尚不(?:完善|健全)的"),
    ),
    Rule(
        "referred",
        "refer",
        _c(
            r"(?:积极|及时|继续|主动|进一步)?向(?!社会|家长|学生|市场|群众|您|你|全社会|各地|"
            r"基层)[^,。]{2,24}(?:反映|汇报|争取|建议|呼吁|请示|转达)(?!会)|商请|提请|"
            r"属(?:于)?[^,。]{0,24}(?:职权|事权|职责|权限|职能|管辖)|(?:由|需|须)[^,。]{2,20}(?:统一|负责)(?:规定|"
            r"制定|研究|审批|决定)|(?:^|[,;将已拟])转(?:请|交|送|由)?[^,。、]{2,12}(?:研究|办理|处理)|(?:报|"
            r"呈)[^,。]{2,16}(?:审批|批准|研究决定)"
        ),
        "我们将积极向教育部反映。",
        guard=_c(r"^(?:近年来|20\d\d年)|会商|建立[^,。]{0,20}制度|[\u4e00-\u9fff](?<![为除])了(?!解)"),
    ),
    Rule(
        "future",
        "commitment",
        FUTURE_MARKER,
        "到2025年,力争每县建成一所特殊教育学校。",
        holds=lambda said: _promises(said) and not _ends_done(said),
    ),
    Rule("completed", "done", _COMPLETED, "全省已配备专职教师3127人。", holds=_completes, guard=_NO_RESULT),
    Rule(
        "result",
        "done",
        _ISSUED,
        "认定省级产教融合型企业107家。",
        holds=_completes,
        within=("situation", "answer", None),
        guard=_NO_RESULT,
    ),
    Rule(
        "dated_result",
        "done",
        _DATED,
        "2019年1月至5月,热线接听来电8640余通。",
        holds=_counted,
        guard=_c(r"截至|(?:共有|现有|目前)|(?:问题|困难|短板)[^,。]{0,10}(?:存在|突出)"),
    ),
    Rule(
        "next_steps",
        "commitment",
        _c(r"."),
        "广泛推进现代学徒制。",
        holds=_acts,
        within=("next_steps",),
        guard=_c(
            r"^(?:但|然而|我们(?:深知|认识到|注意到|也?清醒)|当前|目前)[^。]*(?:问题|困难|任务|工程|变化|短板)|"
            r"是一项|非一日之功|拨打|致电"
        ),
    ),
    Rule("measure", "measure", _c(r"."), "推进校企紧密合作。", holds=_does, guard=_DESCRIBES),
    Rule("rest", "context", _c(r""), "职业教育关系千家万户。"),
)


def rule_for(said: Utterance) -> Rule:
    """Return the first rule of RULES that fires; the last one always does."""
    return next(rule for rule in RULES if rule.fires(said))
