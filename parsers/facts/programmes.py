"""Programmes: fixed or quoted names that end in 计划, 行动, 工程 … (reference: letters.md, "Facts")."""

from __future__ import annotations

import re
from dataclasses import dataclass

from parsers.text import brackets_apart, outside_titles

_ENDING = r"(?:行动计划|计划|行动|工程|项目|平台|共同体|试点|改革)"
_QUOTED = re.compile(rf"“(?P<name>[^“”]{{2,30}})”(?P<tail>[\u4e00-\u9fff]{{0,8}}?{_ENDING})?")
_ENDS = re.compile(rf"{_ENDING}$")
_LEADS = (
    "组织实施|启动实施|深入实施|实施|推进|开展|启动|组织|建设|建好|打造|落实|参与|推行|完善|依托|纳入|入选|深化|"
    "紧扣|紧盯|围绕|完成|申报|按照|执行|优化|"
    "建立|组建|成立|搭建|用好|建成|推动|加快|实行|出台|继续"
)
_UNQUOTED = re.compile(
    rf"(?:{_LEADS}|和|、|在|将|把|与|对|向|^|[,;:])(?:了|好)?"
    rf"(?P<name>(?:(?!{_LEADS}|各|一批|重点|和|与|、|的|等|在|将|把|为|了|是|加强|深入|"
    rf"持续)[\u4e00-\u9fff0-9+X—-]){{3,22}}?"
    r"(?:行动计划|行动|工程|计划|共同体|平台|制度试点|改革试点|试点))"
    r"(?![\u4e00-\u9fff]?(?:方案|数|办法|技术|专业|学科|材料|师|类|中心|表|内|书|项目|于|用))"
)
_PLACED = re.compile(r"^(?:辽宁|全国|国家|中国|沈阳|大连|东北|1\+X|县域|校企)|[一二三四五六七八九十]年行动")
_COMMON = re.compile(
    r"^[该本此各]|(?:教学|招生|工作|年度|用款|学习|采购|实训|课程|厅|局|委|们|省|校)计划$|^一?[^,]{0,4}(?:系统|"
    r"民心|民生|德政|"
    r"基础性|战略|重大)工程$|"
    r"^(?:国家|省部?)级(?:以上)?(?:[\u4e00-\u9fff]{0,4})?(?:平台|试点|项目)$|^(?:公共|网络|信息|资源|管理|大数据|"
    r"云|教育|交流|合作|创新|科研|展示|互动|服务|校企合作|信息化|智慧|数字)*平台$|"
    r"^(?:综合|教育|课程|教学|评价|制度|体制机制|招生|考试|供给侧|结构性|产教融合|校企合作)*(?:改革|试点)$"
)
_FIXED = ("行动", "工程", "共同体", "制度试点", "改革试点", "计划")
_DISCIPLINES = re.compile(r"[^,;。]{0,40}(?:专业|学科|学位点|课程)")


@dataclass(frozen=True, slots=True)
class NamedProgramme:
    """A programme named in a passage; `start` and `end` are offsets in it."""

    raw: str
    name: str
    start: int
    end: int


def read_programmes(passage: str) -> list[NamedProgramme]:
    """Return the programmes named outside 《》, in order."""
    visible = outside_titles(passage)
    found: list[NamedProgramme] = []
    for match in _QUOTED.finditer(visible):
        quoted, tail = match["name"], match["tail"] or ""
        if tail or _ENDS.search(quoted):
            found.append(_named(passage, match.start(), match.end()))
    hidden = list(visible)
    for start, end in brackets_apart(visible, "“", "”"):
        hidden[start:end] = "\0" * (end - start)
    for match in _UNQUOTED.finditer("".join(hidden)):
        name = match["name"]
        fixed = _PLACED.search(name) or name.endswith(_FIXED) or (name.endswith("平台") and len(name) > 8)
        discipline = name.endswith("工程") and "、" in passage and _DISCIPLINES.match(passage, match.end())
        if fixed and not discipline and not _COMMON.search(name):
            found.append(_named(passage, match.start("name"), match.end("name")))
    return sorted(found, key=lambda named: named.start)


def _named(passage: str, start: int, end: int) -> NamedProgramme:
    raw = passage[start:end]
    return NamedProgramme(raw, re.sub("[“”]", "", raw), start, end)
