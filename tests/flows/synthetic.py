"""Letters made up in bulk, without a page: for what is told from many letters together."""

from __future__ import annotations

import random
from typing import Any

from flows.parse.history import Letter
from schemas.record import Record
from schemas.structure import Sentence
from tests.demo_pages import read_page

_CHARACTERS = "教育厅省委员提案办理情况职业学院产融合发展建设推进实施方案规划经费投入师资培养加强落实完善机制保障工作"


def letter(reply_id: str, text: str, **columns: Any) -> Letter:
    """Return a letter of some text, each paragraph of which is one sentence; the rest is that of a demo page."""
    reading = read_page("szxta-clean-0372")
    assert reading is not None
    assert reading.record is not None
    known = {"reply_id": reply_id, "text": text, "url": f"http://jyt.demo.invalid/{reply_id}", **columns}
    reply = reading.record.reply.model_copy(update=known)
    sentences, start = [], 0
    for n, line in enumerate(text.split("\n"), start=1):
        sentences.append(
            Sentence(
                reply_id=reply_id,
                sentence_id=f"{reply_id}#s{n}",
                section_id=None,
                n=n,
                text=line,
                role="context",
                rule="none",
                char_start=start,
                char_end=start + len(line),
                tokens=[],
            )
        )
        start += len(line) + 1
    record = Record(reply=reply, sections=(), sentences=tuple(sentences), citations=(), quantities=())
    return Letter(record, (), frozenset({reply_id}))


def prose(rng: random.Random, characters: int) -> str:
    """Return that many characters, a comma or a full stop now and then."""
    return "".join(rng.choice("，。") if n % 9 == 8 else rng.choice(_CHARACTERS) for n in range(characters))


def many_texts(count: int, characters: int, seed: int = 1) -> tuple[dict[str, str], dict[str, str]]:
    """Return texts by reply_id, every tenth of them another with 30 characters changed, and which of which."""
    rng = random.Random(seed)
    texts: dict[str, str] = {}
    copies: dict[str, str] = {}
    for number in range(count):
        reply_id = f"demo:{number:06}"
        if number % 10 < 9:
            texts[reply_id] = prose(rng, characters)
            continue
        copies[reply_id] = f"demo:{number - rng.randint(1, 9):06}"
        original, at = texts[copies[reply_id]], rng.randrange(characters - 30)
        texts[reply_id] = original[:at] + prose(rng, 30) + original[at + 30 :]
    return texts, copies
