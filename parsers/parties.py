"""To whom a letter is addressed and who signed it, when (reference: letters.md, "Parties")."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from parsers.numerals import date_in, is_damaged_date, whole_number
from schemas.replies import Proposer

_ROLE = r"提案者|提案人|委员|代表"
_GROUP = re.compile(
    r"(?:^(?:民革|民盟|民建|民进|农工党|致公党|九三学社|台盟|工商联|无党派|共青团|青联|妇联|总工会)|"
    r"(?:市委会?|省委会?|中央|界别?|支部|工商联|委员会|联谊会|联合会|小组|工委|协会|学会|代表团)$)"
)
_OFFICE = re.compile(r"(?:厅|局|办公室|办公厅|发展改革委|卫生健康委|发改委|国资委|人民政府|省政府|党委|部)$")
_ANY_HAN = r"[\u3400-\u9fff\U00020000-\U0003ffff]"
_COUNT = re.compile(rf"等\s*([一二三四五六七八九十\d]{{1,3}})\s*[位名](?:{_ROLE})")
_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]{1,3}·?[\u3400-\u9fff\U00020000-\U0003ffff·]{1,8}")
_UNCOUNTED = re.compile(rf"等(?:人|同志|{_ROLE})?(?:们)?$")
_SPACED_ROLE = re.compile("|".join(" ?".join(role) for role in _ROLE.split("|")))
_SPACED_NAME = re.compile(rf"(?<!{_ANY_HAN}){_ANY_HAN}(?: {_ANY_HAN}){{1,2}}(?!{_ANY_HAN})")
"""A name of two or three characters set wide: 王 五."""
_AND = re.compile(rf"(?<={_ANY_HAN}{{2}})[和及](?={_ANY_HAN}{{2}})")
"""和 between two names; in 李和平 it is part of one."""
_ADDRESSES = re.compile(r" ?(?:您|你|贵|来信|首先|感谢|非常感谢|收悉|现就|现将|关于)")
"""How a letter goes on behind a salutation that stands in the same paragraph."""
_NOBODY = re.compile(r"^(?:各位|诸位|有关|相关|全体)")
_GREETING = re.compile(r"(?:,|、)?(?:您|你们?|大家)好[!!]?$")
_SALUTATION_WORDS = re.compile(
    rf"(?:{_ROLE}|您好|你好|界别?|市委会?|省委会?|中央|委员会|工商联|九三学社.*|同志)\S{{0,3}}$"
)

_UNIT_END = r"厅|局|委|委员会|办公室|办公厅|政府|部|院|会"
_UNIT = re.compile(rf"^[\u4e00-\u9fff()]{{2,25}}(?:{_UNIT_END})$")
_UNIT_OVER_DATE = re.compile(
    rf"^[\u4e00-\u9fff()]{{2,25}}(?:{_UNIT_END}|馆|中心|大学|学校|党校|处|办|所|站|社|集团|公司|联)$"
)
"""What stands over a date is a unit by more endings than what stands alone."""
_STAMP = re.compile(r"\s*\((?:盖章|公章|印章|代章|章|印)\)")
_UNIT_WITH_DATE = re.compile(
    r"^(?P<units>[\u4e00-\u9fff ]{3,40}(?:厅|局|委|委员会|办公室|政府|部))\s*"
    r"(?P<date>(?:\d{4}|[二一][〇○零0OoОоΟο一二三四五六七八九]{3})\D.*)$"
)
_DATE_LINE = re.compile(r"^[\s\d年月日号./〇○零OoОоΟο一二三四五六七八九十-]{6,20}$")
_PUBLIC = re.compile(r"\s*\((?:此件)?(?:主动公开|依申请公开|不予公开|公开)\)$")
_LOST_DATE = re.compile(r"^20\d\d(?:年\d{0,4}日?|年 ?\d{0,2} ?月(?: ?\d{0,2} ?日?)?| \d{1,2} \d{1,2})$")
"""A date under a unit that says no day: 2024年530, 2023 9 27, 2024年 月 日."""
_TAIL = 8
"""How many lines from the end a signature is looked for: contact lines, copies and marks may follow it."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """Those to whom the letter is addressed. `office` is true when it is another office (a co-handler's opinion)."""

    raw: str
    proposers: tuple[Proposer, ...]
    count: int | None
    office: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """Signing units and date; `lines` are their indexes among the letter's lines."""

    raw: str | None = None
    signed_on: dt.date | None = None
    damaged: bool = False
    lines: frozenset[int] = frozenset()


def salutation_in(line: str) -> str | None:
    """Return the salutation that a line at the head of a letter is, or begins with: 尊敬的王五委员:您提出的…."""
    if is_salutation(line):
        return line
    head, colon, rest = line.partition(":")
    return head + colon if _ADDRESSES.match(rest) and is_salutation(head + colon) else None


def is_salutation(line: str) -> bool:
    """Tell whether a line at the head of a letter addresses somebody: short, ends in a colon or greets."""
    if len(line) > 60 or "。" in line or "《" in line:
        return False
    words = _closed_up(line.rstrip(":! "))
    if line.endswith(":"):
        return bool(_SALUTATION_WORDS.search(words) or _OFFICE.search(words))
    return bool(_GREETING.search(words)) or (len(line) <= 16 and bool(re.search(rf"(?:{_ROLE})$", words)))


def read_salutation(line: str) -> Addressee:
    """Read a salutation without its colon: `张三、李四等6位代表`, `尊敬的王五委员`, `民进本溪市委`, `委员您好`."""
    raw = line.rstrip(":! ")
    words = _NOBODY.sub("", _GREETING.sub("", _closed_up(raw)).removeprefix("尊敬的").strip())
    stated = _COUNT.search(words)
    role = re.search(rf"({_ROLE})(?:们)?$", words)
    named = words[: stated.start()] if stated else re.sub(rf"等?(?:{_ROLE})(?:们)?$", "", words)
    parts = _names_in(named)
    office = not role and bool(parts) and all(_OFFICE.search(part) and not _GROUP.search(part) for part in parts)
    if office:
        return Addressee(raw, (), None, office=True)
    shared = role.group(1) if role else None
    proposers = tuple(
        _proposer(part, shared if last or not _GROUP.search(part) else None)
        for last, part in ((index == len(parts) - 1, part) for index, part in enumerate(parts))
    )
    named_all = len(proposers) if proposers and not _UNCOUNTED.search(words) else None
    count = whole_number(stated.group(1)) if stated else named_all
    return Addressee(raw, proposers, count, office=False)


def read_signature(lines: list[str]) -> Signature:
    """Find signing units and date among a letter's last lines; an empty Signature if there is none."""
    for index in range(len(lines) - 1, max(-1, len(lines) - 1 - _TAIL), -1):
        line = _STAMP.sub("", _PUBLIC.sub("", lines[index]))
        together = _UNIT_WITH_DATE.match(line)
        if together and date_in(together["date"]):
            units = "、".join(_units_of(together["units"]))
            return Signature(units, date_in(together["date"]), lines=frozenset({index}))
        units_above = _units_above(lines, index)
        dated = _DATE_LINE.match(line) and date_in(line)
        if dated or is_damaged_date(line) or (units_above and _LOST_DATE.match(line)):
            return Signature(
                raw=_joined(lines, units_above),
                signed_on=date_in(line),
                damaged=date_in(line) is None,
                lines=frozenset({index, *units_above}),
            )
    return _undated_signature(lines)


def full_name(unit: str | None, province: str) -> str | None:
    """Return an office's full name: 省教育厅 → 辽宁省教育厅; several joined by 、 are resolved one by one."""
    if unit is None:
        return None
    return "、".join(_full(part, province) for part in unit.split("、"))


def _full(part: str, province: str) -> str:
    part = part.replace(" ", "")
    if part == "团省委":
        return f"共青团{province}委"
    return province + part.removeprefix("省") if part.startswith("省") else part


def _proposer(name: str, role: str | None) -> Proposer:
    own_role = re.search(rf"({_ROLE})$", name)
    if own_role and not _GROUP.search(name):
        name, role = name[: own_role.start()], own_role.group(1)
    is_name = _NAME.fullmatch(name) or (role and len(name) == 1)
    return Proposer(name=name, role=role, is_group=bool(_GROUP.search(name)) or not is_name)


def _closed_up(words: str) -> str:
    """Return a salutation without the spaces that only set it wide: 王 五 委 员."""
    return _SPACED_ROLE.sub(lambda role: role.group().replace(" ", ""), words)


def _names_in(named: str) -> list[str]:
    names: list[str] = []
    for listed in re.split("[、,]", named):
        close = _SPACED_NAME.sub(lambda name: name.group().replace(" ", ""), listed.strip())
        for part in close.split():
            both = _AND.split(part)
            one_group = _GROUP.search(part) and not _GROUP.search(both[0])  # 人口和资源环境委员会
            names += [part] if one_group else both
    return names


def _units_above(lines: list[str], index: int) -> list[int]:
    units: list[int] = []
    while index - 1 >= 0 and len(units) < 6:
        above = _units_of(lines[index - 1])
        if not above or not all(_UNIT_OVER_DATE.match(unit.replace(" ", "")) for unit in above):
            break
        index -= 1
        units.insert(0, index)
    return units


def _units_of(line: str) -> list[str]:
    """Return the units on a line, without their stamp; a single one may be set wide: 辽 宁 省 教 育 厅."""
    line = _STAMP.sub("", line).strip()
    parts = line.split()
    return [line] if parts and all(len(part) == 1 for part in parts) else parts


def _undated_signature(lines: list[str]) -> Signature:
    for index in range(len(lines) - 1, max(-1, len(lines) - 4), -1):
        if _UNIT.match("".join(_units_of(lines[index])).replace(" ", "")):
            units = [*_units_above(lines, index), index]
            return Signature(_joined(lines, units), lines=frozenset(units))
    return Signature()


def _joined(lines: list[str], indexes: list[int]) -> str | None:
    return "、".join("、".join(_units_of(lines[i])) for i in indexes) or None
