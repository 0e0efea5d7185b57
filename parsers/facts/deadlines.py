"""By when something is to be done (reference: letters.md, "Sentence roles").

Only what stands outside 《》 and names counts. The day is the last that the words allow: 到2025年 and 2025年底前 end
on December 31, 2025年6月底前 and 2025年上半年 on June 30; 年底前 without a year is of the year of the signature.
“十四五”末 and 近期 name no day.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from parsers.clauses import masked
from parsers.numerals import whole_number

_NUMERAL = r"(?:\d{1,2}|[一二三四五六七八九十]{1,2})"
_DEADLINE = re.compile(
    rf"(?:(?P<lead>到|至|截至|于|在|力争|争取)?(?P<year>20\d\d)年(?:(?P<month>{_NUMERAL})月(?:(?P<day>{_NUMERAL})日)?)?"
    rf"(?P<season>春节|春季|秋季|暑期|寒假)?(?:新?学期)?(?P<half>[上下]半年|[一二三四]季度|第[一二三四]季度)?"
    rf"(?P<tail>年?底|年?末|初|中)?(?P<before>之?前|以前)?)"
    rf"|(?P<bare>(?P<next>明)年(?P<next_month>{_NUMERAL})月(?:(?P<next_day>{_NUMERAL})日|底|末)?前|"
    rf"(?:今年|本年)?(?P<bare_month>{_NUMERAL})月(?:(?P<bare_day>{_NUMERAL})日|底|末)前|"
    rf"(?:今|本|明)年[上下]半年|(?:今|本|明|当)?年(?:内|底前?|末前?)|学年末前?)"
    rf"|(?P<vague>近期|[三五]年内|未来[三五]年内?)"
)
_ATTRIBUTE = re.compile("[^,。;]{1,8}的|以来|度|起|开始|级|版|期间")
"""What follows a time that is no deadline: 2020年前建成的校舍."""
_PLAN_PERIOD = re.compile(r"“十[四五六]五”(?:期?末|期间)")
_LAST_MONTH_OF_QUARTER = {"一": 3, "二": 6, "三": 9, "四": 12}


@dataclass(frozen=True, slots=True)
class Deadline:
    """A deadline: as printed, its last day if the words give one, and its offsets in the sentence."""

    raw: str
    on: dt.date | None
    start: int
    end: int


def read_deadline(sentence: str, signed_on: dt.date | None) -> Deadline | None:
    """Return the first deadline of a sentence that names a day, else the first that is printed, else None."""
    found = list(_deadlines(sentence, signed_on))
    return next((deadline for deadline in found if deadline.on), found[0] if found else None)


def _deadlines(sentence: str, signed_on: dt.date | None) -> Iterator[Deadline]:
    hidden = _without_plan_spans(masked(sentence))
    for found in _DEADLINE.finditer(hidden):
        if _is_deadline(found, hidden, signed_on):
            start = found.start()
            if found["lead"] in ("于", "在", "力争", "争取", "截至"):
                start += len(found["lead"])
            yield Deadline(sentence[start : found.end()], _last_day(found, signed_on), start, found.end())
    vague = _PLAN_PERIOD.search(sentence)
    if vague:
        yield Deadline(vague.group(), None, vague.start(), vague.end())


def _without_plan_spans(hidden: str) -> str:
    """Blank periods that only name a plan: 2023—2025年."""
    return re.sub(r"20\d\d(?:年)?[-—~至]20\d\d年", lambda match: "\0" * len(match.group()), hidden)


def _is_deadline(found: re.Match[str], hidden: str, signed_on: dt.date | None) -> bool:
    if _ATTRIBUTE.match(hidden, found.end()):
        return False
    if found["year"] is None:
        return True
    if signed_on and int(found["year"]) < signed_on.year:
        return False
    ends = bool(found["before"] or found["half"] or found["season"] or found["tail"] or found["month"])
    return found["lead"] in ("到", "至") or (ends and found["lead"] != "截至")


def _last_day(found: re.Match[str], signed_on: dt.date | None) -> dt.date | None:
    if found["vague"]:
        return None
    if found["bare"]:
        return _bare_day(found, signed_on)
    year, month, tail = int(found["year"]), found["month"], (found["tail"] or "")[-1:]
    if tail == "初" or found["season"]:
        return None
    if month:
        return _in_month(year, month, found["day"], before=bool(found["before"]) and not tail)
    if found["half"]:
        return _date(year, _month_of(found["half"]), None)
    if found["before"] and not tail:  # 2025年前
        return dt.date(year - 1, 12, 31)
    return dt.date(year, 12, 31) if tail != "中" else None


def _in_month(year: int, month: str, day: str | None, *, before: bool) -> dt.date | None:
    """Return the last day of a month, or the day that is named; 2025年6月前 is the last day before June."""
    if day:
        return _date(year, whole_number(month), whole_number(day))
    if before:
        return _date(year, whole_number(month), 1, minus=1)
    return _date(year, whole_number(month), None)


def _bare_day(found: re.Match[str], signed_on: dt.date | None) -> dt.date | None:
    """Return the day of a deadline without a year: of the year of the signature, 明年 of the next."""
    if signed_on is None or found["bare"].startswith("学年"):
        return None
    year = signed_on.year + found["bare"].startswith("明")
    month = found["next_month"] or found["bare_month"]
    if month:
        return _in_month(year, month, found["next_day"] or found["bare_day"], before=False)
    if "上半年" in found["bare"]:
        return dt.date(year, 6, 30)
    return dt.date(year, 12, 31)


def _month_of(half: str) -> int:
    if half.endswith("季度"):
        return _LAST_MONTH_OF_QUARTER[half.removeprefix("第")[0]]
    return 6 if half == "上半年" else 12


def _date(year: int, month: int | None, day: int | None, minus: int = 0) -> dt.date | None:
    if month is None or not 1 <= month <= 12:
        return None
    last = calendar.monthrange(year, month)[1]
    if day is not None and not 1 <= day <= last:
        return None
    return dt.date(year, month, day or last) - dt.timedelta(days=minus)
