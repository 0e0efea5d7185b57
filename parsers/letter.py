"""A captured page → the rows of its letter, or the reason why there is none.

`read_letter` is the table of contents of this package: frame, contact details out, parties, identity, structure,
sentences, facts, topics. What a page does not say is None; what cannot be read is an issue.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, replace

from parsers import PARSER_VERSION
from parsers.frame import Frame, LetterFile, PageSelectors, in_file, read_frame
from parsers.identity import Identity, body_name, kind_of, noun_kind, outside_title, read_identity, several_numbers
from parsers.marks import Marks, read_marks, with_title
from parsers.parties import Addressee, Signature, full_name, read_salutation, read_signature, salutation_in
from parsers.privacy import without_contact, without_contacts
from parsers.rows import Context, Facts, read_facts
from parsers.text import outside_titles
from parsers.topics import read_topics
from parsers.words import keywords, title_tokens
from schemas.issues import Issue, issue
from schemas.record import Record
from schemas.replies import IdentityBasis, Kind, LetterType, Reply
from schemas.structure import Sentence

_HEAD_LINES = 6
"""How many of a letter's first lines may stand before or be the salutation."""
_LATE = 2 * 365
_OPENING = re.compile(r"收悉|(?:答复|函复|回复|意见)如下")
_LOOK_ALIKES = (
    ("statistics", re.compile(r"统计(?:表|数据|情况)?|一览表|台账|汇总表")),
    (
        "yearly_summary",
        re.compile(r"办理(?:工作)?(?:情况|总结|报告)|工作(?:总结|报告)|情况的?报告$|年度.*(?:情况|总结)"),
    ),
)
_BY_A_CITIZEN = re.compile(r"(?:网民|网友|市民|群众)[^,。]{0,2}(?:提出|反映|来信|留言|咨询|建议)")
"""In a title: who asked, and not what was asked about (网民素养教育的建议)."""
_CITIZENS_TITLE = re.compile(r"网民|网友|留言|厅长信箱|市民|群众来信|咨询")
_CITIZEN = re.compile(r"网民|网友|市民|群众|信箱|留言|来信|来电|家长|热线")
_REPLY_WORDS = re.compile(r"答复|复函|会办意见|回复")
_KIND_OF_ROLE: dict[str, Kind] = {
    "代表": "npc_suggestion",
    "委员": "cppcc_proposal",
    "提案者": "cppcc_proposal",
    "提案人": "cppcc_proposal",
}
_LONGEST_LINE, _LONGEST_TEXT = 20_000, 300_000
"""Far more characters than the longest real paragraph and letter have: what holds more is a page gone wrong."""
_DUPLICATE_LENGTH = 10
"""A sentence shorter than this may recur in a letter without being a copying slip."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What is known of a page before it is read: all of it goes into the reply's row as it is."""

    reply_id: str
    url: str
    province: str
    column_path: str
    column_kind: Kind
    listed_on: dt.date | None
    capture_id: str
    first_seen_at: dt.datetime
    last_seen_at: dt.datetime
    version: int = 1


@dataclass(frozen=True, slots=True)
class Reading:
    """The record of a page's letter, if it holds one, and what is to be reported of it."""

    record: Record | None
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class _Parts:
    """The lines of a letter, told apart."""

    lines: list[str]
    offsets: list[int]
    addressee: Addressee | None
    salutation_line: int | None
    salutation_end: int
    signature: Signature
    marks: Marks

    @property
    def paragraphs(self) -> list[tuple[int, str]]:
        """What is neither head (up to the salutation), signature nor mark, as (offset, line).

        The salutation's own paragraph goes on behind `salutation_end`, if the opening stands in it as well.
        """
        head = range(self.salutation_line + 1) if self.salutation_line is not None else ()
        apart = self.signature.lines | self.marks.lines | set(head)
        paragraphs = [(self.offsets[i], line) for i, line in enumerate(self.lines) if i not in apart]
        if self.salutation_line is None:
            return paragraphs
        said = self.lines[self.salutation_line]
        rest = said[self.salutation_end :].lstrip()
        return ([(self.offsets[self.salutation_line] + len(said) - len(rest), rest)] if rest else []) + paragraphs


def read_letter(html: str, selectors: PageSelectors, known: Provenance, file: LetterFile | None = None) -> Reading:
    """Read the page `html`: a letter with all its rows, or issues that say why there is none.

    With `file`, the letter stands in that file, to which the page leads; `html` is empty if the list does.
    """
    frame = read_frame(html, selectors)
    if frame.oversized:
        return _unread(known, "oversized", f"{len(html)} characters of markup")
    frame = _without_contacts_around(in_file(frame, file) if file else frame)
    if frame.selector is None:
        return _unread(known, "no_selector_matched", f"none of {', '.join(selectors.body)} is on the page")
    if not frame.lines:
        return _unread(known, "no_text", f"{frame.selector} holds {frame.images} picture(s) and no text")
    longest, total = max(map(len, frame.lines)), sum(map(len, frame.lines))
    if longest > _LONGEST_LINE or total > _LONGEST_TEXT:
        return _unread(known, "oversized", f"{total} characters, {longest} of them in one paragraph")
    lines, removed = without_contacts(list(frame.lines))
    parts = _parts(lines)
    parts = replace(parts, marks=with_title(parts.marks, frame.title_proper or ""))
    opening = next((line for _, line in parts.paragraphs[:4] if _OPENING.search(line)), None)
    look_alike = _look_alike(frame, parts, opening)
    if look_alike:
        return _unread(known, "not_a_letter", f"{look_alike}: {frame.title or parts.lines[0][:60]}")

    addressee = _addressee(frame, parts)
    identity, basis = _identity(frame, opening, addressee, known.column_kind)
    facts = read_facts(parts.paragraphs, _context(frame, parts, identity, known))
    reply = _reply(frame, parts, addressee, identity, basis, facts, known)
    issues = [
        issue("contact_removed", "parse", f"{rule}: {count}", url=known.url, reply_id=known.reply_id)
        for rule, count in sorted(removed.items())
    ]
    if "kind_conflict" in reply.flags:
        others = ", ".join(_other_kinds(frame, parts, opening, reply.kind))
        detail = f"kept as {reply.kind}, called {others} elsewhere on the page"
        issues.append(issue("kind_conflict", "parse", detail, url=known.url, reply_id=known.reply_id))
    record = Record(
        reply=reply,
        sections=facts.sections,
        sentences=facts.sentences,
        citations=facts.citations,
        quantities=facts.quantities,
        commitments=facts.commitments,
        enumerations=facts.enumerations,
        organizations=facts.organizations,
        programmes=facts.programmes,
    )
    return Reading(record, tuple(issues))


def _context(frame: Frame, parts: _Parts, identity: Identity, known: Provenance) -> Context:
    return Context(
        known.reply_id,
        known.province,
        identity.proposal_title,
        full_name(parts.signature.raw, known.province),
        parts.signature.signed_on,
        frame.published_on or known.listed_on,
    )


def _without_contacts_around(frame: Frame) -> Frame:
    """Return the frame with nobody's contact details in title, salutation on the title line and byline."""
    return replace(
        frame,
        title=without_contact(frame.title or "") or None,
        title_proper=without_contact(frame.title_proper or "") or None,
        salutation_in_title=without_contact(frame.salutation_in_title or "") or None,
        editor_account=without_contact(frame.editor_account or "") or None,
        page_source=without_contact(frame.page_source or "") or None,
    )


def _unread(known: Provenance, code: str, detail: str) -> Reading:
    return Reading(None, (issue(code, "parse", without_contact(detail), url=known.url),))


def _parts(lines: list[str]) -> _Parts:
    offsets, position = [], 0
    for line in lines:
        offsets.append(position)
        position += len(line) + 1
    found = ((i, said) for i, line in enumerate(lines[:_HEAD_LINES]) if (said := salutation_in(line)))
    salutation, said = next(found, (None, ""))
    signature = read_signature(lines)
    first_of_signature = min(signature.lines, default=len(lines))
    marks = read_marks(lines, head=salutation or _head_without_salutation(lines), tail=first_of_signature)
    addressee = read_salutation(said) if said else None
    return _Parts(lines, offsets, addressee, salutation, len(said), signature, marks)


def _head_without_salutation(lines: list[str]) -> int:
    return next((i for i, line in enumerate(lines[:_HEAD_LINES]) if "。" in line or _OPENING.search(line)), 0)


def _look_alike(frame: Frame, parts: _Parts, opening: str | None) -> str | None:
    """Return what a page in the reply column is if it is no reply (reference: letters.md, "Odd things seen")."""
    title = outside_title(frame.title_proper or "")
    addressee = _addressee(frame, parts)
    answers = _REPLY_WORDS.search(title) and opening and _has_role(addressee)
    for name, cue in () if answers else _LOOK_ALIKES:
        if cue.search(title):
            return name
    if _from_a_citizen(title, addressee, opening):
        return "citizen_letter"
    titled = _REPLY_WORDS.search(title) and frame.text_source == "page"  # what a file holds, a page's title cannot say
    if titled or opening or parts.addressee:
        return None
    return "news"


def _addressee(frame: Frame, parts: _Parts) -> Addressee | None:
    return parts.addressee or (read_salutation(frame.salutation_in_title) if frame.salutation_in_title else None)


def _has_role(addressee: Addressee | None) -> bool:
    return addressee is not None and any(proposer.role in _KIND_OF_ROLE for proposer in addressee.proposers)


def _from_a_citizen(title: str, addressee: Addressee | None, opening: str | None) -> bool:
    """Tell whether somebody is answered who is neither adviser nor deputy.

    A deputy can write a letter too (来信), but then title, opening or salutation names assembly, kind or role.
    """
    identifying = outside_title(_identifying(opening) or "")
    if _has_role(addressee) or kind_of(identifying) or (kind_of(title) and not _BY_A_CITIZEN.search(title)):
        return False
    greeted = f"{addressee.raw if addressee else ''}\n{opening or ''}"
    return bool(_CITIZENS_TITLE.search(title) or _CITIZEN.search(greeted))


def _identity(
    frame: Frame, opening: str | None, addressee: Addressee | None, column_kind: Kind
) -> tuple[Identity, list[IdentityBasis]]:
    """Return the identity and what it was read from: each source is asked only for what those before it lack."""
    roles = [_KIND_OF_ROLE.get(proposer.role or "") for proposer in addressee.proposers] if addressee else []
    sources: tuple[tuple[IdentityBasis, Identity], ...] = (
        ("title", read_identity(frame.title_proper)),
        ("opening", read_identity(_identifying(opening))),
        ("salutation", Identity(kind=next((kind for kind in roles if kind), None))),
        ("column", Identity(kind=column_kind)),
    )
    identity = Identity()
    basis: list[IdentityBasis] = []
    for name, said in sources:
        completed = identity.completed_by(said)
        if completed != identity:
            identity, basis = completed, [*basis, name]
    return identity, basis


def _identifying(opening: str | None) -> str | None:
    """Return the part of the opening that names the proposal: what follows 收悉 speaks of other things."""
    return re.split(r"收悉|如下", opening, maxsplit=1)[0] if opening else None


def _other_kinds(frame: Frame, parts: _Parts, opening: str | None, kind: Kind) -> list[Kind]:
    """Return the kinds that the title's noun, the salutation and the opening name against `kind`."""
    identifying = outside_title(_identifying(opening) or "")
    said = {noun_kind(outside_title(frame.title_proper or "")), kind_of(identifying), noun_kind(identifying)}
    if parts.addressee:
        said |= {_KIND_OF_ROLE.get(proposer.role or "") for proposer in parts.addressee.proposers}
    return sorted(other for other in said if other and other != kind)


# --- the letter's own row ------------------------------------------------------------------------------------------


def _reply(
    frame: Frame,
    parts: _Parts,
    addressee: Addressee | None,
    identity: Identity,
    basis: list[IdentityBasis],
    facts: Facts,
    known: Provenance,
) -> Reply:
    text = "\n".join(parts.lines)
    published_on = frame.published_on or known.listed_on
    signed_on = parts.signature.signed_on
    letter_type: LetterType = "reply"
    if "会办意见" in outside_titles(frame.title_proper or "") or (addressee is not None and addressee.office):
        letter_type = "co_handling_opinion"
    kind: Kind = identity.kind or known.column_kind
    lag_days = (published_on - signed_on).days if published_on and signed_on else None
    opening = next((s for s in facts.sentences if s.role == "opening"), None)
    flags = set(frame.flags) | _flags(parts, identity, facts, addressee, frame)
    numbered = (frame.title_proper, _identifying(opening.text if opening else None))
    flags |= {"several_numbers"} if any(several_numbers(line) for line in numbered) else set()
    flags |= {"late_publication"} if lag_days is not None and lag_days >= _LATE else set()
    flags |= {"kind_conflict"} if _other_kinds(frame, parts, opening.text if opening else None, kind) else set()
    topics = read_topics(
        identity.proposal_title,
        [s.title for s in facts.sections if s.level <= 2],
        text,
    )
    return Reply(
        reply_id=known.reply_id,
        letter_type=letter_type,
        kind=kind,
        identity_basis=basis,
        body_raw=identity.body_raw,
        body=body_name(identity.body_raw, known.province),
        province=known.province,
        term=identity.term,
        session=identity.session,
        number=identity.number,
        number_int=identity.number_int,
        proposal_title=identity.proposal_title,
        page_title=frame.title,
        title_tokens=title_tokens(frame.title, identity.proposal_title),
        url=known.url,
        published_on=published_on,
        editor_account=frame.editor_account,
        page_source=frame.page_source,
        column_path=known.column_path,
        salutation_raw=addressee.raw if addressee else None,
        proposers=list(addressee.proposers) if addressee else [],
        proposer_count=addressee.count if addressee else None,
        signatory_raw=parts.signature.raw,
        signatory=full_name(parts.signature.raw, known.province),
        signed_on=signed_on,
        lag_days=lag_days,
        doc_number=parts.marks.doc_number,
        reply_class_raw=parts.marks.reply_class_raw,
        reply_class=parts.marks.reply_class,
        openness=parts.marks.openness,
        opening_raw=opening.text if opening else None,
        closing_raw=_closing(facts.sentences, text),
        text=text,
        text_source=frame.text_source,
        stage=topics.stage,
        themes=list(topics.themes),
        keywords=keywords(facts.words),
        flags=sorted(flags),
        near_duplicate_group=None,
        capture_id=known.capture_id,
        content_sha256=hashlib.sha256(f"{frame.title or ''}\n{text}".encode()).hexdigest(),
        selector=frame.selector or "",
        parser_version=PARSER_VERSION,
        first_seen_at=known.first_seen_at,
        last_seen_at=known.last_seen_at,
        version=known.version,
    )


def _closing(sentences: tuple[Sentence, ...], text: str) -> str | None:
    """Return the courtesies that end the letter, as one passage of the text."""
    closing: list[Sentence] = []
    for sentence in reversed(sentences):
        if sentence.role != "courtesy":
            break
        closing.insert(0, sentence)
    return text[closing[0].char_start : closing[-1].char_end] if closing else None


def _flags(parts: _Parts, identity: Identity, facts: Facts, addressee: Addressee | None, frame: Frame) -> set[str]:
    counts = Counter(s.text for s in facts.sentences if len(s.text) >= _DUPLICATE_LENGTH)
    seen = {
        "duplicated_sentence": any(count > 1 for count in counts.values()),
        "missing_quote": any(line.count("“") != line.count("”") for line in parts.lines),
        "no_title": frame.title is None,
        "no_number": identity.number is None,
        "no_salutation": addressee is None,
        "no_signature": parts.signature.raw is None and parts.signature.signed_on is None,
        "date_damaged": parts.signature.damaged,
    }
    return {name for name, is_seen in seen.items() if is_seen}
