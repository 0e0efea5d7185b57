"""The headings of a letter: 一、 → (一) → 1. → (1) (reference: letters.md, "Structure")."""

from __future__ import annotations

import re
from dataclasses import dataclass

from parsers.sentences import first_stop
from schemas.structure import SectionRole

_HAN = "[一二三四五六七八九十]{1,3}"
_MARKERS = (
    (1, re.compile(rf"{_HAN}[、.,:]\s*")),
    (2, re.compile(rf"\({_HAN}\)[、.,:]?\s*")),
    (3, re.compile(r"\d{1,2}(?:\.(?!\d)|\.(?=(?:19|20)\d\d年)|、)\s*")),
    (4, re.compile(r"\(\d{1,2}\)[、.,:]?\s*")),
)
_ENUMERATES = re.compile(
    r"(?:[一二三四五六七八九十]{1,2}|\d{1,2})(?:年级|线(?!上|下)|级|类|等(?:奖|品|功)|学段|孩|胎|年制|批次|[至到—-]\d|、(?:[一二三四五六七八九十]|\d))"
)
"""Behind 一、: 一、二年级 and 3、5、7年级 list, they do not number."""
_TITLE_WORDS = re.compile(r"(?:打算|思路|安排|举措|措施|情况|现状|做法|成效|进展|基础|工作计划|重点|工作|方向)$")
_SAYS_SOMETHING = re.compile(
    r"[。;:,、!?《》\d|]|将|继续|力争|争取|拟|进一步|[一二三四五六七八九十]是|做好|开展(?!的?(?:工作|情况))"
)
_RUN_IN_LIMIT = 45
"""The longest clause (characters) that heads a paragraph; a longer first sentence is a numbered sentence."""
_ROLES: tuple[tuple[SectionRole, re.Pattern[str]], ...] = (
    ("next_steps", re.compile(r"下一?步|下一阶段|今后|工作思路|工作打算|打算|未来.{0,40}工作")),
    ("answer", re.compile(r"关于(?:您|你|贵|委员|代表)|关于.{2,40}(?:建议|提议|问题)(?:的答复)?$")),
    ("situation", re.compile(r"情况|现状|开展的?工作|做法|已做|主要工作|工作进展|成效|基础")),
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: where it stands, and `parent`, the index of the heading above it in the list it came in."""

    level: int
    marker: str
    title: str
    path: str
    parent: int | None
    role: SectionRole | None
    run_in: bool
    start: int
    end: int


def read_headings(paragraphs: list[tuple[int, str]]) -> list[Heading]:
    """Return the headings among `paragraphs`, given as (offset in the text, line), in order."""
    headings: list[Heading] = []
    open_at: list[int] = []
    for offset, line in paragraphs:
        found = _heading_in(line)
        if found is None:
            continue
        level, marker, title, run_in = found
        open_at = [index for index in open_at if headings[index].level < level]
        parent = open_at[-1] if open_at else None
        step = _path_step(level, marker)
        headings.append(
            Heading(
                level=level,
                marker=marker.strip(),
                title=title,
                path=f"{headings[parent].path}/{step}" if parent is not None else step,
                parent=parent,
                role=_role(title) or (headings[parent].role if parent is not None else None),
                run_in=run_in,
                start=offset,
                end=offset + len(marker) + len(title),
            )
        )
        open_at.append(len(headings) - 1)
    return headings


def is_bare_title(line: str) -> bool:
    """Tell whether a paragraph is a title without a marker (下一步工作打算): it heads, and promises nothing itself."""
    if len(line) > 20 or _SAYS_SOMETHING.search(line):
        return False
    return bool(_TITLE_WORDS.search(line)) and _role(line) is not None


def _heading_in(line: str) -> tuple[int, str, str, bool] | None:
    """Return (level, marker, title, run_in) if `line` is or begins with a heading."""
    for level, pattern in _MARKERS:
        match = pattern.match(line)
        if match is None:
            continue
        rest = line[match.end() :]
        if "、" in match.group() and _ENUMERATES.match(rest):
            return None
        if rest and "。" not in rest and ";" not in rest:
            return level, match.group(), rest.rstrip(":"), False
        clause = rest[: first_stop(rest)].rstrip("。!?")
        alone = len(clause) + 1 >= len(rest)
        if clause and len(clause) <= _RUN_IN_LIMIT and ";" not in clause and not (alone and "," in clause):
            return level, match.group(), clause, True
        return None
    return None


def _path_step(level: int, marker: str) -> str:
    core = marker.strip().strip("()、.,: ")
    return {1: core, 2: f"({core})", 3: f"{core}.", 4: f"({core})"}[level]


def _role(title: str) -> SectionRole | None:
    return next((role for role, cue in _ROLES if cue.search(title)), None)
