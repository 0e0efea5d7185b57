"""Which proposal a letter answers: from the page's title, then from the opening sentence (reference: letters.md).

The words *outside* 《》 decide: a proposal's own title often ends in 建议 or names another assembly.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from parsers.numerals import whole_number
from parsers.text import brackets_apart, outside_titles
from schemas.replies import Kind

_NUMERAL = r"[一二三四五六七八九十\d]{1,3}"
_TERM = re.compile(rf"第?({_NUMERAL})届")
_SESSION = re.compile(rf"第?({_NUMERAL})次会议")
_SEVERAL = re.compile(r"第\s*([A-Za-z]{0,3}\d{2,})\s*号?(?:\s*[、,和及与]\s*第?\s*[A-Za-z]{0,3}\d{2,}\s*号?)+")
_NUMBERS = (
    _SEVERAL,
    re.compile(r"第\s*([A-Za-z]{0,3}\d+)\s*号"),
    re.compile(r"\(\s*([A-Za-z]{0,3}\d{3,})\s*(?:号)?\s*\)"),
    re.compile(r"([A-Za-z]{1,3}\d{3,})号"),
    re.compile(r"(?<![\d〕年])(\d{3,})号(?=提案|建议)"),
    re.compile(r"\((来信)\)"),
)
_ASIDE = re.compile(r"\([^()]*类[^()]*号\)")
"""(教育类331号): the number within a class of proposals, not the proposal's own."""
_BODIES = (
    (re.compile(r"政协(?:第?[^,。\s]{0,6}届)?全国委员会|全国政协"), "全国政协"),
    (re.compile(r"全国人(?:民代表)?大|全国人大"), "全国人大"),
    (re.compile(rf"省政协|政协(?:第?{_NUMERAL}届)?[^,。\s\0]{{2,4}}省"), "省政协"),
    (re.compile(r"省(?:第?[^,。\s\0]{1,4}届)?人(?:民代表)?大"), "省人大"),
    (re.compile(rf"市政协|政协(?:第?{_NUMERAL}届)?[^,。\s\0省]{{2,4}}市"), "市政协"),
    (re.compile(r"市(?:第?[^,。\s\0]{1,4}届)?人(?:民代表)?大"), "市人大"),
)
_UNQUOTED_TITLE = re.compile(r"提出的[“\"]?(关于[^,。]{4,60}?的(?:提案|建议|议案))")
_ANSWERED = r"(?:\([^()]*\))?的?(?:提案|建议)?的?(?:答复|复函|回复|会办意见|函)"
_UNQUOTED_IN_TITLE = (
    re.compile(rf"(关于(?:(?!关于)[^,。:]){{4,60}}的(?:提案|建议|议案)){_ANSWERED}"),
    re.compile(rf"(关于(?:(?!关于)[^,。:]){{4,60}}?)(?:提案|建议|议案){_ANSWERED}"),
)
_NO_TITLE = re.compile(
    r"[届号]|次会议|\d{3,}|政协|人大(?!代表[^,。]{3})|提出|来信|(?:委员|代表|您|有关|网友|网民|市民)$"
)
"""What names the proposal by its number, its meeting or its author is no title."""
_PART_OF_A_TITLE = re.compile(
    r"关于(?!对)(?:(?![届号]|次会议|\d{3,}|政协|人大|提出|委员|代表)[^,。:])+$|"
    r"(?:落实|贯彻|执行|根据|依据|按照|修订|修改|制定|出台|实施|结合|印发)好?$"
)
"""Before 《: what follows is named in the proposal's title, and is not that title."""
_OTHER_QUOTES = (("“", "”"), ("〈", "〉"))
_OWN_QUOTE = re.compile(r"(?:^|会议|提出的|[对号)])$")
_SUFFIX = re.compile(r"(?:的)?(?:提案|建议)$")


@dataclass(frozen=True, slots=True)
class Identity:
    """What a line of text says of the answered proposal; None where it says nothing."""

    kind: Kind | None = None
    body_raw: str | None = None
    term: int | None = None
    session: int | None = None
    number: str | None = None
    proposal_title: str | None = None
    title_quoted: bool = False

    def completed_by(self, other: Identity) -> Identity:
        """Return this identity with what it lacks taken from `other`; nothing it says is changed but a cut title."""
        title = other if other._titled_better_than(self) else self
        return Identity(
            kind=self.kind or other.kind,
            body_raw=self.body_raw or other.body_raw,
            term=self.term or other.term,
            session=self.session or other.session,
            number=self.number or other.number,
            proposal_title=title.proposal_title,
            title_quoted=title.title_quoted,
        )

    def _titled_better_than(self, first: Identity) -> bool:
        """Tell whether this title is to be preferred: the first is missing, a part of it, or without marks."""
        if not self.proposal_title or not first.proposal_title:
            return bool(self.proposal_title)
        mine, its = _bare(self.proposal_title), _bare(first.proposal_title)
        if first.title_quoted:
            return self.title_quoted and mine != its and its in mine
        return self.title_quoted or its in mine

    @property
    def number_int(self) -> int | None:
        """The number's value if it is digits only, and no more than an INT64 holds."""
        return int(self.number) if self.number and self.number.isdigit() and len(self.number) <= 18 else None


def read_identity(line: str | None) -> Identity:
    """Read a normalised title line or opening sentence."""
    if not line:
        return Identity()
    outside = outside_title(line)
    title, quoted = _proposal_title(line)
    return Identity(
        kind=kind_of(outside),
        body_raw=next((name for pattern, name in _BODIES if pattern.search(outside)), None),
        term=_ordinal(_TERM, outside),
        session=_ordinal(_SESSION, outside),
        number=_number(outside),
        proposal_title=title,
        title_quoted=quoted,
    )


def outside_title(line: str) -> str:
    """Return a line with everything inside 《》 blanked, and the proposal's title if other marks enclose it."""
    outside = outside_titles(line)
    span = _quoted_otherwise(line)
    return outside[: span[0]] + "\0" * (span[1] - span[0]) + outside[span[1] :] if span else outside


def several_numbers(line: str | None) -> bool:
    """Tell whether one letter answers several proposals: 第0123、0456号."""
    return bool(_SEVERAL.search(_ASIDE.sub("", outside_title(line or ""))))


def kind_of(outside: str) -> Kind | None:
    """Return the kind that words outside 《》 name: by the assembly, else by the noun.

    The assembly comes first: a page can call a deputy's suggestion a 提案, but nobody makes one to the other assembly.
    """
    if "政协" in outside:
        return "cppcc_proposal"
    if re.search(r"人大|人民代表大会", outside):
        return "npc_suggestion"
    return noun_kind(outside)


def noun_kind(outside: str) -> Kind | None:
    """Return the kind that the noun says, 提案 or 建议; None if both or neither stand outside 《》."""
    proposal, suggestion = "提案" in outside, bool(re.search(r"建议(?!和意见|、意见)", outside))
    if proposal == suggestion:
        return None
    return "cppcc_proposal" if proposal else "npc_suggestion"


def body_name(body_raw: str | None, province: str) -> str | None:
    """Return the full name of an assembly; None for a city's, whose city the short form does not say."""
    return {
        "全国政协": "中国人民政治协商会议全国委员会",
        "全国人大": "全国人民代表大会",
        "省政协": f"中国人民政治协商会议{province}委员会",
        "省人大": f"{province}人民代表大会",
    }.get(body_raw or "")


def same_title(title: str, proposal_title: str | None) -> bool:
    """Tell whether a title in 《》 is the answered proposal's own, however loosely it is repeated."""
    if not proposal_title:
        return False
    return _bare(title) == _bare(proposal_title)


def _bare(title: str) -> str:
    words = re.sub(r"[\s,、。:;“”‘’\"'《》〈〉()—-]", "", title)
    return _SUFFIX.sub("", words.removeprefix("关于"))


def _ordinal(pattern: re.Pattern[str], outside: str) -> int | None:
    match = pattern.search(outside)
    return whole_number(match.group(1)) if match else None


def _number(outside: str) -> str | None:
    outside = _ASIDE.sub("", outside)
    for pattern in _NUMBERS:
        match = pattern.search(outside)
        if match:
            return match.group(1)
    return None


def _proposal_title(line: str) -> tuple[str | None, bool]:
    """Return the title of the proposal and whether marks enclose it."""
    for start, end in brackets_apart(line):
        if not _PART_OF_A_TITLE.search(outside_titles(line[:start])):
            return line[start + 1 : end - 1], True
    span = _quoted_otherwise(line)
    if span:
        return line[span[0] + 1 : span[1] - 1], True
    unquoted = _UNQUOTED_TITLE.search(line)
    if unquoted:
        return unquoted.group(1), False
    found = (match.group(1) for pattern in _UNQUOTED_IN_TITLE for match in pattern.finditer(line))
    return next((title for title in found if not _NO_TITLE.search(outside_titles(title))), None), False


def _quoted_otherwise(line: str) -> tuple[int, int] | None:
    """Return where a title in “” or 〈〉 stands; words within a title (关于“双减”的建议) can be quoted as well."""
    if any(not _PART_OF_A_TITLE.search(outside_titles(line[:start])) for start, _ in brackets_apart(line)):
        return None
    for opening, closing in _OTHER_QUOTES:
        for start, end in brackets_apart(line, opening, closing):
            if _PART_OF_A_TITLE.search(line[:start]):
                continue
            if line.startswith("关于", start + 1) or (
                _OWN_QUOTE.search(line[:start]) and re.match(r"的?(?:提案|建议|答复)|\(", line[end:])
            ):
                return start, end
    return None
