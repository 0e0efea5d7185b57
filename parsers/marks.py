"""What an office stamps on a letter: its document number, its class, whether it is public."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import cast

from schemas.replies import ReplyClass

DOC_NUMBER = re.compile(r"[\u4e00-\u9fff]{2,8}[〔\[(【]\d{4}[〕\])】](?:[\u4e00-\u9fff]{1,4}字)?第?\d{1,4}号")
_CLASS_OF_TITLE = re.compile(r"[(\[【]\s*([A-D甲乙丙丁])\s*\d?类?\s*[)\]】]$")
_CLASSES = (
    re.compile(r"(?:办理)?类别:\s*([A-D甲乙丙丁])\s*\d?类?"),
    re.compile(r"[\[【]\s*([A-D])\s*\d?类?\s*[\]】]"),
    re.compile(r"\(\s*([A-D])\s*\d?类?\s*\)"),
    re.compile(r"([A-D甲乙丙丁])\s*\d?类"),
    re.compile(r"^([A-D甲乙丙丁])\d?$"),
)
_LETTER = dict(zip("甲乙丙丁", "ABCD", strict=True))
_OPENNESS = re.compile(r"(?:公开(?:属性|方式|形式|情况)?:|此件|\()?\s*(不予公开|主动公开|依申请公开|公开)\s*\)?$")
_MARK_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks found, as printed; `lines` are the indexes of lines that hold nothing else."""

    doc_number: str | None = None
    reply_class_raw: str | None = None
    reply_class: ReplyClass | None = None
    openness: str | None = None
    lines: frozenset[int] = frozenset()


def read_marks(lines: list[str], head: int, tail: int) -> Marks:
    """Read the marks among the lines before `head` (the salutation) and from `tail` (the signature) on.

    Running text is never searched: a document number there is a citation, a letter in brackets a heading.
    """
    doc_number = class_raw = letter = openness = None
    used: set[int] = set()
    for index in [*range(head), *range(tail, len(lines))]:
        line = lines[index]
        if len(line) > _MARK_LENGTH:
            continue
        number = DOC_NUMBER.search(line)
        rest = line.replace(number.group(), " ") if number else line
        grade = _class_in(rest)
        rest = rest.replace(grade.group(), " ") if grade else rest
        public = _OPENNESS.search(rest.strip())
        if number or grade or public:
            used.add(index)
        doc_number = doc_number or (number.group() if number else None)
        openness = openness or (public.group(1) if public else None)
        if grade and class_raw is None:
            class_raw, letter = grade.group().strip(), _LETTER.get(grade.group(1), grade.group(1))
    return Marks(doc_number, class_raw, cast("ReplyClass | None", letter), openness, frozenset(used))


def with_title(marks: Marks, title: str) -> Marks:
    """Return the marks with the class that ends a title line, if no line of its own says one: …的答复(A类)."""
    grade = _CLASS_OF_TITLE.search(title)
    if marks.reply_class or not grade:
        return marks
    letter = _LETTER.get(grade.group(1), grade.group(1))
    return replace(marks, reply_class_raw=grade.group(), reply_class=cast("ReplyClass", letter))


def _class_in(line: str) -> re.Match[str] | None:
    return next((match for pattern in _CLASSES if (match := pattern.search(line.strip()))), None)
