"""Contact details of persons are taken out of everything that is published; public hotlines stay.

An official's name and direct line stand under many letters (联系人、联系电话、承办人). They serve the proposer, not the
public record, and are removed before anything else is read, so that no span, token or flag can carry them.

A line is read from left to right, once. Numbers come first: each is somebody's, the public's or no telephone number at
all, which is decided from the label on its left and from what follows it. Names come second: what a contact label
announces, and what is shaped like a name and stands beside a number that goes. Every look to the left or right is
bounded, so that the time grows with the length of the line.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

_HAN = r"[\u3400-\u9fff]"
_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章苏潘葛奚范彭郎鲁韦昌马苗凤方俞任袁柳酆鲍史唐费廉"
    "岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮"
    "蓝闵席季麻贾路娄江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫房裘缪干解应宗丁宣邓郁单杭洪包诸左石崔吉钮龚程嵇邢裴陆荣"
    "翁荀羊惠甄曲封储靳邴糜松井段富巫乌焦巴牧隗谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘厉戎祖武符刘景詹束龙叶幸司韶郜黎薄印宿白怀蒲邰鄂索咸"
    "籍赖卓蔺屠蒙池乔阴胥苍闻莘党翟谭贡劳姬申扶堵冉宰郦雍桑桂濮牛寿边扈燕冀浦尚农温别庄晏柴瞿阎慕连茹习艾鱼容古易慎戈廖庾终暨居衡步都耿满"
    "弘匡国文寇广禄阙欧殳沃利蔚越隆师巩聂晁勾敖融冷訾辛阚那简饶曾毋沙鞠丰关蒯相查后荆红游竺权盖益桓公岳帅肖闫付仝覃代佟初官矫曲由逄苑冼占"
)
_DOUBLE = "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|司徒|令狐|夏侯|长孙|宇文|端木|赫连|南宫|西门|独孤|完颜|爱新"
_OFFICE = "处室科厅局办部委院校组司股站所会队"
_TITLE = (
    r"(?:(?:副|一级|二级|三级|四级|正)?(?:处长|科长|主任|厅长|局长|部长|书记|院长|校长|组长|司长|所长|站长|巡视员|"
    r"调研员|主任科员|科员|干事|主管|处)|同志|老师|先生|女士)"
)
_WORDS = (
    r"安全|高中|高校|方案|方面|平台|成立|成果|项目|计划|文化|国家|全省|全市|全国|全部|水平|路径|时间|关于|金额|程序|应当|单位|师资|"
    r"居民|万元|和平|明确|明显|简称|公开|公布|公示|公众|公安|代表|由于|管理|经费|广泛|广大|解决|支持|相关|有关|国内|党委|党组|"
    r"安排|安置|温馨|包括|余额|常用|左右|后续|利用|应急|都是|都有|文件|华为|成员|组织|连续|时任|和谐|满意|别名|"
    r"电话|手机|热线|联系|传真|邮箱|邮编|地址|号码|职务|姓名|备注|部门|服务|咨询|"
    r"附件|官网|官方|网址|公文|沈阳|鞍山|江苏|江西|安徽|吉林|云南|广东|广西|宁夏|乐山|温州|阳光"
)
# a family name and one or two characters, a family name before a title, 王某某, 张*, or a name that has a dot in it
_NAME = (
    rf"(?!{_WORDS})(?:(?:{_DOUBLE}){_HAN}{{1,2}}|{_HAN}{{1,8}}·{_HAN}{{1,8}}|[{_SURNAMES}](?:某{{1,2}}|[*×xX]{{1,2}}|{_HAN}{{1,2}})|"
    rf"[{_SURNAMES}](?={_TITLE}))"
)
_ENDS = r"(?=[ ,;。:|()、\d+/!?]|$)"

_PERSON = re.compile(
    r"(?:(?:业务|具体|项目|工作|日常|主要|部门|单位|处室|本件|办理|科室)?"
    r"(?:联\s?[系络]|承\s?办|经\s?办|填\s?[报表写]|报送|主办|协办|对接|办理|责任|负责|审核|审签|签发|起草|拟稿|校对|核稿|主管|分管|带队|答复|接待)"
    r"(?:处室|科室|部门|单位)?\s?(?:负责|责任|联系)?(?:人\s?员?|同\s?志|领\s?导|专\s?员|员)(?:的?姓名)?|联系方式人)"
    r"(?:(?:[、及和与/]|以及)?(?:其)?(?:联系)?(?:电话|方式|手机)(?:号码?)?)?"
)
_STRONG = re.compile(r"联\s?[系络]|[承经]\s?办|填\s?[报表]")
_PHONE_NOUN = r"(?:电\s?话|手\s?机|座机|传真|移动电话|固话|TEL|Tel|tel|联系方式|小灵通|号码|分机|专线|热线)"
_LABEL = re.compile(
    rf"(?:联\s?[系络]人?|承\s?办人?|经\s?办人?|办公室?|移动|固定|个人|值班|单位|本人)?(?:{_PHONE_NOUN})(?:号码?)?"
    rf"(?:[/、及和与](?:{_PHONE_NOUN})(?:号码?)?)?"
)
_OTHER_LABEL = re.compile(
    r"(?:电子)?(?:邮箱|邮件|信箱)(?:地址)?|E-?mail|e-?mail|(?:公民)?身份证(?:件)?(?:号码?)?|QQ|微信(?:号码?)?"
)
_PUBLIC = re.compile(
    r"热线|专线|咨询|监督|举报|投诉|服务|公布|公开|公示|受理|求助|援助|客服|维权|开通|设立|设置|报警|信访|查询|报名|救助|报修"
)
_PUBLIC_AROUND = re.compile(r"热线|(?:咨询|监督|举报|投诉|服务|求助|援助|信访|受理)电话|公布|公示|开通|设立")
_OPENED = re.compile(r"公布|公开|公示|开通|设立|热线|监督|举报|投诉")
_MOBILE_PUBLIC = re.compile(r"热线|监督|举报|投诉")
_OWN = re.compile(r"联\s?[系络]|[承经]\s?办|办公|移动|个人|本人|手\s?机|传真|小灵通")
# after digits: what is counted
_MEASURE = re.compile(
    r"(?: (?=[人元户个名位家]))?(?:多|余|万|亿|千|百|元|人|名|位|户|个|家|所|次|件|项|册|本|套|台|份|条|辆|"
    r"张(?![\u3400-\u9fff]{1,2}(?![\u3400-\u9fff]))|间|座|栋|处(?!长)|亩|公里|"
    r"平方|立方|米|吨|公斤|学|课时|教师|年|月|日|天|小时|分|秒|号|期|届|批|场|篇|部(?!长)|种|类|门|点|%|‰|美元|港元|卷|枚|支|把|"
    r"头|只|株|块|kg|km|GB|MB|KB|[.]\d|,\d{3}(?!\d))"
)

_AREA = r"(?:\(?(?:\+?86[- ]?)?0\d{2,3}\)?(?: ?[-–—‐−] ?| )?)"
_DASH = r"[-–—‐− ]"
_EXTENSION = r"(?:(?:转|-)\d{1,5}(?!\d))?"
_TOKEN = re.compile(
    r"(?P<email>(?<![A-Za-z0-9_.%+-])[A-Za-z0-9_.%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5})"
    r"|(?P<im>(?:QQ|qq|微信|[Ww]e[Cc]hat|WeiXin|weixin)(?:号码?|账号|群)?[: ]{0,3}(?=[A-Za-z0-9_-]{0,29}\d|[A-Za-z]{6})"
    r"[A-Za-z0-9_-]{5,30}(?![A-Za-z0-9_-]|[年月万亿多余人户个]))"
    r"|(?P<id>(?<!\d)\d{6}[ -]?(?:1[89]|20)\d{2}[ -]?\d{4}[ -]?\d{3}[\dXx](?!\d)|(?<!\d)\d{17}[\dXx](?!\d))"
    rf"|(?P<mobile>(?<![\d.])(?:(?:\+|00)?86{_DASH}?)?1[3-9]\d{_DASH}?\d{{4}}{_DASH}?\d{{4}}(?!\d))"
    rf"|(?P<area>(?<![\d.-]){_AREA}\d{{3,4}}{_DASH}?\d{{4}}(?!\d){_EXTENSION})"
    rf"|(?P<cut>(?<![\d.年-])\d{{2,3}}-[2-8]\d{{6,7}}(?!\d){_EXTENSION})"
    rf"|(?P<bare>(?<![\d.第-])[2-8](?:\d{{6,7}}|\d{{2,3}}{_DASH}\d{{4}})(?![\d]){_EXTENSION})",
)
_HINT = re.compile(
    r"联\s?[系络]|[承经主协]\s?办|填\s?[报表写]|责任|负责|主管|分管|对接|报送|审[核签]|签发|起草|拟稿|校对|核稿|办理|带队|答复人|接待|"
    r"电\s?话|手\s?机|传真|@|QQ|qq|微信|身份证|\d{4}|\d{3}[- ]\d{3}"
)
"""No rule touches a line without this, unless the line before it ends in a label."""

_Kind = Literal["person", "private", "public"]
_SPACED = re.compile(r"(?:联 ?系 ?)?(?:电 话|手 机|传 真)$")
_RULE_OF = {"email": "email", "id": "id_number", "im": "contact_line", "mobile": "mobile_number"}
_OPENED_TO_ALL = re.compile(r"公布|公示|开通|设立|热线")
_IN_PROSE = re.compile(r"[请与由和向将在]")
_COUNTED = re.compile(r"(?:投入|下达|安排|拨付|合计|总计|[共累]计|共|总额|资金|经费|[达约近超]到?|过)[: |]*$")
_GAP = re.compile(r"[ :|(为是]*$")
_WINDOW = 48


@dataclass(slots=True)
class _Reading:
    """One line while it is read: what goes, as spans by rule, and what is known from the line before."""

    line: str
    carried: _Kind | None
    gone: list[tuple[int, int, str]] = field(default_factory=list)

    def take(self, start: int, end: int, rule: str) -> None:
        if start < end:
            self.gone.append((start, end, rule))


class _Label(NamedTuple):
    start: int
    kind: _Kind | None
    rule: str | None


def without_contact(text: str) -> str:
    """Return a single line, such as a title, without contact details."""
    return "".join(without_contacts([text])[0])


def without_contacts(lines: list[str]) -> tuple[list[str], Counter[str]]:
    """Return `lines` without contact details, and how often each rule removed something; emptied lines go too."""
    removed: Counter[str] = Counter()
    kept: list[str] = []
    carried: _Kind | None = None
    for line in lines:
        if carried is None and not _HINT.search(line):
            kept += [line] if line.strip(" ,;、()") else []
            continue
        reading = _Reading(line, carried)
        _read_numbers(reading)
        _read_labels(reading)
        carried = _announced(line)
        if carried in ("person", "private") and _BARE_LABEL.fullmatch(line):
            reading.take(0, len(line), "contact_line")
        if not reading.gone:
            kept += [line] if line.strip(" ,;、()") else []
            continue
        clean = _cut(reading, removed)
        if clean.strip(" ,;、()。:|."):
            kept.append(clean)
    return kept, removed


# --- labels that end a line ----------------------------------------------------------------------------------------

_BARE_LABEL = re.compile(rf"[(]?(?:{_HAN}{{0,20}}[{_OFFICE}])?(?:{_PERSON.pattern}|{_LABEL.pattern}) ?:?", re.ASCII)


def _announced(line: str) -> _Kind | None:
    """Return what a label at the end of a line announces for the next one."""
    tail = line[-_WINDOW:].rstrip()
    if not tail.endswith(":") and not _BARE_LABEL.fullmatch(tail):
        return None
    words = re.split(r"[ ,;。|()]", tail.rstrip(": "))[-1]
    person = [match for match in _PERSON.finditer(words) if match.end() == len(words)]
    if person:
        return "person" if _STRONG.search(person[-1].group()) or tail.endswith(":") else None
    if any(match.end() == len(words) for match in _LABEL.finditer(words)):
        return "public" if _PUBLIC.search(words) else "private"
    return None


# --- numbers -------------------------------------------------------------------------------------------------------


class _Before(NamedTuple):
    """The number before: where it ended, and whether it was taken."""

    end: int
    taken: bool | None


def _read_numbers(reading: _Reading) -> None:
    """Decide on each number once, and take those that are somebody's with their labels and the names beside them."""
    line = reading.line
    before: _Before | None = None
    taken = False
    for match in _TOKEN.finditer(line):
        start, end = match.span()
        if line[start] == "(" and ")" not in match.group():
            start += 1
        label = _label_before(reading, start, before)
        before = _Before(end, _is_somebodys(reading, match, start, label, before))
        if not before.taken:
            continue
        taken = True
        rule = _RULE_OF.get(match.lastgroup or "", "landline")
        reading.take(start, end, rule)
        reading.take(label.start, start, label.rule or rule)
        _take_names_before(reading, label.start)
        _take_name_behind(reading, end)
    if taken and " | " in line:
        _take_name_cells(reading)


def _label_before(reading: _Reading, start: int, before: _Before | None) -> _Label:
    """Return the label of the number at `start`: where it begins, and whose number it says that it is."""
    floor = max(0, start - _WINDOW, before.end if before else 0)
    left = reading.line[floor:start]
    gap = _GAP.search(left)
    words_end = gap.start() if gap else len(left)
    spaced = _SPACED.search(left, 0, words_end)
    if spaced:
        public = _PUBLIC.search(left[max(0, spaced.start() - 4) : spaced.start()])
        return _Label(floor + spaced.start(), "public" if public else "private", None if public else "contact_line")
    words_start = max((left.rfind(mark, 0, words_end) for mark in " ,;。|():、!?"), default=-1) + 1
    words = left[words_start:words_end]
    if not words:
        return _Label(start, reading.carried if floor == 0 and not left.strip() else None, None)
    nouns = [found for found in (*_LABEL.finditer(words), *_OTHER_LABEL.finditer(words)) if found.end() == len(words)]
    if nouns:
        return _labelled(reading.line, floor + words_start, words, min(nouns, key=lambda found: found.start()))
    of_all = _PUBLIC.search(words) and not _NAME_AT_END.search(words)
    return _Label(start, "public" if of_all else None, None)


def _labelled(line: str, start: int, words: str, noun: re.Match[str]) -> _Label:
    """Return the label that ends in `noun`; `words`, from `start` on, are all that its field says before the number."""
    at = start + noun.start()
    if _OTHER_LABEL.fullmatch(noun.group()):
        return _Label(at, "private", None)
    rule = None if re.fullmatch(r"手\s?机(?:号码?)?", noun.group()) else "contact_line"
    opened = _OPENED_TO_ALL.search(words) and not re.search(r"[人员]", noun.group())
    kind: _Kind = "private"
    if opened or not _OWN.search(words):
        kind = "public" if _PUBLIC.search(words) else _around(line, start)
    office = re.fullmatch(rf"{_HAN}{{2,20}}[{_OFFICE}]", line[start:at])
    if kind == "private" and office and not _IN_PROSE.search(office.group()):
        at = start
    return _Label(at, kind, rule)


def _around(line: str, start: int) -> _Kind:
    """Return whose a number is of which only 电话 is said: what the sentence says before it."""
    sentence = re.split(r"[。!?|]", line[max(0, start - _WINDOW) : start])[-1]
    if _PERSON.search(sentence) or _NAME_AT_END.search(sentence.rstrip(" ,;、:(")):
        return "private"
    return "public" if _PUBLIC_AROUND.search(sentence) else "private"


def _is_somebodys(
    reading: _Reading, match: re.Match[str], start: int, label: _Label, before: _Before | None
) -> bool | None:
    """Tell whether a number is a person's; None if it is no number of a telephone, an account or a card."""
    line, kind, said = reading.line, match.lastgroup, match.group()
    if kind in ("email", "id"):
        return True
    if kind == "im":
        return not _OPENED.search(line[max(0, start - 12) : start])
    if not re.search(r"\d[-–—‐−]\d", said) and _is_counted(line, match, start):
        return None
    if _NAME_AFTER_LABEL.search(line[max(0, start - _WINDOW) : start]):
        return True
    if kind == "mobile":
        return not (label.kind == "public" and _MOBILE_PUBLIC.search(line[max(0, start - 12) : start]))
    if label.kind:
        return label.kind != "public"
    if before and before.taken is not None and re.fullmatch(r"[、/,或和及 ]{1,3}", line[before.end : start]):
        return before.taken
    if kind == "bare":
        return _bare_is_somebodys(line, said, start, match.end())
    if re.match(rf"{_HAN}{{0,8}}热线", line[match.end() : match.end() + 12]):
        return False
    return _around(line, start) != "public"


def _is_counted(line: str, match: re.Match[str], start: int) -> bool:
    """Tell whether what stands beside digits says that they count something."""
    counted = match.group().isdigit() and _COUNTED.search(line[max(0, start - 12) : start])
    return bool(counted or _MEASURE.match(line, match.end()))


def _bare_is_somebodys(line: str, said: str, start: int, end: int) -> bool | None:
    """Decide on seven or eight digits without any label: only what stands before them can make them somebody's."""
    digits = re.sub(r"\D", "", said)
    if re.match(r"20[0-3]\d", digits):
        return None
    left = line[max(0, start - _WINDOW) : start].rstrip(" ,:(|、")
    sentence = re.split(r"[。!?]", left)[-1]
    if _NAME_AT_END.search(sentence):
        return True
    person = _PERSON.search(sentence)
    if person and person.end() >= len(sentence) - 12:
        return True
    if not left and len(digits) == 8 and line[end:].strip(" 。,;)") == "":
        return True
    if re.search(rf"(?:[{_OFFICE}]|致电|拨打)$", sentence) and len(digits) == 8 and " | " not in line:
        return True
    return None


# --- names ---------------------------------------------------------------------------------------------------------

_NAME_AT_END = re.compile(
    rf"(?:^|(?<=[ ,;。|():、/和与及由请找向给为是\d市县区长任{_OFFICE}])|(?<=联系)|(?<=同志)|(?<=人员)|(?<=心))"
    rf"(?P<name>{_NAME}{_TITLE}?)(?!委员|代表)(?:进行|直接)?(?:联系|咨询|对接|沟通|接洽|了解|洽谈|办理|负责|承办)?$"
)
_NAME_AFTER_LABEL = re.compile(rf"{_LABEL.pattern}[: ]{{1,3}}{_NAME}{_TITLE}?[ ,:(]{{0,2}}$")
_NAME_FIELD = re.compile(rf"{_NAME}{_TITLE}?(?!{_HAN})")
_SKIPPED = re.compile(rf"(?:^|(?<=[ ,;。|():、]))(?:{_HAN}{{1,14}}[{_OFFICE}]|{_TITLE}|[男女])$")
_CONTACT_OFFICE = re.compile(rf"{_HAN}{{0,24}}[{_OFFICE}]")
_PROSE = re.compile(
    r"(?:负责|应|要|与|和|可|将|向|对|及时|认真|主动|办理|联系|身份|电话|手机|已|也|均|都|由|在|为|是|的|等|不|未|进行|制度|名单|库|信息|"
    r"机制|意识|培训|队伍|须|需|会|能|统一|按|根据|全部|全程|到岗|签|包|落实|必须)"
)


def _take_names_before(reading: _Reading, at: int) -> None:
    """Take the names that stand before a number that goes, over one office or title between them."""
    line = reading.line
    skipped = False
    for _ in range(8):
        floor = max(0, at - _WINDOW)
        left = line[floor:at].rstrip(" ,;、|:(/")
        found = _NAME_AT_END.search(left)
        if found:
            start, end = floor + found.start("name"), floor + found.end("name")
            announced = re.search(r"姓\s?名[ :|]*$", line[max(0, start - 8) : start])
            if announced:
                start = max(0, start - 8) + announced.start()
            reading.take(start, end, "contact_name")
            at = start
            skipped = True
            continue
        between = _SKIPPED.search(left)
        if skipped or not between:
            return
        at, skipped = floor + between.start(), True


def _take_name_behind(reading: _Reading, end: int) -> None:
    line = reading.line
    gap = re.compile(r"[ (、|]{0,3}").match(line, end)
    at = gap.end() if gap else end
    found = _NAME_FIELD.match(line, at)
    if found and not line.startswith(":", found.end()) and re.match(_ENDS, line[found.end() : found.end() + 1]):
        reading.take(found.start(), found.end(), "contact_name")


def _take_name_cells(reading: _Reading) -> None:
    at = 0
    for cell in reading.line.split(" | "):
        if _NAME_FIELD.fullmatch(cell.strip()):
            reading.take(at, at + len(cell), "contact_name")
        elif re.fullmatch(r"姓\s?名", cell.strip()):
            reading.take(at, at + len(cell), "contact_line")
        at += len(cell) + 3


def _read_labels(reading: _Reading) -> None:
    """Take what contact labels announce: a name, several, an office with a name."""
    line = reading.line
    if reading.carried == "person" and len(line) <= _WINDOW:
        end = _person_value(line, 0, sure=True)
        if end:
            reading.take(0, end, "contact_line")
    for match in _PERSON.finditer(line):
        _read_person(reading, match)
    for match in _NAME_AND_VERB.finditer(line):
        reading.take(*match.span(match.lastgroup or 0), "contact_name")
    for match in _LABEL.finditer(line):
        gap = re.compile(r"[: ]{1,3}").match(line, match.end())
        named = _NAME_FIELD.match(line, gap.end()) if gap else None
        if named and re.match(_ENDS, line[named.end() : named.end() + 1]) and not line.startswith(":", named.end()):
            public = _PUBLIC.search(line[max(0, match.start() - 4) : match.end()])
            start = match.start() - (2 if public and _PUBLIC.fullmatch(line[match.start() - 2 : match.start()]) else 0)
            reading.take(max(0, start), named.end(), "contact_line")


_NAME_AND_VERB = re.compile(
    rf"(?:(?<=[与和找请{_OFFICE}])|(?<=联系))(?P<name>{_NAME}{_TITLE})(?!委员|代表)(?=联系|咨询|对接|沟通|接洽|[,。;]?$)"
    rf"|(?<=[处室科])(?P<plain>{_NAME})(?=联系|咨询|对接|沟通|接洽)"
)


def _read_person(reading: _Reading, match: re.Match[str]) -> None:
    line = reading.line
    gap = re.compile(r"[ :|为是]{0,4}").match(line, match.end())
    at = gap.end() if gap else match.end()
    marks = line[match.end() : at]
    if not _STRONG.search(match.group()) and ":" not in marks and "|" not in marks:
        return
    end = _person_value(line, at, sure=":" in marks and bool(_STRONG.search(match.group())))
    if end is None:
        goes_on = any(not line[at:start].strip(" ,;|") for start, _, _ in reading.gone[-3:])
        if ":" in marks and (goes_on or (reading.gone and _LABEL.match(line, at))):
            reading.take(match.start(), at, "contact_line")
        return
    start = match.start()
    floor = max(0, start - 30)
    office = re.search(rf"(?:^|(?<=[ ,;。|(]))(?:{_HAN}{{2,24}}[{_OFFICE}])$", line[floor:start])
    if office and not _IN_PROSE.search(office.group()):
        start = floor + office.start()
    reading.take(start, end, "contact_line" if marks.strip() or start == 0 else "contact_name")


def _person_value(line: str, at: int, *, sure: bool) -> int | None:
    """Return where the names that begin at `at` end, None if there are none. `sure`: a colon announces them."""
    end: int | None = None
    while True:
        office = _CONTACT_OFFICE.match(line, at) if sure or end is None else None
        after = _one_name(line, at, sure=sure and end is None)
        if after is None and office:
            ahead = re.compile(r"[ ,、:|(]{0,3}").match(line, office.end())
            resumed = ahead.end() if ahead else office.end()
            after = _one_name(line, resumed, sure=False)
            if after is None and sure and re.match(_ENDS, line[office.end() : office.end() + 1]):
                after = office.end()
        if after is None:
            return end
        end = after
        more = re.compile(r"(?:[、/ ,]|和|及)(?=[\u3400-\u9fff])").match(line, end)
        if not more:
            return end
        at = more.end()
        sure = False


_NOT_A_NAME = re.compile(rf"{_HAN}{{0,3}}(?:长|书记|主任|领导|同志|人员|亲自|抓)")


def _one_name(line: str, at: int, *, sure: bool) -> int | None:
    if _PROSE.match(line, at) or _PERSON.match(line, at) or _LABEL.match(line, at) or _OTHER_LABEL.match(line, at):
        return None
    closed = rf"{_TITLE}?(?:(?=[ ,;。|()、\d+/!?]|$)|(?=电话|手机|联系|传真|微信|QQ|邮箱|和{_NAME}))"
    named = re.compile(rf"{_NAME}{closed}").match(line, at)
    if named is None and sure and not _NOT_A_NAME.match(line, at):
        named = re.compile(rf"{_HAN}{{2,4}}{closed}|{_HAN} {_HAN}(?!{_HAN})").match(line, at)
    if named is None and sure:
        named = re.compile(r"[A-Z][A-Za-z]{1,15}(?: [A-Z][A-Za-z]{1,15}){1,2}(?![A-Za-z])").match(line, at)
    if named is None:
        named = re.compile(rf"[{_SURNAMES}] {_HAN}(?!{_HAN})").match(line, at)
    return named.end() if named else None


# --- the line that remains -----------------------------------------------------------------------------------------

_HOLE = "\0"
_EMPTY_BRACKETS = re.compile(rf"\([{_HOLE} ,;、:|/。及和]*\)")
_RUN = re.compile(rf"[{_HOLE} ,;、|/]+")


def _cut(reading: _Reading, removed: Counter[str]) -> str:
    """Return the line without what goes, and count: a run of fields once, a number by itself under its own name."""
    line = reading.line
    spans = sorted(reading.gone)
    pieces: list[str] = []
    at = 0
    group: list[str] = []
    group_end = -1
    for start, end, rule in spans:
        if group and line[group_end : max(group_end, start)].strip(" ,;、|/:") != "":
            _count(group, removed)
            group = []
        group.append(rule)
        if start > at:
            pieces.append(line[at:start])
        if end > at:
            pieces.append(_HOLE)
            at = end
        group_end = max(group_end, end)
    pieces.append(line[at:])
    noted = 0

    def brackets(match: re.Match[str]) -> str:
        nonlocal noted
        if _HOLE not in match.group():
            return match.group()
        noted += 1
        return _HOLE

    clean = _EMPTY_BRACKETS.sub(brackets, "".join(pieces))
    if noted and "contact_line" in group:
        removed["contact_note"] += 1
    else:
        _count(group, removed)
    return _RUN.sub(lambda match: _mark(match, clean), clean).strip()


def _count(group: list[str], removed: Counter[str]) -> None:
    if "contact_line" in group or ("contact_name" in group and len(set(group)) > 1):
        removed["contact_line"] += 1
    else:
        removed.update(sorted(set(group)))


def _mark(match: re.Match[str], text: str) -> str:
    """Return the one mark that stays where fields between marks went."""
    run = match.group()
    if _HOLE not in run:
        return run
    before, after = text[: match.start()][-1:], text[match.end() : match.end() + 1]
    if not before or not after or before in "(。" or after in ")。:" or before == ":":
        return ""
    if "|" in run:
        return " | "
    return next((mark for mark in ";,、 " if mark in run), "")
