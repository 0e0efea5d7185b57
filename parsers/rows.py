"""The paragraphs of a letter → the rows of every table below `replies`.

Headings and sentences first; each fact is then looked for in its sentence (documents and quantities in headings as
well) and its offsets are moved to those of the letter's text.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from parsers.facts.citations import Mention, read_citations
from parsers.facts.commitments import read_promise
from parsers.facts.enumerations import read_enumerations
from parsers.facts.organizations import read_organizations
from parsers.facts.programmes import read_programmes
from parsers.facts.quantities import read_quantities
from parsers.identity import same_title
from parsers.roles import RULES, Rule, Utterance, rule_for
from parsers.sentences import split_sentences
from parsers.structure import Heading, is_bare_title, read_headings
from parsers.words import forget_cuts, search_tokens, words_of
from schemas.commitments import Action, Commitment
from schemas.facts import Citation, Quantity, QuantityStatus
from schemas.names import Enumeration, Organization, Programme
from schemas.structure import Section, Sentence

_STATUS: dict[str, QuantityStatus] = {"done": "done", "commitment": "planned"}


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of the letter when its sentences are read."""

    reply_id: str
    province: str
    proposal_title: str | None
    signatory: str | None
    signed_on: dt.date | None
    published_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """The rows of a letter, in the order of the text, and all its words."""

    sections: tuple[Section, ...]
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    quantities: tuple[Quantity, ...]
    commitments: tuple[Commitment, ...]
    enumerations: tuple[Enumeration, ...]
    organizations: tuple[Organization, ...]
    programmes: tuple[Programme, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Passage:
    """A sentence or a heading: where facts are looked for."""

    text: str
    start: int
    sentence_id: str | None = None
    role: str | None = None
    utterance: Utterance | None = None

    def status_at(self, position: int) -> QuantityStatus | None:
        """Return whether what stands at a position is done or planned: a promise can report in one of its clauses."""
        status = _STATUS.get(self.role or "")
        if status == "planned" and self.utterance and self.utterance.reports_at(position):
            return "done"
        return status


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence's row, and what it was judged by."""

    row: Sentence
    utterance: Utterance
    rule: Rule


def read_facts(paragraphs: list[tuple[int, str]], context: Context) -> Facts:
    """Read the paragraphs, given as (offset in the text, line): neither salutation nor signature nor marks."""
    forget_cuts()
    headings = read_headings(paragraphs)
    said = _sentences(paragraphs, headings, context)
    passages = [
        _Passage(one.row.text, one.row.char_start, one.row.sentence_id, one.row.role, one.utterance) for one in said
    ]
    titles = [_Passage(h.title, h.end - len(h.title)) for h in headings]
    cited = {passage: read_citations(passage.text) for passage in [*passages, *titles] if "《" in passage.text}
    everywhere = sorted([*passages, *titles], key=lambda passage: passage.start)
    return Facts(
        tuple(_section(heading, n, context.reply_id) for n, heading in enumerate(headings, start=1)),
        tuple(one.row for one in said),
        tuple(row for passage in everywhere for row in _citations(passage, cited.get(passage, []), context)),
        tuple(row for passage in everywhere for row in _quantities(passage, context.reply_id)),
        tuple(_commitments(said, context)),
        tuple(row for passage in passages for row in _enumerations(passage, context.reply_id)),
        tuple(row for passage in passages for row in _organizations(passage, cited.get(passage, []), context)),
        tuple(row for passage in passages for row in _programmes(passage, context.reply_id)),
        tuple(word for passage in everywhere for word in words_of(passage.text)),
    )


def _section(heading: Heading, n: int, reply_id: str) -> Section:
    return Section(
        reply_id=reply_id,
        section_id=_section_id(reply_id, n),
        n=n,
        level=heading.level,
        marker=heading.marker,
        title=heading.title,
        path=heading.path,
        parent_id=None if heading.parent is None else _section_id(reply_id, heading.parent + 1),
        role=heading.role,
        run_in=heading.run_in,
        char_start=heading.start,
        char_end=heading.end,
        tokens=search_tokens(words_of(heading.title)),
    )


def _section_id(reply_id: str, n: int) -> str:
    return f"{reply_id}#h{n}"


def _sentences(paragraphs: list[tuple[int, str]], headings: list[Heading], context: Context) -> list[_Said]:
    """Return the sentences; a heading is none, whether it is a paragraph of its own or begins one."""
    heading_at = {heading.start: index for index, heading in enumerate(headings)}
    written_on = context.signed_on or context.published_on
    said: list[_Said] = []
    section: int | None = None
    for offset, line in paragraphs:
        section = heading_at.get(offset, section)
        role = headings[section].role if section is not None else None
        for start, end in split_sentences(line):
            if offset in heading_at and offset + start < headings[heading_at[offset]].end:
                continue
            text, n = line[start:end], len(said) + 1
            utterance = Utterance(text, role, written_on.year if written_on else None)
            rule = RULES[-1] if is_bare_title(line) else rule_for(utterance)
            row = Sentence(
                reply_id=context.reply_id,
                sentence_id=f"{context.reply_id}#s{n}",
                section_id=_section_id(context.reply_id, section + 1) if section is not None else None,
                n=n,
                text=text,
                role=rule.role,
                rule=rule.name,
                char_start=offset + start,
                char_end=offset + end,
                tokens=search_tokens(words_of(text)),
            )
            said.append(_Said(row, utterance, rule))
    return said


def _citations(passage: _Passage, mentions: list[Mention], context: Context) -> Iterator[Citation]:
    for found in mentions:
        if not same_title(found.title, context.proposal_title):
            yield Citation(
                reply_id=context.reply_id,
                sentence_id=passage.sentence_id,
                raw=found.raw,
                title=found.title,
                title_key=found.title_key,
                doc_number=found.doc_number,
                issuers=list(found.issuers),
                issuer_basis=found.issuer_basis,
                char_start=passage.start + found.start,
                char_end=passage.start + found.end,
            )


def _quantities(passage: _Passage, reply_id: str) -> Iterator[Quantity]:
    for found in read_quantities(passage.text):
        yield Quantity(
            reply_id=reply_id,
            sentence_id=passage.sentence_id,
            raw=found.raw,
            value=found.value,
            unit=found.unit,
            counted=found.counted,
            approximate=found.approximate,
            status=passage.status_at(found.start),
            fact_id=_fact_id(
                reply_id, found.value if found.value is not None else found.raw, found.counted or found.unit
            ),
            char_start=passage.start + found.start,
            char_end=passage.start + found.end,
        )


def _fact_id(reply_id: str, value: float | str, counted: str) -> str:
    """Return the id that mentions of one fact share: the same value of the same thing, whatever the measure word."""
    return f"{reply_id}#q-{hashlib.sha256(f'{value}|{counted}'.encode()).hexdigest()[:12]}"


def _commitments(said: list[_Said], context: Context) -> Iterator[Commitment]:
    first: dict[str, str] = {}
    for one in said:
        row = one.row
        earlier = first.setdefault(row.text, row.sentence_id)
        if row.role != "commitment":
            continue
        promise = read_promise(one.utterance, one.rule, context.province, context.signatory, context.signed_on)
        yield Commitment(
            reply_id=context.reply_id,
            sentence_id=row.sentence_id,
            text=row.text,
            modality=promise.modality,
            marker=promise.marker,
            actor_raw=promise.actor_raw,
            actor=promise.actor,
            actions=[Action(verb=verb, phrase=phrase) for verb, phrase in promise.actions],
            deadline_raw=promise.deadline.raw if promise.deadline else None,
            deadline_on=promise.deadline.on if promise.deadline else None,
            repeats=earlier if earlier != row.sentence_id else None,
            char_start=row.char_start,
            char_end=row.char_end,
        )


def _enumerations(passage: _Passage, reply_id: str) -> Iterator[Enumeration]:
    for found in read_enumerations(passage.text):
        yield Enumeration(
            reply_id=reply_id,
            sentence_id=passage.sentence_id,
            raw=found.raw,
            head=found.head,
            items=list(found.items),
            declared_count=found.declared_count,
            is_open=found.is_open,
            char_start=passage.start + found.start,
            char_end=passage.start + found.end,
        )


def _organizations(passage: _Passage, mentions: list[Mention], context: Context) -> Iterator[Organization]:
    for found in read_organizations(passage.text, mentions, context.province):
        yield Organization(
            reply_id=context.reply_id,
            sentence_id=passage.sentence_id,
            raw=found.raw,
            name=found.name,
            role=found.role,
            char_start=passage.start + found.start,
            char_end=passage.start + found.end,
        )


def _programmes(passage: _Passage, reply_id: str) -> Iterator[Programme]:
    for found in read_programmes(passage.text):
        yield Programme(
            reply_id=reply_id,
            sentence_id=passage.sentence_id,
            raw=found.raw,
            name=found.name,
            char_start=passage.start + found.start,
            char_end=passage.start + found.end,
        )
