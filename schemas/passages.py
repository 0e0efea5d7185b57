"""`shared_passages`: paragraphs that stand in more than one letter."""

from __future__ import annotations

from typing import Annotated, ClassVar

from schemas.columns import CharEnd, CharStart, ReplyId
from schemas.table import About, Column, Table


class SharedPassage(Table):
    """One place of a paragraph that recurs."""

    about: ClassVar = About(
        name="shared_passages",
        en="Paragraphs of 60 characters or more, spaces and punctuation not counted, that stand in several letters, "
        "one row for every place; a paragraph is a line of replies.text.",
        zh="在多件答复中重复出现的 60 字以上（不计空格与标点）段落，每处一行；段落即 replies.text 的一行。",
        key=("passage_sha256", "reply_id", "char_start"),
    )

    passage_sha256: Annotated[
        str,
        Column(
            "SHA-256 (UTF-8) of the paragraph without spaces and punctuation; the same for every place it stands in.",
            "段落去空格与标点后的 SHA-256（UTF-8）；各处相同。",
            source="derived from text",
        ),
    ]
    reply_id: ReplyId
    sentence_ids: Annotated[
        list[str],
        Column(
            "sentence_id of its sentences, in order.",
            "段落所含句子的编号，按顺序。",
            source="derived",
            references="sentences.sentence_id",
        ),
    ]
    characters: Annotated[
        int,
        Column(
            "Length of the paragraph without spaces and punctuation.",
            "段落字数，不计空格与标点。",
            unit="characters",
            source="derived from text",
        ),
    ]
    char_start: CharStart
    char_end: CharEnd
