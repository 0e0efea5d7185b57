"""Every kind of check that the gate makes. The checks' names are written from here, and read, and explained."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from schemas import TABLES
from schemas.issues import REASON_CODES


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of check.

    `name` has places for what is checked: {table}, {column}, {year}, {code}. `limit` says where the limit comes
    from: 0, or a key of `[expectations]` in dataset.toml. `at_least`: the measured value has to reach the
    limit, instead of staying within it. `integrity`: a release for which it does not hold is wrong, and nobody can
    accept it.
    """

    name: str
    en: str
    zh: str
    limit: str = "0"
    at_least: bool = False
    integrity: bool = False


def _integrity(name: str, en: str, zh: str) -> Rule:
    return Rule(name, en, zh, integrity=True)


SCHEMA = _integrity(
    "{table}.schema",
    "Columns of the file that are not as declared: name, type, order, what may be null.",
    "文件中与声明不符的列数（列名、类型、次序、可否为空）。",
)
FIT = _integrity(
    "{table}.fit",
    "Rows that do not fit the table's declaration: a null where none may be, a code that is not declared.",
    "不符合表结构声明的行数（不应为空而空，或代码未声明）。",
)
UNIQUE = _integrity("{table}.unique", "Keys that more than one row has.", "重复的主键数。")
COLUMN_UNIQUE = _integrity(
    "{table}.{column}.unique", "Values that identify a row and that more than one row has.", "应唯一而重复的值数。"
)
REFERENCE = _integrity(
    "{table}.{column}.reference",
    "Rows that name a row of another table which is not there.",
    "所指的其他表的行不存在的行数。",
)
SPANS = _integrity(
    "{table}.spans",
    "Rows for which replies.text[char_start:char_end] is not what the row says.",
    "replies.text[char_start:char_end] 与该行所记文字不一致的行数。",
)
VERSION = _integrity(
    "schema.version",
    "Differences to the last release's tables and columns that ask for a higher schema version than the declared one.",
    "与上一版相比，表与列的变动所要求的结构版本高于所声明版本的处数。",
)
LETTERS = Rule("letters.count", "Letters.", "答复件数。", "min_letters", at_least=True)
YEAR = Rule(
    "letters.{year}.count", "Letters published in the year.", "该年发布的答复件数。", "letters_per_year", at_least=True
)
LOST = Rule(
    "letters.lost",
    "Share of the last release's letters that are not in this one. A letter that the site has withdrawn is not lost.",
    "上一版中有而本版没有的答复所占比例。网站撤回的答复不计为丢失。",
    "max_letters_lost",
)
YEAR_LOST = Rule(
    "letters.{year}.lost",
    "Share by which the letters published in the year are fewer than in the last release.",
    "该年发布的答复比上一版减少的比例。",
    "max_rows_lost",
)
ROWS_LOST = Rule(
    "{table}.rows.lost",
    "Share by which the table's rows are fewer than in the last release.",
    "该表行数比上一版减少的比例。",
    "max_rows_lost",
)
FILL = Rule(
    "{table}.{column}.fill",
    "Share of the rows in which the column is filled: not null, and no empty list.",
    "该列有值（非空、非空列表）的行所占比例。",
    "fill",
    at_least=True,
)
FILL_LOST = Rule(
    "{table}.{column}.fill.lost",
    "By how much that share is smaller than in the last release.",
    "该比例比上一版降低的幅度。",
    "max_fill_lost",
)
UNREAD = Rule(
    "pages.unread",
    "Share of the listed pages that were not fetched, or not read as a letter though they may hold one; a list that "
    "could not be read counts as a page, and so does a letter that can no longer be read.",
    "已列出的网页中未取得或未能读出答复（其中可能有答复）的比例；读不出的列表、已读不出的答复也各计为一页。",
    "max_unread_pages",
)
NOT_FETCHED = Rule(
    "pages.not_fetched",
    "Share of the listed pages that were never had.",
    "已列出而从未取得的网页所占比例。",
    "max_not_fetched",
)
CODE = Rule("issues.{code}", "Issues of the code for each listed page.", "平均每个网页的该类问题数。", "issues")
CODE_NEW = Rule(
    "issues.{code}.new",
    "Issues for each listed page of a code that the last release does not have.",
    "上一版没有的问题代码：平均每个网页的问题数。",
    "max_new_code",
)
CODE_GROWTH = Rule(
    "issues.{code}.growth",
    "By how much the issues of the code for each listed page are more than in the last release.",
    "平均每个网页的该类问题数比上一版增加的幅度。",
    "max_code_growth",
)

RULES = (
    *(SCHEMA, FIT, UNIQUE, COLUMN_UNIQUE, REFERENCE, SPANS, VERSION),
    *(LOST, LETTERS, UNREAD, NOT_FETCHED, YEAR, YEAR_LOST, FILL, CODE),
    *(ROWS_LOST, FILL_LOST, CODE_NEW, CODE_GROWTH),
)
"""In the order in which they are told: what matters most first."""

_PLACES = {"table": r"(?P<table>[a-z_]+)", "column": r"(?P<column>[a-z_0-9]+)", "code": r"(?P<code>[a-z_]+)"}


def rule_of(name: str) -> Rule | None:
    """Return the rule that a check of this name follows; None if the gate makes no such check."""
    for rule in RULES:
        found = re.fullmatch(rule.name.format(**_PLACES, year=r"\d{4}"), name)
        if found and _exists(found.groupdict()):
            return rule
    return None


def names() -> Iterator[str]:
    """Yield the names of all checks there can be, but for those of a year."""
    for rule in RULES:
        if "{column}" in rule.name:
            yield from (rule.name.format(table=t.about.name, column=c) for t in TABLES for c in t.model_fields)
        elif "{year}" not in rule.name:
            places = product([t.about.name for t in TABLES], REASON_CODES)
            yield from dict.fromkeys(rule.name.format(table=table, code=code) for table, code in places)


def _exists(subject: Mapping[str, str]) -> bool:
    """Tell whether a check's table, column and reason code are declared."""
    columns = {table.about.name: table.model_fields for table in TABLES}
    if "code" in subject:
        return subject["code"] in REASON_CODES
    if "table" not in subject:
        return True
    return subject["table"] in columns and subject.get("column", "reply_id") in {"reply_id", *columns[subject["table"]]}
