"""What a sentence promises: marker, actor, actions, deadline (reference: letters.md, "Sentence roles")."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from parsers.clauses import Clause, verb_at
from parsers.facts.deadlines import Deadline, read_deadline
from parsers.offices import parted
from parsers.parties import full_name
from parsers.roles import Rule, Utterance
from schemas.commitments import Modality

_WE = ("我厅", "我局", "我委", "我办", "我部", "我会", "我院", "我校", "我们", "本厅", "本局", "本委")
_OFFICE = (
    r"(?:我厅|我局|我委|我办|我们|"
    r"(?:[\u4e00-\u9fff]{1,14}?)(?:厅|局|委员会|委|办公室|办公厅|办|联|会|政府|部门|部|中心|各高校|各院校|各学校|各校|大学|"
    r"学院|各地|各市|地区))"
)
_LISTED_OFFICE = rf"(?>{_OFFICE}(?=[、和与及]|等?$))"
_SUBJECT = re.compile(rf"^{_LISTED_OFFICE}(?:(?:、|和|与|及){_LISTED_OFFICE})*+(?:等)?$")
"""Each office ends at the first place where one can: 局和局和… can else be parted in as many ways as there are sets."""
_NOBODY = re.compile(
    r"^(?:下一?步|今后|近期|同时|此外|为此|对于|关于|经|由|按照|根据|通过|依托|围绕|会同|联合|配合|支持|推动|鼓励|"
    r"指导|组织|加强|建立|完善|健全|充分)"
)
_NO_ACTION = frozenset("会同 联合 配合 协同 依托 围绕 结合 不低于 不少于 不超过".split())


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise: `actions` are (verb, what it acts on) as printed."""

    modality: Modality
    marker: str | None
    actor_raw: str | None
    actor: str | None
    actions: tuple[tuple[str, str], ...]
    deadline: Deadline | None


def read_promise(
    said: Utterance, rule: Rule, province: str, signatory: str | None, signed_on: dt.date | None
) -> Promise:
    """Read a sentence whose role is commitment."""
    explicit = rule.name == "future"
    actor_raw = _actor(said)
    return Promise(
        modality="explicit" if explicit else "inherited",
        marker=_marker(said) if explicit else None,
        actor_raw=actor_raw,
        actor=_resolved(actor_raw, province, signatory),
        actions=tuple(_actions(said)),
        deadline=read_deadline(said.text, signed_on),
    )


def _marker(said: Utterance) -> str | None:
    return said.text[said.markers[0].start() : said.markers[0].end()] if said.markers else None


def _actor(said: Utterance) -> str | None:
    """Return who promises: the subject of the marker's clause, else of the nearest before it, else of one behind."""
    at = said.markers[0].start() if said.markers else 0
    before = [clause for clause in said.clauses if clause.start <= at]
    behind = [clause for clause in said.clauses if clause.start > at]
    return next((name for clause in [*reversed(before), *behind] if (name := _office(clause))), None)


def _office(clause: Clause) -> str | None:
    if clause.subject is None or "\0" in clause.subject:
        return None
    words = re.sub(r"(?:还|也|均|都|要|应|须|可|正|已|将|拟|会|能|计划|继续)+$", "", clause.subject.strip())
    return words if _SUBJECT.match(words) and not _NOBODY.match(words) else None


def _resolved(actor_raw: str | None, province: str, signatory: str | None) -> str | None:
    if actor_raw is None:
        return None
    if actor_raw in _WE:
        return signatory.split("、")[0] if signatory and "、" not in signatory else signatory
    if re.match(r"^(?:各|有关|相关|全省|教育部门)", actor_raw):
        return None
    return full_name("、".join(parted(actor_raw)), province)


def _actions(said: Utterance) -> list[tuple[str, str]]:
    """Return verb and object of each clause, and of what follows a 、 where a new verb starts."""
    found: list[tuple[str, str]] = []
    for clause in said.clauses:
        if clause.verb is None or said.reports(clause):
            continue
        found += _split(said, clause)
    return found


def _split(said: Utterance, clause: Clause) -> list[tuple[str, str]]:
    hidden, end = said.hidden, clause.end
    starts, listed_until = [clause.head], hidden.rfind("等", clause.head, end)
    for match in re.finditer("、", hidden[clause.head : end]):
        at = clause.head + match.end()
        verb = verb_at(hidden, at, end)
        if (
            verb and _takes_object(hidden, at + len(verb), end) and at > listed_until
        ):  # a list that ends in 等X is one object
            starts.append(at)
    found = []
    for start, until in zip(starts, [*(s - 1 for s in starts[1:]), end], strict=True):
        verb = clause.verb if start == clause.head else verb_at(hidden, start, end)
        phrase = said.text[start + len(verb or "") : until].strip("了 ")
        if verb and verb[-1] in "到至" and len(verb) > 2 and verb != "达到":  # 提高到95%: the verb is 提高
            verb, phrase = verb[:-1], verb[-1] + phrase
        if verb and phrase and verb not in _NO_ACTION:
            found.append((verb, phrase))
    return found


def _takes_object(hidden: str, position: int, end: int) -> bool:
    rest = hidden[position : min(position + 2, end)]
    return len(rest) == 2 and "、" not in rest and not rest.startswith(("等", "的"))
