"""Numbers and dates as letters print them."""

from __future__ import annotations

import datetime as dt

import pytest

from parsers.numerals import date_in, is_damaged_date, number_of, whole_number


@pytest.mark.parametrize(
    ("printed", "value"),
    [("107", 107), ("1,234", 1234), ("3.5", 3.5), ("十三", 13), ("二十", 20), ("两", 2), ("百", 100), ("千", 1000)],
)
def test_numbers(printed: str, value: float) -> None:
    assert number_of(printed) == value


@pytest.mark.parametrize(
    ("printed", "date"),
    [
        ("2024年5月30日", (2024, 5, 30)),
        ("二〇二四年五月三十日", (2024, 5, 30)),
        ("二00九年十月十五日", (2009, 10, 15)),
        ("二○二二年六月三十日", (2022, 6, 30)),
        ("2017-7-21", (2017, 7, 21)),
        ("2022.6.8", (2022, 6, 8)),
        ("2023/09/27", (2023, 9, 27)),
    ],
)
def test_dates_in_every_form(printed: str, date: tuple[int, int, int]) -> None:
    assert date_in(printed) == dt.date(*date)


@pytest.mark.parametrize("printed", ["2023927", "2024年5月", "2023年13月40日", "", "明年五月"])
def test_what_is_no_full_date_is_null(printed: str) -> None:
    assert date_in(printed) is None


def test_a_date_that_lost_its_characters_is_damaged() -> None:
    assert is_damaged_date("2023927")
    assert not is_damaged_date("2023年9月27日")


@pytest.mark.parametrize("printed", ["十十三", "十二三", "1" * 400, "十" * 400, "万亿十"])
def test_what_only_looks_like_a_numeral_has_no_value(printed: str) -> None:
    assert whole_number(printed) is None


def test_a_date_of_no_calendar_is_none() -> None:
    assert date_in("二〇二四年五月三十十日") is None
