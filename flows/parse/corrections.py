"""Corrections: what a page says wrongly, or does not say, and somebody knows better, with the evidence.

`corrections.toml` in a dataset's folder is optional; it holds an array of tables, every key of which is required::

    [[correction]]
    url = "http://…/index.shtml"      # the letter's page, as in replies.url
    field = "signed_on"               # a column of replies: one of CORRECTABLE
    expected = "null"                 # what the page gives
    value = 2023-09-27                # what is true
    reason = "The date has lost its 年月日."
    evidence = "The paper copy."

Values are of the column's type: strings, integers, TOML dates for dates, arrays of tables for proposers. TOML has no
null: the string "null" stands for it, so that nothing becomes null because a key was forgotten.

A correction changes the letter's record and nothing else: text and spans stay as printed, and so does the history,
which tells of the site. Columns that are derived from a corrected one follow it, unless they are corrected themselves.
What the parser reads wrongly is not corrected here but mended there. If a page no longer gives what a correction
expects, nobody has seen what it says now: the run fails, and the last records stay.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, ValidationInfo, field_validator

from flows.datasets import first_fault
from flows.errors import DafuError, UsageError
from flows.parse.history import Letter
from parsers.identity import Identity, body_name
from parsers.parties import full_name
from parsers.privacy import without_contact
from parsers.words import title_tokens
from schemas.issues import Issue, issue
from schemas.replies import Reply

FILE = "corrections.toml"
CORRECTABLE = (
    "letter_type", "kind", "body_raw", "body", "term", "session", "number", "proposal_title", "published_on",
    "editor_account", "page_source", "proposers", "proposer_count", "signatory_raw", "signatory", "signed_on",
    "doc_number", "reply_class_raw", "reply_class", "openness",
)  # fmt: skip
"""What a page says of its letter. The text and what is quoted from it, what the parser makes of it, and where and when
the page was found are not for correction."""
_NULL = "null"
_LATE = 2 * 365


class Correction(BaseModel):
    """One entry of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    url: str
    field: str
    expected: Any
    value: Any
    reason: str
    evidence: str

    @field_validator("field")
    @classmethod
    def _correctable(cls, field: str) -> str:
        if field in CORRECTABLE:
            return field
        if field in _FOLLOWS:
            raise ValueError(f"{field} follows {' and '.join(_FOLLOWS[field].of)}; correct that")
        raise ValueError(f"{field!r} cannot be corrected, only {', '.join(CORRECTABLE)}")

    @field_validator("expected", "value")
    @classmethod
    def _of_the_columns_type(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - any column's
        return _fitting(info.data["field"], _with_nulls(value)) if "field" in info.data else value

    @field_validator("value")
    @classmethod
    def _another(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - any column's
        if "expected" in info.data and value == info.data["expected"]:
            raise ValueError("it is what the page gives already")
        return value

    @field_validator("reason", "evidence")
    @classmethod
    def _said(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("say something")
        return value


class _Following(NamedTuple):
    """A column that is derived from others, and how."""

    of: tuple[str, ...]
    told: Callable[[Reply], Any]


def _lag_days(reply: Reply) -> int | None:
    return (reply.published_on - reply.signed_on).days if reply.published_on and reply.signed_on else None


_FOLLOWS = {
    "number_int": _Following(("number",), lambda reply: Identity(number=reply.number).number_int),
    "lag_days": _Following(("published_on", "signed_on"), _lag_days),
    "body": _Following(("body_raw",), lambda reply: body_name(reply.body_raw, reply.province)),
    "title_tokens": _Following(("proposal_title",), lambda reply: title_tokens(reply.page_title, reply.proposal_title)),
    "signatory": _Following(("signatory_raw",), lambda reply: full_name(reply.signatory_raw, reply.province)),
}


def load_corrections(folder: Path) -> list[Correction]:
    """Read and check the corrections of the dataset in `folder`, none if there is no file.

    UsageError names what is wrong in which entry.
    """
    path = folder / FILE
    if not path.exists():
        return []
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    entries = said.pop("correction", [])
    if said:
        raise UsageError(f"{path}: {min(said)}: dafu knows no such key; every entry begins with [[correction]]")
    if not isinstance(entries, list):
        raise UsageError(f"{path}: correction is one table; begin every entry with [[correction]]")
    corrections: list[Correction] = []
    for number, entry in enumerate(entries, start=1):
        try:
            corrections.append(Correction.model_validate(entry))
        except ValidationError as error:
            raise UsageError(f"{path}: correction {number}: {first_fault(error)}") from None
    _refuse_repeated(path, corrections)
    return corrections


def corrected(letters: list[Letter], corrections: list[Correction]) -> list[Letter]:
    """Return the letters with their corrections; DafuError if a page does not give what its correction expects."""
    by_url: dict[str, list[Correction]] = {}
    for correction in corrections:
        by_url.setdefault(correction.url, []).append(correction)
    replies = {letter.record.reply.url: letter.record.reply for letter in letters}
    stale = [found for found in corrections if not _holds(found, replies.get(found.url))]
    if stale:
        more = f" (and {len(stale) - 1} more)" if len(stale) > 1 else ""
        raise DafuError(_why_stale(stale[0], replies.get(stale[0].url)) + more)
    return [_corrected(letter, by_url.get(letter.record.reply.url, [])) for letter in letters]


def with_values(reply: Reply, known: dict[str, Any]) -> Reply:
    """Return a reply with corrected columns, and those that follow from them."""
    reply = reply.model_copy(update=known)
    for column, how in _FOLLOWS.items():
        if column not in known and not known.keys().isdisjoint(how.of):
            reply = reply.model_copy(update={column: how.told(reply)})
    return reply.model_copy(update={"flags": _flags(reply, known)})


def following(column: str) -> list[str]:
    """Return the columns that follow from one."""
    return [name for name, how in _FOLLOWS.items() if column in how.of]


def says(found: Issue, column: str, expected: Any, value: Any) -> bool:  # noqa: ANN401 - any column's
    """Tell whether an issue reports that a column was corrected from `expected` to `value`."""
    return found.detail.startswith(without_contact(_change(column, expected, value)))


def _refuse_repeated(path: Path, corrections: list[Correction]) -> None:
    seen: dict[tuple[str, str], int] = {}
    for number, correction in enumerate(corrections, start=1):
        first = seen.setdefault((correction.url, correction.field), number)
        if first != number:
            raise UsageError(f"{path}: correction {number}: field: {correction.field} is corrected in {first} as well")


def _with_nulls(value: Any) -> Any:  # noqa: ANN401 - whatever TOML can hold
    if isinstance(value, list):
        return [_with_nulls(item) for item in value]
    if isinstance(value, dict):
        return {key: _with_nulls(item) for key, item in value.items()}
    return None if value == _NULL else value


def _fitting(field: str, value: Any) -> Any:  # noqa: ANN401 - any column's
    """Return `value` as the column holds it; ValueError if the column cannot."""
    if isinstance(value, str) and not (value and value == value.strip()):
        raise ValueError(f'it has spaces around it or says nothing; null is written "{_NULL}"')
    try:
        column: TypeAdapter[Any] = TypeAdapter(get_type_hints(Reply)[field])
        return column.validate_python(value, strict=True)
    except ValidationError as error:
        raise ValueError(f"{field} cannot hold {_shown(value)}: {error.errors()[0]['msg']}") from None


def _holds(correction: Correction, reply: Reply | None) -> bool:
    return reply is not None and getattr(reply, correction.field) == correction.expected


def _why_stale(correction: Correction, reply: Reply | None) -> str:
    field = correction.field
    if reply is None:
        return (
            f"{correction.url}: {FILE} corrects {field} here, but no letter has this address; give the one that the "
            f"letter has now, or remove the correction"
        )
    return (
        f"{correction.url}: {FILE} expects {field} to be {_shown(correction.expected)}, but the page gives "
        f"{_shown(getattr(reply, field))}; look at the page, then remove the correction or renew it"
    )


def _corrected(letter: Letter, corrections: list[Correction]) -> Letter:
    if not corrections:
        return letter
    known = {correction.field: correction.value for correction in corrections}
    reply = with_values(letter.record.reply, known)
    record = letter.record.model_copy(update={"reply": reply})
    issues = [_reported(correction, reply) for correction in corrections]
    return replace(letter, record=record, issues=(*letter.issues, *issues))


def _flags(reply: Reply, known: dict[str, Any]) -> list[str]:
    """Return the flags: those that tell of the page stay, lateness follows the dates."""
    flags = {*reply.flags, "corrected"}
    if not known.keys().isdisjoint(_FOLLOWS["lag_days"].of):
        flags.discard("late_publication")
        flags |= {"late_publication"} if reply.lag_days is not None and reply.lag_days >= _LATE else set()
    return sorted(flags)


def _reported(correction: Correction, reply: Reply) -> Issue:
    change = _change(correction.field, correction.expected, correction.value)
    detail = f"{change}Reason: {correction.reason} Evidence: {correction.evidence}"
    return issue("corrected", "parse", without_contact(detail), url=correction.url, reply_id=reply.reply_id)


def _change(column: str, expected: Any, value: Any) -> str:  # noqa: ANN401 - any column's
    return f"{column}: {_shown(expected)} → {_shown(value)}. "


def _shown(value: Any) -> str:  # noqa: ANN401 - any column's
    if value is None:
        return _NULL
    if isinstance(value, list):
        return "、".join(getattr(item, "name", str(item)) for item in value) or "nobody"
    return str(value)
