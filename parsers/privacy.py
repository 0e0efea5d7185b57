"""Contact details of persons are taken out of everything that is published; public hotlines stay.

An official's name and direct line stand under many letters (联系人、联系电话、承办人). They serve the proposer, not the
public record, and are removed before anything else is read, so that no span, token or flag can carry them.
"""

from __future__ import annotations

import re
from collections import Counter

_CONTACT = (
    r"(?:联\s?[系络]\s?[人员]|承\s?办\s?人|经\s?办\s?人|联系方式|联系电话|联系\s?人?及?电话|办公电话"
    r"|(?<!热线)(?<!监督)(?<!咨询)(?<!举报)电话)"
)
_NUMBER = r"(?:0\d{2,3}[- ]?)?(?:[2-8]\d{6,7}|1[3-9]\d[- ]?\d{4}[- ]?\d{4})(?!\d)"
_RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("contact_note", re.compile(rf"\((?:[^()。]{{0,20}}[,;、])?{_CONTACT}(?:及{_CONTACT})?:[^()]*\)")),
    ("contact_line", re.compile(rf"(?:^|(?<=[。;,\n]))[^。;,\n:]{{0,12}}{_CONTACT}(?:及{_CONTACT})?:[^。\n]*。?")),
    (
        "contact_line",
        re.compile(r"(?:^|(?<=[。;\n]))[^。;\n:]{0,40}(?:联系人|联络员|承办人|经办人):[^。\n]*。?"),
    ),
    # 承办人张三,联系电话024-86901234; a table's cells; a name and a number side by side
    (
        "contact_line",
        # the look ahead costs less than to try, for each 电话 of a line without numbers, all that may follow it
        re.compile(
            rf"(?:^|(?<=[。;,\n|(]))(?=[^。;\n]{{0,110}}?\d{{3}}[- ]?\d{{4}}) *"
            rf"(?:{_CONTACT}[^。;\n]{{0,24}}?){{1,3}}{_NUMBER}[^。;,\n]{{0,6}}[。;)]?"
        ),
    ),
    ("contact_line", re.compile(rf"^{_CONTACT}[ :|]+[\u4e00-\u9fff]{{2,4}}(?: *\|.*)?$")),
    ("contact_line", re.compile(rf"(?:^|(?<=[。;,\n|(]))[\u4e00-\u9fff]{{2,4}}[,: ]*(?=[01]){_NUMBER}$")),
    # a name behind its label, wherever it stands: 联系人张三,… but not 承办人负责办理
    (
        "contact_name",
        re.compile(
            r"(?:联系人|联络人|联络员|承办人|经办人)员?[: 为是]{0,3}(?!员|负责|应|要|与|和|可|将|向|对|及时|认真|"
            r"主动|办理|联系|身份|电话|手机|已|也|均|都)"
            r"[\u4e00-\u9fff·]{2,4}(?=[,;、。:()|\d ]|$|电话|手机|联系)"
        ),
    ),
    ("id_number", re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")),
    ("mobile_number", re.compile(r"(?<!\d)1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)")),
    (
        "landline",
        # eight digits that begin with a year are a date or a proposal's number
        re.compile(
            r"(?<!热线)(?<!热线:)(?<!电话)(?<!电话:)(?<![\d第-])(?:0\d{2,3}-[2-8]\d{6,7}|"
            r"(?!20[0-3]\d)[2-8]\d{7})(?![\d.万亿元多余号])"
        ),
    ),
    ("email", re.compile(r"(?<![\w.%+-])[\w.%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}", re.ASCII)),
)
_HINTS = tuple(map(re.compile, (r"电话", r"联\s?[系络]", r"承\s?办\s?人", r"经\s?办\s?人", r"@", r"\d{4}[- ]?\d{3}")))
"""No rule touches a line without any of these, which nearly every line is; one by one they are found fastest."""


def without_contact(text: str) -> str:
    """Return a single line, such as a title, without contact details."""
    return "".join(without_contacts([text])[0])


def without_contacts(lines: list[str]) -> tuple[list[str], Counter[str]]:
    """Return `lines` without contact details, and how often each rule removed something; emptied lines go too."""
    removed: Counter[str] = Counter()
    kept: list[str] = []
    for line in lines:
        clean = line
        for rule, pattern in _RULES if any(hint.search(line) for hint in _HINTS) else ():
            clean, count = pattern.subn("", clean)
            if count:
                removed[rule] += count
        if clean.strip(" ,;、()"):
            kept.append(clean.strip() if clean != line else line)
    return kept, removed
