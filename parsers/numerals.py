"""Numbers and dates as letters print them."""

from __future__ import annotations

import datetime as dt
import re

import cn2an

CHINESE_DIGITS = "〇○零一二两三四五六七八九十百千万亿0"
_LONGEST = 18
"""Digits that an INT64 always holds."""
_ROUND = {"百": 100, "千": 1000}
_DIGIT_BY_DIGIT = str.maketrans("〇○零OoОоΟο一二三四五六七八九", "000000000123456789")
_FULL_DATE = re.compile(r"(\d{4})\s*(?:年|-|\.|/)\s*(\d{1,2})\s*(?:月|-|\.|/)\s*(\d{1,2})\s*日?")
_CHINESE_DATE = re.compile(
    r"([二一][〇○零0OoОоΟο一二三四五六七八九]{3})\s*年\s*([一二三四五六七八九十]{1,2})\s*月\s*([一二三四五六七八九十]{1,3})\s*[日号]"
)
_DAMAGED_DATE = re.compile(r"^(?:19|20)\d{2}\d{2,4}$")


def number_of(printed: str) -> int | float:
    """Return the value of Arabic digits (with , and .) or of a Chinese numeral; ValueError for anything else."""
    plain = printed.replace(",", "")
    if len(plain) > _LONGEST:
        raise ValueError(f"{plain[:_LONGEST]}… is longer than any number of a letter")
    if re.fullmatch(r"\d+", plain):
        return int(plain)
    if re.fullmatch(r"\d+\.\d+", plain):
        return float(plain)
    if plain in _ROUND:
        return _ROUND[plain]
    try:
        value = cn2an.cn2an(printed.replace("○", "〇").replace("〇", "零"), "smart")
    except (KeyError, IndexError) as error:
        raise ValueError(f"{printed} is no Chinese numeral") from error
    return int(value) if float(value).is_integer() else float(value)


def date_in(text: str) -> dt.date | None:
    """Return the first full date in `text` (2024年5月30日, 2017-7-21, 2022.6.8, 二〇二四年五月三十日), else None."""
    arabic = _FULL_DATE.search(text)
    if arabic:
        return _date(*(int(part) for part in arabic.groups()))
    chinese = _CHINESE_DATE.search(text)
    if chinese:
        year, month, day = chinese.groups()
        return _date(*(whole_number(part) for part in (year.translate(_DIGIT_BY_DIGIT), month, day)))
    return None


def whole_number(printed: str) -> int | None:
    """Return the value of a numeral, None for what only looks like one (十二三)."""
    try:
        return int(number_of(printed))
    except ValueError:
        return None


def is_damaged_date(line: str) -> bool:
    """Tell whether a signature line is a date of no day: it lost its 年月日 (`2023927`), or there is none (5月32日)."""
    return bool(_DAMAGED_DATE.match(line)) or (bool(_FULL_DATE.fullmatch(line)) and date_in(line) is None)


def _date(year: int | None, month: int | None, day: int | None) -> dt.date | None:
    try:
        return dt.date(year, month, day) if year and month and day else None
    except ValueError:
        return None
