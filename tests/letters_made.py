"""Letters made up by the hundred thousand, as parse would leave them: for what is measured at scale.

A seeded grammar writes passages (a heading and what stands under it) and openings; the parser reads each of them once,
in a small letter of its own. A made-up letter joins an opening, several passages and a close, and their rows with it:
spans move along, ordinals and ids count on, headings take the next numeral. The four-digit numbers of a passage are
drawn anew for every letter, in the text and in all that was read from it. So every letter is another one, and every row
is what the parser says of its text, but for what is told of a letter as a whole (keywords, themes), which is that of
the opening's letter.

    python -m tests.letters_made 100000 /tmp/datasets    # makes the dataset /tmp/datasets/made, with its records
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import random
import re
import shutil
import sys
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pyarrow as pa

from flows.datasets import load_dataset
from flows.parse.passages import shared_passages
from flows.parse.store import RecordWriter
from parsers.letter import Provenance, read_letter
from schemas import RECORDED
from schemas.arrow import arrow_schema
from schemas.issues import issue
from schemas.record import Record
from tests.conftest import DEMO, REPOSITORY
from tests.made_grammar import Writer

DATASET = "made"
_BATCH = 1_000
"""So many letters are made at a time, from a seed of their own, so that they are the same in whatever process."""
_NUMERALS = "一二三四五六七八九"
_DRAWN = re.compile(r"7[1-9]\d\d")
"""The numbers that are drawn anew; the grammar writes no other of this form."""
_PLACED = {table.about.name: table for table in RECORDED if "char_start" in table.model_fields}
_SECTION_IDS, _SENTENCE_IDS = ("section_id", "parent_id"), ("sentence_id", "repeats")
_COUNTED = {"char_start", "char_end", "n", "sentence_ids", "fact_id", *_SECTION_IDS, *_SENTENCE_IDS}
_SELECTORS = load_dataset("demo", DEMO.parent).page_selectors()
_CLOSE, _SIGNED = "感谢您对我省教育工作的关心和支持。", "2020年5月30日"
_FIRST_DAY, _DAYS = dt.date(2016, 3, 1), 3_800


@dataclass(frozen=True)
class _Piece:
    """A piece of a letter: its text, and its rows by table and column, counted from its own start.

    `drawn`: the numbers in it that are drawn anew; `told`: where they stand in the columns, by table and column.
    `sections`, `sentences`: how many it has.
    """

    text: str
    columns: dict[str, dict[str, list[Any]]]
    drawn: tuple[str, ...]
    told: dict[str, dict[str, list[int]]]
    sections: int
    sentences: int


@dataclass(frozen=True)
class Pool:
    """What letters are made of: openings, with the reply that was read with each, passages, and one close."""

    openings: list[tuple[_Piece, dict[str, Any]]]
    passages: list[_Piece]
    close: _Piece


def make_pool(size: int, seed: int = 1) -> Pool:
    """Write so many openings and passages, and let the parser read them."""
    writer = Writer(random.Random(seed))
    openings, passages, close = [], [], None
    for _ in range(size):
        record = _read(*writer.opening(), writer.passage())
        text = record.reply.text
        start, end = text.index("\n一、") + 1, text.index(_CLOSE)
        openings.append((_piece(record, 0, start), record.reply.model_dump()))
        passages.append(_piece(record, start, end))
        close = close or _piece(record, end, len(text))
    assert close is not None
    return Pool(openings, passages, close)


def _read(title: str, salutation: str, first: str, passage: list[str]) -> Record:
    """Read a letter of one passage; its paragraphs count as shared, as far as they are the same in every letter."""
    lines = [salutation, first, *passage, _CLOSE, "辽宁省教育厅", _SIGNED]
    body = "".join(f"<p>{line}</p>" for line in lines)
    html = f'<div class="xxgk_tit"><h1>{title}</h1></div><div class="content">{body}</div>'
    moment = dt.datetime(2020, 6, 1, tzinfo=dt.UTC)
    known = Provenance("x", "http://made.invalid/x", "辽宁省", "/szxta/", "cppcc_proposal", None, "x", moment, moment)
    record = read_letter(html, _SELECTORS, known).record
    assert record is not None, title
    twin = record.model_copy(update={"reply": record.reply.model_copy(update={"reply_id": "y"})})
    shared = [
        passage
        for passage in shared_passages([record, twin]).get("x", ())
        if not _DRAWN.search(record.reply.text[passage.char_start : passage.char_end])
    ]
    return record.model_copy(update={"shared_passages": tuple(shared)})


def _piece(record: Record, start: int, end: int) -> _Piece:
    """Cut a piece out of a letter: its ids become numbers, which count from its start."""
    sections = sum(row.char_start < start for row in record.sections)
    sentences = sum(row.char_start < start for row in record.sentences)
    columns: dict[str, dict[str, list[Any]]] = {}
    told: dict[str, dict[str, list[int]]] = {}
    for name, table in _PLACED.items():
        rows = [row.model_dump() for row in getattr(record, name) if start <= row.char_start < end]
        kept = {column: [row[column] for row in rows] for column in table.model_fields if column != "reply_id"}
        for column, values in kept.items():
            if column in ("char_start", "char_end"):
                kept[column] = [value - start for value in values]
            elif column == "n":
                kept[column] = [value - (sections if name == "sections" else sentences) for value in values]
            elif column in _SECTION_IDS:
                kept[column] = [value and int(value.partition("#h")[2]) - sections for value in values]
            elif column in _SENTENCE_IDS:
                kept[column] = [value and int(value.partition("#s")[2]) - sentences for value in values]
            elif column == "sentence_ids":
                kept[column] = [[int(one.partition("#s")[2]) - sentences for one in value] for value in values]
            elif column == "fact_id":
                kept[column] = [value.partition("#")[2] for value in values]
        columns[name] = kept
        told[name] = {
            column: found
            for column, values in kept.items()
            if column not in _COUNTED and (found := [n for n, value in enumerate(values) if _DRAWN.search(str(value))])
        }
    text = record.reply.text[start:end]
    drawn = tuple(dict.fromkeys(_DRAWN.findall(text)))
    counts = len(columns["sections"]["n"]), len(columns["sentences"]["n"])
    return _Piece(text, columns, drawn, told, *counts)


class _Letters:
    """Joins letters, and holds their rows, column by column."""

    def __init__(self, pool: Pool, rng: random.Random, warc: int) -> None:
        self._pool, self._rng, self._warc = pool, rng, f"made-{warc:05}.warc.gz"
        self._offset = 0
        self.columns: dict[str, dict[str, list[Any]]] = {
            table.about.name: {column: [] for column in table.model_fields} for table in RECORDED
        }

    def tables(self) -> dict[str, pa.Table]:
        """Return the rows by table."""
        found = {}
        for table in RECORDED:
            schema, columns = arrow_schema(table), self.columns[table.about.name]
            arrays = [pa.array(columns[field.name], field.type) for field in schema]
            found[table.about.name] = pa.Table.from_arrays(arrays, schema=schema)
        return found

    def add(self, number: int) -> None:
        """Join one more letter; `number` is its own."""
        rng = self._rng
        reply_id = f"{DATASET}:{number:07}{rng.randrange(10**12):012}"
        opening, reply = rng.choice(self._pool.openings)
        passages = rng.sample(self._pool.passages, rng.choice((4, 5, 5, 6, 6, 7, 8)))
        drawn = {old: str(rng.randrange(1000, 10_000)) for piece in (opening, *passages) for old in piece.drawn}
        published = _FIRST_DAY + dt.timedelta(rng.randrange(_DAYS))
        lag = int(rng.lognormvariate(3.6, 0.8))
        signed = published - dt.timedelta(lag)
        place = _Place(reply_id, drawn)
        joined = "".join(self._join(piece, place) for piece in (opening, *passages, self._pool.close))
        text = joined.replace(_SIGNED, f"{signed.year}年{signed.month}月{signed.day}日")
        known = {name: _redrawn(reply[name], drawn) for name in ("number", "page_title", "title_tokens", "opening_raw")}
        moment = dt.datetime.combine(published, dt.time(1), dt.UTC) + dt.timedelta(hours=12, microseconds=number)
        url = f"http://made.invalid/szxta/{published.year}n/{reply_id.partition(':')[2]}/index.shtml"
        capture = str(uuid.UUID(int=rng.getrandbits(128), version=4))
        content = hashlib.sha256(f"{known['page_title']}\n{text}".encode()).hexdigest()
        self._append(
            "replies",
            {
                **reply,
                **known,
                "reply_id": reply_id,
                "url": url,
                "number_int": int(known["number"]),
                "term": 11 + (published.year - 2013) // 5,
                "session": 1 + (published.year - 2013) % 5,
                "published_on": published,
                "signed_on": signed,
                "lag_days": lag,
                "text": text,
                "capture_id": capture,
                "content_sha256": content,
                "first_seen_at": moment,
                "last_seen_at": moment,
            },
        )
        self._append(
            "history",
            {
                "reply_id": reply_id,
                "version": 1,
                "event": "appeared",
                "seen_at": moment,
                "url": url,
                "content_sha256": content,
                "changed_fields": [],
                "capture_id": capture,
            },
        )
        self._append(
            "captures",
            {
                "capture_id": capture,
                "url": url,
                "fetched_at": moment,
                "status": 200,
                "outcome": "ok",
                "sha256": hashlib.sha256(text.encode()).hexdigest(),
                "bytes": 20_000 + len(text.encode()),
                "media_type": "text/html",
                "encoding_declared": "utf-8",
                "encoding_used": "utf-8",
                "warc_file": self._warc,
                "warc_offset": self._offset,
            },
        )
        self._offset += 5_000 + len(text)
        if rng.random() < 0.03:
            removed = issue("contact_removed", "parse", "1 contact removed", url=url, reply_id=reply_id)
            self._append("issues", removed.model_dump())

    def _append(self, table: str, row: dict[str, Any]) -> None:
        for column, values in self.columns[table].items():
            values.append(row[column])

    def _join(self, piece: _Piece, place: _Place) -> str:
        """Add the rows of a piece at its place in a letter; return its text there."""
        text = _redrawn(piece.text, place.drawn) if piece.drawn else piece.text
        numeral = _NUMERALS[place.sections % len(_NUMERALS)]
        for name, columns in piece.columns.items():
            target = self.columns[name]
            for column, values in columns.items():
                here = place.moved(name, column, values, numeral)
                for index in piece.told[name].get(column, ()):
                    here[index] = _redrawn(here[index], place.drawn)
                target[column].extend(here)
            target["reply_id"].extend([place.reply_id] * len(columns["char_start"]))
        place.go_on(piece)
        return numeral + text[1:] if piece.sections else text


class _Place:
    """Where in a letter the next piece stands: how much of everything is before it."""

    def __init__(self, reply_id: str, drawn: dict[str, str]) -> None:
        self.reply_id, self.drawn = reply_id, drawn
        self._characters = self._sentences = self.sections = self._pieces = 0

    def go_on(self, piece: _Piece) -> None:
        self._characters += len(piece.text)
        self._sentences += piece.sentences
        self.sections += piece.sections
        self._pieces += 1

    def moved(self, table: str, column: str, values: list[Any], numeral: str) -> list[Any]:
        """Return the values of a column as they are at this place."""
        if column in ("char_start", "char_end"):
            return [value + self._characters for value in values]
        if column == "n":
            before = self.sections if table == "sections" else self._sentences
            return [value + before for value in values]
        if column in _SECTION_IDS:
            return [None if value is None else f"{self.reply_id}#h{value + self.sections}" for value in values]
        if column in _SENTENCE_IDS:
            return [None if value is None else f"{self.reply_id}#s{value + self._sentences}" for value in values]
        if column == "sentence_ids":
            return [[f"{self.reply_id}#s{one + self._sentences}" for one in value] for value in values]
        if column == "fact_id":
            return [f"{self.reply_id}#{value}{self._pieces}" for value in values]
        if table == "sections" and column in ("marker", "path"):
            return [numeral + value[1:] for value in values]
        return list(values)


def _redrawn(value: Any, drawn: dict[str, str]) -> Any:
    """Return a value with the numbers in it drawn anew."""
    if isinstance(value, str):
        return _DRAWN.sub(lambda found: drawn.get(found[0], found[0]), value)
    if isinstance(value, list):
        return [_redrawn(one, drawn) for one in value]
    if isinstance(value, dict):
        return {name: _redrawn(one, drawn) for name, one in value.items()}
    if isinstance(value, (int, float)) and str(int(value)) in drawn:
        return type(value)(drawn[str(int(value))])
    return value


def make_records(
    folder: Path, letters: int, seed: int = 1, pool: Pool | None = None, processes: int | None = None
) -> None:
    """Make the records of so many letters; the same numbers give the same records, by however many processes."""
    make = partial(_batch, pool or make_pool(min(2_000, 20 + letters), seed), seed, letters)
    with RecordWriter(folder) as records:
        for made in _in_order(make, range(0, letters, _BATCH), processes or os.cpu_count() or 1):
            for name, rows in made.items():
                records.write(name, rows)


def _batch(pool: Pool, seed: int, letters: int, first: int) -> dict[str, pa.Table]:
    """Return by table the rows of the letters from `first` on, a batch of them or as many as there are."""
    made = _Letters(pool, random.Random(f"{seed} {first}"), 1 + first // _BATCH)
    for number in range(first, min(first + _BATCH, letters)):
        made.add(number)
    return made.tables()


_make: Callable[[int], dict[str, pa.Table]]
"""What a process of the generator makes batches with: it is handed over once, for a pool is large."""


def _in_order(
    make: Callable[[int], dict[str, pa.Table]], batches: range, processes: int
) -> Iterator[dict[str, pa.Table]]:
    if min(processes, len(batches)) < 2:
        yield from map(make, batches)
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), _hand_over, (make,)) as executor:
        waiting: deque[Future[dict[str, pa.Table]]] = deque()
        for first in batches:
            waiting.append(executor.submit(_made, first))
            if len(waiting) > 2 * processes:  # or those that are made would wait in memory to be written
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _hand_over(make: Callable[[int], dict[str, pa.Table]]) -> None:
    global _make  # noqa: PLW0603 - there is no other way into a process's tasks
    _make = make


def _made(first: int) -> dict[str, pa.Table]:
    return _make(first)


def make_dataset(folder: Path, letters: int, seed: int = 1, pool: Pool | None = None) -> Path:
    """Make the dataset `made` in the folder `folder`, which has records and the questions; return its folder."""
    dataset = folder / DATASET
    make_records(dataset / "records", letters, seed, pool)
    said = (DEMO / "dataset.toml").read_text(encoding="utf-8")
    said = re.sub(r"(?m)^queries = .*\n", "", said.replace('name = "demo"', f'name = "{DATASET}"', 1))
    said = said[: said.index("[expectations]")]  # they are of the demo's own letters
    (dataset / "dataset.toml").write_text(said, encoding="utf-8")
    shutil.copytree(REPOSITORY / "datasets/liaoning-education/queries", dataset / "queries")
    return dataset


if __name__ == "__main__":
    make_dataset(Path(sys.argv[2]), int(sys.argv[1]))
