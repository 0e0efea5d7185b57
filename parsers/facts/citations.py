"""Documents that a letter names in 《》, and who the sentence says issued them (reference: letters.md, "Facts")."""

from __future__ import annotations

import re
from dataclasses import dataclass

from parsers.offices import parted
from parsers.text import brackets_apart, outside_titles
from schemas.facts import IssuerBasis

_NUMBER_AFTER = re.compile(r"\(([^(),]{2,10}(?:[〔\[(【]\d{4}[〕\])】]|第)\d+号)(?:[,;][^()]*)?\)")
_VERB = re.compile(
    r"(?:联合|共同|先后|正式|研究|陆续|分别|牵头|专门|已|还|就){0,6}(?:(?:印发|出台|制发|下发|颁布|发布|公布|转发|制定|"
    r"制订|修订|审议通过){1,6}|联合)了?(?:的(?=$))?"
)
_TAIL = (
    r"厅|局|司|署|总局|协|委|委员会|办|办公厅|办公室|政府|国务院|部|联|银行|中央|常委会|法院|检察院|总工会|"
    r"银保监会|外交部|专班|"
    r"领导小组|联席会议"
)
_AGENCY = rf"[\u4e00-\u9fff“”]{{0,16}}?(?:{_TAIL})"
_HEAD = re.compile(rf"{_AGENCY}(?![门级属管])(?:(?:、|和|会同|联合){_AGENCY}(?![门级属]))*")
_AGENCY_ONLY = re.compile(rf"^{_AGENCY}$")
_LISTED = rf"(?>{_AGENCY}(?=[、和 等]|关于))"
"""An agency that ends where it first can: 局和局和… can else be parted in as many ways as there are sets."""
_TITLE_AGENCIES = re.compile(rf"^({_LISTED}(?:[、和 ]{_LISTED})*+)(?:等[^关《]{{0,8}})?关于")
_NOT_AGENCIES = re.compile(
    r"[的了将为对]|积极|推动|加强|开展|组织|我省|部门$|政府部门|^(?:各|有关|相关|其他|多|全)|^(?:本部|全部|内部|"
    r"一部|外部|总部|干部|支部|党支部)$|\d"
)
_LEAD = re.compile(
    r"^.*(?:执行|落实|贯彻|根据|按照|依据|依照|遵照)|^(?:[一二三四五六七八九十]是|近年来|目前|为此|其中|同时|此外|"
    r"此前|今年|去年|先后|由|"
    r"在|经|会同|联合|\d{4}年(?:\d{1,2}月)?(?:\d{1,2}日)?(?:底|初|起)?)+"
)
_ADVERBS_BEHIND = re.compile(
    r"(?:将|拟|计划|已|还|也|又|再|正|要|应|力争|争取|适时|尽快|抓紧|及时|(?:于|在)?(?:20\d\d年)?(?:\d{1,2}月|"
    r"上半年|下半年|年)?(?:底|初|末)?(?:前)?)+$"
)
_PASSED_ON = re.compile("(?:转发|落实|执行|贯彻)了?$")
_LONGEST_ADVERBS, _LONGEST_ISSUED_BY = 40, 200
"""How far from a title what says who issued it is looked for."""
_OWN = re.compile("^(?:我|本)[厅局委办部会]$")
_CONNECTS_TITLES = re.compile(r"^(?:[、和及与,]|以及|\([^()]*\))*$")
_WRAPPED = re.compile(r"关于(?:印发|转发|发布)(.+?)的通知$")


@dataclass(frozen=True, slots=True)
class Mention:
    """A document named in a passage; `start` and `end` are offsets in it."""

    raw: str
    title: str
    title_key: str
    doc_number: str | None
    issuers: tuple[str, ...]
    issuer_basis: IssuerBasis | None
    start: int
    end: int


_ISSUED_BY = re.compile(
    r"^(?:\([^()]*\))?(?:已|均)?(?:由|经)(?P<office>[\u4e00-\u9fff、]{2,40}?)(?:于|在|已|联合|共同|正式|先后|"
    r"\d{4}年(?:\d{1,2}月)?)*"
    r"(?:印发|出台|制发|下发|颁布|发布|公布|制定|制订|审议通过)"
)
"""《甲》由省政府办公厅印发: the issuer behind the title."""


def read_citations(passage: str) -> list[Mention]:
    """Return the documents named in a sentence or heading, in order."""
    mentions: list[Mention] = []
    stated_so_far: tuple[str, ...] = ()
    previous_end = 0
    visible = outside_titles(passage)
    for start, end in brackets_apart(passage):
        title = passage[start + 1 : end - 1].strip()
        if not title:
            continue
        number = _NUMBER_AFTER.match(passage, end)
        continues = bool(mentions) and bool(_CONNECTS_TITLES.match(passage[previous_end:start]))
        named, behind = _issuers_in_title(title), _ISSUED_BY.match(passage[end : end + _LONGEST_ISSUED_BY])
        # 教育部《甲》和《乙》: 教育部 issued both, unless 乙 itself says who did.
        stated = (() if named else stated_so_far) if continues else _stated_issuers(visible, previous_end, start)
        if behind:
            stated = _agencies(behind["office"]) or stated
        if named and _PASSED_ON.search(passage, max(0, start - 3), start):
            stated = ()  # 转发《教育部关于…》: who passes a document on did not issue it
        if stated is None:  # 省教育厅制定《甲》,出台《乙》: the clause has no subject of its own
            stated = () if named else stated_so_far or _head_of(visible)
        issuers = stated or named
        mentions.append(
            Mention(
                raw=passage[start:end],
                title=title,
                title_key=title_key(title),
                doc_number=number.group(1) if number else None,
                issuers=issuers,
                issuer_basis="stated" if stated else "title" if named else None,
                start=start,
                end=end,
            )
        )
        stated_so_far, previous_end = stated_so_far if continues else stated, end
    return mentions


def title_key(title: str) -> str:
    """Return a title's key for grouping: no issuer, no wrapping 关于印发…的通知, no spaces or punctuation."""
    agencies = _TITLE_AGENCIES.match(title)
    core = title[agencies.end(1) :] if agencies else title
    wrapped = _WRAPPED.search(core) if core.endswith("的通知") else None
    return re.sub(r"[^\w+]", "", wrapped.group(1) if wrapped else core)


def _stated_issuers(visible: str, previous_end: int, start: int) -> tuple[str, ...] | None:
    """Return the subject of the nearest issuing verb before the title, or the agency right in front of it.

    None if the verb begins its clause, so that the subject can only be that of the clause before.
    """
    clause = re.split(r"[,。;:!?\0]", visible[previous_end:start])[-1]
    verb = None
    for verb in _VERB.finditer(clause):  # noqa: B007 - the last match is the nearest
        pass
    if verb is None:
        return _agencies(clause)
    named = _agencies(clause[verb.end() :])
    if named:  # 省教育厅转发教育部《甲》: who is named last issued it
        return named
    subject = _without_adverbs(clause[: verb.start()])
    jointly = re.match("(?:联合|会同)", subject)
    if jointly:  # 省教育厅按照…要求,联合省财政厅出台: who acts stands at the head of the sentence
        return _agencies("、".join([*_head_of(visible), subject[jointly.end() :]]))
    return _agencies(subject) if subject else None


def _head_of(visible: str) -> tuple[str, ...]:
    """Return the offices that a sentence begins with: 省委、省政府高度重视…,先后出台《甲》."""
    head = _HEAD.match(
        _LEAD.sub("", re.split("[,;:\0]|按照|根据|依据|依照", visible[:_LONGEST_ISSUED_BY], maxsplit=1)[0])
    )
    return _agencies(head.group()) if head else ()


def _without_adverbs(subject: str) -> str:
    adverbs = _ADVERBS_BEHIND.search(subject, max(0, len(subject) - _LONGEST_ADVERBS))
    return subject[: adverbs.start()] if adverbs else subject


def _agencies(words: str) -> tuple[str, ...]:
    """Return the offices that words before an issuing verb name, those that issued jointly (联合, 会同) included."""
    parts = [_without_adverbs(_LEAD.sub("", part).strip()) for part in parted(_LEAD.sub("", words))]
    parts = [re.sub(r"等(?:[\d一二三四五六七八九十]*个?部[门委])?$", "", part) for part in parts]
    found = tuple(
        part
        for part in parts
        if part and (_OWN.match(part) or (_AGENCY_ONLY.match(part) and not _NOT_AGENCIES.search(part)))
    )
    return found if len(found) == len([part for part in parts if part and not re.search(r"\d|部门", part)]) else ()


def _issuers_in_title(title: str) -> tuple[str, ...]:
    match = _TITLE_AGENCIES.match(title)
    if match is None:
        return ()
    return tuple(part for part in re.split(r"[、和 ]", match.group(1)) if part)
