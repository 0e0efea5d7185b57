"""Proposers' names out, keyed digests in: what the personal edition of an export is made by.

A name that a letter addresses can stand anywhere: in its text and everything cut out of it, in titles, words for
search, file names, other letters. So the names of all persons who proposed are looked for in every text of every
table, and blanked there by as many ○, which leaves all spans as they are. Which tables are known to be clean
afterwards is said here one by one: a table that nobody has thought about is not exported.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa

from flows.errors import UsageError
from flows.settings import settings
from schemas import TABLES

KEY_VARIABLE = "DAFU_PSEUDONYM_KEY"
LEAST_KEY_BYTES = 32
BLANK = "○"

_TABLES = frozenset(
    "replies sections sentences citations quantities commitments enumerations organizations programmes attachments "
    "shared_passages captures history issues coverage dictionary".split()
)
"""The tables that are clean when their texts are: no index of words, no values of former releases."""
_KEYED = frozenset({"content_sha256", "passage_sha256"})
"""Digests of short texts: who guesses the name could prove it by them."""
_TOKENS: dict[str, dict[str, tuple[str, ...]]] = {
    "replies": {"title_tokens": ("page_title", "proposal_title")},
    "sections": {"tokens": ("title",)},
    "sentences": {"tokens": ("text",)},
}
"""Columns of words, by table, and the columns out of which they are cut."""
_UNTOUCHED = frozenset({"reply_id", "sentence_id", "section_id", "parent_id", "capture_id", "attachment_id"})
_DIGEST_CHARACTERS = 32
_DOTS = "·•・‧."
_NOBODY = re.compile(r"(?:尊敬的|各位|诸位|全体|委员|代表|提案者|提案人|同志|您好|你好|大家好|们|等|[、,\s])+")
"""A salutation that names nobody: 委员您好."""

Rows = list[dict[str, Any]]
Span = tuple[int, int]


def pseudonym_key(file: Path | None) -> bytes:
    """Return the key, from a file or from DAFU_PSEUDONYM_KEY; UsageError if there is none or it is too short."""
    where = str(file) if file else KEY_VARIABLE
    said = settings().pseudonym_key
    try:
        key = file.read_bytes().strip() if file else (said.get_secret_value() if said else "").encode()
    except OSError as error:
        raise UsageError(f"{where} cannot be read ({error.strerror}); name the file that holds the key") from None
    if len(key) < LEAST_KEY_BYTES:
        lacks = "too short a" if key else "no"
        raise UsageError(
            f"{where} holds {lacks} key for pseudonyms: {LEAST_KEY_BYTES} bytes are the least; make one with "
            "`openssl rand -hex 32` and keep it secret"
        )
    return key


class Pseudonyms:
    """The names of a release's proposers and what stands in their place."""

    def __init__(self, key: bytes, replies: Callable[[], Iterable[pa.RecordBatch]]) -> None:
        """Read the names, and then where they stand in the letters, from the batches that `replies` gives."""
        self._key = key
        names = {
            _joined(person["name"])
            for row in _rows(replies(), ["proposers"])
            for person in row["proposers"]
            if not person["is_group"]
        }
        self._names = _pattern(name for name in names if len(name) > 1)
        self._salutations: dict[str, str] = {}
        self._spans: dict[str, list[Span]] = {}
        self._fragments: dict[str, tuple[str, ...]] = {}
        for row in _rows(replies(), ["reply_id", "letter_type", "salutation_raw", "proposers", "text"]):
            self._learn(row)

    def knows(self, table: str) -> bool:
        """Tell whether a table is known to be without names afterwards."""
        return table in _TABLES

    def of_table(self, table: str) -> Callable[[pa.RecordBatch], pa.RecordBatch] | None:
        """Return what takes the names out of a batch of a table."""
        declared = next((known.about.raw for known in TABLES if known.about.name == table), None)

        def changed(batch: pa.RecordBatch) -> pa.RecordBatch:
            rows = [self._row(table, row, declared or ()) for row in batch.to_pylist()]
            return pa.RecordBatch.from_pylist(rows, schema=batch.schema)

        return changed

    def digest(self, what: str, said: str) -> str:
        """Return the keyed digest of a name or of another digest, as 32 hexadecimal characters."""
        whole = hmac.new(self._key, f"{what}\0{said}".encode(), hashlib.sha256).hexdigest()
        return whole[:_DIGEST_CHARACTERS]

    def _learn(self, row: dict[str, Any]) -> None:
        """Remember where names stand in a letter's text, and the salutation if it addresses a person."""
        reply_id, text, salutation = row["reply_id"], row["text"], row["salutation_raw"]
        persons = [person["name"] for person in row["proposers"] if not person["is_group"]]
        named = bool(persons) or not (row["proposers"] or row["letter_type"] == "co_handling_opinion")
        spans = [found.span() for found in self._names.finditer(text)] if self._names else []
        if salutation and named and not _NOBODY.fullmatch(salutation):
            self._salutations[reply_id] = salutation
            at = text.find(salutation)
            spans += [(at, at + len(salutation))] if at >= 0 else []
        if spans:
            self._spans[reply_id] = spans
        if persons:
            self._fragments[reply_id] = tuple(map(_joined, persons))

    def _row(self, table: str, row: dict[str, Any], raw: tuple[str, ...]) -> dict[str, Any]:
        reply_id = row.get("reply_id")
        spans = self._spans.get(reply_id, []) if reply_id else []
        changed = {name: self._value(name, value, reply_id) for name, value in row.items()}
        if table == "replies":
            changed["text"] = _blanked(row["text"], spans, 0)
            changed["proposers"] = [self._proposer(person) for person in row["proposers"]]
            changed["salutation_raw"] = None if reply_id in self._salutations else changed["salutation_raw"]
            changed["keywords"] = [self._word(word, reply_id) for word in row["keywords"]]
        if table == "issues" and row["code"] == "corrected":
            changed["detail"] = f"{row['detail'].partition(':')[0]}: corrected by hand"
        start = int(row.get("char_start", 0))
        for name in raw:
            changed[name] = self._nameless(_blanked(row[name], spans, start))
            start += len(row[name])
        for tokens, cut in _TOKENS.get(table, {}).items():
            if tokens in row:  # releases before 1.5.0 have them of sentences only
                texts = [(row[name] or "", changed[name] or "") for name in cut]
                changed[tokens] = _blanked_tokens(row[tokens], texts)
        return changed

    def _value(self, name: str, value: Any, reply_id: str | None) -> Any:  # noqa: ANN401 - any column's
        if isinstance(value, str):
            if name in _UNTOUCHED:
                return value
            return self.digest("digest", value) if name in _KEYED else self._text(value, reply_id)
        if isinstance(value, list):
            return [self._value(name, item, reply_id) for item in value]
        if isinstance(value, dict):
            return {key: self._value(key, item, reply_id) for key, item in value.items()}
        return value

    def _text(self, text: str, reply_id: str | None) -> str:
        salutation = self._salutations.get(reply_id or "")
        if salutation:
            text = text.replace(salutation, _blank(salutation))
        if "%" in text:  # an address can hold a name in either of two encodings
            for encoding in ("utf-8", "gb18030"):
                plain = unquote(text, encoding=encoding)
                if self._names and self._names.search(plain):
                    text = plain
        return self._nameless(text)

    def _nameless(self, text: str) -> str:
        return self._names.sub(lambda found: _blank(found[0]), text) if self._names else text

    def _word(self, word: str, reply_id: str | None) -> str:
        """Return a keyword, blank if it is a name or a part of one that the letter addresses."""
        part = len(word) > 1 and any(word in name for name in self._fragments.get(reply_id or "", ()))
        return _blank(word) if part else self._text(word, reply_id)

    def _proposer(self, person: dict[str, Any]) -> dict[str, Any]:
        if person["is_group"]:
            return {**person, "name": self._text(person["name"], None)}
        return {**person, "name": self.digest("proposer", _joined(person["name"]))}


def _rows(batches: Iterable[pa.RecordBatch], columns: list[str]) -> Iterator[dict[str, Any]]:
    for batch in batches:
        yield from batch.select(columns).to_pylist()


def _joined(name: str) -> str:
    """Return a name as it is compared: NFKC, without spaces, its dots alike."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", name))
    return re.sub(f"[{re.escape(_DOTS)}]", "·", plain)


def _pattern(names: Iterable[str]) -> re.Pattern[str] | None:
    """Return what finds every name, the longest first, also set wide (王 五); those of one first character together."""
    by_first: dict[str, list[str]] = {}
    for name in sorted(names, key=lambda name: (-len(name), name)):
        by_first.setdefault(name[0], []).append(name[1:])
    if not by_first:
        return None
    return re.compile(
        "|".join(re.escape(first) + r"\s*(?:" + "|".join(map(_spaced, rest)) + ")" for first, rest in by_first.items())
    )


def _spaced(rest: str) -> str:
    return r"\s*".join(f"[{re.escape(_DOTS)}]" if letter == "·" else re.escape(letter) for letter in rest)


def _blank(said: str) -> str:
    return re.sub(r"\S", BLANK, said)


def _blanked(text: str, spans: Iterable[Span], offset: int) -> str:
    """Return a piece of a letter that begins at `offset` with what `spans` of the letter's text mark blanked."""
    for start, end in spans:
        first, last = max(start - offset, 0), min(end - offset, len(text))
        if first < last:
            text = text[:first] + _blank(text[first:last]) + text[last:]
    return text


def _blanked_tokens(tokens: list[str], texts: Iterable[tuple[str, str]]) -> list[str]:
    """Return the words of texts (before, after); blank are those that hold a character of what was blanked in them."""
    gone: set[str] = set()
    for before, after in texts:
        alike = len(before) == len(after)
        gone |= {was for was, now in zip(before, after, strict=True) if was != now} if alike else set(before)
    return [_blank(token) if gone.intersection(token) else token for token in tokens]
