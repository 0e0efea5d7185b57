"""Organisations that a sentence names, and the part they play in it (reference: letters.md, "Facts").

A name is known by its ending, and begins where a name can begin: at a province, a city or a country, at a known body
of the state, or behind punctuation or a word that joins. Without such a beginning 教育部门 and 各高校 are no names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from parsers.clauses import masked, verbs
from parsers.facts.citations import Mention
from parsers.parties import full_name
from parsers.words import is_noun, is_verb, words_of
from schemas.names import OrganizationRole

_CITIES = (
    "沈阳|大连|鞍山|抚顺|本溪|丹东|锦州|营口|阜新|辽阳|盘锦|铁岭|朝阳|葫芦岛|北京|上海|天津|重庆|哈尔滨|长春|"
    "吉林|南京|武汉|西安|成都|广州|深圳|杭州|"
    "厦门|青岛|济南|苏州"
)
_REGIONS = (
    f"{_CITIES}|辽宁|东北|中国|渤海|全国|国家|中央|黑龙江|吉林|河北|山东|江苏|浙江|辽东|辽西|辽河|大连海事|清华|复旦|"
    "华中|中山|西安交通"
)
_HAN = r"[\u4e00-\u9fff]"
_SCHOOL_END = (
    r"大学|学院|高等专科学校|专科学校|职业学校|职业技术学校|技师学院|中学|小学|幼儿园|学校|附属医院|研究院|研究所|"
    r"科学院|实验室|博物馆|图书馆|科技馆|"
    r"医院|出版社|集团(?:股份)?(?:有限公司)?|(?:股份)?有限公司|公司|协会|学会|基金会|联合会|商会|开发区|管委会|"
    r"委员会|指导中心|研究中心|服务中心|中心|联盟"
)
_STATE = (
    r"中共中央办公厅|中共中央组织部|中共中央宣传部|中共中央|党中央|中央宣传部|中央组织部|中央编办|中央网信办|"
    r"中央文明办|全国人大常委会|全国人大|全国政协|"
    r"国务院办公厅|国务院教育督导委员会办公室|国务院教育督导委员会|国务院学位委员会|国务院|最高人民法院|最高人民检察院|"
    r"教育部办公厅|教育部(?!门)|财政部(?!门)|科技部(?!门)|科学技术部|人力资源和社会保障部(?!门)|"
    r"人力资源社会保障部(?!门)|人社部|工业和信息化部(?!门)|工信部|公安部(?!门)|民政部(?!门)|司法部(?!门)|外交部|"
    r"(?:自然资源|生态环境|住房城乡建设|住房和城乡建设|交通运输|农业农村|水利|商务|文化和旅游|应急管理)部(?!门)|"
    r"国家发展改革委|国家发改委|"
    r"国家卫生健康委|国家民委|国家体育总局|体育总局|国家市场监管总局|市场监管总局|国家税务总局|税务总局|"
    r"国家医保局|国家疾控局(?:综合司)?|国家乡村振兴局|国家语委|民航[\u4e00-\u9fff]{2,6}管理局|"
    r"人民银行|中国人民银行|银保监会|国家金融监督管理总局|证监会|审计署|共青团中央|团中央|全国妇联|全国总工会|"
    r"中国残联|中国科协|全国少工委"
)
_PROVINCES = (
    "辽宁|河北|山西|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|"
    "四川|贵州|云南|陕西|甘肃|青海|台湾"
)
_PROVINCE = rf"(?:(?:{_PROVINCES})|(?<![全我本各外两三跨该每邻节他等]))省(?![级属内]|外(?!办|事)|直(?!机关工委))"
"""全省, 我省 and 各省 name no office of one province; 山东省 is not ours."""
_PROVINCIAL = (
    rf"{_PROVINCE}(?:委办公厅|委(?:组织|宣传|统战|社会工作)部(?!门)|委政法委|委网信办|委编办|委党校|委(?!员|托)|人民政府办公厅|"
    rf"政府办公厅|政府督查室|政府研究室|人民政府|政府|人大常委会|人大教科文卫委|人大|政协办公厅|政协|"
    rf"人民检察院|检察院|高级人民法院|法院|总工会|妇联|残联|工商联|科协|文联|社科联|侨联|贸促会|红十字会|关工委|"
    rf"少工委|青联|学联)"
)
_PORTFOLIO = r"(?:(?![省由将把在对向为及的]|(?<![高中])等)[\u4e00-\u9fff])"
_OFFICE = (
    rf"{_PROVINCE}(?:委{_PORTFOLIO}{{1,14}}?(?:部(?!门)|办公室|办(?!公|学|理|法)|工委|小组|委员会(?:办公室)?)|"
    rf"(?!委){_PORTFOLIO}{{1,14}}?(?:厅|局(?![面部势])|委员会(?:办公室)?|工委|委(?!员|托)|办公室|(?<![公民主举兴交承协开创督经代申合联自筹停])办(?!公|学|理|法)))"
)
"""An office by its portfolio: what stands between 省 and 厅 has to be nouns (`_is_portfolio`)."""
_CITY_OFFICE = (
    rf"(?:(?!成立|建立|设立|开展|建设|组织|推进){_HAN}){{2,10}}?(?:局|委员会|委办|办公室|委)|人民政府|政府|市委|委"
)
_MUNICIPAL = rf"(?:{_CITIES})市?(?:委{_HAN}{{2,8}}?(?:部|办)|{_HAN}{{0,3}}(?:区|县)?(?:{_CITY_OFFICE}))"
_NO_NAME = (
    "、|和|与|及|等|的|在|对|将|把|为|了|成立|建立|设立|选派|开展|建设|组建|承担|牵头|开设|举办|入选|联合|会同|"
    "推进|实施|支持|通过|围绕|服务于|打造|"
    "纳入|加强|提高|全面|共建|参加|获"
)
_NAMED = (
    rf"(?:{_REGIONS})(?!省?[级属内外直])(?:(?!{_NO_NAME}){_HAN}){{0,16}}?(?:{_SCHOOL_END})"
    rf"(?:(?:(?!{_NO_NAME}){_HAN}){{0,10}}?(?:研究所|研究院|医院|分校|校区|附属中学|附属小学|附属学校))?"
)
_FOUNDED = rf"(?<=成立|组建|设立|成了|立了|建了)(?:(?!{_NO_NAME}){_HAN}){{4,16}}(?:委员会|领导小组|工作专班|指导中心)"
_OTHER = r"共青团辽宁省委|团省委|团中央|民盟省委|民进省委|民革省委|民建省委|致公党省委|九三学社省委|农工党省委"
_STOP_AFTER = (
    r"(?!生|们|章|堂|部门|科研|办学|教育质量|之|化|级|型|毕业|[校园]|建设|治理|质量|周边|师资|内|外|长(?!期)|教师|"
    r"学生|班子)"
)
_NOT_AFTER = r"员|托|属|直|级|内|外|会议|\d|[一二三四五六七八九十]+届"
_ORGANISATION = re.compile(
    rf"(?:{_OTHER}|{_STATE})|(?P<office>{_OFFICE})(?!{_NOT_AFTER})|(?:{_PROVINCIAL})(?!{_NOT_AFTER})|"
    rf"(?P<municipal>{_MUNICIPAL})(?!员|托|会议)|(?:{_NAMED}){_STOP_AFTER}|{_FOUNDED}"
)
_ESTABLISHED = re.compile(rf"(?:{_PROVINCIAL})(?!{_NOT_AFTER})")
_OF_OFFICES = frozenset(
    "审计 统计 信访 招生 招考 考试 预防 控制 振兴 扶贫 编 外 直 治 组织 退役 应急 开放 复学 防控 和 口岸 征兵 双拥 "
    "退役军人 自然 移民 招商 合作 协作 创新 巡视 考核 维稳 推进 协调 建设 "
    "普通 高中等 沈阳 大连".split()
)
"""Words that name what an office is for, though they can be verbs or stand alone for nothing."""
_PORTFOLIO_ENDS = re.compile(
    rf"^(?:(?:{_PROVINCES})?省委?|(?:{_CITIES})市?委?)|(?:厅|局|部|委员会|委|办公室|办|小组|工委|政府)$"
)
_IN_GENERAL = re.compile("国家|全国|中央|中国|辽宁|东北|吉林|黑龙江|河北|山东|江苏|浙江")
"""Behind these a sentence can go on with a verb (国家鼓励社会力量兴办幼儿园); what names a school there has none."""
_NO_PORTFOLIO = re.compile(r"[由把]|统一|各级|全面(?!依法)|高度|重视|阶段|积极|全部|共同|有关|相关|多个|鼓励|我们")
_GENERIC = re.compile(
    r"^(?:国家|全国|中国|中央|辽宁|辽宁省)(?:级|示范|重点|公办|民办|普通|高等|高水平|职业|中等|特色|优质|一流|"
    r"本科|高职|中职|中小)?"
    r"(?:大学|学院|中小学|中学|小学|幼儿园|学校|医院|公司|中心|实验室|集团|协会|研究院|研究所|工程研究中心|"
    r"工程中心|技术中心|联盟)$|"
    r"(?:各|有关|相关|所有|其他|多所|一批|重点|示范性|建设|培训|级)(?:大学|学院|学校|中心|实验室|委员会)$"
)
_WITHIN = re.compile(
    r"[是有了着过]|通过|会同|联合(?!会)|(?<!城乡)建设(?!兵团)|推进|开展|实施|支持|加强|组织(?!部)|提高|全面|围绕|"
    r"服务(?!中心|局)|入选|打造|建成|成立|纳入"
)
_PARTNER_BEFORE = re.compile(r"(?:会同|联合|配合|协同|携手|联手)$|(?<![参给赋])(?:与|同|和)$")
_RECIPIENT_BEFORE = re.compile(r"(?:向|报|报请|商|经商|并商|商请|提请|呈报|报送|函告|函请)$")
_TIME_BEFORE = re.compile(
    r"(?:^|[,;:。!?])(?:\s*(?:[一二三四五六七八九十]是|首先|其中|同时|此外|另外|近年来|目前|今年|去年|下一?步|"
    r"今后|20\d\d年(?:\d{1,2}月)?(?:以来|底|初)?|由|经|在|“[^”]*”(?:期间|以来)?|,))*$"
)

_NEAR, _FAR, _LONGEST_GROUP = 12, 80, 100
"""How far from an office what tells its part is looked for, and among how many named with it."""


@dataclass(frozen=True, slots=True)
class Named:
    """An organisation named in a passage; `start` and `end` are offsets in it."""

    raw: str
    name: str
    role: OrganizationRole
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Cited:
    """The documents of a passage: where they are named, and where the last is that an office is said to have issued."""

    starts: frozenset[int]
    last_of_issuer: dict[str, int]

    @classmethod
    def of(cls, citations: list[Mention]) -> _Cited:
        stated = (mention for mention in citations if mention.issuer_basis == "stated")
        return cls(
            frozenset(mention.start for mention in citations),
            {issuer: mention.start for mention in stated for issuer in mention.issuers},
        )

    def follows(self, hidden: str, last: int) -> bool:
        """Tell whether a title follows at once: 教育部《指南》."""
        return last in self.starts or (hidden.startswith("的", last) and last + 1 in self.starts)


def read_organizations(passage: str, citations: list[Mention], province: str) -> list[Named]:
    """Return the organisations named outside 《》, “” and (), in order."""
    hidden = masked(passage)
    spans = list(_spans(hidden))
    cited = _Cited.of(citations)
    named: list[Named] = []
    role: OrganizationRole = "mentioned"
    for index, (start, end) in enumerate(spans):
        joined = index > 0 and re.fullmatch(r"(?:、|和|与|及|以及)", hidden[spans[index - 1][1] : start])
        if not (joined and not (role == "actor" and hidden[spans[index - 1][1] : start] == "与")):
            role = _role(hidden, spans, index, cited)
        elif role == "actor" and _partner_joint(hidden, spans[index - 1][1], start):
            role = "partner"
        raw = passage[start:end]
        named.append(Named(raw, full_name(raw, province) or raw, role, start, end))
    return named


def organization_spans(passage: str) -> list[tuple[int, int]]:
    """Return (start, end) of the organisations named in a passage."""
    return list(_spans(masked(passage)))


def _spans(hidden: str) -> Iterator[tuple[int, int]]:
    at = 0
    while match := _ORGANISATION.search(hidden, at):
        if match["office"] and not _is_portfolio(match["office"]):
            match = _ESTABLISHED.match(hidden, match.start()) or match
        start, end = match.span()
        at = end
        if _is_name(match):
            yield start, end
        else:
            at = start + 1


def _is_name(match: re.Match[str]) -> bool:
    raw = match.group()
    said = match.groupdict()
    if said.get("office"):
        return _is_portfolio(raw)
    if said.get("municipal") and not _is_portfolio(raw):
        return False
    if _IN_GENERAL.match(raw) and any(
        is_verb(word) and word in verbs() and word not in _OF_OFFICES for word in words_of(raw)
    ):
        return False
    return not _GENERIC.search(raw) and (not _WITHIN.search(raw) or raw.endswith(("公司", "委员会")))


def _is_portfolio(office: str) -> bool:
    """Tell whether an office is named by nouns: 省将新增学前教育公办 is a clause cut short."""
    if _NO_PORTFOLIO.search(office) or office.endswith(("党委", "团委")):
        return False
    return all(is_noun(word) or word in _OF_OFFICES for word in words_of(_within(office)))


def _within(office: str) -> str:
    return _PORTFOLIO_ENDS.sub("", office)


def _partner_joint(hidden: str, end: int, start: int) -> bool:
    return hidden[end:start] == "与"


def _role(hidden: str, spans: list[tuple[int, int]], index: int, cited: _Cited) -> OrganizationRole:
    start, end = spans[index]
    near = max(0, start - _NEAR)
    if _RECIPIENT_BEFORE.search(hidden, near, start):
        return "recipient"
    last = _end_of_group(hidden, spans, index)
    if cited.last_of_issuer.get(hidden[start:end], -1) > start or cited.follows(hidden, last):
        return "issuer"
    if re.search(r"(?:会同|联合|配合|协同|携手|联手)$", hidden[near:start]):
        return "partner"
    if _PARTNER_BEFORE.search(hidden, near, start) and re.match(
        rf"{_HAN}{{0,4}}?(?:共同|联合|合作|共建|协同|开展|建立|签|组建|举办)", hidden[last : last + _NEAR]
    ):
        return "partner"
    if _is_subject(hidden, start, last):
        return "actor"
    return "mentioned"


def _end_of_group(hidden: str, spans: list[tuple[int, int]], index: int) -> int:
    """Return where the list of organisations that begins at `index` ends, 等N个部门 included."""
    end = spans[index][1]
    for start, following in islice(spans, index + 1, index + 1 + _LONGEST_GROUP):
        if not re.fullmatch(r"(?:、|和|与|及|以及)", hidden[end:start]):
            break
        end = following
    tail = re.match(
        r"等?(?:\d+|[一二两三四五六七八九十]+)?(?:个|家|所)?(?:部门|单位|高校|院校|学校|省直部门)?",
        hidden[end : end + 2 * _NEAR],
    )
    return end + (tail.end() if tail else 0)


def _is_subject(hidden: str, start: int, last: int) -> bool:
    if not _TIME_BEFORE.search(hidden, max(0, start - _FAR), start):
        return False
    follows = hidden[last : last + _NEAR]
    return bool(follows) and follows[0] not in ",。;:、的" and not follows.startswith(("等", "为"))
