"""Letters → which of them say almost the same, and which of their paragraphs stand in several.

Both are told from the letters' characters without spaces and punctuation. Two letters are near-duplicates if at least
`SAME` of the pieces of `PIECE` characters that occur in either occur in both (the Jaccard index). On the demo's letters
the same answer under another proposer, number, title, opening and date gives 0.76 or more, two letters on different
matters 0.07 or less, and one paragraph of three replaced 0.70 in the median. A group is what hangs together: its first
and its last letter may be further apart than two neighbours.

Which pairs are worth comparing is found with MinHash sketches in an LSH index, so that time grows with the letters and
not with their pairs; every pair found is then compared piece by piece. At `SAME` the index misses about two pairs in a
million. Letters that are the same to the character are told by a dictionary beforehand; in a group of letters that all
differ a little every pair is looked at, which 4,000 of them take nine seconds for.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from rensa import RMinHash, RMinHashLSH

from flows.parse.history import Letter
from schemas.passages import SharedPassage
from schemas.record import Record

PIECE = 5
SAME = 0.75
_SEED, _BANDS, _ROWS = 20261123, 48, 5
_WORTH_COMPARING = 0.6
"""A sketch of 240 numbers errs by 0.03: what it puts this low is below `SAME` beyond doubt."""
_SHORTEST = 60
"""Characters, spaces and punctuation not counted, of a paragraph that is worth finding again."""


def compared(letters: list[Letter]) -> list[Letter]:
    """Return the letters with their groups of near-duplicates and the paragraphs that they share."""
    groups = near_duplicates({letter.record.reply.reply_id: letter.record.reply.text for letter in letters})
    shared = shared_passages(letter.record for letter in letters)
    return [replace(letter, record=_told(letter.record, groups, shared)) for letter in letters]


def near_duplicates(texts: dict[str, str]) -> dict[str, str]:
    """Return the lowest reply_id of the group for each of `texts` (by reply_id) that is in one."""
    same: dict[str, list[str]] = defaultdict(list)
    for reply_id, text in texts.items():
        if plain := _plain(text):
            same[plain].append(reply_id)
    plains = sorted(same, key=lambda plain: min(same[plain]))
    root = _joined(plains)
    groups: dict[int, list[str]] = defaultdict(list)
    for index, plain in enumerate(plains):
        groups[root[index]] += same[plain]
    named = ((min(group), group) for group in groups.values() if len(group) > 1)
    return {reply_id: lowest for lowest, group in named for reply_id in group}


def shared_passages(records: Iterable[Record]) -> dict[str, tuple[SharedPassage, ...]]:
    """Return the paragraphs of each letter (by reply_id) that stand in another one as well, in their order."""
    places: dict[str, list[SharedPassage]] = defaultdict(list)
    for record in records:
        for passage in _paragraphs(record):
            places[passage.passage_sha256].append(passage)
    shared: dict[str, list[SharedPassage]] = defaultdict(list)
    for found in places.values():
        if len({passage.reply_id for passage in found}) > 1:
            for passage in found:
                shared[passage.reply_id].append(passage)
    return {
        reply_id: tuple(sorted(found, key=lambda passage: passage.char_start)) for reply_id, found in shared.items()
    }


def _told(record: Record, groups: dict[str, str], shared: dict[str, tuple[SharedPassage, ...]]) -> Record:
    reply_id = record.reply.reply_id
    reply = record.reply.model_copy(update={"near_duplicate_group": groups.get(reply_id)})
    return record.model_copy(update={"reply": reply, "shared_passages": shared.get(reply_id, ())})


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _pieces(plain: str) -> set[str]:
    return {plain[start : start + PIECE] for start in range(max(1, len(plain) - PIECE + 1))}


def _joined(plains: list[str]) -> list[int]:
    """Return for each text the index of the first one that it hangs together with.

    The sets of pieces would fill the memory: they are made anew for the few pairs that are compared.
    """
    root = list(range(len(plains)))

    def first(index: int) -> int:
        while root[index] != index:
            root[index] = root[root[index]]
            index = root[index]
        return index

    for one, other in _pairs_worth_comparing(plains):
        low, high = sorted((first(one), first(other)))
        if low != high and _likeness(plains[one], plains[other]) >= SAME:
            root[high] = low
    return [first(index) for index in range(len(plains))]


def _pairs_worth_comparing(plains: list[str]) -> Iterator[tuple[int, int]]:
    index = RMinHashLSH(SAME, _BANDS * _ROWS, _BANDS)
    sketches: list[RMinHash] = []
    for number, plain in enumerate(plains):
        sketch = RMinHash(_BANDS * _ROWS, _SEED)
        sketch.update(list(_pieces(plain)))
        for other in sorted(index.query(sketch)):
            if sketch.jaccard(sketches[other]) >= _WORTH_COMPARING:
                yield other, number
        index.insert(number, sketch)
        sketches.append(sketch)


def _likeness(one: str, other: str) -> float:
    ours, theirs = _pieces(one), _pieces(other)
    common = len(ours & theirs)
    return common / (len(ours) + len(theirs) - common)


def _paragraphs(record: Record) -> Iterator[SharedPassage]:
    """Yield the paragraphs of a letter that are long enough, as rows."""
    start = 0
    for line in record.reply.text.split("\n"):
        end = start + len(line)
        plain = _plain(line)
        if len(plain) >= _SHORTEST:
            yield SharedPassage(
                passage_sha256=hashlib.sha256(plain.encode()).hexdigest(),
                reply_id=record.reply.reply_id,
                sentence_ids=[s.sentence_id for s in record.sentences if start <= s.char_start and s.char_end <= end],
                characters=len(plain),
                char_start=start,
                char_end=end,
            )
        start = end + 1
