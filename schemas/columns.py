"""Columns that several tables share."""

from __future__ import annotations

from typing import Annotated

from schemas.table import Column

ReplyId = Annotated[str, Column("The letter.", "所属答复。", source="derived", references="replies.reply_id")]
SentenceId = Annotated[
    str | None,
    Column(
        "The sentence it stands in; null in a heading.",
        "所在句子；在标题中则为空。",
        source="derived",
        references="sentences.sentence_id",
    ),
]
CharStart = Annotated[
    int,
    Column(
        "First character in replies.text, from 0.",
        "在 replies.text 中的起始位置，自 0 起。",
        unit="characters",
    ),
]
CharEnd = Annotated[
    int,
    Column(
        "One past the last character in replies.text.",
        "在 replies.text 中的结束位置（不含）。",
        unit="characters",
    ),
]
