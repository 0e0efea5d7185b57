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
    r"(?:市委会?|省委会?|中央|界别?|支部|工商联|委员会|联谊会|联合会|小组|工委|协会|学会)$)"
)
_OFFICE = re.compile(r"(?:厅|局|办公室|办公厅|发展改革委|卫生健康委|发改委|国资委|人民政府|省政府|党委|部)$")
_COUNT = re.compile(rf"等\s*([一二三四五六七八九十\d]{{1,3}})\s*[位名](?:{_ROLE})")
_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]{1,3}·?[\u3400-\u9fff\U00020000-\U0003ffff·]{1,8}")
_NOBODY = re.compile(r"^(?:各位|诸位|有关|相关|全体)")
_GREETING = re.compile(r"(?:,|、)?(?:您|你们?|大家)好[!!]?$")
_SALUTATION_WORDS = re.compile(
    rf"(?:{_ROLE}|您好|你好|界别?|市委会?|省委会?|中央|委员会|工商联|九三学社.*|同志)\S{{0,3}}$"
)

_UNIT = re.compile(r"^[\u4e00-\u9fff()]{2,25}(?:厅|局|委|委员会|办公室|办公厅|政府|部|院|会)$")
_UNIT_WITH_DATE = re.compile(
    r"^(?P<units>[\u4e00-\u9fff ]{3,40}(?:厅|局|委|委员会|办公室|政府|部))\s*"
    r"(?P<date>(?:\d{4}|[二一][〇○零0一二三四五六七八九]{3})\D.*)$"
)
_DATE_LINE = re.compile(r"^[\s\d年月日号./〇○零一二三四五六七八九十-]{6,20}$")
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


def is_salutation(line: str) -> bool:
    """Tell whether a line at the head of a letter addresses somebody: short, ends in a colon or greets."""
    if len(line) > 60 or "。" in line or "《" in line:
        return False
    words = line.rstrip(":! ")
    if line.endswith(":"):
        return bool(_SALUTATION_WORDS.search(words) or _OFFICE.search(words))
    return bool(_GREETING.search(words)) or (len(line) <= 16 and bool(re.search(rf"(?:{_ROLE})$", words)))


def read_salutation(line: str) -> Addressee:
    """Read a salutation without its colon: `张三、李四等6位代表`, `尊敬的王五委员`, `民进本溪市委`, `委员您好`."""
    raw = line.rstrip(":! ")
    words = _NOBODY.sub("", _GREETING.sub("", raw).removeprefix("尊敬的").strip())
    stated = _COUNT.search(words)
    role = re.search(rf"({_ROLE})(?:们)?$", words)
    named = words[: stated.start()] if stated else re.sub(rf"等?(?:{_ROLE})(?:们)?$", "", words)
    parts = [part for part in re.split(r"[、,和及 ]", named) if part]
    office = not role and bool(parts) and all(_OFFICE.search(part) and not _GROUP.search(part) for part in parts)
    if office:
        return Addressee(raw, (), None, office=True)
    proposers = tuple(_proposer(part, role.group(1) if role else None) for part in parts)
    count = whole_number(stated.group(1)) if stated else len(proposers) or None
    return Addressee(raw, proposers, count, office=False)


def read_signature(lines: list[str]) -> Signature:
    """Find signing units and date among a letter's last lines; an empty Signature if there is none."""
    for index in range(len(lines) - 1, max(-1, len(lines) - 1 - _TAIL), -1):
        line = lines[index]
        together = _UNIT_WITH_DATE.match(line)
        if together and date_in(together["date"]):
            units = "、".join(together["units"].split())
            return Signature(units, date_in(together["date"]), lines=frozenset({index}))
        if is_damaged_date(line) or (_DATE_LINE.match(line) and date_in(line)):
            units_above = _units_above(lines, index)
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
    if part == "团省委":
        return f"共青团{province}委"
    return province + part.removeprefix("省") if part.startswith("省") else part


def _proposer(name: str, role: str | None) -> Proposer:
    own_role = re.search(rf"({_ROLE})$", name)
    if own_role and not _GROUP.search(name):
        name, role = name[: own_role.start()], own_role.group(1)
    return Proposer(name=name, role=role, is_group=bool(_GROUP.search(name)) or not _NAME.fullmatch(name))


def _units_above(lines: list[str], index: int) -> list[int]:
    units: list[int] = []
    while index - 1 >= 0 and all(_UNIT.match(part) for part in lines[index - 1].split()) and len(units) < 4:
        index -= 1
        units.insert(0, index)
    return units


def _undated_signature(lines: list[str]) -> Signature:
    for index in range(len(lines) - 1, max(-1, len(lines) - 4), -1):
        if _UNIT.match(lines[index]):
            units = [*_units_above(lines, index), index]
            return Signature(_joined(lines, units), lines=frozenset(units))
    return Signature()


def _joined(lines: list[str], indexes: list[int]) -> str | None:
    return "、".join("、".join(lines[i].split()) for i in indexes) or None
